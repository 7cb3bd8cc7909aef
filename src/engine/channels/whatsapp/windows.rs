//! Until when `WhatsApp` takes free text of a session's customer: a record per session, written before the message that opens the window
//! is posted, so that whoever answers finds it open.

use serde::{Deserialize, Serialize};

use crate::channels::whatsapp::window::Window;
use crate::domain::{OrganizationId, Refusal, SessionId, SessionKey, Timestamp};
use crate::store::record::{self, Record, Versioned};
use crate::store::{Batch, CommitError, Store, StoreError};

/// How much later a window must close to be written down again, in milliseconds: messages that follow each other closely cost
/// one write, and the window counts as closed that much too early at most.
const WRITTEN_AFTER_MS: i64 = 60 * 1_000;

/// How often it is tried to write it down while somebody else does.
const TRIES_MAX: usize = 16;

/// A customer's window with the number that their session is with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceWindow {
    /// Whose.
    pub organization: OrganizationId,
    /// The session: it is one customer's with one number.
    pub session: SessionId,
    /// When they were heard last.
    pub window: Window,
}

impl Record for ServiceWindow {
    const SPACE: &'static str = "whatsapp_window";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.session.to_string()
    }
}

/// A session's window as it is kept; none where its customer never wrote.
///
/// # Errors
/// As [`record::get`].
pub fn window_of(store: &Store, key: &SessionKey) -> Result<Option<Versioned<ServiceWindow>>, StoreError> {
    record::get(store, &key.organization, key.session.as_str())
}

/// The customer wrote at `at`, what opens the window. Returns once that is durable.
///
/// # Errors
/// `Busy`, `Unavailable`.
pub(super) async fn heard(store: &Store, key: &SessionKey, at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    for _ in 0..TRIES_MAX {
        let old = window_of(store, key).map_err(unreadable)?;
        let mut window = old.as_ref().map_or_else(Window::default, |old| old.record.window);
        let closed_at = window.closes_at();
        window.heard(at, now);
        let is_news = |closes: Timestamp| closed_at.is_none_or(|closed| closes >= closed.plus_ms(WRITTEN_AFTER_MS));
        if !window.closes_at().is_some_and(is_news) {
            return Ok(());
        }
        let new = ServiceWindow { organization: key.organization.clone(), session: key.session.clone(), window };
        let mut batch = Batch::default();
        record::replace(&mut batch, old.as_ref(), &new).map_err(unreadable)?;
        match store.commit(batch).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict { .. }) => {}
            Err(why) => return Err(why.refused("the window was written down meanwhile")),
        }
    }
    Err(Refusal::Busy)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "WhatsApp's windows can not be read");
    Refusal::Unavailable { part: "store" }
}
