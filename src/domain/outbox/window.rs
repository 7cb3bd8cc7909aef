//! Which delivery goes next. A window on a target's waiting rows: a lane per session, of which one delivery at a time is under
//! way, and a bound on both, so that a target that does not work costs disk and no memory.
//!
//! Rows come in the order of their numbers and each once. A lane that is full is read on by itself later ([`Refill`]), up to
//! where the window has come. Nothing here knows a store or a clock: the time and chance are passed in.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::health::Health;
use super::{Attempt, Delivery, GIVE_UP_AFTER_MS, Number, Outcome, Pace, Parking, Stage, TOO_OLD_AFTER_MS};
use crate::domain::{SessionId, Timestamp};

/// The most sessions of a window.
pub const LANES_MAX: usize = 1_024;

/// The most rows of one session in it.
pub const LANE_MAX_ROWS: usize = 8;

/// The most rows that are read at once.
pub const PAGE_MAX_ROWS: usize = 512;

/// The longest that a refused delivery waits while the window is full of such, in milliseconds: its tries are used up soon then,
/// and others get its place.
const CROWDED_WAIT_MAX_MS: i64 = 60_000;

/// The longest that a delivery waits that has to wait: two days, in seconds.
const LATER_MAX_S: u64 = 2 * 24 * 60 * 60;

/// A waiting row, with the version that a change of it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The row's version.
    pub version: u64,
    /// The row.
    pub delivery: Delivery,
}

/// A delivery that is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// It.
    pub delivery: Delivery,
    /// What is to be told when it has landed.
    pub round: u64,
}

/// What is to be written down of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The row as it was.
    pub old: Queued,
    /// What it becomes; none: it goes.
    pub new: Option<Delivery>,
    /// Why the target is to be given up, if it is.
    pub give_up: Option<&'static str>,
}

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Rows behind this one; none: from the first on.
    pub after: Option<Number>,
    /// How many at most; none are wanted where it is zero.
    pub limit: usize,
    /// Lanes that are empty and have more on disk.
    pub refills: Vec<Refill>,
}

/// What is to be read of one lane: the rows behind one, up to and with another, [`LANE_MAX_ROWS`] at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refill {
    /// The session.
    pub session: SessionId,
    /// Behind this one.
    pub after: Number,
    /// Up to and with this one.
    pub upto: Number,
}

/// See the module.
#[derive(Debug)]
pub struct Window {
    pace: Pace,
    lanes: HashMap<SessionId, Lane>,
    ready: VecDeque<SessionId>,
    resting: BTreeSet<(Timestamp, SessionId)>,
    /// Lanes that have nothing in memory and more on disk, and are not being read.
    empty: Vec<SessionId>,
    flying: usize,
    health: Health,
    /// The last row that was looked at.
    seen: Option<Number>,
    /// Whether there may be rows behind it.
    unread: bool,
}

#[derive(Debug)]
struct Lane {
    rows: VecDeque<Queued>,
    last: Number,
    /// Whether rows behind `last` were passed over.
    more: bool,
    place: Place,
    /// How many deliveries the target had taken when this lane's first row failed.
    failed_at: Option<u64>,
    /// Whether what its first row waits for came while that was looked at: it does not rest then.
    is_freed: bool,
}

#[derive(Debug)]
enum Place {
    Ready,
    Resting(Timestamp),
    Flying,
    /// What came of it is being written down.
    Landed(Option<Delivery>),
    /// It has nothing in memory, and more on disk.
    Empty,
}

