//! An index as it was at one commit: what may answer a question, by words, by likeness, and by the very question.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use rayon::prelude::*;
use tantivy::collector::TopDocs;
use tantivy::columnar::ColumnValues;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, Searcher, SegmentReader, TantivyDocument, Term};

use super::{Fields, IndexError, Label, SIGNS, Shelf, VECTOR, sign_words};
use crate::domain::knowledge::EntryKey;
use crate::knowledge::languages::Language;
use crate::knowledge::quantise::{Codes, Distances, Small, small_words};

/// For one entry that is wanted, how many are compared by their whole vectors after their signs were.
const COMPARED_PER_WANTED: usize = 4;

/// The least that are compared so.
const COMPARED_MIN: usize = 400;

/// Vectors that one thread compares at least.
const VECTORS_AT_ONCE: usize = 100;

/// See the module.
pub(in crate::knowledge) struct Snapshot {
    searcher: Searcher,
    fields: Fields,
    label: Label,
    signs: Vec<Arc<Codes>>,
    /// The vectors of each segment, on disk; none where it holds nothing.
    vectors: Vec<Option<Arc<dyn ColumnValues<u64>>>>,
    languages: Vec<Language>,
}

/// An entry that may answer.
pub(in crate::knowledge) struct Candidate {
    pub key: EntryKey,
    pub language: Language,
    /// How like the question it is, -1..1; none where the vectors are of another embedder.
    pub similarity: Option<f32>,
}

/// Where an entry is in a snapshot.
pub(in crate::knowledge) type Place = DocAddress;

impl Shelf {
    /// The index as it is now.
    pub(in crate::knowledge) fn snapshot(&self) -> Result<Snapshot, IndexError> {
        let label = self.label();
        let searcher = self.reader.searcher();
        let mut known = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = HashMap::new();
        let mut signs = Vec::with_capacity(searcher.segment_readers().len());
        for segment in searcher.segment_readers() {
            let id = segment.segment_id();
            let loaded = match known.get(&id) {
                Some(loaded) => Arc::clone(loaded),
                None => load_signs(segment, sign_words(label.dimensions))?,
            };
            open.insert(id, Arc::clone(&loaded));
            signs.push(loaded);
        }
        *known = open;
        let languages = languages(&searcher, self.fields)?;
        let column = |segment| column(segment, VECTOR, small_words(label.dimensions));
        let vectors = searcher.segment_readers().iter().map(column).collect::<Result<_, IndexError>>()?;
        Ok(Snapshot { searcher, fields: self.fields, label, signs, vectors, languages })
    }
}

impl Snapshot {
    /// What it is of, and how far it is.
    pub(in crate::knowledge) const fn label(&self) -> &Label {
        &self.label
    }

