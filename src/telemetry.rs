//! Logs and metrics: set up once, by the process, never by a part.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// How often the histograms are condensed.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Logs to the standard error, as configured.
///
/// # Errors
/// When the filter does not read, or logging was set up before.
pub fn log(config: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|why| format!("log.filter: {why}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    set.map_err(|why| why.to_string())
}

/// The process's metrics. The first call installs the recorder; later ones (tests start many apps) get an own one that
/// nothing is recorded in.
pub fn metrics() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    drop(metrics::set_global_recorder(recorder));
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP_EVERY);
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    handle
}
