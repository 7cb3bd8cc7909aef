//! Crashes: a child commits and says what was acknowledged and what a reader saw, is killed with SIGKILL at a random
//! instant, and its store is opened again and checked. 25 kills per backend; 1,000 with `SWITCHBOARD_SOAK=1`.
//!
//! A backend that keeps writes in user space runs through the same cycles and must be found out.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use switchboard::domain::{OrganizationId, SessionKey, Timestamp};
use switchboard::store::index::Match;
use switchboard::store::record::{self, IndexEntry};
use switchboard::store::{
    Batch, Direction, FeedEntry, Kv, Record, Store, StoreError, StoreLimits, Versioned, Write, feed, log,
};

use super::support::{Backend, organization, session, wait};
use crate::support::kv::{BeforeWrite, MemoryKv, TappedKv};

const SESSIONS: u64 = 12;
const CYCLES: u64 = 25;
const SOAK_CYCLES: u64 = 1000;
/// After this many kills a fresh directory is begun, so that checking stays short.
const CYCLES_PER_DIRECTORY: u64 = 25;
/// Every third kill comes at this time at the latest after the child's start, and so often while it opens its store.
const KILL_AFTER_START_MAX_MS: u64 = 120;
/// The others come this long at most after its first word.
const KILL_AFTER_WORD_MAX_MS: u64 = 100;

const FIRST_WORD_MAX: Duration = Duration::from_secs(30);

/// When a child is killed.
#[derive(Debug, Clone, Copy)]
enum Kill {
    AfterStart(Duration),
    AfterFirstWord(Duration),
}

impl Kill {
    fn choose(random: &mut Random) -> Self {
        if random.below(3) == 0 {
            Self::AfterStart(Duration::from_micros(random.below(KILL_AFTER_START_MAX_MS * 1000)))
        } else {
            Self::AfterFirstWord(Duration::from_micros(random.below(KILL_AFTER_WORD_MAX_MS * 1000)))
        }
    }
}

#[test]
fn sled_loses_nothing_acknowledged_repeats_nothing_and_keeps_its_order() {
    survive_kills("sled");
}

#[test]
fn fjall_loses_nothing_acknowledged_repeats_nothing_and_keeps_its_order() {
    survive_kills("fjall");
}

#[test]
fn a_backend_that_keeps_writes_in_user_space_is_found_to_lose_them() {
    let seed = fresh_seed();
    println!("seed {seed}");
    let directory = tempfile::tempdir().unwrap();
    let mut random = Random(seed);
    let found = (0..CYCLES).find_map(|_| {
        let said = run_and_kill("buffered", directory.path(), Kill::choose(&mut random));
        check_after_kill("buffered", directory.path(), &said).err()
    });
    let found = found.expect("the suite must notice a backend that never syncs");
    assert!(found.contains("acknowledged") || found.contains("was seen"), "{found}");
}

/// What a child said before it was killed, per session: the last acknowledged and the last seen `seq`.
#[derive(Debug, Default)]
struct Said {
    acknowledged: HashMap<u64, u64>,
    seen: HashMap<u64, u64>,
}

fn survive_kills(backend: &str) {
    let cycles = if std::env::var_os("SWITCHBOARD_SOAK").is_some() { SOAK_CYCLES } else { CYCLES };
    let mut acknowledged = 0;
    let mut directory = tempfile::tempdir().unwrap();
    for cycle in 0..cycles {
        if cycle > 0 && cycle % CYCLES_PER_DIRECTORY == 0 {
            directory = tempfile::tempdir().unwrap();
        }
        let seed = fresh_seed();
        let kill = Kill::choose(&mut Random(seed));
        let said = run_and_kill(backend, directory.path(), kill);
        acknowledged += said.acknowledged.len();
        println!("{backend} cycle {cycle}: seed {seed}, {kill:?}, {said:?}");
        if let Err(why) = check_after_kill(backend, directory.path(), &said) {
            let kept = directory.keep();
            panic!("{backend}, cycle {cycle}, seed {seed}: {why}; the store is kept in {}", kept.display());
        }
    }
    assert!(
        acknowledged as u64 > 3 * cycles,
        "the children hardly got to write: {acknowledged} sessions in {cycles} cycles"
    );
}

fn run_and_kill(backend: &str, directory: &Path, kill: Kill) -> Said {
    let mut child = start_child(backend, directory);
    let mut output = BufReader::new(child.stderr.take().unwrap());
    let (spoke, first_word) = mpsc::channel();
    let (lives, ended) = mpsc::channel::<()>();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        output.read_line(&mut text).unwrap();
        spoke.send(()).ok();
        output.read_to_string(&mut text).unwrap();
        drop(lives);
        text
    });
    let wait = match kill {
        Kill::AfterStart(wait) => wait,
        Kill::AfterFirstWord(wait) => {
            first_word.recv_timeout(FIRST_WORD_MAX).expect("the child says nothing");
            wait
        }
    };
    assert_eq!(ended.recv_timeout(wait), Err(RecvTimeoutError::Timeout), "the child ended before it was killed");
    child.kill().unwrap();
    child.wait().unwrap();
    parse(&reading.join().unwrap())
}

