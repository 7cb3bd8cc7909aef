//! A question as words that can be looked for: stems in every language of the index, what each word weighs, slips corrected.

use crate::knowledge::index::{IndexError, Snapshot};
use crate::knowledge::languages::{Language, is_common};
use crate::knowledge::words::{fingerprint, stems, words};

/// The most words of a question that are looked for.
pub(super) const WORDS_MAX: usize = 48;

/// The most words of a question that are taken for slips.
const SLIPS_MAX: usize = 4;

/// The shortest word that may be a slip, in characters: shorter ones are one letter from too many others.
const SLIP_MIN_CHARS: usize = 4;

/// The most stems that a slip is compared with.
const STEMS_COMPARED_MAX: usize = 20_000;

/// What a word weighs that says little.
const COMMON_WEIGHT: f32 = 0.1;

/// How sure it is that a corrected word was meant.
const CORRECTED_SHARE: f32 = 0.8;

/// See the module.
pub(super) struct Asked {
    /// Its words, each once.
    pub words: Vec<Word>,
    /// Its fingerprint.
    pub print: Option<u64>,
}

/// A word of the question.
pub(super) struct Word {
    /// What it may be in the index.
    pub stems: Vec<String>,
    /// How much of the question it is.
    pub weight: f32,
    /// How sure it is that it was meant, 0..1.
    pub share: f32,
    /// Whether it says little.
    pub common: bool,
}

impl Asked {
    /// Reads a question.
    pub(super) fn read(snapshot: &Snapshot, text: &str) -> Result<Self, IndexError> {
        let mut read: Vec<Word> = Vec::new();
        let languages: Vec<Language> =
            snapshot.languages().iter().copied().filter(|language| *language != Language::default()).collect();
        let first = stems(text, Language::default(), WORDS_MAX);
        let others: Vec<Vec<String>> = languages.iter().map(|language| stems(text, *language, WORDS_MAX)).collect();
        for (at, (word, stem)) in words(text, WORDS_MAX).into_iter().zip(first).enumerate() {
            let mut forms = vec![stem];
            forms.extend(others.iter().filter_map(|stems| stems.get(at).cloned()));
            forms.push(word.clone());
            forms.sort_unstable();
            forms.dedup();
            if read.iter().all(|known| known.stems != forms) {
                let common = is_common(&word);
                read.push(Word { stems: forms, weight: COMMON_WEIGHT, share: 1.0, common });
            }
        }
        let mut asked = Self { words: read, print: fingerprint(text) };
        asked.weigh(snapshot)?;
        Ok(asked)
    }

    /// The stems to look for: those that say something, or all if none does.
    pub(super) fn stems(&self) -> Vec<String> {
        let all = self.words.iter().all(|word| word.common);
        self.stems_of(|word| all || !word.common)
    }

    /// The stems of all its words.
    pub(super) fn all_stems(&self) -> Vec<String> {
        self.stems_of(|_| true)
    }

    fn stems_of(&self, wanted: impl Fn(&Word) -> bool) -> Vec<String> {
        let words = self.words.iter().filter(|word| wanted(word));
        let mut stems: Vec<String> = words.flat_map(|word| word.stems.iter().cloned()).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }

    /// Rare words weigh more. What no entry holds is looked for as what was probably meant.
    fn weigh(&mut self, snapshot: &Snapshot) -> Result<(), IndexError> {
        let entries = snapshot.entries() as f32;
        let mut slips = 0;
        for word in self.words.iter_mut().filter(|word| !word.common) {
            let mut held = frequency(snapshot, &word.stems)?;
            if held == 0 && slips < SLIPS_MAX {
                slips += 1;
                if let Some(meant) = meant(snapshot, &word.stems)? {
                    held = frequency(snapshot, std::slice::from_ref(&meant))?;
                    word.stems = vec![meant];
                    word.share = CORRECTED_SHARE;
                }
            }
            word.weight = 1.0 + (1.0 + entries / (1.0 + held.max(1) as f32)).ln();
        }
        Ok(())
    }
}

fn frequency(snapshot: &Snapshot, stems: &[String]) -> Result<u64, IndexError> {
    let mut most = 0;
    for stem in stems {
        most = most.max(snapshot.frequency(stem)?);
    }
    Ok(most)
}

/// The stem that is one slip of the finger away and that most entries hold. The first letter is taken to be right, as it mostly
/// is; digits are never slips.
fn meant(snapshot: &Snapshot, stems: &[String]) -> Result<Option<String>, IndexError> {
    let may_be_slip = |stem: &&String| stem.chars().count() >= SLIP_MIN_CHARS && !stem.chars().any(char::is_numeric);
    let asked: Vec<&String> = stems.iter().filter(may_be_slip).collect();
    let Some(letter) = asked.first().and_then(|stem| stem.chars().next()) else { return Ok(None) };
    let mut best: Option<(u32, String)> = None;
    snapshot.stems_from(letter, STEMS_COMPARED_MAX, |stem, entries| {
        let is_better = best.as_ref().is_none_or(|(most, known)| (entries, known.as_str()) > (*most, stem));
        if is_better && stem.len() >= SLIP_MIN_CHARS && asked.iter().any(|asked| is_one_slip(asked, stem)) {
            best = Some((entries, stem.to_owned()));
        }
    })?;
    Ok(best.map(|(_, stem)| stem))
}

/// Whether one letter lies between two words: added, missing, wrong, or swapped with its neighbour.
fn is_one_slip(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return differ_by_one(a.as_bytes(), b.as_bytes());
    }
    differ_by_one(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
}

fn differ_by_one<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    match (&a[same..], &b[same..]) {
        ([_, rest @ ..], other) if rest == other => true,
        (other, [_, rest @ ..]) if rest == other => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([first, second, a @ ..], [third, fourth, b @ ..]) => first == fourth && second == third && a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_one_letter() {
        for typo in ["retrun", "retun", "returrn", "rerurn", "returns"] {
            assert!(is_one_slip(typo, "return"), "{typo}");
        }
        assert!(!is_one_slip("rutrun", "return") && !is_one_slip("return", "return"));
        assert!(
            is_one_slip("\u{437}\u{430}\u{43a}\u{437}", "\u{437}\u{430}\u{43a}\u{430}\u{437}"),
            "letters, not bytes"
        );
    }
}
