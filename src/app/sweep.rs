//! Forgets what is too old, by the hour, and soon what was taken away.

use std::time::Duration;

use tokio::time::sleep;

use crate::engine::channels::MailChannel;
use crate::engine::memories::Memories;
use crate::engine::privacy::{LookLimits, Looked};
use crate::engine::{Accounts, Audit, Costs, Privacy};
use crate::knowledge::Library;

/// How often requests and audit entries that are too old are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often what was taken out of the knowledge is taken out of the files of its indexes too.
const PURGE_EVERY: Duration = Duration::from_secs(10 * 60);

/// How soon old conversations are looked for again where a look did not come to the end.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What grows old.
pub(super) struct Kept {
    accounts: Accounts,
    audit: Audit,
    costs: Costs,
    library: Library,
    mail: MailChannel,
    memories: Memories,
    privacy: Privacy,
}

impl Kept {
    /// Of these services.
    pub(super) fn of(
        (accounts, audit, costs): (&Accounts, &Audit, &Costs),
        (mail, memories, privacy): (&MailChannel, &Memories, &Privacy),
        library: &Library,
    ) -> Self {
        let (accounts, audit, costs) = (accounts.clone(), audit.clone(), costs.clone());
        let (mail, memories, privacy) = (mail.clone(), memories.clone(), privacy.clone());
        Self { accounts, audit, costs, library: library.clone(), mail, memories, privacy }
    }
}

/// Forgets what is too old: requests that may be repeated, entries of the audit log, calls of models, memories, mails that were
/// set aside, conversations, and what indexes still hold of what was taken out of the knowledge.
pub(super) async fn sweep(kept: Kept) {
    let Kept { accounts, audit, costs, library, mail, memories, privacy } = kept;
    tokio::join!(entries(accounts, audit, costs, memories), mails(mail), conversations(privacy), indexes(library));
}

async fn indexes(library: Library) {
    let mut tick = tokio::time::interval(PURGE_EVERY);
    loop {
        tick.tick().await;
        let purged = library.purge_all().await;
        if purged > 0 {
            tracing::info!(purged, "what was taken out of the knowledge is out of the files of its indexes");
        }
    }
}

async fn mails(mail: MailChannel) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        if let Err(why) = mail.sweep().await {
            tracing::warn!(%why, "mails that were set aside long ago are not forgotten yet");
        }
    }
}

async fn conversations(privacy: Privacy) {
    loop {
        let looked = privacy.forget_old(LookLimits::USUAL).await;
        match &looked {
            Ok(Looked { found: 0, .. }) => {}
            Ok(Looked { found, .. }) => tracing::info!(found, "conversations are erased that were kept long enough"),
            Err(why) => tracing::warn!(%why, "old conversations are not looked for yet"),
        }
        sleep(if looked.is_ok_and(|looked| looked.more) { LOOK_AGAIN_AFTER } else { SWEEP_EVERY }).await;
    }
}

async fn entries(accounts: Accounts, audit: Audit, costs: Costs, memories: Memories) {
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
