//! The assistant's answer while it is made: each piece is told as it comes, and whoever comes in the middle is given the
//! text so far. It is never stored: it ends with the message that it becomes, or is thrown away.
//!
//! A piece is kept and told under one lock, so no piece follows the end, and what was kept fits what is told next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Bus, Signal};
use crate::domain::SessionKey;

/// Who may see an answer that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftReader {
    /// The staff: it may still be kept back.
    Staff,
    /// The customer too: it was known before its first word that it would be given.
    Everybody,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPiece {
    /// The turn that it answers.
    pub turn: u64,
    /// Which try; later ones have higher numbers.
    pub attempt: u64,
    /// How many characters came before it.
    pub offset: usize,
    /// More text.
    pub text: Arc<str>,
    /// For whom.
    pub reader: DraftReader,
}

/// One try at an answer.
#[derive(Debug)]
pub struct Draft {
    bus: Arc<Bus>,
    key: SessionKey,
    turn: u64,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    attempt: u64,
    text: String,
    chars: usize,
    reader: DraftReader,
    ended: bool,
}

impl Draft {
    pub(super) const fn new(bus: Arc<Bus>, key: SessionKey, turn: u64, attempt: u64) -> Self {
        let progress = Progress { attempt, text: String::new(), chars: 0, reader: DraftReader::Staff, ended: false };
        Self { bus, key, turn, progress: Mutex::new(progress) }
    }

    /// Says who may read it; at first the staff. Too late once there is text.
    pub fn admit(&self, reader: DraftReader) {
        let mut progress = self.lock();
        if progress.text.is_empty() {
            progress.reader = reader;
        }
    }

    /// Tells more of it; nothing once it has ended.
    pub fn add(self: &Arc<Self>, text: &str) {
        let mut progress = self.lock();
        if progress.ended || text.is_empty() {
            return;
        }
        if progress.text.is_empty() {
            self.bus.drafts.insert(self.key.clone(), Arc::clone(self));
        }
        let piece = self.piece(&progress, progress.chars, text.into());
        progress.text.push_str(text);
        progress.chars += text.chars().count();
        self.bus.signal(&self.key, Signal::Draft(piece));
    }

    /// It is thrown away, or its message is there. Whoever saw any of it is told.
    pub fn end(&self) {
        self.close(&mut self.lock());
    }

    /// What was told of it is thrown away, and what is added next is another try, for the same readers.
    pub fn begin_anew(&self) {
        let mut progress = self.lock();
        if progress.ended || progress.text.is_empty() {
            return;
        }
        let (attempt, reader) = (self.bus.next_attempt(), progress.reader);
        self.close(&mut progress);
        *progress = Progress { attempt, text: String::new(), chars: 0, reader, ended: false };
    }

    fn close(&self, progress: &mut Progress) {
        if std::mem::replace(&mut progress.ended, true) || progress.text.is_empty() {
            return;
        }
        // Another work's draft may stand in its place by now.
        self.bus.drafts.remove_if(&self.key, |_, draft| std::ptr::eq(Arc::as_ptr(draft), self));
        let (turn, attempt, reader) = (self.turn, progress.attempt, progress.reader);
        self.bus.signal(&self.key, Signal::DraftEnded { turn, attempt, reader });
    }

    /// All of it until now, as one piece.
    pub(super) fn so_far(&self) -> Option<DraftPiece> {
        let progress = self.lock();
        let going_on = !progress.ended && !progress.text.is_empty();
        going_on.then(|| self.piece(&progress, 0, progress.text.as_str().into()))
    }

    const fn piece(&self, progress: &Progress, offset: usize, text: Arc<str>) -> DraftPiece {
        DraftPiece { turn: self.turn, attempt: progress.attempt, offset, text, reader: progress.reader }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::bus::{Item, OutboxLimits};
    use crate::domain::{OrganizationId, SessionId};

    fn key() -> SessionKey {
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() }
    }

    #[tokio::test]
    async fn pieces_are_told_in_order_the_text_so_far_fits_them_and_nothing_follows_the_end() {
        let bus = Arc::new(Bus::default());
        let ears = bus.subscribe(&key(), OutboxLimits::default());
        let draft = bus.begin_draft(&key(), 3);
        draft.admit(DraftReader::Everybody);
        draft.add("Grüße");
        draft.admit(DraftReader::Staff);
        draft.add(" 🎉");
        let so_far = bus.draft(&key()).unwrap();
        assert_eq!((so_far.offset, &*so_far.text, so_far.reader), (0, "Grüße 🎉", DraftReader::Everybody));
        draft.end();
        draft.add("late");
        draft.end();
        assert!(bus.draft(&key()).is_none() && bus.drafts() == 0);
        let mut items = VecDeque::new();
        ears.outbox().take(&mut items).await.unwrap();
        let heard: Vec<String> = items.iter().map(heard).collect();
        assert_eq!(heard, ["0 Grüße", "5  🎉", "end 3"]);
    }

    #[test]
    fn an_older_try_that_ends_late_leaves_the_newer_one() {
        let bus = Arc::new(Bus::default());
        let (old, new) = (bus.begin_draft(&key(), 3), bus.begin_draft(&key(), 3));
        old.add("old");
        new.add("new");
        new.admit(DraftReader::Everybody);
        old.end();
        let so_far = bus.draft(&key()).unwrap();
        assert_eq!((&*so_far.text, so_far.reader), ("new", DraftReader::Staff));
        bus.begin_draft(&key(), 4).end();
        new.end();
        assert_eq!(bus.drafts(), 0);
    }

    fn heard(item: &Item) -> String {
        let Item::Signal(_, signal) = item else { panic!("{item:?}") };
        match signal.as_ref() {
            Signal::Draft(piece) => format!("{} {}", piece.offset, piece.text),
            Signal::DraftEnded { turn, .. } => format!("end {turn}"),
            Signal::Typing { .. } | Signal::Place { .. } => panic!("{signal:?}"),
        }
    }
}
