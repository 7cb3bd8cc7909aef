//! Resident memory per idle connection. The kernel's socket memory is not in it: it belongs to no process.

use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::JoinSet;

use crate::frame;
use crate::machine::{self, Process};
use crate::measured::Measured;
use crate::wire::{Client, Common, Seat};
use crate::{Failure, tally};

/// Files that are not sockets, in the server too: the store's are among them.
const OTHER_FILES: usize = 400;
/// Connections opened and closed first, so that what is allocated once is not counted.
const FIRST_CONNECTIONS: usize = 200;
/// Messages that wait for their acknowledgement at one time.
const POSTING_MAX: usize = 64;

/// What a connection did before it fell silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// It only connected.
    Silent,
    /// It sent one message; measured while its session is awake.
    Awake,
    /// It sent one message; measured after the session was put to sleep (--settle above the server's idle time).
    Asleep,
}

/// Resident memory of the server per idle connection.
#[derive(Debug, Clone, Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Connections; fewer if the limit of open files does not allow them.
    #[arg(long, default_value_t = 5_000)]
    connections: usize,
    /// What they do first.
    #[arg(long, value_enum, default_value_t = State::Silent)]
    state: State,
    /// Seconds to wait before the memory is read.
    #[arg(long, default_value_t = 2)]
    settle: u64,
}

impl Idle {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let server = Process::of(self.common.pid.ok_or("say whose memory: --pid")?);
        let count = self.connections.min(machine::open_files_max().saturating_sub(OTHER_FILES));
        drop(self.seated(FIRST_CONNECTIONS.min(count)).await?);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = server.rss_kib()?;

        let clients = self.seated(count).await?;
        let mut reading: JoinSet<Result<(), Failure>> = JoinSet::new();
        for client in clients {
            reading.spawn(keep_open(client));
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(self.settle)) => {}
            Some(ended) = reading.join_next() => ended??,
        }
        let after = server.rss_kib()?;

        let mut measured = Measured::new(&format!("idle connections, {:?}", self.state).to_lowercase());
        measured.connections = count;
        measured.kib_each = Some(after.saturating_sub(before) as f64 / count.max(1) as f64);
        measured.rss_mib = Some(after as f64 / 1024.0);
        Ok(measured)
    }

    /// Open connections that have done what their state asks.
    async fn seated(&self, count: usize) -> Result<Vec<Client>, Failure> {
        let clients = self.common.open(vec![Seat::New; count], "connecting").await?;
        if self.state == State::Silent { Ok(clients) } else { post_first(clients, &self.common).await }
    }
}

/// Each connection's first message, acknowledged.
pub(crate) async fn post_first(clients: Vec<Client>, common: &Common) -> Result<Vec<Client>, Failure> {
    let (peer, bar) = (common.peer, tally::bar(clients.len() as u64, "first messages"));
    let posting = clients.into_iter().map(|mut client| {
        let bar = bar.clone();
        async move {
            client.post(0, peer).await?;
            bar.inc(1);
            Ok::<_, Failure>(client)
        }
    });
    let clients = stream::iter(posting).buffered(POSTING_MAX).try_collect().await;
    bar.finish_and_clear();
    clients
}

/// Reads, so that pings are answered; only the end of the connection ends it.
async fn keep_open(mut client: Client) -> Result<(), Failure> {
    loop {
        frame::refuse_error(&client.next().await?)?;
    }
}
