//! What is kept of customers, kind by kind: how each is erased and handed out. A service that keeps something of a customer
//! adds one line to [`all`]; `docs/privacy.md` says where everything is, and a test holds it against the store.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::{Customer, CustomerId, Event, OrganizationId, Refusal, SessionKey, Timestamp};
use crate::engine::files::KeptFiles;
use crate::engine::webhooks::KeptDeliveries;
use crate::engine::{channels, unanswered};
use crate::store::index::{Cursor, Match};
use crate::store::privacy::of_session;
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Direction, KeyRange, Store, StoreError, cost, log, memories, parked};

/// Of whom something is kept.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Whoever had this session: what belongs to the session.
    Session(&'a SessionKey),
    /// A customer: what belongs to none of their sessions.
    Person {
        /// Where.
        organization: &'a OrganizationId,
        /// All of their ids.
        ids: &'a [CustomerId],
    },
}

/// Some things of many.
#[derive(Debug, Default)]
pub struct Exported {
    /// As they are handed out.
    pub items: Vec<Value>,
    /// Where the next ones begin; none when these were the last.
    pub next: Option<Vec<u8>>,
}

/// What a batch removes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// How many things.
    pub count: usize,
    /// Whether there are more.
    pub more: bool,
}

impl Erased {
    /// So many of at most `limit`.
    pub const fn of(count: usize, limit: usize) -> Self {
        Self { count, more: count >= limit }
    }
}

/// One kind of what is kept.
pub trait Personal: Send + Sync {
    /// Its name in receipts and in what is handed out.
    fn kind(&self) -> &'static str;

    /// Puts the removal of about `limit` things into the batch and says how many. While there are more it is asked again,
    /// after the batch is durable; it may be asked about what is gone, too.
    ///
    /// # Errors
    /// When the store does not read.
    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError>;

    /// Up to `limit` things after `after`.
    ///
    /// # Errors
    /// When the store does not read.
    fn export(
        &self,
        store: &Store,
        whose: Whose<'_>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Exported, StoreError> {
        let _ = (store, whose, after, limit);
        Ok(Exported::default())
    }

    /// Waits until what is on its way to the disk is there; asked once nobody reaches the sessions any more, before anything
    /// of them is removed.
    ///
    /// # Errors
    /// When that takes too long; it is asked again.
    fn settle(&self) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Forgets what is in memory, after all of it was erased. Whatever that changes is durable when it returns; after a
    /// crash it is asked again.
    ///
    /// # Errors
    /// When that can not be written.
    fn forget<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        let _ = whose;
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Every kind. The headers of sessions and the rows of the figures go by themselves, last of all.
pub fn all() -> Vec<Box<dyn Personal>> {
    vec![
        Box::new(Log),
        Box::new(Keys { kind: "message_ids", space: "idem" }),
        Box::new(Audio),
        Box::new(AudioUse),
        Box::new(KeptFiles),
        Box::new(SetAside),
        Box::new(Memories),
        Box::new(Calls),
        Box::new(AskedInVain),
        Box::new(ChannelNames),
        // What is still to go first: a courier begins a dispatch only while its delivery is there.
        Box::new(KeptDeliveries),
        Box::new(Dispatched),
        Box::new(channels::email::KeptMail),
        Box::new(channels::email::KeptOnward),
        Box::new(ServiceWindows),
        Box::new(channels::whatsapp::KeptErrands),
        Box::new(Records),
    ]
}

/// What was asked and had no answer.
struct AskedInVain;

/// What customers are called on the channels that they write by.
struct ChannelNames;

/// How far messages to customers came at providers.
struct Dispatched;

/// Until when customers may be written to by `WhatsApp`.
struct ServiceWindows;

/// The events of sessions: messages, notes, ratings and everything else that happened.
struct Log;

/// Keys of a session that mean nothing to anybody.
struct Keys {
    kind: &'static str,
    space: &'static str,
}

/// Voice notes.
struct Audio;

/// How much audio of a session is kept.
struct AudioUse;

/// Commands that were set aside.
struct SetAside;

/// What is noted of customers, under each of their ids.
struct Records;

/// What is remembered of customers.
struct Memories;

/// Calls of models, each with its session.
struct Calls;

impl Personal for Log {
    fn kind(&self) -> &'static str {
        "events"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        erase_keys(store, "log", whose, batch, limit)
    }

