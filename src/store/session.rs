//! The saved header of a session: its state without the parts that the log's tail gives back.

use std::collections::VecDeque;

use super::index::{self, Match};
use super::record::{self, IndexEntry, Record};
use super::{Direction, KeyRange, Kv, Store, StoreError, Write, chunk};
use crate::domain::{Channel, OrganizationId, Owner, SessionId, State, UserId};

/// Sessions by customer, in the order they began: `<customer>/<started, ms>`.
pub const BY_CUSTOMER: &str = "customer";

/// Sessions in the order they began: `<started, ms>`.
pub const BY_START: &str = "started";

/// Sessions that are not closed, by channel, in the order they began: `<channel>/<started, ms>`. Each change of owner saves
/// the header, so it is exact.
pub const BY_OPEN: &str = "open";

/// Sessions that the queue or a human has, of each in the order they began: `queue/<started, ms>`, `human/<user>/<started, ms>`.
/// It is as exact.
pub const BY_STAFF: &str = "staff";

/// What all values of [`BY_STAFF`] begin with of sessions that the queue has.
pub const QUEUE: &str = "queue/";

/// The same, of sessions that any human has; [`had_by`] of one.
pub const HUMAN: &str = "human/";

/// The most open sessions that a list counts, and the furthest that it reaches.
pub const OPEN_COUNTED_MAX: usize = 100_000;

/// Keys that are read at a time.
const SCAN_MAX_KEYS: usize = 512;

impl Record for State {
    const SPACE: &'static str = "session";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.key.session.as_str().to_owned()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let started = started_value(self.started_at.as_ms());
        let mut entries = vec![IndexEntry::plain(BY_START, started.clone())];
        if self.verified {
            entries.push(IndexEntry::plain(BY_CUSTOMER, format!("{}/{started}", self.customer)));
        }
        if self.owner != Owner::Closed {
            entries.push(IndexEntry::plain(BY_OPEN, format!("{}/{started}", self.channel.as_str())));
        }
        match &self.owner {
            Owner::Queue => entries.push(IndexEntry::plain(BY_STAFF, format!("{QUEUE}{started}"))),
            Owner::Human { user, .. } => {
                entries.push(IndexEntry::plain(BY_STAFF, format!("{}{started}", had_by(*user))));
            }
            Owner::Assistant | Owner::Closed => {}
        }
        entries
    }
}

/// A moment as an index value: its milliseconds, so many digits that text orders as time does.
pub fn started_value(ms: i64) -> String {
    format!("{:015}", ms.max(0))
}

/// What all values of [`BY_STAFF`] begin with of the sessions that this person has.
pub fn had_by(user: UserId) -> String {
    format!("{HUMAN}{user}/")
}

/// How many sessions are open, of one channel or of all, counted up to [`OPEN_COUNTED_MAX`]; no session is read.
///
/// # Errors
/// As [`Store::count`].
pub fn count_open(store: &Store, organization: &OrganizationId, channel: Option<Channel>) -> Result<usize, StoreError> {
    let prefix = channel.map(|channel| format!("{}/", channel.as_str()));
    let wanted = prefix.as_deref().map_or(Match::Any, Match::StartsWith);
    record::count_index::<State>(store, organization, BY_OPEN, wanted, OPEN_COUNTED_MAX)
}

/// Open sessions, of one channel or of all: `limit` after the first `skip`, the last begun first. Only keys are read.
///
/// # Errors
/// As [`Store::scan`].
pub fn newest_open(
    store: &Store,
    organization: &OrganizationId,
    channel: Option<Channel>,
    skip: usize,
    limit: usize,
) -> Result<Vec<SessionId>, StoreError> {
    let all = Channel::ALL.into_iter().filter(|one| channel.is_none_or(|wanted| wanted == *one));
    let mut lines: Vec<Line> = all.map(|channel| Line::new(organization, channel)).collect();
    let (mut skipped, mut found) = (0, Vec::new());
    while found.len() < limit && skipped + found.len() < OPEN_COUNTED_MAX {
        for line in &mut lines {
            line.refill(store)?;
        }
        let newest = lines.iter_mut().max_by(|one, other| one.head().cmp(&other.head()));
        let Some((_, session)) = newest.and_then(|line| line.waiting.pop_front()) else { break };
        if skipped < skip {
            skipped += 1;
        } else {
            found.push(session);
        }
    }
    Ok(found)
}

