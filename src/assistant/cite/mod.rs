//! Whether an answer says only what it can show. A model is asked to quote what it rests on; a quote counts only if its
//! passage really holds the words, and a sentence that claims something counts only with such words behind it.
//!
//! `words` folds texts so that case, spaces and punctuation are no matter, `claim` says which sentences claim something,
//! `evidence` holds what they may rest on, `speaking` reads a model's stream and lets out what may be shown. Deliberately absent: whether a claim follows from the
//! words that are quoted; nobody here understands them.

mod claim;
mod evidence;
mod marker;
mod speaking;
mod words;

pub use evidence::Evidence;
pub use speaking::{Speaking, Spoken};

use words::{Folded, Word};

use crate::assistant::Passage;
use crate::domain::{Cited, Source};

/// The fewest words of a quote; shorter ones stand in any text.
const QUOTE_MIN_WORDS: usize = 3;

/// The fewest words that a sentence and a passage must have in a row for the sentence to rest on it without a quote.
const RUN_MIN_WORDS: usize = 5;

/// How many sentences a quote reaches back from the one that it stands in or after.
const REACH_SENTENCES: usize = 8;

/// One in so many of a sentence's telling words must stand in the quoted sentences where the quote stands neither
/// in it nor right after it.
const NEAR_PART: usize = 3;

/// The most passages that one answer may rest on.
pub const PASSAGES_MAX: usize = 32;

/// A passage with its words, which quotes are looked for in.
#[derive(Debug, Clone)]
struct Shelf {
    passage: Passage,
    folded: Folded,
    /// Where its sentences end, in characters.
    ends: Vec<usize>,
}

/// A place in a passage that bears a sentence out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    /// Which passage.
    passage: usize,
    /// Where the words begin, in characters of the passage.
    start: usize,
    /// Where they end.
    end: usize,
}

impl Shelf {
    fn new(passage: Passage) -> Self {
        let (folded, ends) = (Folded::new(&passage.text), words::sentence_ends(&passage.text));
        Self { passage, folded, ends }
    }

    /// Where the passage holds the quoted words; parts that are joined by an ellipsis may stand apart, in their order.
    fn quote(&self, quote: &str) -> Option<(usize, usize)> {
        let parts: Vec<Folded> = quote.split("...").flat_map(|part| part.split('…')).map(Folded::new).collect();
        let parts: Vec<&Folded> = parts.iter().filter(|part| !part.words().is_empty()).collect();
        let length: usize = parts.iter().map(|part| part.words().len()).sum();
        if length < QUOTE_MIN_WORDS.min(self.folded.words().len()).max(1) {
            return None;
        }
        let (mut at, mut first) = (0, None);
        for part in parts {
            let found = self.folded.find(part.words(), at)?;
            first = first.or(Some(found));
            at = found + part.words().len();
        }
        Some(self.folded.span(first?, at))
    }

    /// The words of the sentences that a place stands in.
    fn around(&self, found: Found) -> &[Word] {
        let from = self.ends.iter().rev().find(|end| **end <= found.start).copied().unwrap_or(0);
        let to = self.ends.iter().find(|end| **end >= found.end).copied().unwrap_or(usize::MAX);
        self.folded.between(from, to)
    }

    /// The longest row of words that a sentence shares with the passage, if it is long enough to say the same.
    fn run(&self, sentence: &Folded) -> Option<(usize, usize)> {
        let (from, length) = self.folded.longest_shared(sentence.words())?;
        let enough = length >= RUN_MIN_WORDS && length * 2 >= sentence.words().len();
        enough.then(|| self.folded.span(from, from + length))
    }

    /// The source, with the cited words' place in the whole document where the passage has one.
    fn source(&self, start: usize, end: usize) -> Source {
        let within = |cited: Cited| {
            let offset = |chars: usize| u32::try_from(chars).ok().and_then(|chars| cited.start.checked_add(chars));
            match (offset(start), offset(end)) {
                (Some(start), Some(end)) if end <= cited.end => Cited { start, end, ..cited },
                _ => cited,
            }
        };
        let source = self.passage.source.clone();
        Source { cited: source.cited.map(within), ..source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DocumentId;

    fn shelf(text: &str) -> Shelf {
        let document = DocumentId(uuid::Uuid::nil());
        let end = 100 + u32::try_from(text.chars().count()).unwrap();
        let cited = Some(Cited { document, version: 2, start: 100, end });
        let source = Source { cited, ..Source::titled("a".to_owned(), "A".to_owned()) };
        Shelf::new(Passage { source, question: None, text: text.to_owned(), score: 1.0 })
    }

    fn quoted<'a>(text: &'a str, quote: &str) -> Option<&'a str> {
        let (start, end) = shelf(text).quote(quote)?;
        let at = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        text.get(at(start)..at(end))
    }

    #[test]
    fn a_quote_counts_whatever_its_case_spaces_and_punctuation() {
        let text = "Items — unworn,\nin their box — may be returned within 30 days (from delivery).";
        assert_eq!(quoted(text, "MAY be returned within 30 days"), Some("may be returned within 30 days"));
        assert_eq!(quoted(text, "unworn in their box"), Some("unworn,\nin their box"));
        assert_eq!(
            quoted(text, "Items ... within 30 days"),
            Some("Items — unworn,\nin their box — may be returned within 30 days")
        );
        for bad in ["may be returned within 60 days", "within 30 days may be", "30 days", "", "…", "30 days ... Items"]
        {
            assert_eq!(quoted(text, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_source_names_the_place_in_the_whole_document() {
        let shelf = shelf("Größe: we ship to all of Europe.");
        let (start, end) = shelf.quote("we ship to all").unwrap();
        let cited = shelf.source(start, end).cited.unwrap();
        assert_eq!((cited.start, cited.end, cited.version), (107, 121, 2));
    }
}
