//! One clock for all sessions: rings a session's doorbell at a moment. What is due then, the session's own rules say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_util::time::{DelayQueue, delay_queue};

use super::cell::Cell;
use crate::domain::SessionKey;

/// Sets alarms. A session has one: setting it again moves it.
#[derive(Debug, Clone)]
pub struct Alarms {
    orders: mpsc::UnboundedSender<Order>,
}

/// At most one order per session is under way: a session sets its alarm only when it must ring earlier than it would.
#[derive(Debug)]
struct Order {
    cell: Arc<Cell>,
    after: Duration,
}

/// An alarm that is set.
#[derive(Debug)]
struct Alarm {
    place: delay_queue::Key,
    cell: Arc<Cell>,
}

impl Alarms {
    /// Rings after `after_ms`, instead of when it would have.
    pub fn set(&self, cell: &Arc<Cell>, after_ms: u64) {
        let order = Order { cell: Arc::clone(cell), after: Duration::from_millis(after_ms) };
        // The clock task ends with the process only.
        drop(self.orders.send(order));
    }
}

/// Starts the clock.
#[expect(clippy::disallowed_methods, reason = "bounded by the live sessions: each has one order at most")]
pub fn start() -> Alarms {
    let (orders, incoming) = mpsc::unbounded_channel();
    tokio::spawn(run(incoming));
    Alarms { orders }
}

async fn run(mut incoming: mpsc::UnboundedReceiver<Order>) {
    let mut due: DelayQueue<SessionKey> = DelayQueue::new();
    let mut alarms: HashMap<SessionKey, Alarm> = HashMap::new();
    loop {
        tokio::select! {
            order = incoming.recv() => match order {
                None => return,
                Some(Order { cell, after }) => match alarms.get_mut(&cell.key) {
                    Some(alarm) => {
                        due.reset(&alarm.place, after);
                        // The session may have left memory and come back since.
                        alarm.cell = cell;
                    }
                    None => {
                        let place = due.insert(cell.key.clone(), after);
                        alarms.insert(cell.key.clone(), Alarm { place, cell });
                    }
                },
            },
            Some(rung) = due.next() => {
                if let Some(alarm) = alarms.remove(rung.get_ref()) {
                    alarm.cell.knock();
                }
            }
        }
    }
}
