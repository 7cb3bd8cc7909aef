//! A person with an account: staff, or a customer who registered.

use serde::{Deserialize, Serialize};

use super::{Email, OrganizationId, PersonName, Refusal, Role, Timestamp, UserId};

/// A person with an account. Their password is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Where they belong.
    pub organization: OrganizationId,
    /// What they log in with; no two users of the installation share one.
    pub email: Email,
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
        match &self.parts {
            Some((first, last)) => (first.as_str(), last.as_str()),
            None => {
                let (first, last) =
                    self.full.as_str().rsplit_once(char::is_whitespace).unwrap_or((self.full.as_str(), ""));
                (first.trim_end(), last)
            }
        }
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
    fn a_missing_part_is_named() {
        let field = |refusal| match refusal {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(field(FullName::parse_parts(" ", "Doe")), "firstName");
        assert_eq!(field(FullName::parse_parts("John", "")), "lastName");
    }
}
