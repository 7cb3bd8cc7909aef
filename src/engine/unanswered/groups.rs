//! Which questions are the same: by their content words, and where these differ in part, by likeness.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::assistant::guard::Scanner;
use crate::domain::unanswered::{Example, GROUPS_MAX, TERMS_MAX, TEXT_MAX_CHARS, Unanswered, overlap};
use crate::domain::{AssistantSettings, OrganizationId, PiiKind, SessionId, Timestamp};
use crate::knowledge::Hashing;
use crate::knowledge::languages::is_common;
use crate::knowledge::words::{self, Language};
use crate::store::index::Cursor;
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Direction, Store, StoreError};

/// So many of both questions' content words in common make them one.
const SAME_OVERLAP: f32 = 0.6;

/// So many do where the texts are alike besides.
const ALIKE_OVERLAP: f32 = 0.34;

/// How like, as the cosine of their vectors.
const ALIKE_COSINE: f32 = 0.75;

/// Dimensions of the vectors: made anew each time, and never stored.
const DIMENSIONS: usize = 256;

/// A run of so many digits is somebody's number.
const NUMBER_DIGITS: usize = 5;

const PAGE_MAX: usize = 256;

/// An organization's groups, with what is asked of them in a page of the feed.
pub(super) struct Groups {
    organization: OrganizationId,
    stored: Vec<Versioned<Unanswered>>,
    /// The same, as they are to be; new ones behind.
    now: Vec<Unanswered>,
    embedder: Hashing,
    scanner: Scanner,
}

impl Groups {
    /// The organization's groups; of its settings the patterns of private values count, and all kinds that are known besides:
    /// examples are shown to the whole staff, and may become a public question.
    pub(super) fn read(
        store: &Store,
        organization: &OrganizationId,
        rules: &AssistantSettings,
    ) -> Result<Self, StoreError> {
        let stored = all(store, organization)?;
        let now = stored.iter().map(|found| found.record.clone()).collect();
        Ok(Self {
            organization: organization.clone(),
            stored,
            now,
            embedder: Hashing::new(DIMENSIONS),
            scanner: scanner(rules),
        })
    }

    /// Counts a question in the group that it belongs to, or in a new one.
    pub(super) fn ask(&mut self, text: &str, session: SessionId, at: Timestamp) {
        let text = masked(&self.scanner, text);
        let terms = terms(&text);
        if terms.is_empty() {
            return;
        }
        let place = self.place(&text, &terms).unwrap_or_else(|| {
            let id = id_of(&self.organization, &terms, at);
            self.now.push(Unanswered::new(id, self.organization.clone(), text.clone(), terms, at));
            self.now.len() - 1
        });
        self.now[place].ask(Example { text, session, also: Vec::new(), at });
    }

    /// What changed, into the batch; what there is too much of goes.
    pub(super) fn write(mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let excess = self.now.len().saturating_sub(GROUPS_MAX);
        let mut lightest: Vec<usize> = (0..self.now.len()).collect();
        lightest.sort_by_key(|at| self.now[*at].weight());
        lightest.truncate(excess);
        for (at, new) in self.now.drain(..).enumerate() {
            match (self.stored.get(at), lightest.contains(&at)) {
                (Some(old), true) => record::remove(batch, old),
                (Some(old), false) if old.record != new => drop(record::update(batch, old, &new)?),
                (None, false) => record::insert(batch, &new)?,
                (Some(_), false) | (None, true) => {}
            }
        }
        Ok(())
    }

    /// The group that a question is most like, the older one of two.
    fn place(&self, text: &str, terms: &[String]) -> Option<usize> {
        let mut vector = None;
        let mut best: Option<(f32, usize)> = None;
        for (at, group) in self.now.iter().enumerate() {
            let shared = overlap(terms, &group.terms);
            let score = if shared >= SAME_OVERLAP {
                1.0 + shared
            } else if shared >= ALIKE_OVERLAP {
                let vector = vector.get_or_insert_with(|| self.embedder.vector(text));
                cosine(vector, &self.embedder.vector(&group.question))
            } else {
                continue;
            };
            let older = |other: usize| self.now[other].id < group.id;
            if score >= ALIKE_COSINE
                && best.is_none_or(|(known, other)| known < score || known <= score && !older(other))
            {
                best = Some((score, at));
            }
        }
        best.map(|(_, at)| at)
    }
}

