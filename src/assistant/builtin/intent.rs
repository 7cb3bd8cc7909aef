//! Which topic a piece of text is about: similarity of its words to every labelled example, over an index built once.
//!
//! Words weigh by how few topics use them; a word that no topic knows weighs most, so that a question about
//! something else stays below the floor even when it is worded like a known one.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::knowledge::Knowledge;
use super::spelling::Spelling;
use super::text::{self, WordHash};

/// How much a common word counts beside a telling one.
const COMMON_WEIGHT: f32 = 0.35;

/// How much two neighbouring words count beside a telling one.
const PAIR_SHARE: f32 = 0.3;

/// How much of the score is the best single example; the rest is how much of the text the whole topic knows.
const EXAMPLE_SHARE: f32 = 0.6;

/// What a guessed spelling is worth.
const GUESS_WORTH: f32 = 0.85;

/// A topic, and how sure it is, 0..1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// The topic's place in the knowledge.
    pub topic: usize,
    /// Similarity, 0..1.
    pub score: f32,
    /// The best other intent's similarity.
    pub runner_up: f32,
}

/// The index over all labelled examples.
#[derive(Debug)]
pub(super) struct Classifier {
    features: Table<Feature>,
    postings: Vec<(u32, f32)>,
    /// For each example its topic.
    topic_of: Vec<u32>,
    topics: usize,
    /// For each topic the words of its examples, title and answer.
    known: Vec<Table<()>>,
    common: Table<()>,
    synonyms: Table<WordHash>,
    spelling: Spelling,
    /// The weight of a word that no example has.
    unseen: f32,
}

type Table<V> = HashMap<WordHash, V, BuildHasherDefault<Already>>;

/// Keys are hashes already, of words that the knowledge chose.
#[derive(Debug, Default)]
struct Already(u64);

