//! The feed: what happened, in commit order, for readers that follow at their own pace (outbox, analytics, webhooks).
//!
//! The committer writes one page per group commit, so a message costs no put of its own here. A page's key is the
//! position of its first entry; positions have no gaps. Each reader keeps a durable cursor: the position it reads next.

use serde::{Deserialize, Serialize};

use super::{Batch, Direction, KeyRange, Kv, Pair, Store, StoreError};
use crate::domain::{OrganizationId, SessionId};

/// The most entries of one page.
pub const PAGE_MAX_ENTRIES: usize = 512;
/// A page is closed once it has this many bytes; the largest entry still fits under [`super::VALUE_MAX_BYTES`].
const PAGE_CLOSE_BYTES: usize = 60 * 1024;
/// Everybody who follows the feed. What all of them have passed may be trimmed.
pub const READERS: [&str; 5] = ["turns", "analytics", "memories", "unanswered", "outbox"];
/// Pages that a read gets by their keys before it scans.
const GOT_MAX_PAGES: usize = 4;
/// Pages that one scan reads: a scan costs more than a page, and a commit fills a page of its own.
const PAGES_AT_ONCE: usize = 32;
const SPACE: &[u8] = b"feed/";
const FORMAT: u32 = 1;

/// Which events a commit added to which session's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// The tenant.
    #[serde(rename = "o")]
    pub organization: OrganizationId,
    /// The session whose log grew.
    #[serde(rename = "s")]
    pub session: SessionId,
    /// The `seq` of the first new event.
    #[serde(rename = "f")]
    pub first: u64,
    /// How many events are new.
    #[serde(rename = "c")]
    pub count: u32,
}

#[derive(Deserialize)]
struct Page {
    v: u32,
    e: Vec<FeedEntry>,
}

impl FeedEntry {
    pub(super) fn size_bytes(&self) -> usize {
        self.organization.as_str().len() + self.session.as_str().len() + 40
    }
}

/// Up to `limit` entries at `from` and after, each with its position.
///
/// # Errors
/// As [`Store::get`] and [`Store::scan`]; `Corrupt` when a page does not read.
pub fn read(store: &Store, from: u64, limit: usize) -> Result<Vec<(u64, FeedEntry)>, StoreError> {
    let (mut start, mut entries) = (from, Vec::new());
    // Whoever is up to date asks for the beginning of the page that was just written. To get that costs a fraction of a scan.
    for _ in 0..GOT_MAX_PAGES {
        let page_key = key(start);
        let Some(value) = store.get(&page_key)? else {
            if entries.is_empty() {
                break;
            }
            // Positions have no gaps: behind a page that is there, it is the end.
            return Ok(entries);
        };
        let page = parse(&page_key, &value)?;
        let first = start;
        start += page.len() as u64;
        entries.extend((first..).zip(page).take(limit - entries.len()));
        if entries.len() >= limit {
            return Ok(entries);
        }
    }
    if entries.is_empty() {
        start = page_holding(store, from)?;
    }
    while entries.len() < limit {
        let range = KeyRange::between(key(start), key(u64::MAX));
        let pages = store.scan(range, PAGES_AT_ONCE, Direction::Forward)?;
        if pages.is_empty() {
            break;
        }
        for (page_key, value) in pages {
            let first = position(&page_key)?;
            let page = parse(&page_key, &value)?;
            start = first + page.len() as u64;
            let wanted = (first..).zip(page).skip_while(|(position, _)| *position < from);
            entries.extend(wanted.take(limit - entries.len()));
        }
    }
    Ok(entries)
}

/// The position that `reader` reads next; 0 for one that never read.
///
/// # Errors
/// As [`Store::get`]; `Corrupt` when the cursor does not read.
pub fn cursor(store: &Store, reader: &str) -> Result<u64, StoreError> {
    let key = cursor_key(reader);
    let Some(value) = store.get(&key)? else { return Ok(0) };
    serde_json::from_slice(&value).map_err(|why| StoreError::corrupt(&key, why))
}

/// Moves `reader` to `position`, together with whatever else the batch does.
pub fn set_cursor(batch: &mut Batch, reader: &str, position: u64) {
    batch.put(cursor_key(reader), position.to_string().into_bytes());
}

/// The position that all of [`READERS`] have reached; 0 while one of them never read.
///
/// # Errors
/// As [`cursor`].
pub fn settled(store: &Store) -> Result<u64, StoreError> {
    let mut settled = u64::MAX;
    for reader in READERS {
        settled = settled.min(cursor(store, reader)?);
    }
    Ok(settled)
}

/// Puts the deletion of up to `limit` pages into the batch whose entries all lie below `below`, and says how many. The
/// newest page always stays: it holds the count of positions.
///
/// # Errors
/// As [`Store::scan`].
pub fn trim(store: &Store, batch: &mut Batch, below: u64, limit: usize) -> Result<usize, StoreError> {
    let range = KeyRange::between(key(0), key(below));
    let pages = store.scan(range, limit.saturating_add(1), Direction::Forward)?;
    let followed = pages.len().saturating_sub(1);
    for (page_key, _) in pages.into_iter().take(followed) {
        batch.delete(page_key);
    }
    Ok(followed)
}

