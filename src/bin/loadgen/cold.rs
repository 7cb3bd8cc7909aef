//! Sessions that are not in memory: the first message after a sleep, and many sessions left on disk.

use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::idle::post_first;
use crate::machine::Process;
use crate::measured::Measured;
use crate::wire::{Common, Seat};
use crate::{Failure, tally};

/// Sessions that are being made at one time.
const SEEDING_MAX: usize = 64;

/// The first message of sessions that were put to sleep, one at a time.
#[derive(Debug, Clone, Args)]
pub(crate) struct Cold {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Sessions.
    #[arg(long, default_value_t = 1_000)]
    sessions: usize,
    /// Seconds until they sleep: above the server's idle time.
    #[arg(long, default_value_t = 4)]
    settle: u64,
}

/// Make sessions with one message each, and leave them.
#[derive(Debug, Clone, Args)]
pub(crate) struct Seed {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Sessions.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
}

impl Cold {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let server = self.common.pid.map(Process::of);
        let clients = self.common.open(vec![Seat::New; self.sessions], "connecting").await?;
        let clients = post_first(clients, &self.common).await?;
        tokio::time::sleep(Duration::from_secs(self.settle)).await;

        let mut latencies = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
        let before = server.as_ref().map(Process::cpu_us).transpose()?;
        let (bar, begun) = (tally::bar(self.sessions as u64, "waking"), Instant::now());
        for mut client in clients {
            let sent = Instant::now();
            client.post(1, self.common.peer).await?;
            latencies.saturating_record(u64::try_from(sent.elapsed().as_micros())?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let after = server.as_ref().map(Process::cpu_us).transpose()?;

        let mut measured = Measured::new("first message of a cold session");
        measured.connections = self.sessions;
        measured.take_latencies(&latencies, 1);
        measured.per_s = measured.count as f64 / begun.elapsed().as_secs_f64();
        measured.take_cpu(before, after);
        Ok(measured)
    }
}

impl Seed {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let (bar, begun) = (tally::bar(self.sessions as u64, "seeding"), Instant::now());
        let run = uuid::Uuid::new_v4().simple().to_string();
        let making = (0..self.sessions).map(|index| {
            let (bar, name) = (bar.clone(), format!("{}{index}", &run[..8]));
            async move {
                // Connections are closed at once, so one address is enough for any number.
                let mut client = self.common.connect(Seat::New, 0, &name).await?;
                client.post(0, self.common.peer).await?;
                bar.inc(1);
                Ok::<_, Failure>(())
            }
        });
        stream::iter(making).buffer_unordered(SEEDING_MAX).try_collect::<()>().await?;
        bar.finish_and_clear();
        let mut measured = Measured::new("sessions made");
        measured.connections = SEEDING_MAX;
        measured.count = self.sessions as u64;
        measured.per_s = self.sessions as f64 / begun.elapsed().as_secs_f64();
        Ok(measured)
    }
}