fn start_child(backend: &str, directory: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["store::crash::the_child_that_is_killed", "--exact", "--ignored", "--nocapture"]);
    command.env("CRASH_BACKEND", backend).env("CRASH_DIRECTORY", directory);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn parse(text: &str) -> Said {
    let mut said = Said::default();
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (map, session, seq) = match words[..] {
            ["ack", session, seq] => (&mut said.acknowledged, session, seq),
            ["saw", session, seq] => (&mut said.seen, session, seq),
            _ => panic!("the child said: {text}"),
        };
        let last = map.entry(session.parse().unwrap()).or_default();
        *last = seq.parse::<u64>().unwrap().max(*last);
    }
    said
}

fn check_after_kill(backend: &str, directory: &Path, said: &Said) -> Result<(), String> {
    let store = open(backend, directory).map_err(|why| format!("does not open: {why}"))?;
    let mut logged = BTreeMap::new();
    for number in 0..SESSIONS {
        let last = check_session(&store, number)?;
        for (what, map) in [("was acknowledged", &said.acknowledged), ("was seen", &said.seen)] {
            let promised = map.get(&number).copied().unwrap_or(0);
            if last < promised {
                return Err(format!("session {number} ends at {last} but {promised} {what}"));
            }
        }
        logged.insert(key(number).session.to_string(), last);
    }
    check_indexes(&store)?;
    check_feed(&store, &logged)
}

/// The session's log has no gap and no repetition and agrees with its record; returns its last `seq`.
fn check_session(store: &Store, number: u64) -> Result<u64, String> {
    let events = log::read::<String>(store, &key(number), 0, usize::MAX).map_err(|why| why.to_string())?;
    for (expected, logged) in (1..).zip(&events) {
        if logged.seq != expected || logged.event != text(number, expected) {
            return Err(format!(
                "session {number}: {} {:?} where {expected} belongs",
                logged.seq,
                logged.event.get(..40)
            ));
        }
    }
    let last = events.len() as u64;
    let header = header(store, number).map_err(|why| why.to_string())?.map_or(0, |header| header.record.last);
    if header == last {
        Ok(last)
    } else {
        Err(format!("session {number}: the log ends at {last}, its record at {header}"))
    }
}

fn check_indexes(store: &Store) -> Result<(), String> {
    let owner = organization("acme");
    let mut entries = 0;
    for number in 0..SESSIONS {
        let Some(header) = header(store, number).map_err(|why| why.to_string())? else { continue };
        for index in ["parity", "mark"] {
            let entry = header.record.indexes().into_iter().find(|entry| entry.index == index).unwrap();
            let page = record::by_index::<Header>(
                store,
                &owner,
                index,
                Match::Is(&entry.value),
                None,
                1000,
                Direction::Forward,
            );
            let found = page.map_err(|why| why.to_string())?.items;
            if !found.iter().any(|found| found.record.number == number) {
                return Err(format!("session {number} is not in its index {index} under {:?}", entry.value));
            }
        }
        entries += 1;
    }
    for index in ["parity", "mark"] {
        let count =
            record::count_index::<Header>(store, &owner, index, Match::Any, 1000).map_err(|why| why.to_string())?;
        if count != entries {
            return Err(format!("index {index} has {count} entries for {entries} records"));
        }
    }
    Ok(())
}

/// The feed tells of each session's events once, in order.
fn check_feed(store: &Store, logged: &BTreeMap<String, u64>) -> Result<(), String> {
    let mut told: BTreeMap<String, u64> = logged.keys().map(|session| (session.clone(), 0)).collect();
    let entries = feed::read(store, 0, usize::MAX).map_err(|why| why.to_string())?;
    for (expected, (position, entry)) in (0..).zip(entries) {
        let last = told.entry(entry.session.to_string()).or_default();
        if position != expected || entry.first != *last + 1 {
            return Err(format!("feed: {entry:?} at {position}, after {last} of its session and {expected} entries"));
        }
        *last += u64::from(entry.count);
    }
    if told == *logged { Ok(()) } else { Err(format!("the feed ends at {told:?}, the logs at {logged:?}")) }
}

