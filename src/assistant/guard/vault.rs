//! Keeps a turn's private values, and gives each a token that stands for it wherever others read.
//!
//! Within a turn the same value has the same token, and no two values share one. A token that somebody typed themself is
//! never given out, so their text stays what it is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::numbering::Numbers;
use super::pii::{Found, Scanner, Span};
use super::restorer::Restorer;
use super::token::{self, Name};

/// How often a text is read for private values at most.
const READINGS_MAX: usize = 8;

/// See the module. Nothing of it is ever stored.
pub struct Vault {
    scanner: Arc<Scanner>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    by_value: HashMap<Box<str>, Name>,
    by_token: BTreeMap<Name, Box<str>>,
    /// Tokens that stand in what people wrote.
    typed: BTreeSet<Name>,
    numbers: Numbers,
}

/// What a token stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This value.
    Value(Box<str>),
    /// Itself: somebody typed it.
    Itself,
    /// Nothing: it was invented.
    Nothing,
}

impl Vault {
    /// For what the scanner finds; `numbers` are those that the session's values had before.
    pub(super) fn new(scanner: Arc<Scanner>, numbers: Numbers) -> Self {
        Self { scanner, held: Mutex::new(Held { numbers, ..Held::default() }) }
    }

    /// One of its own, for a text that belongs to no session.
    pub fn of(scanner: Arc<Scanner>) -> Self {
        Self::new(scanner, Numbers::default())
    }

    /// Keeps the tokens that stand in a text from being given to values. To be called with everything that people wrote,
    /// before anything of it is masked.
    pub fn heed(&self, text: &str) {
        if text.contains('<') {
            let typed = token::all(text, &|name| self.scanner.has_name(name));
            self.lock().typed.extend(typed.into_iter().map(|(_, name)| name));
        }
    }

    /// The text with tokens for its private values. Tokens bring words nearer to numbers, which may tell what those are: so it
    /// is read again until nothing is found.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = self.mask_once(text);
        for _ in 1..READINGS_MAX {
            let Cow::Owned(read) = &masked else { break };
            let again = self.mask_once(read).into_owned();
            if again == *read {
                break;
            }
            masked = Cow::Owned(again);
        }
        masked
    }

    fn mask_once<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let spans = self.scanner.find(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut held = self.lock();
        let own = self.own_tokens(text, &held);
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for Span { start, end, kind } in spans {
            if own.iter().any(|token| start < token.end && token.start < end) {
                continue;
            }
            let (name, number) = held.token(&self.scanner, kind, &text[start..end]);
            out.push_str(&text[from..start]);
            out.push_str(&token::written(&name, number));
            from = end;
        }
        out.push_str(&text[from..]);
        Cow::Owned(out)
    }

    /// As [`Self::mask`], for what comes in the middle of the work, as from a tool: what looks like a token that is given out
    /// already loses its brackets.
    pub fn mask_late(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let own = self.own_tokens(&text, &self.lock());
        for token in own.into_iter().rev() {
            text.replace_range(token.end - 1..token.end, "");
            text.replace_range(token.start..=token.start, "");
        }
        self.heed(&text);
        self.mask(&text).into_owned()
    }

    /// The text with its values; tokens that stand for nothing are gone.
    pub fn restore<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains('<') {
            return Cow::Borrowed(text);
        }
        let mut restorer = Restorer::default();
        let mut out = restorer.push(self, text);
        out.push_str(&restorer.finish());
        Cow::Owned(out)
    }

    /// What a token stands for.
    pub(super) fn meaning(&self, name: &Name) -> Meaning {
        let held = self.lock();
        match held.by_token.get(name) {
            Some(value) => Meaning::Value(value.clone()),
            None if held.typed.contains(name) => Meaning::Itself,
            None => Meaning::Nothing,
        }
    }

    /// Whether tokens may have a name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.scanner.has_name(name)
    }

    /// The numbers of its values, for the session's next turn.
    pub(super) fn numbers(&self) -> Numbers {
        self.lock().numbers.clone()
    }

    fn own_tokens(&self, text: &str, held: &Held) -> Vec<std::ops::Range<usize>> {
        if !text.contains('<') {
            return Vec::new();
        }
        let tokens = token::all(text, &|name| self.scanner.has_name(name));
        tokens.into_iter().filter(|(_, name)| held.by_token.contains_key(name)).map(|(range, _)| range).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn token(&mut self, scanner: &Scanner, kind: Found, value: &str) -> Name {
        if let Some(name) = self.by_value.get(value) {
            return name.clone();
        }
        let name = scanner.name(kind).to_owned();
        let before =
            self.numbers.of(&name, value).map(|number| (name.clone(), number)).filter(|name| self.is_free(name));
        let token = before.unwrap_or_else(|| self.next_free(name));
        self.numbers.note(&token.0, value, token.1);
        self.by_value.insert(value.into(), token.clone());
        self.by_token.insert(token.clone(), value.into());
        token
    }

    fn is_free(&self, name: &Name) -> bool {
        !self.by_token.contains_key(name) && !self.typed.contains(name)
    }

    fn next_free(&self, name: String) -> Name {
        let mut token = (name, 1);
        token.1 += self.numbers.highest(&token.0);
        while !self.is_free(&token) {
            token.1 += 1;
        }
        token
    }
}

