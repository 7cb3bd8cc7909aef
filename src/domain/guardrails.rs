//! What an organization forbids its assistant, and what of a customer's words no model may see. Only the words and their
//! limits are here; `assistant::guard` holds everybody to them.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{Label, Refusal};

/// The most topics, and the most subjects.
pub const TOPICS_MAX: usize = 100;

/// The longest topic or subject, in characters.
pub const TOPIC_MAX_CHARS: usize = 80;

/// The longest fixed text in the place of an answer, in characters.
pub const FALLBACK_MAX_CHARS: usize = 500;

/// The longest description of who the assistant is, in characters.
pub const PERSONA_MAX_CHARS: usize = 4_000;

/// The most hosts that answers may link to.
pub const LINK_HOSTS_MAX: usize = 50;

/// The most patterns of an organization's own.
pub const PATTERNS_MAX: usize = 10;

/// The longest pattern, in characters.
pub const PATTERN_MAX_CHARS: usize = 200;

/// What a compiled pattern may take, in bytes: each is run over every message.
const PATTERN_MAX_BYTES: usize = 64 * 1024;

/// The longest host, in bytes (RFC 1035).
const HOST_MAX_BYTES: usize = 253;

/// The languages that an assistant can be fixed to: those that are told apart reliably (ISO 639-1).
pub const LANGUAGES: [&str; 34] = [
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko",
    "lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "zh",
];

/// Something in a customer's words that says who they are. Each has its shape, and where it has check digits they must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiKind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A payment card's number.
    Card,
    /// A bank account (ISO 13616).
    Iban,
    /// Social security number of the United States.
    UsSsn,
    /// National insurance number of the United Kingdom.
    UkNino,
    /// Tax id of Germany.
    DeSteuerId,
    /// Social security number of France.
    FrNir,
    /// DNI and NIE of Spain.
    EsDni,
    /// Tax code of Italy.
    ItCodiceFiscale,
    /// Citizen service number of the Netherlands.
    NlBsn,
    /// PESEL of Poland.
    PlPesel,
    /// National register number of Belgium.
    BeNrn,
    /// Old-age insurance number of Switzerland.
    ChAhv,
    /// CPF of Brazil.
    BrCpf,
    /// Social insurance number of Canada.
    CaSin,
    /// Tax file number of Australia.
    AuTfn,
    /// Aadhaar of India.
    InAadhaar,
}

impl PiiKind {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::UsSsn,
        Self::UkNino,
        Self::DeSteuerId,
        Self::FrNir,
        Self::EsDni,
        Self::ItCodiceFiscale,
        Self::NlBsn,
        Self::PlPesel,
        Self::BeNrn,
        Self::ChAhv,
        Self::BrCpf,
        Self::CaSin,
        Self::AuTfn,
        Self::InAadhaar,
    ];

    /// Those that are looked for unless an organization says otherwise: none of them looks like an order number.
    pub const DEFAULT: [Self; 9] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::UsSsn,
        Self::UkNino,
        Self::FrNir,
        Self::ItCodiceFiscale,
        Self::ChAhv,
    ];

    /// Its name in settings and in tokens: `email`, `us_ssn`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::UsSsn => "us_ssn",
            Self::UkNino => "uk_nino",
            Self::DeSteuerId => "de_steuer_id",
            Self::FrNir => "fr_nir",
            Self::EsDni => "es_dni",
            Self::ItCodiceFiscale => "it_codice_fiscale",
            Self::NlBsn => "nl_bsn",
            Self::PlPesel => "pl_pesel",
            Self::BeNrn => "be_nrn",
            Self::ChAhv => "ch_ahv",
            Self::BrCpf => "br_cpf",
            Self::CaSin => "ca_sin",
            Self::AuTfn => "au_tfn",
            Self::InAadhaar => "in_aadhaar",
        }
    }
}

/// A kind of an organization's own: a customer number, a policy number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiPattern {
    /// Its name in tokens: `a-z` and `_`, 2 to 20 letters, none of ours.
    pub name: String,
    /// A regular expression without look-around; it may not match nothing.
    pub pattern: String,
}

impl PiiPattern {
    /// The pattern, ready to run. `None` for one that does not compile within its limits.
    pub fn compiled(&self) -> Option<Regex> {
        RegexBuilder::new(&self.pattern).size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES).build().ok()
    }

    fn check(&self, n: usize) -> Result<(), Refusal> {
        let wrong = |field: &str, why: String| Err(Refusal::invalid(format!("pii_patterns[{n}].{field}"), why));
        let letters = self.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if !letters || !(2..=20).contains(&self.name.len()) || self.name.starts_with('_') || self.name.ends_with('_') {
            return wrong("name", "must be 2 to 20 of a-z and _".to_owned());
        }
        if PiiKind::ALL.iter().any(|kind| kind.as_str() == self.name) {
            return wrong("name", "is the name of a kind that is built in".to_owned());
        }
        if self.pattern.is_empty() || self.pattern.chars().count() > PATTERN_MAX_CHARS {
            return wrong("pattern", format!("must be between 1 and {PATTERN_MAX_CHARS} characters"));
        }
        match self.compiled() {
            None => wrong("pattern", "is no regular expression that we can run within its limits".to_owned()),
            Some(regex) if regex.is_match("") => wrong("pattern", "must not match nothing".to_owned()),
            Some(_) => Ok(()),
        }
    }
}

