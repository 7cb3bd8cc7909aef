//! A session's short-term memory: the last lines within a budget, with markers of who owned the session.

use std::collections::VecDeque;
use std::sync::Arc;

/// The most lines that are remembered.
pub const MEMORY_MAX_LINES: usize = 40;

/// The most text that is remembered, in bytes: about 3,000 tokens.
pub const MEMORY_MAX_BYTES: usize = 12 * 1024;

/// How many of the newest events a session's loader reads for the short-term parts. Each line has at most two events
/// beside it (the end of a turn, a reset), so these hold every line that is remembered, unless the desk's stand between.
pub const TAIL_EVENTS: usize = 3 * MEMORY_MAX_LINES;

/// How many are read where the desk's stand between. A line with more than these behind it is forgotten at a restart.
pub const TAIL_MAX_EVENTS: usize = 8 * TAIL_EVENTS;

/// Who said a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The customer.
    Customer,
    /// The assistant, and notices in its place.
    Assistant,
    /// A human agent.
    Agent,
    /// A marker of ours: nobody said it, but a model must know it.
    Marker,
}

/// A remembered line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The `seq` of its event.
    pub seq: u64,
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: Arc<str>,
}

/// The last lines, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Memory {
    /// The lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// What the lines take, in bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a line and forgets the oldest ones beyond the budget; the newest line always stays.
    pub fn push(&mut self, line: Line) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > 1 && (self.lines.len() > MEMORY_MAX_LINES || self.bytes > MEMORY_MAX_BYTES) {
            if let Some(oldest) = self.lines.pop_front() {
                self.bytes -= oldest.text.len();
            }
        }
    }

    /// Whether anything is remembered that was said before `seq`.
    pub fn reaches_before(&self, seq: u64) -> bool {
        self.lines.front().is_some_and(|line| line.seq < seq)
    }

    /// Forgets what was said before `seq`.
    pub fn forget_before(&mut self, seq: u64) {
        while self.reaches_before(seq) {
            if let Some(oldest) = self.lines.pop_front() {
                self.bytes -= oldest.text.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_the_newest_lines_within_its_budget() {
        let mut memory = Memory::default();
        for seq in 0..100 {
            memory.push(Line { seq, speaker: Speaker::Customer, text: "x".repeat(1000).into() });
        }
        assert_eq!(memory.lines().count(), MEMORY_MAX_BYTES / 1000);
        assert_eq!(memory.lines().next_back().unwrap().seq, 99);
        memory.push(Line { seq: 100, speaker: Speaker::Agent, text: "y".repeat(MEMORY_MAX_BYTES * 2).into() });
        assert_eq!(memory.lines().count(), 1);
    }
}
