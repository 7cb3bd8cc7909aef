//! Hears a whole burst: which topics it wants, in order, and what was not understood.

use std::borrow::Cow;

use super::intent::Match;
use super::reading::Found;
use super::text::{self, Segment};
use super::{Builtin, DENY, Topic};
use crate::assistant::Turn;

/// The longest burst, in words, that may be one sentence sent in pieces.
const PIECES_MAX_WORDS: usize = 16;

/// The longest wish for a human, in words; a longer text may only mention one.
const HUMAN_REQUEST_MAX_WORDS: usize = 24;

/// Up to so many words, naming a human is asking for one: "human agent".
const HUMAN_NAMED_MAX_WORDS: usize = 3;

/// Up to so many words, a word for wishing beside a human is asking for one; longer texts tell of one.
const HUMAN_WISHED_MAX_WORDS: usize = 10;

/// The similarity that a rule about words for people counts for.
const RULED_SCORE: f32 = 0.95;

const GREETINGS: &[&str] = &["hello", "hi", "hey", "howdy", "greetings", "dear", "hallo", "helo", "hii", "heya"];
const AFTER_GREETINGS: &[&str] =
    &["there", "team", "all", "everyone", "bot", "sir", "madam", "support", "again", "folks", "guys"];
const DAY_TIMES: &[&str] = &["morning", "afternoon", "evening", "day"];

const TALK: &[&str] = &["talk", "speak", "chat", "connect", "transfer", "talking", "speaking", "chatting", "escalate"];
const WISH: &[&str] = &["want", "need", "get", "give", "prefer", "rather", "like", "please", "put", "call"];
const REAL: &[&str] = &["real", "live", "actual"];
const PERSON: &[&str] = &["person", "people"];
const HUMAN: &[&str] =
    &["human", "humans", "agent", "agents", "representative", "representatives", "operator", "supervisor", "manager"];
const SOMEBODY: &[&str] =
    &["someone", "somebody", "staff", "rep", "advisor", "adviser", "employee", "colleague", "team"];
const NOT: &[&str] = &["not", "dont", "no", "never", "without", "cant", "doesnt", "didnt", "isnt"];
const MACHINE: &[&str] = &["bot", "robot", "machine", "computer", "chatbot", "ai"];
const OTHER_QUESTION: &[&str] = &["what", "when", "why", "which", "are", "am", "is", "who", "whats"];
const YES: &[&str] =
    &["yes", "yeah", "yep", "yup", "sure", "ok", "okay", "please", "absolutely", "definitely", "ya", "y", "alright"];

/// What a text says about a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HumanWish {
    Wants,
    Refuses,
    Silent,
}

/// What a burst wants.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// It opens with a greeting.
    pub greeted: bool,
    /// Its topics, each once, in the order of the burst.
    pub wants: Vec<Match>,
    /// A question was not understood.
    pub missed_question: bool,
    /// The best similarity of what stayed below the floor.
    pub best_miss: f32,
    /// Its first word says yes.
    pub says_yes: bool,
    /// The organization has knowledge of its own, so that the facts of the starter file are not its.
    pub informed: bool,
    /// What its own knowledge answers, in the order of the burst.
    pub found: Vec<Found>,
}

impl Builtin {
    /// Reads every message of the turn.
    pub(super) fn listen(&self, turn: &Turn) -> Heard {
        let mut heard = Heard::default();
        let messages: Vec<Cow<'_, str>> = turn.messages.iter().map(|message| self.readable(message)).collect();
        for message in &messages {
            for segment in text::segments(message) {
                self.hear_segment(segment, &mut heard);
            }
        }
        if messages.len() > 1 {
            self.hear_pieces(&messages.join(" "), &mut heard);
        }
        heard.says_yes = messages.first().is_some_and(|first| says_yes(first));
        heard
    }

    /// The topic behind a match.
    pub(super) fn topic(&self, found: &Match) -> &Topic {
        &self.knowledge.topics[found.topic]
    }

