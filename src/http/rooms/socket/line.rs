//! The lines that are open: one per Engine.IO connection, whatever transports it uses. The library can say good-bye to a
//! client, which then stays away, but it can not hang up, after which a client comes back and resumes. A line can.

use std::sync::{Arc, OnceLock, Weak};

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::domain::Refusal;

/// One connection. It ends its transports when it is hung up.
#[derive(Debug)]
pub(super) struct Line {
    end: CancellationToken,
    /// The connection's own secret name, where it began by polling and may go on as a WebSocket.
    name: OnceLock<Arc<str>>,
    named: Arc<DashMap<Arc<str>, Weak<Line>>>,
    #[expect(dead_code, reason = "held, not read")]
    place: Option<OwnedSemaphorePermit>,
}

/// All lines.
#[derive(Debug)]
pub(super) struct Lines {
    end: CancellationToken,
    named: Arc<DashMap<Arc<str>, Weak<Line>>>,
    polling: Arc<Semaphore>,
}

impl Lines {
    /// Lets `polling_max` connections poll at a time.
    pub(super) fn new(polling_max: usize) -> Self {
        let polling = Arc::new(Semaphore::new(polling_max.min(Semaphore::MAX_PERMITS)));
        Self { end: CancellationToken::new(), named: Arc::default(), polling }
    }

    /// A line that begins as a WebSocket, whose TCP connection counts among the server's.
    pub(super) fn open(&self) -> Arc<Line> {
        self.line(None)
    }

    /// A line that begins by polling.
    ///
    /// # Errors
    /// `Busy` when as many are open as may be.
    pub(super) fn open_polling(&self) -> Result<Arc<Line>, Refusal> {
        let place = Arc::clone(&self.polling).try_acquire_owned().map_err(|_full| Refusal::Busy)?;
        Ok(self.line(Some(place)))
    }

    /// Gives a line the name under which the client comes back to it.
    pub(super) fn name(&self, line: &Arc<Line>, name: &str) {
        let name: Arc<str> = name.into();
        if line.name.set(Arc::clone(&name)).is_ok() {
            self.named.insert(name, Arc::downgrade(line));
        }
    }

    /// The line of that name, while it is open.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Line>> {
        self.named.get(name).and_then(|line| line.upgrade())
    }

    /// Hangs up everywhere.
    pub(super) fn hang_up(&self) {
        self.end.cancel();
    }

    fn line(&self, place: Option<OwnedSemaphorePermit>) -> Arc<Line> {
        let (end, named) = (self.end.child_token(), Arc::clone(&self.named));
        Arc::new(Line { end, name: OnceLock::new(), named, place })
    }
}

impl Line {
    /// Ends its transports; whoever was there may come back.
    pub(super) fn hang_up(&self) {
        self.end.cancel();
    }

    /// Told when it is hung up.
    pub(super) fn end(&self) -> CancellationToken {
        self.end.clone()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(name) = self.name.get() {
            self.named.remove(name);
        }
    }
}
