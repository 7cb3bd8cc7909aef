//! Fetches what is to be fetched, some at a time. What fails comes again, later each time; one that is slow or broken costs the
//! others nothing.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, future};
use tokio::sync::watch;
use tokio::time::sleep;

use super::take::{Became, lose, take};
use super::{ToDo, ToFetch, list, unheard};
use crate::channels::failure::FailureClass;
use crate::channels::whatsapp::NumberId;
use crate::clock::SharedClock;
use crate::domain::{Body, Channel, OrganizationId, Refusal, Timestamp};
use crate::engine::channels::outward::{Account, ChannelStates, Way, Wrong, plain, why};
use crate::engine::channels::unbroken::unbroken;
use crate::engine::channels::whatsapp::graph::Graph;
use crate::engine::{Files, Sessions, VoiceNotes};
use crate::store::StoreError;
use crate::store::record::{Record as _, Versioned};

/// Files that are fetched at the same time; each is in memory meanwhile, at most as large as a file may be.
const AT_ONCE: usize = 4;

/// The longest sleep between two looks: a clock that was set anew is noticed by then.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The pause before a store that did not read or write is tried again.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The longest wait of one that failed, in milliseconds.
const WAIT_MAX_MS: i64 = 60 * 60 * 1_000;

/// How long one waits for a person to mend the account, in milliseconds.
const ACCOUNT_WAIT_MS: i64 = 5 * 60 * 1_000;

/// How long a file is tried for, in milliseconds: Meta keeps it for seven days.
const TRIED_FOR_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// What it works with.
pub struct FetcherParts {
    /// What is to be fetched, as the intake notes it.
    pub to_do: ToDo,
    /// Whose number it is.
    pub organization: OrganizationId,
    /// Where files come from.
    pub graph: Graph,
    /// Where they are kept.
    pub files: Files,
    /// Where they stand.
    pub sessions: Sessions,
    /// Who writes down what was spoken.
    pub voice: VoiceNotes,
    /// The time.
    pub clock: SharedClock,
    /// The first wait of one that failed, in milliseconds; it doubles.
    pub retry_first_ms: u64,
    /// What a customer is told whom nobody understood.
    pub unheard_text: Option<Body>,
    /// The number that customers write to, where there is one.
    pub number: Option<NumberId>,
    /// How numbers do.
    pub states: Arc<ChannelStates>,
}

/// See the module. There is one per store.
pub struct Fetcher {
    parts: FetcherParts,
}

impl Fetcher {
    /// One that works once it is [run](Self::run).
    pub const fn new(parts: FetcherParts) -> Self {
        Self { parts }
    }

    /// Fetches until `stopping` says so. A kill in the middle is as safe as a stop.
    pub async fn run(self, stopping: watch::Receiver<bool>) {
        let broke = || {
            let wrong = Wrong::plain("who fetches files broke");
            if let Some(number) = &self.parts.number {
                self.parts.states.fails(&self.account(number), Way::In, wrong);
            }
        };
        unbroken("whatsapp_files", stopping.clone(), || self.work_until(stopping.clone()), broke).await;
    }

