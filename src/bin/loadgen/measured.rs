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
    /// What a browser fetches.
    pub(crate) download_kib: Option<f64>,
    /// Connections that still waited for a reply at the end.
    pub(crate) late: u64,
    /// What a measure of the desk found besides.
    pub(crate) desk: Option<DeskFigures>,
}

/// How a desk worked. From asking to the offer counts from the moment at which the customer began to connect, and only time in
/// which somebody had room.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct DeskFigures {
    /// Sessions that began, and as many that were closed, in a second.
    pub(crate) arrivals_per_s: f64,
    /// Messages of customers in a second.
    pub(crate) messages_per_s: f64,
    /// How long the desk took to take in what it heard and to decide, by `/metrics`, over the last minute.
    pub(crate) decision_p50_ms: Option<f64>,
    pub(crate) decision_p99_ms: Option<f64>,
    /// Sessions that were offered, or waited at the end.
    pub(crate) offers: u64,
    pub(crate) offer_p50_ms: Option<f64>,
    pub(crate) offer_p99_ms: Option<f64>,
    pub(crate) offer_max_ms: Option<f64>,
    /// Those of them that took more than a second.
    pub(crate) waited_too_long: u64,
    /// The fewest places that were free at a time.
    pub(crate) places_free_min: u64,
    /// Frames to the staff in a second.
    pub(crate) frames_per_s: f64,
    /// Commands that were refused because the session had moved on.
    pub(crate) conflicts: u64,
    /// Times that somebody of the staff was told to begin anew.
    pub(crate) resyncs: u64,
    /// Processes that ran or wanted to, the machine's and the measure's own together.
    pub(crate) machine_load: Option<f64>,
}

impl DeskFigures {
    /// As one line.
    pub(crate) fn line(&self) -> String {
        let ms = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| format!("{value:.2}"));
        format!(
            "{:.0} sessions begun and closed and {:.0} messages a second; the desk decides in p50 {} ms, p99 {} ms; {} offers, after p50 {} ms, \
             p99 {} ms, at most {} ms; {} waited more than a second while somebody had room (at least {} places were free); {:.0} frames a second to the staff; \
             {} conflicts, {} resyncs; load of the machine {}",
            self.arrivals_per_s,
            self.messages_per_s,
            ms(self.decision_p50_ms),
            ms(self.decision_p99_ms),
            self.offers,
            ms(self.offer_p50_ms),
            ms(self.offer_p99_ms),
            ms(self.offer_max_ms),
            self.waited_too_long,
            self.places_free_min,
            self.frames_per_s,
            self.conflicts,
            self.resyncs,
            ms(self.machine_load),
        )
    }
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
        parts.extend(self.desk.as_ref().map(DeskFigures::line));
        if self.late > 0 {
            parts.push(format!("{} connections without their last reply", self.late));
        }
        parts.join(", ")
    }
}
