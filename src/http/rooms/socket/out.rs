//! What goes out on one connection. The library keeps a few packets for a slow reader and refuses more; here that is waited
//! for, up to a deadline.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::AckSender;
use socketioxide::handler::{FromMessageParts, Value};
use socketioxide::socket::Socket;
use socketioxide::{SendError, SocketError};
use tokio::time::{Instant, sleep};

use super::decode::About;
use super::wire::{Error, Failed, Reason};
use crate::domain::Refusal;
use crate::http::rooms::error;

/// How long to wait before the library is asked again whether it has room. It does not tell by itself.
const REST: Duration = Duration::from_millis(2);

/// The other side is gone, or does not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone;

/// See the module.
#[derive(Debug)]
pub(super) struct Out {
    socket: Arc<Socket<LocalAdapter>>,
    write_timeout: Duration,
}

impl Out {
    /// Waits for a reader up to `write_timeout`.
    pub(super) const fn new(socket: Arc<Socket<LocalAdapter>>, write_timeout: Duration) -> Self {
        Self { socket, write_timeout }
    }

    /// Does not wait.
    pub(super) const fn now(socket: Arc<Socket<LocalAdapter>>) -> Self {
        Self::new(socket, Duration::ZERO)
    }

    /// Sends an event.
    pub(super) async fn event<T: Serialize + Sync>(&self, name: &str, data: &T) -> Result<(), Gone> {
        self.push(|| self.socket.emit(name, data)).await
    }

    /// Sends an event whose payload was rendered before.
    pub(super) async fn rendered(&self, name: &str, payload: &Bytes) -> Result<(), Gone> {
        match serde_json::from_slice::<&RawValue>(payload) {
            Ok(payload) => self.push(|| self.socket.emit(name, payload)).await,
            Err(_never) => Ok(()),
        }
    }

    /// Acknowledges, where that was asked for.
    pub(super) async fn ack<T: Serialize + Sync>(&self, ack: Option<i64>, data: &T) -> Result<(), Gone> {
        match ack {
            Some(_) => self.push(|| self.try_ack(ack, data)).await,
            None => Ok(()),
        }
    }

    /// Says why something can not be had: to whoever asked for an acknowledgement, and as an event to everybody.
    pub(super) async fn refuse(&self, ack: Option<i64>, about: &About, refusal: &Refusal) -> Result<(), Gone> {
        let detail = error::detail(refusal);
        let reason = reason(refusal, &detail);
        self.ack(ack, &Failed { error: reason }).await?;
        self.event("error", &error_event(reason, about)).await
    }

    /// The same at once, or not at all.
    pub(super) fn try_refuse(&self, ack: Option<i64>, about: &About, refusal: &Refusal) -> Result<(), SendError> {
        let detail = error::detail(refusal);
        let reason = reason(refusal, &detail);
        self.try_ack(ack, &Failed { error: reason })?;
        self.socket.emit("error", &error_event(reason, about))
    }

    fn try_ack<T: Serialize>(&self, ack: Option<i64>, data: &T) -> Result<(), SendError> {
        match AckSender::from_message_parts(&self.socket, &mut Value::Bytes(Bytes::new()), &ack) {
            Ok(sender) => sender.send(data),
            Err(never) => match never {},
        }
    }

    async fn push(&self, send: impl Fn() -> Result<(), SendError>) -> Result<(), Gone> {
        let deadline = Instant::now() + self.write_timeout;
        loop {
            match send() {
                Ok(()) => return Ok(()),
                Err(SendError::Socket(SocketError::InternalChannelFull)) if Instant::now() < deadline => {
                    sleep(REST).await;
                }
                Err(_) => return Err(Gone),
            }
        }
    }
}

fn reason<'a>(refusal: &Refusal, detail: &'a str) -> Reason<'a> {
    let retry_after = match refusal {
        Refusal::TooMany { retry_after_s } => Some(*retry_after_s),
        Refusal::NotFound { .. }
        | Refusal::Invalid { .. }
        | Refusal::Unauthenticated
        | Refusal::Forbidden
        | Refusal::Conflict { .. }
        | Refusal::TooLarge { .. }
        | Refusal::Busy
        | Refusal::OverBudget
        | Refusal::Unavailable { .. } => None,
    };
    Reason { code: error::code(refusal), detail, retry_after }
}

fn error_event<'a>(reason: Reason<'a>, about: &'a About) -> Error<'a> {
    Error {
        reason,
        event: &about.event,
        room: about.room.as_ref().map(|room| room.as_str()),
        id: about.id.as_ref().map(|id| id.as_str()),
    }
}
