//! An organization's totals, and its last days one by one.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::conversations::{add_intents, with_the_rest};
use super::days::{Days, date_of};
use super::report::{Day, IntentOutcome, Overview, Totals};
use super::rows::{self, People, Quarter};
use super::{Analytics, INTENTS_MAX, unreadable};
use crate::domain::figures::Cohort;
use crate::domain::{Figures, OrganizationId, Refusal, Timestamp};

impl Analytics {
    /// The figures of all time, and how the sessions stand now.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read or the figures are being made anew.
    pub async fn totals(&self, organization: &OrganizationId) -> Result<Totals, Refusal> {
        self.caught_up().await?;
        let people = rows::get::<People>(&self.store, &rows::people_key(organization)).map_err(unreadable)?;
        let People { customers, verified } = people.unwrap_or_default();
        let mut totals = Totals { customers, verified_customers: verified, ..Totals::default() };
        self.each(rows::total_range(organization), |key, figures: Figures| {
            totals.all.add(&figures);
            totals.by_channel.insert(rows::parse_total_key(key)?, figures);
            Ok(())
        })
        .await?;
        Ok(totals)
    }

    /// The last `days` days, today among them, in the organization's time zone.
    ///
    /// # Errors
    /// `Invalid` on `days` outside of 1 to [`super::DAYS_MAX`]; `Unavailable` as above.
    pub async fn overview(
        &self,
        organization: &OrganizationId,
        days: u64,
        now: Timestamp,
    ) -> Result<Overview, Refusal> {
        let days = Days::last(days, &self.zone(organization)?, now)?;
        self.overview_of(organization, days).await
    }

    /// From the first day to the last one, both included, in the organization's time zone.
    ///
    /// # Errors
    /// `Invalid` on `days` when there are none or more than [`super::DAYS_MAX`]; `Unavailable` as above.
    pub async fn overview_between(
        &self,
        organization: &OrganizationId,
        first: Date,
        last: Date,
    ) -> Result<Overview, Refusal> {
        let days = Days::between(first, last, &self.zone(organization)?)?;
        self.overview_of(organization, days).await
    }

    /// The date where the organization is.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn today(&self, organization: &OrganizationId, now: Timestamp) -> Result<Date, Refusal> {
        Ok(date_of(now, &self.zone(organization)?).unwrap_or_default())
    }

    async fn overview_of(&self, organization: &OrganizationId, days: Days) -> Result<Overview, Refusal> {
        self.caught_up().await?;
        let mut overview = Overview { from: days.from(), until: days.until(), ..Overview::default() };
        overview.days = days.starts().iter().map(|(date, start)| Day::empty(*date, *start)).collect();
        let (mut intents, mut first_intents) = (BTreeMap::new(), BTreeMap::new());
        let quarters = rows::figures_range(organization, Quarter::of(days.from()), Quarter::of(days.until()));
        self.each(quarters, |key, figures: Figures| {
            let (quarter, channel) = rows::parse_figures_key(key)?;
            add_intents(&mut intents, figures.flow.intents.named());
            add_first_intents(&mut first_intents, &figures.began);
            overview.by_channel.entry(channel).or_default().add(&figures);
            overview.all.add(&figures);
            if let Some(day) = days.holding(quarter).and_then(|day| overview.days.get_mut(day)) {
                day.by_channel.entry(channel).or_default().add(&figures);
                day.all.add(&figures);
            }
            Ok(())
        })
        .await?;
        overview.first_intents = first_intents;
        overview.intents = with_the_rest(intents, overview.all.flow.intents.total());
        Ok(overview)
    }
}

/// Adds conversations by their first intent, up to the limit of names.
fn add_first_intents(intents: &mut BTreeMap<String, IntentOutcome>, began: &Cohort) {
    for (name, count) in began.first_intents.named() {
        if intents.len() < INTENTS_MAX || intents.contains_key(name) {
            intents.entry(name.to_owned()).or_default().conversations += count;
        }
    }
    for (name, count) in began.handed_over_intents.named() {
        if let Some(outcome) = intents.get_mut(name) {
            outcome.handed_over += count;
        }
    }
}

impl Day {
    fn empty(date: Date, start: Timestamp) -> Self {
        Self { date, start, ..Self::default() }
    }
}