impl Window {
    /// An empty one; whether there is anything is not known yet.
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            resting: BTreeSet::new(),
            empty: Vec::new(),
            flying: 0,
            health: Health::default(),
            seen: None,
            unread: true,
        }
    }

    /// There are new rows behind those that were looked at.
    pub const fn news(&mut self) {
        self.unread = true;
    }

    /// Whether nothing is under way and nothing is being written down.
    pub fn is_still(&self) -> bool {
        self.flying == 0 && !self.lanes.values().any(|lane| matches!(lane.place, Place::Landed(_)))
    }

    /// Begins anew from the first row on. Only a window that [is still](Self::is_still) may.
    pub fn reset(&mut self) {
        *self = Self::new(self.pace);
    }

    /// What is to be read, if anything is. It is asked once: what is read comes back with [`Self::read`].
    pub fn wanted(&mut self) -> Option<Wanted> {
        let (lanes, upto) = (&self.lanes, self.seen);
        let refill = |session: SessionId| {
            let after = lanes.get(&session)?.last;
            Some(Refill { session, after, upto: upto? })
        };
        let refills: Vec<Refill> = self.empty.drain(..).filter_map(refill).collect();
        let free = LANES_MAX.saturating_sub(self.lanes.len());
        let limit = if self.unread && free > 0 { PAGE_MAX_ROWS } else { 0 };
        if limit == 0 && refills.is_empty() {
            return None;
        }
        if limit > 0 {
            self.unread = false;
        }
        Some(Wanted { after: self.seen, limit, refills })
    }

    /// Takes in what was read: first the lanes, then the rows behind those that were looked at.
    pub fn read(&mut self, wanted: &Wanted, lanes: Vec<Vec<Queued>>, rows: Vec<Queued>) {
        for (refill, found) in wanted.refills.iter().zip(lanes) {
            self.refill(refill, found);
        }
        let whole_page = wanted.limit > 0 && rows.len() >= wanted.limit;
        for row in rows {
            let number = row.delivery.number;
            if !self.take_in(row) {
                self.unread = true;
                return;
            }
            self.seen = Some(number);
        }
        self.unread |= whole_page;
    }

    /// The reading failed; it is wanted again.
    pub fn unread(&mut self, wanted: &Wanted) {
        self.unread |= wanted.limit > 0;
        self.empty.extend(wanted.refills.iter().map(|refill| refill.session.clone()));
    }

    /// The next delivery that is to go now.
    pub fn next(&mut self, now: Timestamp) -> Option<Start> {
        if self.lanes.len() >= LANES_MAX {
            self.hurry(now);
        }
        self.awaken(now);
        if !self.health.permits(self.flying, now) {
            return None;
        }
        let session = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&session)?;
        let delivery = lane.rows.front()?.delivery.clone();
        (lane.place, lane.is_freed) = (Place::Flying, false);
        self.flying += 1;
        Some(Start { delivery, round: self.health.round() })
    }

    /// When something may go that may not go now; none: not before something else happens.
    pub fn wakes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let rested = self.resting.first().map(|(until, _)| *until);
        let paused = self.health.paused_until().filter(|until| *until > now && !self.ready.is_empty());
        match (rested, paused) {
            (Some(rested), Some(paused)) => Some(rested.min(paused)),
            (rested, paused) => rested.or(paused),
        }
    }

    /// A try ended. What is to be written down of it; nothing where nobody knows of it.
    pub fn landed(&mut self, start: &Start, attempt: Attempt, now: Timestamp, chance: f64) -> Option<Landing> {
        let crowded = self.lanes.len() >= LANES_MAX;
        let lane = self.lanes.get_mut(&start.delivery.session).filter(|lane| matches!(lane.place, Place::Flying))?;
        let old = lane.rows.front()?.clone();
        self.flying -= 1;
        let failed_alone = lane.failed_at.is_some_and(|taken| self.health.taken() > taken);
        tell(&mut self.health, start.round, &attempt.outcome, &self.pace, now, chance);
        lane.failed_at = Some(self.health.taken());
        let view = View { failed_alone, failing_ms: self.health.failing_ms(now) };
        let (mut new, give_up) = judged(&old.delivery, attempt, view, &self.pace, now, chance);
        if crowded && let Some(new) = &mut new {
            new.not_before = new.not_before.map(|until| until.min(now.plus_ms(CROWDED_WAIT_MAX_MS)));
        }
        lane.place = Place::Landed(new.clone());
        Some(Landing { old, new, give_up })
    }

    /// What came of a session's try is written down: its lane goes on.
    pub fn recorded(&mut self, session: &SessionId) {
        let Some(lane) = self.lanes.get_mut(session) else { return };
        let Place::Landed(new) = std::mem::replace(&mut lane.place, Place::Ready) else { return };
        match new.filter(|new| new.stage == Stage::Waiting) {
            Some(delivery) => {
                if let Some(first) = lane.rows.front_mut() {
                    *first = Queued { version: first.version + 1, delivery };
                }
            }
            None => {
                lane.rows.pop_front();
                (lane.failed_at, lane.is_freed) = (None, false);
            }
        }
        self.settle(session);
    }

    /// The row of a session's try was changed or erased by somebody else: the window lets go of it.
    pub fn lost(&mut self, session: &SessionId) {
        if let Some(lane) = self.lanes.get_mut(session) {
            lane.place = Place::Landed(None);
        }
        self.recorded(session);
    }

    /// What a session's first delivery waits for has come: it goes on as soon as it can.
    pub fn free(&mut self, session: &SessionId) {
        let Some(lane) = self.lanes.get_mut(session) else { return };
        match lane.place {
            Place::Resting(until) => {
                self.resting.remove(&(until, session.clone()));
                lane.place = Place::Ready;
                self.ready.push_back(session.clone());
            }
            Place::Flying | Place::Landed(_) => lane.is_freed = true,
            Place::Ready | Place::Empty => {}
        }
    }

    /// How many lanes it has.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// How many deliveries are under way.
    pub const fn flying(&self) -> usize {
        self.flying
    }

    /// Whether a row was taken in or passed over for later; not where there is no room.
    fn take_in(&mut self, row: Queued) -> bool {
        let session = row.delivery.session.clone();
        if let Some(lane) = self.lanes.get_mut(&session) {
            if lane.more || lane.rows.len() >= LANE_MAX_ROWS {
                lane.more = true;
            } else {
                lane.last = row.delivery.number;
                lane.rows.push_back(row);
            }
            return true;
        }
        if self.lanes.len() >= LANES_MAX {
            return false;
        }
        let last = row.delivery.number;
        let (rows, place) = (VecDeque::from([row]), Place::Ready);
        let lane = Lane { rows, last, more: false, place, failed_at: None, is_freed: false };
        self.lanes.insert(session.clone(), lane);
        self.settle(&session);
        true
    }

    fn refill(&mut self, refill: &Refill, found: Vec<Queued>) {
        let Some(lane) = self.lanes.get_mut(&refill.session) else { return };
        lane.more = found.len() >= LANE_MAX_ROWS;
        if let Some(last) = found.last() {
            lane.last = last.delivery.number;
        }
        lane.rows.extend(found);
        self.settle(&refill.session);
    }

    /// Full of lanes that rest: none of them rests for long, or others would not be taken in for as long.
    fn hurry(&mut self, now: Timestamp) {
        let latest = now.plus_ms(CROWDED_WAIT_MAX_MS);
        while let Some((until, session)) = self.resting.last().cloned() {
            if until <= latest {
                return;
            }
            self.resting.pop_last();
            if let Some(lane) = self.lanes.get_mut(&session) {
                lane.place = Place::Resting(latest);
            }
            self.resting.insert((latest, session));
        }
    }

    /// Puts a lane where its first row belongs; one that has nothing any more goes.
    fn settle(&mut self, session: &SessionId) {
        let Some(lane) = self.lanes.get_mut(session) else { return };
        let is_freed = std::mem::take(&mut lane.is_freed);
        match lane.rows.front().map(|first| first.delivery.not_before) {
            Some(Some(until)) if !is_freed => {
                lane.place = Place::Resting(until);
                self.resting.insert((until, session.clone()));
            }
            Some(_) => {
                lane.place = Place::Ready;
                self.ready.push_back(session.clone());
            }
            None if lane.more => {
                lane.place = Place::Empty;
                self.empty.push(session.clone());
            }
            None => {
                self.lanes.remove(session);
            }
        }
    }

    fn awaken(&mut self, now: Timestamp) {
        while let Some((until, session)) = self.resting.first().cloned()
            && until <= now
        {
            self.resting.pop_first();
            if let Some(lane) = self.lanes.get_mut(&session)
                && matches!(lane.place, Place::Resting(rests) if rests == until)
            {
                lane.place = Place::Ready;
                self.ready.push_back(session);
            }
        }
    }
}

