//! One connection of a person at work. Dropping it ends it.

use std::sync::Arc;

use super::room::Room;
use crate::bus::ConnectionId;
use crate::domain::desk::Scope;
use crate::domain::{SessionId, UserId};

/// See the module.
#[derive(Debug)]
pub struct Attendance {
    room: Arc<Room>,
    user: UserId,
    connection: ConnectionId,
}

impl Attendance {
    pub(super) const fn new(room: Arc<Room>, user: UserId, connection: ConnectionId) -> Self {
        Self { room, user, connection }
    }

    /// Whose it is.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Which connection.
    pub const fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// From now on it hears of each change of that session, also of what is only said in it. How many a connection may
    /// watch, its door says.
    pub fn watch(&self, session: &SessionId) {
        self.room.change(self.user, self.connection, |connection| {
            connection.watched.insert(session.clone());
        });
    }

    /// No longer.
    pub fn unwatch(&self, session: &SessionId) {
        self.room.change(self.user, self.connection, |connection| {
            connection.watched.remove(session);
        });
    }

    /// Hears so much of the other sessions from now on.
    pub fn set_scope(&self, scope: Scope) {
        self.room.change(self.user, self.connection, |connection| connection.scope = scope);
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.room.leave(self.user, self.connection);
    }
}
