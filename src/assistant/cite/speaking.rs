//! Reads what a model says as it comes: takes the marks and thoughts out, and lets out what may be shown. A sentence that
//! claims something is held until words of a passage bear it out; so is everything after it.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::marker::{self, Begins, Quote};
use super::words::{Folded, Word};
use super::{Found, NEAR_PART, REACH_SENTENCES, claim};
use crate::domain::Source;
use crate::knowledge::languages::is_common;

/// What some models write around their thoughts.
const THINK: &str = "<think>";
const THOUGHT: &str = "</think>";

/// A stream of text on its way to an answer.
#[derive(Debug)]
pub struct Speaking<'a> {
    evidence: &'a Evidence,
    /// What is not read yet: it may be half a mark.
    raw: String,
    thoughts: Thoughts,
    text: String,
    /// Spaces that are only written if something follows.
    spaces: String,
    after_mark: bool,
    sentences: Vec<Sentence>,
    /// Quotes that came before any word of their sentence.
    ahead: Vec<Found>,
    let_out: usize,
    cited: Vec<Found>,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// What the customer would read.
    pub text: String,
    /// What it rests on, each with words that really stand there.
    pub sources: Vec<Source>,
    /// Whether every claim rests on something.
    pub founded: bool,
    /// What was not let out before, and may be now.
    pub rest: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Thoughts {
    Perhaps,
    Within,
    None,
}

#[derive(Debug)]
struct Sentence {
    from: usize,
    /// Where it ends; nowhere while it is being said.
    to: Option<usize>,
    quotes: Vec<Found>,
    founded: bool,
}

impl<'a> Speaking<'a> {
    /// Nothing is said yet.
    pub const fn new(evidence: &'a Evidence) -> Self {
        Self {
            evidence,
            raw: String::new(),
            thoughts: Thoughts::Perhaps,
            text: String::new(),
            spaces: String::new(),
            after_mark: false,
            sentences: Vec::new(),
            ahead: Vec::new(),
            let_out: 0,
            cited: Vec::new(),
        }
    }

    /// Takes in more; gives what may be shown now.
    pub fn push(&mut self, piece: &str) -> Option<String> {
        self.raw.push_str(piece);
        self.read(false);
        self.let_out()
    }

