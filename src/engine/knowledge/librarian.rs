//! Makes the readings that are ordered, a few at a time, organization by organization in turn. The orders are durable, so what
//! waits or is under way when the process ends goes on after the next start.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::indexing::Ended;
use super::{Knowledge, unreadable};
use crate::domain::Refusal;
use crate::domain::reading::Reading;
use crate::store::documents;

/// How long nothing is begun after something else than a document was to blame.
const PAUSE: Duration = Duration::from_secs(3);

/// How often it is looked whether there is something to read, besides when it is told so.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Orders that are looked at to find one that is not under way.
const ORDERS_LOOKED_AT: usize = 64;

/// See the module.
#[derive(Debug)]
pub struct Librarian {
    knowledge: Knowledge,
    /// The readings under way, as they were before they were begun.
    busy: HashMap<Id, Reading>,
    /// Where the next order is looked for: behind the organization that had its turn.
    after: Option<Vec<u8>>,
    /// Nothing is begun before.
    pause: Option<Instant>,
}

impl Librarian {
    pub(super) fn new(knowledge: Knowledge) -> Self {
        Self { knowledge, busy: HashMap::new(), after: None, pause: None }
    }

    /// Works until it is to stop. What is under way then is left, and begun anew after the next start.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut work = JoinSet::new();
        loop {
            if self.pause.is_none_or(|until| Instant::now() >= until) {
                self.pause = None;
                self.begin(&mut work);
            }
            let look_at = self.pause.unwrap_or_else(|| Instant::now() + LOOK_EVERY);
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(ended) = work.join_next_with_id(), if !work.is_empty() => self.ended(ended),
                () = self.knowledge.inner.wake.notified() => {}
                () = sleep_until(look_at) => {}
            }
        }
        // Aborting them kills the processes that read.
        work.shutdown().await;
        for reading in self.busy.values() {
            self.knowledge.put_back(reading).await;
        }
    }

    /// Begins as many readings as there is room for.
    fn begin(&mut self, work: &mut JoinSet<Ended>) {
        while work.len() < self.knowledge.inner.readers.parallel_max() {
            match self.next() {
                Ok(Some(reading)) => {
                    let (knowledge, busy) = (self.knowledge.clone(), reading.clone());
                    let begun = work.spawn(async move { knowledge.make(&reading).await });
                    self.busy.insert(begun.id(), busy);
                }
                Ok(None) => return,
                Err(_said) => {
                    self.pause = Some(Instant::now() + PAUSE);
                    return;
                }
            }
        }
    }

    fn ended(&mut self, ended: Result<(Id, Ended), tokio::task::JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(panicked) => (panicked.id(), Ended::Later("it panicked".to_owned())),
        };
        let reading = self.busy.remove(&id);
        let word = match &outcome {
            Ended::Ready => "ready",
            Ended::Failed => "failed",
            Ended::Superseded => "superseded",
            Ended::Later(why) => {
                tracing::warn!(document = ?reading.map(|reading| reading.document), %why, "a document is read later");
                self.pause = Some(Instant::now() + PAUSE);
                "later"
            }
        };
        metrics::counter!("switchboard_document_readings_total", "outcome" => word).increment(1);
    }

    /// The next reading that is not under way: of the next organization that has one.
    fn next(&mut self) -> Result<Option<Reading>, Refusal> {
        let behind = self.after.take();
        let from_the_start = behind.is_none();
        let found = self.first_idle(behind)?;
        let found = if found.is_none() && !from_the_start { self.first_idle(None)? } else { found };
        self.after = found.as_ref().map(|reading| documents::after_readings_of(&reading.organization));
        Ok(found)
    }

    fn first_idle(&self, after: Option<Vec<u8>>) -> Result<Option<Reading>, Refusal> {
        let mut after = after;
        loop {
            let orders =
                documents::readings(&self.knowledge.inner.store, after, ORDERS_LOOKED_AT).map_err(unreadable)?;
            let is_last = orders.len() < ORDERS_LOOKED_AT;
            after = orders.last().map(|(key, _)| key.clone());
            let same = |a: &Reading, b: &Reading| a.document == b.document && a.organization == b.organization;
            let is_idle = |reading: &Reading| !self.busy.values().any(|busy| same(busy, reading));
            let found = orders.into_iter().filter_map(|(_, reading)| reading).find(is_idle);
            if found.is_some() || is_last {
                return Ok(found);
            }
        }
    }
}
