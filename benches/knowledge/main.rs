//! How fast 100,000 chunks are taken in and searched, what they take in memory and on disk, and how much the small vectors lose;
//! beside SQLite's FTS5 and a scan of the whole vectors. Texts are made up: words by Zipf's law, each chunk about some topic.

mod corpus;
mod sqlite;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use switchboard::domain::id::VectorId;
use switchboard::domain::{Entry, EntryKey, OrganizationId};
use switchboard::knowledge::{Hashing, Library, LibrarySettings, Query};
use switchboard::store::{Batch, Store, StoreLimits, StoreUrl, knowledge};
use uuid::Uuid;

use corpus::Corpus;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Failure = Box<dyn std::error::Error>;

const CHUNKS: usize = 100_000;
const DIMENSIONS: usize = 1_536;
const PER_CHANGE: usize = 500;
/// So many chunks are put between two times that the index catches up, as a large document is.
const PER_CATCH_UP: usize = 5_000;
const QUESTIONS: usize = 2_000;
/// Questions that the scan of whole vectors is asked; it is slow.
const SCANNED: usize = 200;
const WANTED: usize = 10;

fn main() -> Result<(), Failure> {
    let chunks = std::env::var("KNOWLEDGE_CHUNKS").ok().and_then(|n| n.parse().ok()).unwrap_or(CHUNKS);
    let corpus = Corpus::new(chunks, QUESTIONS);
    println!("| measure, {chunks} chunks of {} characters on average | value |\n|---|---|", corpus.mean_chars());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(ours(&corpus))?;
    sqlite::measure(&corpus)
}

async fn ours(corpus: &Corpus) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in("target")?;
    let (store, completions) = Store::open(&StoreUrl::Fjall(folder.path().join("db")), StoreLimits::default())?;
    tokio::spawn(completions.run());
    let organization = OrganizationId::default_organization();
    let index = folder.path().join("index");
    let embedder = Arc::new(Hashing::new(DIMENSIONS));
    let settings =
        LibrarySettings { folder: Some(index.clone()), writer_bytes: 64 << 20, ..LibrarySettings::default() };
    let library = Library::new(store.clone(), embedder.clone(), settings.clone());
    let (began, cpu) = (Instant::now(), cpu());
    for (at, texts) in corpus.chunks.chunks(PER_CHANGE).enumerate() {
        let entries: Vec<Entry> = (0..).zip(texts).map(|(n, text)| entry(at * PER_CHANGE + n, text)).collect();
        let mut batch = Batch::default();
        knowledge::put_entries(&store, &mut batch, &organization, &entries)?;
        store.commit(batch).await?;
        if ((at + 1) * PER_CHANGE).is_multiple_of(PER_CATCH_UP) {
            library.caught_up(&organization).await?;
        }
    }
    library.caught_up(&organization).await?;
    let (took, cpu) = (began.elapsed(), self::cpu() - cpu);
    let chunks = corpus.chunks.len() as f64;
    row("ingest, chunks a second by the clock (store, vectors, index, all merges)", chunks / took.as_secs_f64());
    row("ingest, chunks a second of one core (CPU of the whole process)", chunks / cpu.as_secs_f64());
    row("index on disk, MiB", mib(size_of(&index)?));
    drop(library);
    let before = resident();
    let library = Library::new(store, embedder.clone(), settings);
    let began = Instant::now();
    library.search(&organization, &query(&corpus.questions[0])).await?;
    row("first search after a restart (checksums, signs), ms", began.elapsed().as_secs_f64() * 1_000.0);
    let mut times = Histogram::<u64>::new(3)?;
    for question in &corpus.questions {
        let began = Instant::now();
        let hits = library.search(&organization, &query(question)).await?;
        times.record(micros(began.elapsed()))?;
        assert!(!hits.is_empty(), "a question of the corpus finds something");
    }
    quantiles("search, hybrid", &times);
    row(
        "memory of the open index, MiB resident (signs, what tantivy holds, what was mapped)",
        mib(resident().saturating_sub(before)),
    );
    scan(corpus, &library, &embedder, &organization).await
}

/// The whole vectors, one after the other, and how many of their nearest the small ones find.
async fn scan(
    corpus: &Corpus,
    library: &Library,
    embedder: &Hashing,
    organization: &OrganizationId,
) -> Result<(), Failure> {
    let vectors: Vec<Vec<f32>> = corpus.chunks.iter().map(|text| embedder.vector(&titled(text))).collect();
    let (mut exact_times, mut times) = (Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?);
    let (mut found, mut wanted) = (0, 0);
    for question in corpus.questions.iter().take(SCANNED) {
        let asked = embedder.vector(question);
        let began = Instant::now();
        let mut exact: Vec<(f32, usize)> = (0..).zip(&vectors).map(|(n, vector)| (dot(&asked, vector), n)).collect();
        exact.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        exact.truncate(WANTED);
        exact_times.record(micros(began.elapsed()))?;
        let began = Instant::now();
        let near = library.nearest(organization, &asked, WANTED).await?;
        times.record(micros(began.elapsed()))?;
        wanted += exact.len();
        found += exact.iter().filter(|(_, n)| near.iter().any(|(key, _)| *key == self::key(*n))).count();
    }
    quantiles("small vectors: signs, then bytes", &times);
    quantiles("whole vectors (floats), one after the other", &exact_times);
    row("recall@10 of the small vectors against the whole", found as f64 / wanted as f64);
    row("whole vectors in memory, MiB", mib((vectors.len() * DIMENSIONS * 4) as u64));
    Ok(())
}

fn entry(number: usize, text: &str) -> Entry {
    Entry {
        key: key(number),
        title: corpus::TITLE.to_owned(),
        questions: Vec::new(),
        text: text.to_owned(),
        url: None,
        span: None,
        external_id: None,
        source: None,
    }
}

/// What the library makes a vector of.
fn titled(text: &str) -> String {
    format!("{}\n{text}", corpus::TITLE)
}

fn key(number: usize) -> EntryKey {
    EntryKey::Vector(VectorId(Uuid::from_u128(number as u128)))
}

fn query(text: &str) -> Query {
    Query { text: text.to_owned(), concealed: None, limit: WANTED, floor: 0.0 }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums at a time, so that the compiler may use wide registers.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

fn row(name: &str, value: f64) {
    println!("| {name} | {value:.3} |");
}

fn quantiles(name: &str, times: &Histogram<u64>) {
    let ms = |q| times.value_at_quantile(q) as f64 / 1_000.0;
    println!(
        "| {name}: p50 / p99 / longest ms | {:.2} / {:.2} / {:.2} |",
        ms(0.5),
        ms(0.99),
        times.max() as f64 / 1_000.0
    );
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// CPU time of this process; steps of 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// `VmRSS` in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1_024
}

fn size_of(folder: &std::path::Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
