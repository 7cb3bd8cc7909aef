//! Machines that answer machines: an answering service at the other end gets an answer, answers that, and so on without end, and each
//! turn costs money. Whoever says the same thing again and again, or writes faster than people do, is heard and not answered.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher as _;

use crate::domain::Timestamp;

/// How long what somebody said counts, in milliseconds.
const WINDOW_MS: u64 = 60 * 60 * 1_000;

/// The same words of one person within that time that are answered.
const REPEATED_MAX: usize = 10;

/// Messages of one person within that time that are answered.
const WRITTEN_MAX: usize = 240;

/// People who are kept in mind; twice as many for a while.
const PEOPLE_MAX: usize = 10_000;

/// See the module. What it knows is gone with the process, which begins to count anew.
#[derive(Debug, Default)]
pub struct Brake {
    hasher: foldhash::fast::RandomState,
    recent: HashMap<String, Said, foldhash::fast::RandomState>,
    /// Who was not heard of since there were too many.
    older: HashMap<String, Said, foldhash::fast::RandomState>,
}

/// What one person said, the oldest first.
#[derive(Debug, Default)]
struct Said {
    messages: VecDeque<Message>,
}

#[derive(Debug, Clone, Copy)]
struct Message {
    at: Timestamp,
    id: u64,
    words: u64,
}

impl Brake {
    /// Counts a message, once by its id, and says whether its sender had enough answers already.
    pub fn is_enough(&mut self, who: &str, id: &str, words: &str, now: Timestamp) -> bool {
        let message = Message { at: now, id: self.hasher.hash_one(id), words: self.hasher.hash_one(words.trim()) };
        if !self.recent.contains_key(who) {
            if self.recent.len() >= PEOPLE_MAX {
                self.older = std::mem::take(&mut self.recent);
            }
            let known = self.older.remove(who).unwrap_or_default();
            self.recent.insert(who.to_owned(), known);
        }
        self.recent.get_mut(who).is_some_and(|said| said.is_enough(message))
    }
}

impl Said {
    fn is_enough(&mut self, message: Message) -> bool {
        while self.messages.front().is_some_and(|first| message.at.since_ms(first.at) >= WINDOW_MS) {
            self.messages.pop_front();
        }
        if self.messages.iter().any(|known| known.id == message.id) {
            return false;
        }
        let repeated = self.messages.iter().filter(|known| known.words == message.words).count();
        if repeated >= REPEATED_MAX || self.messages.len() >= WRITTEN_MAX {
            return true;
        }
        self.messages.push_back(message);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: usize) -> Timestamp {
        Timestamp::from_ms(s as i64 * 1_000)
    }

    #[test]
    fn who_says_the_same_without_end_is_not_answered_without_end() {
        let mut brake = Brake::default();
        let says = |brake: &mut Brake, n: usize, words: &str| brake.is_enough("ann", &n.to_string(), words, at(n));
        for n in 0..REPEATED_MAX {
            assert!(!says(&mut brake, n, "I am away."), "{n}");
        }
        assert!(says(&mut brake, 10, " I am away.\n"));
        assert!(!says(&mut brake, 3, "I am away."), "what comes again is no other message");
        assert!(!says(&mut brake, 11, "Back now, hello?"), "other words are a person's");
        assert!(!brake.is_enough("bo", "1", "I am away.", at(12)));
        assert!(!says(&mut brake, 3_601, "I am away."), "an hour later");
    }

    #[test]
    fn who_writes_faster_than_people_do_is_not_answered_without_end() {
        let mut brake = Brake::default();
        let says = |brake: &mut Brake, n: usize| brake.is_enough("ann", &n.to_string(), &format!("It is {n}"), at(n));
        assert_eq!((0..WRITTEN_MAX + 5).filter(|n| says(&mut brake, *n)).count(), 5);
    }

    #[test]
    fn many_others_do_not_make_room_for_whoever_goes_on() {
        let mut brake = Brake::default();
        for n in 0..PEOPLE_MAX * 4 {
            let enough = brake.is_enough("loop", &format!("l{n}"), "I am away.", Timestamp::from_ms(1));
            assert_eq!(enough, n >= REPEATED_MAX, "{n}");
            brake.is_enough(&format!("p{n}"), "1", "Hello", Timestamp::from_ms(1));
        }
        assert!(brake.recent.len() + brake.older.len() <= 2 * PEOPLE_MAX);
    }
}
