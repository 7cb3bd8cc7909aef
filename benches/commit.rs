//! Durable messages per second through [`Store::submit`], beside the same bytes written and fdatasynced by hand, and
//! (with `-- million`) how a store with 1,000,000 sessions opens and what it keeps in memory.
//!
//! A message is what a customer's message costs: a log entry of 250 B, a put of 60 B, and its share of a feed page.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use switchboard::domain::{OrganizationId, SessionId, SessionKey, Timestamp};
use switchboard::store::record::{self, IndexEntry};
use switchboard::store::{Batch, FeedEntry, Record, Store, StoreLimits, StoreUrl, log};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

const MEASURE_FOR: Duration = Duration::from_secs(4);
const MESSAGE_BYTES: usize = 250 + 60 + 60;
const SESSIONS: u64 = 20_000;
const BACKENDS: [&str; 2] = ["sled", "fjall"];
const MILLION: u64 = 1_000_000;
const FILL_BATCH_SESSIONS: u64 = 200;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["million"] => million(),
        ["fill", url] => fill(&url.parse()?),
        ["open", url] => open(&url.parse()?),
        ["one", backend, in_flight] => one(backend, in_flight.parse()?),
        _ => throughput(),
    }
}

fn throughput() -> Result<(), Failure> {
    println!("| in flight | how | messages/s | of raw | CPU us/message | p50 ms | p99 ms | bytes on disk/message |");
    println!("|---|---|---|---|---|---|---|---|");
    for in_flight in [64, 256, 1024] {
        let raw = raw(in_flight)?;
        println!("| {in_flight} | raw write + fdatasync | {raw:.0} | 100 % | | | | {MESSAGE_BYTES} |");
        for backend in BACKENDS {
            let run = Run::measure(backend, in_flight)?;
            println!(
                "| {in_flight} | {backend} | {:.0} | {:.0} % | {:.1} | {:.2} | {:.2} | {:.0} |",
                run.per_s,
                100.0 * run.per_s / raw,
                run.cpu_us,
                run.p50_ms,
                run.p99_ms,
                run.disk_bytes
            );
        }
    }
    Ok(())
}

/// A single line of the table, for a profiler.
fn one(backend: &str, in_flight: usize) -> Result<(), Failure> {
    let run = Run::measure(backend, in_flight)?;
    println!("{:.0} messages/s, {:.1} us of CPU each, p99 {:.2} ms", run.per_s, run.cpu_us, run.p99_ms);
    Ok(())
}

/// Messages per second when groups of `in_flight` are appended to a file and synced, one after the other.
fn raw(in_flight: usize) -> Result<f64, Failure> {
    let directory = scratch()?;
    let mut file = File::create(directory.path().join("raw"))?;
    let group = vec![b'x'; MESSAGE_BYTES * in_flight];
    let started = Instant::now();
    let mut messages = 0.0;
    while started.elapsed() < MEASURE_FOR {
        file.write_all(&group)?;
        file.sync_data()?;
        messages += in_flight as f64;
    }
    Ok(messages / started.elapsed().as_secs_f64())
}

struct Run {
    per_s: f64,
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    disk_bytes: f64,
}

impl Run {
    /// Keeps `in_flight` messages under way: each outcome lets the next one go.
    fn measure(backend: &str, in_flight: usize) -> Result<Self, Failure> {
        let directory = scratch()?;
        let (store, completions) =
            Store::open(&format!("{backend}:{}", directory.path().display()).parse()?, StoreLimits::default())?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
        let telling = runtime.spawn(completions.run());
        let (told, outcomes) = mpsc::channel();
        let mut sessions: Vec<u64> = vec![0; usize::try_from(SESSIONS)?];
        let mut latencies = hdrhistogram::Histogram::<u64>::new(3)?;
        let mut number = 0_u64;
        let mut send = |store: &Store| {
            let session = usize::try_from(number * 7919 % SESSIONS).unwrap_or(0);
            sessions[session] += 1;
            let batch = message(session, sessions[session]);
            number += 1;
            let (told, at) = (told.clone(), Instant::now());
            store.submit(batch, Box::new(move |outcome| drop(told.send((outcome, at.elapsed())))));
        };
        for _ in 0..in_flight {
            send(&store);
        }
        let (started, cpu) = (Instant::now(), cpu_time()?);
        let mut messages = 0_u32;
        while started.elapsed() < MEASURE_FOR {
            let (outcome, latency) = outcomes.recv()?;
            outcome?;
            latencies.record(u64::try_from(latency.as_micros())?)?;
            messages += 1;
            send(&store);
        }
        let (elapsed, cpu) = (started.elapsed(), cpu_time()?.saturating_sub(cpu));
        drop(store);
        runtime.block_on(telling)?;
        let messages = f64::from(messages);
        Ok(Self {
            per_s: messages / elapsed.as_secs_f64(),
            cpu_us: cpu.as_secs_f64() * 1e6 / messages,
            p50_ms: latencies.value_at_quantile(0.5) as f64 / 1e3,
            p99_ms: latencies.value_at_quantile(0.99) as f64 / 1e3,
            disk_bytes: disk_bytes(directory.path())? as f64 / messages,
        })
    }
}

