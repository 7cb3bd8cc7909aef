//! Many connections, each with a session of its own: durable round trips, and whole turns of the assistant.

use clap::Args;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Failure;
use crate::duplex::{self, Schedule};
use crate::frame;
use crate::measured::Measured;
use crate::tally::{Tally, Window};
use crate::wire::{Client, Common, Peer, Seat};

/// Durable round trips: send, fsync, acknowledgement.
#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Connections.
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// Messages per second over all connections, sent when they are due (open loop). Without it each connection has one
    /// message in flight (closed loop).
    #[arg(long)]
    rate: Option<u32>,
}

/// Whole turns of the assistant.
#[derive(Debug, Clone, Args)]
pub(crate) struct Turn {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Connections.
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// What customers ask, in turns.
    #[arg(long, default_values_t = ["What is your return policy?".to_owned(), "Hello".to_owned()])]
    ask: Vec<String>,
}

/// What a connection says, and what ends its wait.
#[derive(Debug, Clone)]
struct Talk {
    texts: Vec<String>,
    is_reply: fn(&str, Peer) -> bool,
    peer: Peer,
}

impl Run {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let clients = self.common.open(vec![Seat::New; self.connections], "connecting").await?;
        match self.rate {
            Some(rate) => open_loop(&self.common, clients, rate).await,
            None => {
                let talk = Talk { texts: vec![frame::PAYLOAD.into()], is_reply: frame::is_ack, peer: self.common.peer };
                closed_loop("round trip, closed loop", &self.common, clients, &talk).await
            }
        }
    }
}

impl Turn {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let clients = self.common.open(vec![Seat::New; self.connections], "connecting").await?;
        let talk = Talk { texts: self.ask.clone(), is_reply: frame::is_answer, peer: self.common.peer };
        closed_loop("assistant's turn", &self.common, clients, &talk).await
    }
}

/// Each connection sends its next message when the last one was answered.
async fn closed_loop(name: &str, common: &Common, clients: Vec<Client>, talk: &Talk) -> Result<Measured, Failure> {
    let (count, window) = (clients.len(), Window::opens_now(common));
    let tally = Tally::new(window)?;
    let mut connections = JoinSet::new();
    for client in clients {
        let (tally, talk) = (tally.clone(), talk.clone());
        connections.spawn(async move { converse(client, &talk, window, &tally).await });
    }
    let measured = tally.finish(name, common, connections).await?;
    Ok(Measured { connections: count, ..measured })
}

async fn converse(mut client: Client, talk: &Talk, window: Window, tally: &Tally) -> Result<(), Failure> {
    for (k, text) in (0..).zip(talk.texts.iter().cycle()) {
        if window.is_over() {
            break;
        }
        let sent = Instant::now();
        futures_util::SinkExt::send(&mut client.socket, client.frames.message(k, text)).await?;
        loop {
            let frame = client.next().await?;
            if (talk.is_reply)(&frame, talk.peer) {
                break;
            }
            frame::refuse_error(&frame)?;
        }
        tally.saw(sent);
    }
    Ok(())
}

/// Messages leave when they are due, whether or not the earlier ones were answered; latency counts from then.
async fn open_loop(common: &Common, clients: Vec<Client>, rate: u32) -> Result<Measured, Failure> {
    let (count, window, peer) = (clients.len(), Window::opens_now(common), common.peer);
    let tally = Tally::new(window)?;
    let mut connections = JoinSet::new();
    for (index, client) in clients.into_iter().enumerate() {
        let schedule = Schedule::share(window, rate, index, count);
        let (writer, mut reader) = futures_util::StreamExt::split(client.socket);
        connections.spawn(duplex::send(writer, client.frames, schedule));
        let tally = tally.clone();
        connections.spawn(async move {
            let is_mine = move |frame: &str| frame::is_ack(frame, peer);
            duplex::receive(&mut reader, schedule, is_mine, |due| tally.saw(due)).await
        });
    }
    let name = format!("round trip, open loop at {rate}/s");
    let measured = tally.finish(&name, common, connections).await?;
    Ok(Measured { connections: count, ..measured })
}