/// Every group of an organization.
pub(super) fn all(store: &Store, organization: &OrganizationId) -> Result<Vec<Versioned<Unanswered>>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None::<Cursor>);
    loop {
        let page = record::all(store, organization, after.as_ref(), PAGE_MAX, Direction::Forward)?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// The stems of a question's content words; of one that has none, of all its words.
pub(super) fn terms(text: &str) -> Vec<String> {
    let words = words::words(text, usize::MAX);
    let stems = words::stems(text, Language::default(), usize::MAX);
    let content = words.iter().zip(&stems).filter(|(word, _)| !is_common(word)).map(|(_, stem)| stem.clone());
    let content: Vec<String> = content.take(TERMS_MAX).collect();
    if content.is_empty() { stems.into_iter().take(TERMS_MAX).collect() } else { content }
}

/// Finds everything that is known to be private, whatever the organization lets a model read.
fn scanner(rules: &AssistantSettings) -> Scanner {
    let pii_patterns = rules.pii_patterns.clone();
    Scanner::new(&AssistantSettings { pii: PiiKind::ALL.to_vec(), pii_patterns, ..AssistantSettings::default() })
}

/// A question within its limit, without values and long numbers of somebody's own. It is masked before it is cut, so that
/// no half of a value is left. The one place where examples are masked.
fn masked(scanner: &Scanner, text: &str) -> String {
    let text = scanner.without_values(text);
    let mask = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if word.contains('@') {
            "<email>".to_owned()
        } else if digits >= NUMBER_DIGITS {
            "<number>".to_owned()
        } else {
            word.to_owned()
        }
    };
    let text = text.split_whitespace().map(mask).collect::<Vec<_>>().join(" ");
    text.chars().take(TEXT_MAX_CHARS).collect()
}

/// The same question that is found again in the same place has the same id: nothing is counted under two.
fn id_of(organization: &OrganizationId, terms: &[String], at: Timestamp) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(organization.as_str().as_bytes());
    for term in terms {
        digest.update([0]);
        digest.update(term.as_bytes());
    }
    digest.update(at.as_ms().to_be_bytes());
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Of vectors that have the length one.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PiiPattern;

    fn rules() -> AssistantSettings {
        let pii_patterns = vec![PiiPattern { name: "member".to_owned(), pattern: r"\bM-\d{4}\b".to_owned() }];
        AssistantSettings { pii_patterns, ..AssistantSettings::default() }
    }

    fn groups() -> Groups {
        let organization = OrganizationId::default_organization();
        let (stored, now, embedder) = (Vec::new(), Vec::new(), Hashing::new(DIMENSIONS));
        Groups { organization, stored, now, embedder, scanner: scanner(&rules()) }
    }

    fn grouped(texts: &[&str]) -> Vec<(String, u64)> {
        let mut groups = groups();
        for (at, text) in texts.iter().enumerate() {
            groups.ask(text, SessionId::parse("s").unwrap(), Timestamp::from_ms(i64::try_from(at).unwrap()));
        }
        groups.now.into_iter().map(|group| (group.question, group.asked)).collect()
    }

    #[test]
    fn questions_with_the_same_words_are_one_and_others_are_not() {
        let found = grouped(&[
            "Do you repair bicycles?",
            "Can you repair my bicycle please",
            "repair of bicycles",
            "Do you sell helmets?",
            "Do you repair helmets?",
        ]);
        assert_eq!(found[0], ("Do you repair bicycles?".to_owned(), 3), "{found:?}");
        assert!(found.len() >= 2 && found[1].0 == "Do you sell helmets?", "{found:?}");
        assert_eq!(
            found,
            grouped(&[
                "Do you repair bicycles?",
                "Can you repair my bicycle please",
                "repair of bicycles",
                "Do you sell helmets?",
                "Do you repair helmets?",
            ])
        );
    }

    #[test]
    fn nobodys_own_values_are_in_an_example() {
        assert_eq!(
            masked(&scanner(&rules()), "Mail jo@example.com about  order 1234567, not 12"),
            "Mail <email> about order <number> not 12"
        );
        let hidden = masked(
            &scanner(&rules()),
            "Is 4111 1111 1111 1111 or GB82 WEST 1234 5698 7654 32 of member M-1234 yours? +49 30 123456",
        );
        assert_eq!(hidden, "Is <card> or <iban> of member <member> yours? <phone>");
        let cut = masked(&scanner(&rules()), &format!("{}4111 1111 1111 1111", "word ".repeat(58)));
        assert!(!cut.contains("4111"), "{cut}");
        assert_eq!(grouped(&["?!", " "]), []);
    }

    #[test]
    fn what_is_asked_least_makes_room() {
        let mut groups = groups();
        for n in 0..GROUPS_MAX + 10 {
            for _ in 0..if n < 10 { 1 } else { 2 } {
                groups.ask(&format!("alpha{n} beta{n}"), SessionId::parse("s").unwrap(), Timestamp::from_ms(0));
            }
        }
        assert_eq!(groups.now.len(), GROUPS_MAX + 10);
        let mut batch = Batch::default();
        groups.write(&mut batch).unwrap();
        assert!(!batch.is_empty());
    }
}
