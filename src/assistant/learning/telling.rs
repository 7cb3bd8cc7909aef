//! Whether somebody only tells of themselves: "I am Ana, my order is 88112" asks nothing, and nobody owes it an answer.

use regex::Regex;

use super::{Fact, Patterns as Learning};

/// Where one thing that is said ends and another begins. A full stop in an address is none.
const BETWEEN: &str = r"(?i)[.,;!。！]+(?:\s+|$)|\n+|\s+(?:and|und|et|y|e|&)\s+";

/// An order's number, with or without words that say what it is.
const ORDER: &str = concat!(
    r"(?i)^(?:it(?:['’]s| is)\s+)?(?:(?:my|the|meine?|die|ma|la|mi)\s+)?",
    r"(?:(?:order|bestellung|bestellnummer|commande|pedido)\s*)?(?:number|num|no|nr|id|nummer)?\.?\s*(?:is|was|ist|est|es|:|=)?\s*",
    r"#?\s?(?:[a-z]{1,6}-?)?\d[\d-]{3,23}$"
);

/// What is said beside, and asks nothing either.
const POLITE: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "there",
    "good",
    "morning",
    "afternoon",
    "evening",
    "dear",
    "team",
    "thanks",
    "thank",
    "you",
    "please",
    "ok",
    "okay",
    "hallo",
    "guten",
    "tag",
    "morgen",
    "abend",
    "moin",
    "danke",
    "bonjour",
    "bonsoir",
    "merci",
    "hola",
    "buenos",
    "días",
    "gracias",
    "ciao",
    "grazie",
    "olá",
];

/// The most words by which somebody says what they tell: "you can reach me under".
const LEAD_MAX_WORDS: usize = 6;

/// See the module.
#[derive(Debug)]
pub(super) struct Patterns {
    between: Regex,
    order: Regex,
}

impl Patterns {
    pub(super) fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self { between: compile(BETWEEN), order: compile(ORDER) }
    }

    /// Whether each part of a message tells a fact or is polite, and one tells a fact.
    pub(super) fn only_tells(&self, learning: &Learning, message: &str) -> bool {
        if message.contains(['?', '？']) {
            return false;
        }
        let mut tells = false;
        for part in self.between.split(message).map(str::trim).filter(|part| !part.is_empty()) {
            let is_fact =
                self.order.is_match(part) || learning.facts(part).iter().any(|fact| says_nothing_else(part, fact));
            if !is_fact && !is_polite(part) {
                return false;
            }
            tells |= is_fact;
        }
        tells
    }
}

/// Whether a part of a message ends with what was learnt of it, behind few words.
fn says_nothing_else(part: &str, fact: &Fact) -> bool {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let words = |text: &str| text.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count();
    let lead = words(part).saturating_sub(words(&fact.value));
    plain(part).ends_with(&plain(&fact.value)) && lead <= LEAD_MAX_WORDS
}

fn is_polite(part: &str) -> bool {
    part.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .all(|word| POLITE.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use crate::assistant::learning::Patterns;

    #[test]
    fn who_only_tells_of_themselves_asks_nothing() {
        for told in [
            "I am Jo Smith, my order is 88112",
            "Hi, I'm Ana. My order number is A-12345. Thanks!",
            "my email is Jo.Doe@example.com and my phone number is +1 (555) 010-9999",
            "Hallo, ich heiße Jürgen, meine Bestellnummer ist 123456",
            "order #88112",
        ] {
            assert!(Patterns::shared().only_tells(told), "{told}");
        }
    }

    #[test]
    fn who_wants_something_besides_asks() {
        for asked in [
            "I am Jo Smith, my order is 88112, where is it?",
            "I am Jo Smith, my order 88112 is broken",
            "my name is Ana where is my order",
            "I'm Ana and I want my money back",
            "Do you tune harpsichords",
            "Hello there!",
            "My order is late",
            "",
        ] {
            assert!(!Patterns::shared().only_tells(asked), "{asked}");
        }
    }
}
