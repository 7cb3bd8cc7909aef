//! From a question to what may answer it: candidates by words and by likeness, fused by rank, then each looked up in the store
//! and measured against the question itself.

mod asked;
mod measure;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::embed::Scale;
use super::index::{IndexError, Place, Snapshot};
use super::quantise::Small;
use crate::domain::OrganizationId;
use crate::domain::id::DocumentId;
use crate::domain::knowledge::{Document, Entry, EntryKey};
use crate::store::knowledge::{self, Kept};
use crate::store::record::{self, Versioned};
use crate::store::{Store, StoreError};

use asked::Asked;

/// The longest question that is read, in characters; what is behind is not.
pub const QUERY_MAX_CHARS: usize = 2_000;

/// The most hits of one question.
pub const HITS_MAX: usize = 100;

/// For one hit that is wanted, how many candidates each way of finding gives.
const CANDIDATES_PER_HIT: usize = 4;

/// The least that each gives.
const CANDIDATES_MIN: usize = 40;

/// The most candidates that are looked at where most of them are not to be told.
const CANDIDATES_MAX: usize = 10_000;

/// For one hit that is wanted, how many candidates are measured.
const MEASURED_PER_HIT: usize = 3;

/// The least that are measured.
const MEASURED_MIN: usize = 24;

/// How much less a rank counts than the one before; the number that reciprocal rank fusion was published with.
const RANK_OFFSET: f32 = 60.0;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The question, as it was written.
    pub text: String,
    /// What a server that makes vectors reads in the place of the text, if it is not to read that.
    pub concealed: Option<String>,
    /// The most hits, up to [`HITS_MAX`].
    pub limit: usize,
    /// Hits that are less relevant than this are left out, 0..1.
    pub floor: f32,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// It.
    pub entry: Arc<Entry>,
    /// How well it answers, 0..1, comparable between questions: 1 is that very question of an FAQ.
    pub relevance: f32,
    /// The share of the question's words that it holds, 0..1, rare words counting more.
    pub lexical: f32,
    /// How like the question it is, by its vector: the cosine, -1..1; 0 where there is none.
    pub similarity: f32,
}

/// Why there is no answer to a search; for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum SearchError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything that a search reads.
pub(super) struct Room<'a> {
    pub snapshot: &'a Snapshot,
    pub store: &'a Store,
    pub organization: &'a OrganizationId,
    pub scale: Scale,
}

impl Query {
    /// The part of the text that is read.
    pub(super) fn read(&self) -> &str {
        beginning(&self.text)
    }

    /// What the vector is made of.
    pub(super) fn meant(&self) -> &str {
        beginning(self.concealed.as_deref().unwrap_or(&self.text))
    }
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(QUERY_MAX_CHARS).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

impl Room<'_> {
    /// What answers the question, most relevant first. `vector` is the question's own, if the index has such vectors.
    pub(super) fn find(&self, query: &Query, vector: Option<&Small>) -> Result<Vec<Hit>, SearchError> {
        let asked = Asked::read(self.snapshot, query.read())?;
        let limit = query.limit.min(HITS_MAX);
        let mut wanted = limit.saturating_mul(CANDIDATES_PER_HIT).max(CANDIDATES_MIN);
        let mut places = self.candidates(&asked, vector, wanted)?;
        let mut hits = self.measured(&asked, vector, &places, limit)?;
        // While a document is read anew its new chunks are there and not told: they must not crowd out what is.
        while hits.len() < limit && places.len() >= wanted && wanted < CANDIDATES_MAX {
            wanted *= 4;
            places = self.candidates(&asked, vector, wanted)?;
            hits = self.measured(&asked, vector, &places, limit)?;
        }
        hits.retain(|hit| hit.relevance >= query.floor);
        hits.truncate(limit);
        Ok(hits)
    }

    /// What may answer, the most promising first: the sum over all ways of finding of one divided by the rank there.
    fn candidates(&self, asked: &Asked, vector: Option<&Small>, wanted: usize) -> Result<Vec<Place>, IndexError> {
        let stems = asked.stems();
        let likeness = || vector.map_or_else(|| Ok(Vec::new()), |vector| self.snapshot.by_likeness(vector, wanted));
        let (by_words, by_likeness) = rayon::join(|| self.snapshot.by_words(&stems, wanted), likeness);
        let mut scores: BTreeMap<Place, f32> = BTreeMap::new();
        for found in [by_words?, by_likeness?] {
            for (rank, place) in found.into_iter().enumerate() {
                *scores.entry(place).or_default() += 1.0 / (RANK_OFFSET + rank as f32);
            }
        }
        if let Some(print) = asked.print {
            for place in self.snapshot.by_question(print, wanted)? {
                *scores.entry(place).or_default() += 1.0;
            }
        }
        let mut fused: Vec<(Place, f32)> = scores.into_iter().collect();
        fused.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(fused.into_iter().map(|(place, _)| place).collect())
    }

    fn measured(
        &self,
        asked: &Asked,
        vector: Option<&Small>,
        places: &[Place],
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let wanted = limit.saturating_mul(MEASURED_PER_HIT).max(MEASURED_MIN);
        let stems = asked.all_stems();
        let held = self.snapshot.held(&stems, places)?;
        let nothing = HashSet::new();
        let mut live = Live { room: self, documents: HashMap::new() };
        let mut hits = Vec::new();
        for place in places {
            if hits.len() == wanted {
                break;
            }
            let candidate = self.snapshot.candidate(*place, vector)?;
            if let Some(found) = live.entry(candidate.key)? {
                let held = held.get(place).unwrap_or(&nothing);
                hits.push(measure::hit(asked, found.record.entry, &candidate, held, self.scale));
            }
        }
        hits.sort_by(|a, b| b.relevance.total_cmp(&a.relevance).then_with(|| a.entry.key.cmp(&b.entry.key)));
        Ok(hits)
    }
}

/// Entries as the store has them now, with each document looked up once.
struct Live<'a> {
    room: &'a Room<'a>,
    documents: HashMap<DocumentId, Option<u32>>,
}

impl Live<'_> {
    /// The entry, if it is there and is to be found.
    fn entry(&mut self, key: EntryKey) -> Result<Option<Versioned<Kept>>, StoreError> {
        let (store, organization) = (self.room.store, self.room.organization);
        if let EntryKey::Chunk { document, version, .. } = key {
            let live = match self.documents.get(&document) {
                Some(live) => *live,
                None => {
                    let found = record::get::<Document>(store, organization, &document.to_string())?;
                    *self.documents.entry(document).or_insert(found.and_then(|found| found.record.live))
                }
            };
            if live != Some(version) {
                return Ok(None);
            }
        }
        knowledge::entry(store, organization, key)
    }
}