/// What a try says of the target.
fn tell(health: &mut Health, round: u64, outcome: &Outcome, pace: &Pace, now: Timestamp, chance: f64) {
    match outcome {
        Outcome::Done => health.took(round),
        Outcome::Failing { after_s } | Outcome::Throttled { after_s } => {
            health.failed(round, *after_s, pace, now, chance);
        }
        Outcome::Blocked { after_s } => health.blocked(round, *after_s, pace, now, chance),
        Outcome::Refused => health.works(round),
        // Nobody was asked, or nobody is asked any more.
        Outcome::Later { .. }
        | Outcome::NotYet { .. }
        | Outcome::Unneeded
        | Outcome::Impossible
        | Outcome::Erased
        | Outcome::Gone => {}
    }
}

/// What is known of a target when a try at it ends.
#[derive(Debug, Clone, Copy)]
struct View {
    /// Whether it took others since the delivery failed first.
    failed_alone: bool,
    /// For how long it has failed, in milliseconds.
    failing_ms: u64,
}

/// What becomes of a delivery, and whether its target is given up. One that fails while the target takes others fails by its
/// own fault.
fn judged(
    old: &Delivery,
    Attempt { outcome, answered }: Attempt,
    View { failed_alone, failing_ms }: View,
    pace: &Pace,
    now: Timestamp,
    chance: f64,
) -> (Option<Delivery>, Option<&'static str>) {
    let tried =
        Delivery { attempts: old.attempts.saturating_add(1), last: Some(answered), not_before: None, ..old.clone() };
    // What waited because its target was off for long is no older for that.
    let waited_ms = now.since_ms(old.queued_at).min(failing_ms);
    let parked = |why| Delivery { stage: Stage::Parked, parked: Some(why), ..tried.clone() };
    let too_old = waited_ms > TOO_OLD_AFTER_MS;
    match outcome {
        Outcome::Done | Outcome::Unneeded => (Some(Delivery { stage: Stage::Finished, ..tried }), None),
        Outcome::Erased => (None, None),
        Outcome::Impossible => (Some(parked(Parking::Impossible)), None),
        Outcome::Gone => (Some(tried), Some("it answered 410: it wants nothing any more")),
        Outcome::Failing { .. } if failing_ms > GIVE_UP_AFTER_MS && !failed_alone => {
            (Some(tried), Some("it has failed for five days"))
        }
        Outcome::Failing { .. } | Outcome::Throttled { .. } if too_old => (Some(parked(Parking::TooOld)), None),
        Outcome::Throttled { .. } | Outcome::Blocked { .. } => (Some(tried), None),
        Outcome::Later { .. } | Outcome::NotYet { .. } if now.since_ms(old.queued_at) > TOO_OLD_AFTER_MS => {
            (Some(parked(Parking::TooOld)), None)
        }
        Outcome::Later { after_s } => (Some(Delivery { not_before: Some(later(now, after_s)), ..tried }), None),
        Outcome::NotYet { after_s } => {
            let not_before = Some(later(now, after_s));
            (Some(Delivery { not_before, attempts: old.attempts, ..tried }), None)
        }
        Outcome::Failing { .. } if !failed_alone => (Some(tried), None),
        Outcome::Failing { .. } | Outcome::Refused => {
            let refusals = old.refusals.saturating_add(1);
            match pace.wait_ms(refusals, chance) {
                Some(wait_ms) => (Some(Delivery { refusals, not_before: Some(now.plus_ms(wait_ms)), ..tried }), None),
                None => (Some(Delivery { refusals, ..parked(Parking::Refused) }), None),
            }
        }
    }
}

/// After so many seconds, of which not more than [`LATER_MAX_S`] count.
fn later(now: Timestamp, after_s: u64) -> Timestamp {
    now.plus_ms(i64::try_from(after_s.min(LATER_MAX_S) * 1_000).unwrap_or(i64::MAX))
}

#[cfg(test)]
pub(super) mod tests;
