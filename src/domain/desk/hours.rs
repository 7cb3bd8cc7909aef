//! Business hours: several intervals a day in a time zone, with dated exceptions. A day is a day of the wall clock, so it
//! may have 23 or 25 hours: where the clock jumps forward an interval loses what is not there, and where it goes back an
//! interval begins with the first and ends with the last occurrence of its times.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp as Instant, ToSpan};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::{Refusal, Timestamp, ZoneName};

/// The most intervals of one day.
pub const INTERVALS_MAX: usize = 8;

/// The most dated exceptions.
pub const EXCEPTIONS_MAX: usize = 400;

/// How far ahead the next change is looked for, in days: beyond the longest holidays.
const CHANGE_MAX_DAYS: i32 = 400;

/// How far apart two moments may be for the open time between them, in days; of more only the last so many count.
const SPAN_MAX_DAYS: i32 = 3_700;

const DAY_MINUTES: u16 = 24 * 60;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Where the clock hangs.
    #[serde(default)]
    pub zone: ZoneName,
    /// The intervals of each day of the week.
    #[serde(default)]
    pub week: Week,
    /// Dates on which other intervals hold; none of them is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

/// The intervals of each day of the week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Week {
    /// Monday.
    pub mon: Vec<Interval>,
    /// Tuesday.
    pub tue: Vec<Interval>,
    /// Wednesday.
    pub wed: Vec<Interval>,
    /// Thursday.
    pub thu: Vec<Interval>,
    /// Friday.
    pub fri: Vec<Interval>,
    /// Saturday.
    pub sat: Vec<Interval>,
    /// Sunday.
    pub sun: Vec<Interval>,
}

/// A date on which other intervals hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The date, as `2026-12-24`.
    pub date: Date,
    /// Its intervals; none is closed all day.
    #[serde(default)]
    pub intervals: Vec<Interval>,
}

/// From a time of the day until before another: `["09:00", "12:30"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval(pub Minute, pub Minute);

/// A time of the day in whole minutes; `24:00` is its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(u16);

impl Hours {
    /// Checks what a form alone does not say; `field` is the caller's name for the hours.
    ///
    /// # Errors
    /// `Invalid`, with the place of the first fault: `hours.week.mon[1]`.
    pub fn check(&self, field: &str) -> Result<(), Refusal> {
        if let Err(Refusal::Invalid { why, .. }) = ZoneName::parse("zone", self.zone.as_str()) {
            return Err(Refusal::invalid(format!("{field}.zone"), why));
        }
        for (day, intervals) in self.week.days() {
            check_day(intervals, &format!("{field}.week.{day}"))?;
        }
        if self.exceptions.len() > EXCEPTIONS_MAX {
            let why = format!("must be at most {EXCEPTIONS_MAX}");
            return Err(Refusal::invalid(format!("{field}.exceptions"), why));
        }
        for (n, exception) in self.exceptions.iter().enumerate() {
            let place = format!("{field}.exceptions[{n}]");
            if self.exceptions[..n].iter().any(|earlier| earlier.date == exception.date) {
                return Err(Refusal::invalid(format!("{place}.date"), "stands here twice"));
            }
            check_day(&exception.intervals, &format!("{place}.intervals"))?;
        }
        Ok(())
    }

    /// Whether it is open at that moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let now = instant(now);
        let zone = self.zone.zone();
        let today = zone.to_datetime(now).date();
        self.spans(&zone, before(today), after(today)).iter().any(|(from, until)| *from <= now && now < *until)
    }

    /// When it opens or closes next; `None` when that is too far away to matter.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let now = instant(now);
        let zone = self.zone.zone();
        let today = zone.to_datetime(now).date();
        let last = today.saturating_add(CHANGE_MAX_DAYS.days());
        let (mut day, mut open_until): (Date, Option<Instant>) = (before(today), None);
        while day <= last {
            for (from, until) in self.spans(&zone, day, day) {
                match open_until {
                    Some(end) if from <= end => open_until = Some(end.max(until)),
                    Some(end) => return Some(timestamp(end)),
                    None if until <= now => {}
                    None if from > now => return Some(timestamp(from)),
                    None => open_until = Some(until),
                }
            }
            // What is open past the day after its own goes on for ever, or ends there.
            if let Some(end) = open_until
                && zone.to_datetime(end).date() < day
            {
                return Some(timestamp(end));
            }
            let next = after(day);
            if next == day {
                break;
            }
            day = next;
        }
        None
    }

    /// How long it is open between two moments, in milliseconds; zero when the second is not the later one.
    pub fn open_ms_between(&self, from: Timestamp, until: Timestamp) -> u64 {
        let (zone, end) = (self.zone.zone(), instant(until));
        let last = zone.to_datetime(end).date();
        let begin = instant(from);
        let first = before(zone.to_datetime(begin).date()).max(last.saturating_sub(SPAN_MAX_DAYS.days()));
        let spans = self.spans(&zone, first, after(last));
        let within = spans.into_iter().map(|(from, until)| (from.max(begin), until.min(end)));
        within.filter(|(from, until)| from < until).map(|(from, until)| ms_between(from, until)).sum()
    }

    /// The moment by which it was open for `open_ms` since `from`; `None` when that is too far away to matter.
    pub fn after_open_ms(&self, from: Timestamp, open_ms: u64) -> Option<Timestamp> {
        let (zone, begin) = (self.zone.zone(), instant(from));
        let today = zone.to_datetime(begin).date();
        let last = today.saturating_add(CHANGE_MAX_DAYS.days());
        let (mut left, mut reached, mut day) = (open_ms, begin, before(today));
        while day <= last {
            for (from, until) in self.spans(&zone, day, day) {
                let from = from.max(reached);
                if from >= until {
                    continue;
                }
                let open = ms_between(from, until);
                if left <= open {
                    return Some(timestamp(from).plus_ms(i64::try_from(left).unwrap_or(i64::MAX)));
                }
                (left, reached) = (left - open, until);
            }
            let next = after(day);
            if next == day {
                break;
            }
            day = next;
        }
        None
    }

    /// When it is open on the days from `first` to `last`, in order, without overlaps.
    fn spans(&self, zone: &TimeZone, first: Date, last: Date) -> Vec<(Instant, Instant)> {
        let (mut spans, mut day): (Vec<(Instant, Instant)>, Date) = (Vec::new(), first);
        loop {
            for interval in self.on(day) {
                let (from, until) = (interval.0.on(day, zone, Side::First), interval.1.on(day, zone, Side::Last));
                match spans.last_mut() {
                    Some((_, end)) if from <= *end => *end = until.max(*end),
                    Some(_) | None if from < until => spans.push((from, until)),
                    Some(_) | None => {}
                }
            }
            let next = after(day);
            if next > last || next == day {
                return spans;
            }
            day = next;
        }
    }

    fn on(&self, day: Date) -> &[Interval] {
        match self.exceptions.iter().find(|exception| exception.date == day) {
            Some(exception) => &exception.intervals,
            None => self.week.on(day.weekday()),
        }
    }
}

