//! What becomes of what is kept of customers: erasures and their receipts, legal holds, and how long conversations are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::Actor;
use super::{Channel, CustomerId, OrganizationId, Refusal, SessionId, Timestamp};

/// The longest reason for a hold, in characters.
pub const REASON_MAX_CHARS: usize = 500;

/// The longest time that can be set, in days: a hundred years.
pub const DAYS_MAX: u32 = 36_500;

/// An erasure: the job while it runs, and the receipt of it afterwards, which says nothing of whom it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Where.
    pub organization: OrganizationId,
    /// Its own id.
    pub id: Uuid,
    /// When it was asked for. What began later is not part of it.
    pub asked_at: Timestamp,
    /// Who asked.
    pub by: Actor,
    /// Why.
    pub cause: Cause,
    /// How far it has come.
    pub phase: Phase,
    /// All ids of the customer; none any more in a receipt, and none where time was the cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<CustomerId>,
    /// Goes into the fingerprint, so that nobody can look ids up in it.
    pub salt: String,
    /// SHA-256, in hexadecimal digits, of the salt, the organization and the ids in order, each behind a line feed. Whoever
    /// has all ids and the receipt can tell that it is theirs.
    pub fingerprint: String,
    /// What was erased, by kind.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// When everything was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// When the bytes were gone from the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compacted_at: Option<Timestamp>,
}

/// Why something is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it.
    Request,
    /// It was kept as long as the organization wants it kept.
    Retention,
}

/// How far an erasure has come. Each phase may begin again after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Sessions are looked for.
    Listing,
    /// Those of this part of the list are being erased.
    Sessions {
        /// Which part.
        part: u32,
    },
    /// What is kept of the customer besides.
    Person,
    /// Where ids are named by others.
    Traces,
    /// Nothing is left.
    Done,
}

/// Sessions that an erasure takes at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasurePart {
    /// Where.
    pub organization: OrganizationId,
    /// Of which erasure.
    pub erasure: Uuid,
    /// Its place in the list.
    pub part: u32,
    /// The sessions.
    pub sessions: Vec<Listed>,
}

/// A session that is to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which.
    pub session: SessionId,
    /// Whose it is, or who they said they are.
    pub customer: CustomerId,
    /// Whether a credential proved that.
    pub verified: bool,
}

/// Nothing of this is erased while it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Where.
    pub organization: OrganizationId,
    /// What is held.
    pub on: Held,
    /// Why, for the staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who placed it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What a hold is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// A customer, under all of their ids.
    Customer(CustomerId),
    /// One session.
    Session(SessionId),
}

/// How long an organization keeps conversations that are closed, or in which nothing is said any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Days, where nothing else is said of the channel; for ever without.
    #[serde(default)]
    pub days: Option<u32>,
    /// Days by channel.
    #[serde(default)]
    pub channels: BTreeMap<Channel, u32>,
}

impl Retention {
    /// Nothing is erased by itself.
    pub const fn for_ever(organization: OrganizationId) -> Self {
        Self { organization, days: None, channels: BTreeMap::new() }
    }

    /// How long conversations of a channel are kept.
    pub fn of(&self, channel: Channel) -> Option<u32> {
        self.channels.get(&channel).copied().or(self.days)
    }

    /// The shortest time that any conversation is kept.
    pub fn shortest(&self) -> Option<u32> {
        Channel::ALL.into_iter().filter_map(|channel| self.of(channel)).min()
    }

    /// Checks the limits.
    ///
    /// # Errors
    /// `Invalid` on `days` or `channels`.
    pub fn check(&self) -> Result<(), Refusal> {
        let good = |days: u32| (1..=DAYS_MAX).contains(&days);
        let why = || format!("must be between 1 and {DAYS_MAX} days");
        if !self.days.is_none_or(good) {
            return Err(Refusal::invalid("days", why()));
        }
        if !self.channels.values().copied().all(good) {
            return Err(Refusal::invalid("channels", why()));
        }
        Ok(())
    }
}

impl Hold {
    /// Checks a reason.
    ///
    /// # Errors
    /// `Invalid` on `reason`.
    pub fn parse_reason(text: Option<&str>) -> Result<Option<String>, Refusal> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        if text.is_some_and(|text| text.chars().count() > REASON_MAX_CHARS) {
            return Err(Refusal::invalid("reason", format!("must be at most {REASON_MAX_CHARS} characters")));
        }
        Ok(text.map(str::to_owned))
    }
}

impl Erasure {
    /// The name that stands where a customer or a session was named.
    pub fn pseudonym(&self) -> String {
        format!("erased-{}", self.id)
    }

    /// Counts something that the next batch erases.
    pub fn count(&mut self, kind: &str, more: usize) {
        if more > 0 {
            *self.counts.entry(kind.to_owned()).or_default() += more as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channels_own_days_count_before_those_of_the_organization() {
        let mut retention = Retention::for_ever(OrganizationId::default_organization());
        assert_eq!((retention.of(Channel::Web), retention.shortest()), (None, None));
        retention.channels.insert(Channel::Email, 30);
        assert_eq!((retention.of(Channel::Web), retention.of(Channel::Email)), (None, Some(30)));
        retention.days = Some(7);
        assert_eq!((retention.of(Channel::Web), retention.of(Channel::Email)), (Some(7), Some(30)));
        assert_eq!((retention.shortest(), retention.check()), (Some(7), Ok(())));
        for days in [0, DAYS_MAX + 1] {
            assert!(Retention { days: Some(days), ..retention.clone() }.check().is_err());
            assert!(Retention { channels: [(Channel::Sms, days)].into(), ..retention.clone() }.check().is_err());
        }
    }
}
