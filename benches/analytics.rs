//! Events per second that the projector counts, how a rebuild compares, and what it costs those who write meanwhile.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use switchboard::domain::event::Started;
use switchboard::domain::message::{Author, Message};
use switchboard::domain::{
    Body, Channel, CustomerId, Event, MessageId, OrganizationId, Reading, SessionId, SessionKey, State, Timestamp,
};
use switchboard::engine::Analytics;
use switchboard::engine::analytics::Step;
use switchboard::store::{Batch, FeedEntry, Store, StoreLimits, StoreUrl, log, record};
use tokio::sync::watch;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Failure = Box<dyn std::error::Error>;

const IN_FLIGHT: usize = 256;
const MEASURE_FOR: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;
const MORNING_MS: i64 = 1_743_271_200_000;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!("| sessions | events each | counted from the feed, events/s | made anew, events/s |");
    println!("|---|---|---|---|");
    for (sessions, turns) in [(20_000, 1), (2_000, 20), (50, 800)] {
        runtime.block_on(counting(sessions, turns))?;
    }
    println!("\n| round | writes/s alone | with the projector | ratio |\n|---|---|---|---|");
    for round in 1..=ROUNDS {
        let (alone, with) = (runtime.block_on(writing(false))?, runtime.block_on(writing(true))?);
        println!("| {round} | {alone:.0} | {with:.0} | {:.2} |", with / alone);
    }
    Ok(())
}

/// Counts what was written, once behind the feed and once from the logs.
async fn counting(sessions: u64, turns: u64) -> Result<(), Failure> {
    let (_directory, store) = scratch()?;
    let (_, mut projector) = Analytics::new(store.clone());
    while projector.advance().await? != Step::Nothing {}
    let writer = Writer::new(&store, sessions);
    let events: u64 = (0..sessions * turns).map(|number| writer.write(number)).sum::<u64>();
    writer.wait_for_all();
    let began = Instant::now();
    while projector.advance().await? != Step::Nothing {}
    let followed = events as f64 / began.elapsed().as_secs_f64();
    let began = Instant::now();
    projector.rebuild(|_| ()).await?;
    let rebuilt = events as f64 / began.elapsed().as_secs_f64();
    println!("| {sessions} | {} | {followed:.0} | {rebuilt:.0} |", events / sessions);
    Ok(())
}

/// Durable entries per second of 2,000 sessions, with or without a projector behind them.
async fn writing(projected: bool) -> Result<f64, Failure> {
    let (_directory, store) = scratch()?;
    let (stop, stopping) = watch::channel(false);
    let (_, projector) = Analytics::new(store.clone());
    let running = projected.then(|| tokio::spawn(projector.run(stopping)));
    let written = tokio::task::spawn_blocking(move || {
        let writer = Writer::new(&store, 2_000);
        let (began, mut number) = (Instant::now(), 0);
        while began.elapsed() < MEASURE_FOR {
            writer.write(number);
            number += 1;
        }
        writer.wait_for_all();
        number as f64 / began.elapsed().as_secs_f64()
    });
    let written = written.await?;
    stop.send_replace(true);
    if let Some(running) = running {
        running.await?;
    }
    Ok(written)
}

fn scratch() -> Result<(tempfile::TempDir, Store), Failure> {
    let directory = tempfile::tempdir_in("target")?;
    let (store, completions) = Store::open(&StoreUrl::Fjall(directory.path().join("db")), StoreLimits::default())?;
    tokio::spawn(completions.run());
    Ok((directory, store))
}

/// Writes turns (a question and its answer) to sessions in turn, a bounded number at a time.
struct Writer<'a> {
    store: &'a Store,
    sessions: u64,
    places: (mpsc::SyncSender<()>, mpsc::Receiver<()>),
}

impl<'a> Writer<'a> {
    fn new(store: &'a Store, sessions: u64) -> Self {
        let (give, take) = mpsc::sync_channel(IN_FLIGHT);
        (0..IN_FLIGHT).for_each(|_| give.send(()).expect("there is room for it"));
        Self { store, sessions, places: (give, take) }
    }

    /// Writes the next turn of a session, and tells how many events that were.
    fn write(&self, number: u64) -> u64 {
        let (session, turn) = (number % self.sessions, number / self.sessions);
        let at = Timestamp::from_ms(MORNING_MS + i64::try_from(turn).unwrap_or(0) * 20_000);
        let mut events = vec![posted(Author::Customer, at), posted(Author::Assistant, at.plus_ms(800))];
        let key = SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::from_uuid(Uuid::from_u128(u128::from(session) << 64)),
        };
        let mut batch = Batch::default();
        let first = if turn == 0 { 1 } else { turn * 2 + 2 };
        if turn == 0 {
            events.insert(0, started(session, at));
            let state = State { started_at: at, ..State::unborn(key.clone()) };
            record::insert(&mut batch, &state).expect("it is JSON");
        }
        log::append(&mut batch, &key, first, at, &events).expect("it is JSON");
        let count = u32::try_from(events.len()).unwrap_or(0);
        batch.announce(FeedEntry { organization: key.organization, session: key.session, first, count });
        self.places.1.recv().expect("a place comes back");
        let give = self.places.0.clone();
        self.store.submit(
            batch,
            Box::new(move |result| {
                result.expect("it is written");
                give.send(()).expect("the writer waits for it");
            }),
        );
        u64::from(count)
    }

    fn wait_for_all(&self) {
        (0..IN_FLIGHT).for_each(|_| self.places.1.recv().expect("a place comes back"));
        (0..IN_FLIGHT).for_each(|_| self.places.0.send(()).expect("there is room for it"));
    }
}

fn started(session: u64, at: Timestamp) -> Event {
    let customer = CustomerId::parse(&format!("customer-{}", session / 2)).expect("an id");
    Event::Started(Started {
        customer,
        verified: true,
        channel: Channel::Web,
        resume: None,
        at,
        language: None,
        name: None,
    })
}

fn posted(author: Author, at: Timestamp) -> Event {
    let reading = (author == Author::Assistant).then(|| Reading {
        intent: "order_status".to_owned(),
        confidence: 0.9,
        entities: Vec::new(),
    });
    Event::Posted(Message {
        id: MessageId(Uuid::now_v7()),
        author,
        body: Body::parse("text", "Where is my order? I have been waiting for a week.").expect("a text"),
        at,
        client_id: None,
        reading,
        sources: Vec::new(),
        cached: false,
        asks_for: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    })
}