    /// How many entries it holds.
    pub(in crate::knowledge) fn entries(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// The languages of its entries.
    pub(in crate::knowledge) fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// How many entries hold a stem.
    pub(in crate::knowledge) fn frequency(&self, stem: &str) -> Result<u64, IndexError> {
        Ok(self.searcher.doc_freq(&self.word(stem))?)
    }

    /// The `wanted` entries that hold most of the stems, rare ones counting more; best first.
    pub(in crate::knowledge) fn by_words(&self, stems: &[String], wanted: usize) -> Result<Vec<Place>, IndexError> {
        let each = |stem: &String| {
            let query = TermQuery::new(self.word(stem), IndexRecordOption::WithFreqs);
            (Occur::Should, Box::new(query) as Box<dyn Query>)
        };
        let query = BooleanQuery::new(stems.iter().map(each).collect());
        let found = self.searcher.search(&query, &TopDocs::with_limit(wanted.max(1)).order_by_score())?;
        Ok(found.into_iter().map(|(_, place)| place).collect())
    }

    /// The `wanted` entries whose vectors are most like this one; best first.
    pub(in crate::knowledge) fn by_likeness(&self, asked: &Small, wanted: usize) -> Result<Vec<Place>, IndexError> {
        let compared = wanted.saturating_mul(COMPARED_PER_WANTED).max(COMPARED_MIN);
        let segments = self.searcher.segment_readers();
        let is_there = |segment: usize, place| segments.get(segment).is_some_and(|segment| !segment.is_deleted(place));
        let signs = asked.signs();
        let distances = Distances::of(&signs, self.signs.iter().map(Arc::as_ref), is_there);
        let near = distances.nearest(is_there, compared);
        let likened = near.into_par_iter().with_min_len(VECTORS_AT_ONCE).map(|(segment, place)| {
            let place = DocAddress::new(u32::try_from(segment).unwrap_or(u32::MAX), place);
            (self.similarity(place, asked).unwrap_or(-1.0), place)
        });
        let mut found: Vec<(f32, Place)> = likened.collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(wanted);
        Ok(found.into_iter().map(|(_, place)| place).collect())
    }

    /// Entries that have this very question, by its fingerprint.
    pub(in crate::knowledge) fn by_question(&self, print: u64, wanted: usize) -> Result<Vec<Place>, IndexError> {
        let query = TermQuery::new(Term::from_field_u64(self.fields.question, print), IndexRecordOption::Basic);
        let found = self.searcher.search(&query, &TopDocs::with_limit(wanted.max(1)).order_by_score())?;
        Ok(found.into_iter().map(|(_, place)| place).collect())
    }

    /// What stands at a place. `asked` is the question's vector, if the index has vectors of the same embedder.
    pub(in crate::knowledge) fn candidate(&self, place: Place, asked: Option<&Small>) -> Result<Candidate, IndexError> {
        let document: TantivyDocument = self.searcher.doc(place)?;
        let text = |field| document.get_first(field).and_then(|value| value.as_str());
        let key = text(self.fields.key).and_then(EntryKey::parse).ok_or(IndexError::Damaged("a key does not read"))?;
        let language = text(self.fields.language).and_then(Language::parse).unwrap_or_default();
        let similarity = asked.and_then(|asked| self.similarity(place, asked));
        Ok(Candidate { key, language, similarity })
    }

    /// Which of the stems each of these entries holds, as they were indexed: its texts need not be read and stemmed once more.
    pub(in crate::knowledge) fn held<'a>(
        &self,
        stems: &'a [String],
        places: &[Place],
    ) -> Result<HashMap<Place, HashSet<&'a str>>, IndexError> {
        let mut held: HashMap<Place, HashSet<&str>> = HashMap::new();
        let mut places = places.to_vec();
        places.sort_unstable();
        for of_segment in places.chunk_by(|a, b| a.segment_ord == b.segment_ord) {
            let Some(first) = of_segment.first() else { continue };
            let inverted = self.searcher.segment_reader(first.segment_ord).inverted_index(self.fields.words)?;
            for stem in stems {
                let postings = inverted.read_postings(&self.word(stem), IndexRecordOption::Basic);
                let Some(mut postings) = postings.map_err(IndexError::Folder)? else { continue };
                for place in of_segment {
                    let behind = postings.doc() < place.doc_id;
                    let reached = if behind { postings.seek(place.doc_id) } else { postings.doc() };
                    if reached == place.doc_id {
                        held.entry(*place).or_default().insert(stem);
                    }
                }
            }
        }
        Ok(held)
    }

    /// The stems that begin with this letter, with how many entries of a segment hold each; at most `limit` are looked at.
    pub(in crate::knowledge) fn stems_from(
        &self,
        letter: char,
        limit: usize,
        mut each: impl FnMut(&str, u32),
    ) -> Result<(), IndexError> {
        let (first, mut seen) = (letter.to_string(), 0);
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.fields.words)?;
            let mut stream = inverted.terms().range().ge(first.as_bytes()).into_stream()?;
            while seen < limit && stream.advance() && stream.key().starts_with(first.as_bytes()) {
                if let Ok(stem) = std::str::from_utf8(stream.key()) {
                    each(stem, stream.value().doc_freq);
                }
                seen += 1;
            }
        }
        Ok(())
    }

    /// How like the vector at a place is to one, if it is of the same embedder.
    fn similarity(&self, place: Place, asked: &Small) -> Option<f32> {
        let column = self.vectors.get(place.segment_ord as usize)?.as_ref()?;
        let mut words = vec![0; small_words(self.label.dimensions)];
        column.get_range(u64::from(place.doc_id) * words.len() as u64, &mut words);
        asked.similarity(&words)
    }

    fn word(&self, stem: &str) -> Term {
        Term::from_field_text(self.fields.words, stem)
    }
}

/// The signs of a segment's vectors.
fn load_signs(segment: &SegmentReader, words: usize) -> Result<Arc<Codes>, IndexError> {
    let Some(column) = column(segment, SIGNS, words)? else {
        return Ok(Arc::default());
    };
    let mut signs = vec![0; column.num_vals() as usize];
    column.get_range(0, &mut signs);
    Ok(Arc::new(Codes::new(words, &signs)))
}

/// A segment's column that has so many words for each entry; none where there are no entries.
fn column(segment: &SegmentReader, name: &str, words: usize) -> Result<Option<Arc<dyn ColumnValues<u64>>>, IndexError> {
    let expected = words * segment.max_doc() as usize;
    if expected == 0 {
        return Ok(None);
    }
    let values = segment.fast_fields().u64(name)?.values;
    if values.num_vals() as usize != expected {
        return Err(IndexError::Damaged("an entry has no vector"));
    }
    Ok(Some(values))
}

fn languages(searcher: &Searcher, fields: Fields) -> Result<Vec<Language>, IndexError> {
    let mut found = Vec::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(fields.language)?;
        let mut stream = inverted.terms().stream().map_err(IndexError::Folder)?;
        while stream.advance() {
            found.extend(std::str::from_utf8(stream.key()).ok().and_then(Language::parse));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
