//! A window over a model of the disk, with targets that do what they like.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::OrganizationId;
use crate::domain::outbox::{Answered, FLYING_MAX, TRIES_MAX, Via};

/// A waiting delivery of a session.
pub(crate) fn delivery(session: &str, position: u64, index: u32) -> Delivery {
    Delivery {
        organization: OrganizationId::default_organization(),
        target: Uuid::from_u128(7),
        via: Via::Webhook,
        number: Number { position, index },
        stage: Stage::Waiting,
        session: SessionId::parse(session).unwrap(),
        seq: position + 1,
        topic: "message.received".to_owned(),
        at: Timestamp::from_ms(0),
        queued_at: Timestamp::from_ms(0),
        attempts: 0,
        refusals: 0,
        not_before: None,
        last: None,
        parked: None,
    }
}

fn attempt(outcome: Outcome) -> Attempt {
    Attempt { outcome, answered: Answered::new(Timestamp::from_ms(0), 1, None, "said") }
}

const FAILING: Outcome = Outcome::Failing { after_s: None };

/// The disk, and a world in which time passes only when nothing else can happen.
struct World {
    disk: BTreeMap<Number, Queued>,
    window: Window,
    now: Timestamp,
    flying: Vec<Start>,
    /// What the target took, and what was set aside, in the order in which that happened.
    taken: Vec<Delivery>,
    parked: Vec<Delivery>,
    most_flying: usize,
}

impl World {
    fn new(rows: impl IntoIterator<Item = Delivery>) -> Self {
        let disk = rows.into_iter().map(|delivery| (delivery.number, Queued { version: 1, delivery })).collect();
        let window = Window::new(Pace::default());
        let now = Timestamp::from_ms(1_000);
        Self { disk, window, now, flying: Vec::new(), taken: Vec::new(), parked: Vec::new(), most_flying: 0 }
    }

    fn load(&mut self) {
        while let Some(wanted) = self.window.wanted() {
            let of_lane = |refill: &Refill| {
                let rows = self.disk.range(refill.after..=refill.upto).map(|(_, row)| row.clone());
                let rows = rows.filter(|row| row.delivery.session == refill.session);
                rows.filter(|row| row.delivery.number > refill.after).take(LANE_MAX_ROWS).collect()
            };
            let lanes = wanted.refills.iter().map(of_lane).collect();
            let behind = self.disk.values().filter(|row| wanted.after.is_none_or(|after| row.delivery.number > after));
            let rows = behind.take(wanted.limit).cloned().collect();
            self.window.read(&wanted, lanes, rows);
        }
    }

    /// Starts what may go, and lets time pass to the next moment at which something may where nothing is under way.
    fn go(&mut self) -> bool {
        self.load();
        while let Some(start) = self.window.next(self.now) {
            self.flying.push(start);
        }
        self.most_flying = self.most_flying.max(self.flying.len());
        assert!(self.window.lanes() <= LANES_MAX);
        if self.flying.is_empty() {
            let Some(at) = self.window.wakes_at(self.now) else { return false };
            assert!(at > self.now, "nothing went, though something could");
            self.now = at;
        }
        true
    }

    fn land(&mut self, place: usize, outcome: Outcome) -> Option<&'static str> {
        let start = self.flying.remove(place % self.flying.len());
        let session = start.delivery.session.clone();
        let landing = self.window.landed(&start, attempt(outcome), self.now, 0.5).unwrap();
        let number = landing.old.delivery.number;
        assert_eq!(self.disk.get(&number), Some(&landing.old), "the window knows what is on disk");
        if outcome == Outcome::Done {
            self.taken.push(start.delivery);
        }
        match landing.new {
            Some(new) if new.stage == Stage::Waiting => {
                self.disk.insert(number, Queued { version: landing.old.version + 1, delivery: new });
            }
            Some(new) => {
                self.disk.remove(&number);
                if new.stage == Stage::Parked {
                    self.parked.push(new);
                }
            }
            None => drop(self.disk.remove(&number)),
        }
        self.window.recorded(&session);
        landing.give_up
    }

    fn run(&mut self, mut outcome: impl FnMut(&Delivery) -> Outcome) {
        while self.go() {
            if !self.flying.is_empty() {
                let answer = outcome(&self.flying[0].delivery);
                self.land(0, answer);
            }
        }
    }
}

