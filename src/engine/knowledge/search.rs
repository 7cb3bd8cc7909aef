//! Searching what an organization knows, and figures about it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{Knowledge, unreadable};
use crate::auth::{Access, Caller};
use crate::domain::Refusal;
use crate::domain::knowledge::{Document, DocumentState, Faq, Span};
use crate::knowledge::languages::{Language, is_common};
use crate::knowledge::words::{stems, words};
use crate::knowledge::{Hit, Query};
use crate::store::{Direction, documents, knowledge, record};

/// The most hits of one search.
const HITS_MAX: usize = 50;

/// The longest question, in characters.
const QUESTION_MAX_CHARS: usize = 2_000;

/// Words of a question that are looked for in what was found.
const HIGHLIGHT_WORDS_MAX: usize = 64;

/// Places of one hit that are pointed to.
const HIGHLIGHTS_MAX: usize = 200;

/// Documents that are counted at a time.
const STRIDE: usize = 200;

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// It.
    pub hit: Hit,
    /// Where the question's words stand in its text, in characters of that text.
    pub highlights: Vec<Span>,
}

/// How an index stands to what it is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexState {
    /// There is nothing to be found.
    Empty,
    /// It is there.
    Ready,
    /// It is being opened or made.
    Building,
}

/// Figures about an organization's knowledge.
#[derive(Debug, Clone)]
pub struct Stats {
    /// Its documents by state: waiting, reading, indexing, ready, error.
    pub documents: [usize; 5],
    /// The bytes of its documents, as they came.
    pub documents_bytes: u64,
    /// The chunks of documents that are found.
    pub chunks: u64,
    /// Its questions with answers.
    pub faqs: usize,
    /// Its texts that were given to be found as they are.
    pub vectors: usize,
    /// What the index holds, those chunks among it that are not found yet.
    pub indexed: u64,
    /// A number that each change raises.
    pub version: u64,
    /// The index.
    pub index: IndexState,
    /// Who makes the vectors.
    pub embedder: String,
    /// How many numbers a vector has.
    pub dimensions: usize,
}

impl Knowledge {
    /// As [`Knowledge::hits`], with where the question's words stand.
    ///
    /// # Errors
    /// As [`Knowledge::hits`].
    pub async fn search(&self, caller: &Caller, text: &str, limit: usize, floor: f32) -> Result<Vec<Found>, Refusal> {
        let hits = self.hits(caller, text, limit, floor).await?;
        let text = text.to_owned();
        // A page of long texts is work for some milliseconds.
        let found = spawn_blocking(move || {
            let found = |hit: Hit| Found { highlights: highlights(&text, &hit.entry.text), hit };
            hits.into_iter().map(found).collect()
        });
        found.await.map_err(|_ended| Refusal::Unavailable { part: "knowledge" })
    }

