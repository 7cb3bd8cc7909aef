//! Legal holds: while one stands on a customer or a session, nothing of it is erased, neither by request nor by time.

use super::{Inner, Privacy, people, unreadable};
use crate::domain::audit::{Act, Target};
use crate::domain::privacy::{Cause, Held, Hold};
use crate::domain::{CustomerId, OrganizationId, Refusal, SessionKey, State};
use crate::engine::audit::Acting;
use crate::store::index::{Cursor, Page};
use crate::store::{Batch, Direction, Store, record};

/// The most holds of one organization.
pub const HOLDS_MAX: usize = 10_000;

const BEING_ERASED: &str = "the customer is being erased";

impl Privacy {
    /// Places a hold, or gives the one that stands. On a customer it holds under all of their ids.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound` for somebody or something that the organization does not know;
    /// `Conflict` when it is being erased already, or [`HOLDS_MAX`] stand; `Busy`, `Unavailable`.
    pub async fn hold(&self, acting: impl Into<Acting<'_>>, on: Held, reason: Option<String>) -> Result<Hold, Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        let (inner, organization) = (&self.inner, &acting.caller.organization);
        let _gate = inner.gate.lock().await;
        let ids = inner.whose(organization, &on)?;
        if let Some(stands) = self.stands(organization, &on)? {
            return Ok(stands);
        }
        let open = inner.under_way(organization)?;
        if open.iter().any(|open| open.cause == Cause::Request && open.ids.iter().any(|id| ids.contains(id))) {
            return Err(Refusal::conflict(BEING_ERASED));
        }
        if record::count::<Hold>(&inner.store, organization, HOLDS_MAX).map_err(unreadable)? >= HOLDS_MAX {
            return Err(Refusal::conflict(format!("an organization has at most {HOLDS_MAX} holds")));
        }
        let (organization, by, at) = (organization.clone(), acting.actor(), inner.clock.now());
        let hold = Hold { organization, on, reason, by, at };
        let mut batch = Batch::default();
        record::insert(&mut batch, &hold).map_err(unreadable)?;
        let entry = acting.entry(&hold.organization, at, Act::HoldPlaced, target(&hold.on), Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        inner.store.commit(batch).await.map_err(|why| why.refused("it was changed meanwhile"))?;
        Ok(hold)
    }

    /// Lifts a hold.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound` where none stands; `Busy`, `Unavailable`.
    pub async fn lift(&self, acting: impl Into<Acting<'_>>, on: &Held) -> Result<(), Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        let (inner, organization) = (&self.inner, &acting.caller.organization);
        let found = record::get::<Hold>(&inner.store, organization, &on.id()).map_err(unreadable)?;
        let found = found.ok_or(Refusal::NotFound { what: "hold" })?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &found);
        let entry = acting.entry(organization, inner.clock.now(), Act::HoldLifted, target(on), Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        inner.store.commit(batch).await.map_err(|why| why.refused("it was changed meanwhile"))
    }

    /// The hold that stands on exactly this.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn stands(&self, organization: &OrganizationId, on: &Held) -> Result<Option<Hold>, Refusal> {
        let found = record::get::<Hold>(&self.inner.store, organization, &on.id()).map_err(unreadable)?;
        Ok(found.map(|found| found.record))
    }

    /// An organization's holds: up to `limit`, at most [`super::PAGE_MAX`], after `after`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn holds(
        &self,
        organization: &OrganizationId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Hold>, Refusal> {
        let limit = limit.clamp(1, super::PAGE_MAX);
        record::all(&self.inner.store, organization, after, limit, Direction::Forward).map_err(unreadable)
    }
}

impl Inner {
    /// Whether a hold stands on a session, or on whose it is.
    pub(super) fn is_held(&self, state: &State) -> Result<bool, Refusal> {
        let organization = &state.key.organization;
        let mut holds = vec![Held::Session(state.key.session.clone())];
        let ids = people::ids_of(&self.store, organization, &state.person()).map_err(unreadable)?;
        holds.extend(ids.into_iter().flatten().map(Held::Customer));
        for on in holds {
            if record::get::<Hold>(&self.store, organization, &on.id()).map_err(unreadable)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All ids of whoever a hold would be about.
    fn whose(&self, organization: &OrganizationId, on: &Held) -> Result<Vec<CustomerId>, Refusal> {
        let (id, unknown) = match on {
            Held::Customer(id) => (id.clone(), super::NO_CUSTOMER),
            Held::Session(session) => {
                let key = SessionKey { organization: organization.clone(), session: session.clone() };
                let unknown = Refusal::NotFound { what: "session" };
                let state = people::header(&self.store, &key).map_err(unreadable)?.ok_or_else(|| unknown.clone())?;
                (state.person(), unknown)
            }
        };
        people::ids_of(&self.store, organization, &id).map_err(unreadable)?.ok_or(unknown)
    }
}

/// Refuses while a hold stands on one of these ids of a customer, or on a session of theirs.
///
/// # Errors
/// `Conflict` that says what the hold is on; `Unavailable`.
pub(in crate::engine) fn require_none(
    store: &Store,
    organization: &OrganizationId,
    ids: &[CustomerId],
) -> Result<(), Refusal> {
    let page = record::all::<Hold>(store, organization, None, HOLDS_MAX, Direction::Forward);
    for hold in page.map_err(unreadable)?.items {
        let held = match &hold.record.on {
            Held::Customer(id) => ids.contains(id),
            Held::Session(session) => {
                let key = SessionKey { organization: organization.clone(), session: session.clone() };
                let state = people::header(store, &key).map_err(unreadable)?;
                state.is_some_and(|state| ids.contains(&state.person()))
            }
        };
        if held {
            let on = target(&hold.record.on).kind;
            return Err(Refusal::conflict(format!(
                "a legal hold stands on the {on}: nothing of it is erased until the hold is lifted"
            )));
        }
    }
    Ok(())
}

fn target(on: &Held) -> Target {
    match on {
        Held::Customer(id) => Target::new("customer", id),
        Held::Session(id) => Target::new("session", id),
    }
}
