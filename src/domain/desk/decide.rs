//! What a command of the people or the desk leads to in one session.

use uuid::Uuid;

use super::DeskCommand;
use super::command::TransferTo;
use super::event::{DeskEvent, Mark, Note, Offer, OfferEnd, Priority, Reader, Skill, Summary, Target, TeamId};
use super::service::Service;
use super::settings::check_skills;
use super::{rating, routing, summary};
use crate::domain::command::Receipt;
use crate::domain::decide::{Decision, Moment, closed, done, existing, has, unmoved};
use crate::domain::ending::{moved, moves, queued, turn_ended};
use crate::domain::event::TurnOutcome;
use crate::domain::{
    Body, ClientMessageId, Event, Label, MessageId, Outcome, Owner, PersonName, Refusal, State, UserId, Visitor,
};

/// Decides.
///
/// # Errors
/// The refusal that the caller is told; nothing happens then.
pub fn decide(state: &State, command: &DeskCommand, at: Moment<'_>) -> Result<Decision, Refusal> {
    if !state.exists() {
        return Err(Refusal::NotFound { what: "session" });
    }
    match command {
        DeskCommand::Offer { user, name, until, if_epoch } => {
            let offer = Offer { user: *user, name: name.clone(), until: *until, at: at.now };
            offered(state, offer, *if_epoch)
        }
        DeskCommand::EndOffer { user, how } => end_offer(state, *user, *how, at),
        DeskCommand::Accept { visitor, if_epoch } => accept(state, visitor, *if_epoch, at),
        DeskCommand::Route { visitor, priority, skills, team } => {
            route(state, visitor, *priority, skills.as_deref(), *team)
        }
        DeskCommand::Transfer { visitor, to, note, note_id, if_epoch } => {
            unmoved(state, visitor, *if_epoch)?;
            transfer(state, visitor, to, note.as_ref().map(|body| (*note_id, body)), at)
        }
        DeskCommand::Abandon { user } => Ok(abandon(state, *user, at)),
        DeskCommand::Note { visitor, id, body, client_id } => note(state, visitor, *id, body, client_id.as_ref(), at),
        DeskCommand::Hold { visitor } => hold(state, visitor, at),
        DeskCommand::Unhold { visitor } => unhold(state, visitor, at),
        DeskCommand::Read { visitor, upto } => read(state, visitor, *upto, at),
        DeskCommand::WrapUp { visitor, reason, summary, if_epoch } => {
            wrap_up(state, visitor, reason, summary.as_ref(), *if_epoch, at)
        }
        DeskCommand::Rate { visitor, score, comment } => rate(state, visitor, *score, comment.as_ref(), at),
        DeskCommand::Mark { target, mark } => Ok(mark_target(state, *target, *mark, at)),
        DeskCommand::Summarize { summary, upto } => Ok(summarize(state, summary, *upto)),
    }
}

/// What has to end before the session gets another owner: the offer, and that it is put aside.
pub(in crate::domain) fn parting(state: &State, how: OfferEnd, at: Moment<'_>) -> impl Iterator<Item = Event> + use<> {
    let service = state.service.as_deref();
    let ended = |offer: &Offer| DeskEvent::OfferEnded { user: offer.user, how, at: at.now };
    let offer = service.and_then(|service| service.offer.as_ref()).map(ended);
    taken_up(state, None, at).into_iter().chain(offer.map(Event::Desk))
}

/// The session is no longer put aside, if it was: by whom, or because the customer wrote or the owner changes.
pub(in crate::domain) fn taken_up(state: &State, user: Option<UserId>, at: Moment<'_>) -> Option<Event> {
    let since = state.service.as_ref()?.held_since?;
    let paused_ms = at.policy.desk.counted_ms(since, at.now);
    Some(Event::Desk(DeskEvent::Unheld { user, paused_ms, at: at.now }))
}

/// A note that goes with something else.
pub(in crate::domain) fn noted(id: Uuid, user: UserId, name: &PersonName, body: &Body, at: Moment<'_>) -> Event {
    let (name, body) = (name.clone(), body.clone());
    Event::Desk(DeskEvent::Noted(Note { id, user, name, body, client_id: None, at: at.now }))
}

fn offered(state: &State, offer: Offer, if_epoch: u64) -> Result<Decision, Refusal> {
    if state.owner != Owner::Queue || state.epoch != if_epoch {
        return Err(moved_on());
    }
    if open_offer(state).is_some() {
        return Err(Refusal::conflict("the session is offered to somebody already"));
    }
    Ok(one(DeskEvent::Offered(offer)))
}

