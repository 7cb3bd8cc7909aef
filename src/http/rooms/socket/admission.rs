//! Who may connect: whoever shows a token that holds, within the number of connections that one caller may have.

use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use socketioxide::extract::{SocketRef, TryData};

use super::decode;
use super::intake::Intake;
use super::line::Line;
use super::queue::Queue;
use crate::auth::{Caller, Connection, Connections};
use crate::domain::{Refusal, Visitor};
use crate::http::SharedDoors;
use crate::http::guard::{Asking, Credential};
use crate::http::live::{LiveLimits, Pace};
use crate::http::query::Query;
use crate::http::rooms::error;

/// See the module.
#[derive(Debug)]
pub(super) struct Admission {
    doors: SharedDoors,
    connections: Connections,
}

/// Somebody who was let in.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Who it is.
    pub caller: Caller,
    /// As whom they come into rooms.
    pub visitor: Visitor,
    /// What they send.
    pub queue: Arc<Queue>,
    /// Their connection.
    pub line: Arc<Line>,
    /// Its place among those that they may have.
    #[expect(dead_code, reason = "held, not read")]
    pub place: Connection,
}

/// Why not; the client gets it as `connect_error`.
#[derive(Debug)]
pub(super) struct Denied(Refusal);

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&error::detail(&self.0))
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl Admission {
    /// Counts connections only where limits are on.
    pub(super) fn new(doors: &SharedDoors) -> Self {
        let limits = &doors.config.limits;
        let connections_max = if limits.enabled { limits.rooms_connections_max } else { u32::MAX };
        Self { doors: Arc::clone(doors), connections: Connections::new(connections_max) }
    }

    /// Lets somebody in. Their events are taken in from here on, before they are told that they are in.
    ///
    /// # Errors
    /// Why not.
    pub(super) async fn admit(self: Arc<Self>, socket: SocketRef, auth: TryData<Value>) -> Result<(), Denied> {
        let caller = self.caller(&socket, auth).await?;
        let visitor = decode::visitor(&caller)?;
        let place = self.connections.open(&caller.rate_key())?;
        let line = socket.req_parts().extensions.get::<Arc<Line>>().cloned();
        let line = line.ok_or(Refusal::Unavailable { part: "connection" })?;
        let live = &self.doors.config.live;
        let queue = Arc::new(Queue::new(live.socketio_events_waiting_max, live.socketio_events_waiting_bytes));
        socket.on_fallback(Intake {
            queue: Arc::clone(&queue),
            limits: LiveLimits::of(&self.doors.config).pace,
            pace: Mutex::new(Pace::default()),
            line: Arc::clone(&line),
        });
        let ended = Arc::clone(&line);
        socket.on_disconnect(async move || ended.hang_up());
        socket.extensions.insert(Arc::new(Arrival { caller, visitor, queue, line, place }));
        Ok(())
    }

    /// The token of the connect packet, else of the header, else of the query.
    async fn caller(&self, socket: &SocketRef, TryData(auth): TryData<Value>) -> Result<Caller, Refusal> {
        let auth = auth.map_err(|_| Refusal::Unauthenticated)?;
        if let Some(token) = auth.get("token").filter(|token| !token.is_null()) {
            let token = token.as_str().ok_or(Refusal::Unauthenticated)?;
            return self.doors.engine.accounts.authenticate(token).await;
        }
        let parts = socket.req_parts();
        match parts.extensions.get::<Asking>().map(|asking| asking.credential.clone()) {
            Some(Credential::Known(caller)) => return Ok(caller),
            Some(Credential::Refused(refusal)) => return Err(refusal),
            Some(Credential::Absent) | None => {}
        }
        match Query::of(&parts.uri).raw("token") {
            Some(token) => self.doors.engine.accounts.authenticate(token).await,
            None => Err(Refusal::Unauthenticated),
        }
    }
}
