//! Users, sessions, figures and the audit log in the document's words.

use std::collections::BTreeMap;

use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::figures::{Cohort, Spans};
use crate::domain::{Author, Channel, Customer, Message, Owner, Role, State, User};
use crate::engine::analytics::{self, IntentOutcome};
use crate::http::platform::decode::admin::Slice;
use crate::http::platform::wire::admin::{
    self as wire, ActiveSession, AuditActor, AuditChange, AuditRow, AuditTarget, Conversations, CustomerInfo,
    Dashboard, DayRow, IntentRow, Overview, Pagination, Period, Session, SessionDetails, SessionMessage,
    SessionStanding,
};

/// The most intents that a dashboard names.
const TOP_INTENTS: usize = 10;

/// The channels that a dashboard has, also where nobody used them.
const CHANNELS_SHOWN: [Channel; 3] = [Channel::Whatsapp, Channel::Web, Channel::Email];

/// Where a page stands among all.
pub(in super::super) const fn pagination(slice: Slice, total: usize) -> Pagination {
    let total = total as u64;
    Pagination { total, page: slice.page, limit: slice.limit, pages: total.div_ceil(slice.limit) }
}

/// A user who was just made: the document shows no login of theirs.
pub(in super::super) fn new_user(user: &User) -> wire::NewUser {
    wire::NewUser {
        id: user.id.to_string(),
        email: user.email.as_str().to_owned(),
        first_name: user.name.first().to_owned(),
        last_name: user.name.last().to_owned(),
        role: role(user.role),
        organization_id: user.organization.to_string(),
        is_active: user.active,
        created_at: user.created_at.to_string(),
    }
}

/// A user.
pub(in super::super) fn user(user: &User) -> wire::User {
    wire::User { new: new_user(user), last_login_at: user.last_login_at.map(|at| at.to_string()) }
}

/// A session of a list, with what is noted of its customer.
pub(in super::super) fn active_session(state: &State, noted: Option<&Customer>) -> ActiveSession {
    ActiveSession {
        id: state.key.session.to_string(),
        customer_id: state.customer.to_string(),
        customer_name: customer_info(state, noted).name,
        standing: standing(state),
    }
}

/// A session with its messages.
pub(in super::super) fn session_details(
    state: &State,
    noted: Option<&Customer>,
    messages: &[(u64, Message)],
) -> SessionDetails {
    let session = Session {
        id: state.key.session.to_string(),
        customer_id: state.customer.to_string(),
        customer_info: customer_info(state, noted),
        standing: standing(state),
    };
    SessionDetails { session, messages: messages.iter().map(|(_, message)| session_message(message)).collect() }
}

/// A range of days.
pub(in super::super) fn dashboard(overview: &analytics::Overview) -> Dashboard {
    let date = |day: Option<&analytics::Day>| day.map(|day| day.date.to_string()).unwrap_or_default();
    let mut by_channel: BTreeMap<&'static str, Conversations> =
        CHANNELS_SHOWN.iter().map(|channel| (channel.as_str(), conversations(&Cohort::default()))).collect();
    by_channel.extend(overview.by_channel.iter().map(|(channel, all)| (channel.as_str(), conversations(&all.began))));
    let (all, flow) = (conversations(&overview.all.began), &overview.all.flow);
    Dashboard {
        period: Period { start: date(overview.days.first()), end: date(overview.days.last()) },
        overview: Overview {
            total_conversations: all.conversations,
            ai_resolved: all.ai_resolved,
            agent_handovers: all.agent_handovers,
            avg_response_time: mean_s(flow.answers.total()),
            avg_resolution_time: mean_s(flow.resolutions.total()),
            avg_satisfaction_score: overview.all.flow.ratings.mean().map(two_decimals),
        },
        by_channel,
        by_day: overview.days.iter().map(day).collect(),
        top_intents: top_intents(&overview.first_intents),
    }
}

/// An administrative act.
pub(in super::super) fn audit_entry(entry: AuditEntry) -> AuditRow {
    let AuditEntry { id, at, by, address, act, on, changes, organization: _ } = entry;
    let actor = match by {
        Actor::User { id, name } => {
            AuditActor { kind: "user", id: Some(id.to_string()), name: Some(name.as_str().to_owned()) }
        }
        Actor::Key { id } => AuditActor { kind: "api_key", id: Some(id.to_string()), name: None },
        Actor::Operator => AuditActor { kind: "operator", id: None, name: None },
    };
    let changes =
        changes.into_iter().map(|change| AuditChange { field: change.field, from: change.from, to: change.to });
    AuditRow {
        id: id.to_string(),
        at: at.to_string(),
        actor,
        action: act.as_str(),
        target: AuditTarget { kind: on.kind, id: on.id, name: on.name },
        changes: changes.collect(),
        address: address.map(|address| address.to_string()),
    }
}

