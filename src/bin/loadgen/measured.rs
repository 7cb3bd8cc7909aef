//! The result of one measure: one line to read, or one line of JSON for `report`.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// What one measure found. A figure that it does not have is absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The measure, as the table names it.
    pub(crate) name: String,
    /// Connections that were really open.
    pub(crate) connections: usize,
    /// Things seen in the measured seconds.
    pub(crate) count: u64,
    /// The same per second.
    pub(crate) per_s: f64,
    /// Latencies, in milliseconds.
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) p999_ms: Option<f64>,
    pub(crate) max_ms: Option<f64>,
    /// The server's processor time per thing seen, user and system.
    pub(crate) cpu_us: Option<f64>,
    /// Resident memory of the server per connection; the kernel's socket memory is not in it.
    pub(crate) kib_each: Option<f64>,
    /// Resident memory of the server as a whole.
    pub(crate) rss_mib: Option<f64>,
    /// From the start of the process until it was ready, in milliseconds.
    pub(crate) ready_ms: Option<f64>,
    /// Connections that still waited for a reply at the end.
    pub(crate) late: u64,
}

impl Measured {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Things per second if the server had one whole core and used it.
    pub(crate) fn per_core_s(&self) -> Option<f64> {
        self.cpu_us.filter(|us| *us > 0.0).map(|us| 1e6 / us)
    }

    pub(crate) fn take_latencies(&mut self, latencies: &Histogram<u64>, seconds: u64) {
        let ms = |quantile| Some(latencies.value_at_quantile(quantile) as f64 / 1e3);
        self.count = latencies.len();
        self.per_s = self.count as f64 / seconds.max(1) as f64;
        if self.count > 0 {
            (self.p50_ms, self.p99_ms, self.p999_ms) = (ms(0.5), ms(0.99), ms(0.999));
            self.max_ms = Some(latencies.max() as f64 / 1e3);
        }
    }

    pub(crate) fn take_cpu(&mut self, before_us: Option<u64>, after_us: Option<u64>) {
        if let (Some(before), Some(after), true) = (before_us, after_us, self.count > 0) {
            self.cpu_us = Some(after.saturating_sub(before) as f64 / self.count as f64);
        }
    }

    pub(crate) fn print(&self, json: bool) -> Result<(), Failure> {
        if json {
            println!("{}", serde_json::to_string(self)?);
        } else {
            println!("{}", self.line());
        }
        Ok(())
    }

    /// The figures it has, as one line.
    pub(crate) fn line(&self) -> String {
        let mut parts = vec![self.name.clone()];
        if self.connections > 0 {
            parts.push(format!("{} connections", self.connections));
        }
        if self.count > 0 {
            parts.push(format!("{:.0}/s", self.per_s));
        }
        let mut add = |label: &str, value: Option<f64>, unit: &str| {
            if let Some(value) = value {
                parts.push(format!("{label}{value:.2} {unit}"));
            }
        };
        add("p50 ", self.p50_ms, "ms");
        add("p99 ", self.p99_ms, "ms");
        add("p99.9 ", self.p999_ms, "ms");
        add("max ", self.max_ms, "ms");
        add("server CPU ", self.cpu_us, "us each");
        add("resident ", self.kib_each, "KiB per connection");
        add("resident ", self.rss_mib, "MiB");
        add("ready after ", self.ready_ms, "ms");
        if self.late > 0 {
            parts.push(format!("{} connections without their last reply", self.late));
        }
        parts.join(", ")
    }
}