    fn export(
        &self,
        store: &Store,
        whose: Whose<'_>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Exported, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Exported::default()) };
        let after = after.and_then(|after| after.try_into().ok()).map_or(0, u64::from_be_bytes);
        let events = log::read::<Event>(store, session, after, limit)?;
        let next = events.last().filter(|_| events.len() == limit).map(|last| last.seq.to_be_bytes().to_vec());
        let item = |logged: &log::Logged<Event>| {
            let mut event = serde_json::to_value(&logged.event).unwrap_or_default();
            // What the customer proves themselves with is theirs already, and nobody else's.
            event.get_mut("started").and_then(Value::as_object_mut).map(|started| started.remove("resume"));
            json!({ "seq": logged.seq, "at": logged.at.to_string(), "event": event })
        };
        Ok(Exported { items: events.iter().map(item).collect(), next })
    }
}

impl Personal for Keys {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        erase_keys(store, self.space, whose, batch, limit)
    }
}

impl Personal for Audio {
    fn kind(&self) -> &'static str {
        "audio"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        erase_keys(store, "audio", whose, batch, limit)
    }

    /// One at a time: a note may be megabytes.
    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Exported::default()) };
        let prefix = of_session("audio", &session.organization, &session.session).into_bytes();
        let mut range = KeyRange::prefix(prefix.clone());
        if let Some(after) = after {
            range = range.beyond(after.to_vec(), Direction::Forward);
        }
        let Some((key, value)) = store.scan(range, 1, Direction::Forward)?.pop() else {
            return Ok(Exported::default());
        };
        let mut note: Value = serde_json::from_slice(&value).map_err(|why| StoreError::corrupt(&key, why))?;
        note["id"] = String::from_utf8_lossy(key.get(prefix.len()..).unwrap_or_default()).into();
        Ok(Exported { items: vec![note], next: Some(key) })
    }
}

impl Personal for AudioUse {
    fn kind(&self) -> &'static str {
        "audio_use"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(Erased::default()) };
        let key = format!("audio_use/{organization}/{session}").into_bytes();
        let there = store.get(&key)?.is_some();
        if there {
            batch.delete(key);
        }
        Ok(Erased { count: usize::from(there), more: false })
    }
}

impl Personal for SetAside {
    fn kind(&self) -> &'static str {
        "set_aside"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let found = set_aside(store, whose, limit)?;
        found.iter().for_each(|command| record::remove(batch, command));
        Ok(Erased::of(found.len(), limit))
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        if after.is_some() {
            return Ok(Exported::default());
        }
        let found = set_aside(store, whose, SET_ASIDE_MAX)?;
        let item = |found: &Versioned<parked::Parked>| json!({ "at": found.record.at.to_string(), "command": found.record.command, "body": found.record.body });
        Ok(Exported { items: found.iter().map(item).collect(), next: None })
    }
}

/// The most commands of one session that were set aside and are handed out.
const SET_ASIDE_MAX: usize = 1_000;

fn set_aside(store: &Store, whose: Whose<'_>, limit: usize) -> Result<Vec<Versioned<parked::Parked>>, StoreError> {
    let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(Vec::new()) };
    let wanted = Match::Is(session.as_str());
    Ok(record::by_index(store, organization, parked::BY_SESSION, wanted, None, limit, Direction::Forward)?.items)
}

impl Personal for Memories {
    fn kind(&self) -> &'static str {
        "memories"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let found = of_ids(whose, |organization, id| memories::of_customer(store, organization, id))?;
        found.iter().take(limit).for_each(|memory| record::remove(batch, memory));
        Ok(Erased::of(found.len().min(limit), limit))
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        if after.is_some() || matches!(whose, Whose::Session(_)) {
            return Ok(Exported::default());
        }
        let found = of_ids(whose, |organization, id| memories::of_customer(store, organization, id))?;
        let items = found.iter().map(|found| serde_json::to_value(&found.record).unwrap_or_default()).collect();
        Ok(Exported { items, next: None })
    }
}

