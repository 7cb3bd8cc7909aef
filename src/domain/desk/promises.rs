//! The clocks of what customers are promised: when they start, pause and end, and when they are due.
//!
//! Asking for a human starts the first response, which a person's first words end, and the resolution, which ends when the
//! session is closed or the assistant has it again. After their first words a customer's first unanswered message starts the
//! next response. A session that is put aside pauses them all.

use serde::{Deserialize, Serialize};

use super::event::{Mark, Target};
use super::service::Service;
use super::settings::DeskSettings;
use crate::domain::Timestamp;

/// The clocks of the targets. A clock runs from its `since`, without the time in `paused_ms`, while it has one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// When a human was asked for, until one has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_response: Option<Running>,
    /// When the first message came that a human has not answered, after their first words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_response: Option<Running>,
    /// When a human was asked for, until the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Running>,
}

/// One clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Since when.
    pub since: Timestamp,
    /// How long it was paused until now, in milliseconds; a pause under way is counted when it ends.
    #[serde(default)]
    pub paused_ms: u64,
    /// What was already said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// When something is to be said about a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When it comes near; `None` when that is too far away to matter.
    pub warns_at: Option<Timestamp>,
    /// When it is missed.
    pub breaches_at: Option<Timestamp>,
}

impl Promises {
    /// The clock of a target.
    pub const fn of(&self, target: Target) -> Option<&Running> {
        match target {
            Target::FirstResponse => self.first_response.as_ref(),
            Target::NextResponse => self.next_response.as_ref(),
            Target::Resolution => self.resolution.as_ref(),
        }
    }

    /// A human was asked for, or came. Nothing new while one was asked for already.
    pub(super) const fn begin(&mut self, at: Timestamp) {
        if self.resolution.is_none() {
            self.first_response = Some(Running::since(at));
            self.resolution = Some(Running::since(at));
        }
    }

    /// The customer wrote to people.
    pub(super) const fn customer_wrote(&mut self, at: Timestamp) {
        if self.resolution.is_some() && self.first_response.is_none() && self.next_response.is_none() {
            self.next_response = Some(Running::since(at));
        }
    }

    /// A person wrote to the customer.
    pub(super) const fn person_wrote(&mut self) {
        self.first_response = None;
        self.next_response = None;
    }

    /// People have no more to do with it.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// A pause ended.
    pub(super) fn paused(&mut self, ms: u64) {
        for clock in [&mut self.first_response, &mut self.next_response, &mut self.resolution].into_iter().flatten() {
            clock.paused_ms = clock.paused_ms.saturating_add(ms);
        }
    }

    /// Something was said about a target.
    pub(super) const fn marked(&mut self, target: Target, mark: Mark) {
        let clock = match target {
            Target::FirstResponse => &mut self.first_response,
            Target::NextResponse => &mut self.next_response,
            Target::Resolution => &mut self.resolution,
        };
        if let Some(clock) = clock {
            clock.mark = Some(mark);
        }
    }
}

impl Running {
    const fn since(at: Timestamp) -> Self {
        Self { since: at, paused_ms: 0, mark: None }
    }
}

impl DeskSettings {
    /// When something is to be said about a target of a session; `None` when nothing is promised, its clock does not run,
    /// or it is paused.
    pub fn due(&self, service: &Service, target: Target) -> Option<Due> {
        if service.held_since.is_some() {
            return None;
        }
        let (clock, target_ms) = (service.promises.of(target)?, self.targets.ms(target)?);
        let after = |ms: u64| self.after_counted_ms(clock.since, ms.saturating_add(clock.paused_ms));
        let near_ms = (target_ms as f64 * f64::from(self.targets.warn_at)) as u64;
        Some(Due { warns_at: after(near_ms), breaches_at: after(target_ms) })
    }

    /// How much of the time between two moments counts for the targets, in milliseconds.
    pub fn counted_ms(&self, from: Timestamp, until: Timestamp) -> u64 {
        match self.counted_hours() {
            Some(hours) => hours.open_ms_between(from, until),
            None => until.since_ms(from),
        }
    }

    fn after_counted_ms(&self, from: Timestamp, ms: u64) -> Option<Timestamp> {
        match self.counted_hours() {
            Some(hours) => hours.after_open_ms(from, ms),
            None => Some(from.plus_ms(i64::try_from(ms).unwrap_or(i64::MAX))),
        }
    }

    fn counted_hours(&self) -> Option<&super::Hours> {
        self.hours.as_ref().filter(|_| self.targets.only_in_hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::hours::Hours;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn asked(since: &str, paused_ms: u64) -> Service {
        let first_response = Some(Running { since: at(since), paused_ms, mark: None });
        Service { promises: Promises { first_response, ..Promises::default() }, ..Service::default() }
    }

    #[test]
    fn a_target_is_due_after_its_time_and_what_it_was_paused() {
        let mut settings = DeskSettings::default();
        let service = asked("2026-11-23T10:00:00Z", 30_000);
        let due = Due { warns_at: Some(at("2026-11-23T10:04:30Z")), breaches_at: Some(at("2026-11-23T10:05:30Z")) };
        assert_eq!(settings.due(&service, Target::FirstResponse), Some(due));
        assert_eq!(settings.due(&service, Target::NextResponse), None, "it does not run");
        let held = Service { held_since: Some(Timestamp::default()), ..service.clone() };
        assert_eq!(settings.due(&held, Target::FirstResponse), None);
        settings.targets.first_response_s = None;
        assert_eq!(settings.due(&service, Target::FirstResponse), None, "nothing is promised");
    }

    #[test]
    fn a_target_that_counts_in_hours_waits_for_the_morning() {
        let hours = r#"{"week": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]]}}"#;
        let hours: Hours = serde_json::from_str(hours).unwrap();
        let mut settings = DeskSettings { hours: Some(hours), ..DeskSettings::default() };
        let service = asked("2026-11-23T17:58:00Z", 0);
        let due = Due { warns_at: Some(at("2026-11-24T09:02:00Z")), breaches_at: Some(at("2026-11-24T09:03:00Z")) };
        assert_eq!(settings.due(&service, Target::FirstResponse), Some(due));
        settings.targets.only_in_hours = false;
        let due = Due { warns_at: Some(at("2026-11-23T18:02:00Z")), breaches_at: Some(at("2026-11-23T18:03:00Z")) };
        assert_eq!(settings.due(&service, Target::FirstResponse), Some(due));
    }
}
