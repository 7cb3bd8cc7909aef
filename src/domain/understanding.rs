//! How the assistant understood customers' messages, read from the log: a message itself says nothing of it, what came of
//! its turn does.

use super::event::TurnOutcome;
use super::message::{Author, Message, Notice};
use super::{Event, Reading};

/// How a run of a customer's messages was understood, and what the assistant had to say to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Understanding {
    /// The `seq` of the first message that it is about.
    pub turn: u64,
    /// The `seq` of the newest one.
    pub upto: u64,
    /// How they were understood; of an empty intent where nothing was.
    pub reading: Reading,
    /// What the assistant said, or would have.
    pub said: Said,
}

/// What became of the assistant's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// They were posted.
    Posted(String),
    /// They were suggested, to the staff alone.
    Suggested(String),
    /// There were none.
    Nothing,
}

/// Finds them in a session's events, taken in order.
#[derive(Debug, Default)]
pub struct Listener {
    heard: Option<(Reading, Said)>,
    found: Vec<Understanding>,
}

impl Understanding {
    /// What the assistant said or would have said, for the staff.
    pub fn text(&self) -> Option<&str> {
        match &self.said {
            Said::Posted(text) | Said::Suggested(text) => Some(text),
            Said::Nothing => None,
        }
    }

    /// What the assistant said to the customer.
    pub fn posted(&self) -> Option<&str> {
        match &self.said {
            Said::Posted(text) => Some(text),
            Said::Suggested(_) | Said::Nothing => None,
        }
    }

    const fn covers(&self, seq: u64) -> bool {
        self.turn <= seq && seq <= self.upto
    }
}

impl Listener {
    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Posted(message) => self.posted(message),
            Event::TurnEnded { turn, upto, outcome } => self.ended(*turn, *upto, *outcome),
            Event::Suggested(suggestion) => {
                let said = suggestion.text.clone().map_or(Said::Nothing, Said::Suggested);
                let reading = suggestion.reading.clone();
                self.found.push(Understanding { turn: suggestion.turn, upto: suggestion.upto, reading, said });
            }
            Event::Started(_)
            | Event::OwnerMoved { .. }
            | Event::Condensed(_)
            | Event::ContextReset { .. }
            | Event::CommandParked { .. }
            | Event::Desk(_) => {}
        }
    }

    /// How the customer's message at `seq` was understood, if that is known yet. Where the assistant was heard twice, what it
    /// had words for counts.
    pub fn of(&self, seq: u64) -> Option<&Understanding> {
        let covering = || self.found.iter().filter(|found| found.covers(seq));
        covering().find(|found| found.text().is_some()).or_else(|| covering().next())
    }

    fn posted(&mut self, message: &Message) {
        let reading = || message.reading.clone().unwrap_or_default();
        match &message.author {
            Author::Assistant => self.heard = Some((reading(), Said::Posted(message.body.as_str().to_owned()))),
            Author::Notice(Notice::Handover) => self.heard = Some((reading(), Said::Nothing)),
            Author::Notice(Notice::Queued | Notice::Fallback | Notice::OutOfHours | Notice::Service) => {}
            Author::Customer | Author::Agent { .. } => self.heard = None,
        }
    }

    /// What was said with the end of a turn stands right before it.
    fn ended(&mut self, turn: u64, upto: u64, outcome: TurnOutcome) {
        let heard = self.heard.take();
        match outcome {
            TurnOutcome::Replied | TurnOutcome::HandedOver | TurnOutcome::Fallback => {
                let (reading, said) = heard.unwrap_or((Reading::default(), Said::Nothing));
                self.found.push(Understanding { turn, upto, reading, said });
            }
            TurnOutcome::Queued | TurnOutcome::TakenOver | TurnOutcome::Closed => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::plain_message;
    use super::super::event::Suggestion;
    use super::super::{Body, MessageId, Timestamp};
    use super::*;

    fn reading(intent: &str) -> Reading {
        Reading { intent: intent.to_owned(), confidence: 0.9, entities: Vec::new() }
    }

    fn posted(author: Author, text: &str, intent: Option<&str>) -> Event {
        let id = MessageId(uuid::Uuid::from_u128(1));
        let message = plain_message(id, author, Body::clipped(text), Timestamp::from_ms(0));
        Event::Posted(Message { reading: intent.map(reading), ..message })
    }

    fn ended(turn: u64, upto: u64, outcome: TurnOutcome) -> Event {
        Event::TurnEnded { turn, upto, outcome }
    }

    fn listened(events: &[Event]) -> Listener {
        let mut listener = Listener::default();
        events.iter().for_each(|event| listener.take(event));
        listener
    }

    fn intent(listener: &Listener, seq: u64) -> Option<(&str, Option<&str>)> {
        listener.of(seq).map(|found| (found.reading.intent.as_str(), found.text()))
    }

    #[test]
    fn an_answer_says_how_each_message_of_its_burst_was_understood() {
        let listener = listened(&[
            posted(Author::Customer, "hi", None),
            posted(Author::Customer, "returns?", None),
            posted(Author::Assistant, "30 days.", Some("return_policy")),
            ended(2, 3, TurnOutcome::Replied),
            posted(Author::Customer, "hm", None),
        ]);
        assert_eq!(intent(&listener, 2), Some(("return_policy", Some("30 days."))));
        assert_eq!(intent(&listener, 2), intent(&listener, 3));
        assert_eq!(intent(&listener, 6), None);
    }

    #[test]
    fn an_answer_that_was_kept_back_is_found_beside_the_handover() {
        let suggestion = |turn, upto| {
            let text = Some("30 days.".to_owned());
            Event::Suggested(Suggestion { turn, upto, reading: reading("refund"), text, at: Timestamp::from_ms(0) })
        };
        let listener = listened(&[
            posted(Author::Customer, "refund?", None),
            suggestion(2, 2),
            posted(Author::Notice(Notice::Handover), "wait", Some("refund")),
            posted(Author::Notice(Notice::Queued), "wait", None),
            ended(2, 2, TurnOutcome::HandedOver),
            posted(Author::Customer, "well?", None),
            suggestion(7, 7),
        ]);
        assert_eq!(intent(&listener, 2), Some(("refund", Some("30 days."))));
        assert_eq!(listener.of(2).and_then(Understanding::posted), None);
        assert_eq!(intent(&listener, 7), Some(("refund", Some("30 days."))));
    }

    #[test]
    fn a_turn_that_nobody_understood_is_of_no_intent_and_one_that_was_taken_over_is_not_known() {
        let listener = listened(&[
            posted(Author::Customer, "a", None),
            posted(Author::Notice(Notice::Fallback), "sorry", None),
            ended(2, 2, TurnOutcome::Fallback),
            posted(Author::Customer, "b", None),
            posted(Author::Agent { user: super::super::UserId(uuid::Uuid::nil()), name: name() }, "hello", None),
            ended(5, 5, TurnOutcome::TakenOver),
        ]);
        assert_eq!(intent(&listener, 2), Some(("", None)));
        assert_eq!(intent(&listener, 5), None);
    }

    fn name() -> super::super::PersonName {
        super::super::PersonName::parse("name", "Ada").unwrap()
    }
}
