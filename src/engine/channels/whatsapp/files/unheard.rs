//! Asks customers to write whose voice note nobody heard for long, because Meta does not give it or nobody writes it down. The note is fetched
//! on meanwhile, and stands in the conversation once it has come; it is not answered a second time then.

use std::time::Duration;

use tokio::time::sleep;

use super::fetcher::{FetcherParts, LOOK_EVERY, RETRY_AFTER};
use super::take::tell_unheard;
use super::{ToFetch, list};
use crate::domain::{Refusal, Timestamp};

/// How long a voice note may be unheard before its customer is told, in milliseconds.
const UNHEARD_MAX_MS: i64 = 3 * 60 * 1_000;

/// How long those that were noted before a start have after it at least, in milliseconds: most come with the first try.
const AFTER_START_MS: i64 = 30 * 1_000;

/// Notes that one look tells of.
const AT_ONCE: usize = 64;

/// Tells until it is dropped. Where there is nothing to tell it only waits.
pub(super) async fn tell(parts: &FetcherParts) {
    if parts.unheard_text.is_none() {
        return std::future::pending().await;
    }
    let began = parts.clock.now();
    loop {
        let pause = match list::unheard(&parts.to_do.store, &parts.organization, AT_ONCE) {
            Ok(unheard) => tell_those(parts, &unheard, began).await,
            Err(error) => {
                tracing::error!(%error, "which voice notes of WhatsApp's are unheard can not be read");
                RETRY_AFTER
            }
        };
        tokio::select! {
            () = parts.to_do.wake_teller.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Tells those whose time is over. Returns when to look again.
async fn tell_those(parts: &FetcherParts, unheard: &[ToFetch], began: Timestamp) -> Duration {
    let mut pause = if unheard.len() < AT_ONCE { LOOK_EVERY } else { RETRY_AFTER };
    for one in unheard {
        let wait_ms = until(one, began).since_ms(parts.clock.now());
        let wait = if wait_ms > 0 {
            Duration::from_millis(wait_ms)
        } else if is_over(parts, one).await {
            continue;
        } else {
            RETRY_AFTER
        };
        pause = pause.min(wait);
    }
    pause
}

/// When one has to have been heard.
fn until(one: &ToFetch, began: Timestamp) -> Timestamp {
    one.noted_at.plus_ms(UNHEARD_MAX_MS).max(began.plus_ms(AFTER_START_MS))
}

/// Tells of one, and notes that. False where it is to be tried again.
async fn is_over(parts: &FetcherParts, one: &ToFetch) -> bool {
    match tell_unheard(parts, one).await {
        Ok(()) => {}
        Err(Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. }) => return false,
        Err(why) => tracing::warn!(session = ?one.key, %why, "who was not heard can not be told"),
    }
    list::told(&parts.to_do.store, one).await.is_ok()
}