    pub(super) fn readable<'a>(&self, message: &'a str) -> Cow<'a, str> {
        self.patterns.without_values(message).map_or(Cow::Borrowed(message), Cow::Owned)
    }

    pub(super) fn hear_segment(&self, segment: Segment<'_>, heard: &mut Heard) {
        let rest = after_greeting(segment.text);
        heard.greeted |= rest.len() < segment.text.len();
        let wanted = if rest.is_empty() { segment.text } else { rest };
        if self.hear_halves(wanted, heard) || self.hear_text(wanted, heard).is_some() {
            return;
        }
        let mut understood = false;
        for clause in text::clauses(rest).filter(|clause| clause.text.len() < rest.len()) {
            understood |= self.hear_text(clause.text, heard).is_some();
        }
        heard.missed_question |= !understood && (segment.asks || text::segments(rest).iter().any(|s| s.asks));
    }

    /// Two wishes that an "and" joins, if each is plainer alone than both together.
    fn hear_halves(&self, text: &str, heard: &mut Heard) -> bool {
        let Some((first, second)) = text.split_once(" and ") else { return false };
        let (Some(first), Some(second)) =
            (self.understand(first, heard.informed), self.understand(second, heard.informed))
        else {
            return false;
        };
        let whole = self.understand(text, heard.informed).map_or(0.0, |whole| whole.score);
        let both = first.topic != second.topic && first.score.min(second.score) > whole;
        if both {
            heard.want(first);
            heard.want(second);
        }
        both
    }

    /// One sentence sent as several messages: "where is", "my order".
    fn hear_pieces(&self, joined: &str, heard: &mut Heard) {
        let joined = after_greeting(joined);
        if joined.split_whitespace().count() > PIECES_MAX_WORDS {
            return;
        }
        let Some(whole) = self.understand(joined, heard.informed) else { return };
        let best =
            heard.wants.iter().filter(|want| !self.topic(want).small_talk).map(|want| want.score).fold(0.0, f32::max);
        if whole.score >= best {
            heard.wants = vec![whole];
            heard.missed_question = false;
        }
    }

    fn hear_text(&self, text: &str, heard: &mut Heard) -> Option<Match> {
        let found = self.understand(text, heard.informed);
        match found {
            Some(found) => heard.want(found),
            None => heard.best_miss = heard.best_miss.max(self.classifier.best(text).map_or(0.0, |miss| miss.score)),
        }
        found
    }

    /// The topic that a text is about. To an organization with knowledge of its own the facts of the starter file are none.
    fn understand(&self, text: &str, informed: bool) -> Option<Match> {
        let holds =
            |found: &Match| found.score >= self.knowledge.floor && !(informed && self.topic(found).id.is_some());
        let best = self.classifier.best(text).filter(holds);
        let topics = &self.knowledge.topics;
        let ruled = match human_wish(text) {
            HumanWish::Wants => topics.iter().position(|topic| topic.hand_over.is_some()),
            HumanWish::Refuses => topics.iter().position(|topic| topic.intent == DENY),
            HumanWish::Silent => None,
        };
        ruled.map(|topic| Match { topic, score: RULED_SCORE, runner_up: 0.0 }).or(best)
    }
}

impl Heard {
    pub(super) fn want(&mut self, found: Match) {
        match self.wants.iter_mut().find(|want| want.topic == found.topic) {
            Some(want) if want.score < found.score => *want = found,
            Some(_) => {}
            None => self.wants.push(found),
        }
    }
}

/// Whether the text's first word says yes.
pub(super) fn says_yes(text: &str) -> bool {
    YES.contains(&first_word(text).as_str())
}

/// The text without the greeting that it opens with.
pub(super) fn after_greeting(text: &str) -> &str {
    let mut rest = text.trim_start();
    let mut last = String::new();
    loop {
        let word = first_word(rest);
        let greets = GREETINGS.contains(&word.as_str())
            || (word == "good" && DAY_TIMES.contains(&first_word(without_word(rest)).as_str()))
            || (last == "good" && DAY_TIMES.contains(&word.as_str()))
            || (!last.is_empty() && AFTER_GREETINGS.contains(&word.as_str()));
        if !greets {
            return rest;
        }
        rest = without_word(rest);
        last = word;
    }
}

fn first_word(text: &str) -> String {
    let word = text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '\'').next().unwrap_or_default();
    word.to_lowercase()
}

fn without_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '\'').unwrap_or(text.len());
    text[end..].trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// Whether the text asks for a person, by the words for wanting and for people; examples catch the rest.
fn human_wish(text: &str) -> HumanWish {
    let mut count = 0;
    let (mut talk, mut wish, mut real, mut not) = (false, false, false, false);
    let (mut human, mut person, mut somebody, mut machine) = (false, false, false, false);
    text::words(text, &mut String::new(), |word| {
        count += 1;
        talk |= TALK.contains(&word);
        wish |= WISH.contains(&word);
        real |= REAL.contains(&word);
        not |= NOT.contains(&word);
        human |= HUMAN.contains(&word);
        person |= PERSON.contains(&word);
        somebody |= SOMEBODY.contains(&word);
        machine |= MACHINE.contains(&word);
    });
    let brief = human && (count <= HUMAN_NAMED_MAX_WORDS || (wish && count <= HUMAN_WISHED_MAX_WORDS));
    let named = brief || (talk && (human || somebody || person)) || (real && (human || person));
    if !named || count > HUMAN_REQUEST_MAX_WORDS || OTHER_QUESTION.contains(&first_word(text).as_str()) {
        return HumanWish::Silent;
    }
    if not && !machine { HumanWish::Refuses } else { HumanWish::Wants }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_is_taken_off_the_front() {
        assert_eq!(after_greeting("Hello, I need help"), "I need help");
        assert_eq!(after_greeting("Good morning team! where is it"), "where is it");
        assert_eq!(after_greeting("hi there"), "");
        assert_eq!(after_greeting("Goods arrived"), "Goods arrived");
        assert_eq!(after_greeting("good job"), "good job");
    }

    #[test]
    fn a_wish_for_a_human_is_told_from_a_mention() {
        for wish in [
            "can I speak to a real person?",
            "I need a human",
            "connect me with somebody",
            "I don't want a bot, get me an agent",
            "I'd like to talk to your supervisor",
            "how do I talk to a person",
        ] {
            assert_eq!(human_wish(wish), HumanWish::Wants, "{wish}");
        }
        for mention in [
            "are you a human",
            "am I talking to a real person?",
            "when can I speak to an agent",
            "someone stole my package",
            "I need help, your agent told me last week that the money would come",
            "I look forward to hearing from your team",
            "can someone tell me the real price",
        ] {
            assert_eq!(human_wish(mention), HumanWish::Silent, "{mention}");
        }
        assert_eq!(human_wish("I don't want to talk to an agent"), HumanWish::Refuses);
    }
}
