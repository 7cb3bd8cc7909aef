//! Who is typing. Ephemeral: never stored, and it ends by itself when nobody says so.

use super::{Timestamp, UserId};

/// How long somebody counts as typing without saying so again.
pub const TYPING_EXPIRY_MS: i64 = 8_000;

/// The most people who are followed in one session.
const TYPISTS_MAX: usize = 16;

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typist {
    /// The customer.
    Customer,
    /// The assistant.
    Assistant,
    /// An agent.
    Agent(UserId),
}

/// A change that others in the session should see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypingChange {
    /// Who.
    pub who: Typist,
    /// Whether they type now.
    pub active: bool,
}

/// Those who type in one session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typing {
    until: Vec<(Typist, Timestamp)>,
}

impl Typing {
    /// Somebody types, or goes on typing.
    pub fn start(&mut self, who: Typist, now: Timestamp) -> Option<TypingChange> {
        let until = now.plus_ms(TYPING_EXPIRY_MS);
        if let Some(known) = self.until.iter_mut().find(|(typist, _)| *typist == who) {
            known.1 = until;
            return None;
        }
        if self.until.len() >= TYPISTS_MAX {
            return None;
        }
        self.until.push((who, until));
        Some(TypingChange { who, active: true })
    }

    /// Somebody stopped, or sent what they typed.
    pub fn stop(&mut self, who: Typist) -> Option<TypingChange> {
        let at = self.until.iter().position(|(typist, _)| *typist == who)?;
        self.until.swap_remove(at);
        Some(TypingChange { who, active: false })
    }

    /// Ends what was not renewed in time, and what a clock that went back left too far ahead.
    pub fn expire(&mut self, now: Timestamp) -> Vec<TypingChange> {
        let furthest = now.plus_ms(TYPING_EXPIRY_MS);
        let (over, going): (Vec<_>, Vec<_>) =
            self.until.drain(..).partition(|(_, until)| *until <= now || *until > furthest);
        self.until = going;
        over.into_iter().map(|(who, _)| TypingChange { who, active: false }).collect()
    }

    /// When the next one ends, if anybody types.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.until.iter().map(|(_, until)| *until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_ends_by_itself_unless_it_is_renewed() {
        let mut typing = Typing::default();
        let start = Timestamp::from_ms(1_000);
        assert_eq!(typing.start(Typist::Customer, start), Some(TypingChange { who: Typist::Customer, active: true }));
        assert_eq!(typing.start(Typist::Customer, start.plus_ms(5_000)), None);
        assert!(typing.expire(start.plus_ms(TYPING_EXPIRY_MS)).is_empty());
        let over = typing.expire(start.plus_ms(5_000 + TYPING_EXPIRY_MS));
        assert_eq!(over, [TypingChange { who: Typist::Customer, active: false }]);
        assert_eq!(typing.stop(Typist::Customer), None);
    }
}
