//! What a session's state holds for the people who serve it. Absent while nobody but the assistant had to do with it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{DeskEvent, Note, Offer, OfferEnd, Reader, Routing, Summary};
use super::promises::Promises;
use crate::domain::event::Requester;
use crate::domain::recent::RecentId;
use crate::domain::{Author, Message, MessageId, Owner, State, Timestamp, UserId};

/// The most people whose refusals of one session are remembered.
pub const DECLINED_MAX: usize = 32;

/// Of so many of the newest unread messages it is known where they stand; a reader who stops before all of those is told
/// that the older ones are unread too.
pub const UNREAD_TRACKED_MAX: usize = 32;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// How the queue treats it. It ends with the stay: the assistant's next handover routes anew.
    pub routing: Routing,
    /// Since when the customer waits in the queue, or waited until a person took them; kept when that person vanished, so
    /// that they are first again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Timestamp>,
    /// To whom it is offered now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// Who would not take it, or did not answer, since it came to the queue, and when; oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<(UserId, Timestamp)>,
    /// The person who had it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<UserId>,
    /// Since when it is put aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// The newest message, as far as anybody can have read.
    pub newest_message: u64,
    /// The newest message that the staff has read; who writes has read what stands before.
    pub read_by_staff: u64,
    /// The newest message that the customer has read.
    pub read_by_customer: u64,
    /// The customer's messages that the staff has not read.
    pub unread: u32,
    /// The places of the newest of them, oldest first; all that came after [`Self::tracked_after`] are here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_at: Vec<u64>,
    /// Unread messages up to this one are only counted.
    pub tracked_after: u64,
    /// What is promised to the customer.
    pub promises: Promises,
    /// Whether a person wrote to the customer since they were last asked how it was.
    pub human_wrote: bool,
    /// How it was.
    pub rating: RatingState,
    /// What whoever takes it should know, and the newest message that it has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Arc<(u64, Summary)>>,
}

/// How far the asking for a rating has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatingState {
    /// Not asked.
    #[default]
    NotAsked,
    /// Asked; no answer yet.
    Asked,
    /// Given.
    Given(u8),
}

/// Applies an event of the desk's to the session.
pub fn evolve(state: &mut State, seq: u64, event: &DeskEvent) {
    match event {
        DeskEvent::Routed { routing, .. } => of(state, seq).routing = routing.clone(),
        DeskEvent::Offered(offer) => of(state, seq).offer = Some(offer.clone()),
        DeskEvent::OfferEnded { user, how, at } => of(state, seq).offer_ended(*user, *how, *at),
        DeskEvent::Noted(note) => state.counters.with_client_id += u64::from(note.client_id.is_some()),
        DeskEvent::Held { at, .. } => of(state, seq).held_since = Some(*at),
        DeskEvent::Unheld { paused_ms, .. } => of(state, seq).unheld(*paused_ms),
        DeskEvent::Read { reader, upto, .. } => of(state, seq).was_read(*reader, *upto),
        DeskEvent::WrappedUp { .. } => {}
        DeskEvent::RatingAsked { .. } => {
            let service = of(state, seq);
            service.rating = RatingState::Asked;
            service.human_wrote = false;
        }
        DeskEvent::Rated(rating) => of(state, seq).rating = RatingState::Given(rating.score),
        DeskEvent::Target { target, mark, .. } => of(state, seq).promises.marked(*target, *mark),
        DeskEvent::Summarized { summary, upto } => of(state, seq).summary = Some(Arc::new((*upto, summary.clone()))),
    }
}

/// Takes an event of the desk's into the parts that the log gives back.
pub fn remember(state: &mut State, seq: u64, event: &DeskEvent) {
    if let DeskEvent::Noted(Note { user, client_id: Some(client_id), id, .. }) = event {
        let (user, message) = (Some(*user), MessageId(*id));
        state.recent.push(RecentId { user, client_id: client_id.clone(), message, seq });
    }
}

