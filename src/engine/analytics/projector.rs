//! Keeps the figures: reads the feed behind its cursor, and writes what a page of it changes together with the cursor, in
//! one batch. It yields to everybody else: it lets events gather so that a session's burst is written once, and rests as
//! long as it worked, unless somebody waits for figures.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::watch;
use tokio::time::Instant;

use super::page::Page;
use super::progress::{Progress, Reached};
use super::rebuild::{self, Phase};
use crate::domain::SessionKey;
use crate::store::{Batch, CommitError, Store, StoreError, feed};

/// The name of the feed's reader.
pub const READER: &str = "analytics";

/// Feed pages that are trimmed at once. As a commit fills one page, there are many small ones or few large ones.
const TRIM_MAX_PAGES: usize = 64;

/// How long events may gather before they are counted.
const GATHER: Duration = Duration::from_millis(250);

/// The longest rest between two pages.
const REST_MAX: Duration = Duration::from_millis(250);

/// The pause before a store that did not read or take a batch is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Bounds of one page.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// Feed entries that are looked at.
    pub entries_max: usize,
    /// Sessions whose events are counted.
    pub sessions_max: usize,
}

impl PageLimits {
    /// Many entries of few sessions are little to write; a page of many sessions is some hundred kilobytes.
    pub const USUAL: Self = Self { entries_max: 4_096, sessions_max: 512 };
}

/// What one step of the projector did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rows of an older projection were deleted.
    Cleared,
    /// So many sessions were counted from their logs.
    Built(usize),
    /// So many entries of the feed were passed.
    Followed(usize),
    /// Feed pages that all readers have passed were deleted.
    Trimmed,
    /// There was nothing to do.
    Nothing,
}

/// Why a step was not taken. Nothing of it is kept; the next one tries it again.
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
pub struct Projector {
    store: Store,
    progress: Arc<Progress>,
    limits: PageLimits,
    at: Option<At>,
    trim: Trim,
}

/// Where it stands, as the store has it.
#[derive(Debug, Clone)]
struct At {
    phase: Phase,
    position: u64,
}

/// What it knows of the feed's beginning.
#[derive(Debug, Clone, Copy)]
struct Trim {
    /// Everything before this position is gone.
    done: u64,
    /// A page was followed since: a feed that never ends must not keep its beginning from being trimmed.
    is_next: bool,
}

/// A step that is prepared.
struct Prepared {
    batch: Batch,
    step: Step,
    at: At,
    trim: Trim,
    events: u64,
}

impl Projector {
    pub(super) const fn new(store: Store, progress: Arc<Progress>) -> Self {
        let trim = Trim { done: 0, is_next: false };
        Self { store, progress, limits: PageLimits::USUAL, at: None, trim }
    }