impl Personal for Calls {
    fn kind(&self) -> &'static str {
        "model_calls"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let (count, more) = cost::erase_session(store, batch, session)?;
        Ok(Erased { count, more })
    }

    fn export(
        &self,
        store: &Store,
        whose: Whose<'_>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Exported, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Exported::default()) };
        let after = after.and_then(|after| Cursor::parse(std::str::from_utf8(after).ok()?));
        let (calls, next) = cost::of_session(store, session, after.as_ref(), limit)?;
        let items = calls.iter().map(|call| serde_json::to_value(call).unwrap_or_default()).collect();
        Ok(Exported { items, next: next.map(|next| next.to_text().into_bytes()) })
    }
}

impl Personal for AskedInVain {
    fn kind(&self) -> &'static str {
        "unanswered_examples"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let count = unanswered::erase_session(store, batch, session)?;
        // Sessions may be in the same group, and a batch writes each record once: the next session goes with another batch.
        Ok(Erased { count, more: count > 0 })
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Exported::default()) };
        if after.is_some() {
            return Ok(Exported::default());
        }
        let found = unanswered::of_session(store, session)?;
        let item = |(at, text): (Timestamp, String)| json!({ "at": at.to_string(), "text": text });
        Ok(Exported { items: found.into_iter().map(item).collect(), next: None })
    }
}

impl Personal for ChannelNames {
    fn kind(&self) -> &'static str {
        "channel_names"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let found = channels::of_session(store, session, limit)?;
        found.iter().for_each(|name| record::remove(batch, name));
        Ok(Erased::of(found.len(), limit))
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Exported::default()) };
        if after.is_some() {
            return Ok(Exported::default());
        }
        let found = channels::of_session(store, session, CHANNEL_NAMES_MAX)?;
        let items = found.iter().map(|found| serde_json::to_value(&found.record).unwrap_or_default()).collect();
        Ok(Exported { items, next: None })
    }
}

impl Personal for Dispatched {
    fn kind(&self) -> &'static str {
        "dispatches"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let found = channels::outward::of_session(store, session, limit)?;
        found.iter().for_each(|dispatch| record::remove(batch, dispatch));
        Ok(Erased::of(found.len(), limit))
    }
}

impl Personal for ServiceWindows {
    fn kind(&self) -> &'static str {
        "service_windows"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let found = channels::whatsapp::window_of(store, session)?;
        found.iter().for_each(|window| record::remove(batch, window));
        Ok(Erased::of(found.iter().count(), limit))
    }
}

/// The most names of one session that are handed out.
const CHANNEL_NAMES_MAX: usize = 1_000;

impl Personal for Records {
    fn kind(&self) -> &'static str {
        "customer_records"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let found = records(store, whose)?;
        let some = found.iter().take(limit);
        Ok(Erased::of(some.map(|customer| record::remove(batch, customer)).count(), limit))
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        // A visitor's own record is among those of the person.
        if after.is_some() || matches!(whose, Whose::Session(_)) {
            return Ok(Exported::default());
        }
        let found = records(store, whose)?;
        let items = found.iter().map(|found| serde_json::to_value(&found.record).unwrap_or_default()).collect();
        Ok(Exported { items, next: None })
    }
}

fn records(store: &Store, whose: Whose<'_>) -> Result<Vec<Versioned<Customer>>, StoreError> {
    of_ids(whose, |organization, id| Ok(record::get(store, organization, id.as_str())?.into_iter().collect()))
}

/// What is kept under each id of a person, or under the visitor's who had a session.
fn of_ids<R>(
    whose: Whose<'_>,
    read: impl Fn(&OrganizationId, &CustomerId) -> Result<Vec<Versioned<R>>, StoreError>,
) -> Result<Vec<Versioned<R>>, StoreError> {
    let visitor;
    let (organization, ids) = match whose {
        Whose::Session(key) => {
            visitor = [CustomerId::of_visitor(&key.session)];
            (&key.organization, visitor.as_slice())
        }
        Whose::Person { organization, ids } => (organization, ids),
    };
    let mut found = Vec::new();
    for id in ids {
        found.extend(read(organization, id)?);
    }
    Ok(found)
}

/// Everything under `<space>/<organization>/<session>/`.
fn erase_keys(
    store: &Store,
    space: &str,
    whose: Whose<'_>,
    batch: &mut Batch,
    limit: usize,
) -> Result<Erased, StoreError> {
    let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(Erased::default()) };
    let range = KeyRange::prefix(of_session(space, organization, session));
    let keys = store.keys(range, limit)?;
    let count = keys.len();
    keys.into_iter().for_each(|key| batch.delete(key));
    Ok(Erased::of(count, limit))
}
