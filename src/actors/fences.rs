//! Sessions that are being erased. Nothing is written to one behind its fence, so what was erased can not come back from
//! memory: first only a close is let through, then nothing at all, and its actor forgets what it knows.

use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use foldhash::quality::RandomState;

use crate::domain::{Command, Refusal, SessionKey, Visitor};

/// What whoever comes to a fence is told: to come again.
pub const ERASING: Refusal = Refusal::Unavailable { part: "session that is being erased" };

/// How far the erasing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// The session may still be closed, so that everybody hears of its end.
    Closing,
    /// Nothing of it is read or written any more.
    Shut,
}

/// See the module. As many as one step of an erasure takes.
#[derive(Debug, Default)]
pub struct Fences {
    around: DashMap<SessionKey, Fence, RandomState>,
    count: AtomicUsize,
}

impl Fences {
    /// Puts a fence around a session, or closes the one that is there.
    pub fn raise(&self, key: &SessionKey, fence: Fence) {
        if self.around.insert(key.clone(), fence).is_none() {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The session may begin anew.
    pub fn lower(&self, key: &SessionKey) {
        if self.around.remove(key).is_some() {
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Whether nothing of the session may be read or written.
    pub(super) fn is_shut(&self, key: &SessionKey) -> bool {
        self.of(key) == Some(Fence::Shut)
    }

    /// Whether a command may not be decided on now.
    pub(super) fn keeps_out(&self, key: &SessionKey, command: &Command) -> bool {
        match self.of(key) {
            None => false,
            Some(Fence::Closing) => !matches!(command, Command::Close { visitor: Visitor::Service }),
            Some(Fence::Shut) => true,
        }
    }

    /// Asked with each command; most often there is no fence anywhere.
    fn of(&self, key: &SessionKey) -> Option<Fence> {
        if self.count.load(Ordering::SeqCst) == 0 {
            return None;
        }
        self.around.get(key).map(|fence| *fence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    #[test]
    fn behind_a_fence_a_session_can_be_closed_and_then_nothing_at_all() {
        let session = SessionId::parse("s").unwrap();
        let key = SessionKey { organization: OrganizationId::default_organization(), session };
        let fences = Fences::default();
        let close = Command::Close { visitor: Visitor::Service };
        let kept_out = |fences: &Fences| [Command::Tick, close.clone()].map(|command| fences.keeps_out(&key, &command));
        assert_eq!(kept_out(&fences), [false, false]);
        fences.raise(&key, Fence::Closing);
        assert_eq!(kept_out(&fences), [true, false]);
        fences.raise(&key, Fence::Shut);
        assert_eq!((kept_out(&fences), fences.is_shut(&key)), ([true, true], true));
        fences.lower(&key);
        fences.lower(&key);
        assert_eq!((kept_out(&fences), fences.count.load(Ordering::SeqCst)), ([false, false], 0));
    }
}