/// The document knows admin, agent and customer.
const fn role(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin | Role::Admin => "admin",
        Role::Agent => "agent",
        Role::Customer => "customer",
    }
}

fn standing(state: &State) -> SessionStanding {
    let (status, agent) = match &state.owner {
        Owner::Assistant => ("ai", None),
        Owner::Queue => ("waiting", None),
        Owner::Human { user, name } => ("with_agent", Some((user.to_string(), name.as_str().to_owned()))),
        Owner::Closed => ("closed", None),
    };
    let (agent_id, agent_name) = agent.unzip();
    SessionStanding {
        channel: state.channel.as_str(),
        status,
        agent_id,
        agent_name,
        started_at: state.started_at.to_string(),
        last_message_at: state.last_message_at.map(|at| at.to_string()),
    }
}

/// What is noted, and else what the session began with.
fn customer_info(state: &State, noted: Option<&Customer>) -> CustomerInfo {
    let of = |field: fn(&Customer) -> Option<&str>| noted.and_then(field).map(str::to_owned);
    let said = || state.customer_name.as_ref().map(|name| name.as_str().to_owned());
    CustomerInfo {
        name: of(|customer| customer.name.as_ref().map(|name| name.as_str())).or_else(said),
        email: of(|customer| customer.email.as_ref().map(|email| email.as_str())),
        phone: of(|customer| customer.phone.as_ref().map(|phone| phone.as_str())),
    }
}

fn session_message(message: &Message) -> SessionMessage {
    SessionMessage {
        id: message.id.to_string(),
        text: message.body.as_str().to_owned(),
        sender: match message.author {
            Author::Customer => "customer",
            Author::Assistant | Author::Notice(_) => "ai",
            Author::Agent { .. } => "agent",
        },
        timestamp: message.at.to_string(),
    }
}

/// Sessions in which anything was said, and of those that were handed over no more than there are.
const fn conversations(began: &Cohort) -> Conversations {
    let handed_over = if began.handed_over < began.talked { began.handed_over } else { began.talked };
    Conversations { conversations: began.talked, ai_resolved: began.assistant_alone, agent_handovers: handed_over }
}

fn day(day: &analytics::Day) -> DayRow {
    DayRow { date: day.date.to_string(), counts: conversations(&day.all.began) }
}

/// The most frequent ones first, then by name.
fn top_intents(intents: &BTreeMap<String, IntentOutcome>) -> Vec<IntentRow> {
    let mut rows: Vec<_> = intents.iter().collect();
    rows.sort_by(|(one, a), (other, b)| b.conversations.cmp(&a.conversations).then_with(|| one.cmp(other)));
    let row = |(intent, outcome): (&String, &IntentOutcome)| {
        let kept = outcome.conversations.saturating_sub(outcome.handed_over);
        let rate = if outcome.conversations == 0 { 0.0 } else { kept as f64 / outcome.conversations as f64 };
        IntentRow { intent: intent.clone(), count: outcome.conversations, ai_resolved_rate: two_decimals(rate) }
    };
    rows.into_iter().take(TOP_INTENTS).map(row).collect()
}

fn mean_s(spans: Spans) -> Option<f64> {
    (spans.count > 0).then(|| two_decimals(spans.mean_s()))
}

fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_intents_come_first_with_the_share_that_no_human_saw() {
        let outcome = |conversations, handed_over| IntentOutcome { conversations, handed_over };
        let intents = [("a", outcome(1, 1)), ("b", outcome(3, 1)), ("c", outcome(1, 0))];
        let rows = top_intents(&intents.into_iter().map(|(name, outcome)| (name.to_owned(), outcome)).collect());
        let rows: Vec<_> = rows.iter().map(|row| (row.intent.as_str(), row.count, row.ai_resolved_rate)).collect();
        assert_eq!(rows, [("b", 3, 0.67), ("a", 1, 0.0), ("c", 1, 1.0)]);
    }

    #[test]
    fn an_empty_range_has_its_channels_and_no_averages() {
        let shown = serde_json::to_value(dashboard(&analytics::Overview::default())).unwrap();
        assert_eq!(shown["byChannel"].as_object().unwrap().len(), 3);
        assert!(shown["overview"]["avgResponseTime"].is_null() && shown["overview"]["avgSatisfactionScore"].is_null());
    }

    #[test]
    fn satisfaction_is_the_mean_of_what_customers_said() {
        let mut overview = analytics::Overview::default();
        [5, 4, 4].into_iter().for_each(|score| overview.all.flow.ratings.record(score));
        assert_eq!(dashboard(&overview).overview.avg_satisfaction_score, Some(4.33));
    }

    #[test]
    fn pages_are_counted_up() {
        let pages = |total| pagination(Slice { page: 1, limit: 10 }, total).pages;
        assert_eq!((pages(0), pages(10), pages(11), pages(25)), (0, 1, 2, 3));
    }
}
