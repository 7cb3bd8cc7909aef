//! What a connection has read, told to the session at most once a second: a page that scrolls says it often.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::domain::{Command, DeskCommand};
use crate::engine::channels::email::Onward;
use crate::http::live::Visit;

/// The least time between two commands of one connection.
const READ_EVERY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct ReadingPace {
    /// What is to be told at `next`; zero when it was.
    waiting: Arc<AtomicU64>,
    next: Option<Instant>,
}

impl ReadingPace {
    /// It has read everything up to a message. What comes within the second goes with the next command, also when the
    /// connection has ended by then.
    pub(super) fn read(&mut self, visit: &mut Visit, onward: &Onward, upto: u64) {
        if self.waiting.fetch_max(upto, Ordering::Relaxed) > 0 || upto == 0 {
            return;
        }
        let now = Instant::now();
        let at = self.next.map_or(now, |next| next.max(now));
        self.next = Some(at + READ_EVERY);
        let (sessions, key, visitor) = (visit.sessions().clone(), visit.key().clone(), visit.visitor().clone());
        let (waiting, outbox, tag) = (Arc::clone(&self.waiting), Arc::clone(visit.outbox()), visit.expect_answer(None));
        let onward = Some(onward.clone()).filter(|_| visitor.user().is_none());
        let tell = async move {
            sleep_until(at).await;
            let upto = waiting.swap(0, Ordering::Relaxed);
            sessions.send(&key, Command::Desk(DeskCommand::Read { visitor, upto }), &outbox, tag);
            if let Some(onward) = onward {
                onward.seen(&key, upto).await;
            }
        };
        tokio::spawn(tell);
    }
}
