//! Names of things. Text ids are checked once, here; inside they are cheap to clone and known to be safe in a key.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Refusal;

/// The longest id a caller may choose, in characters.
pub const ID_MAX_CHARS: usize = 128;

fn is_id_char(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b':' | b'-')
}

fn is_customer_id_char(c: u8) -> bool {
    is_id_char(c) || matches!(c, b'+' | b'@')
}

fn is_printable_char(c: u8) -> bool {
    !c.is_ascii_control()
}

/// What the id begins with that a visitor's record has; no id that anybody chooses holds it.
const VISITOR_MARK: char = '~';

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $field:literal, $allowed:path, $rule:literal) => {
        text_id!($(#[$doc])* $name, $field, $allowed, $rule, $name::parse);
    };
    ($(#[$doc:meta])* $name:ident, $field:literal, $allowed:path, $rule:literal, $stored:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// `Invalid` when it is empty, longer than [`ID_MAX_CHARS`], or holds a character that is not allowed.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                if text.is_empty() {
                    return Err(Refusal::invalid($field, "must not be empty"));
                }
                if text.chars().count() > ID_MAX_CHARS {
                    return Err(Refusal::invalid($field, "must be at most 128 characters"));
                }
                if !text.bytes().all($allowed) {
                    return Err(Refusal::invalid($field, $rule));
                }
                Ok(Self(text.into()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refusal;

            fn try_from(text: String) -> Result<Self, Refusal> {
                $stored(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A tenant.
    OrganizationId, "organizationId", is_id_char, "may hold only letters, digits and . _ : -"
);
text_id!(
    /// A conversation, unique within its organization; the client may choose it.
    SessionId, "sessionId", is_id_char, "may hold only letters, digits and . _ : -"
);
text_id!(
    /// A customer, unique within their organization; the caller's own name for them, a user's id, or, for somebody who has not
    /// signed in, their session's.
    CustomerId, "userId", is_customer_id_char, "may hold only letters, digits and . _ : - + @", CustomerId::parse_any
);
text_id!(
    /// The sender's own id for a message: the same one twice is one message.
    ClientMessageId, "message.id", is_printable_char, "must not hold control characters"
);

impl OrganizationId {
    /// The organization that exists from the first start.
    pub fn default_organization() -> Self {
        Self("default".into())
    }
}

impl ClientMessageId {
    /// An id from a UUID, for a sender who gave none but may repeat.
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

impl SessionId {
    /// A new id from a UUID.
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

impl CustomerId {
    /// Stands in before a session has begun.
    pub(super) fn nobody() -> Self {
        Self("nobody".into())
    }

    /// Whoever began this session without signing in. They are known by the session alone: the name that they gave may be
    /// somebody else's.
    pub fn of_visitor(session: &SessionId) -> Self {
        Self(format!("{VISITOR_MARK}{session}").into())
    }

    /// The session that is all that is known of them, where it is.
    pub fn visitors_session(&self) -> Option<SessionId> {
        self.0.strip_prefix(VISITOR_MARK).and_then(|session| SessionId::parse(session).ok())
    }

    /// Reads the id of any customer, a visitor's too: for those who name a record. Whoever says who they are is read with
    /// [`CustomerId::parse`], so that nobody is a visitor by saying so.
    ///
    /// # Errors
    /// As [`CustomerId::parse`].
    pub fn parse_any(text: &str) -> Result<Self, Refusal> {
        match text.strip_prefix(VISITOR_MARK) {
            Some(session) => Ok(Self::of_visitor(&SessionId::parse(session)?)),
            None => Self::parse(text),
        }
    }

    /// The customer that a registered user is.
    pub fn of_user(user: UserId) -> Self {
        Self(user.to_string().into())
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Reads the hyphenated form; `None` if it is none.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// A stored message.
    MessageId
);
uuid_id!(
    /// A person with an account.
    UserId
);
uuid_id!(
    /// A document of the knowledge.
    DocumentId
);
uuid_id!(
    /// A question that is asked often, with its answer.
    FaqId
);
uuid_id!(
    /// A text that was given to be found as it is.
    VectorId
);
uuid_id!(
    /// A file of a session.
    FileId
);

/// A session's full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// The session within it.
    pub session: SessionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_129_characters_or_with_control_characters_is_refused() {
        assert!(SessionId::parse(&"a".repeat(128)).is_ok());
        for bad in ["", "a b", "a/b", "a\u{0}", "é", &"a".repeat(129)] {
            assert!(SessionId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(CustomerId::parse("jo+x@example.com").is_ok());
        assert!(ClientMessageId::parse("line\nbreak").is_err());
    }

    #[test]
    fn a_visitors_id_is_their_sessions_and_nobody_takes_it_by_name() {
        let session = SessionId::parse(&"s".repeat(ID_MAX_CHARS)).unwrap();
        let id = CustomerId::of_visitor(&session);
        assert_eq!((id.visitors_session(), CustomerId::parse_any(id.as_str())), (Some(session), Ok(id.clone())));
        assert!(CustomerId::parse(id.as_str()).is_err());
        let written = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<CustomerId>(&written).unwrap(), id);
        let jo = CustomerId::parse_any("jo@example.com").unwrap();
        assert_eq!((jo.visitors_session(), CustomerId::parse("jo@example.com")), (None, Ok(jo)));
        for bad in ["~", "~a b", "~~s"] {
            assert!(CustomerId::parse_any(bad).is_err(), "{bad:?}");
        }
    }
}
