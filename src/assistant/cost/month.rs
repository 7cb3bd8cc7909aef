//! What an organization has spent in this month, in memory: the sums of the store with what is on its way there.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::cost::Budget;
use crate::domain::{Organization, OrganizationId, Timestamp};
use crate::store::{Store, StoreError, cost, record};

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Month {
    /// `2026-11`
    pub(super) name: String,
    /// Where the organization's days begin.
    pub(super) zone: TimeZone,
    /// What was spent, in micro-units.
    pub(super) spent_micros: u64,
    /// What running turns may spend besides, in micro-units.
    pub(super) reserved_micros: u64,
    /// What may be spent.
    pub(super) budget: Budget,
}

impl Month {
    /// Reads the month that a moment lies in.
    pub(super) fn read(store: &Store, organization: &OrganizationId, now: Timestamp) -> Result<Self, StoreError> {
        let found = record::get::<Organization>(store, organization, organization.as_str())?;
        let zone = found.map_or(TimeZone::UTC, |found| found.record.time_zone.zone());
        let today = day_of(now, &zone);
        let (first, last) = (today.first_of_month(), today.last_of_month());
        let days = cost::days(store, organization, &first.to_string(), &last.to_string())?;
        let spent_micros = days.iter().map(|day| day.total().cost_micros).fold(0, u64::saturating_add);
        let budget = record::get::<Budget>(store, organization, cost::BUDGET_ID)?;
        let budget = budget.map_or_else(|| Budget::unset(organization.clone()), |found| found.record);
        Ok(Self { name: month_name(today), zone, spent_micros, reserved_micros: 0, budget })
    }

    /// Whether a moment lies in it.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        month_name(day_of(now, &self.zone)) == self.name
    }

    /// Whether nothing is left for another turn.
    pub(super) fn is_spent(&self) -> bool {
        self.budget.is_spent(self.spent_micros.saturating_add(self.reserved_micros))
    }
}

/// The day in a zone that a moment lies in.
pub(super) fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
    at.to_zoned(zone.clone()).date()
}

/// `2026-11`
pub(super) fn month_name(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}
