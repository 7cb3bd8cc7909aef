//! Finds what says who a customer is. Nothing is compiled for a message, and nothing is allocated where nothing is found. A scanner that is
//! kept searches no text again in which there is nothing (`clean`).
//!
//! `email`, `letters` and `number` find values by their shape; `checks` holds their check digits, `near` reads the words before
//! a number. What overlaps becomes one span, so that no half of a value is left. Deliberately absent: names and postal
//! addresses, which no shape tells from other words.

mod checks;
mod clean;
mod email;
mod letters;
mod near;
mod number;
mod phone;
mod run;
#[cfg(test)]
mod tests;

use regex::Regex;

use self::clean::Clean;
use super::fold;
use crate::domain::{AssistantSettings, PiiKind, PiiPattern};

/// The fewest digits of any kind but e-mail addresses; telephone numbers, the shortest of those without letters, have seven.
const DIGITS_MIN: usize = 5;

/// Looks for the kinds that an organization wants found.
#[derive(Debug)]
pub struct Scanner {
    kinds: Kinds,
    patterns: Vec<(String, Regex)>,
    /// What need not be searched again, where the scanner is kept.
    clean: Option<Clean>,
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Kinds(u32);

/// What was found: a kind of ours, or by which of the organization's patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The pattern's place in the settings.
    Pattern(usize),
    /// A kind of ours.
    Kind(PiiKind),
}

/// Where something was found, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is.
    pub kind: Found,
}

impl Scanner {
    /// For an organization's settings; compiles its patterns.
    pub fn new(rules: &AssistantSettings) -> Self {
        let compiled = |pattern: &PiiPattern| Some((pattern.name.clone(), pattern.compiled()?));
        let patterns = rules.pii_patterns.iter().filter_map(compiled).collect();
        Self { kinds: Kinds::of(&rules.pii), patterns, clean: None }
    }

    /// The same, to be kept: it remembers in which texts there was nothing.
    #[must_use]
    pub(super) fn remembering(self) -> Self {
        Self { clean: Some(Clean::new()), ..self }
    }

    /// One that finds nothing.
    pub(super) const fn off() -> Self {
        Self { kinds: Kinds(0), patterns: Vec::new(), clean: None }
    }

    /// Whether it never finds anything.
    pub(super) const fn is_off(&self) -> bool {
        self.kinds.0 == 0 && self.patterns.is_empty()
    }

    /// Everything that is found, in order, without overlaps.
    pub(super) fn find(&self, text: &str) -> Vec<Span> {
        match &self.clean {
            Some(clean) => clean.searched(text, |text| self.search(text)),
            None => self.search(text),
        }
    }

    fn search(&self, text: &str) -> Vec<Span> {
        let mut found = Vec::new();
        for (n, (_, pattern)) in self.patterns.iter().enumerate() {
            let matches = pattern.find_iter(text).filter(|found| !found.is_empty());
            found.extend(matches.map(|at| Span { start: at.start(), end: at.end(), kind: Found::Pattern(n) }));
        }
        let (digits, at_sign) = has(text);
        if at_sign && self.kinds.has(PiiKind::Email) {
            email::find(text, &mut found);
        }
        if digits >= DIGITS_MIN && self.kinds.0 != 0 {
            letters::find(text, self.kinds, &mut found);
            number::find(text, self.kinds, &mut found);
        }
        joined(found)
    }

    /// The text with the kind of each private value in its place, for what is kept and shown without its customer: there is no
    /// way back.
    pub fn without_values(&self, text: &str) -> String {
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for Span { start, end, kind } in self.find(text) {
            out.push_str(&text[from..start]);
            out.push_str(&format!("<{}>", self.name(kind)));
            from = end;
        }
        out.push_str(&text[from..]);
        out
    }

    /// The name of a kind in tokens.
    pub(super) fn name(&self, kind: Found) -> &str {
        match kind {
            Found::Kind(kind) => kind.as_str(),
            Found::Pattern(n) => self.patterns.get(n).map_or("private", |(name, _)| name),
        }
    }

    /// Whether a name is one that its tokens may have.
    pub(super) fn has_name(&self, name: &str) -> bool {
        PiiKind::ALL.iter().any(|kind| kind.as_str() == name) || self.patterns.iter().any(|(known, _)| known == name)
    }
}

impl Kinds {
    fn of(kinds: &[PiiKind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | Self::bit(*kind)))
    }

    const fn bit(kind: PiiKind) -> u32 {
        1 << kind as u32
    }

    const fn has(self, kind: PiiKind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    const fn any_with_letters(self) -> bool {
        self.has(PiiKind::Iban)
            || self.has(PiiKind::UkNino)
            || self.has(PiiKind::EsDni)
            || self.has(PiiKind::FrNir)
            || self.has(PiiKind::ItCodiceFiscale)
    }
}

impl From<PiiKind> for Found {
    fn from(kind: PiiKind) -> Self {
        Self::Kind(kind)
    }
}

/// How many digits a text holds, and whether it holds at signs, of any script.
fn has(text: &str) -> (usize, bool) {
    if text.is_ascii() {
        return (text.bytes().filter(u8::is_ascii_digit).count(), text.contains('@'));
    }
    let seen = text.chars().filter_map(fold::folded);
    seen.fold((0, false), |(digits, at_sign), c| (digits + usize::from(c.is_ascii_digit()), at_sign || c == '@'))
}

/// Which of two kinds a stretch is that could be both: the one that says more.
const fn rank(found: Found) -> u8 {
    match found {
        Found::Pattern(_) => 0,
        Found::Kind(PiiKind::Email) => 1,
        Found::Kind(PiiKind::Iban) => 2,
        Found::Kind(PiiKind::Card) => 3,
        Found::Kind(PiiKind::Phone) => 5,
        Found::Kind(_) => 4,
    }
}

/// What overlaps as one span, of the kind that says most.
fn joined(mut found: Vec<Span>) -> Vec<Span> {
    if found.len() < 2 {
        return found;
    }
    found.sort_by_key(|span| (span.start, span.end));
    let mut apart: Vec<Span> = Vec::with_capacity(found.len());
    for span in found {
        match apart.last_mut() {
            Some(last) if span.start < last.end => {
                last.end = last.end.max(span.end);
                last.kind = std::cmp::min_by_key(last.kind, span.kind, |kind| rank(*kind));
            }
            Some(_) | None => apart.push(span),
        }
    }
    apart
}
