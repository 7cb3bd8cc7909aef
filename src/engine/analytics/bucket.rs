//! Pieces of time that counts are grouped by, in UTC. Weeks begin on Monday.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::Timestamp;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_MS: i64 = 7 * DAY_MS;
/// The Unix epoch was a Thursday: this long after a Monday's start.
const EPOCH_IN_WEEK_MS: i64 = 3 * DAY_MS;

/// How long a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A calendar month.
    Month,
}

impl Bucket {
    /// The start of the piece that holds this moment.
    pub fn start(self, at: Timestamp) -> Timestamp {
        let ms = at.as_ms();
        Timestamp::from_ms(match self {
            Self::Hour => ms - ms.rem_euclid(HOUR_MS),
            Self::Day => ms - ms.rem_euclid(DAY_MS),
            Self::Week => ms - (ms.saturating_add(EPOCH_IN_WEEK_MS)).rem_euclid(WEEK_MS),
            Self::Month => month(at, Date::first_of_month).unwrap_or(ms),
        })
    }

    /// The start of the piece after the one that starts here.
    pub fn next(self, start: Timestamp) -> Timestamp {
        match self {
            Self::Hour => start.plus_ms(HOUR_MS),
            Self::Day => start.plus_ms(DAY_MS),
            Self::Week => start.plus_ms(WEEK_MS),
            Self::Month => {
                let next = month(start, |date| date.last_of_month().tomorrow().unwrap_or(Date::MAX));
                Timestamp::from_ms(next.unwrap_or(i64::MAX))
            }
        }
    }
}

/// The start of the day that `of` makes of this moment's; none outside the calendar.
fn month(at: Timestamp, of: impl Fn(Date) -> Date) -> Option<i64> {
    let day = jiff::Timestamp::from_millisecond(at.as_ms()).ok()?.to_zoned(TimeZone::UTC).date();
    Some(of(day).to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn pieces_start_where_people_expect_and_follow_each_other() {
        let moment = at("2024-02-29T13:45:10.5Z"); // a Thursday
        for (bucket, start, next) in [
            (Bucket::Hour, "2024-02-29T13:00:00Z", "2024-02-29T14:00:00Z"),
            (Bucket::Day, "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            (Bucket::Week, "2024-02-26T00:00:00Z", "2024-03-04T00:00:00Z"),
            (Bucket::Month, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ] {
            assert_eq!(bucket.start(moment), at(start), "{bucket:?}");
            assert_eq!(bucket.next(at(start)), at(next), "{bucket:?}");
            assert_eq!(bucket.start(at(start)), at(start), "{bucket:?}");
        }
        assert_eq!(Bucket::Week.start(at("1969-12-31T00:00:00Z")), at("1969-12-29T00:00:00Z"));
    }

    #[test]
    fn the_end_of_the_calendar_is_no_endless_loop() {
        let end = Timestamp::from_ms(i64::MAX);
        for bucket in [Bucket::Hour, Bucket::Day, Bucket::Week, Bucket::Month] {
            assert!(bucket.next(end) >= end);
        }
    }
}
