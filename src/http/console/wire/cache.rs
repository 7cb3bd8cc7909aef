//! Kept answers.

use serde::Serialize;
use utoipa::ToSchema;

/// `GET /cache`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CacheState {
    /// Answers that are kept now.
    pub entries: usize,
    pub bytes: usize,
    pub hits: u64,
    pub misses: u64,
    /// Turns that were no question for the cache.
    pub passed: u64,
    /// Of hits and misses together, 0..1.
    pub hit_rate: f64,
    pub channels: Vec<CacheChannel>,
    pub top_queries: Vec<CacheQuery>,
}

/// One channel's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CacheChannel {
    pub channel: &'static str,
    pub entries: usize,
    pub hits: u64,
    pub misses: u64,
    pub passed: u64,
    pub hit_rate: f64,
}

/// A question that was answered from the cache.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CacheQuery {
    pub query: String,
    pub hits: u64,
}
