//! Takes in what a connection sends, where the library reads the transport: in order, before any task is started.

use std::sync::{Arc, Mutex, PoisonError};

use socketioxide::adapter::LocalAdapter;
use socketioxide::handler::{MessageHandler, Value};
use socketioxide::socket::Socket;
use tokio::time::Instant;

use super::decode::{self, Arrived};
use super::line::Line;
use super::out::Out;
use super::queue::Queue;
use crate::domain::Refusal;
use crate::http::live::{Pace, PaceLimits};

/// The handler of every event, whatever its name.
#[derive(Debug)]
pub(super) struct Intake {
    /// Where events wait.
    pub queue: Arc<Queue>,
    /// What may come a minute.
    pub limits: PaceLimits,
    /// What came in this minute.
    pub pace: Mutex<Pace>,
    /// The connection.
    pub line: Arc<Line>,
}

impl MessageHandler<LocalAdapter, Self> for Intake {
    fn call(&self, socket: Arc<Socket<LocalAdapter>>, value: Value, ack: Option<i64>) {
        let bytes = size(&value);
        let mut arrived = decode::event(&value, ack);
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(refusal) = pace.take(bytes, self.limits, Instant::now()) {
            arrived.wish = Err(refusal);
        }
        drop(pace);
        if let Err(arrived) = self.queue.push(arrived, bytes) {
            self.refuse(socket, &arrived);
        }
    }
}

impl Intake {
    /// Says at once that there is no room, out of order, or hangs up on a client that does not even read that.
    fn refuse(&self, socket: Arc<Socket<LocalAdapter>>, arrived: &Arrived) {
        let refusal = arrived.wish.as_ref().err().unwrap_or(&Refusal::Busy);
        if Out::now(socket).try_refuse(arrived.ack, &arrived.about, refusal).is_err() {
            self.line.hang_up();
        }
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Str(text, attachments) => {
            text.len() + attachments.iter().flatten().map(bytes::Bytes::len).sum::<usize>()
        }
        Value::Bytes(bytes) => bytes.len(),
    }
}
