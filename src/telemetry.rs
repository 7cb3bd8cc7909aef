//! Logs and metrics: set up once, by the process, never by a part.
//!
//! What is counted with every message has a handle that was registered once ([`Meters`], [`TurnMeters`]): counting then is
//! an addition, without a look-up or a label that is built. Depths and other states are asked for when somebody looks.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::domain::event::TurnOutcome;

/// How often the histograms are condensed.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Logs to the standard error, as configured.
///
/// # Errors
/// When the filter does not read, or logging was set up before.
pub fn log(config: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|why| format!("log.filter: {why}"))?;
    let coloured = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(coloured).with_writer(std::io::stderr);
    let set = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    set.map_err(|why| why.to_string())
}

/// What is measured at the doors.
#[derive(Clone)]
pub struct Meters {
    requests: Vec<(&'static str, Histogram)>,
    other: Histogram,
}

impl Meters {
    /// Registers a histogram per dialect. Call [`metrics()`] before.
    pub fn registered(dialects: &[&'static str]) -> Self {
        let of = |dialect: &'static str| histogram!("switchboard_http_request_seconds", "dialect" => dialect);
        Self { requests: dialects.iter().map(|dialect| (*dialect, of(dialect))).collect(), other: of("other") }
    }

    /// How long requests of a dialect take, in seconds.
    pub fn request(&self, dialect: &str) -> &Histogram {
        self.requests.iter().find(|(name, _)| *name == dialect).map_or(&self.other, |(_, histogram)| histogram)
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

/// How turns end, counted.
#[derive(Clone)]
pub struct TurnMeters {
    replied: Counter,
    handed_over: Counter,
    queued: Counter,
    fallback: Counter,
    taken_over: Counter,
    closed: Counter,
}

impl TurnMeters {
    /// Registers a counter per outcome. Call [`metrics()`] before.
    pub fn registered() -> Self {
        let of = |outcome: &'static str| counter!("switchboard_turns_total", "outcome" => outcome);
        Self {
            replied: of("replied"),
            handed_over: of("handed_over"),
            queued: of("queued"),
            fallback: of("fallback"),
            taken_over: of("taken_over"),
            closed: of("closed"),
        }
    }

    /// A turn ended so.
    pub fn ended(&self, outcome: TurnOutcome) {
        match outcome {
            TurnOutcome::Replied => &self.replied,
            TurnOutcome::HandedOver => &self.handed_over,
            TurnOutcome::Queued => &self.queued,
            TurnOutcome::Fallback => &self.fallback,
            TurnOutcome::TakenOver => &self.taken_over,
            TurnOutcome::Closed => &self.closed,
        }
        .increment(1);
    }
}

impl std::fmt::Debug for TurnMeters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnMeters").finish_non_exhaustive()
    }
}

/// The process's metrics. The recorder is the process's by its library's choice: the first call installs it, later ones
/// (tests start many apps) get the same.
pub fn metrics() -> PrometheusHandle {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = INSTALLED.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        drop(metrics::set_global_recorder(recorder));
        handle
    });
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP_EVERY);
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    handle.clone()
}