    /// What answers a question, the most relevant first; nothing that is less relevant than `floor`.
    ///
    /// # Errors
    /// `Forbidden` for a program that may not read knowledge; `Invalid` on `query`; `Busy`, `Unavailable`.
    pub async fn hits(&self, caller: &Caller, text: &str, limit: usize, floor: f32) -> Result<Vec<Hit>, Refusal> {
        caller.require_scope("knowledge", Access::Read)?;
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::invalid("query", "must not be blank"));
        }
        if text.chars().count() > QUESTION_MAX_CHARS {
            return Err(Refusal::invalid("query", format!("must be at most {QUESTION_MAX_CHARS} characters")));
        }
        let (library, organization) = (&self.inner.library, &caller.organization);
        // Nobody else is to read who a customer is; what is found by words is found by all of them.
        let concealed = library.embedder().costs().then(|| {
            let rules = Arc::clone(&self.inner.policies.of(organization).assistant);
            self.inner.scanners.of(organization, &rules).without_values(text)
        });
        let query = Query { text: text.to_owned(), concealed, limit: limit.min(HITS_MAX), floor };
        library.search(organization, &query).await
    }

    /// Whether whoever makes vectors could make one as far as is known without asking. Without vectors the words are searched.
    pub fn makes_vectors(&self) -> bool {
        self.inner.library.embedder().is_healthy()
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.inner.library.embedder().dimensions()
    }

    /// Figures.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn stats(&self, caller: &Caller) -> Result<Stats, Refusal> {
        caller.require_staff()?;
        let (organization, store, limits) = (&caller.organization, &self.inner.store, &self.inner.limits);
        let library = &self.inner.library;
        let (documents, documents_bytes, chunks) = self.tally(caller)?;
        let indexed = library.indexed(organization);
        let index = match (library.is_empty(organization)?, indexed) {
            (true, _) => IndexState::Empty,
            (false, 0) => IndexState::Building,
            (false, _) => IndexState::Ready,
        };
        Ok(Stats {
            documents,
            documents_bytes,
            chunks,
            faqs: record::count::<Faq>(store, organization, limits.faqs_max).map_err(unreadable)?,
            vectors: documents::count_vectors(store, organization, limits.vectors_max).map_err(unreadable)?,
            indexed,
            version: knowledge::version(store, organization).map_err(unreadable)?,
            index,
            embedder: library.embedder().id(),
            dimensions: library.embedder().dimensions(),
        })
    }

    fn tally(&self, caller: &Caller) -> Result<([usize; 5], u64, u64), Refusal> {
        let (mut states, mut bytes, mut chunks, mut after) = ([0; 5], 0_u64, 0_u64, None);
        loop {
            let page = record::all::<Document>(
                &self.inner.store,
                &caller.organization,
                after.as_ref(),
                STRIDE,
                Direction::Forward,
            );
            let page = page.map_err(unreadable)?;
            for document in page.items.iter().map(|found| &found.record) {
                let [waiting, reading, indexing, ready, error] = &mut states;
                *match document.state {
                    DocumentState::Waiting => waiting,
                    DocumentState::Reading => reading,
                    DocumentState::Indexing => indexing,
                    DocumentState::Ready => ready,
                    DocumentState::Error => error,
                } += 1;
                bytes = bytes.saturating_add(document.bytes);
                chunks += if document.state == DocumentState::Ready { u64::from(document.chunks) } else { 0 };
            }
            after = page.next;
            if after.is_none() {
                return Ok((states, bytes, chunks));
            }
        }
    }
}

/// Where words of the question stand in a text, whatever their endings; words that say little are passed over.
fn highlights(question: &str, text: &str) -> Vec<Span> {
    let language = Language::detect(text);
    let asked: HashSet<String> = words(question, HIGHLIGHT_WORDS_MAX)
        .iter()
        .filter(|word| !is_common(word))
        .flat_map(|word| stems(word, language, 1))
        .collect();
    let mut found = Vec::new();
    let mut begin = None;
    // A word ends where no letter follows; the end of the text is such a place.
    for (at, c) in (0_u64..).zip(text.chars().chain([' '])) {
        match (c.is_alphanumeric(), begin) {
            (true, None) => begin = Some(at),
            (false, Some(start)) => {
                found.push(Span { start, end: at });
                begin = None;
            }
            _ => {}
        }
    }
    let characters: Vec<char> = text.chars().collect();
    // A text has most of its words many times.
    let mut known: HashMap<String, bool> = HashMap::new();
    found.retain(|span| {
        let word: Option<String> = usize::try_from(span.start)
            .ok()
            .zip(usize::try_from(span.end).ok())
            .and_then(|(start, end)| characters.get(start..end).map(|letters| letters.iter().collect()));
        let is_asked = |word: &String| stems(word, language, 1).iter().any(|stem| asked.contains(stem));
        word.is_some_and(|word| match known.get(&word) {
            Some(is_known) => *is_known,
            None => *known.entry(word.clone()).or_insert_with(|| is_asked(&word)),
        })
    });
    found.truncate(HIGHLIGHTS_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_words_are_pointed_to_in_characters_whatever_their_endings() {
        let text = "Größe: parcels are delivered, and a parcel's delivery is free.";
        let found: Vec<String> = highlights("How is my PARCEL delivered?", text)
            .iter()
            .map(|span| text.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect())
            .collect();
        assert_eq!(found, ["parcels", "delivered", "parcel"]);
        assert!(highlights("the of and", text).is_empty());
    }
}
