//! Questions that the assistant had no answer to, those that ask the same counted together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::FaqId;
use super::{OrganizationId, Reading, SessionId, Timestamp};

/// The most groups of an organization; beyond it those that matter least are forgotten.
pub const GROUPS_MAX: usize = 500;

/// The most examples that a group shows.
pub const EXAMPLES_MAX: usize = 5;

/// How much of a question is kept, in characters.
pub const TEXT_MAX_CHARS: usize = 300;

/// The most sessions beside the first that an example knows to have asked the same. What so many asked is nobody's own.
pub const ALSO_MAX: usize = 8;

/// The most words that a group is known by.
pub const TERMS_MAX: usize = 24;

/// The intent of what was not understood.
const UNKNOWN: &str = "unknown";

/// The intent of an answer that was not given because it is in another language than the one that is fixed.
pub const LANGUAGE_WITHHELD: &str = "language_withheld";

/// A group of questions that ask the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Its id.
    pub id: Uuid,
    /// Whose customers asked.
    pub organization: OrganizationId,
    /// The question as it was asked first, without anybody's own values.
    pub question: String,
    /// The stems of its content words, in their order.
    pub terms: Vec<String>,
    /// The first few ways in which it was asked.
    pub examples: Vec<Example>,
    /// How often it was asked.
    pub asked: u64,
    /// When first.
    pub first_seen: Timestamp,
    /// When last.
    pub last_seen: Timestamp,
    /// What became of it.
    pub status: Status,
    /// When somebody settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// The question and answer that it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faq: Option<FaqId>,
}

/// One way in which it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The words, without anybody's own values.
    pub text: String,
    /// Where.
    pub session: SessionId,
    /// Others in which the very same was asked: it stays theirs when the first one is forgotten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<SessionId>,
    /// When.
    pub at: Timestamp,
}

/// What became of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing yet.
    Open,
    /// Somebody wrote an answer.
    Answered,
    /// Nobody is going to.
    Dismissed,
}

impl Unanswered {
    /// A question that nobody has asked before; [`Self::ask`] counts it.
    pub const fn new(
        id: Uuid,
        organization: OrganizationId,
        question: String,
        terms: Vec<String>,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            organization,
            question,
            terms,
            examples: Vec::new(),
            asked: 0,
            first_seen: at,
            last_seen: at,
            status: Status::Open,
            settled_at: None,
            faq: None,
        }
    }

    /// It was asked once more. One that was answered is open again when it is asked in vain after that.
    pub fn ask(&mut self, example: Example) {
        self.asked = self.asked.saturating_add(1);
        self.first_seen = self.first_seen.min(example.at);
        self.last_seen = self.last_seen.max(example.at);
        if self.status == Status::Answered && self.settled_at.is_none_or(|settled| settled < example.at) {
            (self.status, self.settled_at) = (Status::Open, None);
        }
        if let Some(known) = self.examples.iter_mut().find(|known| known.text.eq_ignore_ascii_case(&example.text)) {
            known.asked_in(example.session);
        } else if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example);
        }
    }

    /// Takes out what was asked in a session; says whether anything was. The count stays, and so does the group, under the
    /// words of somebody else. One without any examples is left of nobody's words but the forgotten ones: the caller removes
    /// it, and of any other makes the terms anew from its question.
    pub fn forget_session(&mut self, session: &SessionId) -> bool {
        let mut forgotten = false;
        self.examples.retain_mut(|example| {
            let was_asked = example.session == *session || example.also.contains(session);
            forgotten |= was_asked;
            !was_asked || example.forget(session)
        });
        if forgotten && !self.examples.iter().any(|example| example.text == self.question) {
            self.question = self.examples.first().map(|next| next.text.clone()).unwrap_or_default();
        }
        forgotten
    }

    /// What goes first when there are too many groups: what is settled, then what was asked least, then what was longest ago.
    pub fn weight(&self) -> (bool, u64, Timestamp, Uuid) {
        (self.status == Status::Open, self.asked, self.last_seen, self.id)
    }
}

impl Example {
    /// The same was asked in another session.
    fn asked_in(&mut self, session: SessionId) {
        if self.session != session && !self.also.contains(&session) && self.also.len() < ALSO_MAX {
            self.also.push(session);
        }
    }

    /// Forgets that it was asked in a session; says whether it was in another one too.
    fn forget(&mut self, session: &SessionId) -> bool {
        self.also.retain(|other| other != session);
        if self.session != *session {
            return true;
        }
        if self.also.is_empty() {
            return false;
        }
        self.session = self.also.remove(0);
        true
    }
}