    /// The same with other bounds.
    #[must_use]
    pub const fn with_limits(mut self, limits: PageLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Follows the feed until `stopping` says so. A stop in the middle is as safe as a kill.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let progress = Arc::clone(&self.progress);
        let _running = progress.runs();
        tokio::select! {
            () = self.follow() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    /// Makes the projection anew, to the feed's end; `told` hears after each step how many sessions were counted.
    ///
    /// # Errors
    /// When the store does not read or write; the next start goes on from there.
    pub async fn rebuild(mut self, mut told: impl FnMut(usize)) -> Result<(), Stuck> {
        let mut batch = Batch::default();
        let position = *self.store.feed_end().borrow();
        let phase = rebuild::begin(&self.store, &mut batch, position)?;
        self.store.commit(batch).await?;
        self.at = Some(At { phase, position });
        let mut sessions = 0;
        loop {
            match self.advance().await? {
                Step::Nothing => return Ok(()),
                Step::Built(more) => sessions += more,
                Step::Cleared | Step::Followed(_) | Step::Trimmed => {}
            }
            told(sessions);
        }
    }

    /// Takes one bounded step: one batch, or nothing.
    ///
    /// # Errors
    /// When the store does not read or write.
    pub async fn advance(&mut self) -> Result<Step, Stuck> {
        let progress = Arc::clone(&self.progress);
        let _only_writer = progress.rows().lock().await;
        let (store, at, limits, trim) = (self.store.clone(), self.at.clone(), self.limits, self.trim);
        let prepared = tokio::task::spawn_blocking(move || prepare(&store, at, limits, trim)).await;
        let Ok(prepared) = prepared else {
            return Err(StoreError::Backend("the projector's page broke".to_owned()).into());
        };
        let Prepared { batch, step, at, trim, events } = prepared?;
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        self.progress.tell(Reached { position: at.position, whole: at.phase == Phase::Whole });
        self.at = Some(at);
        self.trim = trim;
        counter!("switchboard_analytics_events_total").increment(events);
        Ok(step)
    }

    async fn follow(mut self) {
        let mut stuck = false;
        loop {
            let began = Instant::now();
            match self.advance().await {
                Ok(Step::Nothing) => {
                    stuck = false;
                    self.gather().await;
                }
                Ok(Step::Cleared | Step::Built(_) | Step::Followed(_) | Step::Trimmed) => {
                    self.progress.rest(began.elapsed().min(REST_MAX)).await;
                }
                Err(error) => {
                    self.progress.retried();
                    if !std::mem::replace(&mut stuck, true) {
                        tracing::error!(%error, "the figures do not follow; they are tried again and again");
                    }
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    /// Waits until the feed has moved, and then a little, so that what belongs together is counted together.
    async fn gather(&self) {
        let position = self.at.as_ref().map_or(0, |at| at.position);
        let mut feed_end = self.store.feed_end();
        if feed_end.wait_for(|end| *end > position).await.is_err() {
            std::future::pending::<()>().await;
        }
        self.progress.rest(GATHER).await;
    }
}

fn prepare(store: &Store, at: Option<At>, limits: PageLimits, trim: Trim) -> Result<Prepared, StoreError> {
    let Some(At { phase, position }) = at.map_or_else(|| stored(store), |at| Ok(Some(at)))? else {
        let (mut batch, position) = (Batch::default(), *store.feed_end().borrow());
        let phase = rebuild::begin(store, &mut batch, position)?;
        return Ok(Prepared { batch, step: Step::Cleared, at: At { phase, position }, trim, events: 0 });
    };
    match phase {
        Phase::Clearing => {
            let mut batch = Batch::default();
            let phase = rebuild::clear(store, &mut batch)?;
            Ok(Prepared { batch, step: Step::Cleared, at: At { phase, position }, trim, events: 0 })
        }
        Phase::Building { after } => {
            let (batch, phase, sessions) = rebuild::build(store, after.as_deref(), limits.sessions_max)?;
            Ok(Prepared { batch, step: Step::Built(sessions), at: At { phase, position }, trim, events: 0 })
        }
        Phase::Whole => follow(store, position, limits, trim),
    }
}

/// The next page, or what is to be trimmed: by turns while there are both.
fn follow(store: &Store, position: u64, limits: PageLimits, mut trim: Trim) -> Result<Prepared, StoreError> {
    if trim.is_next {
        let trimmed = trim_feed(store, position, trim.done)?;
        if trimmed.step == Step::Trimmed {
            return Ok(trimmed);
        }
        trim = trimmed.trim;
    }
    match page(store, position, limits, trim.done)? {
        Some(followed) => Ok(followed),
        None => trim_feed(store, position, trim.done),
    }
}

fn stored(store: &Store) -> Result<Option<At>, StoreError> {
    let Some(phase) = rebuild::phase(store)? else { return Ok(None) };
    Ok(Some(At { phase, position: feed::cursor(store, READER)? }))
}

/// The next page; none at the feed's end.
fn page(store: &Store, position: u64, limits: PageLimits, trimmed: u64) -> Result<Option<Prepared>, StoreError> {
    let mut sessions = BTreeSet::new();
    let (mut next, mut entries) = (position, 0);
    for (position, entry) in feed::read(store, position, limits.entries_max)? {
        let key = SessionKey { organization: entry.organization, session: entry.session };
        if sessions.len() == limits.sessions_max.max(1) && !sessions.contains(&key) {
            break;
        }
        sessions.insert(key);
        (next, entries) = (position + 1, entries + 1);
    }
    if entries == 0 {
        return Ok(None);
    }
    let mut page = Page::new(store);
    sessions.iter().try_for_each(|session| page.session(session))?;
    let events = page.events();
    let mut batch = page.into_batch()?;
    feed::set_cursor(&mut batch, READER, next);
    let at = At { phase: Phase::Whole, position: next };
    let trim = Trim { done: trimmed, is_next: true };
    Ok(Some(Prepared { batch, step: Step::Followed(entries), at, trim, events }))
}

/// Nobody reads again what all readers have passed; a projection that is made anew reads the logs.
fn trim_feed(store: &Store, position: u64, done: u64) -> Result<Prepared, StoreError> {
    let at = At { phase: Phase::Whole, position };
    let (mut batch, settled) = (Batch::default(), feed::settled(store)?);
    let pages = if settled == done { 0 } else { feed::trim(store, &mut batch, settled, TRIM_MAX_PAGES)? };
    // Fewer than asked for: there are no more below this position.
    let done = if pages < TRIM_MAX_PAGES { settled } else { done };
    let step = if pages == 0 { Step::Nothing } else { Step::Trimmed };
    Ok(Prepared { batch, step, at, trim: Trim { done, is_next: false }, events: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::{outbox, recovery};
    use crate::engine::memories::learner;
    use crate::engine::unanswered;

    #[test]
    fn whoever_follows_the_feed_is_known_to_those_who_trim_it() {
        let readers = [recovery::READER, READER, learner::READER, unanswered::READER, outbox::READER];
        assert_eq!(feed::READERS, readers);
    }
}
