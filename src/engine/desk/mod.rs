//! The desk: who is at work, who gets which session, and what people do with the sessions they have.
//!
//! Every call is on behalf of a caller and acts in the caller's organization only; whoever is no person of the staff is
//! `Forbidden`, and a session of another organization is `NotFound`. What needs all sessions of the organization (accept,
//! claim, transfer: presence and capacity) asks the desk's actor first; what is between a person and one session goes to
//! the session.

mod profiles;
mod serve;
mod views;

use std::sync::Arc;

use super::{Accounts, Sessions};
use crate::actors::desk::Desks;
use crate::auth::{Caller, Who};
use crate::bus::Outbox;
use crate::domain::desk::{Availability, Place, Scope, Snapshot};
use crate::domain::{OrganizationId, PersonName, Refusal, SessionId, SessionKey, UserId, Visitor};
use crate::store::Store;

pub use crate::actors::desk::{Attendance, Destination, Insistence, Waiting};
pub use profiles::{ProfileChange, STAFF_LISTED_MAX, TEAMS_MAX};

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    desks: Arc<Desks>,
    sessions: Sessions,
    accounts: Accounts,
    store: Store,
}

/// A person of the staff who asks for something.
#[derive(Debug, Clone)]
struct Colleague<'a> {
    organization: &'a OrganizationId,
    user: UserId,
    name: &'a PersonName,
}

impl Desk {
    /// Wires the service.
    pub const fn new(desks: Arc<Desks>, sessions: Sessions, accounts: Accounts, store: Store) -> Self {
        Self { desks, sessions, accounts, store }
    }

    /// A person comes to work with a connection: from now on its outbox gets [`crate::bus::Item::Desk`], until the attendance
    /// is dropped. They are there until the last of their connections is gone. Without a `status` it is what it was, else
    /// available.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no person of the staff, `Unauthenticated` for whoever was deactivated; `Busy` when the
    /// organization has as many connections as it may; `Unavailable`.
    pub async fn attend(
        &self,
        caller: &Caller,
        outbox: &Arc<Outbox>,
        status: Option<Availability>,
        scope: Scope,
    ) -> Result<Attendance, Refusal> {
        let who = colleague(caller)?;
        let user = self.accounts.user(who.organization, who.user).map_err(|_| Refusal::Unauthenticated)?;
        if !user.active {
            return Err(Refusal::Unauthenticated);
        }
        self.desks.attend(who.organization, who.user, who.name.clone(), outbox, status, scope).await
    }

    /// The person is available, busy or away from now on, at all of their connections. Of an open offer somebody is relieved
    /// who is not available any more.
    ///
    /// # Errors
    /// `Conflict` for whoever is not at work; `Busy`, `Unavailable`.
    pub async fn set_status(&self, caller: &Caller, status: Availability) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        self.desks.set_status(who.organization, who.user, status).await
    }

    /// The desk as the caller sees it now. What comes to an attending outbox after it is newer.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn snapshot(&self, caller: &Caller) -> Result<Snapshot, Refusal> {
        let who = colleague(caller)?;
        self.desks.snapshot(who.organization, who.user).await
    }

    /// How much waits now, in all organizations together.
    pub fn waiting(&self) -> Waiting {
        self.desks.waiting()
    }

    /// Where a waiting customer stands; nothing for a session that does not wait. The caller has entered the session.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn place(&self, key: &SessionKey) -> Result<Option<Place>, Refusal> {
        self.desks.place(key).await
    }
}

impl Colleague<'_> {
    fn key(&self, session: &SessionId) -> SessionKey {
        SessionKey { organization: self.organization.clone(), session: session.clone() }
    }

    fn visitor(&self) -> Visitor {
        Visitor::Staff { user: self.user, name: self.name.clone() }
    }
}

fn colleague(caller: &Caller) -> Result<Colleague<'_>, Refusal> {
    match &caller.who {
        Who::User { id, role, name } if role.is_staff() => {
            Ok(Colleague { organization: &caller.organization, user: *id, name })
        }
        Who::User { .. } | Who::Customer { .. } | Who::Key { .. } => Err(Refusal::Forbidden),
    }
}