/// Something was said.
pub(in crate::domain) fn posted(state: &mut State, seq: u64, message: &Message) {
    let Some(service) = &mut state.service else { return };
    service.newest_message = seq;
    match &message.author {
        Author::Customer => {
            service.came_unread(seq);
            if !message.quiet && matches!(state.owner, Owner::Queue | Owner::Human { .. }) {
                service.promises.customer_wrote(message.at);
            }
        }
        Author::Agent { .. } => {
            service.human_wrote = true;
            service.promises.person_wrote();
            service.read_by_staff = seq;
            service.all_read();
        }
        Author::Assistant | Author::Notice(_) => {}
    }
}

/// The session gets another owner; `state` still has the old one. Nobody asked for it where a person vanished.
pub(in crate::domain) fn owner_moves(
    state: &mut State,
    seq: u64,
    owner: &Owner,
    by: Option<&Requester>,
    at: Timestamp,
) {
    if state.service.is_none() && matches!(owner, Owner::Assistant | Owner::Closed) {
        return;
    }
    let (was_closed, vanished) =
        (state.owner == Owner::Closed, matches!(state.owner, Owner::Human { .. }) && by.is_none());
    let service = of(state, seq);
    service.offer = None;
    service.held_since = None;
    if was_closed {
        service.routing = Routing::default();
    }
    match owner {
        Owner::Assistant => {
            service.routing = Routing::default();
            service.leaves_people();
        }
        Owner::Closed => service.leaves_people(),
        Owner::Queue => {
            service.queued_at = service.queued_at.filter(|_| vanished).or(Some(at));
            service.declined.clear();
            service.promises.begin(at);
        }
        Owner::Human { user, .. } => {
            service.last_agent = Some(*user);
            service.declined.clear();
            service.promises.begin(at);
        }
    }
}

impl Service {
    /// Whether it is put aside.
    pub const fn is_held(&self) -> bool {
        self.held_since.is_some()
    }

    fn offer_ended(&mut self, user: UserId, how: OfferEnd, at: Timestamp) {
        self.offer.take_if(|offer| offer.user == user);
        if !matches!(how, OfferEnd::Declined | OfferEnd::TimedOut) {
            return;
        }
        self.declined.retain(|(known, _)| *known != user);
        if self.declined.len() == DECLINED_MAX {
            self.declined.remove(0);
        }
        self.declined.push((user, at));
    }

    fn unheld(&mut self, paused_ms: u64) {
        self.held_since = None;
        self.promises.paused(paused_ms);
    }

    fn leaves_people(&mut self) {
        self.queued_at = None;
        self.declined.clear();
        self.promises.end();
    }

    fn was_read(&mut self, reader: Reader, upto: u64) {
        match reader {
            Reader::Customer => self.read_by_customer = self.read_by_customer.max(upto),
            Reader::Agent(_) if upto > self.read_by_staff => {
                self.read_by_staff = upto;
                let tracked = self.unread_at.len();
                self.unread_at.retain(|seq| *seq > upto);
                let counted =
                    if upto >= self.tracked_after { 0 } else { (self.unread as usize).saturating_sub(tracked) };
                self.unread = u32::try_from(counted + self.unread_at.len()).unwrap_or(u32::MAX);
            }
            Reader::Agent(_) => {}
        }
    }

    fn came_unread(&mut self, seq: u64) {
        self.unread = self.unread.saturating_add(1);
        if self.unread_at.len() == UNREAD_TRACKED_MAX {
            self.tracked_after = self.unread_at.remove(0);
        }
        self.unread_at.push(seq);
    }

    fn all_read(&mut self) {
        self.unread = 0;
        self.unread_at.clear();
    }
}

/// What the state holds for people, from the first event on that concerns them. What the customer wrote before is unread.
fn of(state: &mut State, seq: u64) -> &mut Service {
    let before = state.counters.customer_messages;
    state.service.get_or_insert_with(|| {
        let unread = u32::try_from(before).unwrap_or(u32::MAX);
        Box::new(Service { newest_message: seq, tracked_after: seq, unread, ..Service::default() })
    })
}
