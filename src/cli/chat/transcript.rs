//! What a client has of its conversation, by place in the session's log: each line once and in order, however often and in
//! whatever order it came.

use std::collections::{BTreeMap, HashSet};

/// The most lines that are kept; the oldest go first.
const LINES_MAX: usize = 10_000;

/// Who said a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Speaker {
    Me,
    Assistant,
    Agent(String),
    Notice,
}

impl Speaker {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Me => "you",
            Self::Assistant => "assistant",
            Self::Agent(name) => name,
            Self::Notice => "notice",
        }
    }
}

/// A line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) message_id: String,
    pub(super) speaker: Speaker,
    pub(super) text: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    lines: BTreeMap<u64, Line>,
    /// What is older than the kept lines has been taken in before.
    forgotten_upto: u64,
    /// Messages that were shown before the log was read again from its start.
    shown: HashSet<String>,
}

impl Transcript {
    /// Takes a line in. Tells whether it was not known, by its place or, after a new start, by its message.
    pub(super) fn take_in(&mut self, seq: u64, line: Line) -> bool {
        if seq <= self.forgotten_upto || self.lines.contains_key(&seq) {
            return false;
        }
        let is_new = !self.shown.remove(&line.message_id);
        self.lines.insert(seq, line);
        if self.lines.len() > LINES_MAX
            && let Some((oldest, _)) = self.lines.pop_first()
        {
            self.forgotten_upto = oldest;
        }
        is_new
    }

    /// Begins again: the log is read from its start. What was shown is not shown again.
    pub(super) fn start_again(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.shown = lines.into_values().map(|line| line.message_id).collect();
        self.forgotten_upto = 0;
    }

    /// The lines, oldest first.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &Line)> {
        self.lines.iter().map(|(seq, line)| (*seq, line))
    }

    /// Whether the last word is somebody else's.
    pub(super) fn is_answered(&self) -> bool {
        self.lines.last_key_value().is_none_or(|(_, line)| line.speaker != Speaker::Me)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message_id: &str) -> Line {
        Line { message_id: message_id.to_owned(), speaker: Speaker::Assistant, text: message_id.to_owned() }
    }

    #[test]
    fn the_oldest_lines_go_and_do_not_come_back() {
        let mut transcript = Transcript::default();
        for seq in 1..=LINES_MAX as u64 + 2 {
            assert!(transcript.take_in(seq, line(&format!("m{seq}"))));
        }
        assert_eq!(transcript.lines().count(), LINES_MAX);
        assert_eq!(transcript.lines().next().unwrap().0, 3);
        assert!(!transcript.take_in(2, line("m2")));
    }

    #[test]
    fn after_a_new_start_only_what_was_never_shown_is_new() {
        let mut transcript = Transcript::default();
        assert!(transcript.take_in(1, line("a")));
        transcript.start_again();
        assert!(!transcript.take_in(1, line("a")));
        assert!(transcript.take_in(2, line("b")));
        assert_eq!(transcript.lines().count(), 2);
    }
}
