//! How a customer is reached, where they say that it is they who are reached so: an address beside other words may be anybody's.

use regex::Regex;

use super::{EMAIL, Fact, PHONE};
use crate::domain::{Email, Phone};

const ADDRESS: &str = concat!(
    r"(?i)\b(?:my e-?mail(?: address)?(?: is|:)?|(?:e-?mail|mail|write(?: to)?|reach|contact) me (?:at|on|under)|",
    r"meine e-?mail(?:-?adresse)?(?: ist| lautet|:)|mon (?:adresse )?e-?mail est|mi (?:correo(?: electrónico)?|e-?mail) es|",
    r"la mia e-?mail è|meu e-?mail é|mijn e-?mail(?:adres)? is)\s*:?\s*",
    r"([a-z0-9][a-z0-9._%+-]*@[a-z0-9.-]+\.[a-z]{2,24})\b"
);

const NUMBER: &str = concat!(
    r"(?i)\b(?:my (?:tele|cell|mobile |cell ?)?(?:phone|mobile|cell|whatsapp)(?: number)?(?: is|:)?|(?:call|phone|ring|reach|text|contact) me (?:at|on)|",
    r"meine (?:telefon|handy)-?nummer(?: ist| lautet|:)|mon (?:numéro(?: de téléphone)?|téléphone) est|",
    r"mi (?:número(?: de teléfono)?|teléfono) es|il mio numero(?: di telefono)? è|meu (?:telefone|número de telefone) é)\s*:?\s*",
    r"(\+?\(?[0-9][0-9 ().\-/]+[0-9])"
);

/// How many digits a number has that somebody outside can dial.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=15;

/// See the module.
#[derive(Debug)]
pub(super) struct Patterns {
    address: Regex,
    number: Regex,
}

impl Patterns {
    pub(super) fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self { address: compile(ADDRESS), number: compile(NUMBER) }
    }

    pub(super) fn find(&self, text: &str) -> Vec<Fact> {
        if !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@') {
            return Vec::new();
        }
        let fact = |key, value: &str| Fact { key, value: value.to_owned(), importance: 0.7 };
        let address = self.address.captures_iter(text).last().and_then(|found| Email::parse(&found[1]).ok());
        let number = self.number.captures_iter(text).last().and_then(|found| phone(&found[1]));
        let address = address.map(|email| fact(EMAIL, email.as_str()));
        address.into_iter().chain(number.map(|phone| fact(PHONE, phone.as_str()))).collect()
    }
}

fn phone(text: &str) -> Option<Phone> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    Phone::parse("phone", text).ok().filter(|_| DIGITS.contains(&digits))
}

#[cfg(test)]
mod tests {
    use super::super::learnt;
    use super::*;

    #[test]
    fn an_address_or_a_number_is_learnt_where_it_is_the_customers_own() {
        for (said, key, value) in [
            ("my email is Jo.Doe@Example.com, thanks", EMAIL, "jo.doe@example.com"),
            ("you can reach me at jo@example.com", EMAIL, "jo@example.com"),
            ("Meine E-Mail-Adresse lautet jo@example.de.", EMAIL, "jo@example.de"),
            ("my phone number is +1 (555) 010-9999", PHONE, "+15550109999"),
            ("Please call me at 030 1234567 in the evening", PHONE, "0301234567"),
            ("meine Handynummer ist 0170 1234567", PHONE, "01701234567"),
        ] {
            assert!(learnt(said).contains(&(key, value.to_owned())), "{said}: {:?}", learnt(said));
        }
    }

    #[test]
    fn others_addresses_and_numbers_are_not() {
        for said in [
            "I wrote to support@example.com",
            "my wife's email is eva@example.com",
            "call 030 1234567",
            "my order number is 030 1234567",
            "my phone is broken since 2024",
            "call me at 5",
        ] {
            assert_eq!(learnt(said), [], "{said}");
        }
    }
}
