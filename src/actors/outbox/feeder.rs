//! Follows the feed and makes deliveries of events for those who listen. A page's deliveries and the cursor are one batch, so
//! each event makes one delivery per target, whenever the process ends. Where nobody listens a page costs its cursor alone, and
//! a message nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::{Carrier, CourierParts, Couriers, Heard, Listener, blocking};
use crate::clock::SharedClock;
use crate::domain::outbox::{Delivery, Number, Stage, TargetKey, Via};
use crate::domain::{Event, OrganizationId, SessionKey, Timestamp};
use crate::store::{Batch, CommitError, FeedEntry, Logged, Store, StoreError, feed, log, record};

/// The name of the feed's reader.
pub const READER: &str = "outbox";

/// Feed entries of which deliveries are made with one batch.
const PAGE_MAX_ENTRIES: usize = 256;

/// How long events may gather: an answer on its way to a customer's phone waits no longer than this.
const GATHER: Duration = Duration::from_millis(10);

/// The pause before a store that did not read or take a batch is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a page made no deliveries. Nothing of it is lost; it is read again.
#[derive(Debug, thiserror::Error)]
pub enum Stuck {
    /// The store did not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store did not take the batch.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// See the module. There is one per store.
#[derive(Debug)]
pub struct Feeder {
    couriers: Arc<Couriers>,
    position: Option<u64>,
}

/// What a page is to become.
struct Page {
    batch: Batch,
    next: u64,
    entries: usize,
    told: BTreeMap<TargetKey, Via>,
}

/// Who listens, by organization, as it was read for this page.
type Listening = HashMap<OrganizationId, Vec<Ear>>;

/// One who listens, and by what kind of target.
type Ear = (Via, Box<dyn Listener>);

/// Whatever ends the feeder, also before the couriers have ended well, leaves none of them behind: they hold the store.
struct Ended(Arc<Couriers>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.supervisor.kill();
    }
}

impl Feeder {
    /// For these couriers.
    pub const fn new(couriers: Arc<Couriers>) -> Self {
        Self { couriers, position: None }
    }

    /// Starts the couriers that have something to do, then follows the feed until `stopping` says so, and ends the couriers. A stop
    /// in the middle is as safe as a kill.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let couriers = Arc::clone(&self.couriers);
        let _ended = Ended(Arc::clone(&couriers));
        tokio::select! {
            () = self.follow() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        couriers.close().await;
    }

    async fn follow(mut self) {
        while let Err(error) = self.couriers.open().await {
            tracing::error!(%error, "what waits to be delivered can not be looked for yet");
            sleep(RETRY_AFTER).await;
        }
        let mut is_stuck = false;
        loop {
            match self.advance().await {
                Ok(0) => {
                    is_stuck = false;
                    self.gather().await;
                }
                Ok(_) => tokio::task::yield_now().await,
                // A target was changed meanwhile: the page is read again.
                Err(Stuck::Commit(CommitError::Conflict { .. })) => {}
                Err(error) => {
                    if !std::mem::replace(&mut is_stuck, true) {
                        tracing::error!(%error, "no deliveries are made; it is tried again and again");
                    }
                    sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    /// Makes the deliveries of the next page, and says how many entries of the feed it had.
    ///
    /// # Errors
    /// When the store does not read or write.
    pub async fn advance(&mut self) -> Result<usize, Stuck> {
        let (parts, position) = (self.couriers.parts.clone(), self.position);
        let read = blocking(move || {
            let position = position.map_or_else(|| feed::cursor(&parts.store, READER), Ok)?;
            page(&parts, position)
        });
        let Page { batch, next, entries, told } = read.await?;
        if entries > 0 {
            self.couriers.parts.store.commit(batch).await?;
        }
        self.position = Some(next);
        told.iter().for_each(|(target, via)| self.couriers.news(target, *via));
        Ok(entries)
    }

    /// Waits until the feed has moved, and then a little.
    async fn gather(&self) {
        let position = self.position.unwrap_or_default();
        let mut feed_end = self.couriers.parts.store.feed_end();
        if feed_end.wait_for(|end| *end > position).await.is_err() {
            std::future::pending::<()>().await;
        }
        sleep(GATHER).await;
    }
}

/// The entries are read before it is looked who listens: whoever was there before an event hears of it.
fn page(parts: &CourierParts, from: u64) -> Result<Page, StoreError> {
    let CourierParts { store, carriers, clock, .. } = parts;
    let mut page = Page { batch: Batch::default(), next: from, entries: 0, told: BTreeMap::new() };
    let mut listening = Listening::new();
    for (position, entry) in feed::read(store, from, PAGE_MAX_ENTRIES)? {
        if !listening.contains_key(&entry.organization) {
            let found = listeners(carriers, &entry.organization)?;
            found.iter().for_each(|(_, listener)| listener.expect(&mut page.batch));
            listening.insert(entry.organization.clone(), found);
        }
        let listeners = listening.get(&entry.organization).map_or(&[][..], Vec::as_slice);
        match take(store, position, &entry, listeners, clock, &mut page) {
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "a part of a session's log that does not read is not delivered");
            }
            taken => taken?,
        }
        page.next = position + 1;
        page.entries += 1;
    }
    feed::set_cursor(&mut page.batch, READER, page.next);
    Ok(page)
}

fn listeners(carriers: &[Arc<dyn Carrier>], organization: &OrganizationId) -> Result<Vec<Ear>, StoreError> {
    let mut all = Vec::new();
    for carrier in carriers {
        all.extend(carrier.listeners(organization)?.into_iter().map(|listener| (carrier.via(), listener)));
    }
    Ok(all)
}

fn take(
    store: &Store,
    position: u64,
    entry: &FeedEntry,
    listeners: &[Ear],
    clock: &SharedClock,
    page: &mut Page,
) -> Result<(), StoreError> {
    let listening: Vec<_> = listeners.iter().filter(|(_, listener)| listener.listens_at(position)).collect();
    if listening.is_empty() {
        return Ok(());
    }
    let session = SessionKey { organization: entry.organization.clone(), session: entry.session.clone() };
    let logged = log::read::<Event>(store, &session, entry.first.saturating_sub(1), entry.count as usize)?;
    for (index, logged) in (0..).zip(&logged) {
        for (via, listener) in &listening {
            let Some(Heard { target, topic }) = listener.hears(&session, logged)? else { continue };
            let place = Place { target, via: *via, number: Number { position, index }, topic };
            record::insert(&mut page.batch, &delivery(&session, logged, place, clock.now()))?;
            page.told.insert(TargetKey { organization: session.organization.clone(), target }, *via);
        }
    }
    Ok(())
}

/// Where a delivery goes.
struct Place {
    target: uuid::Uuid,
    via: Via,
    number: Number,
    topic: &'static str,
}

fn delivery(session: &SessionKey, logged: &Logged<Event>, place: Place, now: Timestamp) -> Delivery {
    Delivery {
        organization: session.organization.clone(),
        target: place.target,
        via: place.via,
        number: place.number,
        stage: Stage::Waiting,
        session: session.session.clone(),
        seq: logged.seq,
        topic: place.topic.to_owned(),
        at: logged.at,
        queued_at: now,
        attempts: 0,
        refusals: 0,
        not_before: None,
        last: None,
        parked: None,
    }
}