/// A log entry of about 250 bytes, a put of 60, a feed entry.
fn message(session: usize, seq: u64) -> Batch {
    let mut batch = Batch::default();
    let key = session_key(session as u64);
    let text = "m".repeat(160);
    let _ = log::append(&mut batch, &key, seq, Timestamp::from_ms(0), &[text]);
    batch.put(format!("seen/acme/{}/{seq:08}", key.session).into_bytes(), vec![b'v'; 20]);
    batch.announce(FeedEntry { organization: key.organization, session: key.session, first: seq, count: 1 });
    batch
}

fn million() -> Result<(), Failure> {
    println!("| backend | filled in s | bytes on disk | open and first read ms | resident MB then |");
    println!("|---|---|---|---|---|");
    let this = std::env::current_exe()?;
    for backend in BACKENDS {
        let directory = scratch()?;
        let url = format!("{backend}:{}", directory.path().display());
        let started = Instant::now();
        if !Command::new(&this).args(["fill", &url]).status()?.success() {
            return Err(format!("{backend} could not be filled").into());
        }
        let filled_s = started.elapsed().as_secs_f64();
        let opened = Command::new(&this).args(["open", &url]).output()?;
        let opened = String::from_utf8_lossy(&opened.stdout).trim().to_owned();
        println!("| {backend} | {filled_s:.0} | {} | {opened}", disk_bytes(directory.path())?);
    }
    Ok(())
}

/// Writes a million sessions and ends without closing, as a crash would.
fn fill(url: &StoreUrl) -> Result<(), Failure> {
    let (store, _) = Store::open(url, StoreLimits::default())?;
    let (told, outcomes) = mpsc::sync_channel(8);
    for start in (0..MILLION).step_by(usize::try_from(FILL_BATCH_SESSIONS)?) {
        let mut batch = Batch::default();
        for number in start..start + FILL_BATCH_SESSIONS {
            let header = Header::new(number);
            let key = session_key(number);
            record::insert(&mut batch, &header)?;
            log::append(&mut batch, &key, 1, Timestamp::from_ms(0), &["m".repeat(160)])?;
            log::append(&mut batch, &key, 2, Timestamp::from_ms(0), &["m".repeat(160)])?;
        }
        let told = told.clone();
        store.submit(batch, Box::new(move |outcome| drop(told.send(outcome))));
        if start >= 4 * FILL_BATCH_SESSIONS {
            outcomes.recv()??;
        }
    }
    for _ in 0..4 {
        outcomes.recv()??;
    }
    std::process::exit(0)
}

fn open(url: &StoreUrl) -> Result<(), Failure> {
    let started = Instant::now();
    let (store, _) = Store::open(url, StoreLimits::default())?;
    let key = session_key(MILLION / 2);
    let found = record::get::<Header>(&store, &key.organization, key.session.as_str())?;
    let events = log::tail::<String>(&store, &key, 10)?;
    let opened_ms = started.elapsed().as_secs_f64() * 1e3;
    if found.is_none() || events.len() != 2 {
        return Err("a session is missing".into());
    }
    println!("{opened_ms:.0} | {:.0} |", resident_bytes()? as f64 / 1e6);
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    organization: OrganizationId,
    session: SessionId,
    owner: String,
    filler: String,
}

impl Header {
    fn new(number: u64) -> Self {
        let key = session_key(number);
        let owner = format!("owner-{}", number % 100);
        Self { organization: key.organization, session: key.session, owner, filler: "h".repeat(170) }
    }
}

impl Record for Header {
    const SPACE: &'static str = "session";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.session.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::plain("owner", &self.owner), IndexEntry::plain("customer", self.session.as_str())]
    }
}

fn session_key(number: u64) -> SessionKey {
    // Spread like UUIDs, so that neighbours in time are no neighbours on disk.
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let id = format!("{spread:016x}-{number:019}");
    let session = SessionId::parse(&id).unwrap_or_else(|_| SessionId::from_uuid(uuid::Uuid::nil()));
    SessionKey { organization: OrganizationId::default_organization(), session }
}

/// A directory beside the build, which is on a real disk where `/tmp` may not be.
fn scratch() -> Result<tempfile::TempDir, Failure> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(target)?;
    Ok(tempfile::tempdir_in(target)?)
}

fn disk_bytes(directory: &Path) -> Result<u64, Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

/// User and system time of this process.
fn cpu_time() -> Result<Duration, Failure> {
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: f64 =
        fields.get(11).ok_or("no utime")?.parse::<f64>()? + fields.get(12).ok_or("no stime")?.parse::<f64>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS_PER_S))
}

fn resident_bytes() -> Result<u64, Failure> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split_whitespace().nth(1).ok_or("no statm")?.parse()?;
    Ok(pages * 4096)
}
