//! One connection: reads frames, writes what the session says, pings, and ends with a code that tells the peer whether to
//! come back. Out-going frames are written together, one flush per wake.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use rand::RngExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::pace::Pace;
use super::upgrade::Socket;
use super::{Ending, Frames, LiveLimits, Protocol};
use crate::bus::{Item, Outbox, Subscription};
use crate::http::server::stopped;

/// How long the peer may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// What is read at once of a peer that is no longer listened to.
const LINGER_BYTES: usize = 8 * 1024;

/// Why the loop ended.
enum Over {
    /// The peer closed or went away.
    Gone,
    /// We end it.
    End(Ending),
}

/// A connection and what it is in the middle of. It lives in a box, so that the task around it is small: most
/// connections are idle.
pub struct Connection<P> {
    socket: Socket,
    /// What comes from the engine.
    outbox: Arc<Outbox>,
    #[expect(dead_code, reason = "held, not read")]
    subscription: Option<Subscription>,
    protocol: P,
    limits: LiveLimits,
    stopping: watch::Receiver<bool>,
    outlived: Option<BoxFuture<'static, ()>>,
    out: Frames,
    /// Whether the library may hold something that is to be written: a ping, a pong, an answer to a close.
    owes: bool,
    pulse: Pulse,
    pace: Pace,
}

/// Whether the peer is alive, as far as its frames tell.
#[derive(Debug)]
struct Pulse {
    /// When the next ping goes out, or when the answer to the last one is missing.
    deadline: Instant,
    awaits_answer: bool,
}

impl<P: fmt::Debug> fmt::Debug for Connection<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("protocol", &self.protocol).finish_non_exhaustive()
    }
}

impl<P: Protocol> Connection<P> {
    /// A connection whose first frames are `hello`.
    pub fn new(
        socket: Socket,
        subscription: Subscription,
        protocol: P,
        limits: LiveLimits,
        stopping: watch::Receiver<bool>,
        hello: Frames,
    ) -> Box<Self> {
        let outbox = Arc::clone(subscription.outbox());
        Self { subscription: Some(subscription), ..Self::reading(socket, outbox, protocol, limits, stopping, hello) }
            .into()
    }

    /// A connection over a queue whose listening is the protocol's own matter.
    pub fn over(
        socket: Socket,
        outbox: Arc<Outbox>,
        protocol: P,
        limits: LiveLimits,
        stopping: watch::Receiver<bool>,
    ) -> Box<Self> {
        Self::reading(socket, outbox, protocol, limits, stopping, Frames::new()).into()
    }

    fn reading(
        socket: Socket,
        outbox: Arc<Outbox>,
        protocol: P,
        limits: LiveLimits,
        stopping: watch::Receiver<bool>,
        hello: Frames,
    ) -> Self {
        // The first ping at a random moment, so that connections that came together are not pinged together.
        let first = limits.ping_every.mul_f64(rand::rng().random_range(0.0..1.0));
        let pulse = Pulse { deadline: Instant::now() + first, awaits_answer: false };
        Self {
            socket,
            outbox,
            subscription: None,
            protocol,
            limits,
            stopping,
            outlived: None,
            out: hello,
            owes: true,
            pulse,
            pace: Pace::default(),
        }
    }

    /// Ends it when this ends: the credential that opened it holds no more.
    #[must_use]
    pub fn until(mut self: Box<Self>, outlived: Option<BoxFuture<'static, ()>>) -> Box<Self> {
        self.outlived = outlived;
        self
    }

    /// Runs until one side ends it.
    pub async fn run(mut self: Box<Self>) {
        metrics::gauge!("switchboard_sockets").increment(1.0);
        if let Over::End(ending) = self.serve().await {
            Box::pin(self.close(ending)).await;
        }
        metrics::gauge!("switchboard_sockets").decrement(1.0);
    }
}

impl<P: Protocol> Connection<P> {
    async fn serve(&mut self) -> Over {
        if let Err(over) = Box::pin(self.catch_up()).await {
            return over;
        }
        let mut items: VecDeque<Item> = VecDeque::new();
        let leaving = leave(self.stopping.clone(), self.limits.drain);
        let mut outlived = self.outlived.take().unwrap_or_else(|| pending().boxed());
        let pulse = sleep_until(self.pulse.deadline);
        let due = sleep_until(self.pulse.deadline);
        tokio::pin!(leaving, pulse, due);
        loop {
            let (reads, outbox, due_at) = (self.reads(), Arc::clone(&self.outbox), self.protocol.due_at());
            if let Some(due_at) = due_at.filter(|due_at| due.deadline() != *due_at) {
                due.as_mut().reset(due_at);
            }
            // Kept from turn to turn: setting a timer is not free, and most turns leave it where it is.
            if pulse.deadline() != self.pulse.deadline {
                pulse.as_mut().reset(self.pulse.deadline);
            }
            let step = tokio::select! {
                frame = self.socket.stream.next(), if reads => self.take(frame),
                taken = outbox.take(&mut items) => match taken {
                    Ok(()) => {
                        items.drain(..).for_each(|item| self.protocol.item(item, &mut self.out));
                        Ok(())
                    }
                    Err(_lagged) => self.renew().await,
                },
                () = &mut pulse => self.ping().await,
                () = &mut due, if due_at.is_some() => self.protocol.due(&mut self.out).map_err(Over::End),
                () = &mut leaving => Err(Over::End(Ending::Restart)),
                () = &mut outlived => Err(Over::End(Ending::Unauthenticated)),
            };
            let step = match step {
                Ok(()) if self.protocol.is_stale() => self.renew().await,
                other => other,
            };
            if let Err(over) = step {
                return over;
            }
            if let Err(over) = self.write().await {
                return over;
            }
        }
    }

