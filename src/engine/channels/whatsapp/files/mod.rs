//! Files that customers send by `WhatsApp`, and colleagues in the phone's app. That one is to be fetched is durable before Meta is told that its message was received;
//! it is fetched beside that, kept, and stands in the conversation with a message of its own behind the one that announced it.
//! What was spoken is written down, and is the words of that message, which is answered.
//!
//! `list` is what is still to be fetched, `fetch` gets one from Meta, `take` puts it into the conversation, `fetcher` does one
//! after another, again and later where that helps. A file that never comes is said to be lost. Whoever spoke does not wait for that: after a
//! while `unheard` asks them to write.

mod fetch;
mod fetcher;
mod list;
mod take;
mod unheard;

use std::sync::Arc;

use tokio::sync::{Mutex, Notify};

pub use fetcher::{Fetcher, FetcherParts};
pub use list::KeptErrands;
pub(super) use list::Sender;
use list::ToFetch;

use crate::channels::whatsapp::NumberId;
use crate::channels::whatsapp::incoming::Media;
use crate::clock::SharedClock;
use crate::domain::{ClientMessageId, CustomerId, Refusal, SessionKey, Timestamp};
use crate::engine::channels::braking::Braking;
use crate::store::Store;

/// Where the intake says what is to be fetched. A cheap clone.
#[derive(Clone)]
pub struct ToDo {
    store: Store,
    clock: SharedClock,
    wake: Arc<Notify>,
    /// The same for whoever tells customers that they were not heard.
    wake_teller: Arc<Notify>,
    /// Held by whoever answers a voice note, with its words or by asking to write: it is not done twice.
    answering: Arc<Mutex<()>>,
    hears: bool,
    /// The channel's own: words that were spoken count as those that were written do.
    pub(super) braking: Braking,
}

/// Whose file it is, and with which message it came.
pub(super) struct Announced<'a> {
    pub key: &'a SessionKey,
    pub customer: &'a CustomerId,
    pub by: Sender,
    pub message: &'a ClientMessageId,
    pub number: &'a NumberId,
    pub sent_at: Option<Timestamp>,
}

impl ToDo {
    /// A list in the store. `hears`: whether somebody writes down what is spoken.
    pub fn new(store: Store, clock: SharedClock, hears: bool) -> Self {
        let (wake, wake_teller) = (Arc::default(), Arc::default());
        Self { store, clock, wake, wake_teller, answering: Arc::default(), hears, braking: Braking::default() }
    }

    /// Whether this is spoken and will be written down: then nobody is to answer before that.
    pub(super) const fn will_hear(&self, media: &Media) -> bool {
        self.hears && media.voice
    }

    /// Notes that a file is to be fetched. Returns once that is durable; noted again, it is the same.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub(super) async fn note(&self, announced: &Announced<'_>, media: &Media) -> Result<(), Refusal> {
        let to_fetch = ToFetch::new(announced, media, self.hears, self.clock.now());
        list::note(&self.store, &to_fetch).await?;
        self.wake.notify_one();
        self.wake_teller.notify_one();
        Ok(())
    }
}

impl std::fmt::Debug for ToDo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToDo").field("hears", &self.hears).finish_non_exhaustive()
    }
}
