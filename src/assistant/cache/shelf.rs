//! Where answers are kept: in memory, so many and so large, the longest unused ones going first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::question::Question;
use crate::domain::session::Channel;
use crate::domain::{Answer, OrganizationId, SessionId, Timestamp};

/// What an answer takes besides its texts, in bytes.
const ENTRY_BYTES: usize = 512;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct ShelfLimits {
    /// Answers of one organization.
    pub entries_max: usize,
    /// Answers of all organizations together, in bytes.
    pub bytes_max: usize,
}

/// What an answer was made for, and of: answers of another scope are never given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    /// A hash of everything that shapes an answer.
    pub(super) version: u64,
    /// How the customer wrote.
    pub(super) channel: Channel,
}

/// See the module.
#[derive(Debug)]
pub struct Shelf {
    limits: ShelfLimits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    organizations: HashMap<OrganizationId, Answers>,
    bytes: usize,
    uses: u64,
}

/// One organization's.
#[derive(Debug, Default)]
struct Answers {
    entries: HashMap<u64, Entry>,
    by_text: HashMap<(Scope, String), u64>,
    by_content: HashMap<(Scope, Vec<String>), Vec<u64>>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    scope: Scope,
    question: Question,
    answer: Answer,
    session: SessionId,
    at: Timestamp,
    used: u64,
    bytes: usize,
}

/// What has the same content, though another text.
#[derive(Debug)]
pub(super) struct Alike {
    /// Its words.
    pub(super) core: String,
    /// What was answered.
    pub(super) answer: Answer,
}

impl Shelf {
    /// An empty one.
    pub fn new(limits: ShelfLimits) -> Self {
        Self { limits, kept: Mutex::default() }
    }

    /// The answer to this very text.
    pub(super) fn same(
        &self,
        organization: &OrganizationId,
        scope: Scope,
        question: &Question,
        since: Timestamp,
    ) -> Option<Answer> {
        let mut kept = self.lock();
        kept.uses += 1;
        let used = kept.uses;
        let answers = kept.organizations.get_mut(organization)?;
        let id = *answers.by_text.get(&(scope, question.folded.clone()))?;
        let entry = answers.entries.get_mut(&id)?;
        if entry.at < since {
            let freed = answers.remove(id);
            kept.bytes -= freed;
            return None;
        }
        entry.used = used;
        Some(entry.answer.clone())
    }

    /// Answers to texts of the same content.
    pub(super) fn alike(
        &self,
        organization: &OrganizationId,
        scope: Scope,
        question: &Question,
        since: Timestamp,
    ) -> Vec<Alike> {
        let mut kept = self.lock();
        kept.uses += 1;
        let used = kept.uses;
        let Some(answers) = kept.organizations.get_mut(organization) else { return Vec::new() };
        let Some(ids) = answers.by_content.get(&(scope, question.content.clone())) else { return Vec::new() };
        let mut found = Vec::new();
        for id in ids {
            if let Some(entry) = answers.entries.get_mut(id).filter(|entry| entry.at >= since) {
                entry.used = used;
                found.push(Alike { core: entry.question.core.clone(), answer: entry.answer.clone() });
            }
        }
        // The same one first, whatever the order in which they came.
        found.sort_by(|one: &Alike, other| one.core.cmp(&other.core));
        found
    }

    /// Keeps an answer, in the place of what was kept for the same text.
    pub(super) fn put(
        &self,
        (organization, scope): (&OrganizationId, Scope),
        question: Question,
        answer: Answer,
        session: SessionId,
        at: Timestamp,
    ) {
        let bytes = size(&question, &answer);
        if bytes > self.limits.bytes_max || self.limits.entries_max == 0 {
            return;
        }
        let mut kept = self.lock();
        kept.uses += 1;
        let used = kept.uses;
        let answers = kept.organizations.entry(organization.clone()).or_default();
        let before = answers.bytes;
        if let Some(old) = answers.by_text.get(&(scope, question.folded.clone())).copied() {
            answers.remove(old);
        }
        while answers.entries.len() >= self.limits.entries_max && answers.remove_oldest() {}
        answers.add(used, Entry { scope, question, answer, session, at, used, bytes });
        let after = answers.bytes;
        kept.bytes = kept.bytes - before + after;
        while kept.bytes > self.limits.bytes_max && kept.shrink() {}
    }

    /// Throws away an organization's answers; gives how many.
    pub fn clear(&self, organization: &OrganizationId) -> usize {
        let mut kept = self.lock();
        let Some(answers) = kept.organizations.remove(organization) else { return 0 };
        kept.bytes -= answers.bytes;
        answers.entries.len()
    }

    /// Throws away what was kept of a session's questions.
    pub fn forget_session(&self, organization: &OrganizationId, session: &SessionId) {
        let mut kept = self.lock();
        let Some(answers) = kept.organizations.get_mut(organization) else { return };
        let theirs = answers.entries.iter().filter(|(_, entry)| entry.session == *session);
        let theirs: Vec<u64> = theirs.map(|(id, _)| *id).collect();
        let freed: usize = theirs.into_iter().map(|id| answers.remove(id)).sum();
        kept.bytes -= freed;
    }

