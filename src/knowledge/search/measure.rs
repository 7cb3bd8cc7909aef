//! How well an entry answers a question, as a number that means the same for every question.
//!
//! What counts is the share of the question's words that the entry holds, rare words most, and how alike their vectors are. A
//! question that shares nothing with an entry but small words is not answered by it, even if nothing better is there.

use std::collections::HashSet;
use std::sync::Arc;

use super::Hit;
use super::asked::{Asked, WORDS_MAX};
use crate::domain::knowledge::Entry;
use crate::knowledge::embed::Scale;
use crate::knowledge::index::Candidate;
use crate::knowledge::languages::{Language, is_common};
use crate::knowledge::words::{fingerprint, stems, words};

/// The part of the relevance that words alone give; the rest is for likeness.
const BY_WORDS: f32 = 0.75;

/// What words are worth if none of them says anything.
const ONLY_COMMON: f32 = 0.3;

/// What is not the very question is never quite sure.
const RELEVANCE_MAX: f32 = 0.99;

/// Measures an entry against the question. `held` are the stems of the question that it holds.
pub(super) fn hit(asked: &Asked, entry: Entry, candidate: &Candidate, held: &HashSet<&str>, scale: Scale) -> Hit {
    let lexical = share(asked, held);
    let similarity = candidate.similarity.unwrap_or(0.0);
    let likeness = scale.place(similarity);
    let closeness = entry.questions.iter().map(|question| same_question(asked, question, candidate.language));
    let closeness = closeness.fold(likeness, f32::max);
    let is_the_question = asked.print.is_some() && entry.questions.iter().any(|own| fingerprint(own) == asked.print);
    let relevance = if is_the_question {
        1.0
    } else {
        let by_words = lexical * (BY_WORDS + (1.0 - BY_WORDS) * closeness);
        by_words.max(scale.trust * likeness).min(RELEVANCE_MAX)
    };
    Hit { entry: Arc::new(entry), relevance, lexical, similarity }
}

/// How much of the question is held, 0..1.
fn share(asked: &Asked, held: &HashSet<&str>) -> f32 {
    let weigh = |common: bool| {
        let words = asked.words.iter().filter(move |word| word.common == common);
        words.fold((0.0, 0.0), |(all, found), word| {
            let is_held = word.stems.iter().any(|stem| held.contains(stem.as_str()));
            (all + word.weight, if is_held { found + word.weight * word.share } else { found })
        })
    };
    let ((all, found), (all_common, found_common)) = (weigh(false), weigh(true));
    if all > 0.0 {
        // Small words may only take away: they are in every text.
        return found / all * (1.0 - (all_common - found_common) / (all + all_common) * 0.5);
    }
    if all_common > 0.0 { ONLY_COMMON * found_common / all_common } else { 0.0 }
}

/// How near the question is to be another question: what both hold of each other.
fn same_question(asked: &Asked, question: &str, language: Language) -> f32 {
    let own = stems(question, language, WORDS_MAX);
    let set: HashSet<&str> = own.iter().map(String::as_str).collect();
    let telling: Vec<&String> = words(question, WORDS_MAX)
        .iter()
        .zip(&own)
        .filter(|(word, _)| !is_common(word))
        .map(|(_, stem)| stem)
        .collect();
    if telling.is_empty() {
        return 0.0;
    }
    let is_asked = |stem: &&&String| asked.words.iter().any(|word| word.stems.contains(stem));
    let back = telling.iter().filter(is_asked).count() as f32 / telling.len() as f32;
    (share(asked, &set) * back).sqrt()
}