/// Only [`accept`] ends an offer as accepted.
fn end_offer(state: &State, user: UserId, how: OfferEnd, at: Moment<'_>) -> Result<Decision, Refusal> {
    if how == OfferEnd::Accepted {
        return Err(Refusal::conflict("an offer is accepted by whom it was made to"));
    }
    let open = open_offer(state).filter(|offer| offer.user == user);
    Ok(perhaps(open.map(|_| DeskEvent::OfferEnded { user, how, at: at.now })))
}

/// Whoever has the session already has accepted it: the same command twice is no conflict.
fn accept(state: &State, visitor: &Visitor, if_epoch: u64, at: Moment<'_>) -> Result<Decision, Refusal> {
    let (user, name) = person(visitor)?;
    if has(state, user) {
        return Ok(done(Vec::new()));
    }
    if state.owner != Owner::Queue || state.epoch != if_epoch {
        return Err(moved_on());
    }
    if open_offer(state).is_none_or(|offer| offer.user != user) {
        return Err(Refusal::conflict("the session is not offered to you"));
    }
    let owner = Owner::Human { user, name: name.clone() };
    let mut events: Vec<Event> = parting(state, OfferEnd::Accepted, at).collect();
    events.push(moved(state, owner, "an agent accepted", Some(visitor.requester()), at));
    Ok(done(events))
}

fn route(
    state: &State,
    visitor: &Visitor,
    priority: Option<Priority>,
    skills: Option<&[Skill]>,
    team: Option<Option<TeamId>>,
) -> Result<Decision, Refusal> {
    person(visitor)?;
    check_skills("skills", skills.unwrap_or_default())?;
    let now = routing::of(state);
    let mut routing = now.clone();
    routing.priority = priority.unwrap_or(routing.priority);
    routing.skills = skills.map_or(routing.skills, routing::in_order);
    routing.team = team.unwrap_or(routing.team);
    let by = Some(visitor.requester());
    Ok(perhaps((routing != now).then_some(DeskEvent::Routed { routing, by })))
}

fn transfer(
    state: &State,
    visitor: &Visitor,
    to: &TransferTo,
    note: Option<(Uuid, &Body)>,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    let (user, name) = person(visitor)?;
    if state.owner == Owner::Closed {
        return Err(Refusal::conflict("the session is closed"));
    }
    let mut events: Vec<Event> = note.map(|(id, body)| noted(id, user, name, body, at)).into_iter().collect();
    match to {
        TransferTo::Agent { user, .. } if has(state, *user) => {
            return Err(Refusal::conflict("they have the session already"));
        }
        TransferTo::Agent { user, name } => {
            let owner = Owner::Human { user: *user, name: name.clone() };
            events.extend(moves(state, owner, "transferred to an agent", Some(visitor.requester()), at));
            events.extend(turn_ended(state, TurnOutcome::TakenOver));
        }
        TransferTo::Team(team) => events.extend(to_team(state, visitor, *team, at)),
    }
    Ok(done(events))
}

/// A person's choice of team stands in place of what rules asked for: a skill that nobody of the team has would keep the
/// customer waiting. Who waits already keeps their place, but nobody outside of the team is asked any more.
fn to_team(state: &State, visitor: &Visitor, team: TeamId, at: Moment<'_>) -> Vec<Event> {
    let routing = super::event::Routing { skills: Vec::new(), team: Some(team), only: None, ..routing::of(state) };
    let by = Some(visitor.requester());
    let mut events = Vec::new();
    if state.owner == Owner::Queue {
        events.extend(parting(state, OfferEnd::Withdrawn, at));
    } else {
        events.extend(moves(state, Owner::Queue, "transferred to a team", by.clone(), at));
        events.push(queued(at));
    }
    events.push(Event::Desk(DeskEvent::Routed { routing, by }));
    events.extend(turn_ended(state, TurnOutcome::Queued));
    events
}

/// Nobody asks for this move, which is how the log tells it from others: the customer keeps their place.
fn abandon(state: &State, user: UserId, at: Moment<'_>) -> Decision {
    if !has(state, user) {
        return done(Vec::new());
    }
    let mut events = moves(state, Owner::Queue, "the agent went away", None, at);
    events.push(queued(at));
    done(events)
}

fn note(
    state: &State,
    visitor: &Visitor,
    id: Uuid,
    body: &Body,
    client_id: Option<&ClientMessageId>,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    let (user, name) = person(visitor)?;
    let receipt = |message, seq, duplicate| {
        Outcome::Posted(Receipt { message, seq, stream: state.stream, duplicate, awaits_turn: false })
    };
    if let Some(known) = client_id.and_then(|id| state.recent(Some(user), id)) {
        return Ok(Decision { events: Vec::new(), outcome: receipt(known.message, known.seq, true) });
    }
    let (name, body, client_id) = (name.clone(), body.clone(), client_id.cloned());
    let note = Note { id, user, name, body, client_id, at: at.now };
    let outcome = receipt(MessageId(id), state.next_seq, false);
    Ok(Decision { events: vec![Event::Desk(DeskEvent::Noted(note))], outcome })
}