impl Status {
    /// The status as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Whether a reading says that there was no answer; a question back claims none, and counts only where nothing was understood.
pub fn lacks_answer(reading: &Reading, asks_back: bool, confidence_floor: f32) -> bool {
    [UNKNOWN, LANGUAGE_WITHHELD].contains(&reading.intent.as_str())
        || (!asks_back && reading.clipped().confidence < confidence_floor)
}

/// How much two sets of words have in common, 0..1.
pub fn overlap(one: &[String], other: &[String]) -> f32 {
    let (one, other): (BTreeSet<_>, BTreeSet<_>) = (one.iter().collect(), other.iter().collect());
    let all = one.union(&other).count();
    if all == 0 { 0.0 } else { one.intersection(&other).count() as f32 / all as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(text: &str, session: &str, at: i64) -> Example {
        let session = SessionId::parse(session).unwrap();
        Example { text: text.to_owned(), session, also: Vec::new(), at: Timestamp::from_ms(at) }
    }

    fn group() -> Unanswered {
        let organization = OrganizationId::default_organization();
        let terms = vec!["bike".to_owned()];
        Unanswered::new(Uuid::nil(), organization, "Do you repair bikes?".to_owned(), terms, Timestamp::from_ms(5))
    }

    #[test]
    fn what_is_asked_in_vain_after_its_answer_is_open_again_and_what_was_dismissed_is_not() {
        let mut answered = Unanswered { status: Status::Answered, settled_at: Some(Timestamp::from_ms(10)), ..group() };
        answered.ask(example("bikes?", "a", 10));
        assert_eq!(answered.status, Status::Answered);
        answered.ask(example("bikes?", "a", 11));
        assert_eq!((answered.status, answered.asked), (Status::Open, 2));
        let mut dismissed =
            Unanswered { status: Status::Dismissed, settled_at: Some(Timestamp::from_ms(10)), ..group() };
        dismissed.ask(example("bikes?", "a", 11));
        assert_eq!((dismissed.status, dismissed.asked), (Status::Dismissed, 1));
    }

    #[test]
    fn a_few_different_examples_are_kept_and_forgotten_with_their_session() {
        let mut group = group();
        for n in 0..20 {
            group.ask(example(&format!("bike {}", n % 10), &format!("s{n}"), n));
        }
        assert_eq!((group.asked, group.examples.len()), (20, EXAMPLES_MAX));
        for session in ["s1", "s11"] {
            assert!(group.forget_session(&SessionId::parse(session).unwrap()));
            assert!(!group.forget_session(&SessionId::parse(session).unwrap()));
        }
        assert_eq!(group.examples.len(), EXAMPLES_MAX - 1, "both who asked it are forgotten");
    }

    #[test]
    fn what_somebody_else_asked_in_the_same_words_stays_theirs() {
        let forget = |group: &mut Unanswered, session: &str| group.forget_session(&SessionId::parse(session).unwrap());
        let mut group = group();
        group.ask(example("Do you repair bikes?", "first", 5));
        group.ask(example("do you repair BIKES?", "second", 6));
        group.ask(example("Repair of bikes", "third", 7));
        assert!(forget(&mut group, "first"));
        assert_eq!((group.question.as_str(), group.examples.len()), ("Do you repair bikes?", 2));
        assert!(forget(&mut group, "second"));
        assert_eq!((group.question.as_str(), group.examples.len()), ("Repair of bikes", 1));
        assert!(forget(&mut group, "third"));
        assert_eq!((group.question.as_str(), group.examples.len(), group.asked), ("", 0, 3));
        for number in 0..2 * ALSO_MAX {
            group.ask(example("bikes?", &format!("s{number}"), 8));
        }
        assert_eq!(group.examples[0].also.len(), ALSO_MAX);
    }

    #[test]
    fn a_question_back_lacks_an_answer_only_where_nothing_was_understood() {
        let reading =
            |intent: &str, confidence| Reading { intent: intent.to_owned(), confidence, entities: Vec::new() };
        assert!(lacks_answer(&reading("unknown", 0.9), true, 0.7));
        assert!(lacks_answer(&reading(LANGUAGE_WITHHELD, 1.0), true, 0.7));
        assert!(lacks_answer(&reading("returns", 0.6), false, 0.7));
        assert!(!lacks_answer(&reading("returns", 0.6), true, 0.7));
        assert!(!lacks_answer(&reading("returns", 0.7), false, 0.7));
    }
}