impl Week {
    fn days(&self) -> [(&'static str, &[Interval]); 7] {
        let Self { mon, tue, wed, thu, fri, sat, sun } = self;
        [("mon", mon), ("tue", tue), ("wed", wed), ("thu", thu), ("fri", fri), ("sat", sat), ("sun", sun)]
    }

    fn on(&self, weekday: Weekday) -> &[Interval] {
        match weekday {
            Weekday::Monday => &self.mon,
            Weekday::Tuesday => &self.tue,
            Weekday::Wednesday => &self.wed,
            Weekday::Thursday => &self.thu,
            Weekday::Friday => &self.fri,
            Weekday::Saturday => &self.sat,
            Weekday::Sunday => &self.sun,
        }
    }
}

/// Which of two moments a time is that comes twice.
#[derive(Clone, Copy)]
enum Side {
    First,
    Last,
}

impl Minute {
    /// Reads `09:00`; `24:00` is the end of the day.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |digits: &str| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let minute = hours * 60 + minutes;
        (minutes < 60 && minute <= DAY_MINUTES).then_some(Self(minute))
    }

    /// The moment of this time on that day.
    fn on(self, day: Date, zone: &TimeZone, side: Side) -> Instant {
        let (day, minute) = if self.0 == DAY_MINUTES { (after(day), 0) } else { (day, self.0) };
        let parts = (i8::try_from(minute / 60), i8::try_from(minute % 60));
        let time = match parts {
            (Ok(hour), Ok(minute)) => Time::new(hour, minute, 0, 0).unwrap_or(Time::MIN),
            _ => Time::MIN,
        };
        let ambiguous = zone.to_ambiguous_timestamp(day.to_datetime(time));
        let found = match (ambiguous.offset(), side) {
            (AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. }, Side::First) => ambiguous.earlier(),
            (AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. }, Side::Last) => ambiguous.later(),
            // There is no such time that day: it is when the clock jumps.
            (AmbiguousOffset::Gap { .. }, _) => {
                let jump = |earlier| zone.following(earlier).next().map_or(earlier, |jump| jump.timestamp());
                ambiguous.earlier().map(jump)
            }
        };
        found.unwrap_or(Instant::MAX)
    }
}

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("must be a time of the day, such as 09:00 or 24:00"))
    }
}

fn check_day(intervals: &[Interval], field: &str) -> Result<(), Refusal> {
    if intervals.len() > INTERVALS_MAX {
        return Err(Refusal::invalid(field.to_owned(), format!("must be at most {INTERVALS_MAX} intervals")));
    }
    for (n, Interval(from, until)) in intervals.iter().enumerate() {
        let refused = |why| Err(Refusal::invalid(format!("{field}[{n}]"), why));
        if until <= from {
            return refused("must end after it begins");
        }
        if n > 0 && *from < intervals[n - 1].1 {
            return refused("must begin after the one before it ends");
        }
    }
    Ok(())
}

fn before(day: Date) -> Date {
    day.saturating_sub(1.day())
}

fn after(day: Date) -> Date {
    day.saturating_add(1.day())
}

fn instant(at: Timestamp) -> Instant {
    let limit = if at.as_ms() < 0 { Instant::MIN } else { Instant::MAX };
    Instant::from_millisecond(at.as_ms()).unwrap_or(limit)
}

fn timestamp(at: Instant) -> Timestamp {
    Timestamp::from_ms(at.as_millisecond())
}

fn ms_between(from: Instant, until: Instant) -> u64 {
    timestamp(until).since_ms(timestamp(from))
}

#[cfg(test)]
mod tests;
