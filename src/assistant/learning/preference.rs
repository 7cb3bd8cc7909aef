//! What a customer prefers, where they say so themselves and it is of a kind that lasts: shipping, payment, how and when they
//! are reached, language, size, colour, what they eat. What they want just now (a human, a refund) is none.

use regex::{Captures, Regex};

use super::{DIET, Fact, sentences};

/// The longest preference that is kept, in characters.
const VALUE_MAX_CHARS: usize = 80;

const PREFERS: &str = concat!(
    r"(?i)\b(?:i(?:['’]d| would)?(?: really| always| usually| generally| strongly)* prefer(?: to (?:be|have|get|use|pay|receive|order))?|",
    r"ich bevorzuge|je préfère|prefiero|preferisco|eu prefiro)\s+(.+)"
);

const PLEASE: &str = concat!(
    r"(?i)\bplease (?:only |always )*(?:call|phone|ring|contact|reach|e-?mail|text|message|write(?: to)?) me (?:only |always )*",
    r"((?:in the|on|at|by|via|through|after|before|during|between)\s.+)"
);

const EATS: &str = concat!(
    r"(?i)\b(?:i(?:['’]m| am)|ich bin|je suis|soy|sono)\s+(?:(?:a|an|strict|strictly|eine?|un|une)\s+)*",
    r"(vegetarian|vegan|pescatarian|vegetarier(?:in)?|veganer(?:in)?|végétarien(?:ne)?|végane?|vegetarian[oa]|vegan[oa])\b"
);

/// What a preference is about, by what it names.
const SUBJECTS: &[(&str, &str)] = &[
    (
        "preferred_shipping",
        r"(?i)\b(?:shipping|delivery|deliveries|shipment|courier|pick-?up|overnight|versand|lieferung|livraison|envío|spedizione|entrega)\b",
    ),
    (
        "preferred_payment",
        r"(?i)\b(?:pay|paying|payment|invoice|paypal|card|debit|transfer|cash|rechnung|überweisung|virement|transferencia)\b",
    ),
    (
        "preferred_contact_time",
        r"(?i)\b(?:mornings?|afternoons?|evenings?|at night|weekends?|weekdays|noon|lunch|work(?:ing)? hours|abends|vormittags?|nachmittags?)\b|\b(?:after|before|between)\s[0-9]",
    ),
    (
        "preferred_contact",
        r"(?i)\b(?:calls?|called|phone|e-?mails?|emailed|texts?|texted|sms|whatsapp|letters?|post|telefon|anrufe?)\b",
    ),
    (
        "preferred_language",
        r"(?i)\b(?:english|german|french|spanish|italian|portuguese|dutch|polish|turkish|russian|ukrainian|deutsch|français|español)\b",
    ),
    ("preferred_size", r"(?i)\bsizes?\b"),
    ("preferred_color", r"(?i)\bcolou?rs?\b"),
    ("preferred_seat", r"(?i)\b(?:window|aisle)(?: seats?)?\b"),
];

/// What is wanted now rather than preferred, and whom it would be wrong to remember for.
const NOT_LASTING: &str = r"(?i)\b(?:human|agent|person|someone|somebody|refund|cancel[a-z]*|replace[a-z]*|exchange|return|money back|today|tomorrow|tonight|now|asap|this time|(?:mon|tues|wednes|thurs|fri|satur|sun)day|not)\b";

/// Where a preference ends.
const ENDS: &str = r"(?i)(?:,|\s(?:but|because|since|if|and i|and my|when possible|please|thanks|thank you|over|to (?:e-?mail|phone|sms|standard)|than|rather|aber|weil|mais|pero)\b).*$";

/// See the module.
#[derive(Debug)]
pub(super) struct Patterns {
    prefers: Regex,
    please: Regex,
    eats: Regex,
    not_lasting: Regex,
    ends: Regex,
    subjects: Vec<(&'static str, Regex)>,
}

impl Patterns {
    pub(super) fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self {
            prefers: compile(PREFERS),
            please: compile(PLEASE),
            eats: compile(EATS),
            not_lasting: compile(NOT_LASTING),
            ends: compile(ENDS),
            subjects: SUBJECTS.iter().map(|(key, pattern)| (*key, compile(pattern))).collect(),
        }
    }

    pub(super) fn find(&self, text: &str) -> Vec<Fact> {
        sentences(text).flat_map(|sentence| self.of(sentence)).collect()
    }

    fn of(&self, sentence: &str) -> Vec<Fact> {
        let fact = |key, value: String| Fact { key, value, importance: 0.8 };
        let mut facts: Vec<Fact> = Vec::new();
        for pattern in [&self.prefers, &self.please] {
            facts.extend(pattern.captures(sentence).and_then(|found| self.preference(&found)));
        }
        facts.extend(self.eats.captures(sentence).map(|found| fact(DIET, found[1].to_lowercase())));
        facts
    }

    fn preference(&self, found: &Captures<'_>) -> Option<Fact> {
        let value = self.ends.replace(&found[1], "");
        let value = value.trim().trim_matches(['"', '\'', '“', '”']);
        if self.not_lasting.is_match(&found[1]) || value.is_empty() || value.chars().count() > VALUE_MAX_CHARS {
            return None;
        }
        // A number is something to be dialled or paid, not a preference.
        if value.chars().filter(char::is_ascii_digit).count() > 4 || value.contains('@') {
            return None;
        }
        let (key, _) = self.subjects.iter().find(|(_, subject)| subject.is_match(value))?;
        Some(Fact { key, value: value.to_owned(), importance: 0.8 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::learnt;

    #[test]
    fn a_lasting_preference_is_learnt_under_what_it_is_about() {
        for (said, key, value) in [
            ("I prefer express shipping", "preferred_shipping", "express shipping"),
            ("I'd really prefer to pay by invoice, if that works", "preferred_payment", "by invoice"),
            ("I always prefer e-mail over phone.", "preferred_contact", "e-mail"),
            ("Please call me in the evening!", "preferred_contact_time", "in the evening"),
            ("please only contact me by email", "preferred_contact", "by email"),
            ("I would prefer to be called after 6 pm", "preferred_contact_time", "called after 6 pm"),
            ("I'm vegetarian", "diet", "vegetarian"),
            ("I am a strict vegan and hungry", "diet", "vegan"),
            ("Ich bevorzuge Express-Versand", "preferred_shipping", "Express-Versand"),
            ("I prefer size M", "preferred_size", "size M"),
        ] {
            assert_eq!(learnt(said), [(key, value.to_owned())], "{said}");
        }
    }

    #[test]
    fn what_is_wanted_now_is_no_preference() {
        for said in [
            "I prefer to talk to a human",
            "I'd prefer a refund",
            "I would prefer a replacement by express delivery",
            "please call me back",
            "please call me tomorrow",
            "Please call me on Monday in the evening",
            "please email me the invoice",
            "I'm not vegan",
            "do you have vegan shoes?",
            "I prefer it",
            "which shipping do you prefer?",
        ] {
            assert_eq!(learnt(said), [], "{said}");
        }
    }
}
