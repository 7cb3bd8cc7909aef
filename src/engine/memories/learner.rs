//! Learns from conversations: follows the feed behind a durable cursor and remembers what customers say of themselves, forgets
//! what they want forgotten, and what a reset of their session ends.
//!
//! It works beside the sessions: a message is acknowledged and answered before anything is learnt of it, and nobody waits. The
//! cursor moves after what was learnt is on disk, so a kill in between learns a page again and loses nothing: learning the same
//! again writes nothing, and an older word never replaces a newer one.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use metrics::counter;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Memories;
use crate::assistant::learning::{self, EMAIL, Fact, ForgetWish, LANGUAGE, NAME, ORDER_NUMBER, PHONE, Patterns};
use crate::domain::memories::{Importance, MemoryDraft, MemoryKey, MemorySource};
use crate::domain::{
    Author, Command, Contact, CustomerId, Email, Event, OrganizationId, Owner, PersonName, Phone, Reading, Refusal,
    SessionKey, Timestamp, Visitor,
};
use crate::engine::{Customers, Sessions};
use crate::store::{Batch, CommitError, FeedEntry, Logged, Store, StoreError, StoreHealth, feed, log};

/// The name of the feed's reader.
pub const READER: &str = "memories";

/// Feed entries that are looked at before other work gets its share of the disk again.
const PAGE_MAX_ENTRIES: usize = 512;

/// How long messages may gather before they are read: what is said is known soon, and a burst is read at once.
const GATHER: Duration = Duration::from_millis(100);

/// The pause before a store that did not read or take a batch is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often a page is tried, a lesson of which can not be taken though the store is well. Then that lesson is passed over:
/// one record that does not read must not keep everybody else from being remembered, nor the feed from being trimmed.
const TRIES_MAX: u32 = 60;

/// Up to which `seq` of a session its messages tell the customer's language: it shows in the first ones.
const LANGUAGE_SEQ_MAX: u64 = 12;

/// Why a page was not learnt. Nothing of it is lost; it is read again.
#[derive(Debug, thiserror::Error)]
pub enum Stuck {
    /// The store did not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store did not take the cursor.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Something could not be remembered or forgotten now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// See the module. There is one per store.
#[derive(Debug)]
pub struct Learner {
    store: Store,
    memories: Memories,
    customers: Customers,
    sessions: Sessions,
    position: Option<u64>,
    tries: u32,
}

/// What a page teaches, in order.
struct Lesson {
    session: SessionKey,
    customer: CustomerId,
    at: Timestamp,
    what: What,
}

impl Lesson {
    /// A visitor is known in one session alone, which knows its language and order by itself: there are too many of them to note
    /// more than what they say of themselves.
    fn is_worth_it(&self) -> bool {
        let known_anyway = |key: &str| [LANGUAGE, ORDER_NUMBER].contains(&key);
        let is_known = matches!(&self.what, What::Fact(fact) if known_anyway(fact.key));
        !is_known || self.customer.visitors_session().is_none()
    }
}

enum What {
    Fact(Fact),
    Forget(ForgetWish),
    /// The session, or what was said in it so far.
    Ended,
}

/// What was read of a page.
struct Page {
    lessons: Vec<Lesson>,
    next: u64,
    entries: usize,
}

impl Learner {
    /// Wires it.
    pub fn new(store: Store, memories: Memories, customers: Customers, sessions: Sessions) -> Self {
        Self { store, memories, customers, sessions, position: None, tries: 0 }
    }

