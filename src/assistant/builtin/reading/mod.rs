//! Reads the passages that were found for a question and takes the answer out of them, in their own words and with the place
//! where it stands, or finds that it is not there.
//!
//! A passage is near to a question soon; the answer is only there if the words that the question turns on stand together in it,
//! and the kind of thing that was asked for. What no passage holds counts against all of them.

mod calendar;
mod evidence;
mod kinds;
mod language;
mod lexicon;
mod own;
mod page;
mod question;
mod slips;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::assistant::Passage;
use crate::domain::{Cited, Source};

use evidence::Page;
use language::{ENGLISH, Languages};
use lexicon::{Lexicon, Word};
use question::Question;

/// The most passages of one turn that are read.
const PASSAGES_MAX: usize = 16;

/// The longest answer out of one passage, in characters.
const ANSWER_MAX_CHARS: usize = 480;

/// An answer that was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// What the customer reads.
    pub text: String,
    /// Where it stands.
    pub source: Source,
    /// How sure it is that this answers the question, 0..1.
    pub confidence: f32,
    /// The language that it is in (BCP 47).
    pub language: &'static str,
}

/// Reads. Built once; the tables are the same for every organization.
#[derive(Debug)]
pub(super) struct Reader {
    lexicon: Lexicon,
    languages: Languages,
}

impl Reader {
    /// Reads the tables.
    pub(super) fn new() -> Self {
        let lexicon = Lexicon::new();
        let languages = Languages::new(lexicon.vocabulary());
        Self { lexicon, languages }
    }

    /// The language that somebody writes in, if it can be told.
    pub(super) fn language(&self, text: &str) -> Option<&'static str> {
        self.languages.of(text)
    }

    /// A question's words in English as far as they are known.
    pub(super) fn in_english(&self, text: &str, language: &str) -> Option<String> {
        self.languages.in_english(text, language)
    }

    /// The languages that somebody may write in, where more than one has the words.
    pub(super) fn likely_languages(&self, text: &str) -> Vec<&'static str> {
        self.languages.likely(text)
    }

    /// The language that most of the passages are in, if it can be told.
    pub(super) fn language_of_passages(&self, passages: &[Passage]) -> Option<&'static str> {
        most(passages.iter().take(PASSAGES_MAX).filter_map(|passage| self.language_of_passage(passage)))
    }

    /// Whether a text holds a word that something could be found by.
    pub(super) fn says_something(&self, text: &str, language: &str) -> bool {
        let words = self.lexicon.words(text, self.languages.tongue(language));
        words.iter().any(|word| self.lexicon.weight(word) >= 1.0)
    }

    /// The best answer that the passages hold, however unsure. `before` is what was said before, nearest first; both are in the
    /// `language`.
    pub(super) fn read(&self, text: &str, language: &str, before: &[&str], passages: &[Passage]) -> Option<Found> {
        let tongue = self.languages.tongue(language);
        if Question::read(text, before, &self.lexicon, tongue).terms.is_empty() {
            return None;
        }
        let passages = &passages[..passages.len().min(PASSAGES_MAX)];
        let told: Vec<Option<&str>> = passages.iter().map(|passage| self.language_of_passage(passage)).collect();
        let usual = most(told.iter().flatten().copied()).unwrap_or(ENGLISH);
        let page = |(passage, told): (_, &Option<&str>)| {
            Page::new(passage, &self.lexicon, self.languages.tongue(told.unwrap_or(usual)))
        };
        let pages: Vec<Page<'_>> = passages.iter().zip(&told).map(page).collect();
        let words: Vec<&Word> = pages.iter().flat_map(Page::words).filter(|word| !word.is_foreign()).collect();
        let meant = |text| slips::corrected(text, tongue, &self.lexicon, &words);
        let before: Vec<_> = before.iter().copied().map(meant).collect();
        let before: Vec<&str> = before.iter().map(AsRef::as_ref).collect();
        let question = Question::read(&meant(text), &before, &self.lexicon, tongue);
        let best = evidence::best(&question, &pages, &self.lexicon, ANSWER_MAX_CHARS)?;
        let passage = passages.get(best.page)?;
        let text = plain(&passage.text[best.at.clone()]);
        let source = narrowed(&passage.source, &passage.text, best.at);
        let language = told.get(best.page).copied().flatten().unwrap_or(usual);
        Some(Found { text, source, confidence: best.confidence, language })
    }

    fn language_of_passage(&self, passage: &Passage) -> Option<&'static str> {
        let question = passage.question.as_deref().unwrap_or(&passage.source.title);
        self.languages.of_passage(&format!("{question}\n{}", passage.text))
    }
}

