//! What is to be delivered to the outside, and how: rows that name an event and hold nothing of what customers said, their
//! order, their tries, and when one is set aside. What is sent is made of the event when it is sent.
//!
//! [`Window`] decides which delivery goes next; it is plain and is told the time. Why an outbox is a reader of the feed:
//! `docs/adr/0013-the-outbox.md`.

mod health;
mod pace;
mod window;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::text::clipped;
use super::{OrganizationId, SessionId, SessionKey, Timestamp};

pub use health::FLYING_MAX;
pub use pace::{GIVE_UP_AFTER_MS, Pace, TOO_OLD_AFTER_MS, TRIES_MAX};
pub use window::{LANE_MAX_ROWS, LANES_MAX, Landing, PAGE_MAX_ROWS, Queued, Refill, Start, Wanted, Window};

/// How many deliveries that are done are kept of a target, for people to look at.
pub const FINISHED_KEPT: usize = 100;

/// How much of an answer is kept, in bytes.
pub const ANSWER_KEPT_BYTES: usize = 200;

/// Who is delivered to, among all organizations' targets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// The target: an endpoint of a webhook.
    pub target: Uuid,
}

/// What kind of target it is, and so who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// An organization's own service.
    Webhook,
    /// A number at `WhatsApp`.
    Whatsapp,
    /// An address for mail.
    Email,
    /// A number for SMS.
    Sms,
    /// A channel of an organization's own.
    SignedChannel,
    /// An address for mail, for codes that prove who reads it.
    EmailCode,
}

/// The place of a delivery among those of its target: the position of its feed entry, and the event's place in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Number {
    /// The position in the feed.
    pub position: u64,
    /// Which of the entry's events.
    pub index: u32,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is to be sent.
    Waiting,
    /// It is set aside until somebody says that it is to be tried again.
    Parked,
    /// It was taken.
    Finished,
}

/// Why a delivery was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parking {
    /// It was refused as often as it is tried.
    Refused,
    /// It failed, and is too old to be tried again.
    TooOld,
    /// It can never be taken.
    Impossible,
}

/// Something that is to be delivered, is set aside, or was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Whose.
    pub organization: OrganizationId,
    /// To whom.
    pub target: Uuid,
    /// What kind of target that is.
    pub via: Via,
    /// Its place.
    pub number: Number,
    /// How it stands.
    pub stage: Stage,
    /// The session that it is about. Deliveries of one session go one after the other.
    pub session: SessionId,
    /// The event that it is about.
    pub seq: u64,
    /// What the target calls that event.
    pub topic: String,
    /// When the event happened.
    pub at: Timestamp,
    /// When it began to wait; anew when it is replayed.
    pub queued_at: Timestamp,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// How often it failed where others did not.
    #[serde(default)]
    pub refusals: u32,
    /// It is not tried before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// What the last try brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Answered>,
    /// Why it was set aside, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parking>,
}

/// What a try brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// When it began.
    pub at: Timestamp,
    /// The status that was answered; none where no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub text: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Done,
    /// The target does not work: no connection, no answer in time, an error of its own. After how long it wants to be asked
    /// again, in seconds, if it said.
    Failing {
        /// In seconds.
        after_s: Option<u64>,
    },
    /// The target has too much to do. After how long it wants to be asked again, in seconds, if it said.
    Throttled {
        /// In seconds.
        after_s: Option<u64>,
    },
    /// This one has to wait for so long, in seconds; it is nobody's failure.
    Later {
        /// In seconds.
        after_s: u64,
    },
    /// Its time has not come: it has to wait for so long, in seconds. Nobody was asked, so it is no try.
    NotYet {
        /// In seconds.
        after_s: u64,
    },
    /// Nothing can be sent to the target before somebody mends something of ours. After how long it is tried again, in seconds, if
    /// that is known.
    Blocked {
        /// In seconds.
        after_s: Option<u64>,
    },
    /// Nobody needs it any more: it is done with, and nobody was asked.
    Unneeded,
    /// The target does not want this one.
    Refused,
    /// It can never be taken, whatever the target does.
    Impossible,
    /// The target wants nothing any more.
    Gone,
    /// What it was about was erased.
    Erased,
}

