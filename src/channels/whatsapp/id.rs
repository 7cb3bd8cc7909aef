//! Meta's names of things. Their inner shape is Meta's and changes, so they are only held to be short and harmless.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Phone, Refusal};

/// The longest id of Meta's, in bytes. Seen: about 70 (messages), 140 (people, parent form).
pub const ID_MAX_BYTES: usize = 256;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// `Invalid` when it is empty, longer than [`ID_MAX_BYTES`], or holds anything but visible ASCII.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                if text.is_empty() || text.len() > ID_MAX_BYTES || !text.bytes().all(|c| c.is_ascii_graphic()) {
                    return Err(Refusal::invalid($field, "must be an id of Meta's"));
                }
                Ok(Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refusal;

            fn try_from(text: String) -> Result<Self, Refusal> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// A message, ours or the customer's. Unique together with the number that it came to or went out from.
    Wamid,
    "id"
);
opaque_id!(
    /// A business telephone number, by its id; the only thing to route by, for display numbers change their format.
    NumberId,
    "phone_number_id"
);
opaque_id!(
    /// A person as one business sees them (business-scoped user id). Stays when they hide their number behind a user name;
    /// renewed when their number changes.
    Bsuid,
    "user_id"
);
opaque_id!(
    /// A file at Meta. Of received files it holds 7 days, of uploaded ones 30.
    MediaId,
    "media_id"
);

/// A `wa_id` as a telephone number: Meta writes the digits of E.164 without the plus, elsewhere with it.
pub fn phone(wa_id: &str) -> Option<Phone> {
    let digits = wa_id.trim().trim_start_matches('+');
    Phone::parse("wa_id", &format!("+{digits}")).ok()
}

/// The digits of a telephone number, as Meta wants them.
pub fn digits(phone: &Phone) -> &str {
    phone.as_str().trim_start_matches('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_visible() {
        assert_eq!(Wamid::parse("wamid.HBgL+/=").unwrap().as_str(), "wamid.HBgL+/=");
        for bad in ["", "a b", "a\n", "é", &"x".repeat(ID_MAX_BYTES + 1)] {
            assert!(Wamid::parse(bad).is_err(), "{bad:?}");
        }
        assert!(serde_json::from_str::<Wamid>("\"a b\"").is_err());
    }

    #[test]
    fn a_number_is_the_same_with_and_without_its_plus() {
        assert_eq!(phone("15550002222"), phone("+15550002222"));
        assert_eq!(digits(&phone("15550002222").unwrap()), "15550002222");
        assert_eq!(phone("ann"), None);
    }
}
