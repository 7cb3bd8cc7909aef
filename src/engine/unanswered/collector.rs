//! Follows the feed and counts the questions that had no answer. A page's groups and the cursor are one batch, so each question
//! counts once, whenever the process ends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::groups::Groups;
use crate::assistant::learning::Patterns;
use crate::domain::unanswered::lacks_answer;
use crate::domain::{AssistantSettings, Author, Event, OrganizationId, SessionKey, Settings, Timestamp};
use crate::store::{Batch, CommitError, FeedEntry, Store, StoreError, feed, log, record, settings};

/// The name of the feed's reader.
pub const READER: &str = "unanswered";

/// Feed entries that are looked at before other work gets its share of the disk again.
const PAGE_MAX_ENTRIES: usize = 512;

/// How long questions may gather before they are counted.
const GATHER: Duration = Duration::from_millis(250);

/// The pause before a store that did not read or take a batch is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The most messages of one turn that are read.
const MESSAGES_MAX: usize = 64;

/// Why a page was not counted. Nothing of it is lost; it is read again.
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
pub struct Collector {
    store: Store,
    reached: watch::Sender<u64>,
    position: Option<u64>,
}

/// What a page asks, by organization, with the rules that say what an answer is.
type Asked = HashMap<OrganizationId, (Groups, Arc<AssistantSettings>)>;

/// Which of a session's messages had no answer.
struct Gap {
    turn: u64,
    upto: u64,
    at: Timestamp,
}

impl Collector {
    /// `reached` is told how far it is.
    pub const fn new(store: Store, reached: watch::Sender<u64>) -> Self {
        Self { store, reached, position: None }
    }

    /// Follows the feed until `stopping` says so. A stop in the middle is as safe as a kill.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            () = self.follow() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    async fn follow(mut self) {
        let mut is_stuck = false;
        loop {
            match self.advance().await {
                Ok(0) => {
                    is_stuck = false;
                    self.gather().await;
                }
                Ok(_) => tokio::task::yield_now().await,
                // Somebody settled a group meanwhile: the page is read again.
                Err(Stuck::Commit(CommitError::Conflict { .. })) => {}
                Err(error) => {
                    if !std::mem::replace(&mut is_stuck, true) {
                        tracing::error!(%error, "unanswered questions are not counted; it is tried again and again");
                    }
                    sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    /// Counts the next page, and says how many entries of the feed it had.
    ///
    /// # Errors
    /// When the store does not read or write.
    pub async fn advance(&mut self) -> Result<usize, Stuck> {
        let (store, position) = (self.store.clone(), self.position);
        let read = tokio::task::spawn_blocking(move || {
            let position = position.map_or_else(|| feed::cursor(&store, READER), Ok)?;
            page(&store, position)
        });
        let read = read.await.map_err(|_ended| StoreError::Backend("the reading of a page broke".to_owned()))?;
        let (batch, next, entries) = read?;
        if entries > 0 {
            self.store.commit(batch).await?;
        }
        self.position = Some(next);
        self.reached.send_replace(next);
        Ok(entries)
    }

    /// Waits until the feed has moved, and then a little.
    async fn gather(&self) {
        let position = self.position.unwrap_or_default();
        let mut feed_end = self.store.feed_end();
        if feed_end.wait_for(|end| *end > position).await.is_err() {
            std::future::pending::<()>().await;
        }
        sleep(GATHER).await;
    }
}

fn page(store: &Store, position: u64) -> Result<(Batch, u64, usize), StoreError> {
    let mut asked = Asked::new();
    let (mut next, mut entries) = (position, 0);
    for (position, entry) in feed::read(store, position, PAGE_MAX_ENTRIES)? {
        match take(store, &entry, &mut asked) {
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "a part of a session's log that does not read is not looked at");
            }
            taken => taken?,
        }
        (next, entries) = (position + 1, entries + 1);
    }
    let mut batch = Batch::default();
    for (groups, _) in asked.into_values() {
        groups.write(&mut batch)?;
    }
    feed::set_cursor(&mut batch, READER, next);
    Ok((batch, next, entries))
}

fn take(store: &Store, entry: &FeedEntry, asked: &mut Asked) -> Result<(), StoreError> {
    let session = SessionKey { organization: entry.organization.clone(), session: entry.session.clone() };
    let logged = log::read::<Event>(store, &session, entry.first.saturating_sub(1), entry.count as usize)?;
    // Most entries hold nothing of the assistant's.
    let says = |event: &Event| match event {
        Event::Suggested(_) => true,
        Event::Posted(message) => message.author == Author::Assistant,
        _ => false,
    };
    if !logged.iter().any(|logged| says(&logged.event)) {
        return Ok(());
    }
    let rules = match asked.get(&session.organization) {
        Some((_, rules)) => Arc::clone(rules),
        None => Arc::new(rules(store, &session.organization)?),
    };
    let events: Vec<(&Event, Timestamp)> = logged.iter().map(|logged| (&logged.event, logged.at)).collect();
    for gap in gaps(&events, rules.confidence_floor) {
        let Some(text) = question(store, &session, &gap)? else { continue };
        let groups = match asked.entry(session.organization.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert((Groups::read(store, &session.organization, &rules)?, Arc::clone(&rules)))
            }
        };
        groups.0.ask(&text, session.session.clone(), gap.at);
    }
    Ok(())
}

