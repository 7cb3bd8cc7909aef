//! Answers out of the organization's own knowledge: each question of a burst is read against the passages that came with
//! the turn, and what they do not answer is left to the topics.

use std::collections::BTreeSet;

use super::entity::BareNumber;
use super::intent::Match;
use super::listen::Heard;
use super::reading::Found;
use super::text::{self, Segment};
use super::{AFFIRM, Builtin, DENY, QUESTION, listen};
use crate::assistant::{Line, Speaker, Turn};

/// The similarity from which a topic that needs no knowledge (an order's number, a complaint) is meant, where there is knowledge.
const TOPIC_FLOOR: f32 = 0.7;

/// The similarity from which such a topic is meant even if the knowledge holds an answer too.
const TOPIC_SURE: f32 = 0.9;

/// The similarity from which an intent names what a question is counted under.
const INTENT_FLOOR: f32 = 0.5;

/// The most of what was said before that a question may lean on, in messages.
const BEFORE_MAX: usize = 3;

/// The most answers of one reply, and so the most questions that are looked up.
const QUESTIONS_MAX: usize = 6;

/// The most searches for one turn.
const QUERIES_MAX: usize = 8;

/// The longest burst without a question that is read as one, in words.
const STATEMENT_MAX_WORDS: usize = 60;

/// What is taken where no language can be told.
const ENGLISH: &str = "en";

/// One thing that a burst says.
struct Said {
    /// In the customer's words.
    own: String,
    /// In English, as far as it is known; the same where it is English.
    english: String,
    /// Whether it reads as a question.
    asks: bool,
}

/// What a question is read with.
#[derive(Clone, Copy)]
struct Asking<'a> {
    turn: &'a Turn,
    language: &'a str,
    /// What was said before it, nearest first.
    before: &'a [&'a str],
}

/// What came of one question.
enum Looked {
    Found(Found),
    /// The topics know it.
    Topics(Heard),
    /// The best confidence of what was not sure enough.
    Missed(f32),
    /// It said nothing that could be looked up.
    Empty,
}

impl Builtin {
    /// The language of a burst (BCP 47): its own, the one that the customer wrote before, the channel's, or the knowledge's.
    pub(super) fn language_of(&self, turn: &Turn) -> String {
        let burst = turn.messages.join("\n");
        let own = self.reader.language(&burst);
        let before = || {
            let customer = turn.history.iter().rev().filter(|line| line.speaker == Speaker::Customer);
            customer.take(BEFORE_MAX).find_map(|line| self.reader.language(&line.text))
        };
        let hint = || turn.language.as_deref().and_then(|language| language.get(..2)).map(str::to_lowercase);
        let likely = || {
            let likely = self.reader.likely_languages(&burst);
            let held = self.reader.language_of_passages(&turn.passages);
            held.filter(|language| likely.contains(language)).or_else(|| likely.first().copied())
        };
        let told = own.or_else(before).map(str::to_owned).or_else(hint);
        told.or_else(|| likely().map(str::to_owned)).unwrap_or_else(|| ENGLISH.to_owned())
    }

    /// A text in the language of the tables that everything is looked up in.
    pub(super) fn carried(&self, text: &str, language: &str) -> String {
        self.reader.in_english(text, language).unwrap_or_else(|| text.to_owned())
    }

    /// What a burst that the knowledge answers is counted under.
    pub(super) fn intent_of(&self, turn: &Turn, language: &str) -> String {
        let said = self.said(turn, language);
        let asking = said.iter().filter(|one| one.asks);
        let all: Vec<&str> = if said.iter().any(|one| one.asks) {
            asking.map(|one| one.english.as_str()).collect()
        } else {
            said.iter().map(|one| one.english.as_str()).collect()
        };
        let scored = all.iter().filter_map(|text| self.intents.best(listen::after_greeting(text)));
        let best = scored
            .filter(|best| best.score >= INTENT_FLOOR)
            .reduce(|best, other| if other.score > best.score { other } else { best });
        let counted = best.and_then(|best| self.counted.get(best.topic)?.clone());
        counted.unwrap_or_else(|| QUESTION.to_owned())
    }

