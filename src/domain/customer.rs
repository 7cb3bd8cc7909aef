//! What is known of a customer across all of their sessions: how to reach them, what the staff noted, and under which other
//! id they are kept when two turned out to be one person.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CustomerId, Email, OrganizationId, PersonName, Refusal, Timestamp};

/// The most facts of one customer.
pub const FACTS_MAX: usize = 64;

/// The longest name of a fact, in characters.
pub const FACT_NAME_MAX_CHARS: usize = 64;

/// The longest value of a fact, in characters.
pub const FACT_VALUE_MAX_CHARS: usize = 1_000;

/// The most tags of one customer.
pub const TAGS_MAX: usize = 32;

/// The longest tag, in characters.
pub const TAG_MAX_CHARS: usize = 64;

/// The longest language tag that is kept, in bytes.
pub const LANGUAGE_MAX_BYTES: usize = 35;

/// How many digits a telephone number has: the shortest that are dialled, and the longest of E.164 with some room.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=20;

/// A customer, as their organization knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Whose customer.
    pub organization: OrganizationId,
    /// Who.
    pub id: CustomerId,
    /// What they are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Their telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The language they write (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the staff or a program noted, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// What they are filed under.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Who they are kept as from now on; then nothing here changes any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<CustomerId>,
    /// What the staff has set: messages do not change it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub set_by_staff: BTreeSet<ContactField>,
    /// When they became known.
    pub created_at: Timestamp,
    /// When anything here changed last.
    pub updated_at: Timestamp,
}

/// A part of a customer's contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactField {
    /// What they are called.
    Name,
    /// Their e-mail address.
    Email,
    /// Their telephone number.
    Phone,
}

/// What a message says of its sender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// What they are called.
    pub name: Option<PersonName>,
    /// Their e-mail address.
    pub email: Option<Email>,
    /// Their telephone number.
    pub phone: Option<Phone>,
    /// The language they write.
    pub language: Option<String>,
}

/// What the staff changes of a customer. What is absent stays; of contact parts an inner `None` takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerChange {
    /// What they are called.
    pub name: Option<Option<PersonName>>,
    /// Their e-mail address.
    pub email: Option<Option<Email>>,
    /// Their telephone number.
    pub phone: Option<Option<Phone>>,
    /// Facts by name; `None` takes one away.
    pub facts: BTreeMap<String, Option<String>>,
    /// All tags from now on.
    pub tags: Option<BTreeSet<String>>,
}