/// What there is most of.
fn most(languages: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for language in languages {
        *counts.entry(language).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(language, _)| language)
}

/// The source with the stretch that was taken, in characters of the document.
fn narrowed(source: &Source, text: &str, at: Range<usize>) -> Source {
    let chars = |bytes: Range<usize>| u32::try_from(text[bytes].chars().count()).unwrap_or(u32::MAX);
    let cited = source.cited.map(|cited| {
        let start = cited.start.saturating_add(chars(0..at.start));
        Cited { start, end: start.saturating_add(chars(at)), ..cited }
    });
    Source { cited, ..source.clone() }
}

/// Markdown without its marks, lines of a table as plain lines.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().map(str::trim).filter(|line| !is_rule(line)) {
        let is_item = line.starts_with("- ") || line.starts_with("* ") || line.starts_with('|');
        if !out.is_empty() {
            out.push(if is_item { '\n' } else { ' ' });
        }
        let line = line.strip_prefix("* ").map_or_else(|| line.to_owned(), |item| format!("- {item}"));
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        out.push_str(&cells.join(": ").replace("**", "").replace('`', ""));
    }
    out
}

fn is_rule(line: &str) -> bool {
    line.is_empty() || line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '=' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DocumentId;

    const TEXT: &str = "# Library rules\n\n## Borrowing\n\nBooks can be kept for 21 days. Films can be kept for 7 days.\n\n\
        ## Fines\n\n| what | fine |\n|---|---|\n| book | 20 cents a day |\n| film | 1 euro a day |\n";

    fn passage() -> Passage {
        let cited = Some(Cited { document: DocumentId(uuid::Uuid::nil()), version: 1, start: 100, end: 400 });
        let source = Source { id: "c1".to_owned(), title: "Rules".to_owned(), url: None, cited };
        Passage { source, question: None, text: TEXT.to_owned(), score: 0.7 }
    }

    fn read(text: &str) -> Found {
        Reader::new().read(text, ENGLISH, &[], &[passage()]).unwrap()
    }

    #[test]
    fn the_answer_is_the_paragraph_that_holds_it_with_its_place() {
        let found = read("How long can I keep a book?");
        assert_eq!(found.text, "Books can be kept for 21 days. Films can be kept for 7 days.");
        let start = TEXT.find("Books").unwrap() as u32 + 100;
        let cited = found.source.cited.unwrap();
        assert_eq!((cited.start, cited.end), (start, start + found.text.len() as u32));
        assert!(found.confidence > 0.6, "{found:?}");
        assert!(read("What is the fine for a film?").text.contains("film: 1 euro a day"));
    }

    #[test]
    fn what_stands_behind_a_sentence_does_not_change_what_it_says() {
        for (text, question) in [
            ("| service | price |\n|---|---|\n| Pickup | free |\n", "How much is pickup?"),
            ("At the weekend parking is free.\n", "How much is parking at the weekend?"),
        ] {
            let passage = Passage { text: text.to_owned(), ..passage() };
            let found = Reader::new().read(question, ENGLISH, &[], &[passage]).unwrap();
            assert!(found.confidence > 0.8, "{question} {found:?}");
        }
    }

    #[test]
    fn paragraphs_of_one_section_that_answer_as_well_are_given_together() {
        let text = "# Help\n\n## Lost cards\n\nTell the desk about it.\n\nWe lock it at once.\n\n## Fines\n\nBooks cost 20 cents.\n";
        let passage = Passage { text: text.to_owned(), ..passage() };
        let found = Reader::new().read("What happens with lost cards?", ENGLISH, &[], &[passage]).unwrap();
        assert_eq!(found.text, "Tell the desk about it. We lock it at once.");
    }

    #[test]
    fn a_fact_that_is_not_there_is_less_likely_than_one_that_is() {
        let there = read("How long can I keep a film?").confidence;
        for absent in
            ["How long can I keep a projector?", "Can I borrow a film in Oslo?", "What does a library card cost?"]
        {
            let confidence = read(absent).confidence;
            assert!(confidence < there && confidence < 0.6, "{absent}: {confidence}");
        }
    }
}