    /// What to look up for a turn: the burst as a whole, then each question in it, with what it leans on.
    pub fn queries(&self, turn: &Turn) -> Vec<String> {
        let language = self.language_of(turn);
        let said = self.said(turn, &language);
        let before: Vec<String> = said_before(turn).iter().map(|line| self.carried(line, &language)).collect();
        let join = |part: fn(&Said) -> &str| said.iter().map(part).collect::<Vec<_>>().join(" ");
        let mut queries = vec![join(|one| &one.own), join(|one| &one.english)];
        for (at, one) in said.iter().enumerate().filter(|(_, one)| one.asks) {
            let leant_on = at.checked_sub(1).and_then(|at| said.get(at)).map(|one| &one.english).or(before.first());
            queries.push(one.english.clone());
            queries.extend(leant_on.map(|before| format!("{} {before}", one.english)));
        }
        if let (false, Some(before)) = (said.iter().any(|one| one.asks), before.first()) {
            queries.push(format!("{} {before}", join(|one| &one.english)));
        }
        let mut seen = BTreeSet::new();
        queries.retain(|query| query.chars().any(char::is_alphanumeric) && seen.insert(query.clone()));
        queries.truncate(QUERIES_MAX);
        queries
    }

    /// Reads the burst against the passages.
    pub(super) fn consult(&self, turn: &Turn, language: &str) -> Heard {
        let said = self.said(turn, language);
        let before = said_before(turn);
        let mut heard = Heard { informed: turn.has_knowledge, ..Heard::default() };
        let asked: Vec<usize> = (0..said.len()).filter(|at| said[*at].asks).take(QUESTIONS_MAX).collect();
        // A question that says nothing by itself, as "is that ok?".
        let mut leans = false;
        for (at, one) in said.iter().enumerate() {
            if asked.contains(&at) {
                let so_far: Vec<&str> =
                    said[..at].iter().rev().map(|s| s.own.as_str()).chain(before.iter().copied()).collect();
                let asking = Asking { turn, language, before: &so_far[..so_far.len().min(BEFORE_MAX)] };
                let looked = self.look_up(one, asking);
                leans |= self.leans(&looked);
                heard.take(looked);
            } else {
                heard.join(self.topics_in(&one.english, turn));
            }
        }
        if heard.found.is_empty() && said.iter().any(|one| self.reader.says_something(&one.own, language)) {
            self.read_whole(&said, Asking { turn, language, before: &before }, &mut heard);
            heard.missed_question |= leans && heard.found.is_empty();
        }
        heard.says_yes = said.first().is_some_and(|first| listen::says_yes(&first.english));
        heard
    }