    /// Follows the feed until `stopping` says so. A stop in the middle is as safe as a kill.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            () = self.follow() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    /// Learns the next page, and says how many entries of the feed it had.
    ///
    /// # Errors
    /// When the store does not read or write.
    pub async fn advance(&mut self) -> Result<usize, Stuck> {
        let (store, position) = (self.store.clone(), self.position);
        let read = tokio::task::spawn_blocking(move || {
            let position = position.map_or_else(|| feed::cursor(&store, READER), Ok)?;
            page(&store, Patterns::shared(), position)
        });
        let read = read.await.map_err(|_ended| StoreError::Backend("the reading of a page broke".to_owned()))?;
        let Page { lessons, next, entries } = read?;
        for lesson in &lessons {
            if let Err(why) = self.take(lesson).await {
                self.tries += 1;
                if self.tries < TRIES_MAX || self.store.health() != StoreHealth::Writable {
                    return Err(why.into());
                }
                tracing::error!(session = ?lesson.session, %why, "something that can not be remembered is passed over");
                counter!("switchboard_memories_passed_over_total").increment(1);
            }
        }
        self.tries = 0;
        if entries > 0 {
            let mut batch = Batch::default();
            feed::set_cursor(&mut batch, READER, next);
            self.store.commit(batch).await?;
        }
        self.position = Some(next);
        counter!("switchboard_memories_lessons_total").increment(lessons.len() as u64);
        Ok(entries)
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
                Err(error) => {
                    if !std::mem::replace(&mut is_stuck, true) {
                        tracing::error!(%error, "nothing is learnt from conversations; it is tried again and again");
                    }
                    sleep(RETRY_AFTER).await;
                }
            }
        }
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

