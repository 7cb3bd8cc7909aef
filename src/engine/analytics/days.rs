//! An organization's days: where they begin in its own time zone. A day is a whole number of quarters of an hour, and not
//! always 24 hours.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::rows::Quarter;
use crate::domain::{Refusal, Timestamp};

/// The most days that one report covers.
pub const DAYS_MAX: u64 = 3_660;

/// Days that follow each other; the last one holds now.
#[derive(Debug, Clone)]
pub(super) struct Days {
    /// Each day's date and start.
    starts: Vec<(Date, Timestamp)>,
    /// The end of the last one.
    end: Timestamp,
}

impl Days {
    /// The last `count` days, today among them.
    ///
    /// # Errors
    /// `Invalid` on `days` when there are none or more than [`DAYS_MAX`].
    pub(super) fn last(count: u64, zone: &TimeZone, now: Timestamp) -> Result<Self, Refusal> {
        let refused = || Refusal::invalid("days", format!("must be a whole number from 1 to {DAYS_MAX}"));
        if !(1..=DAYS_MAX).contains(&count) {
            return Err(refused());
        }
        let today = date_of(now, zone).ok_or_else(refused)?;
        let back = i64::try_from(count).map_err(|_| refused())? - 1;
        let first = today.checked_sub(back.days()).map_err(|_| refused())?;
        Self::between(first, today, zone)
    }

    /// From the first day to the last one, both included.
    ///
    /// # Errors
    /// `Invalid` on `days` when there are none or more than [`DAYS_MAX`], or the calendar ends.
    pub(super) fn between(first: Date, last: Date, zone: &TimeZone) -> Result<Self, Refusal> {
        let refused = || Refusal::invalid("days", format!("must be from 1 to {DAYS_MAX} days"));
        let count = u64::try_from((last - first).get_days()).map_err(|_| refused())?;
        if last < first || count >= DAYS_MAX {
            return Err(refused());
        }
        let (mut date, mut starts) = (first, Vec::new());
        while date <= last {
            starts.push((date, start(date, zone).ok_or_else(refused)?));
            date = date.tomorrow().map_err(|_| refused())?;
        }
        Ok(Self { end: start(date, zone).ok_or_else(refused)?, starts })
    }

    /// Each day's date and start, oldest first.
    pub(super) fn starts(&self) -> &[(Date, Timestamp)] {
        &self.starts
    }

    /// When the first one starts.
    pub(super) fn from(&self) -> Timestamp {
        self.starts.first().map_or(self.end, |(_, start)| *start)
    }

    /// When the last one ends.
    pub(super) const fn until(&self) -> Timestamp {
        self.end
    }

    /// The number of the day that this quarter lies in.
    pub(super) fn holding(&self, quarter: Quarter) -> Option<usize> {
        self.starts.partition_point(|(_, start)| Quarter::of(*start) <= quarter).checked_sub(1)
    }
}

/// The date of a moment; none outside the calendar.
pub(super) fn date_of(at: Timestamp, zone: &TimeZone) -> Option<Date> {
    Some(jiff::Timestamp::from_millisecond(at.as_ms()).ok()?.to_zoned(zone.clone()).date())
}

fn start(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
    Some(Timestamp::from_ms(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn days_begin_where_the_organization_is_also_when_the_clocks_change() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let days = Days::last(3, &berlin, at("2025-03-30T22:30:00Z")).unwrap();
        let starts: Vec<String> = days.starts().iter().map(|(date, start)| format!("{date} {start}")).collect();
        assert_eq!(
            starts,
            [
                "2025-03-29 2025-03-28T23:00:00.000Z",
                "2025-03-30 2025-03-29T23:00:00.000Z",
                "2025-03-31 2025-03-30T22:00:00.000Z"
            ]
        );
        assert_eq!(days.until(), at("2025-03-31T22:00:00Z"));
        let holding = |text| days.holding(Quarter::of(at(text)));
        assert_eq!(holding("2025-03-30T21:59:59Z"), Some(1));
        assert_eq!(holding("2025-03-30T22:00:00Z"), Some(2));
        assert_eq!(holding("2025-03-28T22:59:59Z"), None);
    }

    #[test]
    fn a_number_of_days_that_is_none_is_refused() {
        let now = at("2025-03-30T12:00:00Z");
        assert!(Days::last(0, &TimeZone::UTC, now).is_err() && Days::last(DAYS_MAX + 1, &TimeZone::UTC, now).is_err());
        assert_eq!(Days::last(DAYS_MAX, &TimeZone::UTC, now).unwrap().starts().len(), 3_660);
        assert!(Days::last(1, &TimeZone::UTC, Timestamp::from_ms(i64::MAX)).is_err());
        let between = |first: &str, last: &str| {
            let days = Days::between(first.parse().unwrap(), last.parse().unwrap(), &TimeZone::UTC);
            days.map(|days| days.starts().len())
        };
        assert_eq!(between("2024-02-28", "2024-03-01"), Ok(3));
        assert_eq!(between("2024-02-28", "2024-02-28"), Ok(1));
        assert!(between("2024-02-28", "2024-02-27").is_err() && between("2014-01-01", "2024-02-27").is_err());
        assert!(between("9999-12-31", "9999-12-31").is_err());
    }
}