/// The open sessions of one channel, the last begun first, read as far as they are asked for.
struct Line {
    base: Vec<u8>,
    rest: Option<KeyRange>,
    waiting: VecDeque<(Vec<u8>, SessionId)>,
}

impl Line {
    fn new(organization: &OrganizationId, channel: Channel) -> Self {
        let base = format!("{}.{BY_OPEN}/{organization}/{}/", State::SPACE, channel.as_str()).into_bytes();
        Self { rest: Some(KeyRange::prefix(base.clone())), base, waiting: VecDeque::new() }
    }

    /// When the next one began, and its id.
    fn head(&self) -> Option<&(Vec<u8>, SessionId)> {
        self.waiting.front()
    }

    fn refill(&mut self, store: &Store) -> Result<(), StoreError> {
        if !self.waiting.is_empty() {
            return Ok(());
        }
        let Some(range) = self.rest.take() else { return Ok(()) };
        let pairs = store.scan(range.clone(), SCAN_MAX_KEYS, Direction::Backward)?;
        for (key, _) in &pairs {
            self.waiting.extend(self.entry(key));
        }
        if let Some((last, _)) = pairs.into_iter().next_back() {
            self.rest = Some(range.beyond(last, Direction::Backward));
        }
        Ok(())
    }

    /// `<started>\0<session>`
    fn entry(&self, key: &[u8]) -> Option<(Vec<u8>, SessionId)> {
        let entry = key.strip_prefix(self.base.as_slice())?;
        let at = entry.iter().position(|byte| *byte == 0)?;
        let id = std::str::from_utf8(entry.get(at + 1..)?).ok()?;
        Some((entry.get(..at)?.to_vec(), SessionId::parse(id).ok()?))
    }
}

/// Gives the headers of an older store their entries in [`BY_OPEN`] and [`BY_STAFF`]. A header that does not read is left:
/// its session does not load either, and says so then.
pub(super) fn index_open(kv: &dyn Kv) -> Result<(), StoreError> {
    let mut range = KeyRange::prefix(format!("{}/", State::SPACE));
    loop {
        let page = kv.scan(range.clone(), SCAN_MAX_KEYS, Direction::Forward)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        range = range.beyond(last.clone(), Direction::Forward);
        let mut writes = Vec::new();
        for (key, stored) in page {
            match header(kv, &key, stored) {
                Ok(header) => writes.extend(header.iter().flat_map(added_entries)),
                Err(error) => tracing::error!(%error, "a session's header does not read"),
            }
        }
        if !writes.is_empty() {
            kv.apply(writes)?;
        }
    }
}

/// Gives [`BY_STAFF`] its values anew: once they did not say who has a session.
pub(super) fn index_staff(kv: &dyn Kv) -> Result<(), StoreError> {
    let range = KeyRange::prefix(format!("{}.{BY_STAFF}/", State::SPACE));
    loop {
        let page = kv.scan(range.clone(), SCAN_MAX_KEYS, Direction::Forward)?;
        if page.is_empty() {
            return index_open(kv);
        }
        kv.apply(page.into_iter().map(|(key, _)| Write::Delete(key)).collect())?;
    }
}

fn header(kv: &dyn Kv, key: &[u8], stored: Vec<u8>) -> Result<Option<State>, StoreError> {
    let whole = chunk::assemble(kv, key, stored)?;
    whole.map(|value| record::parse::<State>(key, &value).map(|found| found.record)).transpose()
}

fn added_entries(header: &State) -> Vec<Write> {
    let entries = header.indexes().into_iter().filter(|entry| [BY_OPEN, BY_STAFF].contains(&entry.index));
    let key = |entry| index::entry_key::<State>(&header.key.organization, header.key.session.as_str(), &entry);
    entries.map(|entry| Write::Put(key(entry), Vec::new())).collect()
}