/// A try and what it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it.
    pub outcome: Outcome,
    /// What was answered.
    pub answered: Answered,
}

impl Stage {
    /// The word for it in records and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Finished => "finished",
        }
    }

    /// The stage of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Parked, Self::Finished].into_iter().find(|stage| stage.as_str() == text)
    }
}

impl std::fmt::Display for Number {
    /// So many digits that text orders as numbers do.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}-{:08x}", self.position, self.index)
    }
}

impl Number {
    /// Reads what is displayed.
    pub fn parse(text: &str) -> Option<Self> {
        let (position, index) = text.split_once('-')?;
        if position.len() != 16 || index.len() != 8 {
            return None;
        }
        let number =
            Self { position: u64::from_str_radix(position, 16).ok()?, index: u32::from_str_radix(index, 16).ok()? };
        Some(number)
    }
}

impl Answered {
    /// What was answered, its text cut to what is kept.
    pub fn new(at: Timestamp, took_ms: u64, status: Option<u16>, text: &str) -> Self {
        Self { at, status, text: clipped(text, ANSWER_KEPT_BYTES).to_owned(), took_ms }
    }
}

impl Delivery {
    /// Its target.
    pub fn target_key(&self) -> TargetKey {
        TargetKey { organization: self.organization.clone(), target: self.target }
    }

    /// The session that it is about.
    pub fn session_key(&self) -> SessionKey {
        SessionKey { organization: self.organization.clone(), session: self.session.clone() }
    }

    /// Its name to the target: the same for each try, each replay, and after a crash, so that the target knows a repetition.
    pub fn id(&self) -> Uuid {
        let mut hash = Sha256::new();
        let target = self.target.to_string();
        // A session that was erased may begin anew under its id: its events are others, and happened at another time.
        let (seq, at) = (self.seq.to_string(), self.at.as_ms().to_string());
        for part in [self.organization.as_str(), &target, self.session.as_str(), &seq, &self.topic, &at] {
            hash.update(part.as_bytes());
            // No part holds one.
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// As it waits once it is to be tried again by somebody's word.
    #[must_use]
    pub fn replayed(&self, now: Timestamp) -> Self {
        let fresh = Self { stage: Stage::Waiting, queued_at: now, not_before: None, parked: None, ..self.clone() };
        Self { refusals: 0, ..fresh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_has_one_name_and_shares_it_with_no_other() {
        let one = window::tests::delivery("s", 1, 0);
        assert_eq!(one.id(), Delivery { attempts: 3, stage: Stage::Parked, ..one.clone() }.id());
        let others = [
            Delivery { seq: 12, ..one.clone() },
            Delivery { session: SessionId::parse("s1").unwrap(), ..one.clone() },
            Delivery { topic: "conversation.ended".to_owned(), ..one.clone() },
            Delivery { target: Uuid::from_u128(9), ..one.clone() },
            Delivery { organization: OrganizationId::parse("other").unwrap(), ..one.clone() },
        ];
        assert!(others.iter().all(|other| other.id() != one.id()));
        assert_eq!(one.id().get_version_num(), 8);
    }

    #[test]
    fn numbers_order_as_their_texts_do_and_read_back() {
        let number = |position, index| Number { position, index };
        let mut all = [number(0, 0), number(0, 300), number(9, 1), number(10, 0), number(u64::MAX, u32::MAX)];
        all.sort_unstable();
        let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted());
        assert!(all.iter().zip(&texts).all(|(number, text)| Number::parse(text) == Some(*number)));
        for bad in ["", "1-1", "00000000000000zz-00000000"] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
    }
}
