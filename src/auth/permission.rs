//! What an API key may do: scopes `<noun>:read` and `<noun>:write`, or `*` for everything.
//!
//! A scope gives exactly what it names: `agents:write` does not give `agents:read`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::Refusal;

/// The most scopes that one key may hold.
const SCOPES_MAX: usize = 64;

/// The longest noun of a scope, in characters.
const NOUN_MAX_CHARS: usize = 40;

/// The scope that stands for everything.
const ALL: &str = "*";

/// Looking or changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Looking.
    Read,
    /// Changing.
    Write,
}

/// The permissions of an API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Permissions(Granted);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Granted {
    All,
    Scopes(BTreeSet<Scope>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    noun: String,
    access: Access,
}

impl Permissions {
    /// Everything.
    pub const fn all() -> Self {
        Self(Granted::All)
    }

    /// Checks a list of scopes. An empty list grants nothing; one `*` among them grants everything.
    ///
    /// # Errors
    /// `Invalid` on the field `permissions` when a scope is not of the documented form, or there are too many.
    pub fn parse<S: AsRef<str>>(scopes: &[S]) -> Result<Self, Refusal> {
        if scopes.len() > SCOPES_MAX {
            return Err(Refusal::invalid("permissions", format!("must hold at most {SCOPES_MAX} scopes")));
        }
        let mut granted = BTreeSet::new();
        let mut all = false;
        for text in scopes {
            match text.as_ref() {
                ALL => all = true,
                text => {
                    granted.insert(Scope::parse(text)?);
                }
            }
        }
        Ok(Self(if all { Granted::All } else { Granted::Scopes(granted) }))
    }

    /// May this be done to that noun? The noun is in the plural, as in paths: `conversations`.
    pub fn allows(&self, noun: &str, access: Access) -> bool {
        match &self.0 {
            Granted::All => true,
            Granted::Scopes(scopes) => scopes.iter().any(|scope| scope.access == access && scope.noun == noun),
        }
    }

    /// Everything is granted; such a key counts as an administrator.
    pub const fn is_all(&self) -> bool {
        matches!(self.0, Granted::All)
    }

    /// The scopes as text, sorted.
    pub fn list(&self) -> Vec<String> {
        match &self.0 {
            Granted::All => vec![ALL.to_owned()],
            Granted::Scopes(scopes) => scopes.iter().map(Scope::to_string).collect(),
        }
    }
}

impl TryFrom<Vec<String>> for Permissions {
    type Error = Refusal;

    fn try_from(scopes: Vec<String>) -> Result<Self, Refusal> {
        Self::parse(&scopes)
    }
}

impl From<Permissions> for Vec<String> {
    fn from(permissions: Permissions) -> Self {
        permissions.list()
    }
}

impl Scope {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = || Refusal::invalid("permissions", "must be scopes such as conversations:read, or *");
        let (noun, access) = text.split_once(':').ok_or_else(refused)?;
        let access = match access {
            "read" => Access::Read,
            "write" => Access::Write,
            _ => return Err(refused()),
        };
        let is_noun_char = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
        if noun.is_empty() || noun.len() > NOUN_MAX_CHARS || !noun.bytes().all(is_noun_char) {
            return Err(refused());
        }
        Ok(Self { noun: noun.to_owned(), access })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match self.access {
            Access::Read => "read",
            Access::Write => "write",
        };
        write!(f, "{}:{access}", self.noun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_gives_exactly_what_it_names() {
        let some = Permissions::parse(&["conversations:read", "agents:write"]).unwrap();
        assert!(some.allows("conversations", Access::Read));
        assert!(some.allows("agents", Access::Write));
        assert!(!some.allows("conversations", Access::Write));
        assert!(!some.allows("agents", Access::Read));
        assert!(!some.allows("conversation", Access::Read));
        assert!(!some.is_all());
        assert!(!Permissions::parse::<&str>(&[]).unwrap().allows("agents", Access::Read));
    }

    #[test]
    fn a_star_gives_everything() {
        let all = Permissions::parse(&["agents:read", "*"]).unwrap();
        assert!(all.is_all() && all.allows("anything", Access::Write));
        assert_eq!(all, Permissions::all());
    }

    #[test]
    fn a_malformed_scope_is_refused() {
        let long = format!("{}:read", "a".repeat(NOUN_MAX_CHARS + 1));
        for bad in
            ["", "agents", "agents:", ":read", "agents:delete", "Agents:read", "agents:read:all", "*:read", &long]
        {
            assert!(Permissions::parse(&[bad]).is_err(), "{bad:?}");
        }
        assert!(Permissions::parse(&vec!["agents:read"; SCOPES_MAX + 1]).is_err());
    }

    #[test]
    fn permissions_are_a_list_of_text_in_a_record() {
        let some = Permissions::parse(&["conversations:read", "agents:write", "agents:write"]).unwrap();
        let json = serde_json::to_string(&some).unwrap();
        assert_eq!(json, r#"["agents:write","conversations:read"]"#);
        assert_eq!(serde_json::from_str::<Permissions>(&json).unwrap(), some);
        assert_eq!(serde_json::to_string(&Permissions::all()).unwrap(), r#"["*"]"#);
        assert!(serde_json::from_str::<Permissions>(r#"["everything"]"#).is_err());
    }
}