#[test]
#[ignore = "it is the child that the crash tests start and kill"]
fn the_child_that_is_killed() {
    let Some(backend) = std::env::var_os("CRASH_BACKEND") else { return };
    let directory = PathBuf::from(std::env::var_os("CRASH_DIRECTORY").unwrap());
    let store = open(backend.to_str().unwrap(), &directory).unwrap();
    std::thread::scope(|threads| {
        for number in 0..SESSIONS {
            let store = &store;
            threads.spawn(move || write_for_ever(store, number));
        }
        threads.spawn(|| read_for_ever(&store));
    });
}

/// Decisions of one to three events, each with the session's record, its indexes and a feed entry.
fn write_for_ever(store: &Store, number: u64) {
    let mut current = header(store, number).unwrap();
    for round in 0_u64.. {
        let last = current.as_ref().map_or(0, |current| current.record.last);
        let events: Vec<String> = (last + 1..=last + 1 + round % 3).map(|seq| text(number, seq)).collect();
        let mut batch = Batch::default();
        log::append(&mut batch, &key(number), last + 1, Timestamp::from_ms(0), &events).unwrap();
        let key = key(number);
        let next = Header { organization: key.organization, number, last: last + events.len() as u64 };
        let entry = FeedEntry {
            organization: next.organization.clone(),
            session: key.session,
            first: last + 1,
            count: u32::try_from(events.len()).unwrap(),
        };
        batch.announce(entry);
        let version = match &current {
            Some(old) => record::update(&mut batch, old, &next).unwrap().version,
            None => record::insert(&mut batch, &next).map(|()| record::FIRST_VERSION).unwrap(),
        };
        wait(store.commit(batch)).unwrap();
        say("ack", number, next.last);
        current = Some(Versioned { record: next, version });
    }
}

fn read_for_ever(store: &Store) {
    for number in (0..SESSIONS).cycle() {
        if let Some(last) = log::tail::<String>(store, &key(number), 1).unwrap().pop() {
            say("saw", number, last.seq);
        }
    }
}

fn say(what: &str, number: u64, seq: u64) {
    let line = format!("{what} {number} {seq}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Each event says which it is; some are long enough to be kept in parts.
fn text(number: u64, seq: u64) -> String {
    let filler = if seq.is_multiple_of(97) { 100_000 } else { 120 };
    format!("{number}:{seq}:{}", "x".repeat(filler))
}

fn key(number: u64) -> SessionKey {
    session("acme", &format!("s{number}"))
}

fn header(store: &Store, number: u64) -> Result<Option<Versioned<Header>>, StoreError> {
    record::get(store, &organization("acme"), &number.to_string())
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    organization: OrganizationId,
    number: u64,
    last: u64,
}

impl Record for Header {
    const SPACE: &'static str = "header";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.number.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![
            IndexEntry::plain("parity", if self.last.is_multiple_of(2) { "even" } else { "odd" }),
            IndexEntry::unique("mark", format!("{}-{}", self.number, self.last)),
        ]
    }
}

fn open(backend: &str, directory: &Path) -> Result<Store, StoreError> {
    let limits = StoreLimits::default();
    let opened = match backend {
        "sled" => Store::open(&Backend::Sled.url(directory), limits),
        "fjall" => Store::open(&Backend::Fjall.url(directory), limits),
        _ => Store::over(Arc::new(open_buffered(directory)), limits),
    };
    opened.map(|(store, _)| store)
}

/// The control: everything is right about it but that its file is written from user space when the buffer is full.
type BufferedKv = TappedKv<MemoryKv, Journal>;

/// The file: a line for each group of writes, as keys with their new values.
struct Journal(Mutex<BufWriter<File>>);

type Line = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn open_buffered(directory: &Path) -> BufferedKv {
    let path = directory.join("buffered");
    let file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
    let inner = MemoryKv::default();
    for line in BufReader::new(File::open(&path).unwrap()).lines().map_while(Result::ok) {
        let Ok(line) = serde_json::from_str::<Line>(&line) else { break };
        let write = |(key, value)| match value {
            Some(value) => Write::Put(key, value),
            None => Write::Delete(key),
        };
        inner.apply(line.into_iter().map(write).collect()).unwrap();
    }
    let before = Journal(Mutex::new(BufWriter::with_capacity(1024 * 1024, file)));
    BufferedKv { inner, before }
}

impl BeforeWrite for Journal {
    fn before_write(&self, writes: &[Write]) -> Result<(), StoreError> {
        let entry = |write: &Write| match write {
            Write::Put(key, value) => (key.clone(), Some(value.clone())),
            Write::Delete(key) => (key.clone(), None),
        };
        let line: Line = writes.iter().map(entry).collect();
        let mut file = self.0.lock().unwrap();
        serde_json::to_writer(&mut *file, &line).unwrap();
        file.write_all(b"\n").unwrap();
        Ok(())
    }
}

fn fresh_seed() -> u64 {
    rand::random()
}

/// SplitMix64: small, and the same on every machine for a seed that a failure printed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}
