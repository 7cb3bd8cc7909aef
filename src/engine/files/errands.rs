//! What is done beside the doors: bytes that nobody has any more go, and files that never got a message.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::sleep;

use super::blobs::{BlobError, Place};
use super::put::counted;
use super::{Files, Inner, TRIES_MAX, Verdict, unreadable};
use crate::domain::{OrganizationId, Refusal};
use crate::store::files::{self, Errand, FileUse, KeptFile, Scan};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError};

/// How often it is looked for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How often the scanner is asked about a file.
pub(super) const SCANS_MAX: u32 = 8;

/// When it is asked a second time, in milliseconds from the first; twice as long each time.
pub(super) const SCAN_AGAIN_MS: i64 = 60 * 1_000;

/// How many things one look does.
const AT_ONCE: usize = 256;

impl Files {
    /// Does what is due until `stopping` says so. A kill in the middle is as safe as a stop.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            () = self.work() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    async fn work(&self) {
        loop {
            if let Err(why) = self.sweep().await {
                tracing::warn!(%why, "some bytes of files are not gone yet; it is tried again");
            }
            tokio::select! {
                () = self.inner.wake.notified() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Does what is due now.
    ///
    /// # Errors
    /// When some of it could not be done; it is due still.
    pub async fn sweep(&self) -> Result<(), Refusal> {
        let due = files::due_files(&self.inner.store, self.inner.clock.now(), AT_ONCE).map_err(unreadable)?;
        let mut failed = None;
        for file in due {
            // One that can not be dealt with keeps nothing else from going.
            if let Err(why) = self.inner.due(file).await {
                failed = Some(why);
            }
        }
        self.inner.remove_bytes(None).await?;
        failed.map_or(Ok(()), Err)
    }
}

impl Inner {
    /// Does what is due with a file.
    async fn due(&self, file: Versioned<KeptFile>) -> Result<(), Refusal> {
        let now = self.clock.now();
        if file.record.unposted_until.is_some_and(|until| until <= now) {
            return self.forget(file).await;
        }
        self.scan_again(file).await
    }

    /// Asks the scanner once more about a file of which it could not say whether it does harm.
    async fn scan_again(&self, file: Versioned<KeptFile>) -> Result<(), Refusal> {
        let Scan::Held { tries, .. } = file.record.scan else { return Ok(()) };
        let KeptFile { key, attachment, .. } = &file.record;
        let verdict = match self.opened(key, attachment)?.whole().await {
            Ok(bytes) => self.verdict(&bytes).await,
            Err(_not_at_hand) => Verdict::Unknown,
        };
        let new = KeptFile { scan: self.scanned(verdict, tries), ..file.record.clone() };
        match new.scan {
            Scan::Passed => counted("passed_later"),
            Scan::Infected => counted("infected_later"),
            Scan::Held { .. } => {}
        }
        if let Scan::Held { next: None, .. } = new.scan {
            tracing::warn!(session = ?key, "a file stays held back: the scanner never said whether it does harm");
        }
        let mut batch = Batch::default();
        record::update(&mut batch, &file, &new).map_err(unreadable)?;
        match self.store.commit(batch).await {
            // Somebody claimed it meanwhile: it is due still.
            Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(why) => Err(why.refused("")),
        }
    }

    /// What the scanner says; without one there is nothing to say.
    pub(super) async fn verdict(&self, bytes: &Bytes) -> Verdict {
        match &self.scanner {
            Some(scanner) => scanner.verdict(bytes).await,
            None => Verdict::Clean,
        }
    }

    /// What is known after so many tries before this one.
    pub(super) fn scanned(&self, verdict: Verdict, tries: u32) -> Scan {
        let again = || (tries + 1 < SCANS_MAX).then(|| self.clock.now().plus_ms(SCAN_AGAIN_MS << tries.min(16)));
        match verdict {
            Verdict::Clean => Scan::Passed,
            Verdict::Infected => Scan::Infected,
            Verdict::Unknown => Scan::Held { tries: tries + 1, next: again() },
        }
    }

    /// Forgets a file that nobody posted; what somebody claims at this moment stays.
    async fn forget(&self, file: Versioned<KeptFile>) -> Result<(), Refusal> {
        let key = file.record.key.clone();
        for _ in 0..TRIES_MAX {
            let mut batch = Batch::default();
            let before = record::get::<FileUse>(&self.store, &key.organization, key.session.as_str());
            if let Some(before) = before.map_err(unreadable)? {
                let FileUse { key, files, bytes } = before.record.clone();
                let bytes = bytes.saturating_sub(file.record.attachment.bytes);
                match files.saturating_sub(1) {
                    0 => record::remove(&mut batch, &before),
                    files => {
                        let new = FileUse { key, files, bytes };
                        record::update(&mut batch, &before, &new).map_err(unreadable)?;
                    }
                }
            }
            files::release(&self.store, &mut batch, std::slice::from_ref(&file)).map_err(unreadable)?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {
                    let id = file.record.attachment.id;
                    let now = files::file(&self.store, &key, id).map_err(unreadable)?;
                    if now.is_none_or(|now| now.version != file.version) {
                        return Ok(());
                    }
                }
                Err(why) => return Err(why.refused("")),
            }
        }
        Err(Refusal::Busy)
    }

    /// Takes away all bytes that are to go by now: of one organization, or of all. Those that can not be taken away now keep no others from
    /// going.
    pub(super) async fn remove_bytes(&self, organization: Option<&OrganizationId>) -> Result<(), Refusal> {
        let (mut after, mut unreached, mut failed) = (None, None, None);
        loop {
            let now = self.clock.now();
            let due = files::due_errands(&self.store, organization, now, after.take(), AT_ONCE).map_err(unreadable)?;
            for errand in &due {
                // Who was not reached is not asked for each of what they have.
                if unreached == Some(errand.record.keeper) {
                    continue;
                }
                if let Err(why) = self.remove_from_its_keeper(errand).await {
                    unreached = matches!(why, BlobError::Unreached(_)).then_some(errand.record.keeper).or(unreached);
                    failed = Some(why.refused());
                } else {
                    self.forget_errand(errand).await?;
                }
            }
            match due.last() {
                Some(last) if due.len() == AT_ONCE => after = Some(last.record.key()),
                _ => return failed.map_or(Ok(()), Err),
            }
        }
    }

    /// The bytes first: as long as the errand is there, they may be.
    async fn remove_from_its_keeper(&self, errand: &Versioned<Errand>) -> Result<(), BlobError> {
        let place = Place::from(&errand.record);
        self.keepers.of(&place)?.remove(place.clone()).await
    }

    async fn forget_errand(&self, errand: &Versioned<Errand>) -> Result<(), Refusal> {
        let mut batch = Batch::default();
        record::remove(&mut batch, errand);
        match self.store.commit(batch).await {
            // Somebody else was faster.
            Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(why) => Err(why.refused("")),
        }
    }
}