    /// Takes one lesson. What can never be kept is passed over; what can not be kept now is tried again with its page.
    async fn take(&self, lesson: &Lesson) -> Result<(), Refusal> {
        let taken = match &lesson.what {
            What::Fact(fact) => self.learn(lesson, fact).await,
            What::Forget(wish) => self.forget(lesson, *wish).await,
            What::Ended => {
                let organization = &lesson.session.organization;
                self.memories.session_ended(organization, &lesson.customer, lesson.at).await.map(drop)
            }
        };
        match taken {
            Err(why @ (Refusal::Busy | Refusal::Unavailable { .. })) => Err(why),
            // The organization has as many as it may: that is so until somebody forgets some, and no news each time.
            Err(Refusal::Conflict { .. }) => {
                counter!("switchboard_memories_refused_total").increment(1);
                Ok(())
            }
            Err(why) => {
                tracing::warn!(session = ?lesson.session, %why, "something a customer said is not remembered");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn learn(&self, lesson: &Lesson, fact: &Fact) -> Result<(), Refusal> {
        let organization = &lesson.session.organization;
        self.customers.learn(organization, &lesson.customer, &contact(fact)).await?;
        self.memories.learn(organization, &lesson.customer, fact, lesson.at).await
    }

    /// The session's context goes too: what was just forgotten must not be answered from there.
    async fn forget(&self, lesson: &Lesson, wish: ForgetWish) -> Result<(), Refusal> {
        let organization = &lesson.session.organization;
        let meant = |key: &MemoryKey| wish.about.covers(key.as_str());
        self.memories.forget_keys(organization, &lesson.customer, lesson.at, meant).await?;
        self.customers.forget(organization, &lesson.customer, |part| wish.about.covers(part)).await?;
        match self.sessions.act(&lesson.session, Command::Reset { visitor: Visitor::Service }).await {
            Ok(_) | Err(Refusal::NotFound { .. }) => Ok(()),
            Err(why) => Err(why),
        }
    }
}

impl Memories {
    /// Remembers what a customer said of themselves at a moment; an older word never replaces a newer one, nor what the staff
    /// has noted.
    async fn learn(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        fact: &Fact,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let draft = MemoryDraft {
            importance: Some(Importance::nearest(fact.importance)),
            source: Some(MemorySource::conversation()),
            ..MemoryDraft::long_term(MemoryKey::parse("key", fact.key)?, fact.value.as_str().into())
        };
        let kept = self.put(organization, customer, draft, Some(at), |old| {
            let says_something_new = old.value != fact.value.as_str();
            old.source != MemorySource::staff() && old.updated_at <= at && says_something_new
        });
        kept.await.map(drop)
    }
}

fn page(store: &Store, patterns: &Patterns, position: u64) -> Result<Page, StoreError> {
    let (mut lessons, mut people) = (Vec::new(), HashMap::new());
    let (mut next, mut entries) = (position, 0);
    for (position, entry) in feed::read(store, position, PAGE_MAX_ENTRIES)? {
        match lessons_of(store, patterns, &entry, &mut people) {
            Ok(more) => lessons.extend(more),
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "nothing is learnt of a part of a session's log that does not read");
            }
            Err(error) => return Err(error),
        }
        (next, entries) = (position + 1, entries + 1);
    }
    Ok(Page { lessons, next, entries })
}

fn lessons_of(
    store: &Store,
    patterns: &Patterns,
    entry: &FeedEntry,
    people: &mut HashMap<SessionKey, Option<CustomerId>>,
) -> Result<Vec<Lesson>, StoreError> {
    let session = SessionKey { organization: entry.organization.clone(), session: entry.session.clone() };
    let logged = log::read::<Event>(store, &session, entry.first.saturating_sub(1), entry.count as usize)?;
    let taught: Vec<(Timestamp, What)> = logged.iter().flat_map(|event| taught_by(patterns, event)).collect();
    if taught.is_empty() {
        return Ok(Vec::new());
    }
    let person = match people.get(&session) {
        Some(known) => known.clone(),
        None => people.entry(session.clone()).or_insert(person_of(store, &session)?).clone(),
    };
    let Some(customer) = person else { return Ok(Vec::new()) };
    let lesson = |(at, what)| Lesson { session: session.clone(), customer: customer.clone(), at, what };
    Ok(taught.into_iter().map(lesson).filter(Lesson::is_worth_it).collect())
}

/// Under whom things are noted of a session's customer, from how it began.
fn person_of(store: &Store, session: &SessionKey) -> Result<Option<CustomerId>, StoreError> {
    let first = log::read::<Event>(store, session, 0, 1)?.into_iter().next();
    Ok(first.and_then(|logged| match logged.event {
        Event::Started(started) if started.verified => Some(started.customer),
        Event::Started(_) => Some(CustomerId::of_visitor(&session.session)),
        _ => None,
    }))
}

/// A message that breaks a pattern teaches nothing, and holds up nobody.
fn taught_by(patterns: &Patterns, logged: &Logged<Event>) -> Vec<(Timestamp, What)> {
    let taught = catch_unwind(AssertUnwindSafe(|| taught(patterns, logged)));
    let taught = taught.unwrap_or_else(|_| {
        tracing::error!(seq = logged.seq, "nothing is learnt of a message that broke its reading");
        Vec::new()
    });
    taught.into_iter().map(|what| (logged.at, what)).collect()
}

fn taught(patterns: &Patterns, logged: &Logged<Event>) -> Vec<What> {
    match &logged.event {
        // What a file is called says nothing of the customer.
        Event::Posted(message) if message.author == Author::Customer && message.is_files_alone() => Vec::new(),
        Event::Posted(message) if message.author == Author::Customer => {
            let text = message.body.as_str();
            if let Some(wish) = patterns.wish_to_forget(text) {
                return vec![What::Forget(wish)];
            }
            let language = (logged.seq <= LANGUAGE_SEQ_MAX).then(|| patterns.language(text)).flatten();
            patterns.facts(text).into_iter().chain(language).map(What::Fact).collect()
        }
        // What was named stands with what was made of it: the assistant reads a bare number as what it had asked for.
        Event::Posted(message) => message.reading.as_ref().map(named).unwrap_or_default(),
        Event::Suggested(suggestion) => named(&suggestion.reading),
        Event::ContextReset { .. } | Event::OwnerMoved { owner: Owner::Closed, .. } => vec![What::Ended],
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Condensed(_)
        | Event::CommandParked { .. }
        | Event::Desk(_) => Vec::new(),
    }
}

fn named(reading: &Reading) -> Vec<What> {
    let orders = reading.entities.iter().rev().filter(|entity| entity.kind == ORDER_NUMBER);
    let last = orders.filter_map(|entity| entity.value.as_deref()).find_map(learning::order_number);
    last.map(What::Fact).into_iter().collect()
}

/// What of a fact belongs into the customer's record.
fn contact(fact: &Fact) -> Contact {
    let said = |key: &str| (fact.key == key).then_some(fact.value.as_str());
    Contact {
        name: said(NAME).and_then(|name| PersonName::parse("name", name).ok()),
        email: said(EMAIL).and_then(|email| Email::parse(email).ok()),
        phone: said(PHONE).and_then(|phone| Phone::parse("phone", phone).ok()),
        language: said(LANGUAGE).map(str::to_owned),
    }
}