    /// Nothing more comes. An answer longer than `max_chars` ends with its last whole sentence.
    pub fn finish(mut self, max_chars: usize) -> Spoken {
        self.read(true);
        self.close_sentence();
        self.cut(max_chars);
        let founded = self.sentences.iter().all(|sentence| sentence.founded);
        let rest = self.text.get(self.let_out..).filter(|rest| founded && !rest.is_empty()).map(str::to_owned);
        let mut sources = Vec::new();
        for found in &self.cited {
            let source = self.evidence.shelves[found.passage].source(found.start, found.end);
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        Spoken { text: self.text, sources, founded, rest }
    }

    fn read(&mut self, last: bool) {
        if !self.pass_thoughts(last) {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let mut rest = raw.as_str();
        while let Some(c) = rest.chars().next() {
            if c == '[' {
                match marker::begins(rest) {
                    Begins::Marker(length, quotes) => {
                        self.cite(&quotes);
                        rest = rest.get(length..).unwrap_or_default();
                        continue;
                    }
                    Begins::Perhaps if last => return,
                    Begins::Perhaps => break,
                    Begins::Text => {}
                }
            }
            self.put(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        rest.clone_into(&mut self.raw);
    }

    /// Whether what is left is no thought. Thoughts are not kept.
    fn pass_thoughts(&mut self, last: bool) -> bool {
        if self.thoughts == Thoughts::Perhaps {
            let said = self.raw.trim_start();
            if said.starts_with(THINK) {
                self.thoughts = Thoughts::Within;
            } else if !last && THINK.starts_with(said) {
                return false;
            } else {
                self.thoughts = Thoughts::None;
            }
        }
        if self.thoughts == Thoughts::Within {
            let Some(end) = self.raw.find(THOUGHT) else {
                let keep = self.raw.len().saturating_sub(THOUGHT.len());
                let keep = (0..=keep).rev().find(|at| self.raw.is_char_boundary(*at)).unwrap_or_default();
                self.raw.drain(..keep);
                return false;
            };
            self.raw.drain(..end + THOUGHT.len());
            self.thoughts = Thoughts::None;
        }
        true
    }

    fn put(&mut self, c: char) {
        if c.is_whitespace() {
            self.space(c);
            return;
        }
        if std::mem::take(&mut self.after_mark) && matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')') {
            self.spaces.clear();
        }
        self.text.push_str(&std::mem::take(&mut self.spaces));
        if self.sentences.last().is_none_or(|sentence| sentence.to.is_some()) {
            // A full stop after a mark belongs to the sentence that the mark is in.
            let from = self.text.len();
            let quotes = std::mem::take(&mut self.ahead);
            self.sentences.push(Sentence { from, to: None, quotes, founded: false });
        }
        self.text.push(c);
        if matches!(c, '。' | '！' | '？') {
            self.close_sentence();
        }
    }

    fn space(&mut self, c: char) {
        if self.text.is_empty() || (self.after_mark && c == ' ' && self.spaces.ends_with(char::is_whitespace)) {
            return;
        }
        let ended = self.text.ends_with(['.', '!', '?', '…']) && !self.says_only_a_number();
        if ended || c == '\n' {
            self.close_sentence();
        }
        self.spaces.push(c);
    }

    /// `1.` before an item of a list ends no sentence.
    fn says_only_a_number(&self) -> bool {
        let open = self.sentences.last().filter(|sentence| sentence.to.is_none());
        let said = open.and_then(|sentence| self.text.get(sentence.from..));
        said.is_some_and(|said| {
            said.len() <= 3 && said.trim_end_matches(['.', ')']).bytes().all(|b| b.is_ascii_digit())
        })
    }

    fn close_sentence(&mut self) {
        let end = self.text.len();
        let Some(open) = self.sentences.len().checked_sub(1).filter(|at| self.sentences[*at].to.is_none()) else {
            return;
        };
        self.sentences[open].to = Some(end);
        self.judge(open);
        if !self.sentences[open].founded
            && let Some(found) = self.run(open)
        {
            self.cited.push(found);
            self.sentences[open].founded = true;
        }
    }

    /// The quotes that really stand in their passages bear out the sentence that they stand in or after, and what was said
    /// shortly before it, is not borne out yet, and speaks of the same.
    fn cite(&mut self, quotes: &[Quote]) {
        self.after_mark = true;
        let mut changed = BTreeSet::new();
        for quote in quotes {
            let Some(passage) = quote.number.checked_sub(1) else { continue };
            let Some(shelf) = self.evidence.shelves.get(passage) else { continue };
            let Some((start, end)) = shelf.quote(&quote.words) else { continue };
            let found = Found { passage, start, end };
            if !self.cited.contains(&found) {
                self.cited.push(found);
            }
            if self.sentences.last().is_none_or(|sentence| sentence.to.is_some()) {
                self.ahead.push(found);
            }
            let last = self.sentences.len().saturating_sub(1);
            for at in last.saturating_sub(REACH_SENTENCES)..self.sentences.len() {
                let reaches = at == last || (!self.sentences[at].founded && self.is_near(at, found));
                // The same quote once: a model that repeats it must not have each sentence read as often.
                if reaches && !self.sentences[at].quotes.contains(&found) {
                    self.sentences[at].quotes.push(found);
                    changed.insert(at);
                }
            }
        }
        for at in changed {
            if self.sentences[at].to.is_some() {
                self.judge(at);
            }
        }
    }

    /// Whether a sentence speaks of what is quoted: some of the words that tell something stand there too.
    fn is_near(&self, at: usize, found: Found) -> bool {
        let said = Folded::new(self.said(at));
        let quoted = self.evidence.shelves[found.passage].around(found);
        let telling = said.words().iter().filter(|word| !word.is_number() && !is_common(word.text()));
        let (shared, other): (Vec<&Word>, Vec<&Word>) =
            telling.partition(|word| quoted.iter().any(|quoted| quoted.text() == word.text()));
        shared.len() * NEAR_PART >= shared.len() + other.len()
    }

    fn judge(&mut self, at: usize) {
        self.sentences[at].founded = self.sentences[at].founded || self.is_borne_out(at);
    }

    fn said(&self, at: usize) -> &str {
        let sentence = &self.sentences[at];
        self.text.get(sentence.from..sentence.to.unwrap_or(self.text.len())).unwrap_or_default()
    }

    /// Whether the sentence claims nothing, or what is quoted holds every number that it names.
    fn is_borne_out(&self, at: usize) -> bool {
        let said = self.said(at);
        if !self.evidence.is_claim(said) {
            return true;
        }
        let quotes = &self.sentences[at].quotes;
        let known = self.evidence.known_in(said);
        let held = |number: &str| {
            let quoted = |found: &Found| self.evidence.shelves[found.passage].around(*found);
            quotes.iter().flat_map(quoted).any(|word| word.text() == number) || known(number)
        };
        !quotes.is_empty() && Folded::new(claim::without_list_mark(said)).numbers().all(held)
    }

    /// A passage that says the same in the same words, though nobody quoted it.
    fn run(&self, at: usize) -> Option<Found> {
        let said = Folded::new(claim::without_list_mark(self.said(at)));
        let known = self.evidence.known_in(self.said(at));
        let shelves = self.evidence.shelves.iter().enumerate();
        let holding =
            shelves.filter(|(_, shelf)| said.numbers().all(|number| shelf.folded.has(number) || known(number)));
        holding
            .filter_map(|(passage, shelf)| shelf.run(&said).map(|(start, end)| Found { passage, start, end }))
            .max_by_key(|found| found.end - found.start)
    }

    fn cut(&mut self, max_chars: usize) {
        let Some((end, _)) = self.text.char_indices().nth(max_chars) else { return };
        let whole = self.sentences.iter().filter_map(|sentence| sentence.to).filter(|to| *to <= end).max();
        let head = self.text.get(..end).unwrap_or_default();
        let cut = whole.or_else(|| head.rfind(' ')).unwrap_or(end);
        self.text.truncate(cut);
        self.sentences.retain(|sentence| sentence.from < cut);
    }

    /// Whole words, up to the first sentence that claims something nobody bears out.
    fn let_out(&mut self) -> Option<String> {
        let held = (0..self.sentences.len()).find(|at| match self.sentences[*at].to {
            Some(_) => !self.sentences[*at].founded,
            None => !self.is_borne_out(*at),
        });
        let whole = if self.spaces.is_empty() { self.text.rfind(char::is_whitespace)? } else { self.text.len() };
        let end = held.map_or(whole, |at| self.sentences[at].from.min(whole));
        let piece = self.text.get(self.let_out..end).filter(|piece| !piece.is_empty())?.to_owned();
        self.let_out = end;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::Passage;

    const RETURNS: &str = "Unworn items may be returned within 30 days of delivery. Refunds take 5 business days.";

    fn evidence() -> Evidence {
        let mut evidence = Evidence::default();
        for (id, text) in [("returns", RETURNS), ("shipping", "We ship to all of Europe for €4.99.")] {
            let source = Source::titled(id.to_owned(), id.to_owned());
            evidence.add(Passage { source, question: None, text: text.to_owned(), score: 1.0 });
        }
        evidence
    }

    /// Said character by character: what is let out, and what comes of it.
    fn say(evidence: &Evidence, text: &str) -> (String, Spoken) {
        let mut speaking = Speaking::new(evidence);
        let out: String = text.chars().filter_map(|c| speaking.push(&c.to_string())).collect();
        let spoken = speaking.finish(1_000);
        (out, spoken)
    }

    fn ids(spoken: &Spoken) -> Vec<&str> {
        spoken.sources.iter().map(|source| source.id.as_str()).collect()
    }

    #[test]
    fn talk_is_let_out_by_the_word_and_the_rest_at_the_end() {
        let evidence = evidence();
        let mut speaking = Speaking::new(&evidence);
        let pieces: Vec<Option<String>> = ["Hel", "lo ", "there", ", Ana!"].map(|piece| speaking.push(piece)).into();
        assert_eq!(pieces, [None, Some("Hello".to_owned()), None, Some(" there,".to_owned())]);
        let spoken = speaking.finish(100);
        assert_eq!((spoken.text.as_str(), spoken.rest.as_deref()), ("Hello there, Ana!", Some(" Ana!")));
        assert!(spoken.founded && spoken.sources.is_empty());
    }

    #[test]
    fn a_claim_is_held_until_its_quote_bears_it_out_and_the_mark_is_never_seen() {
        let text = "Sure! You have 30 days [1: \"returned within 30 days\"]. Anything else?";
        let evidence = evidence();
        let mut speaking = Speaking::new(&evidence);
        let mut before_quote = String::new();
        for c in text.split(']').next().unwrap().chars() {
            before_quote.extend(speaking.push(&c.to_string()));
        }
        assert_eq!(before_quote, "Sure! You have");
        let (out, spoken) = say(&evidence, text);
        assert_eq!(spoken.text, "Sure! You have 30 days. Anything else?");
        assert_eq!(out + &spoken.rest.clone().unwrap_or_default(), spoken.text);
        assert!(spoken.founded);
        assert_eq!(ids(&spoken), ["returns"]);
    }

    #[test]
    fn a_passage_that_is_quoted_a_thousand_times_is_read_with_each_sentence_once() {
        let evidence = evidence();
        let mut speaking = Speaking::new(&evidence);
        for _ in 0..1_000 {
            speaking.push("It is 77 [1: \"returned within 30 days\"]. ");
        }
        assert!(speaking.sentences.len() > 900);
        let read_once = |sentence: &Sentence| sentence.quotes.len() == 1 && !sentence.founded;
        assert!(speaking.sentences.iter().all(read_once));
        assert_eq!(speaking.cited.len(), 1);
    }

    #[test]
    fn a_mark_may_stand_after_the_full_stop_or_before_the_sentence() {
        let evidence = evidence();
        for text in [
            "You have 30 days. [1: \"returned within 30 days\"] Bye.",
            "You have 30 days.[1: \"returned within 30 days\"] Bye.",
            "[1: \"returned within 30 days\"] You have 30 days. Bye.",
            "You have 30 days. Refunds take 5 days. [1: \"Unworn items ... business days\"] Bye.",
        ] {
            let (_, spoken) = say(&evidence, text);
            assert!(spoken.founded, "{text}");
            assert!(!spoken.text.contains('[') && spoken.text.ends_with(". Bye."), "{}", spoken.text);
        }
    }

    #[test]
    fn what_is_not_borne_out_is_not_let_out() {
        let evidence = evidence();
        for (text, seen) in [
            ("Sure. You have 60 days [1: \"returned within 30 days\"]. Bye.", "Sure. You have"),
            ("You have 30 days [1: \"returned within 30 weeks or so\"].", "You have"),
            ("You have 30 days [7: \"returned within 30 days\"].", "You have"),
            ("You have 30 days [2: \"returned within 30 days\"].", "You have"),
            ("You have 30 days [1].", "You have"),
            ("Hi. We refund everybody.", "Hi. We"),
            ("It is ten percent.", "It is"),
            ("You have 30 days [1: \"returned wi", "You have"),
            // A quote bears out neither what another sentence of its passage says nor what was said before of something else.
            ("You have 5 days [1: \"returned within 30 days\"].", "You have"),
            ("We ship worldwide for free. You may return worn gloves. You have 30 days [1: \"within 30 days\"].", "We"),
        ] {
            let (out, spoken) = say(&evidence, text);
            assert!(!spoken.founded && spoken.rest.is_none(), "{text}");
            assert!(seen.starts_with(out.as_str()), "{text}: {out:?}");
        }
    }

    #[test]
    fn the_passages_own_words_need_no_quote() {
        let (_, spoken) = say(&evidence(), "Yes: unworn items may be returned within 30 days of delivery.");
        assert!(spoken.founded);
        assert_eq!(ids(&spoken), ["returns"]);
        let (_, spoken) = say(&evidence(), "Yes: unworn items may be returned within 90 days of delivery.");
        assert!(!spoken.founded);
    }

    #[test]
    fn what_was_told_in_the_conversation_or_by_a_tool_is_no_claim() {
        let mut evidence = evidence();
        evidence.know("My order is 88112");
        assert!(say(&evidence, "I see order 88112.").1.founded);
        assert!(!say(&evidence, "We refund order 88112.").1.founded);
        evidence.hear(r#"{"status":"refunded","amount":12.5}"#);
        assert!(say(&evidence, "We refund order 88112: $12.5.").1.founded);
        assert!(!say(&evidence, "We refund order 88112: $99.").1.founded);
    }

    #[test]
    fn what_is_remembered_bears_out_what_is_said_of_the_customer_and_nothing_of_ours() {
        let mut evidence = evidence();
        for (key, value) in [
            ("refund", "500"),
            ("agreed_amount", "70000"),
            ("note", "was promised 40 % off"),
            ("lucky_number", "600"),
            ("shoe_size", "42"),
            ("address", "Elm Street 9, 3rd floor"),
            ("order_number", "88112"),
        ] {
            evidence.remember(key, value);
        }
        for fact in [
            "Your refund is 500.",
            "You get 500 back.",
            "It is $600.",
            "We agreed on 70000.",
            "You have 40 days.",
            "You get 42 days.",
            "Your size 42 shoes have a refund of 42.",
            "You will receive 600 soon.",
        ] {
            assert!(!say(&evidence, fact).1.founded, "{fact}");
        }
        for known in [
            "Your shoe size is 42.",
            "It goes to Elm Street 9, 3rd floor.",
            "I see order 88112.",
            "600 is your lucky number!",
        ] {
            assert!(say(&evidence, known).1.founded, "{known}");
        }
    }

    #[test]
    fn thoughts_lists_and_other_brackets() {
        let (out, spoken) =
            say(&evidence(), "<think>30 days? [1: \"x\"]</think>\n\nSee [our page].\n1. Open it.\n2. Read it.");
        assert_eq!(spoken.text, "See [our page].\n1. Open it.\n2. Read it.");
        assert!(spoken.founded && spoken.text.starts_with(&out));
        assert_eq!(say(&evidence(), "<think>for ever").1.text, "");
        assert_eq!(say(&evidence(), "<thin").1.text, "<thin");
    }

    #[test]
    fn a_long_answer_ends_with_a_sentence_and_what_is_cut_claims_nothing() {
        let evidence = evidence();
        let mut speaking = Speaking::new(&evidence);
        speaking.push("Hello. Bye. Three and 77 more");
        let spoken = speaking.finish(20);
        assert_eq!((spoken.text.as_str(), spoken.founded), ("Hello. Bye.", true));
    }
}
