//! Forgets by the hour what is too old.

use std::time::Duration;

use crate::engine::memories::Memories;
use crate::engine::{Accounts, Audit, Costs, Privacy};

/// How often requests and audit entries that are too old are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// What grows old.
pub(super) struct Kept {
    pub(super) accounts: Accounts,
    pub(super) audit: Audit,
    pub(super) costs: Costs,
    pub(super) memories: Memories,
    pub(super) privacy: Privacy,
}

/// Forgets what is too old: requests that may be repeated, entries of the audit log, calls of models, memories, conversations.
pub(super) async fn sweep(kept: Kept) {
    let Kept { accounts, audit, costs, memories, privacy } = kept;
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        if let Err(why) = accounts.sweep_requests().await {
            tracing::warn!(%why, "old requests are not forgotten yet");
        }
        match audit.trim().await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old entries of the audit log are gone"),
            Err(why) => tracing::warn!(%why, "old entries of the audit log are not forgotten yet"),
        }
        match privacy.forget_old().await {
            Ok(0) => {}
            Ok(old) => tracing::info!(old, "conversations are erased that were kept long enough"),
            Err(why) => tracing::warn!(%why, "old conversations are not looked for yet"),
        }
        match costs.trim().await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old calls of models are gone from the ledger"),
            Err(why) => tracing::warn!(%why, "old calls of models are not forgotten yet"),
        }
        if let Err(why) = memories.sweep().await {
            tracing::warn!(%why, "memories that have expired are not off the disk yet");
        }
    }
}
