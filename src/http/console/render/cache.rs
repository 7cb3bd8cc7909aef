//! The cache as JSON.

use crate::domain::cache::ChannelCounts;
use crate::engine::cache::CacheReport;
use crate::http::console::wire::{CacheChannel, CacheQuery, CacheState};

/// How many questions are shown.
const TOP_SHOWN: usize = 20;

/// What is kept and was done.
pub(in crate::http::console) fn cache(report: &CacheReport) -> CacheState {
    let sum = |of: fn(&ChannelCounts) -> u64| report.counts.channels.iter().map(of).sum::<u64>();
    let (hits, misses) = (sum(|c| c.hits), sum(|c| c.misses));
    let channel = |counts: &ChannelCounts| CacheChannel {
        channel: counts.channel.as_str(),
        entries: report.kept.get(&counts.channel).copied().unwrap_or_default(),
        hits: counts.hits,
        misses: counts.misses,
        passed: counts.passed,
        hit_rate: counts.hit_rate(),
    };
    let top = report.counts.top.iter().take(TOP_SHOWN);
    CacheState {
        entries: report.kept.values().sum(),
        bytes: report.bytes,
        hits,
        misses,
        passed: sum(|c| c.passed),
        hit_rate: if hits + misses == 0 { 0.0 } else { hits as f64 / (hits + misses) as f64 },
        channels: report.counts.channels.iter().map(channel).collect(),
        top_queries: top.map(|top| CacheQuery { query: top.query.clone(), hits: top.hits }).collect(),
    }
}
