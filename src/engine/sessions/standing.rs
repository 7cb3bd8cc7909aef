//! Whether a session was a person's at a place of its log: what they had then, and were told of, is theirs to catch up with,
//! also where it was taken from them since.

use super::{Sessions, unreadable};
use crate::domain::{DeskEvent, Event, Owner, Refusal, SessionKey, State, UserId};
use crate::store::{log, record};

/// Events that are read at a time.
const PAGE_EVENTS: usize = 256;

/// How many events may be read to find out how somebody stood to all the sessions that they ask about.
pub const READ_MAX_EVENTS: usize = 20_000;

/// How a person stands to a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    has: bool,
    is_offered: bool,
}

/// What is left of [`READ_MAX_EVENTS`].
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(READ_MAX_EVENTS)
    }
}

impl Standing {
    /// Whether the person hears what happens in it.
    pub const fn hears(self) -> bool {
        self.has || self.is_offered
    }

    /// How the person stands to it after this.
    pub fn take(&mut self, event: &Event, me: UserId) {
        if let Some(passing) = Passing::of(event) {
            *self = passing.after(me);
        }
    }
}

/// A session is passed on, and with it who hears of it. An offer ends before the owner moves.
#[derive(Debug, Clone, Copy)]
enum Passing<'a> {
    Moved(&'a Owner),
    Offered(UserId),
    OfferEnded(UserId),
}

impl<'a> Passing<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match event {
            Event::OwnerMoved { owner, .. } => Some(Self::Moved(owner)),
            Event::Desk(DeskEvent::Offered(offer)) => Some(Self::Offered(offer.user)),
            Event::Desk(DeskEvent::OfferEnded { user, .. }) => Some(Self::OfferEnded(*user)),
            Event::Started(_)
            | Event::Posted(_)
            | Event::TurnEnded { .. }
            | Event::Suggested(_)
            | Event::Condensed(_)
            | Event::ContextReset { .. }
            | Event::CommandParked { .. }
            | Event::Desk(_) => None,
        }
    }

    /// What is offered waits, so nobody has it.
    fn after(self, me: UserId) -> Standing {
        match self {
            Self::Moved(owner) => Standing { has: is_of(owner, me), is_offered: false },
            Self::Offered(user) => Standing { has: false, is_offered: user == me },
            Self::OfferEnded(_) => Standing::default(),
        }
    }
}

impl Sessions {
    /// How a person stood to a session before the event `first`; `None` where that is too far back to be read.
    ///
    /// The first passing on after that place tells most of it: an offer that ends was open before. Where the owner moved, it is
    /// looked for further back; where there was none, the session stands as it does now.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn standing_before(
        &self,
        key: &SessionKey,
        first: u64,
        me: UserId,
        budget: &mut Budget,
    ) -> Result<Option<Standing>, Refusal> {
        let found = record::get::<State>(&self.store, &key.organization, key.session.as_str()).map_err(unreadable)?;
        // Whoever was never with people has no such part.
        let Some(header) = found.map(|found| found.record).filter(|header| header.service.is_some()) else {
            return Ok(Some(Standing::default()));
        };
        // Before the log is gone through: what happens meanwhile is found there.
        let now = self.brought_up(header)?;
        let mut after = first.saturating_sub(1);
        loop {
            let Some(page) = self.within(key, after, PAGE_EVENTS, budget)? else { return Ok(None) };
            match page.iter().find_map(|one| Passing::of(&one.event)) {
                Some(Passing::OfferEnded(user)) => return Ok(Some(Standing { has: false, is_offered: user == me })),
                Some(Passing::Offered(_)) => return Ok(Some(Standing::default())),
                Some(Passing::Moved(_)) => return self.looked_back(key, first, me, budget),
                None => {}
            }
            match page.last() {
                Some(last) if page.len() == PAGE_EVENTS => after = last.seq,
                _ => break,
            }
        }
        let offer = now.service.as_ref().and_then(|service| service.offer.as_ref());
        Ok(Some(Standing { has: is_of(&now.owner, me), is_offered: offer.is_some_and(|offer| offer.user == me) }))
    }

    /// What the last passing on before `first` left.
    fn looked_back(
        &self,
        key: &SessionKey,
        first: u64,
        me: UserId,
        budget: &mut Budget,
    ) -> Result<Option<Standing>, Refusal> {
        let mut end = first.saturating_sub(1);
        while end > 0 {
            let after = end.saturating_sub(PAGE_EVENTS as u64);
            let limit = usize::try_from(end - after).unwrap_or(PAGE_EVENTS);
            let Some(page) = self.within(key, after, limit, budget)? else { return Ok(None) };
            if let Some(passing) = page.iter().rev().find_map(|one| Passing::of(&one.event)) {
                return Ok(Some(passing.after(me)));
            }
            end = after;
        }
        Ok(Some(Standing::default()))
    }

    fn within(
        &self,
        key: &SessionKey,
        after: u64,
        limit: usize,
        budget: &mut Budget,
    ) -> Result<Option<Vec<log::Logged<Event>>>, Refusal> {
        let Some(left) = budget.0.checked_sub(limit) else { return Ok(None) };
        budget.0 = left;
        let page = log::read(&self.store, key, after, limit).map_err(unreadable)?;
        budget.0 += limit - page.len();
        Ok(Some(page))
    }
}

fn is_of(owner: &Owner, me: UserId) -> bool {
    match owner {
        Owner::Human { user, .. } => *user == me,
        Owner::Assistant | Owner::Queue | Owner::Closed => false,
    }
}