#[test]
fn what_a_delivery_waits_for_lets_it_go_at_once_also_where_that_comes_while_it_is_looked_at() {
    let mut world = World::new([delivery("a", 0, 0), delivery("a", 1, 0)]);
    let (later, a) = (Outcome::NotYet { after_s: 60 }, SessionId::parse("a").unwrap());
    let began = world.now;
    world.go();
    world.land(0, later);
    world.window.free(&a);
    world.go();
    assert_eq!((world.flying.len(), world.now), (1, began), "it does not rest any longer");
    world.window.free(&a);
    world.land(0, later);
    world.go();
    assert_eq!((world.flying.len(), world.now), (1, began), "it does not rest at all");
    world.land(0, later);
    world.go();
    assert_eq!(world.now, began.plus_ms(60_000), "nobody told that it may");
    world.go();
    world.window.free(&a);
    world.land(0, Outcome::Done);
    world.go();
    world.land(0, later);
    world.go();
    assert_eq!(world.now, began.plus_ms(120_000), "what was told of the first says nothing of the second");
    assert_eq!(world.taken.len(), 1);
}

#[test]
fn all_of_many_sessions_go_once_and_in_the_order_of_each() {
    let rows = (0..4_000).map(|n| delivery(&format!("s{}", n % 1_300), n, 0));
    let mut world = World::new(rows);
    world.run(|_| Outcome::Done);
    assert_eq!((world.taken.len(), world.disk.len()), (4_000, 0));
    assert_ordered(&world.taken);
    assert_eq!(world.most_flying, FLYING_MAX, "a target that does well is trusted");
}

#[test]
fn a_poison_delivery_holds_its_own_session_and_nobody_else() {
    let mut world = World::new((0..40).map(|n| delivery(&format!("s{}", n % 4), n, 0)));
    // The first of one session makes the target fail, each time; others go on writing.
    let (mut position, mut tries) = (40, 0);
    while world.parked.is_empty() {
        let row = delivery(&format!("s{}", 1 + position % 3), position, 0);
        world.disk.insert(row.number, Queued { version: 1, delivery: row });
        world.window.news();
        position += 1;
        let before = tries;
        while tries == before {
            assert!(world.go());
            let Some(start) = world.flying.first() else { continue };
            let is_poison = start.delivery.number.position == 0;
            tries += u32::from(is_poison);
            world.land(0, if is_poison { FAILING } else { Outcome::Done });
        }
    }
    let theirs = |taken: &&Delivery| taken.session.as_str() == "s0";
    assert_eq!(world.taken.iter().filter(theirs).count(), 0, "what is behind it waits");
    assert!(world.taken.len() >= 30, "the others do not");
    let poison = world.parked[0].clone();
    assert_eq!((poison.parked, poison.number.position), (Some(Parking::Refused), 0));
    assert!(poison.attempts <= TRIES_MAX + 1, "{}", poison.attempts);
    world.run(|_| Outcome::Done);
    assert_eq!(world.taken.iter().filter(theirs).count(), 9, "its session goes on");
    assert_eq!(world.disk.len(), 0);
    assert_ordered(&world.taken);
}

#[test]
fn a_refused_delivery_is_tried_ten_times_and_then_its_session_goes_on() {
    let mut world = World::new([delivery("s", 0, 0), delivery("s", 0, 1)]);
    world.run(|delivery| if delivery.number.index == 0 { Outcome::Refused } else { Outcome::Done });
    assert_eq!(world.parked.len(), 1);
    assert_eq!((world.parked[0].attempts, world.parked[0].parked), (TRIES_MAX, Some(Parking::Refused)));
    assert_eq!(world.taken.len(), 1);
}

