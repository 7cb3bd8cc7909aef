//! Things named in a customer's words, found by pattern: order numbers, e-mail addresses, phones, dates.

use regex::Regex;

use crate::domain::Entity;

/// The most entities that one turn reports.
const ENTITIES_MAX: usize = 32;

/// The patterns, compiled once.
#[derive(Debug)]
pub(super) struct Patterns {
    email: Regex,
    date: Regex,
    order: Regex,
    phone: Regex,
    number: Regex,
}

/// What a turn's words make of a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BareNumber {
    /// It is the order number that was asked for, or spoken of.
    IsOrder,
    /// It is one only if the message holds nothing else.
    IsOrderWhenAlone,
}

/// Where something was named, its kind and its value.
type Span = (usize, usize, &'static str, String);

impl Patterns {
    /// Compiles the patterns.
    ///
    /// # Panics
    /// Never: the patterns are constants.
    pub(super) fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self {
            // What hides an address is one too.
            email: compile(
                r"(?i)<email_\d{1,5}>|\b[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,24}\b",
            ),
            date: compile(concat!(
                r"(?i)\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})|yesterday|tomorrow|",
                r"(?:jan(?:uary)?|feb(?:ruary)?|march|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.? \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?)\b"
            )),
            order: compile(concat!(
                r"(?i)(?:#\s?|\border\s*(?:number|num|no|nr|id|ref(?:erence)?)\b\.?\s*(?:is|was|are|:|=)?\s*#?\s?)([a-z]{0,6}-?[a-z0-9]{0,6}-?\d[a-z0-9-]{1,23})\b",
                r"|(?:\bto\s+)?\border\s*(?:is\s+|was\s+|:\s*)?([a-z]{1,6}-\d{3,16}|\d{4,16})\b"
            )),
            phone: compile(
                r"<phone_\d{1,5}>|(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){2,4}\b|\+\d{7,15}\b",
            ),
            number: compile(r"\b([A-Za-z]{1,6}-?)?\d{4,12}\b"),
        }
    }

    /// Everything named in the messages, in order, each once.
    pub(super) fn find<'a>(&self, messages: impl Iterator<Item = &'a str>, bare: BareNumber) -> Vec<Entity> {
        let mut found = Vec::new();
        for message in messages {
            if message.bytes().any(|b| b.is_ascii_digit() || b == b'@') || has_day_word(message) {
                self.find_in(message, bare, &mut found);
            }
            if found.len() >= ENTITIES_MAX {
                found.truncate(ENTITIES_MAX);
                break;
            }
        }
        found
    }

    /// The message with each pattern's match gone, so that a number says nothing about the intent.
    pub(super) fn without_values(&self, message: &str) -> Option<String> {
        if !message.bytes().any(|b| b.is_ascii_digit() || b == b'@') {
            return None;
        }
        let blank = self.email.replace_all(message, " ");
        let blank = self.phone.replace_all(&blank, " ");
        let mut out = String::with_capacity(blank.len());
        for word in blank.split_inclusive(char::is_whitespace) {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            if digits < 3 {
                out.push_str(word);
            } else {
                out.extend(word.chars().filter(|c| matches!(c, '.' | ',' | '?' | '!' | ';' | ' ' | '\n')));
            }
        }
        Some(out)
    }

    fn find_in(&self, message: &str, bare: BareNumber, found: &mut Vec<Entity>) {
        let mut spans: Vec<Span> = Vec::new();
        for m in self.email.find_iter(message) {
            claim(&mut spans, m.range(), "email", m.as_str().to_lowercase());
        }
        for m in self.date.find_iter(message) {
            claim(&mut spans, m.range(), "date", m.as_str().to_lowercase());
        }
        for captures in self.order.captures_iter(message) {
            self.claim_order(&mut spans, &captures);
        }
        for m in self.phone.find_iter(message) {
            if m.as_str().starts_with('<') || m.as_str().bytes().filter(u8::is_ascii_digit).count() >= 7 {
                claim(&mut spans, m.range(), "phone", phone_digits(m.as_str()));
            }
        }
        for m in self.number.find_iter(message) {
            if bare == BareNumber::IsOrder || is_alone(message, m.as_str()) {
                claim(&mut spans, m.range(), "order_number", m.as_str().to_uppercase());
            }
        }
        spans.sort_by_key(|span| span.0);
        for (_, _, kind, value) in spans {
            let entity = Entity { kind: kind.to_owned(), value: Some(value) };
            if !found.contains(&entity) {
                found.push(entity);
            }
        }
    }

    fn claim_order(&self, spans: &mut Vec<Span>, captures: &regex::Captures<'_>) {
        let whole = captures.get(0).map_or("", |m| m.as_str());
        let Some(number) = captures.get(1).or_else(|| captures.get(2)) else { return };
        // "I want to order 1000 shirts" names an amount.
        if captures.get(2).is_some() && whole.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("to")) {
            return;
        }
        claim(spans, number.range(), "order_number", number.as_str().trim_end_matches('-').to_uppercase());
    }
}

