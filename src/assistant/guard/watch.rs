//! Reads an answer while it is written. What may still be replaced is not told: a word waits until it is whole and the words of
//! a topic with it, a sentence with something of a promise until the answer is whole (`docs/adr/0012-guardrails-in-code.md`).

use std::sync::Arc;

use super::guarded::Edited;
use super::links::Allowed;
use super::meaning::Sense;
use super::promises::{self, Promise};
use super::shield::Shield;
use super::topics::Topics;
use super::{language, texts};
use crate::assistant::builtin::{HUMAN_OFFER, UNKNOWN};
use crate::assistant::{Delta, Passage, Turn};
use crate::domain::unanswered::LANGUAGE_WITHHELD;
use crate::domain::{Action, Answer, AssistantSettings, Reading, Source, TurnResult};

/// The most of an answer that is read, in characters; the rest is not sent.
const ANSWER_MAX_CHARS: usize = 8_000;

/// How much of what was told is read again with what comes, in bytes: more than a phrase or a repeated instruction is long.
const READ_AGAIN_BYTES: usize = 1_024;

/// How far back an opened piece of markup may be that waits for its end, in bytes.
const MARKUP_MAX_BYTES: usize = 600;

/// The intents of questions that nothing of ours knows.
const NOT_UNDERSTOOD: [&str; 3] = ["", UNKNOWN, "other"];

/// Why something is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// It is about a prohibited topic.
    Topic,
    /// It is about nothing that the assistant is for.
    Scope,
    /// It promises what no source says.
    Promise,
    /// It repeats our instructions.
    Leak,
    /// It is in another language than the one that is fixed.
    Language,
}

/// See the module.
pub(super) struct Watch {
    rules: Arc<AssistantSettings>,
    shield: Arc<Shield>,
    passages: Vec<Passage>,
    edited: Arc<Edited>,
    topics: Topics,
    links: Allowed,
    /// The language of our own texts.
    language: String,
    /// Whether the question is surely about what the assistant is for.
    in_scope: bool,
    /// The question means a prohibited topic.
    prohibited: bool,
    reading: Reading,
    /// What was told.
    told: String,
    /// What was not told yet.
    held: String,
    chars: usize,
    /// Nothing more is told before the whole answer is there.
    frozen: bool,
}

impl Watch {
    pub(super) fn new(turn: &Turn, edited: Arc<Edited>, sense: Sense) -> Self {
        let rules = Arc::clone(&turn.rules);
        let scope = Topics::new(&rules.scope);
        let asked = |message: &Arc<str>| scope.any_in(message);
        let in_scope =
            scope.is_empty() || sense.in_scope || turn.pending_slot.is_some() || turn.messages.iter().any(asked);
        Self {
            topics: Topics::new(&rules.prohibited_topics),
            links: Allowed::new(&rules, &turn.passages),
            language: spoken(turn),
            shield: Arc::clone(&turn.shield),
            passages: turn.passages.clone(),
            edited,
            rules,
            in_scope,
            prohibited: sense.prohibited,
            reading: Reading::default(),
            told: String::new(),
            held: String::new(),
            chars: 0,
            frozen: !in_scope,
        }
    }

    /// What is answered to a question that may not be answered at all.
    pub(super) fn declined(&self, turn: &Turn) -> Option<Action> {
        let prohibited = || turn.messages.iter().any(|message| self.topics.any_in(message));
        (self.prohibited || prohibited()).then(|| self.instead(Blocked::Topic))
    }

    /// Takes a delta; gives what may be told of it. Work whose answer will not be told is read to its end all the same: only
    /// then is known what it took.
    pub(super) fn take(&mut self, delta: Delta) -> Vec<Delta> {
        match delta {
            Delta::Understood(reading) => {
                let understood = !NOT_UNDERSTOOD.contains(&reading.intent.as_str());
                if understood && !self.in_scope {
                    (self.in_scope, self.frozen) = (true, false);
                }
                self.reading = reading.clone();
                vec![Delta::Understood(reading)]
            }
            Delta::Text(text) => self.take_text(&text),
            Delta::Withdrawn => {
                self.told.clear();
                self.held.clear();
                (self.chars, self.frozen) = (0, !self.in_scope);
                vec![Delta::Withdrawn]
            }
            Delta::Used(_) | Delta::FallsBack => vec![delta],
            Delta::Done(result) => self.finish(result),
        }
    }

    fn take_text(&mut self, text: &str) -> Vec<Delta> {
        let room = ANSWER_MAX_CHARS.saturating_sub(self.chars);
        let fitting = text.char_indices().nth(room).map_or(text, |(end, _)| &text[..end]);
        self.chars += fitting.chars().count();
        self.held.push_str(fitting);
        let again = &self.told[self.told.ceil_char_boundary(self.told.len().saturating_sub(READ_AGAIN_BYTES))..];
        self.frozen = self.frozen || self.fault(&format!("{again}{}", self.held)).is_some();
        if self.frozen {
            return Vec::new();
        }
        let sure = self.sure();
        self.tell(sure)
    }

