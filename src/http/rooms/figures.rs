//! Reports in the document's words. Percentages are 0..100; all fractions have two decimals.

use std::collections::BTreeMap;

use super::wire::{
    Behaviour, CustomerRow, DailyActivity, Dashboard, Engagement, IntentCount, Overview, OverviewTotals, Period,
    ResponseTimes, TopCustomer,
};
use super::{intent, render};
use crate::domain::figures::Said;
use crate::engine::analytics::{self, ActiveCustomer, CustomerSummary, Totals};

const MINUTE_S: f64 = 60.0;

/// An organization at a glance.
pub(super) fn dashboard(totals: &Totals) -> Dashboard {
    let figures = &totals.all;
    Dashboard {
        total_customers: totals.customers,
        active_chats: figures.began.active,
        pending_chats: figures.began.pending,
        total_messages: figures.flow.said.total(),
        ai_usage_rate: ai_usage(figures.flow.said),
        avg_response_time: two_decimals(figures.flow.answers.total().mean_s()),
    }
}

/// A customer, over all of their rooms; the room is the one where anything happened last.
pub(super) fn customer(summary: &CustomerSummary) -> CustomerRow {
    CustomerRow {
        customer_id: summary.customer.to_string(),
        customer_name: summary.name.clone().unwrap_or_else(|| summary.customer.to_string()),
        room_id: summary.latest_session.to_string(),
        message_count: summary.said.total(),
        last_activity: summary.last_at.to_string(),
        status: render::status(summary.standing),
        ai_usage_percentage: ai_usage(summary.said),
    }
}

/// How often each of the six words was what a turn was about; all of them are there.
pub(super) fn intents(counted: &BTreeMap<Option<String>, u64>) -> Vec<IntentCount> {
    let total: u64 = counted.values().sum();
    let count = |wanted: &str| {
        let of_word = counted.iter().filter(|(name, _)| intent::word(name.as_deref().unwrap_or_default()) == wanted);
        of_word.map(|(_, count)| count).sum()
    };
    let row = |intent| {
        let count = count(intent);
        IntentCount { intent, count, percentage: percentage(count, total) }
    };
    intent::WORDS.map(row).into()
}

/// The last days.
pub(super) fn overview(overview: &analytics::Overview, days: u64) -> Overview {
    let (said, began) = (overview.all.flow.said, &overview.all.began);
    Overview {
        period: Period { start_date: overview.from.to_string(), end_date: overview.until.to_string(), days },
        overview: OverviewTotals {
            total_messages: said.total(),
            total_chat_rooms: began.sessions,
            ai_generated_messages: said.assistant,
            ai_usage_rate: ai_usage(said),
            avg_messages_per_room: ratio(began.messages, began.sessions),
        },
        intent_distribution: intents(&overview.intents),
        daily_activity: overview.days.iter().map(daily).collect(),
    }
}

/// How customers behaved, the most active ones first.
pub(super) fn behaviour(behaviour: &analytics::Behaviour, top: usize) -> Behaviour {
    let answers = behaviour.answers;
    let minutes = |seconds: f64| two_decimals(seconds / MINUTE_S);
    let customers: Vec<_> = behaviour.top.iter().map(top_customer).collect();
    Behaviour {
        customer_engagement: Engagement {
            total_customers: behaviour.customers,
            avg_messages_per_customer: two_decimals(behaviour.messages_per_customer()),
            avg_session_duration: minutes(behaviour.mean_duration_s),
            top_customers: customers.iter().take(top).cloned().collect(),
        },
        response_times: ResponseTimes {
            avg_response_time_minutes: minutes(answers.total().mean_s()),
            avg_ai_response_time_minutes: minutes(answers.assistant.mean_s()),
            avg_human_response_time_minutes: minutes(answers.human.mean_s()),
            total_responses: answers.total().count,
        },
        customer_details: customers,
    }
}

fn daily(day: &analytics::Day) -> DailyActivity {
    let said = day.all.flow.said;
    DailyActivity {
        date: day.date.to_string(),
        message_count: said.total(),
        ai_count: said.assistant,
        human_count: said.total() - said.assistant,
    }
}

fn top_customer(customer: &ActiveCustomer) -> TopCustomer {
    TopCustomer {
        customer_id: customer.customer.to_string(),
        customer_name: customer.name.clone().unwrap_or_else(|| customer.customer.to_string()),
        message_count: customer.said.total(),
        last_activity: customer.last_at.to_string(),
        ai_usage_percentage: ai_usage(customer.said),
    }
}

/// The assistant's part of all messages.
fn ai_usage(said: Said) -> f64 {
    percentage(said.assistant, said.total())
}

fn percentage(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { two_decimals(part as f64 * 100.0 / whole as f64) }
}

fn ratio(of: u64, over: u64) -> f64 {
    if over == 0 { 0.0 } else { two_decimals(of as f64 / over as f64) }
}

fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intents_add_up_to_a_hundred_and_all_words_are_there() {
        let counted = [("greet", 1), ("refund", 1), ("return_policy", 1)].map(|(name, n)| (Some(name.to_owned()), n));
        let rows = intents(&counted.into_iter().chain([(None, 3)]).collect());
        let read: Vec<_> = rows.iter().map(|row| (row.intent, row.count, row.percentage)).collect();
        assert_eq!(
            read,
            [
                ("greeting", 1, 16.67),
                ("complaint", 0, 0.0),
                ("inquiry", 1, 16.67),
                ("support", 1, 16.67),
                ("feedback", 0, 0.0),
                ("uncategorized", 3, 50.0)
            ]
        );
        assert!(intents(&BTreeMap::new()).iter().all(|row| row.count == 0 && row.percentage == 0.0));
    }

    #[test]
    fn the_assistants_part_is_of_all_messages() {
        let said = Said { customer: 3, assistant: 2, agent: 1, notice: 0 };
        assert_eq!(ai_usage(said), 33.33);
        assert_eq!(ai_usage(Said::default()), 0.0);
    }
}
