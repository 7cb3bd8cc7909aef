//! The end of it: by the page or by a mail that says so; and what is forgotten because nobody proved it.

use uuid::Uuid;

use super::record::{Continuation, asked_before, spent_before};
use super::service::{ASKS_WINDOW_S, TRIES_MAX, committed, unreadable};
use super::{OnwardSettings, code, filled, thread};
use crate::domain::{Body, Channel, ClientMessageId, Command, Event, OrganizationId, Refusal, SessionKey, Timestamp};
use crate::engine::Sessions;
use crate::engine::channels::correspondents::{self, Correspondent};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Logged, Store, StoreError, log};

/// The most names of a session that are looked at.
const NAMES_MAX: usize = 16;

/// Records that are forgotten with one batch.
const FORGOTTEN_AT_ONCE: usize = 128;

/// The words by which an answer ends it, in lower case. Fewer than end an SMS: "cancel" or "remove" may well be all that somebody writes.
const STOP: [&str; 2] = ["stop", "unsubscribe"];

/// Whether a mail says that no more are wanted, and nothing else.
pub(in crate::engine::channels::email) fn says_stop(text: &str) -> bool {
    let said = text.trim_matches(|c: char| !c.is_alphanumeric());
    STOP.iter().any(|word| said.eq_ignore_ascii_case(word))
}

/// How far the clock of a mail server may be behind ours, in milliseconds: within that a mail counts as younger than a proof.
const CLOCKS_DIFFER_MAX_MS: i64 = 60 * 1_000;

/// Parts with a conversation because a message says so, the one at a place. One that was kept or sent before the address was proved says
/// nothing of it, however late or often its mail is read.
pub(in crate::engine::channels::email) async fn part_by(
    (store, sessions): (&Store, &Sessions),
    key: &SessionKey,
    seq: u64,
    settings: &OnwardSettings,
) -> Result<(), Refusal> {
    let told = log::read::<Event>(store, key, seq.saturating_sub(1), 1).map_err(unreadable)?.pop();
    let found = Continuation::of(store, key).map_err(unreadable)?;
    let proven = found.and_then(|found| found.record.proven);
    let is_older = told.zip(proven).is_some_and(|(told, proven)| is_older(&told, proven.at));
    if is_older { Ok(()) } else { part(store, sessions, key, settings).await }
}

/// Whether a message is older than a proof.
fn is_older(told: &Logged<Event>, proof: Timestamp) -> bool {
    let sent = if let Event::Posted(message) = &told.event { message.sent_at } else { None };
    told.at < proof || sent.is_some_and(|sent| sent.plus_ms(CLOCKS_DIFFER_MAX_MS) < proof)
}

/// Parts with a conversation by mail, by the page or by a mail that says so. Nothing waits for the address any more; mail from it begins a
/// conversation of its own. The number that a proof was made of makes that it is told once. An address that a program wrote to without a proof
/// is parted with in the same way.
pub(in crate::engine::channels::email) async fn part(
    store: &Store,
    sessions: &Sessions,
    key: &SessionKey,
    settings: &OnwardSettings,
) -> Result<(), Refusal> {
    for _ in 0..TRIES_MAX {
        let old = Continuation::of(store, key).map_err(unreadable)?;
        let thread = thread(store, key).map_err(unreadable)?.filter(|thread| thread.record.onward);
        let mut new = old.as_ref().map_or_else(|| Continuation::new(key), |old| old.record.clone());
        let (asked, proven) = (new.asked.take(), new.proven.take());
        if asked.is_none() && proven.is_none() && thread.is_none() {
            return Ok(());
        }
        new.bundle = None;
        let mut batch = Batch::default();
        if old.is_some() {
            new.put(&mut batch, old.as_ref()).map_err(unreadable)?;
        }
        if proven.is_some() || thread.is_some() {
            by_mail(store, key).map_err(unreadable)?.iter().for_each(|name| record::remove(&mut batch, name));
            thread.iter().for_each(|thread| record::remove(&mut batch, thread));
        }
        if committed(store, batch).await? {
            let proven = proven.map(|proven| (proven.address, proven.nonce));
            let written_to = || thread.map(|thread| (thread.record.to.address, Uuid::now_v7()));
            if let Some((address, nonce)) = proven.or_else(written_to) {
                let text = filled(&settings.texts.stopped, &[("{address}", address.as_str())]);
                tell(sessions, key, &text, nonce, "stopped").await?;
            }
            return Ok(());
        }
    }
    Err(Refusal::Busy)
}

/// Forgets addresses that nobody proved in time: they may be anybody's. A record that says nothing any more goes as a whole, once nothing is
/// counted in it.
pub(in crate::engine::channels::email) async fn forget_unproved(
    store: &Store,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let ago = |ms: u64| now.plus_ms(-i64::try_from(ms).unwrap_or(i64::MAX));
    loop {
        let asked = asked_before(store, organization, ago(code::CODE_HOLDS_MS), FORGOTTEN_AT_ONCE);
        let spent = spent_before(store, organization, ago(u64::from(ASKS_WINDOW_S) * 1_000), FORGOTTEN_AT_ONCE);
        let (asked, spent) = (asked.map_err(unreadable)?, spent.map_err(unreadable)?);
        let mut batch = Batch::default();
        for old in &asked {
            let new = Continuation { asked: None, ..old.record.clone() };
            new.put(&mut batch, Some(old)).map_err(unreadable)?;
        }
        spent.iter().for_each(|old| record::remove(&mut batch, old));
        // Where one was changed meanwhile they are read again. What is forgotten now may be all that its record said.
        if committed(store, batch).await? && asked.is_empty() && spent.len() < FORGOTTEN_AT_ONCE {
            return Ok(());
        }
    }
}

/// Says in the conversation what became of it.
pub(super) async fn tell(
    sessions: &Sessions,
    key: &SessionKey,
    text: &str,
    nonce: Uuid,
    what: &str,
) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let client_id = ClientMessageId::parse(&format!("mail-{what}-{}", nonce.simple()))?;
    sessions.receipt_of(key, Command::Notify { client_id, body: Body::clipped(text) }).await.map(drop)
}

/// What leads from a session to addresses.
pub(super) fn by_mail(store: &Store, key: &SessionKey) -> Result<Vec<Versioned<Correspondent>>, StoreError> {
    let names = correspondents::of_session(store, key, NAMES_MAX)?.into_iter();
    Ok(names.filter(|name| name.record.channel == Channel::Email).collect())
}

#[cfg(test)]
mod tests {
    use super::says_stop;

    #[test]
    fn only_the_two_words_of_the_footer_end_it() {
        for text in ["STOP", "stop.", " Stop!\n", "\"Unsubscribe\"", "UNSUBSCRIBE"] {
            assert!(says_stop(text), "{text:?}");
        }
        for text in
            ["", "Cancel", "End", "Remove", "Quit", "stop it", "please stop", "STOP\nbut first, my order", "non-stop"]
        {
            assert!(!says_stop(text), "{text:?}");
        }
    }
}
