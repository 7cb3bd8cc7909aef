//! Hours on ordinary days and on those with a jump of the clock.

use proptest::prelude::*;

use super::*;

const HOUR_MS: u64 = 3_600_000;

const DAY_MS: i64 = 24 * 3_600_000;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn interval(from: &str, until: &str) -> Interval {
    Interval(Minute::parse(from).unwrap(), Minute::parse(until).unwrap())
}

fn every_day(zone: &str, intervals: &[Interval]) -> Hours {
    let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|_| intervals.to_vec());
    let zone = ZoneName::parse("zone", zone).unwrap();
    Hours { zone, week: Week { mon, tue, wed, thu, fri, sat, sun }, exceptions: Vec::new() }
}

fn field_of(hours: &Hours) -> String {
    match hours.check("hours") {
        Err(Refusal::Invalid { field, .. }) => field.into_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_time_of_the_day_is_two_digits_and_two_digits() {
    for good in ["00:00", "09:30", "23:59", "24:00"] {
        let minute: Minute = serde_json::from_str(&format!("{good:?}")).unwrap();
        assert_eq!(serde_json::to_string(&minute).unwrap(), format!("{good:?}"));
    }
    for bad in ["", "9:00", "09:60", "24:01", "25:00", "09:00:00", "-1:00", "+9:00", "09-00", "\u{666}9:00"] {
        assert!(serde_json::from_str::<Minute>(&format!("{bad:?}")).is_err(), "{bad:?}");
    }
}

#[test]
fn what_overlaps_or_ends_before_it_begins_is_named() {
    let good = [interval("09:00", "12:30"), interval("12:30", "24:00")];
    assert_eq!(every_day("Europe/Berlin", &good).check("hours"), Ok(()));
    let overlapping = [interval("09:00", "12:30"), interval("12:00", "18:00")];
    assert_eq!(field_of(&every_day("UTC", &overlapping)), "hours.week.mon[1]");
    for (from, until) in [("12:00", "09:00"), ("12:00", "12:00")] {
        assert_eq!(field_of(&every_day("UTC", &[interval(from, until)])), "hours.week.mon[0]");
    }
    assert_eq!(field_of(&every_day("UTC", &[interval("00:00", "00:01"); INTERVALS_MAX + 1])), "hours.week.mon");
    let exception =
        |date: &str, intervals: &[Interval]| Exception { date: date.parse().unwrap(), intervals: intervals.to_vec() };
    let with = |exceptions| Hours { exceptions, ..Hours::default() };
    let twice = with(vec![exception("2026-12-24", &[]), exception("2026-12-24", &[])]);
    assert_eq!(field_of(&twice), "hours.exceptions[1].date");
    assert_eq!(field_of(&with(vec![exception("2026-12-24", &overlapping)])), "hours.exceptions[0].intervals[1]");
    let nowhere = r#"{"zone": "Mars/Base", "week": {}}"#;
    assert_eq!(field_of(&serde_json::from_str(nowhere).unwrap()), "hours.zone");
    for bad in ["2026-02-30", "tomorrow", "24.12.2026"] {
        let exceptions = format!(r#"{{"exceptions": [{{"date": "{bad}"}}]}}"#);
        assert!(serde_json::from_str::<Hours>(&exceptions).is_err(), "{bad}");
    }
}

#[test]
fn a_dated_exception_stands_in_place_of_its_day() {
    let mut hours = every_day("Europe/Berlin", &[interval("09:00", "12:30"), interval("13:30", "18:00")]);
    let exception = |date: &str, intervals| Exception { date: date.parse().unwrap(), intervals };
    hours.exceptions =
        vec![exception("2026-12-24", vec![interval("09:00", "11:00")]), exception("2026-12-25", Vec::new())];
    assert!(hours.is_open(at("2026-12-24T09:59:59.999+01:00")) && hours.is_open(at("2026-12-23T12:00:00+01:00")));
    for closed in ["2026-12-23T13:00:00+01:00", "2026-12-24T11:00:00+01:00", "2026-12-25T10:00:00+01:00"] {
        assert!(!hours.is_open(at(closed)), "{closed}");
    }
    let morning = Some(at("2026-12-26T09:00:00+01:00"));
    assert_eq!(hours.next_change(at("2026-12-24T11:00:00+01:00")), morning);
    assert_eq!(hours.next_change(at("2026-12-24T10:00:00+01:00")), Some(at("2026-12-24T11:00:00+01:00")));
}

#[test]
fn what_is_never_closed_or_never_open_does_not_change() {
    let now = at("2026-11-22T10:00:00Z");
    let always = every_day("America/Sao_Paulo", &[interval("00:00", "24:00")]);
    assert_eq!((always.is_open(now), always.next_change(now)), (true, None));
    let never = Hours::default();
    assert_eq!((never.is_open(now), never.next_change(now), never.after_open_ms(now, 1)), (false, None, None));
    assert_eq!(never.open_ms_between(now, now.plus_ms(DAY_MS)), 0);
}

#[test]
fn a_day_of_the_wall_clock_may_have_more_or_fewer_hours() {
    let night = every_day("Europe/Berlin", &[interval("00:00", "06:00")]);
    let open_on = |day: &str| {
        let from = at(&format!("{day}T00:00:00Z")).plus_ms(-2 * 3_600_000);
        night.open_ms_between(from, from.plus_ms(DAY_MS)) / HOUR_MS
    };
    assert_eq!(open_on("2026-03-29"), 5, "the clock jumps from 2 to 3");
    assert_eq!(open_on("2026-10-25"), 7, "the hour from 2 to 3 comes twice");
    let gap = every_day("Europe/Berlin", &[interval("02:15", "02:45")]);
    let from = at("2026-03-28T12:00:00Z");
    assert_eq!(gap.open_ms_between(from, from.plus_ms(DAY_MS)), 0, "there is no such time that day");
    assert_eq!(gap.open_ms_between(from.plus_ms(DAY_MS), from.plus_ms(2 * DAY_MS)), HOUR_MS / 2);
    let midnight = every_day("America/Sao_Paulo", &[interval("22:00", "24:00")]);
    let from = at("2018-11-03T12:00:00-03:00");
    assert_eq!(midnight.open_ms_between(from, from.plus_ms(DAY_MS)), 2 * HOUR_MS, "midnight itself was skipped");
    let from = at("2018-02-17T12:00:00-02:00");
    assert_eq!(midnight.open_ms_between(from, from.plus_ms(DAY_MS)), 3 * HOUR_MS, "the last hour came twice");
    assert!(midnight.is_open(at("2018-02-17T23:30:00-02:00")) && midnight.is_open(at("2018-02-17T23:30:00-03:00")));
}

#[test]
fn moments_at_the_ends_of_time_break_nothing() {
    let hours = every_day("Europe/Berlin", &[interval("09:00", "18:00")]);
    for ms in [i64::MIN, -1, 0, i64::MAX] {
        let now = Timestamp::from_ms(ms);
        let _ = (hours.is_open(now), hours.next_change(now), hours.after_open_ms(now, HOUR_MS));
        assert!(hours.open_ms_between(Timestamp::from_ms(i64::MIN), now) < 4_000 * 24 * HOUR_MS);
    }
}

/// Some hours in a zone whose clock jumps, or one that is off by half an hour; times in whole quarters.
fn any_hours() -> impl Strategy<Value = Hours> {
    let zones = prop::sample::select(vec!["Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "UTC"]);
    let bounds = prop::collection::btree_set(0_u16..=96, 0..6);
    let days = prop::collection::vec(bounds, 8);
    (zones, days, 0_i32..4).prop_map(|(zone, days, exception)| {
        let intervals = |bounds: &std::collections::BTreeSet<u16>| {
            let bounds: Vec<u16> = bounds.iter().copied().collect();
            bounds.chunks_exact(2).map(|pair| Interval(Minute(pair[0] * 15), Minute(pair[1] * 15))).collect::<Vec<_>>()
        };
        let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|n| intervals(&days[n]));
        let date = jiff::civil::date(2018, 2, 17).saturating_add(exception.days());
        let exceptions = vec![Exception { date, intervals: intervals(&days[7]) }];
        let zone = ZoneName::parse("zone", zone).unwrap();
        Hours { zone, week: Week { mon, tue, wed, thu, fri, sat, sun }, exceptions }
    })
}

/// Days around a jump of one of the zones' clocks.
fn any_start() -> impl Strategy<Value = Timestamp> {
    let days = ["2018-02-15", "2018-11-01", "2026-03-27", "2026-10-23", "2026-07-01"];
    (prop::sample::select(days.to_vec()), 0..DAY_MS)
        .prop_map(|(day, ms)| at(&format!("{day}T00:00:00Z")).plus_ms(ms / 60_000 * 60_000))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Minute by minute for four days, the quick answers are those of the slow count.
    #[test]
    fn every_question_has_the_same_answer_as_a_count_of_minutes(hours in any_hours(), from in any_start()) {
        prop_assert_eq!(hours.check("hours"), Ok(()));
        let minutes: Vec<Timestamp> = (0..4 * 24 * 60).map(|n| from.plus_ms(n * 60_000)).collect();
        let open: Vec<bool> = minutes.iter().map(|minute| hours.is_open(*minute)).collect();
        let until = from.plus_ms(4 * DAY_MS);
        let counted = open.iter().filter(|open| **open).count() as u64 * 60_000;
        prop_assert_eq!(hours.open_ms_between(from, until), counted);
        prop_assert_eq!(hours.open_ms_between(until, from), 0);
        let change = open.iter().position(|now| *now != open[0]).map(|n| minutes[n]);
        let told = hours.next_change(from);
        prop_assert!(change == told || (change.is_none() && told.is_none_or(|told| told >= until)), "{:?} {:?}", change, told);
        if counted > 0 {
            let half = hours.after_open_ms(from, counted / 2).unwrap();
            prop_assert_eq!(hours.open_ms_between(from, half), counted / 2);
            prop_assert!(half <= until);
        }
    }

    /// Outside of the jumps it is open exactly when the wall clock says so.
    #[test]
    fn the_wall_clock_decides(hours in any_hours(), from in any_start()) {
        let zone = hours.zone.zone();
        for n in 0..4 * 24 * 4 {
            let moment = from.plus_ms(n * 900_000);
            let wall = zone.to_datetime(instant(moment));
            let ambiguous = zone.to_ambiguous_timestamp(wall).is_ambiguous();
            let minute = Minute((i16::from(wall.hour()) * 60 + i16::from(wall.minute())).unsigned_abs());
            let by_wall = hours.on(wall.date()).iter().any(|Interval(from, until)| *from <= minute && minute < *until);
            prop_assert!(ambiguous || hours.is_open(moment) == by_wall, "{}", wall);
        }
    }
}
