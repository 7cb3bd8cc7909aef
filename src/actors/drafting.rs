//! What a responder streams on its way to an answer, told to the session's listeners in pieces of a fair size.
//!
//! The staff sees it as it comes. The customer sees only an answer of which it was sure before its first word that it
//! would be given (`docs/adr/0008-drafts-before-answers.md`).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bus::{Draft, DraftReader};
use crate::domain::{AssistantSettings, Reading};

/// How long text is collected before it is told: smooth for the eye, and few frames. A responder that has its whole answer
/// within this time makes no draft at all.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(40);

/// See the module.
pub(super) struct Drafting {
    draft: Arc<Draft>,
    settings: Arc<AssistantSettings>,
    /// What the answer may still grow by, in characters.
    room_chars: usize,
    waiting: String,
    due: Option<Instant>,
    begun: bool,
}

impl Drafting {
    pub(super) fn new(draft: Arc<Draft>, settings: Arc<AssistantSettings>) -> Self {
        let room_chars = room_chars(&settings);
        Self { draft, settings, room_chars, waiting: String::new(), due: None, begun: false }
    }

    /// The responder says how it understands the turn.
    pub(super) fn understood(&self, reading: &Reading) {
        let given = self.settings.gives(reading);
        self.draft.admit(if given { DraftReader::Everybody } else { DraftReader::Staff });
    }

    /// More text. What is longer than an answer may be is not told.
    pub(super) fn take(&mut self, text: &str) {
        let text = if self.begun { text } else { text.trim_start() };
        let fitting = text.char_indices().nth(self.room_chars).map_or(text, |(end, _)| &text[..end]);
        if fitting.is_empty() {
            return;
        }
        self.begun = true;
        self.room_chars -= fitting.chars().count();
        self.waiting.push_str(fitting);
        let due = *self.due.get_or_insert_with(|| Instant::now() + TELL_EVERY);
        if due <= Instant::now() {
            self.tell();
        }
    }

    /// What was told is no part of the answer; what follows is a new try.
    pub(super) fn withdraw(&mut self) {
        self.draft.begin_anew();
        self.waiting.clear();
        self.due = None;
        self.begun = false;
        self.room_chars = room_chars(&self.settings);
    }

    /// When what waits is to be told, if anything does.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Tells what waits.
    pub(super) fn tell(&mut self) {
        self.due = None;
        self.draft.add(&self.waiting);
        self.waiting.clear();
    }
}

fn room_chars(settings: &AssistantSettings) -> usize {
    usize::try_from(settings.reply_max_chars).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Bus;
    use crate::domain::{OrganizationId, SessionId, SessionKey};

    fn key() -> SessionKey {
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() }
    }

    fn told(settings: AssistantSettings, confidence: f32, text: &str) -> Option<(String, DraftReader)> {
        let bus = Arc::new(Bus::default());
        let mut drafting = Drafting::new(bus.begin_draft(&key(), 1), Arc::new(settings));
        drafting.understood(&Reading { confidence, ..Reading::default() });
        drafting.take(text);
        drafting.tell();
        bus.draft(&key()).map(|piece| (piece.text.to_string(), piece.reader))
    }

    #[tokio::test]
    async fn the_customer_sees_only_what_will_be_given() {
        let sure = || AssistantSettings { confidence_floor: 0.7, ..AssistantSettings::default() };
        let reader = |settings, confidence| told(settings, confidence, "Yes.").unwrap().1;
        assert_eq!(reader(sure(), 0.7), DraftReader::Everybody);
        assert_eq!(reader(sure(), 0.69), DraftReader::Staff);
        assert_eq!(reader(sure(), f32::NAN), DraftReader::Staff);
        assert_eq!(reader(AssistantSettings { auto_reply: false, ..sure() }, 1.0), DraftReader::Staff);
    }

    #[tokio::test]
    async fn what_is_withdrawn_leaves_no_word_of_it() {
        let bus = Arc::new(Bus::default());
        let mut drafting = Drafting::new(bus.begin_draft(&key(), 1), Arc::default());
        drafting.take("One moment.");
        drafting.tell();
        let before = bus.draft(&key()).map(|piece| piece.attempt).unwrap();
        drafting.take(" I look it up");
        drafting.withdraw();
        assert_eq!(bus.draft(&key()), None);
        drafting.take(" Thirty days.");
        drafting.tell();
        let after = bus.draft(&key()).unwrap();
        assert_eq!((&*after.text, after.offset, after.attempt > before), ("Thirty days.", 0, true));
    }

    #[tokio::test]
    async fn a_draft_is_no_longer_than_an_answer_may_be_and_begins_with_a_word() {
        let short = AssistantSettings { reply_max_chars: 5, ..AssistantSettings::default() };
        assert_eq!(told(short, 1.0, " \n Grüße an alle").unwrap().0, "Grüße");
        assert_eq!(told(AssistantSettings::default(), 1.0, " \n "), None);
    }
}
