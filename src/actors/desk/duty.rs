//! Who is at work, also after a restart: it is written down before anybody relies on it.

use std::sync::Arc;

use super::Desks;
use super::attendance::Attendance;
use super::message::Ask;
use super::room::Room;
use crate::bus::Outbox;
use crate::domain::desk::{Availability, Scope};
use crate::domain::{OrganizationId, PersonName, Refusal, UserId};
use crate::store::desk::AtWork;
use crate::store::{Batch, CommitError, Store, StoreError, record};

/// How often an entry is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

impl Desks {
    /// A person comes to work with a connection.
    ///
    /// # Errors
    /// `Busy` when the organization has as many connections as it may; `Unavailable`.
    pub async fn attend(
        &self,
        organization: &OrganizationId,
        user: UserId,
        name: PersonName,
        outbox: &Arc<Outbox>,
        status: Option<Availability>,
        scope: Scope,
    ) -> Result<Attendance, Refusal> {
        let room = self.room(organization);
        room.enter(user, name.clone(), outbox, scope)?;
        let attendance = Attendance::new(Arc::clone(&room), user, outbox.id());
        let status = {
            let _register = room.register.lock().await;
            let entry = |known: Option<&AtWork>| AtWork {
                organization: organization.clone(),
                user,
                name: name.clone(),
                status: status.or(known.map(|known| known.status)).unwrap_or_default(),
                there: true,
            };
            write_down(&self.parts.store, organization, user, entry).await?.status
        };
        room.set_status(user, status);
        room.ask(|answer| Ask::Came { user, name, status, answer }).await?;
        Ok(attendance)
    }

    /// A person says something else of themselves.
    ///
    /// # Errors
    /// `Conflict` for whoever is not at work; `Busy`, `Unavailable`.
    pub async fn set_status(
        &self,
        organization: &OrganizationId,
        user: UserId,
        status: Availability,
    ) -> Result<(), Refusal> {
        let room = self.room(organization);
        if !room.is_there(user) {
            return Err(Refusal::conflict("you are not at work"));
        }
        remember_status(&self.parts.store, &room, user, status).await?;
        room.ask(|answer| Ask::Status { user, status, answer }).await
    }

    /// A person is nobody any more.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn dismiss(&self, organization: &OrganizationId, user: UserId) -> Result<(), Refusal> {
        let room = self.room(organization);
        room.people().remove(&user);
        room.ask(|answer| Ask::Dismiss { user, answer }).await
    }
}

/// Keeps what a person, or the desk, says of them.
pub(super) async fn remember_status(
    store: &Store,
    room: &Room,
    user: UserId,
    status: Availability,
) -> Result<(), Refusal> {
    let _register = room.register.lock().await;
    let Some(name) = room.set_status(user, status) else { return Ok(()) };
    let organization = &room.organization;
    let entry = |_: Option<&AtWork>| AtWork {
        organization: organization.clone(),
        user,
        name: name.clone(),
        status,
        there: true,
    };
    write_down(store, organization, user, entry).await.map(drop)
}

/// Keeps that a person is no longer at work, unless they came back meanwhile.
pub(super) async fn remember_left(store: &Store, room: &Room, user: UserId) -> Result<(), Refusal> {
    let _register = room.register.lock().await;
    if room.is_there(user) {
        return Ok(());
    }
    let organization = &room.organization;
    let Some(known) = record::get::<AtWork>(store, organization, &user.to_string()).map_err(unreadable)? else {
        return Ok(());
    };
    write_down(store, organization, user, |_| AtWork { there: false, ..known.record.clone() }).await.map(drop)
}

/// Makes an entry durable, unless it says so already.
async fn write_down(
    store: &Store,
    organization: &OrganizationId,
    user: UserId,
    entry: impl Fn(Option<&AtWork>) -> AtWork,
) -> Result<AtWork, Refusal> {
    for _ in 0..TRIES_MAX {
        let found = record::get::<AtWork>(store, organization, &user.to_string()).map_err(unreadable)?;
        let entry = entry(found.as_ref().map(|found| &found.record));
        if found.as_ref().is_some_and(|found| found.record == entry) {
            return Ok(entry);
        }
        let mut batch = Batch::default();
        record::replace(&mut batch, found.as_ref(), &entry).map_err(unreadable)?;
        match store.commit(batch).await {
            Ok(()) => return Ok(entry),
            Err(CommitError::Conflict { .. }) => {}
            Err(CommitError::Busy) => break,
            Err(CommitError::Unavailable) => return Err(Refusal::Unavailable { part: "store" }),
        }
    }
    Err(Refusal::Busy)
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "who is at work does not read or write");
    Refusal::Unavailable { part: "store" }
}
