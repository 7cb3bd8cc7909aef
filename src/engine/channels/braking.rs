//! Holds answers back from whoever seems to be a machine that answers ours.

use std::sync::{Arc, Mutex, PoisonError};

use metrics::counter;

use crate::channels::brake::Brake;
use crate::domain::{Draft, SessionKey, Timestamp};

/// Messages that are not answered for it, by channel.
const HELD_BACK: &str = "switchboard_channel_held_back_total";

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Braking {
    brake: Arc<Mutex<Brake>>,
}

impl Braking {
    /// What is posted of a message: the staff sees it, and no machine answers it where its sender had enough answers.
    pub(super) fn hold(&self, channel: &'static str, key: &SessionKey, draft: Draft, now: Timestamp) -> Draft {
        let Some(id) = draft.client_id.as_ref().filter(|_| !draft.quiet) else { return draft };
        let who = format!("{}/{}", key.organization, key.session);
        let mut brake = self.brake.lock().unwrap_or_else(PoisonError::into_inner);
        if !brake.is_enough(&who, id.as_str(), draft.body.as_str(), now) {
            return draft;
        }
        drop(brake);
        counter!(HELD_BACK, "channel" => channel).increment(1);
        Draft { quiet: true, ..draft }
    }
}