#[test]
fn a_target_that_is_down_is_asked_by_one_at_a_time_and_each_time_for_another_session() {
    let rows = (0..100).map(|n| delivery(&format!("s{n}"), n, 0));
    let mut world = World::new(rows);
    let (mut asked, mut asked_at) = (Vec::new(), Vec::new());
    while asked.len() < 10 {
        assert!(world.go());
        assert!(world.flying.len() <= 1, "one at a time");
        if let Some(start) = world.flying.first() {
            asked.push(start.delivery.session.clone());
            asked_at.push(world.now.as_ms());
            world.land(0, FAILING);
        }
    }
    let different: BTreeSet<_> = asked.iter().collect();
    assert_eq!(different.len(), 10);
    let pauses: Vec<i64> = asked_at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.is_sorted() && pauses[0] >= 1_000 && pauses[8] <= 66_000, "{pauses:?}");
    world.run(|_| Outcome::Done);
    assert_eq!(world.taken.len(), 100, "none is set aside for what was not its fault");
}

#[test]
fn a_target_that_asks_to_be_left_alone_is() {
    let mut world = World::new([delivery("s", 0, 0)]);
    world.go();
    let began = world.now;
    world.land(0, Outcome::Throttled { after_s: Some(90) });
    while world.flying.is_empty() {
        assert!(world.go());
    }
    assert!(world.now.since_ms(began) >= 90_000);
    world.land(0, Outcome::Done);
    assert_eq!(world.taken.len(), 1);
}

fn days(days: i64) -> i64 {
    days * 24 * 60 * 60 * 1_000
}

#[test]
fn what_waited_for_days_is_set_aside_only_once_its_target_has_failed_for_as_long() {
    let mut world = World::new([delivery("s", 0, 0)]);
    world.now = Timestamp::from_ms(days(30));
    world.go();
    assert_eq!(world.land(0, FAILING), None);
    assert!(world.parked.is_empty(), "it was off, and fails for the first time");
    let began = world.now;
    while world.parked.is_empty() {
        while world.flying.is_empty() {
            assert!(world.go());
        }
        assert_eq!(world.land(0, FAILING), None);
    }
    assert_eq!(world.parked[0].parked, Some(Parking::TooOld));
    assert!(world.now.since_ms(began) > TOO_OLD_AFTER_MS);
}

#[test]
fn a_target_that_failed_for_days_is_given_up_whatever_the_age_of_what_waits() {
    let mut world = World::new([delivery("s", 0, 0)]);
    world.go();
    assert_eq!(world.land(0, FAILING), None);
    while world.flying.is_empty() {
        assert!(world.go());
    }
    world.now = Timestamp::from_ms(days(5) + days(1));
    assert!(world.land(0, FAILING).is_some());
    assert_eq!(world.disk.len(), 1, "what waits stays");
}

#[test]
fn what_is_looked_at_before_its_time_was_not_tried() {
    let mut world = World::new([delivery("s", 0, 0)]);
    for (outcome, tries) in [(Outcome::NotYet { after_s: 60 }, 0), (Outcome::Later { after_s: 60 }, 1)] {
        while world.flying.is_empty() {
            assert!(world.go());
        }
        let began = world.now;
        world.land(0, outcome);
        while world.flying.is_empty() {
            assert!(world.go());
        }
        assert!(world.now.since_ms(began) >= 60_000);
        assert_eq!(world.flying[0].delivery.attempts, tries);
    }
}

#[test]
fn what_must_wait_waits_by_itself_and_what_is_our_fault_sets_nothing_aside() {
    let mut world = World::new([delivery("s", 0, 0), delivery("t", 1, 0)]);
    world.go();
    let began = world.now;
    assert_eq!(world.flying[0].delivery.session.as_str(), "s");
    world.land(0, Outcome::Later { after_s: 600 });
    while world.taken.is_empty() {
        while world.flying.is_empty() {
            assert!(world.go());
        }
        world.land(0, Outcome::Done);
    }
    assert_eq!(world.taken[0].session.as_str(), "t", "others go on");
    assert!(world.now.since_ms(began) < 600_000);
    while world.flying.is_empty() {
        assert!(world.go());
    }
    assert!(world.now.since_ms(began) >= 600_000);
    for day in 1..30 {
        assert_eq!(world.land(0, Outcome::Blocked { after_s: None }), None);
        world.now = world.now.max(Timestamp::from_ms(days(day)));
        while world.flying.is_empty() {
            assert!(world.go());
        }
    }
    world.land(0, Outcome::Done);
    assert_eq!((world.taken.len(), world.parked.len(), world.taken[1].refusals), (2, 0, 0));
}

