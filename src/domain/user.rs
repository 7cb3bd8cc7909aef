//! A person with an account: staff, or a customer who registered.

use serde::{Deserialize, Serialize};

use super::{Email, OrganizationId, PersonName, Refusal, Role, Timestamp, UserId};

/// The longest username, in characters.
const USERNAME_MAX_CHARS: usize = 64;

/// A person with an account. Their password is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Where they belong.
    pub organization: OrganizationId,
    /// What they log in with; no two users of the installation share one.
    pub email: Email,
    /// What they may log in with besides, where they chose one; no two users of their organization share one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// What they are called.
    pub name: FullName,
    /// What they may do.
    pub role: Role,
    /// Whether they may log in.
    pub active: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they last logged in, through any door.
    pub last_login_at: Option<Timestamp>,
}

/// A name to log in with: trimmed, without control characters, and without `@`, so that it is never an e-mail address.
/// Capitals are shown as they were given and make no difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// Checks the name.
    ///
    /// # Errors
    /// `Invalid` on the field `username`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::invalid("username", "must not be empty"));
        }
        if text.chars().count() > USERNAME_MAX_CHARS {
            return Err(Refusal::invalid("username", format!("must be at most {USERNAME_MAX_CHARS} characters")));
        }
        if text.chars().any(|c| c == '@' || c.is_control()) {
            return Err(Refusal::invalid("username", "must not hold @ or control characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is compared.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// A name that was given whole or as first and last name, and can be shown either way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullName {
    full: PersonName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<(PersonName, PersonName)>,
}

impl FullName {
    /// A name that was given whole.
    pub const fn whole(full: PersonName) -> Self {
        Self { full, parts: None }
    }

    /// A name that was given as first and last name.
    ///
    /// # Errors
    /// `Invalid` on `firstName` or `lastName`.
    pub fn parse_parts(first: &str, last: &str) -> Result<Self, Refusal> {
        let first = PersonName::parse("firstName", first)?;
        let last = PersonName::parse("lastName", last)?;
        let full = PersonName::parse("lastName", &format!("{} {}", first.as_str(), last.as_str()))?;
        Ok(Self { full, parts: Some((first, last)) })
    }

    /// The same name with another first or last part.
    ///
    /// # Errors
    /// As [`FullName::parse_parts`].
    pub fn with_parts(&self, first: Option<&str>, last: Option<&str>) -> Result<Self, Refusal> {
        match (first, last) {
            (None, None) => Ok(self.clone()),
            // A name of one word has no last part, and needs none now.
            (Some(first), None) if self.last().is_empty() => Ok(Self::whole(PersonName::parse("firstName", first)?)),
            (first, last) => Self::parse_parts(first.unwrap_or(self.first()), last.unwrap_or(self.last())),
        }
    }

    /// The whole name.
    pub const fn full(&self) -> &PersonName {
        &self.full
    }

    /// The first name; of a name that was given whole, all but its last word.
    pub fn first(&self) -> &str {
        self.split().0
    }

    /// The last name; of a name that was given whole, its last word, or nothing when it has only one.
    pub fn last(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        if let Some((first, last)) = &self.parts {
            return (first.as_str(), last.as_str());
        }
        let full = self.full.as_str();
        let (first, last) = full.rsplit_once(char::is_whitespace).unwrap_or((full, ""));
        (first.trim_end(), last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> FullName {
        FullName::whole(PersonName::parse("name", text).unwrap())
    }

    #[test]
    fn a_name_is_shown_whole_or_in_parts_however_it_was_given() {
        let parts = FullName::parse_parts("Anna Maria", "van Dyck").unwrap();
        assert_eq!(
            (parts.full().as_str(), parts.first(), parts.last()),
            ("Anna Maria van Dyck", "Anna Maria", "van Dyck")
        );
        assert_eq!((whole("John  Doe").first(), whole("John  Doe").last()), ("John", "Doe"));
        assert_eq!((whole("Plato").first(), whole("Plato").last()), ("Plato", ""));
    }

    #[test]
    fn a_part_of_a_name_can_be_changed_by_itself() {
        let name = whole("John Doe").with_parts(None, Some("Smith")).unwrap();
        assert_eq!((name.first(), name.last()), ("John", "Smith"));
        assert_eq!(whole("Plato").with_parts(Some("Aristotle"), None).unwrap(), whole("Aristotle"));
        assert_eq!(whole("Plato").with_parts(None, Some("the Elder")).unwrap().full().as_str(), "Plato the Elder");
        assert!(whole("John Doe").with_parts(Some(" "), None).is_err());
    }

    #[test]
    fn a_username_is_trimmed_checked_and_compared_without_capitals() {
        let name = Username::parse(" Jo.Doe-1 ").unwrap();
        assert_eq!((name.as_str(), name.folded().as_str()), ("Jo.Doe-1", "jo.doe-1"));
        for bad in ["", " ", "jo@example.com", "a\u{0}b", &"x".repeat(USERNAME_MAX_CHARS + 1)] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_missing_part_is_named() {
        let field = |refusal| match refusal {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(field(FullName::parse_parts(" ", "Doe")), "firstName");
        assert_eq!(field(FullName::parse_parts("John", "")), "lastName");
    }
}
