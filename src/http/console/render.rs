//! The domain's things as JSON.

mod cache;
mod costs;
mod dashboard;
pub(super) mod event;
pub(super) mod knowledge;
mod people;
mod privacy;
pub(super) mod system;
mod tool;
mod unanswered;
mod words;

use super::wire::{Account, AgentRow, Canned, Colleague, CustomerName, Last, Named, NamedTeam, Summary, Target};
use crate::domain::desk::agent::Team;
use crate::domain::desk::case::Preview;
use crate::domain::desk::news::TargetClock;
use crate::domain::desk::service::RatingState;
use crate::domain::desk::{AgentCard, Listed, Presence};
use crate::domain::{CannedReply, Organization, Owner, PersonName, Timestamp, User, UserId};

pub(super) use cache::cache;
pub(super) use costs::{budget, costs, units};
pub(super) use dashboard::dashboard;
pub(super) use people::{audit, customer, customer_of, memory};
pub(super) use privacy::{erasure, hold, retention};
pub(super) use tool::{model, tool, tool_answer};
pub(super) use unanswered::unanswered;
pub(super) use words::{author, channel, offer_end, owner, priority, target};

/// How much of a message lists show, in characters.
const PREVIEW_MAX_CHARS: usize = 200;

/// A session in a list.
pub(super) fn summary(listed: &Listed) -> Summary {
    let case = &listed.case;
    let service = &case.service;
    let text = |at: Timestamp| at.to_string();
    Summary {
        id: case.key.session.to_string(),
        customer: CustomerName { id: case.customer.to_string(), name: case.customer_name.as_ref().map(name) },
        channel: channel(case.channel),
        language: case.language.clone(),
        owner: owner(&case.owner),
        agent: agent_of(&case.owner),
        epoch: case.epoch,
        seq: case.seq,
        priority: priority(service.routing.priority),
        skills: service.routing.skills.iter().map(|skill| skill.as_str().to_owned()).collect(),
        team: service.routing.team.map(|team| team.0.to_string()),
        intent: case.intent.clone(),
        started_at: text(case.started_at),
        queued_at: service.queued_at.filter(|_| case.owner == Owner::Queue).map(text),
        place: listed.place,
        offered_to: service.offer.as_ref().map(|offer| offer.user.to_string()),
        held: service.held_since.is_some(),
        waiting_since: waiting_since(listed).map(text),
        last: listed.last.as_ref().or(case.last.as_ref()).map(last),
        read_upto: service.read_by_staff,
        customer_read_upto: service.read_by_customer,
        unread: service.unread,
        targets: listed.targets.iter().map(clock).collect(),
        rating: if let RatingState::Given(score) = service.rating { Some(score) } else { None },
    }
}

/// A person of the staff, as the desk sees them.
pub(super) fn agent(card: &AgentCard) -> AgentRow {
    let (status, online) = match card.presence {
        Presence::There(said) => (words::availability(said), true),
        Presence::Vanished => ("vanished", false),
        Presence::Offline(said) => (words::availability(said), false),
    };
    AgentRow {
        id: card.user.to_string(),
        name: name(&card.name),
        status,
        online,
        load: card.load,
        capacity: card.capacity,
        skills: card.skills.iter().map(|skill| skill.as_str().to_owned()).collect(),
        teams: card.teams.iter().map(|team| team.0.to_string()).collect(),
    }
}

/// A person with what administrators see besides.
pub(super) fn colleague(card: &AgentCard, user: &User) -> Colleague {
    Colleague {
        agent: agent(card),
        email: user.email.as_str().to_owned(),
        role: user.role.as_str(),
        active: user.active,
        last_login_at: user.last_login_at.map(|at| at.to_string()),
    }
}

/// A team.
pub(super) fn team(team: &Team) -> NamedTeam {
    NamedTeam { id: team.id.0.to_string(), name: team.name.as_str().to_owned() }
}

/// Somebody with a name.
pub(super) fn person(user: UserId, called: &PersonName) -> Named {
    Named { id: user.to_string(), name: name(called) }
}

/// A person with an account.
pub(super) fn account(user: &User) -> Account {
    Account {
        id: user.id.to_string(),
        name: name(user.name.full()),
        email: user.email.as_str().to_owned(),
        role: user.role.as_str(),
    }
}

/// An organization.
pub(super) fn organization(organization: &Organization) -> Named {
    Named { id: organization.id.to_string(), name: organization.name.as_str().to_owned() }
}

/// A canned reply.
pub(super) fn canned(reply: &CannedReply) -> Canned {
    Canned {
        id: reply.id.to_string(),
        shortcut: reply.shortcut.as_str().to_owned(),
        title: reply.title.as_str().to_owned(),
        text: reply.text.as_str().to_owned(),
        team: reply.team.map(|team| team.0.to_string()),
        updated_at: reply.updated_at.to_string(),
    }
}

fn agent_of(owner: &Owner) -> Option<Named> {
    match owner {
        Owner::Human { user, name } => Some(person(*user, name)),
        Owner::Assistant | Owner::Queue | Owner::Closed => None,
    }
}

/// Since when the customer has the last word: the clock of the next response knows it best.
fn waiting_since(listed: &Listed) -> Option<Timestamp> {
    let case = &listed.case;
    if !case.customer_waits || case.owner == Owner::Closed {
        return None;
    }
    let clock = case.service.promises.next_response.as_ref().map(|clock| clock.since);
    clock.or(case.last_message_at)
}

fn last(preview: &Preview) -> Last {
    let text = preview
        .text
        .char_indices()
        .nth(PREVIEW_MAX_CHARS)
        .map_or(&*preview.text, |(end, _)| preview.text.get(..end).unwrap_or_default());
    Last { seq: preview.seq, from: author(&preview.author), text: text.to_owned(), at: preview.at.to_string() }
}

fn clock(clock: &TargetClock) -> Target {
    Target { target: target(clock.target), due_at: clock.due_at.to_string(), state: words::target_state(clock.state) }
}

fn name(name: &PersonName) -> String {
    name.as_str().to_owned()
}
