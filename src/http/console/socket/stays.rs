//! The sessions that a connection listens to itself: those that its person has open, has, or is offered.

use std::collections::HashMap;

use super::super::viewers::Viewing;
use super::{AgentSocket, frame};
use crate::bus::Subscription;
use crate::domain::{DeskEvent, Event, Owner, Refusal, SessionId, SessionKey};
use crate::http::live::{DraftView, Frames};

/// The most sessions that one connection may have open.
pub(super) const WATCHED_MAX: usize = 200;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Stays(HashMap<SessionId, Stay>);

/// Why a session is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The person has it open.
    Watched,
    /// It is theirs.
    Had,
    /// It is offered to them.
    Offered,
}

#[derive(Debug)]
struct Stay {
    #[expect(dead_code, reason = "held, not read")]
    listening: Subscription,
    /// Its newest event that was given from the log, not from the bus.
    seen: u64,
    draft: DraftView,
    watched: bool,
    had: bool,
    offered: bool,
    viewing: Option<Viewing>,
}

impl Stay {
    const fn flag(&mut self, reason: Reason) -> &mut bool {
        match reason {
            Reason::Watched => &mut self.watched,
            Reason::Had => &mut self.had,
            Reason::Offered => &mut self.offered,
        }
    }
}

impl Stays {
    /// The newest event of a session that was given from its log.
    pub(super) fn seen(&self, session: &SessionId) -> u64 {
        self.0.get(session).map_or(0, |stay| stay.seen)
    }

    /// Everything up to this event was given.
    pub(super) fn saw(&mut self, session: &SessionId, seq: u64) {
        if let Some(stay) = self.0.get_mut(session) {
            stay.seen = stay.seen.max(seq);
        }
    }

    /// What the connection has of the assistant's answer.
    pub(super) fn draft(&mut self, session: &SessionId) -> Option<&mut DraftView> {
        self.0.get_mut(session).map(|stay| &mut stay.draft)
    }

    /// Whether the person has it open.
    pub(super) fn is_watched(&self, session: &SessionId) -> bool {
        self.0.get(session).is_some_and(|stay| stay.watched)
    }

    /// Those that the person has open.
    pub(super) fn watched(&self) -> Vec<SessionId> {
        self.0.iter().filter(|(_, stay)| stay.watched).map(|(session, _)| session.clone()).collect()
    }

    /// All of them begin anew.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn release(&mut self, session: &SessionId, reason: Reason) {
        let Some(stay) = self.0.get_mut(session) else { return };
        *stay.flag(reason) = false;
        if reason == Reason::Watched {
            stay.viewing = None;
        }
        if !(stay.watched || stay.had || stay.offered) {
            self.0.remove(session);
        }
    }
}

impl AgentSocket {
    /// Listens to a session from now on. What there is of the assistant's answer is told.
    pub(super) fn follow(&mut self, key: &SessionKey, reason: Reason, out: &mut Frames) {
        if let Some(stay) = self.stays.0.get_mut(&key.session) {
            *stay.flag(reason) = true;
            return;
        }
        let sessions = &self.doors.engine.sessions;
        let mut stay = Stay {
            listening: sessions.join(key, &self.outbox),
            seen: 0,
            draft: DraftView::default(),
            watched: false,
            had: false,
            offered: false,
            viewing: None,
        };
        *stay.flag(reason) = true;
        if let Some(piece) = sessions.draft(key)
            && stay.draft.takes(&piece)
        {
            out.extend(frame::draft(&key.session, &piece));
        }
        self.stays.0.insert(key.session.clone(), stay);
    }

    /// The person opens a session: those who have it open too are told.
    ///
    /// # Errors
    /// `Conflict` when too many are open.
    pub(super) fn open(&mut self, key: &SessionKey, out: &mut Frames) -> Result<(), Refusal> {
        let is_open = self.stays.0.get(&key.session).is_some_and(|stay| stay.watched);
        if !is_open && self.stays.watched().len() >= WATCHED_MAX {
            return Err(Refusal::conflict(format!("at most {WATCHED_MAX} sessions may be open")));
        }
        self.follow(key, Reason::Watched, out);
        if let Some(listening) = &self.listening {
            listening.desk.watch(&key.session);
        }
        let Some(stay) = self.stays.0.get_mut(&key.session) else { return Ok(()) };
        if stay.viewing.is_none() {
            stay.viewing = self.doors.viewers.open(key, self.person.user, &self.person.name, &self.outbox);
        }
        Ok(())
    }

    /// The person closes it again.
    pub(super) fn shut(&mut self, session: &SessionId) {
        if let Some(listening) = &self.listening {
            listening.desk.unwatch(session);
        }
        self.stays.release(session, Reason::Watched);
    }

    /// Listens to what these events give to the person, and no longer to what they take away.
    pub(super) fn keep_up<'a>(
        &mut self,
        events: impl Iterator<Item = (u64, &'a Event)>,
        key: &SessionKey,
        out: &mut Frames,
    ) {
        let me = self.person.user;
        for (seq, event) in events {
            self.stays.saw(&key.session, seq);
            match event {
                Event::OwnerMoved { owner: Owner::Human { user, .. }, .. } if *user == me => {
                    self.follow(key, Reason::Had, out);
                }
                Event::OwnerMoved { .. } => self.stays.release(&key.session, Reason::Had),
                Event::Desk(DeskEvent::Offered(offer)) if offer.user == me => self.follow(key, Reason::Offered, out),
                Event::Desk(DeskEvent::OfferEnded { user, .. }) if *user == me => {
                    self.stays.release(&key.session, Reason::Offered);
                }
                Event::Started(_)
                | Event::Posted(_)
                | Event::TurnEnded { .. }
                | Event::Suggested(_)
                | Event::Condensed(_)
                | Event::ContextReset { .. }
                | Event::CommandParked { .. }
                | Event::Desk(_) => {}
            }
        }
    }
}
