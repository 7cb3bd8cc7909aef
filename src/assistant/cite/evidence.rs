//! What the claims of an answer may rest on: passages, numbers that somebody who may was heard to say, and what is remembered
//! of the customer. The last bears out only what is said of the customer themselves: they may have had anything remembered.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Folded, Word};
use super::{PASSAGES_MAX, Shelf, claim};
use crate::assistant::Passage;
use crate::knowledge::languages::is_common;

/// The fewest digits of a number that is the name of something, such as an order's; shorter ones count or measure.
const NAME_MIN_DIGITS: usize = 5;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub(super) shelves: Vec<Shelf>,
    /// Numbers that were told in the conversation or by a tool: to repeat them is no claim.
    numbers: BTreeSet<String>,
    /// Numbers that are remembered of the customer, and the words by which one says what they count: "size" for 42.
    theirs: BTreeMap<String, BTreeSet<String>>,
    /// Whether a tool of the organization's told something; what is said of its rules may be from there.
    told: bool,
}

impl Evidence {
    /// Takes in a passage and gives its number, which models cite it by; none where there are too many. One that is there
    /// already keeps its number.
    pub fn add(&mut self, passage: Passage) -> Option<usize> {
        let same = |shelf: &Shelf| shelf.passage.source == passage.source && shelf.passage.text == passage.text;
        if let Some(at) = self.shelves.iter().position(same) {
            return Some(at + 1);
        }
        if self.shelves.len() >= PASSAGES_MAX {
            return None;
        }
        self.shelves.push(Shelf::new(passage));
        Some(self.shelves.len())
    }

    /// The passages, in the order of their numbers.
    pub fn passages(&self) -> impl Iterator<Item = &Passage> {
        self.shelves.iter().map(|shelf| &shelf.passage)
    }

    /// Takes in what somebody said of the customer's own matter.
    pub fn know(&mut self, text: &str) {
        self.numbers.extend(Folded::new(text).numbers().map(str::to_owned));
    }

    /// Takes in what the customer named: long numbers, such as an order's.
    pub fn know_names(&mut self, text: &str) {
        let is_name = |number: &&str| number.len() >= NAME_MIN_DIGITS && !number.contains(['.', ',']);
        self.numbers.extend(Folded::new(text).numbers().filter(is_name).map(str::to_owned));
    }

    /// Takes in what is remembered of the customer under a key. What speaks of money or of what we do for them is not taken:
    /// whoever has "my refund is 500" remembered has not been promised it.
    pub fn remember(&mut self, key: &str, value: &str) {
        let key = key.replace('_', " ");
        if claim::is_our_matter(&key) || claim::is_our_matter(value) {
            return;
        }
        self.know_names(value);
        let (key, value) = (Folded::new(&key), Folded::new(value));
        let says_what = |word: &&Word| !word.is_number() && !is_common(word.text());
        for (at, number) in value.words().iter().enumerate().filter(|(_, word)| word.is_number()) {
            let before = at.checked_sub(1).and_then(|before| value.words().get(before));
            let beside = before.into_iter().chain(value.words().get(at + 1)).chain(key.words());
            let beside = beside.filter(says_what).map(|word| word.text().to_owned());
            self.theirs.entry(number.text().to_owned()).or_default().extend(beside);
        }
    }

    /// Takes in what a tool of the organization's told.
    pub fn hear(&mut self, text: &str) {
        self.told = true;
        self.know(text);
    }

    pub(super) fn is_claim(&self, sentence: &str) -> bool {
        claim::names_news(sentence, self.known_in(sentence)) || (!self.told && claim::states_rule(sentence))
    }

    /// Which numbers are no news where a sentence names them: those that were told, and what is remembered of the customer
    /// where the sentence says what it counts and speaks of nothing that is ours.
    pub(super) fn known_in(&self, sentence: &str) -> impl Fn(&str) -> bool {
        let of_them = !self.theirs.is_empty() && !claim::is_our_matter(sentence);
        let said = of_them.then(|| Folded::new(sentence));
        move |number| {
            let is_theirs =
                |said: &Folded| self.theirs.get(number).is_some_and(|beside| beside.iter().any(|word| said.has(word)));
            self.numbers.contains(number) || said.as_ref().is_some_and(is_theirs)
        }
    }
}
