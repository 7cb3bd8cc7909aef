//! What is kept of customers, kind by kind: how each is erased and handed out. A service that keeps something of a customer
//! adds one line to [`all`]; `docs/privacy.md` says where everything is, and a test holds it against the store.

use serde_json::{Value, json};

use crate::domain::{CustomerId, Event, OrganizationId, SessionKey};
use crate::store::index::Match;
use crate::store::privacy::of_session;
use crate::store::record;
use crate::store::{Batch, Direction, KeyRange, Store, StoreError, log, parked};

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

/// One kind of what is kept.
pub trait Personal: Send + Sync {
    /// Its name in receipts and in what is handed out.
    fn kind(&self) -> &'static str;

    /// Puts the removal of up to `limit` keys into the batch and says how many; fewer than `limit` means that there are no
    /// more. After the batch is durable it may be asked again, also about what is gone.
    ///
    /// # Errors
    /// When the store does not read.
    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<usize, StoreError>;

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

    /// Forgets what is in memory, after all of it was erased.
    fn forget(&self, whose: Whose<'_>) {
        let _ = whose;
    }
}

/// Every kind. The headers of sessions and the rows of the figures go by themselves, last of all.
pub fn all() -> Vec<Box<dyn Personal>> {
    vec![
        Box::new(Log),
        Box::new(Keys { kind: "message_ids", space: "idem" }),
        Box::new(Audio),
        Box::new(AudioUse),
        Box::new(SetAside),
        Box::new(Records),
    ]
}

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

impl Personal for Log {
    fn kind(&self) -> &'static str {
        "events"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<usize, StoreError> {
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
            let event = serde_json::to_value(&logged.event).unwrap_or_default();
            json!({ "seq": logged.seq, "at": logged.at.to_string(), "event": event })
        };
        Ok(Exported { items: events.iter().map(item).collect(), next })
    }
}

impl Personal for Keys {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<usize, StoreError> {
        erase_keys(store, self.space, whose, batch, limit)
    }
}

impl Personal for Audio {
    fn kind(&self) -> &'static str {
        "audio"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<usize, StoreError> {
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

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, _: usize) -> Result<usize, StoreError> {
        let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(0) };
        let key = format!("audio_use/{organization}/{session}").into_bytes();
        let there = store.get(&key)?.is_some();
        if there {
            batch.delete(key);
        }
        Ok(usize::from(there))
    }
}

impl Personal for SetAside {
    fn kind(&self) -> &'static str {
        "set_aside"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<usize, StoreError> {
        let found = set_aside(store, whose, limit)?;
        found.iter().for_each(|command| record::remove(batch, command));
        Ok(found.len())
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        if after.is_some() {
            return Ok(Exported::default());
        }
        let found = set_aside(store, whose, SET_ASIDE_MAX)?;
        let item = |found: &record::Versioned<parked::Parked>| json!({ "at": found.record.at.to_string(), "command": found.record.command, "body": found.record.body });
        Ok(Exported { items: found.iter().map(item).collect(), next: None })
    }
}

/// The most commands of one session that were set aside and are handed out.
const SET_ASIDE_MAX: usize = 1_000;

fn set_aside(
    store: &Store,
    whose: Whose<'_>,
    limit: usize,
) -> Result<Vec<record::Versioned<parked::Parked>>, StoreError> {
    let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(Vec::new()) };
    let wanted = Match::Is(session.as_str());
    Ok(record::by_index(store, organization, parked::BY_SESSION, wanted, None, limit, Direction::Forward)?.items)
}

impl Personal for Records {
    fn kind(&self) -> &'static str {
        "customer_records"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<usize, StoreError> {
        let found = records(store, whose)?;
        let some = found.iter().take(limit);
        Ok(some.map(|customer| record::remove(batch, customer)).count())
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

fn records(store: &Store, whose: Whose<'_>) -> Result<Vec<record::Versioned<crate::domain::Customer>>, StoreError> {
    let visitor;
    let (organization, ids) = match whose {
        Whose::Session(key) => {
            visitor = [CustomerId::of_visitor(&key.session)];
            (&key.organization, visitor.as_slice())
        }
        Whose::Person { organization, ids } => (organization, ids),
    };
    let found = ids.iter().map(|id| record::get(store, organization, id.as_str()));
    found.filter_map(Result::transpose).collect()
}

/// Everything under `<space>/<organization>/<session>/`.
fn erase_keys(
    store: &Store,
    space: &str,
    whose: Whose<'_>,
    batch: &mut Batch,
    limit: usize,
) -> Result<usize, StoreError> {
    let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(0) };
    let range = KeyRange::prefix(of_session(space, organization, session));
    let keys = store.keys(range, limit)?;
    let count = keys.len();
    keys.into_iter().for_each(|key| batch.delete(key));
    Ok(count)
}
