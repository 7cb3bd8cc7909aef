//! What the server says of its desk in `/metrics`.

use std::time::Duration;

use crate::{Failure, wire};

/// How long the page of metrics may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the desk takes to decide, by its own measure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter {
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

impl Meter {
    pub(super) async fn read(url: &str) -> Result<Self, Failure> {
        let (host, _) = wire::host_and_path(url)?;
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let text = client.get(format!("http://{host}/metrics")).send().await?.error_for_status()?.text().await?;
        Ok(Self { p50_ms: quantile_ms(&text, "0.5"), p99_ms: quantile_ms(&text, "0.99") })
    }
}

fn quantile_ms(text: &str, quantile: &str) -> Option<f64> {
    let start = format!("switchboard_desk_decision_seconds{{quantile=\"{quantile}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(start.as_str()))?;
    value.trim().parse::<f64>().ok().map(|seconds| seconds * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_found_by_its_name() {
        let text = "switchboard_desk_decision_seconds{quantile=\"0.5\"} 0.0001\n\
                    switchboard_desk_decision_seconds{quantile=\"0.99\"} 0.0015\n";
        assert_eq!(quantile_ms(text, "0.99"), Some(1.5));
        assert_eq!(quantile_ms(text, "0.9"), None);
    }
}