#[test]
fn what_was_erased_goes_without_a_trace() {
    let mut world = World::new([delivery("s", 0, 0), delivery("s", 1, 0)]);
    world.run(|delivery| if delivery.number.position == 0 { Outcome::Erased } else { Outcome::Done });
    assert_eq!((world.taken.len(), world.parked.len(), world.disk.len()), (1, 0, 0));
}

#[test]
fn more_sessions_than_fit_whose_deliveries_are_refused_do_not_keep_the_others_from_being_sent() {
    let refused = LANES_MAX as u64 + 50;
    let rows = (0..refused + 1).map(|n| delivery(&format!("s{n}"), n, 0));
    let mut world = World::new(rows);
    world.run(|delivery| if delivery.number.position < refused { Outcome::Refused } else { Outcome::Done });
    assert_eq!((world.taken.len(), world.parked.len() as u64), (1, refused));
}

#[test]
fn rows_that_come_while_others_are_under_way_are_sent_behind_them() {
    let mut world = World::new([delivery("s", 0, 0)]);
    world.go();
    for position in 1..40 {
        world.disk.insert(Number { position, index: 0 }, Queued { version: 1, delivery: delivery("s", position, 0) });
    }
    world.window.news();
    world.run(|_| Outcome::Done);
    assert_eq!(world.taken.len(), 40);
    assert_ordered(&world.taken);
}

fn assert_ordered(taken: &[Delivery]) {
    let mut last: BTreeMap<&SessionId, Number> = BTreeMap::new();
    for delivery in taken {
        let before = last.insert(&delivery.session, delivery.number);
        assert!(before.is_none_or(|before| before < delivery.number), "{delivery:?} after {before:?}");
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Done),
        2 => Just(FAILING),
        1 => Just(Outcome::Throttled { after_s: Some(3) }),
        1 => Just(Outcome::Refused),
    ]
}

proptest! {
    #[test]
    fn whatever_the_target_does_each_goes_once_and_each_session_in_order(
        sessions in prop::collection::vec(0_u8..12, 1..300),
        outcomes in prop::collection::vec((outcome(), 0_usize..FLYING_MAX), 0..400),
        late in prop::collection::vec(0_u8..12, 0..60),
    ) {
        let rows = sessions.iter().enumerate().map(|(n, session)| delivery(&format!("s{session}"), n as u64, 0));
        let mut world = World::new(rows);
        let all = sessions.len() + late.len();
        let mut late = late.into_iter().enumerate();
        for (outcome, place) in outcomes {
            world.go();
            prop_assert!(world.flying.len() <= FLYING_MAX);
            let lanes: BTreeSet<_> = world.flying.iter().map(|start| &start.delivery.session).collect();
            prop_assert_eq!(lanes.len(), world.flying.len(), "one of a session at a time");
            if !world.flying.is_empty() {
                world.land(place, outcome);
            }
            if let Some((n, session)) = late.next() {
                let row = delivery(&format!("s{session}"), (sessions.len() + n) as u64, 0);
                world.disk.insert(row.number, Queued { version: 1, delivery: row });
                world.window.news();
            }
        }
        for (n, session) in late {
            let row = delivery(&format!("s{session}"), (sessions.len() + n) as u64, 0);
            world.disk.insert(row.number, Queued { version: 1, delivery: row });
            world.window.news();
        }
        world.run(|_| Outcome::Done);
        prop_assert_eq!(world.taken.len() + world.parked.len(), all);
        prop_assert!(world.disk.is_empty());
        let different: BTreeSet<_> = world.taken.iter().chain(&world.parked).map(|delivery| delivery.number).collect();
        prop_assert_eq!(different.len(), all, "each once");
        assert_ordered(&world.taken);
    }
}
