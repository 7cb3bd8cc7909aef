//! The rules of a conversation under random interleavings: whatever order messages, results, people, clocks and
//! restarts come in, the promises about owner, turns, order and repeats hold.

mod desk_golden;
mod desk_ledger;
mod files;
mod golden;
mod ledger;
mod people;
mod sim;
mod step;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::sim::{Setting, Sim};
use self::step::{Step, any_step};

/// Random interleavings in one run of the test; `PROPTEST_CASES` in the environment may ask for more.
const CASES: u32 = 10_000;

fn interleaving() -> impl Strategy<Value = (Setting, Vec<Step>)> {
    (any::<u8>().prop_map(Setting::from_bits), prop::collection::vec(any_step(), 5..60))
}

#[test]
fn no_interleaving_breaks_a_promise_about_owner_turn_order_or_repeats() {
    let config = Config { cases: Config::default().cases.max(CASES), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&interleaving(), |(setting, steps)| {
        let mut sim = Sim::new(setting);
        for step in &steps {
            sim.take(step)?;
        }
        sim.drain()
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
