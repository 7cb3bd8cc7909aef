//! How an organization served its customers in a range of days: what the console's dashboard shows, in one report.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Analytics;
use super::report::Overview;
use super::rows::{self, Quarter};
use crate::domain::figures::{ServiceFigures, Spans};
use crate::domain::{Channel, Figures, OrganizationId, Ratings, Refusal, UserId};

/// The most persons that one report tells apart.
const AGENTS_MAX: usize = 10_000;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dashboard {
    /// All days together.
    pub totals: Served,
    /// Each day where the organization is, oldest first, empty ones too.
    pub days: Vec<(Date, Served)>,
    /// Conversations that began in these days, by channel; only channels that were used.
    pub channels: BTreeMap<Channel, u64>,
    /// What the turns were about, most frequent first. Those that are not named one by one are under `None`.
    pub intents: Vec<(Option<String>, u64)>,
    /// Who of the staff had part in it, most sessions first.
    pub agents: Vec<AgentReport>,
}

/// A piece of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// Conversations that began in it.
    pub conversations: u64,
    /// Messages posted, whoever wrote.
    pub messages: u64,
    /// Conversations that began in it and were handed over at least once: never more than there are.
    pub handed_over: u64,
    /// Requests that ended with the session closed, by the assistant alone.
    pub resolved_by_assistant: u64,
    /// The others that did.
    pub resolved_by_human: u64,
    /// First answers of conversations, whoever gave them.
    pub first_response: Spans,
    /// A person's first words, since the session had come to the queue.
    pub first_human_response: Spans,
    /// Stays in the queue that ended.
    pub wait: Spans,
    /// How customers said it was.
    pub ratings: Ratings,
}

/// One person of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentReport {
    /// Who.
    pub user: UserId,
    /// What they did.
    pub figures: ServiceFigures,
}

impl Analytics {
    /// How customers were served from the first day to the last one, both included, in the organization's time zone.
    ///
    /// # Errors
    /// `Invalid` on `days` when there are none or more than [`super::DAYS_MAX`]; `Unavailable` when the store can not be read
    /// or the figures are being made anew.
    pub async fn dashboard(
        &self,
        organization: &OrganizationId,
        first: Date,
        last: Date,
    ) -> Result<Dashboard, Refusal> {
        let overview = self.overview_between(organization, first, last).await?;
        let agents = self.agents(organization, &overview).await?;
        let Overview { days, all, by_channel, intents, .. } = overview;
        let mut intents: Vec<_> = intents.into_iter().collect();
        intents.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
        let began = by_channel.iter().map(|(channel, figures)| (*channel, figures.began.sessions));
        Ok(Dashboard {
            totals: Served::of(&all),
            days: days.iter().map(|day| (day.date, Served::of(&day.all))).collect(),
            channels: began.filter(|(_, sessions)| *sessions > 0).collect(),
            intents,
            agents,
        })
    }

    async fn agents(&self, organization: &OrganizationId, range: &Overview) -> Result<Vec<AgentReport>, Refusal> {
        let mut found: BTreeMap<UserId, ServiceFigures> = BTreeMap::new();
        let quarters = rows::service_range(organization, Quarter::of(range.from), Quarter::of(range.until));
        self.each(quarters, |key, figures: ServiceFigures| {
            let user = rows::parse_service_key(key)?;
            if found.len() < AGENTS_MAX || found.contains_key(&user) {
                found.entry(user).or_default().add(figures);
            }
            Ok(())
        })
        .await?;
        let mut agents: Vec<AgentReport> =
            found.into_iter().map(|(user, figures)| AgentReport { user, figures }).collect();
        agents.sort_by_key(|agent| (std::cmp::Reverse(agent.figures.sessions), agent.user));
        Ok(agents)
    }
}

impl Served {
    fn of(figures: &Figures) -> Self {
        let Figures { flow, began } = figures;
        Self {
            conversations: began.sessions,
            messages: flow.said.total(),
            handed_over: began.handed_over,
            resolved_by_assistant: flow.resolutions.assistant.count,
            resolved_by_human: flow.resolutions.human.count,
            first_response: flow.first_answers.total(),
            first_human_response: flow.first_served,
            wait: flow.stays.queue,
            ratings: flow.ratings,
        }
    }
}
