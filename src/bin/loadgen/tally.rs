//! What was seen while the measured seconds ran: latencies, a count, the server's processor time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Failure;
use crate::machine::Process;
use crate::measured::Measured;
use crate::wire::Common;

/// The longest latency that is told apart, in microseconds.
const LATENCY_MAX_US: u64 = 60_000_000;
/// How long replies may still come after the last measured second.
const GRACE: Duration = Duration::from_secs(5);

/// When to measure: everything that is seen from `from` until `end` counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) start: Instant,
    from: Instant,
    end: Instant,
}

/// Shared by all connections of one measure.
#[derive(Debug)]
pub(crate) struct Tally {
    window: Window,
    latencies: Mutex<Histogram<u64>>,
}

impl Window {
    pub(crate) fn opens_now(common: &Common) -> Self {
        let start = Instant::now();
        let from = start + Duration::from_secs(common.warmup);
        Self { start, from, end: from + Duration::from_secs(common.seconds) }
    }

    /// Whether nothing more is sent.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    pub(crate) fn end(&self) -> Instant {
        self.end
    }
}

impl Tally {
    pub(crate) fn new(window: Window) -> Result<Arc<Self>, Failure> {
        let latencies = Mutex::new(Histogram::new_with_bounds(1, LATENCY_MAX_US, 3)?);
        Ok(Arc::new(Self { window, latencies }))
    }

    /// Something that was meant to leave at `sent` is here now.
    pub(crate) fn saw(&self, sent: Instant) {
        let now = Instant::now();
        if now < self.window.from || now >= self.window.end {
            return;
        }
        let us = u64::try_from((now - sent).as_micros()).unwrap_or(LATENCY_MAX_US);
        self.lock().saturating_record(us);
    }

    /// Waits until the window is over, showing how it goes, and sums up. A connection that fails ends the measure.
    pub(crate) async fn finish(
        &self,
        name: &str,
        common: &Common,
        mut connections: JoinSet<Result<(), Failure>>,
    ) -> Result<Measured, Failure> {
        let server = common.pid.map(Process::of);
        self.wait(self.window.from, "warm-up", &mut connections).await?;
        let before = server.as_ref().map(Process::cpu_us).transpose()?;
        self.wait(self.window.end, name, &mut connections).await?;
        let after = server.as_ref().map(Process::cpu_us).transpose()?;
        let late = settle(&mut connections).await?;

        let mut measured = Measured::new(name);
        measured.late = late;
        measured.take_latencies(&self.lock(), common.seconds);
        measured.take_cpu(before, after);
        Ok(measured)
    }

    async fn wait(
        &self,
        until: Instant,
        what: &str,
        connections: &mut JoinSet<Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let bar = bar(until.saturating_duration_since(Instant::now()).as_millis().try_into()?, what);
        let begun = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        while Instant::now() < until {
            tokio::select! {
                _ = tick.tick() => bar.set_position(begun.elapsed().as_millis().try_into()?),
                () = tokio::time::sleep_until(until) => {}
                Some(ended) = connections.join_next() => ended??,
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Histogram<u64>> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A progress bar on the terminal; nothing where there is none.
pub(crate) fn bar(length: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what.to_owned());
    match ProgressStyle::with_template("{msg:>28} [{wide_bar}] {percent:>3} %") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Lets the last replies come in; how many connections were still waiting then.
async fn settle(connections: &mut JoinSet<Result<(), Failure>>) -> Result<u64, Failure> {
    let deadline = Instant::now() + GRACE;
    while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, connections.join_next()).await {
        ended??;
    }
    let late = connections.len() as u64;
    connections.shutdown().await;
    Ok(late)
}