/// What of a commit's events tells of a question without an answer. A turn that was kept back and handed over tells once, by
/// its suggestion.
fn gaps(events: &[(&Event, Timestamp)], floor: f32) -> Vec<Gap> {
    let (mut found, mut posted) = (Vec::new(), false);
    for (event, at) in events {
        match event {
            Event::Suggested(suggestion) if lacks_answer(&suggestion.reading, false, floor) => {
                found.push(Gap { turn: suggestion.turn, upto: suggestion.upto, at: *at });
            }
            Event::Posted(message) if message.author == Author::Assistant => {
                let reading = message.reading.as_ref();
                posted = reading.is_some_and(|reading| lacks_answer(reading, message.asks_for.is_some(), floor));
            }
            Event::TurnEnded { turn, upto, .. } if std::mem::take(&mut posted) => {
                found.push(Gap { turn: *turn, upto: *upto, at: *at });
            }
            Event::Suggested(_)
            | Event::Posted(_)
            | Event::TurnEnded { .. }
            | Event::Started(_)
            | Event::OwnerMoved { .. }
            | Event::ContextReset { .. }
            | Event::CommandParked { .. }
            | Event::Condensed(_)
            | Event::Desk(_) => {}
        }
    }
    found
}

/// What the customer said in the turn; nothing where they asked nothing and only told of themselves.
fn question(store: &Store, session: &SessionKey, gap: &Gap) -> Result<Option<String>, StoreError> {
    let count = usize::try_from(gap.upto.saturating_sub(gap.turn) + 1).unwrap_or(MESSAGES_MAX).min(MESSAGES_MAX);
    let logged = log::read::<Event>(store, session, gap.turn.saturating_sub(1), count)?;
    let said = logged.into_iter().filter_map(|logged| match logged.event {
        // Files alone ask nothing that anybody could answer once and for all.
        Event::Posted(message) if message.author == Author::Customer => {
            (!message.is_files_alone()).then(|| message.body.as_str().to_owned())
        }
        _ => None,
    });
    let said: Vec<String> = said.collect();
    let asks = !said.iter().all(|message| Patterns::shared().only_tells(message));
    Ok(asks.then(|| said.join(" ")))
}

fn rules(store: &Store, organization: &OrganizationId) -> Result<AssistantSettings, StoreError> {
    let found = record::get::<Settings>(store, organization, settings::ID)?;
    Ok(found.map(|found| found.record.assistant).unwrap_or_default())
}