    /// How many answers of an organization are kept, by channel, and their size in bytes.
    pub fn size_of(&self, organization: &OrganizationId) -> (HashMap<Channel, usize>, usize) {
        let kept = self.lock();
        let Some(answers) = kept.organizations.get(organization) else { return Default::default() };
        let mut channels = HashMap::new();
        answers.entries.values().for_each(|entry| *channels.entry(entry.scope.channel).or_default() += 1);
        (channels, answers.bytes)
    }

    /// Bytes of all answers.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Whoever keeps the most gives one up. Says whether there was one.
    fn shrink(&mut self) -> bool {
        let Some(answers) = self.organizations.values_mut().max_by_key(|answers| answers.bytes) else { return false };
        let before = answers.bytes;
        let shrunk = answers.remove_oldest();
        self.bytes -= before - answers.bytes;
        shrunk
    }
}

impl Answers {
    fn add(&mut self, id: u64, entry: Entry) {
        self.bytes += entry.bytes;
        self.by_text.insert((entry.scope, entry.question.folded.clone()), id);
        self.by_content.entry((entry.scope, entry.question.content.clone())).or_default().push(id);
        self.entries.insert(id, entry);
    }

    /// Gives how many bytes that frees.
    fn remove(&mut self, id: u64) -> usize {
        let Some(entry) = self.entries.remove(&id) else { return 0 };
        self.by_text.remove(&(entry.scope, entry.question.folded));
        let content = (entry.scope, entry.question.content);
        if let Some(ids) = self.by_content.get_mut(&content) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_content.remove(&content);
            }
        }
        self.bytes -= entry.bytes;
        entry.bytes
    }

    fn remove_oldest(&mut self) -> bool {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| *id);
        oldest.is_some_and(|id| self.remove(id) > 0)
    }
}

/// The moment before which an answer is too old at another.
pub(super) fn since(now: Timestamp, ttl: Duration) -> Timestamp {
    now.plus_ms(-i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
}

fn size(question: &Question, answer: &Answer) -> usize {
    // The question is kept three times: beside the answer, and in both ways to it.
    let content: usize = question.content.iter().map(|word| word.len() + size_of::<String>()).sum();
    let sources =
        answer.sources.iter().map(|s| s.id.len() + s.title.len() + s.url.as_ref().map_or(0, String::len) + 96);
    ENTRY_BYTES
        + question.core.len()
        + 2 * (question.folded.len() + content)
        + answer.text.len()
        + sources.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope = Scope { version: 1, channel: Channel::Web };

    fn organization(name: &str) -> OrganizationId {
        OrganizationId::parse(name).unwrap()
    }

    fn put(shelf: &Shelf, organization: &OrganizationId, text: &str) {
        let answer = Answer { text: format!("About {text}"), ..Answer::default() };
        let session = SessionId::parse("s").unwrap();
        let question = Question::read(text).unwrap();
        shelf.put((organization, SCOPE), question, answer, session, Timestamp::from_ms(1_000));
    }

    fn has(shelf: &Shelf, organization: &OrganizationId, text: &str, since: i64) -> bool {
        let question = Question::read(text).unwrap();
        shelf.same(organization, SCOPE, &question, Timestamp::from_ms(since)).is_some()
    }

    #[test]
    fn the_longest_unused_answer_makes_room_and_an_old_one_is_gone() {
        let shelf = Shelf::new(ShelfLimits { entries_max: 2, bytes_max: usize::MAX });
        let acme = organization("acme");
        put(&shelf, &acme, "How do returns work?");
        put(&shelf, &acme, "Where do you ship?");
        assert!(has(&shelf, &acme, "how do RETURNS work", 0));
        put(&shelf, &acme, "Who are you?");
        assert!(has(&shelf, &acme, "How do returns work?", 0) && !has(&shelf, &acme, "Where do you ship?", 0));
        assert!(!has(&shelf, &organization("other"), "How do returns work?", 0));
        assert!(!has(&shelf, &acme, "How do returns work?", 1_001));
        assert_eq!(shelf.size_of(&acme).0[&Channel::Web], 1, "what is too old is thrown away when it is looked for");
        assert_eq!((shelf.clear(&acme), shelf.bytes()), (1, 0));
    }

    #[test]
    fn whoever_keeps_the_most_gives_up_first() {
        let shelf = Shelf::new(ShelfLimits { entries_max: 1_000, bytes_max: 100_000 });
        let (small, large) = (organization("small"), organization("large"));
        put(&shelf, &small, "How do returns work?");
        for n in 0..1_000 {
            put(&shelf, &large, &format!("How does product {n} work?"));
        }
        assert!(shelf.bytes() <= 100_000 && shelf.bytes() > 90_000, "{}", shelf.bytes());
        assert!(has(&shelf, &small, "How do returns work?", 0));
        assert!(has(&shelf, &large, "How does product 999 work?", 0));
        assert!(!has(&shelf, &large, "How does product 0 work?", 0));
        shelf.forget_session(&large, &SessionId::parse("s").unwrap());
        assert_eq!(shelf.size_of(&large).1, 0);
        assert_eq!(shelf.bytes(), shelf.size_of(&small).1);
    }
}
