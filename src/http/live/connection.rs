//! One connection: reads frames, writes what the session says, pings, and ends with a code that tells the peer whether to
//! come back. Out-going frames are written together, one flush per wake.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rand::RngExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::upgrade::Socket;
use super::{Ending, Frames, LiveLimits, Protocol};
use crate::bus::{Item, Subscription};
use crate::http::server::stopped;

/// How long the peer may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the loop ended.
enum Over {
    /// The peer closed or went away.
    Gone,
    /// We end it.
    End(Ending),
}

/// A connection and what it is in the middle of. It lives in a box, so that the task around it is small: most
/// connections are idle.
#[derive(Debug)]
pub struct Connection<P> {
    socket: Socket,
    subscription: Subscription,
    protocol: P,
    limits: LiveLimits,
    stopping: watch::Receiver<bool>,
    out: Frames,
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
        Box::new(Self { socket, subscription, protocol, limits, stopping, out: hello })
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
        // The first ping at a random moment, so that connections that came together are not pinged together.
        let first = self.limits.ping_every.mul_f64(rand::rng().random_range(0.0..1.0));
        let mut deadline = Instant::now() + first;
        let mut awaits_pong = false;
        loop {
            let reads = self.protocol.pending() < self.limits.pending_max;
            let step = tokio::select! {
                frame = self.socket.stream.next(), if reads => self.take(frame, &mut awaits_pong),
                taken = self.subscription.outbox().take(&mut items) => match taken {
                    Ok(()) => {
                        items.drain(..).for_each(|item| self.protocol.item(item, &mut self.out));
                        Ok(())
                    }
                    Err(_lagged) => Err(Over::End(Ending::TooSlow)),
                },
                () = sleep_until(deadline) => self.ping(&mut awaits_pong, &mut deadline).await,
                () = stopped(&mut self.stopping) => Err(self.leave().await),
            };
            if let Err(over) = step {
                return over;
            }
            if let Err(over) = self.write().await {
                return over;
            }
        }
    }

    /// Sends the first frames, then what the peer missed, page by page.
    async fn catch_up(&mut self) -> Result<(), Over> {
        self.write().await?;
        loop {
            self.protocol.missed(&mut self.out).map_err(Over::End)?;
            if self.out.is_empty() {
                return Ok(());
            }
            self.write().await?;
        }
    }

    fn take(&mut self, frame: Option<Result<Message, Error>>, awaits_pong: &mut bool) -> Result<(), Over> {
        match frame {
            Some(Ok(Message::Text(text))) => self.protocol.text(&text, &mut self.out),
            Some(Ok(Message::Binary(_))) => self.protocol.binary(&mut self.out),
            Some(Ok(Message::Pong(_))) => *awaits_pong = false,
            // The library answers pings and closes itself; the stream ends after the close.
            Some(Ok(Message::Ping(_) | Message::Close(_) | Message::Frame(_))) => {}
            Some(Err(error)) => return Err(ending_of(&error).map_or(Over::Gone, Over::End)),
            None => return Err(Over::Gone),
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Over> {
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

    async fn ping(&mut self, awaits_pong: &mut bool, deadline: &mut Instant) -> Result<(), Over> {
        if *awaits_pong {
            return Err(Over::Gone);
        }
        self.socket.stream.feed(Message::Ping(Bytes::new())).await.map_err(|_| Over::Gone)?;
        *awaits_pong = true;
        *deadline = Instant::now() + self.limits.pong_timeout;
        Ok(())
    }

    /// Waits a random share of the drain, so that not all peers come back at once.
    async fn leave(&self) -> Over {
        let pause = self.limits.drain.mul_f64(rand::rng().random_range(0.0..1.0));
        tokio::time::sleep(pause).await;
        Over::End(Ending::Restart)
    }

    async fn close(&mut self, ending: Ending) {
        let frame = CloseFrame { code: ending.code(), reason: ending.reason().into() };
        let closed = async {
            self.socket.stream.close(Some(frame)).await?;
            while let Some(Ok(_)) = self.socket.stream.next().await {}
            Ok::<(), Error>(())
        };
        // A peer that does not answer is left; there is nobody to tell.
        drop(timeout(CLOSE_TIMEOUT, closed).await);
    }
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