    fn said(&self, turn: &Turn, language: &str) -> Vec<Said> {
        let segments = turn.messages.iter().flat_map(|message| text::segments(message));
        let one = |segment: Segment<'_>| {
            let english = self.carried(segment.text, language);
            Said {
                asks: segment.asks || text::asks(listen::after_greeting(&english)),
                english,
                own: segment.text.to_owned(),
            }
        };
        segments.take(text::SEGMENTS_MAX).map(one).collect()
    }

    fn look_up(&self, one: &Said, asking: Asking<'_>) -> Looked {
        let heard = self.topics_in(&one.english, asking.turn);
        let best = self.best_topic(&heard);
        let found = self.read(&one.own, asking);
        let confidence = found.as_ref().map_or(0.0, |found| found.confidence);
        let says_something = || self.reader.says_something(&one.own, asking.language);
        match found {
            Some(found) if confidence >= self.knowledge.answer_floor && best < TOPIC_SURE.max(confidence) => {
                Looked::Found(found)
            }
            Some(_) if says_something() && self.only_agrees(&heard) => Looked::Missed(confidence),
            Some(_) | None if !heard.wants.is_empty() => Looked::Topics(heard),
            Some(found) => Looked::Missed(found.confidence),
            None if says_something() => Looked::Missed(0.0),
            None => Looked::Empty,
        }
    }

    /// The best answer to one question.
    fn read(&self, text: &str, asking: Asking<'_>) -> Option<Found> {
        self.reader.read(listen::after_greeting(text), asking.language, asking.before, &asking.turn.passages)
    }

    /// Whether a question says nothing by itself: "is that ok?" is no yes.
    fn leans(&self, looked: &Looked) -> bool {
        match looked {
            Looked::Empty => true,
            Looked::Topics(heard) => self.only_agrees(heard),
            Looked::Found(_) | Looked::Missed(_) => false,
        }
    }

    /// Whether a yes or no is all that was heard: "ok and what does that cost" wants more.
    fn only_agrees(&self, heard: &Heard) -> bool {
        heard.wants.iter().all(|want| [AFFIRM, DENY].contains(&self.topic(want).intent.as_str()))
    }

    /// A burst without a question, or whose questions say nothing by themselves, as one.
    fn read_whole(&self, said: &[Said], asking: Asking<'_>, heard: &mut Heard) {
        if heard.wants.iter().any(|want| !self.topic(want).small_talk) {
            return;
        }
        let whole = said.iter().map(|one| one.own.as_str()).collect::<Vec<_>>().join("\n");
        if whole.split_whitespace().count() > STATEMENT_MAX_WORDS {
            return;
        }
        match self.read(&whole, asking) {
            Some(found) if found.confidence >= self.knowledge.answer_floor => {
                heard.missed_question = false;
                heard.found.push(found);
            }
            Some(found) => heard.best_miss = heard.best_miss.max(found.confidence),
            None => {}
        }
    }

    /// The topics of a text that hold although the organization has knowledge of its own.
    fn topics_in(&self, text: &str, turn: &Turn) -> Heard {
        let informed = turn.has_knowledge;
        let mut heard = Heard { informed, ..Heard::default() };
        for segment in text::segments(&self.readable(text)) {
            self.hear_segment(segment, &mut heard);
        }
        heard.missed_question = false;
        heard.wants.retain(|want| !informed || self.topic(want).small_talk || want.score >= TOPIC_FLOOR);
        heard.wants.retain(|want| !informed || self.makes_sense(want, turn));
        heard
    }

    /// Whether the topic makes sense to this organization: something of its knowledge, or the customer, speaks of what it is about.
    fn makes_sense(&self, want: &Match, turn: &Turn) -> bool {
        let words = &self.topic(want).only_where;
        let speaks = |text: &str| {
            let text = text.to_lowercase();
            words.iter().any(|word| text.contains(word.as_str()))
        };
        let mut passages = turn.passages.iter();
        let names_it = || self.patterns.find(turn.messages.iter().map(AsRef::as_ref), BareNumber::IsOrderWhenAlone);
        words.is_empty()
            || passages.any(|passage| speaks(&passage.text) || speaks(&passage.source.title))
            || names_it().iter().any(|entity| Some(&entity.kind) == self.topic(want).slot.as_ref())
    }

    fn best_topic(&self, heard: &Heard) -> f32 {
        let real = heard.wants.iter().filter(|want| !self.topic(want).small_talk);
        real.map(|want| want.score).fold(0.0, f32::max)
    }
}

/// What the customer wrote last before this burst.
fn said_before(turn: &Turn) -> Vec<&str> {
    let customer = |line: &&Line| line.speaker == Speaker::Customer;
    turn.history.iter().rev().filter(customer).take(1).map(|line| &*line.text).collect()
}

impl Heard {
    fn take(&mut self, looked: Looked) {
        match looked {
            Looked::Found(found) => {
                if self.found.iter().all(|other| other.text != found.text) {
                    self.found.push(found);
                }
            }
            Looked::Topics(heard) => self.join(heard),
            Looked::Missed(confidence) => {
                self.missed_question = true;
                self.best_miss = self.best_miss.max(confidence);
            }
            Looked::Empty => {}
        }
    }

    fn join(&mut self, heard: Heard) {
        self.greeted |= heard.greeted;
        for want in heard.wants {
            self.want(want);
        }
    }
}