#[derive(Debug, Clone, Copy)]
struct Feature {
    weight: f32,
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy)]
struct Term {
    hash: WordHash,
    common: bool,
    worth: f32,
}

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |h, byte| h.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Classifier {
    /// Builds the index.
    pub(super) fn new(knowledge: &Knowledge) -> Self {
        let mut this = Self::empty(knowledge);
        this.learn_spelling(knowledge);
        let examples: Vec<(usize, Vec<Term>)> = knowledge
            .topics
            .iter()
            .enumerate()
            .flat_map(|(topic, entry)| entry.examples.iter().map(move |example| (topic, example)))
            .map(|(topic, example)| (topic, this.terms(example)))
            .collect();
        this.weigh(&examples);
        this.index(&examples);
        this.known = knowledge.topics.iter().map(|topic| this.words_of(topic)).collect();
        this
    }

    /// The most similar topic, whatever its score; `None` for a text without words.
    pub(super) fn best(&self, text: &str) -> Option<Match> {
        self.ranked(text).first().copied()
    }

    /// Topics by falling similarity, at most `limit` of them, none at zero.
    pub(super) fn top(&self, text: &str, limit: usize) -> Vec<Match> {
        let mut ranked = self.ranked(text);
        ranked.truncate(limit);
        ranked
    }

    fn ranked(&self, text: &str) -> Vec<Match> {
        let terms = self.terms(text);
        let mut best = vec![0.0_f32; self.topics];
        self.compare(&terms, &mut best);
        let mut ranked: Vec<Match> = best
            .iter()
            .enumerate()
            .filter(|(_, cosine)| **cosine > 0.0)
            .map(|(topic, cosine)| Match { topic, score: self.blend(*cosine, topic, &terms), runner_up: 0.0 })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.topic.cmp(&b.topic)));
        if let [first, second, ..] = ranked.as_mut_slice() {
            first.runner_up = second.score;
        }
        ranked
    }

    /// Leaves in `best` the highest cosine of each topic's examples.
    fn compare(&self, terms: &[Term], best: &mut [f32]) {
        let mut dots = vec![0.0_f32; self.topic_of.len()];
        let mut norm = 0.0;
        for term in terms {
            let weight = self.word_weight(term);
            norm += weight * weight;
            self.add(term.hash, weight * term.worth, &mut dots);
        }
        for two in terms.windows(2) {
            if let Some(weight) = self.add(text::pair(two[0].hash, two[1].hash), 0.0, &mut dots) {
                norm += weight * weight;
            }
        }
        let norm = f32::sqrt(norm).max(f32::MIN_POSITIVE);
        for (dot, topic) in dots.iter().zip(&self.topic_of) {
            let best = &mut best[*topic as usize];
            *best = best.max((dot / norm).min(1.0));
        }
    }

    /// Adds a feature's part to each example that has it. With `weight` 0 the feature's own weight counts.
    fn add(&self, hash: WordHash, weight: f32, dots: &mut [f32]) -> Option<f32> {
        let feature = self.features.get(&hash)?;
        let weight = if weight > 0.0 { weight } else { feature.weight };
        for (example, share) in &self.postings[feature.start as usize..feature.end as usize] {
            dots[*example as usize] += weight * share;
        }
        Some(weight)
    }

    fn blend(&self, cosine: f32, topic: usize, terms: &[Term]) -> f32 {
        let known = &self.known[topic];
        let (mut all, mut covered) = (f32::MIN_POSITIVE, 0.0);
        for term in terms {
            let weight = self.word_weight(term);
            all += weight;
            covered += if known.contains_key(&term.hash) { weight } else { 0.0 };
        }
        EXAMPLE_SHARE * cosine + (1.0 - EXAMPLE_SHARE) * covered / all
    }

    fn word_weight(&self, term: &Term) -> f32 {
        let unseen = if term.common { COMMON_WEIGHT } else { self.unseen };
        self.features.get(&term.hash).map_or(unseen, |feature| feature.weight)
    }

    fn terms(&self, text: &str) -> Vec<Term> {
        let mut terms = Vec::with_capacity(16);
        text::words(text, &mut String::with_capacity(16), |word| terms.push(self.term(word)));
        terms
    }

    fn term(&self, word: &str) -> Term {
        let (word, worth) = match self.spelling.correct(word) {
            Some(guess) => (guess, GUESS_WORTH),
            None => (word, 1.0),
        };
        let common = self.common.contains_key(&text::hash(word));
        let stemmed = text::hash(text::stem(word));
        Term { hash: self.synonyms.get(&stemmed).copied().unwrap_or(stemmed), common, worth }
    }

    fn empty(knowledge: &Knowledge) -> Self {
        let stem_of = |word: &str| text::hash(text::stem(&word.to_lowercase()));
        let synonyms = knowledge
            .synonyms
            .iter()
            .flat_map(|(one, others)| others.iter().map(move |other| (stem_of(other), stem_of(one))));
        Self {
            features: Table::default(),
            postings: Vec::new(),
            topic_of: Vec::new(),
            topics: knowledge.topics.len(),
            known: Vec::new(),
            common: text::common_words().map(|word| (text::hash(word), ())).collect(),
            synonyms: synonyms.filter(|(other, one)| other != one).collect(),
            spelling: Spelling::default(),
            unseen: f32::ln(1.0 + 2.0 * knowledge.topics.len() as f32),
        }
    }

    fn learn_spelling(&mut self, knowledge: &Knowledge) {
        let mut lexicon: HashSet<String> = text::common_words().map(str::to_owned).collect();
        let synonyms = knowledge.synonyms.iter().flat_map(|(one, others)| others.iter().chain([one]));
        let examples = knowledge.topics.iter().flat_map(|topic| topic.examples.iter());
        let answers = knowledge.topics.iter().map(|topic| &topic.answer);
        for text in examples.chain(synonyms).chain(answers) {
            text::words(text, &mut String::new(), |word| {
                lexicon.insert(word.to_owned());
            });
        }
        self.spelling = Spelling::new(lexicon);
    }

    /// A feature's weight falls with the number of topics that use it.
    fn weigh(&mut self, examples: &[(usize, Vec<Term>)]) {
        let mut used: HashMap<WordHash, (HashSet<usize>, bool, bool)> = HashMap::new();
        for (topic, terms) in examples {
            for term in terms {
                let (topics, common, _) = used.entry(term.hash).or_default();
                topics.insert(*topic);
                *common |= term.common;
            }
            for two in terms.windows(2) {
                let (topics, _, is_pair) = used.entry(text::pair(two[0].hash, two[1].hash)).or_default();
                topics.insert(*topic);
                *is_pair = true;
            }
        }
        for (hash, (topics, common, is_pair)) in used {
            let rare = f32::ln(1.0 + self.topics as f32 / topics.len() as f32);
            let weight = if common {
                COMMON_WEIGHT.min(rare)
            } else if is_pair {
                PAIR_SHARE * rare
            } else {
                rare
            };
            self.features.insert(hash, Feature { weight, start: 0, end: 0 });
        }
    }

    fn index(&mut self, examples: &[(usize, Vec<Term>)]) {
        let mut lists: HashMap<WordHash, Vec<(u32, f32)>> = HashMap::new();
        for (number, (topic, terms)) in examples.iter().enumerate() {
            self.topic_of.push(*topic as u32);
            let pairs = terms.windows(2).map(|two| text::pair(two[0].hash, two[1].hash));
            let mut vector: HashMap<WordHash, f32> = HashMap::new();
            for hash in terms.iter().map(|term| term.hash).chain(pairs) {
                *vector.entry(hash).or_default() = self.features.get(&hash).map_or(0.0, |feature| feature.weight);
            }
            let norm = vector.values().map(|weight| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            for (hash, weight) in vector {
                lists.entry(hash).or_default().push((number as u32, weight / norm));
            }
        }
        for (hash, list) in lists {
            let start = self.postings.len() as u32;
            self.postings.extend(list);
            if let Some(feature) = self.features.get_mut(&hash) {
                (feature.start, feature.end) = (start, self.postings.len() as u32);
            }
        }
    }

    fn words_of(&self, topic: &super::knowledge::Topic) -> Table<()> {
        let texts = topic.examples.iter().chain(topic.title.iter()).chain([&topic.answer]);
        texts.flat_map(|text| self.terms(text)).map(|term| (term.hash, ())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (String, f32) {
        let knowledge = Knowledge::starter();
        let found = Classifier::new(&knowledge).best(text).unwrap();
        (knowledge.topics[found.topic].intent.clone(), found.score)
    }

    #[test]
    fn a_labelled_example_is_certain_whatever_its_case_and_punctuation() {
        let (intent, score) = said("WHAT is your, return-policy?!");
        assert_eq!(intent, "return_policy");
        assert!(score > 0.99, "{score}");
    }

    #[test]
    fn a_typo_costs_little_and_another_subject_costs_much() {
        let (intent, score) = said("what is yuor retrun polcy");
        assert_eq!(intent, "return_policy");
        assert!(score > 0.7, "{score}");
        assert!(said("what is your favourite dinosaur").1 < 0.5);
    }

    #[test]
    fn a_text_without_words_matches_nothing() {
        assert_eq!(Classifier::new(&Knowledge::starter()).best("?!"), None);
    }
}