    /// Tells so much of what is held.
    fn tell(&mut self, bytes: usize) -> Vec<Delta> {
        let piece: String = self.held.drain(..bytes).collect();
        self.told.push_str(&piece);
        let text = self.links.clean(&piece).into_owned();
        if text.is_empty() { Vec::new() } else { vec![Delta::Text(text)] }
    }

    /// How much of what is held nothing can change any more, in bytes.
    fn sure(&mut self) -> usize {
        let language_open = self.rules.language.is_some()
            && self.told.is_empty()
            && self.held.chars().count() < language::JUDGED_MIN_CHARS;
        if language_open {
            return 0;
        }
        let words = whole_words(&self.held, self.topics.longest().saturating_sub(1));
        let whole = before_open_markup(&self.held[..words]);
        if self.rules.no_promises { self.without_promises(whole) } else { whole }
    }

    /// Ends before the first sentence that promises, or the first word that may become a promise.
    fn without_promises(&mut self, bytes: usize) -> usize {
        let begun = self.told.rfind(['.', '!', '?', '\n']).map_or(0, |at| at + 1);
        let said = format!("{}{}", &self.told[begun..], &self.held[..bytes]);
        let before = self.told.len() - begun;
        let mut from = 0;
        for sentence in promises::sentences(&said) {
            let end = from + sentence.len();
            let whole = promises::sentence_end(sentence).is_some();
            if whole && !promises::in_text(sentence).is_empty() {
                self.frozen = true;
                return from.max(before) - before;
            }
            if !whole && let Some(at) = promises::first_telling_word(sentence) {
                return (from + at).max(before) - before;
            }
            from = end;
        }
        bytes
    }

    fn finish(&mut self, result: TurnResult) -> Vec<Delta> {
        let result = result.map(|action| match action {
            Action::Reply(answer) => self.judged(answer, true, Action::Reply),
            Action::Close(answer) => self.judged(answer, true, Action::Close),
            Action::AskFor { slot, answer } => self.judged(answer, false, |answer| Action::AskFor { slot, answer }),
            Action::HandOver { reason, reading } if self.shield.is_leaked_in(&reason) => {
                let _ = reason;
                Action::HandOver { reason: "The assistant asked for a human.".to_owned(), reading }
            }
            Action::HandOver { .. } => action,
        });
        let stays = matches!(&result, Ok(action) if !self.is_ours(action)) && !self.frozen;
        let mut deltas = if stays { self.tell(self.held.len()) } else { Vec::new() };
        deltas.push(Delta::Done(result));
        deltas
    }

    /// Whether an action is one that stands in the place of another.
    fn is_ours(&self, action: &Action) -> bool {
        let all = [Blocked::Topic, Blocked::Scope, Blocked::Promise, Blocked::Leak, Blocked::Language];
        match action {
            Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => {
                all.iter().any(|blocked| blocked.intent() == answer.reading.intent)
            }
            Action::HandOver { .. } => true,
        }
    }

    fn judged(&self, mut answer: Answer, states: bool, action: impl FnOnce(Answer) -> Action) -> Action {
        if let Some((end, _)) = answer.text.char_indices().nth(ANSWER_MAX_CHARS) {
            answer.text.truncate(end);
        }
        let strays = states && !self.in_scope && answer.sources.is_empty();
        let strays = strays && NOT_UNDERSTOOD.contains(&answer.reading.intent.as_str());
        let fault = self.fault(&answer.text).or_else(|| strays.then_some(Blocked::Scope));
        let fault = fault.or_else(|| self.promises_freely(&answer).then_some(Blocked::Promise));
        if let Some(blocked) = fault {
            return self.instead(blocked);
        }
        let links = Allowed::new(&self.rules, &self.cited(&answer.sources)).with(&answer.sources);
        let edited = self.edited.cited(&answer.sources).map(str::to_owned).collect();
        answer.text = links.with_texts(edited).clean(&answer.text).into_owned();
        if answer.is_blank() {
            return self.instead(Blocked::Leak);
        }
        action(answer)
    }

    /// What is wrong with a text, wherever it comes from.
    fn fault(&self, text: &str) -> Option<Blocked> {
        if self.shield.is_leaked_in(text) {
            return Some(Blocked::Leak);
        }
        if self.topics.any_in(text) {
            return Some(Blocked::Topic);
        }
        let another = self.rules.language.as_deref().is_some_and(|wanted| language::is_another(text, wanted));
        another.then_some(Blocked::Language)
    }

