//! What a customer's own words say of them that is worth remembering, by patterns: what they are called, how they are reached,
//! which language they write, what they prefer; and that they want something forgotten.
//!
//! Rather nothing than something wrong: each pattern wants words that hardly mean anything else. Never learnt: numbers of
//! cards, passwords and other secrets, and anything about health. Pure; nothing here stores anything.

mod contact;
mod forgetting;
mod language;
mod name;
mod preference;
mod telling;

use std::sync::LazyLock;

use regex::Regex;

pub use forgetting::{About, ForgetWish};

/// The key of what a customer is called.
pub const NAME: &str = "name";
/// The key of an order number.
pub const ORDER_NUMBER: &str = "order_number";
/// The key of an e-mail address.
pub const EMAIL: &str = "email";
/// The key of a telephone number.
pub const PHONE: &str = "phone";
/// The key of the language that a customer writes.
pub const LANGUAGE: &str = "language";
/// The key of what a customer eats.
pub const DIET: &str = "diet";
/// What the keys of preferences begin with.
pub const PREFERRED: &str = "preferred_";

/// How much of a message is looked at, in bytes: whoever says who they are says it early.
const TEXT_MAX_BYTES: usize = 4 * 1024;

/// How many digits the number of a card has.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// What stands near a secret.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwort",
    "kennwort",
    "mot de passe",
    "contrase",
    "passphrase",
    "pin code",
    "my pin",
    "cvv",
    "cvc",
    "iban",
    "social security",
    "ssn",
    "security code",
];

/// Without any of these there is nothing to look for, and that is quickly seen.
const HINTS: &str = concat!(
    r"(?i)name|namn|navn|nom |nombre|nome|naam|imię|adım|hei[sß]|appell|llamo|chiamo|chamo|heet|nazywam|heter|hedder|зовут|звати|我|私|i['’]m|i am|",
    r"call|this is|@|[0-9]|prefer|préf|prefi|bevorzug|please|vega|végé|vega|veget|pescatar|forget|delete|erase|remove|wipe|clear|vergiss|vergessen|",
    r"lösch|oublie|effac|supprim|olv|borr"
);

/// Something to be remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is about.
    pub key: &'static str,
    /// What is to be remembered.
    pub value: String,
    /// How much it matters, 0..1.
    pub importance: f64,
}

/// The patterns, compiled once.
#[derive(Debug)]
pub struct Patterns {
    hints: Regex,
    name: name::Patterns,
    contact: contact::Patterns,
    preference: preference::Patterns,
    forgetting: forgetting::Patterns,
    telling: telling::Patterns,
}

impl Patterns {
    /// The patterns, which are the same for everybody: compiled at the first call, and once.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Patterns> = LazyLock::new(Patterns::new);
        &SHARED
    }

    fn new() -> Self {
        Self {
            hints: Regex::new(HINTS).expect("a constant pattern"),
            name: name::Patterns::new(),
            contact: contact::Patterns::new(),
            preference: preference::Patterns::new(),
            forgetting: forgetting::Patterns::new(),
            telling: telling::Patterns::new(),
        }
    }

    /// What one message of a customer says of them, each key once.
    pub fn facts(&self, message: &str) -> Vec<Fact> {
        let text = head(message);
        if !self.hints.is_match(text) || self.forgetting.wish(text).is_some() {
            return Vec::new();
        }
        let mut facts: Vec<Fact> = Vec::new();
        let found = self.name.find(text).into_iter().chain(self.contact.find(text)).chain(self.preference.find(text));
        for fact in found.filter(|fact| !is_secret(&fact.value)) {
            match facts.iter_mut().find(|known| known.key == fact.key) {
                Some(known) => *known = fact,
                None => facts.push(fact),
            }
        }
        facts
    }

    /// What the customer wants forgotten, if they do.
    pub fn wish_to_forget(&self, message: &str) -> Option<ForgetWish> {
        let text = head(message);
        if self.hints.is_match(text) { self.forgetting.wish(text) } else { None }
    }

    /// Whether a message only tells something of its writer, and asks nothing.
    pub fn only_tells(&self, message: &str) -> bool {
        self.telling.only_tells(self, head(message))
    }

    /// The language of a message, where it is long and plain enough to be sure.
    pub fn language(&self, message: &str) -> Option<Fact> {
        let tag = language::of(head(message))?;
        Some(Fact { key: LANGUAGE, value: tag.to_owned(), importance: 0.5 })
    }
}

/// An order number that the assistant read in a customer's words.
pub fn order_number(value: &str) -> Option<Fact> {
    let fact = Fact { key: ORDER_NUMBER, value: value.trim().to_owned(), importance: 0.6 };
    Some(fact).filter(|fact| !fact.value.is_empty() && !is_secret(&fact.value))
}

fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TEXT_MAX_BYTES)).unwrap_or(text)
}

/// Whether a text holds the number of a card or speaks of a secret: neither is ever remembered.
pub fn is_secret(text: &str) -> bool {
    let lower = text.to_lowercase();
    SECRET_WORDS.iter().any(|word| lower.contains(word)) || holds_card(text)
}

/// Whether a run of digits, however it is grouped, has the check digit of a card's number.
fn holds_card(text: &str) -> bool {
    let mut digits: Vec<u32> = Vec::new();
    for c in text.chars().chain(std::iter::once('x')) {
        match c.to_digit(10) {
            Some(digit) => digits.push(digit),
            None if matches!(c, ' ' | '-' | '.') => {}
            None => {
                if CARD_DIGITS.contains(&digits.len()) && checks_out(&digits) {
                    return true;
                }
                digits.clear();
            }
        }
    }
    false
}

fn checks_out(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit * 2 > 9 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, d)| if at % 2 == 1 { doubled(*d) } else { *d }).sum();
    sum.is_multiple_of(10)
}

/// The sentences of a text, each without its end.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '!', '?', ';', '\n', '。', '！', '？']).map(str::trim).filter(|sentence| !sentence.is_empty())
}

#[cfg(test)]
fn learnt(text: &str) -> Vec<(&'static str, String)> {
    Patterns::shared().facts(text).into_iter().map(|fact| (fact.key, fact.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_facts_of_one_message_are_each_learnt_once() {
        let said =
            "Hi, my name is Ana López and my email is Ana@Example.com. I prefer express shipping. My name is Ana!";
        let expected = [(NAME, "Ana"), (EMAIL, "ana@example.com"), ("preferred_shipping", "express shipping")];
        assert_eq!(learnt(said), expected.map(|(key, value)| (key, value.to_owned())));
    }

    #[test]
    fn cards_and_secrets_are_never_learnt() {
        for said in [
            "I prefer to pay by credit card 4111 1111 1111 1111",
            "I prefer to pay with 4111-1111-1111-1111",
            "I prefer email with the password hunter2",
            "my phone number is 4111 1111 1111 1111",
        ] {
            assert_eq!(learnt(said), [], "{said}");
        }
        assert_eq!(order_number("4111111111111111"), None);
        assert_eq!(order_number(" 12345 ").unwrap().value, "12345");
    }

    #[test]
    fn what_is_to_be_forgotten_is_not_learnt_by_the_same_words() {
        assert_eq!(learnt("Forget my name. My name is Ana."), []);
    }

    #[test]
    fn nothing_is_learnt_of_texts_that_say_nothing_and_none_breaks_it() {
        for said in ["", "?", "Where is my order?", "👋👋", "my name is", "I'm", "call me", "my email is", "I prefer"]
        {
            assert_eq!(learnt(said), [], "{said}");
        }
        assert_eq!(learnt(&"my name is é".repeat(2_000)), []);
    }
}
