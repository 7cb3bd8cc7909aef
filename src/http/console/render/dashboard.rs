//! How customers were served, as JSON.

use jiff::civil::Date;

use super::super::wire::{AgentFigures, ChannelRow, DashboardReport, DayRow, IntentRow, RatingFigures, Totals};
use crate::domain::UserId;
use crate::engine::analytics::{AgentReport, Dashboard, Served};

/// The report from the first day to the last one; `name` finds what a person is called.
pub(in crate::http::console) fn dashboard(
    report: &Dashboard,
    (from, to): (Date, Date),
    name: impl Fn(UserId) -> Option<String>,
) -> DashboardReport {
    let person = |agent: &AgentReport| AgentFigures {
        id: agent.user.to_string(),
        name: name(agent.user).unwrap_or_default(),
        sessions: agent.figures.sessions,
        first_response_ms: agent.figures.first_served.mean_ms(),
        rating: agent.figures.ratings.mean(),
    };
    let intent = |(intent, turns): &(Option<String>, u64)| IntentRow {
        intent: intent.clone().unwrap_or_else(|| "other".to_owned()),
        turns: *turns,
    };
    DashboardReport {
        from: from.to_string(),
        to: to.to_string(),
        totals: totals(&report.totals),
        days: report.days.iter().map(|(date, served)| day(*date, served)).collect(),
        channels: (report.channels.iter())
            .map(|(channel, conversations)| ChannelRow { channel: channel.as_str(), conversations: *conversations })
            .collect(),
        intents: report.intents.iter().map(intent).collect(),
        agents: report.agents.iter().map(person).collect(),
    }
}

fn totals(served: &Served) -> Totals {
    let ratings = served.ratings;
    Totals {
        conversations: served.conversations,
        messages: served.messages,
        handovers: served.handed_over,
        resolved: served.resolved_by_assistant + served.resolved_by_human,
        resolved_by_assistant: served.resolved_by_assistant,
        resolved_by_human: served.resolved_by_human,
        first_response_ms: served.first_response.mean_ms(),
        wait_ms: served.wait.mean_ms(),
        rating: RatingFigures { count: ratings.count(), average: ratings.mean(), scores: ratings.scores.to_vec() },
    }
}

fn day(date: Date, served: &Served) -> DayRow {
    DayRow {
        day: date.to_string(),
        conversations: served.conversations,
        messages: served.messages,
        handovers: served.handed_over,
        resolved_by_assistant: served.resolved_by_assistant,
        resolved_by_human: served.resolved_by_human,
        first_response_ms: served.first_response.mean_ms(),
        wait_ms: served.wait.mean_ms(),
        rating_count: served.ratings.count(),
        rating_sum: served.ratings.sum(),
    }
}