/// A telephone number: digits, perhaps after a `+`. Spaces, dots, dashes and brackets are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Checks the number; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let refused = || Refusal::invalid(field, "must be a telephone number");
        let text = text.trim();
        let (plus, rest) = text.strip_prefix('+').map_or(("", text), |rest| ("+", rest));
        if !rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '(' | ')' | '/')) {
            return Err(refused());
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if PHONE_DIGITS.contains(&digits.len()) { Ok(Self(format!("{plus}{digits}"))) } else { Err(refused()) }
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Contact {
    /// Whether it says nothing.
    pub const fn is_empty(&self) -> bool {
        self.name.is_none() && self.email.is_none() && self.phone.is_none() && self.language.is_none()
    }
}

impl Customer {
    /// A customer of whom nothing else is known.
    pub const fn unknown(organization: OrganizationId, id: CustomerId, since: Timestamp) -> Self {
        Self {
            organization,
            id,
            name: None,
            email: None,
            phone: None,
            language: None,
            facts: BTreeMap::new(),
            tags: BTreeSet::new(),
            merged_into: None,
            set_by_staff: BTreeSet::new(),
            created_at: since,
            updated_at: since,
        }
    }

    /// Takes in what a message says of its sender; the newest word counts, but for what the staff has set.
    pub fn learn(&mut self, contact: &Contact) {
        let Contact { name, email, phone, language } = contact.clone();
        self.learn_field(ContactField::Name, name, |customer| &mut customer.name);
        self.learn_field(ContactField::Email, email, |customer| &mut customer.email);
        self.learn_field(ContactField::Phone, phone, |customer| &mut customer.phone);
        self.language = language.or_else(|| self.language.take());
    }

    /// Takes away what messages said of the customer, of the parts of their contact that are meant by name (`name`, `email`,
    /// `phone`, `language`); what the staff has set stays.
    pub fn forget(&mut self, meant: impl Fn(&str) -> bool) {
        let goes = |field: ContactField, name: &str| meant(name) && !self.set_by_staff.contains(&field);
        let (name, email) = (goes(ContactField::Name, "name"), goes(ContactField::Email, "email"));
        let phone = goes(ContactField::Phone, "phone");
        self.name = self.name.take().filter(|_| !name);
        self.email = self.email.take().filter(|_| !email);
        self.phone = self.phone.take().filter(|_| !phone);
        self.language = self.language.take().filter(|_| !meant("language"));
    }

    /// Changes what the staff wants changed.
    ///
    /// # Errors
    /// `Invalid` on `facts` or `tags` outside of their limits.
    pub fn change(&mut self, change: CustomerChange) -> Result<(), Refusal> {
        let CustomerChange { name, email, phone, facts, tags } = change;
        self.set(ContactField::Name, name, |customer| &mut customer.name);
        self.set(ContactField::Email, email, |customer| &mut customer.email);
        self.set(ContactField::Phone, phone, |customer| &mut customer.phone);
        for (name, value) in facts {
            match value {
                Some(value) => self.note(&name, &value)?,
                None => drop(self.facts.remove(name.trim())),
            }
        }
        if self.facts.len() > FACTS_MAX {
            return Err(Refusal::invalid("facts", format!("must be at most {FACTS_MAX}")));
        }
        if let Some(tags) = tags {
            self.tags = tags.iter().map(|tag| label("tags", tag, TAG_MAX_CHARS)).collect::<Result<_, _>>()?;
        }
        if self.tags.len() > TAGS_MAX {
            return Err(Refusal::invalid("tags", format!("must be at most {TAGS_MAX}")));
        }
        Ok(())
    }

    /// Takes in what is known of the same person under another id; what is known here stays, and what has no room is left.
    pub fn absorb(&mut self, other: &Self) {
        self.name = self.name.take().or_else(|| other.name.clone());
        self.email = self.email.take().or_else(|| other.email.clone());
        self.phone = self.phone.take().or_else(|| other.phone.clone());
        self.language = self.language.take().or_else(|| other.language.clone());
        for (name, value) in &other.facts {
            if self.facts.len() < FACTS_MAX || self.facts.contains_key(name) {
                self.facts.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let room = TAGS_MAX.saturating_sub(self.tags.len());
        let more: Vec<String> = other.tags.difference(&self.tags).take(room).cloned().collect();
        self.tags.extend(more);
        self.created_at = self.created_at.min(other.created_at);
    }

    fn note(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let name = label("facts", name, FACT_NAME_MAX_CHARS)?;
        if value.chars().count() > FACT_VALUE_MAX_CHARS {
            return Err(Refusal::invalid("facts", format!("must be at most {FACT_VALUE_MAX_CHARS} characters each")));
        }
        self.facts.insert(name, value.to_owned());
        Ok(())
    }

    fn learn_field<T>(&mut self, field: ContactField, said: Option<T>, of: impl Fn(&mut Self) -> &mut Option<T>) {
        if said.is_some() && !self.set_by_staff.contains(&field) {
            *of(self) = said;
        }
    }

    fn set<T>(&mut self, field: ContactField, wanted: Option<Option<T>>, of: impl Fn(&mut Self) -> &mut Option<T>) {
        if let Some(value) = wanted {
            *of(self) = value;
            self.set_by_staff.insert(field);
        }
    }
}

/// A short text: trimmed, not blank, without control characters.
fn label(field: &'static str, text: &str, max_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max_chars || text.chars().any(char::is_control) {
        return Err(Refusal::invalid(field, format!("must have names of 1 to {max_chars} printable characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: &str) -> Customer {
        let organization = OrganizationId::default_organization();
        Customer::unknown(organization, CustomerId::parse(id).unwrap(), Timestamp::from_ms(7))
    }

    fn name(text: &str) -> Option<PersonName> {
        PersonName::parse("name", text).ok()
    }

    fn facts(pairs: &[(&str, Option<&str>)]) -> CustomerChange {
        let facts = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
        CustomerChange { facts: facts.collect(), ..CustomerChange::default() }
    }

    #[test]
    fn a_telephone_number_is_its_digits_however_it_is_written() {
        let phone = |text| Phone::parse("phone", text).map(|phone| phone.as_str().to_owned());
        assert_eq!(phone(" +1 (234) 567-890 ").unwrap(), "+1234567890");
        assert_eq!(phone("030/123.45").unwrap(), "03012345");
        for bad in ["", "+", "12", "call me", "123456789012345678901", "++123", "1+23"] {
            assert!(phone(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_newest_word_counts_unless_the_staff_has_set_it() {
        let mut customer = customer("jo");
        customer.learn(&Contact { name: name("Jo"), ..Contact::default() });
        customer.learn(&Contact { name: name("Jo Doe"), language: Some("de".to_owned()), ..Contact::default() });
        assert_eq!((customer.name.clone(), customer.language.as_deref()), (name("Jo Doe"), Some("de")));
        customer.change(CustomerChange { name: Some(name("Joan Doe")), ..CustomerChange::default() }).unwrap();
        customer.learn(&Contact { name: name("Jo"), ..Contact::default() });
        assert_eq!(customer.name, name("Joan Doe"));
    }

    #[test]
    fn what_is_forgotten_is_what_messages_said_and_not_what_the_staff_has_set() {
        let mut customer = customer("jo");
        let said = Contact {
            name: name("Jo"),
            email: Email::parse("jo@example.com").ok(),
            phone: Phone::parse("phone", "030 123456").ok(),
            language: Some("de".to_owned()),
        };
        customer.learn(&said);
        customer.change(CustomerChange { email: Some(said.email.clone()), ..CustomerChange::default() }).unwrap();
        let mut one = customer.clone();
        one.forget(|part| part == "phone");
        assert_eq!(one, Customer { phone: None, ..customer.clone() });
        customer.forget(|_| true);
        assert_eq!((customer.name, customer.email, customer.phone, customer.language), (None, said.email, None, None));
    }

    #[test]
    fn facts_and_tags_have_limits() {
        let mut customer = customer("jo");
        customer.change(facts(&[(" plan ", Some("gold")), ("size", Some("L"))])).unwrap();
        customer.change(facts(&[("size", None)])).unwrap();
        assert_eq!(customer.facts, BTreeMap::from([("plan".to_owned(), "gold".to_owned())]));
        let long = "x".repeat(FACT_VALUE_MAX_CHARS + 1);
        for bad in [("", Some("a")), ("a\u{0}", Some("a")), ("long", Some(long.as_str()))] {
            assert!(customer.clone().change(facts(&[bad])).is_err(), "{bad:?}");
        }
        let many: Vec<String> = (0..=FACTS_MAX).map(|number| number.to_string()).collect();
        let many: Vec<(&str, Option<&str>)> = many.iter().map(|name| (name.as_str(), Some("x"))).collect();
        assert!(customer.clone().change(facts(&many)).is_err());
        let tags = (0..=TAGS_MAX).map(|number| number.to_string()).collect();
        assert!(customer.change(CustomerChange { tags: Some(tags), ..CustomerChange::default() }).is_err());
    }

    #[test]
    fn of_two_who_are_one_the_one_that_remains_is_asked_first() {
        let (mut one, mut other) = (customer("one"), customer("other"));
        one.change(facts(&[("plan", Some("gold"))])).unwrap();
        other.change(facts(&[("plan", Some("free")), ("size", Some("L"))])).unwrap();
        other.name = name("Jo");
        other.created_at = Timestamp::from_ms(3);
        one.absorb(&other);
        assert_eq!((one.facts["plan"].as_str(), one.facts["size"].as_str()), ("gold", "L"));
        assert_eq!((one.name.clone(), one.created_at), (name("Jo"), Timestamp::from_ms(3)));
    }
}