impl Default for Patterns {
    fn default() -> Self {
        Self::new()
    }
}

fn claim(spans: &mut Vec<Span>, range: std::ops::Range<usize>, kind: &'static str, value: String) {
    if spans.iter().all(|(start, end, ..)| range.end <= *start || range.start >= *end) {
        spans.push((range.start, range.end, kind, value));
    }
}

fn has_day_word(message: &str) -> bool {
    message
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| ["yesterday", "tomorrow"].iter().any(|day| word.eq_ignore_ascii_case(day)))
}

fn phone_digits(text: &str) -> String {
    if text.starts_with('<') {
        return text.to_owned();
    }
    text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

fn is_alone(message: &str, number: &str) -> bool {
    let rest = message.replacen(number, "", 1);
    let mut words = rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| {
        ["it", "s", "is", "its", "number", "the", "my", "order", "here", "no", "thats", "that"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(message: &str, bare: BareNumber) -> Vec<String> {
        let found = Patterns::new().find([message].into_iter(), bare);
        found.into_iter().map(|e| format!("{} {}", e.kind, e.value.unwrap_or_default())).collect()
    }

    #[test]
    fn an_order_number_is_found_however_it_is_said() {
        use BareNumber::IsOrderWhenAlone;
        for said in [
            "where is #12345?",
            "order 12345",
            "my recent order number 12345",
            "Order no. 12345 please",
            "order number is: #12345",
            "12345",
            "it is 12345",
            "order #12345",
            "my order is 12345",
        ] {
            assert_eq!(named(said, IsOrderWhenAlone), ["order_number 12345"], "{said}");
        }
        assert_eq!(named("order ab-99812 is late", IsOrderWhenAlone), ["order_number AB-99812"]);
        for said in ["I want to order 1000 shirts", "I waited 14 days", "call 2024", "in 1999 I was young", "order two"]
        {
            assert!(named(said, IsOrderWhenAlone).is_empty(), "{said}");
        }
        assert_eq!(named("well, 2024001 I think", BareNumber::IsOrder), ["order_number 2024001"]);
    }

    #[test]
    fn addresses_phones_and_dates_are_not_order_numbers() {
        let said = "I'm Jo.Doe+1@Mail.example.com, +1 555 010 9999, bought on 2023-07-19 or July 4th";
        assert_eq!(
            named(said, BareNumber::IsOrder),
            ["email jo.doe+1@mail.example.com", "phone +15550109999", "date 2023-07-19", "date july 4th"]
        );
        assert_eq!(named("yesterday", BareNumber::IsOrder), ["date yesterday"]);
    }

    #[test]
    fn values_do_not_count_as_words() {
        let patterns = Patterns::new();
        assert_eq!(patterns.without_values("where is order #12345?").as_deref(), Some("where is order ?"));
        assert_eq!(patterns.without_values("where is it?"), None);
    }
}
