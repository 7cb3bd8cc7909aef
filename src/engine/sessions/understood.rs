//! How a customer's message was understood: by the end of its turn, or by the suggestion that the staff gets for it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Sessions;
use crate::bus::{Lagged, OutboxLimits};
use crate::domain::understanding::{Listener, Understanding};
use crate::domain::{Owner, Refusal, SessionKey, Visitor};

/// Events behind a message in which its understanding is looked for.
const LOOKED_AT_EVENTS: usize = 256;

/// How long a suggestion is waited for beyond the customer's quiet window.
const SUGGESTION_MAX: Duration = Duration::from_secs(5);

impl Sessions {
    /// How the customer's message at `seq` was understood. Where a human is to answer it and the assistant suggests, the
    /// suggestion is waited for, within a bound. The caller has entered.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn understood(&self, key: &SessionKey, seq: u64) -> Result<Option<Understanding>, Refusal> {
        let deadline = Instant::now() + Duration::from_millis(self.policy.quiet_ms) + SUGGESTION_MAX;
        let mut subscription = self.bus.subscribe(key, OutboxLimits::default());
        let mut items = VecDeque::new();
        loop {
            let found = self.understanding(key, seq)?;
            if found.is_some() || !self.is_to_be_suggested(key, seq)? {
                return Ok(found);
            }
            match timeout_at(deadline, subscription.outbox().take(&mut items)).await {
                Ok(Ok(())) => items.clear(),
                Ok(Err(Lagged)) => subscription = self.bus.subscribe(key, OutboxLimits::default()),
                Err(_elapsed) => return Ok(None),
            }
        }
    }

    fn understanding(&self, key: &SessionKey, seq: u64) -> Result<Option<Understanding>, Refusal> {
        let mut listener = Listener::default();
        for committed in self.events_after(key, seq, LOOKED_AT_EVENTS)? {
            listener.take(&committed.event);
        }
        Ok(listener.of(seq).cloned())
    }

    fn is_to_be_suggested(&self, key: &SessionKey, seq: u64) -> Result<bool, Refusal> {
        if !self.policy.suggests {
            return Ok(false);
        }
        let state = self.read(key, &Visitor::Service)?;
        let for_staff = matches!(state.owner, Owner::Queue | Owner::Human { .. });
        Ok(for_staff && state.unanswered.is_some_and(|(first, last)| first <= seq && seq <= last))
    }
}