    async fn work_until(&self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            () = self.work() => {}
            () = unheard::tell(&self.parts) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    async fn work(&self) {
        let mut under_way = FuturesUnordered::new();
        let mut ids = HashSet::new();
        loop {
            let pause = match list::next(&self.parts.to_do.store, &self.parts.organization, AT_ONCE * 2) {
                Ok(next) => {
                    let now = self.parts.clock.now();
                    let others = next.into_iter().filter(|one| !ids.contains(&one.record.id())).collect::<Vec<_>>();
                    let pause = others.iter().map(|one| wait_of(&one.record, now)).min().unwrap_or(LOOK_EVERY);
                    for one in others.into_iter().filter(|one| one.record.due <= now) {
                        if ids.len() < AT_ONCE && ids.insert(one.record.id()) {
                            under_way.push(self.handle(one));
                        }
                    }
                    // Without a free place only one that ends makes a difference.
                    if ids.len() >= AT_ONCE { LOOK_EVERY } else { pause.min(LOOK_EVERY) }
                }
                Err(error) => {
                    self.told(&error);
                    RETRY_AFTER
                }
            };
            let ended = async {
                match under_way.next().await {
                    Some(id) => id,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                id = ended => drop(ids.remove(&id)),
                () = self.parts.to_do.wake.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Tries one, and says in the store what became of it. Returns its id.
    async fn handle(&self, one: Versioned<ToFetch>) -> String {
        let id = one.record.id();
        let taken = AssertUnwindSafe(self.take(&one.record)).catch_unwind().await;
        let became = taken.unwrap_or_else(|_broke| {
            tracing::error!(session = ?one.record.key, "a file of WhatsApp's broke whoever took it");
            Became::Refused(Refusal::Unavailable { part: "files" })
        });
        let store = &self.parts.to_do.store;
        let written = match self.wait_ms(&one.record, &became) {
            None => list::done(store, &one.record).await,
            Some(wait_ms) => list::postpone(store, &one.record, self.parts.clock.now().plus_ms(wait_ms)).await,
        };
        if let Err(error) = written {
            tracing::error!(%error, "what became of a file of WhatsApp's can not be written down");
            sleep(RETRY_AFTER).await;
        }
        id
    }

    async fn take(&self, to_fetch: &ToFetch) -> Became {
        let became = take(&self.parts, to_fetch).await;
        self.tell(to_fetch, &became);
        let over = self.parts.clock.now() >= to_fetch.noted_at.plus_ms(TRIED_FOR_MS);
        match became {
            Became::Failed(_) if over => match lose(&self.parts, to_fetch, "not to be had for a week").await {
                Ok(became) => became,
                Err(why) => Became::Refused(why),
            },
            became => became,
        }
    }

    /// Says how Meta's files come in by the number.
    fn tell(&self, to_fetch: &ToFetch, became: &Became) {
        let (states, account) = (&self.parts.states, self.account(&to_fetch.number));
        match became {
            Became::Done => states.works(&account, Way::In),
            // It is this file's matter.
            Became::Failed(failure) if failure.class == FailureClass::Media => {}
            Became::Failed(failure) => {
                let words = why(failure);
                let wrong = Wrong { plain: plain(failure.class), words: &words };
                if failure.class.stops_channel() {
                    states.blocks(&account, Way::In, wrong);
                } else {
                    states.fails(&account, Way::In, wrong);
                }
            }
            // Something of ours, which its own place tells.
            Became::Refused(_) => {}
        }
    }

    fn account(&self, number: &NumberId) -> Account {
        let organization = self.parts.organization.clone();
        Account { organization, channel: Channel::Whatsapp, name: number.to_string() }
    }

    /// How long one waits until it is tried again, in milliseconds; none for one that is over.
    fn wait_ms(&self, to_fetch: &ToFetch, became: &Became) -> Option<i64> {
        let first = i64::try_from(self.parts.retry_first_ms).unwrap_or(WAIT_MAX_MS).clamp(1, WAIT_MAX_MS);
        let doubled = first.saturating_mul(1 << to_fetch.tries.min(30)).min(WAIT_MAX_MS);
        match became {
            Became::Done => None,
            Became::Refused(why) => {
                tracing::info!(session = ?to_fetch.key, %why, "a file of WhatsApp's is not taken yet; it is tried again");
                Some(doubled)
            }
            Became::Failed(failure) => {
                tracing::info!(session = ?to_fetch.key, class = ?failure.class, code = failure.code, "a file of WhatsApp's did not come; it is tried again");
                let asked = failure.retry_after_s.map_or(0, |s| i64::try_from(s).unwrap_or(0).saturating_mul(1_000));
                let own = if failure.class.stops_channel() { ACCOUNT_WAIT_MS } else { doubled };
                Some(own.max(asked))
            }
        }
    }

    fn told(&self, error: &StoreError) {
        tracing::error!(%error, "which files of WhatsApp's are to be fetched can not be read");
    }
}

/// How long it is until one is to be tried.
fn wait_of(to_fetch: &ToFetch, now: Timestamp) -> Duration {
    Duration::from_millis(to_fetch.due.since_ms(now))
}

impl std::fmt::Debug for FetcherParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetcherParts").field("organization", &self.organization).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("organization", &self.parts.organization).finish_non_exhaustive()
    }
}
