//! One clock for all sessions: rings a session's doorbell at a moment. What is due then, the session's own rules say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::time::{DelayQueue, delay_queue};

use super::cell::Cell;
use crate::domain::SessionKey;

/// How far ahead an alarm is put into the queue, which knows no moment more than about two years away and panics. A later
/// one is put in again when it comes up.
const AHEAD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What stands for a moment that no clock can name.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Sets alarms. A session has one: setting it again moves it.
#[derive(Debug, Clone)]
pub struct Alarms {
    orders: mpsc::UnboundedSender<Order>,
}

/// At most one order per session is under way: a session sets its alarm only when it must ring earlier than it would.
#[derive(Debug)]
struct Order {
    cell: Arc<Cell>,
    at: Instant,
}

/// An alarm that is set.
#[derive(Debug)]
struct Alarm {
    place: delay_queue::Key,
    cell: Arc<Cell>,
    at: Instant,
}

impl Alarms {
    /// Rings after `after_ms`, instead of when it would have.
    pub fn set(&self, cell: &Arc<Cell>, after_ms: u64) {
        let now = Instant::now();
        let at = now.checked_add(Duration::from_millis(after_ms).min(FAR)).unwrap_or(now + AHEAD_MAX);
        let order = Order { cell: Arc::clone(cell), at };
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
    let mut clock = Clock::new(AHEAD_MAX);
    loop {
        tokio::select! {
            order = incoming.recv() => match order {
                None => return,
                Some(order) => clock.take(order),
            },
            Some(rung) = clock.due.next() => clock.ring(rung.get_ref()),
        }
    }
}

/// The alarms that are set.
#[derive(Debug)]
struct Clock {
    due: DelayQueue<SessionKey>,
    alarms: HashMap<SessionKey, Alarm>,
    ahead_max: Duration,
}

impl Clock {
    fn new(ahead_max: Duration) -> Self {
        Self { due: DelayQueue::new(), alarms: HashMap::new(), ahead_max }
    }

    fn take(&mut self, Order { cell, at }: Order) {
        match self.alarms.get_mut(&cell.key) {
            Some(alarm) => {
                self.due.reset(&alarm.place, ahead(at, self.ahead_max));
                // The session may have left memory and come back since.
                (alarm.cell, alarm.at) = (cell, at);
            }
            None => self.set(cell, at),
        }
    }

    fn set(&mut self, cell: Arc<Cell>, at: Instant) {
        let key = cell.key.clone();
        let place = self.due.insert(key.clone(), ahead(at, self.ahead_max));
        self.alarms.insert(key, Alarm { place, cell, at });
    }

    fn ring(&mut self, key: &SessionKey) {
        let Some(alarm) = self.alarms.remove(key) else { return };
        if alarm.at > Instant::now() {
            self.set(alarm.cell, alarm.at);
        } else {
            alarm.cell.knock();
        }
    }
}

/// How long the queue keeps an alarm that is to ring at a moment.
fn ahead(at: Instant, max: Duration) -> Duration {
    at.saturating_duration_since(Instant::now()).min(max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    fn cell(session: &str) -> Arc<Cell> {
        let session = SessionId::parse(session).unwrap();
        Arc::new(Cell::new(SessionKey { organization: OrganizationId::default_organization(), session }))
    }

    #[tokio::test]
    async fn an_alarm_beyond_what_the_queue_keeps_does_not_ring_before_its_time() {
        let ahead_max = Duration::from_millis(5);
        let (mut clock, far, near) = (Clock::new(ahead_max), cell("far"), cell("near"));
        let (began, wait) = (Instant::now(), 40 * ahead_max);
        clock.take(Order { cell: Arc::clone(&far), at: began + FAR });
        clock.take(Order { cell: Arc::clone(&near), at: began + wait });
        let mut rung = 0;
        while clock.alarms.contains_key(&near.key) {
            let due = clock.due.next().await.unwrap();
            clock.ring(due.get_ref());
            rung += 1;
        }
        assert!(began.elapsed() >= wait && rung > 1, "{rung} times in {:?}", began.elapsed());
        assert!(clock.alarms.contains_key(&far.key));
    }

    #[tokio::test]
    async fn the_clock_goes_on_after_an_alarm_that_no_clock_can_name() {
        let alarms = start();
        for after_ms in [u64::MAX, 1 << 40, 0] {
            alarms.set(&cell("s"), after_ms);
        }
        tokio::task::yield_now().await;
        assert!(!alarms.orders.is_closed());
    }
}
