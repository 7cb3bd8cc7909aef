//! Lists: what was said in a session and how it was understood, and the sessions that are open, newest activity first.

use std::cmp::Reverse;

use super::{STRIDE, Sessions, posted, unreadable};
use crate::actors::load::newest_message;
use crate::domain::desk::case::Preview;
use crate::domain::memory::Memory;
use crate::domain::recent::RecentIds;
use crate::domain::understanding::Listener;
use crate::domain::{CustomerId, Message, OrganizationId, Owner, Refusal, SessionKey, State, Understanding, evolve};
use crate::store::Direction;

/// The most open sessions that one list puts in order: those that began last.
pub const OPEN_LISTED_MAX: usize = 2_000;

/// The most sessions that are looked at for them, closed ones included.
pub const OPEN_SCANNED_MAX: usize = 20_000;

/// Events that are read at once. After the last message of a page as many are read on, for how it was understood.
const PAGE_EVENTS: usize = 256;

/// A page of a session's messages.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Each with its `seq`, oldest first.
    pub messages: Vec<(u64, Message)>,
    listener: Listener,
}

impl Transcript {
    /// How the customer's message at `seq` was understood, if that is known yet.
    pub fn understanding(&self, seq: u64) -> Option<&Understanding> {
        self.listener.of(seq)
    }
}

impl Sessions {
    /// Up to `limit` messages after the first `skip`, oldest first. The caller has entered.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn messages(&self, key: &SessionKey, skip: u64, limit: usize) -> Result<Transcript, Refusal> {
        let mut transcript = Transcript::default();
        let (mut skipped, mut after, mut full) = (skip, 0, limit == 0);
        loop {
            let page = self.events_after(key, after, PAGE_EVENTS)?;
            let Some(last) = page.last().map(|committed| committed.seq) else { return Ok(transcript) };
            let read_on = full;
            for committed in &page {
                if let Some(message) = posted(&committed.event) {
                    match skipped {
                        0 if full => {}
                        0 => transcript.messages.push((committed.seq, message)),
                        _ => skipped -= 1,
                    }
                    full = transcript.messages.len() >= limit;
                }
                if !transcript.messages.is_empty() {
                    transcript.listener.take(&committed.event);
                }
            }
            if read_on || page.len() < PAGE_EVENTS {
                return Ok(transcript);
            }
            after = last;
            tokio::task::yield_now().await;
        }
    }

    /// The newest message of a session, for lists. The caller has entered, or is of the staff.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn last_message(&self, key: &SessionKey) -> Result<Option<Preview>, Refusal> {
        newest_message(&self.store, key).map_err(unreadable)
    }

    /// Sessions that are not closed, of one customer or of all, newest activity first: `limit` of them after the first
    /// `skip`. Of more than [`OPEN_LISTED_MAX`], or behind more than [`OPEN_SCANNED_MAX`] newer ones, the older are not in it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn open(
        &self,
        organization: &OrganizationId,
        customer: Option<&CustomerId>,
        skip: u64,
        limit: usize,
    ) -> Result<Vec<State>, Refusal> {
        let mut found = match customer {
            Some(customer) => self.open_of(organization, customer).await?,
            None => self.newest_open(organization, None, |_| true).await?,
        };
        found.sort_by_key(|state| {
            Reverse(state.last_message_at.map_or(state.started_at, |at| at.max(state.started_at)))
        });
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        Ok(found.into_iter().skip(skip).take(limit).collect())
    }

    async fn open_of(&self, organization: &OrganizationId, customer: &CustomerId) -> Result<Vec<State>, Refusal> {
        let (mut found, mut scanned, mut after) = (Vec::new(), 0, None);
        while found.len() < OPEN_LISTED_MAX && scanned < OPEN_SCANNED_MAX {
            let page = self.of_customer(organization, customer, after.as_ref(), STRIDE, Direction::Backward)?;
            scanned += page.items.len();
            // Each change of owner is in the saved header, so a header that says closed is right.
            let open = page.items.into_iter().filter(|found| found.record.owner != Owner::Closed);
            for header in open.take(OPEN_LISTED_MAX - found.len()) {
                found.push(self.brought_up(header.record)?);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    /// The state that a saved header and the log after it give, without the short-term parts: a list needs none of them.
    pub(in crate::engine) fn brought_up(&self, mut state: State) -> Result<State, Refusal> {
        let key = state.key.clone();
        loop {
            let page = self.events_after(&key, state.next_seq - 1, PAGE_EVENTS)?;
            page.iter().for_each(|committed| evolve(&mut state, &committed.event));
            if page.len() < PAGE_EVENTS {
                return Ok(State { memory: Memory::default(), recent: RecentIds::default(), ..state });
            }
        }
    }
}
