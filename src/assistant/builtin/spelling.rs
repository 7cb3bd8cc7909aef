//! Guesses the word behind a typing error: one letter added, missing, wrong, or swapped with its neighbour.
//!
//! The first letter must be right, which is how people mistype, and keeps guesses few.

use std::collections::{HashMap, HashSet};

use super::text::{self, WordHash};

/// The shortest word that is corrected; shorter ones are one letter from too many others.
const WORD_MIN_BYTES: usize = 4;

/// The longest word that is corrected.
const WORD_MAX_BYTES: usize = 24;

/// The words that are known, findable by what is left when one letter goes.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    known: HashSet<WordHash>,
    by_remains: HashMap<WordHash, Vec<Box<str>>>,
}

impl Spelling {
    /// Learns the words; lower case.
    pub(super) fn new(lexicon: HashSet<String>) -> Self {
        let mut this = Self::default();
        let mut words: Vec<String> = lexicon.into_iter().collect();
        words.sort();
        for word in words {
            this.known.insert(text::hash(&word));
            if !is_correctable(&word) {
                continue;
            }
            for remains in remains(&word) {
                let words = this.by_remains.entry(remains).or_default();
                if words.last().is_none_or(|last| **last != *word) {
                    words.push(word.as_str().into());
                }
            }
        }
        this
    }

    /// The known word that was probably meant; `None` when the word is known or nothing is near.
    pub(super) fn correct(&self, word: &str) -> Option<&str> {
        if !is_correctable(word) || self.known.contains(&text::hash(word)) {
            return None;
        }
        let near = |known: &&str| {
            known.as_bytes().first() == word.as_bytes().first() && is_one_slip(word.as_bytes(), known.as_bytes())
        };
        remains(word).find_map(|remains| self.by_remains.get(&remains)?.iter().map(AsRef::as_ref).find(near))
    }
}

fn is_correctable(word: &str) -> bool {
    (WORD_MIN_BYTES..=WORD_MAX_BYTES).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The hash of the word, and of the word without each of its letters.
fn remains(word: &str) -> impl Iterator<Item = WordHash> {
    let mut room = String::with_capacity(word.len());
    (0..=word.len()).map(move |skip| {
        room.clear();
        room.extend(word.char_indices().filter(|(at, _)| *at != skip).map(|(_, c)| c));
        text::hash(&room)
    })
}

/// Whether one slip of the finger lies between the two.
fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([_, rest @ ..], other) if rest == other => true,
        (other, [_, rest @ ..]) if rest == other => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([x, y, a @ ..], [p, q, b @ ..]) => x == q && y == p && a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_corrected_and_two_are_not() {
        let spelling = Spelling::new(["return", "policy", "shipping"].map(str::to_owned).into());
        for typo in ["retrun", "retun", "returrn", "rerurn", "returns"] {
            assert_eq!(spelling.correct(typo), Some("return"), "{typo}");
        }
        assert_eq!(spelling.correct("return"), None);
        assert_eq!(spelling.correct("rutrun"), None);
        assert_eq!(spelling.correct("eturn"), None);
        assert_eq!(spelling.correct("rn"), None);
    }
}