/// Puts into the batch the pages in which `rename` gives an entry's session another name, of up to `pages` at `from` and
/// after. Positions stay. Says how many entries, and where to look on.
///
/// # Errors
/// As [`read`].
pub fn rename(
    store: &Store,
    batch: &mut Batch,
    from: u64,
    pages: usize,
    rename: impl Fn(&FeedEntry) -> Option<SessionId>,
) -> Result<(usize, Option<u64>), StoreError> {
    let range = KeyRange::between(key(from), key(u64::MAX));
    let found = store.scan(range, pages, Direction::Forward)?;
    let last = found.last().filter(|_| found.len() == pages).map(|(page_key, _)| position(page_key)).transpose()?;
    let mut renamed = 0;
    for (page_key, value) in found {
        let (mut page, before) = (parse(&page_key, &value)?, renamed);
        for entry in &mut page {
            if let Some(name) = rename(entry) {
                entry.session = name;
                renamed += 1;
            }
        }
        if renamed > before {
            let mut open = OpenPage { first: position(&page_key)?, entries: 0, value: Vec::new() };
            page.iter().for_each(|entry| open.add(entry));
            if let Some((page_key, value)) = open.close() {
                batch.put(page_key, value);
            }
        }
    }
    Ok((renamed, last.map(|last| last + 1)))
}

/// The page that the committer fills.
#[derive(Debug)]
pub(super) struct OpenPage {
    first: u64,
    entries: usize,
    value: Vec<u8>,
}

impl OpenPage {
    /// An empty page at the first position that was never given out.
    pub(super) fn open(kv: &dyn Kv) -> Result<Self, StoreError> {
        let newest = kv.scan(KeyRange::prefix(SPACE), 1, Direction::Backward)?.pop();
        let first = match newest {
            Some((page_key, value)) => position(&page_key)? + parse(&page_key, &value)?.len() as u64,
            None => 0,
        };
        Ok(Self { first, entries: 0, value: Vec::new() })
    }

    /// The position that the next entry gets.
    pub(super) fn next_position(&self) -> u64 {
        self.first + self.entries as u64
    }

    /// Adds an entry; returns the page's key and value if that filled it.
    pub(super) fn push(&mut self, entry: &FeedEntry) -> Option<Pair> {
        self.add(entry);
        let full = self.entries >= PAGE_MAX_ENTRIES || self.value.len() >= PAGE_CLOSE_BYTES;
        if full { self.close() } else { None }
    }

    fn add(&mut self, entry: &FeedEntry) {
        if self.entries == 0 {
            self.value.extend_from_slice(format!(r#"{{"v":{FORMAT},"e":["#).as_bytes());
        } else {
            self.value.push(b',');
        }
        write(entry, &mut self.value);
        self.entries += 1;
    }

    /// Ends the page; returns its key and value unless it is empty.
    pub(super) fn close(&mut self) -> Option<Pair> {
        if self.entries == 0 {
            return None;
        }
        self.value.extend_from_slice(b"]}");
        let page_key = key(self.first);
        self.first = self.next_position();
        self.entries = 0;
        Some((page_key, std::mem::take(&mut self.value)))
    }
}

/// The first position of the page that holds `from`, or `from` itself when no page does.
fn page_holding(store: &Store, from: u64) -> Result<u64, StoreError> {
    let range = KeyRange::between(key(0), key(from.saturating_add(1)));
    match store.scan(range, 1, Direction::Backward)?.pop() {
        Some((page_key, _)) => position(&page_key),
        None => Ok(from),
    }
}

/// As serde would, and quicker: every message has an entry. Ids need no escapes.
fn write(entry: &FeedEntry, into: &mut Vec<u8>) {
    let FeedEntry { organization, session, first, count } = entry;
    let (first, count) = (first.to_string(), count.to_string());
    let parts = [
        r#"{"o":""#,
        organization.as_str(),
        r#"","s":""#,
        session.as_str(),
        r#"","f":"#,
        &first,
        r#","c":"#,
        &count,
        "}",
    ];
    parts.iter().for_each(|part| into.extend_from_slice(part.as_bytes()));
}

fn parse(page_key: &[u8], value: &[u8]) -> Result<Vec<FeedEntry>, StoreError> {
    let page: Page = serde_json::from_slice(value).map_err(|why| StoreError::corrupt(page_key, why))?;
    if page.v == FORMAT {
        Ok(page.e)
    } else {
        Err(StoreError::corrupt(page_key, format!("unknown version {}", page.v)))
    }
}

fn key(position: u64) -> Vec<u8> {
    let mut key = SPACE.to_vec();
    key.extend_from_slice(&position.to_be_bytes());
    key
}

fn position(page_key: &[u8]) -> Result<u64, StoreError> {
    let bytes = page_key.strip_prefix(SPACE).and_then(|rest| rest.try_into().ok());
    bytes.map(u64::from_be_bytes).ok_or_else(|| StoreError::corrupt(page_key, "not a feed position"))
}

fn cursor_key(reader: &str) -> Vec<u8> {
    format!("feed.cursor/{reader}").into_bytes()
}