impl fmt::Debug for Vault {
    /// Shows how many values it has, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} values)", self.lock().by_token.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{AssistantSettings, PiiKind, PiiPattern};

    fn vault() -> Vault {
        let pii_patterns = vec![PiiPattern { name: "member".to_owned(), pattern: r"\bM-\d{4}\b".to_owned() }];
        let rules = AssistantSettings { pii: PiiKind::ALL.to_vec(), pii_patterns, ..AssistantSettings::default() };
        Vault::of(Arc::new(Scanner::new(&rules)))
    }

    #[test]
    fn a_value_has_one_token_and_comes_back() {
        let vault = vault();
        let text = "jo@x.io and ann@x.io, again jo@x.io, 4111 1111 1111 1111, M-1234";
        let masked = vault.mask(text).into_owned();
        assert_eq!(masked, "<email_1> and <email_2>, again <email_1>, <card_1>, <member_1>");
        assert_eq!(vault.restore(&masked), text);
        assert_eq!(vault.restore("To <EMAIL_2>, <email\\_1>!"), "To ann@x.io, jo@x.io!");
        assert!(matches!(vault.mask("nothing of 12 things"), Cow::Borrowed(_)));
        assert!(!format!("{vault:?}").contains("jo@"));
    }

    #[test]
    fn a_token_that_was_invented_is_gone_and_one_that_was_typed_stays() {
        let vault = vault();
        let typed = "my template says <email_1> and <b>bold</b>";
        for text in [typed, "jo@x.io"] {
            vault.heed(text);
        }
        assert_eq!(vault.mask(typed), typed);
        assert_eq!(vault.mask("jo@x.io"), "<email_2>");
        let answer = "You wrote <email_1>, <email_2>; card <card_9> <phone_3>, <foo_1>.";
        assert_eq!(vault.restore(answer), "You wrote <email_1>, jo@x.io; card , <foo_1>.");
    }

    #[test]
    fn what_comes_late_cannot_use_the_tokens_of_others() {
        let vault = vault();
        assert_eq!(vault.mask("jo@x.io"), "<email_1>");
        let late = vault.mask_late("mail <email_1> or <email_2> or ann@x.io");
        assert_eq!(late, "mail email_1 or <email_2> or <email_3>");
        assert_eq!(vault.restore(&late), "mail email_1 or <email_2> or ann@x.io");
    }

    /// Pieces that people's texts are made of, with what is hard to tell apart.
    fn piece() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "jo@x.io",
            "4111 1111 1111 1111",
            "GB82 WEST 1234 5698 7654 32",
            "+49 30 123456",
            "<email_1>",
            "<card_2>",
            "M-1234",
            "order 4711",
            "2023-07-19",
            "078-05-1120",
            "12345678Z",
            "phone",
            "06 12 34 56 78",
            "<",
            ">",
            "_1",
            "４１１１",
            "\u{200b}",
            "-",
            ".",
            "/",
            "+",
            "(",
            "@",
            "#",
            "x",
            "12",
            "0",
        ]);
        prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[ 0-9a-z@.<>_-]{0,8}", 1 => any::<char>().prop_map(String::from)]
    }

    proptest! {
        #[test]
        fn masking_loses_nothing_and_leaves_nothing_to_mask(
            pieces in prop::collection::vec((piece(), prop::sample::select(vec!["", " ", ", ", "\n"])), 0..12)
        ) {
            let text: String = pieces.iter().flat_map(|(piece, gap)| [piece.as_str(), gap]).collect();
            let vault = vault();
            vault.heed(&text);
            let masked = vault.mask(&text).into_owned();
            prop_assert_eq!(vault.restore(&masked), text.as_str(), "{}", masked);
            prop_assert_eq!(vault.mask(&masked), masked.as_str(), "{}", text);
        }

        #[test]
        fn numbers_of_orders_are_left(
            number in 1_000_u64..99_999_999, year in 2000..2030, month in 1..=12, day in 1..=28, cents in 0..99,
        ) {
            let vault = Vault::of(Arc::new(Scanner::new(&AssistantSettings::default())));
            for text in [
                format!("where is order {number}?"),
                format!("#{number}"),
                format!("ORD-{year}-{number}"),
                format!("AB{number}"),
                format!("{number}"),
                format!("on {year}-{month:02}-{day:02} or {day:02}.{month:02}.{year}"),
                format!("{day}/{month}/{year} {month:02}:{day:02}"),
                format!("EUR {number}.{cents:02} or {number},{cents:02}"),
                format!("ISBN 978-3-16-{number:06}-0"),
                format!("1Z999AA1{number:010}"),
            ] {
                prop_assert_eq!(vault.mask(&text), text.as_str());
            }
        }
    }
}
