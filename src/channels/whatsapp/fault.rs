//! Meta's error codes. One code has different HTTP statuses on different pages, and titles change: only the code counts.

use serde::{Deserialize, Serialize};

use crate::channels::failure::{Failure, FailureClass, SAID_MAX_BYTES, Scope};
use crate::channels::json::Place;

/// An error as Meta tells it, in an answer, with a status, with a message, or of a number at large.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What decides.
    pub code: i64,
    /// What Meta says about it: its title or message, and the details.
    pub said: String,
}

impl Fault {
    /// An element of an `errors` array, or the `error` of an answer; `None` without a code.
    pub(super) fn read(place: Place<'_>) -> Option<Self> {
        let code = place.at("code").integer()?;
        let title = place.at("message").text().or_else(|| place.at("title").text()).unwrap_or_default();
        let details = place.at("error_data").at("details").text().filter(|details| *details != title);
        let said = match details {
            Some(details) => format!("{title}: {details}"),
            None => title.to_owned(),
        };
        Some(Self { code, said: crate::channels::json::clip(&said, SAID_MAX_BYTES).to_owned() })
    }

    /// The same as a failure of something that was to be sent.
    pub fn failure(&self) -> Failure {
        Failure::new(class_of(self.code), Some(self.code), &self.said)
    }
}

/// What helps against a code. Unknown codes are permanent: trying them for ever would be a storm, and what is parked can be
/// sent again by a person.
pub const fn class_of(code: i64) -> FailureClass {
    match code {
        // Unknown, service down, generic; maintenance, also for a minute while the throughput is raised.
        1 | 2 | 131_000 | 131_016 | 131_057 | 133_004 | 135_000 => FailureClass::Retry,
        // Calls of the app; of the business account; registering too often.
        4 | 80_007 | 133_016 => FailureClass::SlowDown(Scope::Account),
        130_429 => FailureClass::SlowDown(Scope::Number),
        131_056 => FailureClass::SlowDown(Scope::Pair),
        131_047 => FailureClass::WindowClosed,
        131_049 => FailureClass::NotToday,
        131_052 | 131_053 => FailureClass::Media,
        131_062 => FailureClass::OtherAddress,
        131_050 => FailureClass::OptedOut,
        0 | 3 | 10 | 190 | 200..=299 | 131_005 => FailureClass::Credentials,
        // Unwanted messages; limit cut for misuse of templates; locked; against the rules.
        131_048 | 131_064 | 131_031 | 368 => FailureClass::Policy,
        131_042 => FailureClass::Billing,
        _ => FailureClass::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_code_has_what_helps() {
        use FailureClass as C;
        let table: [(&[i64], C); 12] = [
            (&[1, 2, 131_000, 131_016, 131_057, 135_000], C::Retry),
            (&[4, 80_007, 133_016], C::SlowDown(Scope::Account)),
            (&[130_429], C::SlowDown(Scope::Number)),
            (&[131_056], C::SlowDown(Scope::Pair)),
            (&[131_047], C::WindowClosed),
            (&[131_049], C::NotToday),
            (&[131_052, 131_053], C::Media),
            (&[131_062], C::OtherAddress),
            (&[131_050], C::OptedOut),
            (&[0, 3, 10, 190, 200, 299, 131_005], C::Credentials),
            (&[131_048, 131_064, 131_031, 368], C::Policy),
            (&[100, 131_008, 131_009, 131_021, 131_026, 131_030, 131_051, 130_497, 132_001, 132_015, 7], C::Permanent),
        ];
        for (codes, class) in table {
            for code in codes {
                assert_eq!(class_of(*code), class, "{code}");
            }
        }
        assert_eq!(class_of(131_042), C::Billing);
    }

    #[test]
    fn a_fault_says_its_message_and_its_details_once() {
        let read = |value| Fault::read(Place::root(&value));
        let fault =
            read(json!({"code": 131_026, "title": "T", "message": "M", "error_data": {"details": "D"}})).unwrap();
        assert_eq!((fault.code, fault.said.as_str()), (131_026, "M: D"));
        assert_eq!(read(json!({"code": "190", "title": "T"})).unwrap().said, "T");
        assert_eq!(read(json!({"title": "no code"})), None);
    }
}
