//! Random interleavings: capacity is never exceeded, nobody is lost, nobody is served by two, the order of the queue holds, and
//! nobody waits while somebody may take them.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use switchboard::domain::desk::agent::Availability;
use switchboard::domain::desk::board::Insistence;
use switchboard::domain::desk::event::Priority;

use super::town::{AGENTS, SESSIONS, Town, skill};

/// Random interleavings in one run of the test; `PROPTEST_CASES` in the environment may ask for more.
const CASES: u32 = 10_000;

type Step = (u8, u8, u8);

fn interleaving() -> impl Strategy<Value = (u8, Vec<Step>)> {
    (any::<u8>(), prop::collection::vec((0_u8..100, any::<u8>(), any::<u8>()), 10..90))
}

#[test]
fn no_interleaving_breaks_a_promise_of_the_desk() {
    let config = Config { cases: Config::default().cases.max(CASES), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&interleaving(), |(setting, steps)| play(setting, &steps));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Interleavings that broke a promise once: somebody who wrote in a session beyond their capacity had it taken away by another
/// person's words, and got it back through the desk, which had not heard of that yet, by a transfer or by their own claim.
#[test]
fn what_broke_a_promise_once_breaks_none_any_more() {
    const WAITING: [Step; 9] =
        [(0, 85, 0), (0, 72, 0), (0, 3, 0), (0, 210, 0), (0, 186, 0), (64, 22, 0), (0, 0, 0), (20, 7, 144), (98, 0, 0)];
    const ANOTHER_WRITES: Step = (20, 105, 1);
    const EXECUTED: Step = (64, 0, 0);
    const TRANSFERRED_BACK: Step = (44, 49, 20);
    const CLAIMED_BACK: Step = (40, 7, 0);
    for then in [&[ANOTHER_WRITES, TRANSFERRED_BACK][..], &[ANOTHER_WRITES, EXECUTED, CLAIMED_BACK][..]] {
        let outcome = play(32, &[&WAITING[..], then].concat());
        assert!(outcome.is_ok(), "{then:?}: {outcome:?}");
    }
}

fn play(setting: u8, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut town = Town::new(setting);
    town.comes(0);
    town.comes(1);
    for step in steps {
        take(&mut town, *step)?;
        town.settle()?;
    }
    town.come_to_rest()
}

fn take(town: &mut Town, (kind, a, b): Step) -> Result<(), TestCaseError> {
    let (n, who) = (usize::from(a) % SESSIONS, usize::from(b) % AGENTS);
    match kind {
        0..=14 => town.customer_asks_for_a_human(n),
        15..=17 => town.customer_writes(n),
        18..=19 => town.close(n, b.is_multiple_of(2).then_some(who)),
        20..=21 => town.agent_writes(n, who),
        22 => town.hand_back(n, who),
        23..=24 => town.return_to_queue(n, who),
        25..=27 => town.route(n, priority(b), (b & 4 != 0).then(|| vec![skill(usize::from(b >> 3))])),
        28..=30 => town.decline(n, who),
        31..=36 => town.accept(n, who),
        // Two at once.
        37..=39 => (0..AGENTS).for_each(|who| town.accept(n, who)),
        40..=43 => town.claim(n, who, if a > 200 { Insistence::Force } else { Insistence::Ask }),
        44..=46 => town.transfer(n, usize::from(a >> 4) % AGENTS, who),
        47..=50 => town.comes(who),
        51..=52 => town.vanishes(who),
        53 => town.says(who, [Availability::Available, Availability::Busy, Availability::Away][usize::from(a) % 3]),
        54..=57 => town.time_passes(i64::from(a) * 40),
        58..=59 => town.time_passes(i64::from(a) * 400),
        60 => town.crash(),
        61..=63 => town.answer_hook(usize::from(a), (b & 12 != 0).then_some(who))?,
        64..=79 => town.execute(n)?,
        80..=97 => (0..=a % 4).for_each(|_| town.deliver()),
        _ => town.come_to_rest()?,
    }
    Ok(())
}

fn priority(b: u8) -> Option<Priority> {
    [None, Some(Priority::Urgent), Some(Priority::High), Some(Priority::Low)][usize::from(b) % 4]
}
