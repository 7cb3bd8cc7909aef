//! The embedder that needs no model: words, their stems, neighbours and letters, each a direction that follows from its name.
//!
//! Two texts are as near as the features that they share; letters bring words together that are written differently. It knows
//! no synonyms. The same text always has the same vector.

use std::collections::HashMap;

use futures_util::future::BoxFuture;

use super::{EmbedError, Embedder, Scale};
use crate::knowledge::languages::{Language, is_common};
use crate::knowledge::words::{SEED, hash, stems, words};

/// Raised whenever a text's vector would be another.
const VERSION: u32 = 1;

/// The most words of a text that count.
const WORDS_MAX: usize = 2_000;

const STEM: Feature = Feature { mark: 1, weight: 1.0 };
const COMMON: Feature = Feature { mark: 1, weight: 0.08 };
const PAIR: Feature = Feature { mark: 2, weight: 0.35 };
const LETTERS: Feature = Feature { mark: 3, weight: 0.8 };
const LETTERS_AT_ONCE: usize = 3;

/// A kind of feature: what sets its names apart from another kind's, and how much one counts.
#[derive(Clone, Copy)]
struct Feature {
    mark: u64,
    weight: f32,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Hashing {
    dimensions: usize,
    signs: Box<[[f32; 8]; 256]>,
}

impl Hashing {
    /// An embedder whose vectors have so many dimensions.
    pub fn new(dimensions: usize) -> Self {
        let mut signs = Box::new([[0.0; 8]; 256]);
        for (byte, signs) in signs.iter_mut().enumerate() {
            for (bit, sign) in signs.iter_mut().enumerate() {
                *sign = if byte >> bit & 1 == 1 { 1.0 } else { -1.0 };
            }
        }
        Self { dimensions, signs }
    }

    /// The vector of one text.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut sums = vec![0.0; self.dimensions.next_multiple_of(64)];
        for (name, weight) in features(text) {
            self.add(&mut sums, name, weight);
        }
        sums.truncate(self.dimensions);
        let length = sums.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            sums.iter_mut().for_each(|x| *x /= length);
        }
        sums
    }

    /// Adds a feature's direction: plus or minus its weight in each dimension, as its name says.
    fn add(&self, sums: &mut [f32], name: u64, weight: f32) {
        let mut state = name;
        for block in sums.chunks_exact_mut(64) {
            let bits = next(&mut state);
            for (eight, byte) in block.chunks_exact_mut(8).zip(bits.to_le_bytes()) {
                for (sum, sign) in eight.iter_mut().zip(&self.signs[usize::from(byte)]) {
                    *sum += sign * weight;
                }
            }
        }
    }
}

impl Embedder for Hashing {
    fn id(&self) -> String {
        format!("hashing-{}-{VERSION}", self.dimensions)
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        let vectors = texts.iter().map(|text| self.vector(text)).collect();
        Box::pin(std::future::ready(Ok(vectors)))
    }

    fn knows_meaning(&self) -> bool {
        false
    }

    fn scale(&self) -> Scale {
        Scale { nothing: 0.08, same: 0.5, trust: 0.5 }
    }
}

/// The features of a text with their weights. What comes often counts more, but not as much more as it is more often.
fn features(text: &str) -> Vec<(u64, f32)> {
    let mut found: HashMap<u64, (f32, f32)> = HashMap::new();
    let mut count = |feature: Feature, name: u64, share: f32| {
        let (weight, times) = found.entry(name ^ feature.mark << 60).or_default();
        *weight = weight.max(feature.weight * share);
        *times += 1.0;
    };
    // Inflection is cut off as in English whatever the language: letters make up for where that is wrong.
    let stems = stems(text, Language::default(), WORDS_MAX);
    let mut before = None;
    for (word, stem) in words(text, WORDS_MAX).iter().zip(&stems) {
        let name = hash(SEED, stem);
        if is_common(word) {
            count(COMMON, name, 1.0);
            continue;
        }
        count(STEM, name, 1.0);
        if let Some(before) = before.replace(name) {
            count(PAIR, name ^ u64::rotate_left(before, 17), 1.0);
        }
        let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
        let share = 1.0 / (padded.len() as f32 - 1.0).max(1.0).sqrt();
        for letters in padded.windows(LETTERS_AT_ONCE) {
            let name = letters.iter().fold(SEED, |name, c| name.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*c));
            count(LETTERS, name, share);
        }
    }
    let mut found: Vec<(u64, f32)> =
        found.into_iter().map(|(name, (weight, times))| (name, weight * (1.0 + times.ln()))).collect();
    // Sums of floating point numbers depend on their order.
    found.sort_unstable_by_key(|(name, _)| *name);
    found
}

/// splitmix64
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &str, b: &str) -> f32 {
        let embedder = Hashing::new(1_536);
        embedder.vector(a).iter().zip(embedder.vector(b)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_about_the_same_are_nearer_than_others() {
        let policy = "You can return an item within 30 days of purchase for a full refund.";
        let shipping = "We ship to all countries of Europe; delivery takes two to four days.";
        assert!(near("How do I return an item?", policy) > near("How do I return an item?", shipping) + 0.1);
        assert!(
            near("retrun an itme", policy) > near("retrun an itme", shipping) + 0.03,
            "letters bring them together"
        );
        assert!((near(policy, policy) - 1.0).abs() < 0.001);
        assert!(near("What is the capital of France?", policy).abs() < 0.1);
    }

    #[test]
    fn a_vector_follows_from_the_words_alone() {
        let vector = Hashing::new(100).vector("Where is my order?");
        assert_eq!(vector.len(), 100);
        let print = vector.iter().fold(0_u64, |print, x| print.rotate_left(5) ^ u64::from(x.to_bits() >> 8));
        assert_eq!(
            print,
            Hashing::new(100)
                .vector("where IS my order")
                .iter()
                .fold(0, |print, x| { u64::rotate_left(print, 5) ^ u64::from(x.to_bits() >> 8) })
        );
        assert!(Hashing::new(64).vector(" ?! ").iter().all(|x| x.abs() < f32::EPSILON));
    }
}