/// Checks a list of topics or subjects.
///
/// # Errors
/// `Invalid` on the field, or on its entry that is wrong.
pub(super) fn check_topics(field: &'static str, topics: &[String]) -> Result<(), Refusal> {
    at_most(field, topics.len(), TOPICS_MAX)?;
    for (n, topic) in topics.iter().enumerate() {
        let wrong = |why: String| Err(Refusal::invalid(format!("{field}[{n}]"), why));
        if Label::parse(field, topic).is_err() || !topic.chars().any(char::is_alphanumeric) {
            return wrong("must be a word or a few words".to_owned());
        }
        if topic.chars().count() > TOPIC_MAX_CHARS {
            return wrong(format!("must be at most {TOPIC_MAX_CHARS} characters"));
        }
    }
    Ok(())
}

/// Checks a text that may be empty.
///
/// # Errors
/// `Invalid` on the field.
pub(super) fn check_text(field: &'static str, text: &str, max_chars: usize) -> Result<(), Refusal> {
    if text.chars().count() > max_chars {
        return Err(Refusal::invalid(field, format!("must be at most {max_chars} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Refusal::invalid(field, "must not hold control characters"));
    }
    Ok(())
}

/// Checks a language that is fixed.
///
/// # Errors
/// `Invalid` on `language`.
pub(super) fn check_language(language: Option<&str>) -> Result<(), Refusal> {
    match language {
        Some(code) if !LANGUAGES.contains(&code) => {
            Err(Refusal::invalid("language", format!("must be null or one of {}", LANGUAGES.join(", "))))
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks hosts that answers may link to.
///
/// # Errors
/// `Invalid` on the list, or on its entry that is wrong.
pub(super) fn check_hosts(hosts: &[String]) -> Result<(), Refusal> {
    at_most("link_hosts", hosts.len(), LINK_HOSTS_MAX)?;
    for (n, host) in hosts.iter().enumerate() {
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !host.contains('.') || !host.split('.').all(label) || host.len() > HOST_MAX_BYTES {
            return Err(Refusal::invalid(format!("link_hosts[{n}]"), "must be a host in small letters: shop.example"));
        }
    }
    Ok(())
}

/// Checks patterns of an organization's own.
///
/// # Errors
/// `Invalid` on the list, or on the part of an entry that is wrong.
pub(super) fn check_patterns(patterns: &[PiiPattern]) -> Result<(), Refusal> {
    at_most("pii_patterns", patterns.len(), PATTERNS_MAX)?;
    let mut names = BTreeSet::new();
    for (n, pattern) in patterns.iter().enumerate() {
        pattern.check(n)?;
        if !names.insert(&pattern.name) {
            return Err(Refusal::invalid(format!("pii_patterns[{n}].name"), "is there twice"));
        }
    }
    Ok(())
}

/// Checks kinds: each once.
///
/// # Errors
/// `Invalid` on `pii`.
pub(super) fn check_kinds(kinds: &[PiiKind]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    if kinds.iter().all(|kind| seen.insert(kind)) { Ok(()) } else { Err(Refusal::invalid("pii", "names a kind twice")) }
}

fn at_most(field: &'static str, count: usize, max: usize) -> Result<(), Refusal> {
    if count > max { Err(Refusal::invalid(field, format!("must be at most {max}"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(name: &str, pattern: &str) -> Result<(), Refusal> {
        check_patterns(&[PiiPattern { name: name.to_owned(), pattern: pattern.to_owned() }])
    }

    #[test]
    fn a_pattern_is_bounded_in_size_and_has_a_name_of_its_own() {
        assert_eq!(pattern("customer_no", r"\bC-\d{6}\b"), Ok(()));
        let huge = r"\w{1000}\w{1000}".to_owned();
        for (name, regex) in
            [("email", "x"), ("E", "x"), ("a_", "x"), ("no", "("), ("no", "x*"), ("no", ""), ("no", &huge)]
        {
            assert!(pattern(name, regex).is_err(), "{name} {regex}");
        }
        let twice = vec![PiiPattern { name: "no".to_owned(), pattern: "x".to_owned() }; 2];
        assert!(check_patterns(&twice).is_err());
    }

    #[test]
    fn kinds_are_called_what_they_are_stored_as() {
        for kind in PiiKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn topics_hosts_texts_and_languages_are_checked() {
        let topics = |topic: &str| check_topics("scope", &[topic.to_owned()]);
        assert_eq!(topics("legal advice"), Ok(()));
        assert!(topics("").is_err() && topics("...").is_err() && topics(&"x".repeat(TOPIC_MAX_CHARS + 1)).is_err());
        let hosts = |host: &str| check_hosts(&[host.to_owned()]);
        assert_eq!(hosts("shop.example"), Ok(()));
        assert!(
            hosts("https://shop.example").is_err() && hosts("localhost").is_err() && hosts("Shop.example").is_err()
        );
        assert!(
            check_language(Some("de")).is_ok() && check_language(None).is_ok() && check_language(Some("xx")).is_err()
        );
        assert!(check_text("persona", "Two\nlines.", 20).is_ok() && check_text("persona", "a\u{7}", 20).is_err());
        assert!(check_kinds(&[PiiKind::Email, PiiKind::Email]).is_err());
    }
}
