//! Everything that is kept of a customer as one JSON document, written piece by piece: however much there is, no more than a
//! page of it is in memory.
//!
//! It holds what the staff noted, too: a note about a person is theirs to see. Whoever hands the document on reads it first.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::kept::{Personal, Whose};
use super::{NO_CUSTOMER, Privacy, people, unreadable};
use crate::domain::audit::{Act, Target};
use crate::domain::privacy::Listed;
use crate::domain::{CustomerId, OrganizationId, Refusal, SessionKey, Timestamp};
use crate::engine::audit::Acting;
use crate::store::{Batch, Store, StoreError, record};

/// The shape of the document.
const FORMAT: u32 = 1;

/// Things of one kind that are read at a time.
const PAGE_THINGS: usize = 128;

/// Pieces that wait for a slow reader.
const PIECES_MAX: usize = 4;

/// A piece is given on once it has so many bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// The most sessions of one id that are handed out.
const SESSIONS_MAX: usize = 1_000_000;

/// Why a document ends early.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// The store did not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody reads any more.
    #[error("nobody reads it")]
    Gone,
}

/// Whose document it is: the customer, and all of their ids.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Where.
    pub organization: OrganizationId,
    /// In order.
    pub ids: Vec<CustomerId>,
    /// When it is written.
    pub at: Timestamp,
}

impl Privacy {
    /// Hands out everything that is kept of a customer, piece by piece; an error ends it early. That it was done is in the
    /// audit log before the first piece comes.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`; `Busy`, also while [`super::EXPORTS_MAX`] are being written;
    /// `Unavailable`.
    pub async fn export(
        &self,
        acting: impl Into<Acting<'_>>,
        id: &CustomerId,
    ) -> Result<mpsc::Receiver<Result<Bytes, Cut>>, Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        let (inner, organization) = (Arc::clone(&self.inner), &acting.caller.organization);
        let ids = people::ids_of(&inner.store, organization, id).map_err(unreadable)?.ok_or(NO_CUSTOMER)?;
        let place = Arc::clone(&inner.exports).try_acquire_owned().map_err(|_full| Refusal::Busy)?;
        let at = inner.clock.now();
        let mut batch = Batch::default();
        let on = Target::new("customer", id);
        record::insert(&mut batch, &acting.entry(organization, at, Act::CustomerExported, on, Vec::new()))
            .map_err(unreadable)?;
        inner.store.commit(batch).await.map_err(|why| why.refused("it was changed meanwhile"))?;
        let subject = Subject { organization: organization.clone(), ids, at };
        let (pieces, receiver) = mpsc::channel(PIECES_MAX);
        spawn_blocking(move || {
            let _place = place;
            let give = |piece: Vec<u8>| pieces.blocking_send(Ok(piece.into())).map_err(|_gone| Cut::Gone);
            if let Err(Cut::Store(error)) = write(&inner.store, &inner.kept, &subject, give) {
                tracing::error!(%error, "what is kept of a customer does not read");
                drop(pieces.blocking_send(Err(Cut::Store(error))));
            }
        });
        Ok(receiver)
    }
}

/// Writes the document; `give` takes it piece by piece.
///
/// # Errors
/// When the store does not read, and whatever `give` says.
pub fn write(
    store: &Store,
    kept: &[Box<dyn Personal>],
    subject: &Subject,
    give: impl FnMut(Vec<u8>) -> Result<(), Cut>,
) -> Result<(), Cut> {
    let mut document = Document { store, kept, out: Vec::new(), give };
    let Subject { organization, ids, at } = subject;
    let head = json!({ "format": FORMAT, "exported_at": at.to_string(), "organization": organization, "ids": ids });
    document.open(&head)?;
    document.kinds(Whose::Person { organization, ids })?;
    document.text(r#","sessions":["#)?;
    let mut first = true;
    for id in ids {
        for listed in people::sessions_of(store, organization, id, Timestamp::from_ms(i64::MAX), SESSIONS_MAX)? {
            if !std::mem::take(&mut first) {
                document.text(",")?;
            }
            document.session(organization, listed)?;
        }
    }
    // Whoever finds no such end has not got everything.
    document.text(r#"],"complete":true}"#)?;
    document.pass_on()
}

struct Document<'a, G> {
    store: &'a Store,
    kept: &'a [Box<dyn Personal>],
    out: Vec<u8>,
    give: G,
}

impl<G: FnMut(Vec<u8>) -> Result<(), Cut>> Document<'_, G> {
    fn session(&mut self, organization: &OrganizationId, listed: Listed) -> Result<(), Cut> {
        let key = SessionKey { organization: organization.clone(), session: listed.session };
        let Some(state) = people::header(self.store, &key)? else { return self.text("null") };
        let mut state = serde_json::to_value(&state).unwrap_or_default();
        // What the customer proves themselves with is theirs already, and nobody else's.
        state.as_object_mut().map(|fields| fields.remove("resume"));
        self.open(&json!({ "id": key.session, "state": state }))?;
        self.kinds(Whose::Session(&key))?;
        self.text("}")
    }

    /// Every kind that there is anything of, each as a list under its name.
    fn kinds(&mut self, whose: Whose<'_>) -> Result<(), Cut> {
        for kind in self.kept {
            let (mut after, mut some) = (None::<Vec<u8>>, false);
            loop {
                let page = kind.export(self.store, whose, after.as_deref(), PAGE_THINGS)?;
                for item in &page.items {
                    let before = if std::mem::replace(&mut some, true) {
                        ",".to_owned()
                    } else {
                        format!(r#","{}":["#, kind.kind())
                    };
                    self.text(&before)?;
                    self.value(item)?;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            if some {
                self.text("]")?;
            }
        }
        Ok(())
    }

    /// An object without its end.
    fn open(&mut self, object: &Value) -> Result<(), Cut> {
        self.value(object)?;
        self.out.pop();
        Ok(())
    }

    fn value(&mut self, value: &Value) -> Result<(), Cut> {
        self.text(&value.to_string())
    }

    fn text(&mut self, text: &str) -> Result<(), Cut> {
        if self.out.len() >= PIECE_BYTES {
            self.pass_on()?;
        }
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), Cut> {
        (self.give)(std::mem::take(&mut self.out))
    }
}