    /// Whether it promises what none of the passages that it cites says, what no tool of the organization's said, and what no
    /// person has edited so.
    fn promises_freely(&self, answer: &Answer) -> bool {
        if !self.rules.no_promises {
            return false;
        }
        let passages = self.cited(&answer.sources);
        let cited: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
        let heard = self.shield.heard();
        let held_up = |promise: &Promise| {
            let told = heard.iter().map(String::as_str);
            let texts = cited.iter().copied().chain(self.edited.cited(&answer.sources)).chain(told);
            promise.is_held_up(texts) || self.edited.says(promise)
        };
        !promises::in_text(&answer.text).iter().all(held_up)
    }

    fn cited(&self, sources: &[Source]) -> Vec<Passage> {
        let cites = |passage: &&Passage| sources.iter().any(|source| source.id == passage.source.id);
        self.passages.iter().filter(cites).cloned().collect()
    }

    /// What is said in the place of what may not be.
    fn instead(&self, blocked: Blocked) -> Action {
        metrics::counter!("assistant_guarded_total", "why" => blocked.intent()).increment(1);
        tracing::info!(why = blocked.intent(), "a guardrail answers");
        let texts = texts::of(&self.language);
        let own = Some(&self.rules.fallback_message).filter(|text| !text.trim().is_empty());
        let text = match blocked {
            Blocked::Scope => texts.out_of_scope(&self.rules.scope),
            Blocked::Promise => texts.human.to_owned(),
            Blocked::Topic | Blocked::Leak => own.cloned().unwrap_or_else(|| texts.declined.to_owned()),
            Blocked::Language => {
                let declined = own.map_or(texts.declined, |text| text.trim_end());
                format!("{declined} {}", texts.offer)
            }
        };
        // A fixed text of ours is given whatever the floor is.
        let reading = Reading { intent: blocked.intent().to_owned(), confidence: 1.0, ..self.reading.clone() };
        let answer = Answer { text, reading, ..Answer::default() };
        match blocked {
            Blocked::Promise | Blocked::Language => Action::AskFor { slot: HUMAN_OFFER.to_owned(), answer },
            Blocked::Topic | Blocked::Scope | Blocked::Leak => Action::Reply(answer),
        }
    }
}

impl Blocked {
    /// What analytics count it under.
    const fn intent(self) -> &'static str {
        match self {
            Self::Topic => "prohibited_topic",
            Self::Scope => "out_of_scope",
            Self::Promise => "promise_withheld",
            Self::Leak => "answer_withheld",
            Self::Language => LANGUAGE_WITHHELD,
        }
    }
}

/// The language of our own texts: the one that is fixed, else the customer's.
fn spoken(turn: &Turn) -> String {
    let written = || language::of(&turn.messages.join(" ")).map(str::to_owned);
    let hinted = || turn.language.as_deref().map(|tag| language::primary(tag).to_owned());
    turn.rules.language.clone().or_else(written).or_else(hinted).unwrap_or_default()
}

/// Up to where a text has whole words, without the last `back` of them.
fn whole_words(text: &str, back: usize) -> usize {
    let ends_word = |at: usize| text[..at].chars().next_back().is_some_and(|c| !c.is_whitespace());
    let ends = text.char_indices().rev().filter(|(at, c)| c.is_whitespace() && ends_word(*at));
    let mut words = ends.map(|(at, c)| at + c.len_utf8());
    words.nth(back).unwrap_or(0)
}

/// Up to where no piece of markup is open.
fn before_open_markup(text: &str) -> usize {
    let from = text.ceil_char_boundary(text.len().saturating_sub(MARKUP_MAX_BYTES));
    let tail = &text[from..];
    let link = tail.rfind('[').filter(|at| {
        let rest = &tail[*at..];
        let closed = rest.find(']');
        closed.is_none_or(|end| rest[end..].starts_with("](") && !rest[end..].contains(')'))
    });
    let tag = tail.rfind('<').filter(|at| {
        let rest = &tail[at + 1..];
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && !rest.contains('>')
    });
    let open = link.into_iter().chain(tag).min();
    open.map_or(text.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_markup_are_told_when_they_are_whole() {
        assert_eq!(whole_words("Thirty days", 0), "Thirty ".len());
        assert_eq!(whole_words("Thirty ", 0), "Thirty ".len());
        assert_eq!(whole_words("one two three", 1), "one ".len());
        assert_eq!(whole_words("one two  ", 1), "one ".len());
        assert_eq!(whole_words("word", 0), 0);
        assert_eq!(before_open_markup("see [the form](https://x "), "see ".len());
        assert_eq!(before_open_markup("see [the form](https://x) "), "see [the form](https://x) ".len());
        assert_eq!(before_open_markup("a <a href "), "a ".len());
        assert_eq!(before_open_markup("1 < 2 [sic] "), "1 < 2 [sic] ".len());
    }
}
