//! Files on their way to a provider, beside the couriers: one that takes long holds up its own conversation and no other, and a
//! stop does not wait for it. Of each account a few are on their way at once and others wait for their turn. What became of one that
//! did not come there is known until it is asked for; nothing of this outlives the process, and a file is brought again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{Account, NotPlaced};
use crate::actors::outbox::Again;

/// The most files of one account that are on their way at once.
const ON_THE_WAY_MAX: usize = 4;

/// The most files that are on their way or wait for their turn, of all accounts. What is beyond begins later.
const KNOWN_MAX: usize = 256;

/// A part of a message: its dispatch, and which one.
pub(super) type PartKey = (Uuid, usize);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Beside {
    state: Mutex<State>,
}

/// What is known of a file.
#[derive(Debug)]
pub(super) enum Look {
    /// Nothing: it may begin.
    Nothing,
    /// It is on its way, or waits for its turn.
    OnTheWay,
    /// It did not come there.
    Ended(NotPlaced),
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<PartKey, Known>,
    turns: HashMap<Account, Arc<Semaphore>>,
    is_closed: bool,
}

#[derive(Debug)]
enum Known {
    OnTheWay(AbortHandle),
    Ended(NotPlaced),
}

/// A file on its way. Whatever ends it, a panic too, its conversation goes on.
struct Trip {
    beside: Arc<Beside>,
    part: PartKey,
    again: Again,
    ended: Option<NotPlaced>,
}

impl Beside {
    /// How a part's file does. What became of it is told once.
    pub(super) fn look(&self, part: PartKey) -> Look {
        let mut state = self.state();
        match state.known.remove(&part) {
            None => Look::Nothing,
            Some(Known::Ended(why)) => Look::Ended(why),
            Some(on_the_way @ Known::OnTheWay(_)) => {
                state.known.insert(part, on_the_way);
                Look::OnTheWay
            }
        }
    }

    /// Begins to bring a part's file, and tells `again` when that has ended. Where there is no room for it, it does not begin.
    pub(super) fn begin(
        self: &Arc<Self>,
        part: PartKey,
        account: &Account,
        again: Again,
        bring: impl Future<Output = Result<(), NotPlaced>> + Send + 'static,
    ) {
        let mut state = self.state();
        if state.known.len() >= KNOWN_MAX {
            // Nobody may ask any more what became of these.
            state.known.retain(|_, known| matches!(known, Known::OnTheWay(_)));
        }
        if state.is_closed || state.known.len() >= KNOWN_MAX || state.known.contains_key(&part) {
            return;
        }
        let turns = state.turns.entry(account.clone()).or_insert_with(|| Arc::new(Semaphore::new(ON_THE_WAY_MAX)));
        let turns = Arc::clone(turns);
        let trip = Trip { beside: Arc::clone(self), part, again, ended: None };
        let task = tokio::spawn(async move {
            // All of it, so that its end is told whatever happens.
            let mut trip = trip;
            let _turn = turns.acquire_owned().await;
            trip.ended = bring.await.err();
        });
        state.known.insert(part, Known::OnTheWay(task.abort_handle()));
    }

    /// Nothing is brought any more.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for known in state.known.values() {
            if let Known::OnTheWay(task) = known {
                task.abort();
            }
        }
    }

    fn ended(&self, part: PartKey, why: Option<NotPlaced>) {
        let mut state = self.state();
        match why {
            Some(why) => drop(state.known.insert(part, Known::Ended(why))),
            None => drop(state.known.remove(&part)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Trip {
    fn drop(&mut self) {
        self.beside.ended(self.part, self.ended.take());
        self.again.look();
    }
}