    /// Goes on with another queue, from where the protocol says.
    async fn renew(&mut self) -> Result<(), Over> {
        self.outbox = Box::pin(self.protocol.renew(&mut self.out)).await.map_err(Over::End)?;
        Box::pin(self.catch_up()).await
    }

    /// Sends the first frames, then what the peer missed, page by page.
    async fn catch_up(&mut self) -> Result<(), Over> {
        self.write().await?;
        loop {
            self.protocol.missed(&mut self.out).map_err(Over::End)?;
            if self.out.is_empty() && !self.protocol.is_behind() {
                return Ok(());
            }
            self.write().await?;
            tokio::task::yield_now().await;
        }
    }

    /// Whether more may be taken from the peer: not while too many of its messages wait for their acknowledgement.
    fn reads(&self) -> bool {
        self.protocol.pending() < self.limits.pending_max
    }

    fn take(&mut self, frame: Option<Result<Message, Error>>) -> Result<(), Over> {
        if self.pulse.awaits_answer {
            // Whatever comes, the peer lives: a pong may stand behind many messages.
            self.pulse.awaits_answer = false;
            self.pulse.deadline = Instant::now() + self.limits.ping_every;
        }
        match frame {
            Some(Ok(Message::Text(text))) => match self.pace.take(text.len(), self.limits.pace, Instant::now()) {
                Ok(()) => self.protocol.text(&text, &mut self.out),
                Err(refusal) => self.protocol.refuse(&refusal, &mut self.out),
            },
            Some(Ok(Message::Binary(_))) => self.protocol.binary(&mut self.out),
            // The library answers pings and closes itself; the stream ends after the close.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => self.owes = true,
            Some(Err(error)) => return Err(ending_of(&error).map_or(Over::Gone, Over::End)),
            None => return Err(Over::Gone),
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Over> {
        if self.out.is_empty() && !std::mem::take(&mut self.owes) {
            return Ok(());
        }
        let frames = std::mem::take(&mut self.out);
        let written = async {
            for frame in frames {
                self.socket.stream.feed(text(frame)).await?;
            }
            // Also what the library queued: pongs and close answers.
            self.socket.stream.flush().await
        };
        match timeout(self.limits.write_timeout, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_gone)) => Err(Over::Gone),
            Err(_stalled) => Err(Over::End(Ending::TooSlow)),
        }
    }

    async fn ping(&mut self) -> Result<(), Over> {
        // While the peer is not read, its answer can not be seen; that is not its fault.
        if self.pulse.awaits_answer && self.reads() {
            return Err(Over::Gone);
        }
        self.socket.stream.feed(Message::Ping(Bytes::new())).await.map_err(|_| Over::Gone)?;
        self.owes = true;
        self.pulse = Pulse { deadline: Instant::now() + self.limits.pong_timeout, awaits_answer: true };
        Ok(())
    }

    async fn close(&mut self, ending: Ending) {
        let frame = CloseFrame { code: ending.code(), reason: ending.reason().into() };
        let closed = async {
            self.socket.stream.close(Some(frame)).await?;
            while let Some(Ok(_)) = self.socket.stream.next().await {}
            self.linger().await
        };
        // A peer that does not answer is left; there is nobody to tell.
        drop(timeout(CLOSE_TIMEOUT, closed).await);
    }

    /// Reads and forgets what the peer still sends: a TCP socket that is dropped with unread bytes is reset, and the
    /// reset overtakes the close frame.
    async fn linger(&mut self) -> Result<(), Error> {
        let stream = self.socket.stream.get_mut();
        stream.shutdown().await?;
        let mut scrap = vec![0; LINGER_BYTES];
        while stream.read(&mut scrap).await? > 0 {}
        Ok(())
    }
}

/// Waits until the process stops, and then a random share of the drain, so that not all peers come back at once.
pub async fn leave(mut stopping: watch::Receiver<bool>, drain: Duration) {
    stopped(&mut stopping).await;
    let pause = drain.mul_f64(rand::rng().random_range(0.0..1.0));
    tokio::time::sleep(pause).await;
}

/// A frame of ours: rendered by us, so it is UTF-8.
fn text(frame: Bytes) -> Message {
    Message::Text(Utf8Bytes::try_from(frame).unwrap_or_default())
}

fn ending_of(error: &Error) -> Option<Ending> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(Ending::TooLarge),
        Error::Utf8(_) => Some(Ending::NotText),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(Ending::Protocol),
        _ => None,
    }
}