fn hold(state: &State, visitor: &Visitor, at: Moment<'_>) -> Result<Decision, Refusal> {
    let user = owner(state, visitor)?;
    let held = state.service.as_deref().is_some_and(Service::is_held);
    Ok(perhaps((!held).then_some(DeskEvent::Held { user, at: at.now })))
}

fn unhold(state: &State, visitor: &Visitor, at: Moment<'_>) -> Result<Decision, Refusal> {
    let user = owner(state, visitor)?;
    Ok(done(taken_up(state, Some(user), at).into_iter().collect()))
}

/// While people have nothing to do with a session nobody asks who has read it, so nothing is kept. Only messages are read:
/// what stands behind the newest one is clipped, so that a reader of this event has nothing new to read.
fn read(state: &State, visitor: &Visitor, upto: u64, at: Moment<'_>) -> Result<Decision, Refusal> {
    visitor.enter(state)?;
    let Some(service) = &state.service else { return Ok(done(Vec::new())) };
    let (reader, known) = match visitor {
        Visitor::Customer(_) | Visitor::Anonymous { .. } => (Reader::Customer, service.read_by_customer),
        Visitor::Staff { user, .. } => (Reader::Agent(*user), service.read_by_staff),
        Visitor::Service => return Err(Refusal::Forbidden),
    };
    let upto = upto.min(service.newest_message);
    Ok(perhaps((upto > known).then_some(DeskEvent::Read { reader, upto, at: at.now })))
}

fn wrap_up(
    state: &State,
    visitor: &Visitor,
    reason: &Label,
    summary: Option<&Body>,
    if_epoch: Option<u64>,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    let (user, _) = person(visitor)?;
    if state.owner == Owner::Closed {
        return Ok(done(Vec::new()));
    }
    unmoved(state, visitor, if_epoch)?;
    let wrapped_up = DeskEvent::WrappedUp { user, reason: reason.clone(), summary: summary.cloned(), at: at.now };
    let ended = turn_ended(state, TurnOutcome::Closed).into_iter();
    let closed = closed(state, "ended on request", Some(visitor.requester()), at);
    Ok(done(ended.chain([Event::Desk(wrapped_up)]).chain(closed).collect()))
}

fn rate(
    state: &State,
    visitor: &Visitor,
    score: u8,
    comment: Option<&Body>,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    existing(state, visitor)?;
    match visitor {
        Visitor::Customer(_) | Visitor::Anonymous { .. } => {}
        Visitor::Staff { .. } | Visitor::Service => return Err(Refusal::Forbidden),
    }
    rating::given(state, score, comment, at.now).map(|event| done(vec![event]))
}

fn mark_target(state: &State, target: Target, mark: Mark, at: Moment<'_>) -> Decision {
    let service = state.service.as_ref().filter(|service| !service.is_held());
    let clock = service.and_then(|service| service.promises.of(target));
    let is_new = clock.is_some_and(|clock| clock.mark < Some(mark));
    perhaps(is_new.then_some(DeskEvent::Target { target, mark, at: at.now }))
}

fn summarize(state: &State, summary: &Summary, upto: u64) -> Decision {
    let known = state.service.as_ref().and_then(|service| service.summary.as_deref());
    let outdated = known.is_some_and(|(seen, known)| upto < *seen || (upto == *seen && known == summary));
    let upto = upto.min(state.next_seq - 1);
    let summary = summary::within_limits(summary);
    perhaps((!outdated).then_some(DeskEvent::Summarized { summary, upto }))
}

/// The person of the staff that a visitor is.
fn person(visitor: &Visitor) -> Result<(UserId, &PersonName), Refusal> {
    match visitor {
        Visitor::Staff { user, name } => Ok((*user, name)),
        Visitor::Customer(_) | Visitor::Anonymous { .. } | Visitor::Service => Err(Refusal::Forbidden),
    }
}

/// The visitor, if they have the session.
fn owner(state: &State, visitor: &Visitor) -> Result<UserId, Refusal> {
    let (user, _) = person(visitor)?;
    if has(state, user) { Ok(user) } else { Err(Refusal::conflict("you do not have the session")) }
}

fn open_offer(state: &State) -> Option<&Offer> {
    state.service.as_ref()?.offer.as_ref()
}

fn moved_on() -> Refusal {
    Refusal::conflict("the session has moved on since")
}

fn one(event: DeskEvent) -> Decision {
    done(vec![Event::Desk(event)])
}

fn perhaps(event: Option<DeskEvent>) -> Decision {
    done(event.map(Event::Desk).into_iter().collect())
}
