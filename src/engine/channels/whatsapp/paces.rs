//! How fast messages go: from each number, and to each person. Kept in memory: after a start, and for more people than are kept, Meta's own
//! limits tell.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::channels::whatsapp::pace::{Limit, PAIR, Pace};
use crate::domain::{SessionKey, Timestamp};

/// The most people whose pace is kept; whoever was written to slowly is not kept at all.
const PEOPLE_MAX: usize = 20_000;

/// The most numbers whose pace is kept.
const NUMBERS_MAX: usize = 1_000;

/// See the module.
#[derive(Default)]
pub(super) struct Paces {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    numbers: HashMap<String, Pace>,
    people: HashMap<SessionKey, Pace>,
}

/// Why a message does not go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// This person got enough until then.
    Person(Timestamp),
    /// The number sent enough until then.
    Number(Timestamp),
}

impl Paces {
    /// Counts a message that goes now to the customer of a session, from a number with this limit.
    ///
    /// # Errors
    /// When it may go, if that is not yet; then nothing is counted.
    pub(super) fn take(&self, (number, limit): (&str, Limit), to: &SessionKey, now: Timestamp) -> Result<(), Wait> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        make_room(&mut kept.people, PEOPLE_MAX, now);
        make_room(&mut kept.numbers, NUMBERS_MAX, now);
        let mut person = kept.people.get(to).copied().unwrap_or(Pace::new(PAIR));
        let mut whole = kept.numbers.get(number).copied().unwrap_or(Pace::new(limit)).by(limit);
        person.take(now).map_err(Wait::Person)?;
        whole.take(now).map_err(Wait::Number)?;
        // Beyond the limit nobody new is counted.
        if kept.people.len() < PEOPLE_MAX || kept.people.contains_key(to) {
            kept.people.insert(to.clone(), person);
        }
        if kept.numbers.len() < NUMBERS_MAX || kept.numbers.contains_key(number) {
            kept.numbers.insert(number.to_owned(), whole);
        }
        Ok(())
    }
}

/// Lets go of what says nothing any more, where it is full.
fn make_room<K: std::hash::Hash + Eq>(paces: &mut HashMap<K, Pace>, max: usize, now: Timestamp) {
    if paces.len() >= max {
        paces.retain(|_, pace| !pace.is_idle(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::whatsapp::pace::{NUMBER, NUMBER_WITH_APP};
    use crate::domain::{OrganizationId, SessionId};

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn key(session: &str) -> SessionKey {
        let session = SessionId::parse(session).unwrap();
        SessionKey { organization: OrganizationId::default_organization(), session }
    }

    #[test]
    fn one_person_gets_a_burst_and_then_waits_while_others_go_on() {
        let paces = Paces::default();
        for _ in 0..45 {
            assert_eq!(paces.take(("1", NUMBER), &key("a"), NOW), Ok(()));
        }
        assert_eq!(paces.take(("1", NUMBER), &key("a"), NOW), Err(Wait::Person(NOW.plus_ms(6_000))));
        assert_eq!(paces.take(("1", NUMBER), &key("b"), NOW), Ok(()));
    }

    #[test]
    fn a_number_sends_eighty_at_once_and_another_number_has_its_own() {
        let paces = Paces::default();
        let sent = (0..200).take_while(|at| paces.take(("1", NUMBER), &key(&format!("p{at}")), NOW).is_ok()).count();
        assert_eq!(sent, 80);
        assert!(matches!(paces.take(("1", NUMBER), &key("x"), NOW), Err(Wait::Number(_))));
        assert_eq!(paces.take(("2", NUMBER), &key("x"), NOW), Ok(()));
    }

    #[test]
    fn a_number_with_the_app_sends_twenty_at_once() {
        let paces = Paces::default();
        let take = |at| paces.take(("1", NUMBER_WITH_APP), &key(&format!("p{at}")), NOW).is_ok();
        assert_eq!((0..200).take_while(|at| take(*at)).count(), 20);
    }
}
