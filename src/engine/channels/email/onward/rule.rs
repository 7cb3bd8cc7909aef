//! When a message goes by mail too: once it was unread for a while and its customer is not on the page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::letters::{goes_onward, is_told_by_mail};
use super::parting::by_mail;
use super::record::Continuation;
use super::{OnwardSettings, thread};
use crate::bus::Bus;
use crate::clock::SharedClock;
use crate::domain::{Channel, SessionKey, Timestamp};
use crate::engine::channels::outward::{Dispatches, Step, Timing, Told};
use crate::store::{Store, StoreError};

/// How long a page that is open, and on which nothing is read, counts as somebody, in milliseconds: a page that was forgotten in the
/// background is nobody.
const OPEN_PAGE_MAX_MS: u64 = 60 * 60 * 1_000;

/// The most sessions that wait for an open page, of all mailboxes together. Each has a place in the outbox meanwhile; beyond that the mail goes.
const HELD_MAX: usize = 256;

/// The shortest pause between two looks at a page that is open, in seconds: each look is written down.
const LOOK_MIN_S: u64 = 15;

/// What the outbox is told of a message that was read.
const SEEN: &str = "the customer has read it on the page";

/// See the module.
pub struct OnwardRule {
    pub(super) store: Store,
    clock: SharedClock,
    bus: Arc<Bus>,
    pub(super) settings: Arc<OnwardSettings>,
    began: Timestamp,
    held: Mutex<HashMap<SessionKey, Timestamp>>,
}

impl OnwardRule {
    /// With these settings, from now on: whoever was there before a restart has as long to come back as anybody has to read.
    pub fn new(store: Store, clock: SharedClock, bus: Arc<Bus>, settings: Arc<OnwardSettings>) -> Self {
        let began = clock.now();
        Self { store, clock, bus, settings, began, held: Mutex::default() }
    }

    /// When a message goes.
    ///
    /// # Errors
    /// When the store does not read.
    pub(in crate::engine::channels::email) fn timing(&self, told: &Told<'_>) -> Result<Timing, StoreError> {
        let thread = thread(&self.store, told.session)?;
        if thread.is_some_and(|thread| !thread.record.onward) {
            return Ok(Timing::Now);
        }
        let found = Continuation::of(&self.store, told.session)?;
        let Some(continuation) = found.map(|found| found.record).filter(|known| known.proven.is_some()) else {
            return self.of_a_stranger(told.session);
        };
        if is_told_by_mail(told.message) {
            return Ok(Timing::Now);
        }
        if !goes_onward(told.message) {
            return Ok(Timing::Unneeded("it is told on the page alone"));
        }
        if told.seq <= continuation.read_upto {
            self.let_go(told.session);
            return Ok(Timing::Unneeded(SEEN));
        }
        if let Some(bundle) = continuation.bundle {
            // What was decided stays so: the mail may be under way.
            if bundle.first == told.seq {
                return Ok(Timing::Now);
            }
            if (bundle.first..=bundle.upto).contains(&told.seq) && self.has_gone(told.session, bundle.first)? {
                return Ok(Timing::Unneeded("it went in one mail with what was said before it"));
            }
        }
        Ok(self.by_time(told))
    }

    /// When a message goes whose conversation neither is by mail nor goes on by it: whoever parted has no name by mail left.
    fn of_a_stranger(&self, session: &SessionKey) -> Result<Timing, StoreError> {
        let is_parted = by_mail(&self.store, session)?.is_empty();
        Ok(if is_parted { Timing::Unneeded("the customer wants no mails of it") } else { Timing::Now })
    }

    fn by_time(&self, told: &Told<'_>) -> Timing {
        let (now, after_ms) = (self.clock.now(), self.settings.after_s * 1_000);
        let since = if told.message.at < self.began && self.began.since_ms(told.message.at) < OPEN_PAGE_MAX_MS {
            self.began
        } else {
            told.message.at
        };
        let waited_ms = now.since_ms(since);
        if waited_ms < after_ms {
            return Timing::Later { after_s: (after_ms - waited_ms).div_ceil(1_000) };
        }
        let is_there = self.bus.has_customer(told.session) && now.since_ms(told.message.at) < OPEN_PAGE_MAX_MS;
        if is_there && self.hold(told.session, now) {
            return Timing::Later { after_s: self.settings.after_s.max(LOOK_MIN_S) };
        }
        self.let_go(told.session);
        Timing::Now
    }

    /// Whether there is room for a session that waits for its open page.
    fn hold(&self, session: &SessionKey, now: Timestamp) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= HELD_MAX && !held.contains_key(session) {
            held.retain(|_, since| now.since_ms(*since) < OPEN_PAGE_MAX_MS);
        }
        let has_room = held.len() < HELD_MAX || held.contains_key(session);
        if has_room {
            held.entry(session.clone()).or_insert(now);
        }
        has_room
    }

    fn let_go(&self, session: &SessionKey) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }

    /// Whether the mail of the message at a place went.
    fn has_gone(&self, session: &SessionKey, seq: u64) -> Result<bool, StoreError> {
        let dispatches = Dispatches::new(self.store.clone(), Arc::clone(&self.clock));
        let found = dispatches.of_session(session, seq, 2)?;
        let at = found.iter().find(|found| found.seq == seq && found.channel == Channel::Email);
        Ok(at.is_some_and(|found| found.parts.iter().all(|part| part.step == Step::Gone)))
    }
}

impl std::fmt::Debug for OnwardRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnwardRule").finish_non_exhaustive()
    }
}
