//! However the projector gets there, in whatever pages, killed wherever: the rows are the same, and they are right.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use switchboard::domain::session::Standing;
use switchboard::domain::{Label, Organization, Timestamp, ZoneName};
use switchboard::engine::analytics::{AgentReport, Bucket, IntentOutcome, PageLimits, Served, Span, Step};
use switchboard::store::{Batch, feed, record};

use super::ledger::{self, Session};
use super::town::{Deed, MORNING, Town, deeds, organization, run};

const SMALL: PageLimits = PageLimits { entries_max: 3, sessions_max: 2 };

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rows_are_those_that_the_logs_give_and_the_figures_those_counted_by_hand(
        deeds in deeds(120),
        entries_max in 1..6usize,
        sessions_max in 1..4usize,
        range in (0..5_000_i64, 1..5_000_i64),
    ) {
        run(async {
            let mut town = Town::new(PageLimits { entries_max, sessions_max });
            for deed in &deeds {
                town.take(deed).await;
            }
            town.settle().await;
            let followed = town.rows();
            let sessions = ledger::sessions(&town.logs());
            compare(&town, &sessions, range).await?;
            town.rebuild().await;
            prop_assert_eq!(&town.rows(), &followed, "made anew, the rows differ");
            Ok(())
        })?;
    }
}

async fn compare(town: &Town, sessions: &[Session], (start, length): (i64, i64)) -> Result<(), TestCaseError> {
    let morning = Timestamp::parse(MORNING).unwrap();
    let from = morning.plus_ms(start * 60_013);
    for (from, until) in [
        (None, town.now.plus_ms(1)),
        (Some(from), from.plus_ms(length * 60_007)),
        (Some(from), from.plus_ms(length * 100)),
    ] {
        let span = Span { from, until };
        let report = town.analytics.conversations(&organization(), span, Bucket::Day).await.unwrap();
        let by_hand = ledger::held(sessions, from.unwrap_or_default(), until, Bucket::Day);
        let started = report.started.into_iter().filter(|(_, count)| *count > 0).collect();
        let report = ledger::Held {
            conversations: report.conversations,
            messages: report.messages,
            active: report.active_customers,
            intents: report.intents,
            started,
        };
        prop_assert_eq!(report, by_hand, "{:?} {}", from, until);
    }
    totals(town, sessions).await?;
    dashboard(town, sessions).await?;
    days(town, sessions, "Asia/Kolkata").await?;
    days(town, sessions, "Europe/Berlin").await
}

async fn totals(town: &Town, sessions: &[Session]) -> Result<(), TestCaseError> {
    let totals = town.analytics.totals(&organization()).await.unwrap();
    let standing = |wanted| sessions.iter().filter(|one| one.standing == wanted).count() as u64;
    let began = &totals.all.began;
    prop_assert_eq!(
        (began.active, began.pending, began.closed),
        (standing("active"), standing("pending"), standing("closed"))
    );
    let live = |wanted| town.standings().filter(|standing| *standing == wanted).count() as u64;
    let live = (live(Standing::Active), live(Standing::Pending), live(Standing::Closed));
    prop_assert_eq!((began.active, began.pending, began.closed), live, "lists and figures disagree");
    let people: std::collections::BTreeSet<_> = sessions.iter().map(|one| &one.person).collect();
    prop_assert_eq!(totals.customers, people.len() as u64);
    prop_assert_eq!(totals.verified_customers, people.iter().filter(|(verified, _)| *verified).count() as u64);
    prop_assert_eq!(began.handed_over, sessions.iter().filter(|one| one.handed_over).count() as u64);
    let messages: usize = sessions.iter().map(|one| one.messages.len()).sum();
    prop_assert_eq!((totals.all.flow.said.total(), began.messages), (messages as u64, messages as u64));
    let answers = sessions.iter().flat_map(|one| &one.answers);
    let (count, ms) = answers.fold((0, 0), |(count, ms), (_, _, waited)| (count + 1, ms + waited));
    let by_assistant =
        sessions.iter().flat_map(|one| &one.answers).filter(|(_, assistant, _)| *assistant).count() as u64;
    let total = totals.all.flow.answers.total();
    prop_assert_eq!((total.count, total.ms, totals.all.flow.answers.assistant.count), (count, ms, by_assistant));
    let channels: u64 = totals.by_channel.values().map(|figures| figures.began.sessions).sum();
    prop_assert_eq!(channels, sessions.len() as u64);
    let listed = town.analytics.customers(&organization(), 0, 100).await.unwrap();
    prop_assert_eq!((listed.items.len(), listed.total), (people.len(), people.len() as u64));
    let newest_first = listed.items.windows(2).all(|pair| pair[0].last_at >= pair[1].last_at);
    prop_assert!(newest_first);
    let listed_messages: u64 = listed.items.iter().map(|one| one.said.total()).sum();
    prop_assert_eq!(listed_messages, messages as u64);
    Ok(())
}

async fn dashboard(town: &Town, sessions: &[Session]) -> Result<(), TestCaseError> {
    let (first, last) = ("2025-03-01".parse().unwrap(), "2026-03-01".parse().unwrap());
    let report = town.analytics.dashboard(&organization(), first, last).await.unwrap();
    let by_person = report.agents.iter().map(|AgentReport { user, figures }| {
        let (served, ratings) = (figures.first_served, figures.ratings);
        (*user, [figures.sessions, served.count, served.ms, ratings.count(), ratings.sum()])
    });
    prop_assert_eq!(by_person.collect::<BTreeMap<_, _>>(), ledger::by_person(sessions));
    let totals = &report.totals;
    prop_assert_eq!(totals.ratings.scores, ledger::scores(sessions));
    prop_assert_eq!(totals.conversations, sessions.len() as u64);
    let messages: usize = sessions.iter().map(|one| one.messages.len()).sum();
    let answered = sessions.iter().filter(|one| !one.answers.is_empty()).count();
    prop_assert_eq!((totals.messages, totals.first_response.count), (messages as u64, answered as u64));
    let first_ms: u64 = sessions.iter().filter_map(|one| one.answers.first()).map(|(_, _, ms)| ms).sum();
    prop_assert_eq!(totals.first_response.ms, first_ms);
    let days = |figure: fn(&Served) -> u64| report.days.iter().map(|(_, day)| figure(day)).sum::<u64>();
    let of_days = [days(|day| day.messages), days(|day| day.ratings.count()), days(|day| day.first_response.ms)];
    prop_assert_eq!(of_days, [totals.messages, totals.ratings.count(), totals.first_response.ms], "days add up");
    prop_assert_eq!(report.channels.values().sum::<u64>(), totals.conversations);
    Ok(())
}

async fn days(town: &Town, sessions: &[Session], zone: &str) -> Result<(), TestCaseError> {
    lives_in(town, zone).await;
    let by_hand = ledger::by_date(sessions, &TimeZone::get(zone).unwrap());
    let overview = town.analytics.overview(&organization(), 400, town.now).await.unwrap();
    let counted = overview.days.iter().map(|day| (day.date.to_string(), day.all.flow.said));
    let counted = counted.map(|(date, said)| (date, [said.customer, said.assistant, said.agent, said.notice]));
    let counted = counted.filter(|(_, said)| *said != [0; 4]).collect();
    prop_assert_eq!(by_hand, counted, "{}", zone);
    prop_assert_eq!(overview.days.len(), 400);
    let mut first_intents: BTreeMap<String, IntentOutcome> = BTreeMap::new();
    let began = sessions.iter().filter(|one| overview.from <= one.started_at && one.started_at < overview.until);
    for session in began {
        let Some(intent) = session.first_intent.clone() else { continue };
        let outcome = first_intents.entry(intent).or_default();
        outcome.conversations += 1;
        outcome.handed_over += u64::from(session.handed_over);
    }
    prop_assert_eq!(first_intents, overview.first_intents);
    let behaviour = town.analytics.behaviour(&organization(), 400, 100, town.now).await.unwrap();
    let parts: u64 = behaviour.top.iter().map(|one| one.said.total()).sum();
    prop_assert_eq!((parts, behaviour.top.len() as u64), (behaviour.said.total(), behaviour.customers));
    Ok(())
}

/// The organization has its days in this zone from now on.
async fn lives_in(town: &Town, zone: &str) {
    let name = Label::parse("name", "Acme").unwrap();
    let plain = Organization::new(organization(), name, Timestamp::default());
    let there = Organization { time_zone: ZoneName::parse("time_zone", zone).unwrap(), ..plain };
    let mut batch = Batch::default();
    match record::get::<Organization>(&town.store, &organization(), "acme").unwrap() {
        Some(known) => drop(record::update(&mut batch, &known, &there).unwrap()),
        None => record::insert(&mut batch, &there).unwrap(),
    }
    town.store.commit(batch).await.unwrap();
}

/// Some sessions with some turns each, and nothing counted.
async fn busy_town(limits: PageLimits) -> Town {
    let mut town = Town::new(limits);
    for round in 0..6 {
        for session in 0..8 {
            town.say(session).await;
            town.take(&Deed::Waits { minutes: 7 }).await;
            town.answer(session, round).await;
        }
    }
    town
}

#[test]
fn a_projector_that_dies_after_every_page_counts_nothing_twice_and_misses_nothing() {
    run(async {
        let tiny = PageLimits { entries_max: 1, sessions_max: 1 };
        let (mut dying, mut living) = (Town::new(tiny), Town::new(PageLimits::USUAL));
        dying.settle().await;
        living.settle().await;
        for (session, intent) in (0..8).cycle().zip(0..100) {
            for town in [&mut dying, &mut living] {
                town.say(session).await;
                town.answer(session, intent).await;
                town.take(&Deed::Waits { minutes: 3 }).await;
            }
            dying.count().await;
            dying.kill();
        }
        living.settle().await;
        assert_ne!(dying.rows(), living.rows(), "it is behind: there was something to cut");
        while dying.count().await != Step::Nothing {
            dying.kill();
        }
        assert_eq!(dying.rows(), living.rows());
    });
}

#[test]
fn a_burst_of_one_session_is_one_write_of_its_records() {
    run(async {
        let mut town = Town::new(PageLimits::USUAL);
        town.settle().await;
        for _ in 0..50 {
            town.say(0).await;
        }
        assert_eq!(town.settle().await, [Step::Followed(50)]);
        let rows = town.rows();
        let kinds = rows.iter().filter(|(key, _)| key.contains("/acme/") || key.ends_with("/acme")).count();
        assert_eq!(kinds, 7, "{rows:#?}");
    });
}

#[test]
fn an_older_projection_is_deleted_and_made_anew_at_the_start() {
    run(async {
        let mut town = busy_town(SMALL).await;
        town.settle().await;
        let right = town.rows();
        town.put("analytics", r#"{"v":0,"phase":"something else"}"#).await;
        town.put("analytics.total/acme/web", r#"{"f":{"handovers":999}}"#).await;
        town.put("analytics.gone/acme/x", "no JSON").await;
        town.kill();
        let steps = town.settle().await;
        assert!(steps.contains(&Step::Cleared) && steps.contains(&Step::Built(2)), "{steps:?}");
        assert_eq!(town.rows(), right);
    });
}

#[test]
fn a_rebuild_that_dies_anywhere_goes_on_while_the_town_talks() {
    run(async {
        let mut town = busy_town(SMALL).await;
        for session in (0..9).cycle().take(40) {
            town.take(&Deed::Counts).await;
            town.kill();
            town.say(session).await;
        }
        town.settle().await;
        let followed = town.rows();
        town.rebuild().await;
        assert_eq!(town.rows(), followed);
    });
}

#[test]
fn the_feed_is_trimmed_behind_its_slowest_reader_and_nothing_is_lost() {
    run(async {
        let mut town = busy_town(SMALL).await;
        town.settle().await;
        let (all, right) = (town.feed_pages().len(), town.rows());
        assert!(all > 60, "{all} pages");
        town.settle().await;
        assert_eq!(town.feed_pages().len(), all, "the other reader has read nothing yet");
        town.others_pass().await;
        let steps = town.settle().await;
        assert!(steps.iter().all(|step| *step == Step::Trimmed) && steps.len() > 1, "{steps:?}");
        assert_eq!(town.feed_pages().len(), 1, "the newest page holds the count of positions");
        town.rebuild().await;
        assert_eq!(town.rows(), right);
        town.say(1).await;
        assert_eq!(town.settle().await, [Step::Followed(1)]);
        assert_eq!(feed::cursor(&town.store, "analytics").unwrap(), *town.store.feed_end().borrow());
    });
}

#[test]
fn a_feed_that_never_ends_is_trimmed_all_the_same() {
    run(async {
        let mut town = Town::new(PageLimits::USUAL);
        town.settle().await;
        for round in 0..100_u8 {
            town.say(round % 4).await;
            town.others_pass().await;
            assert_ne!(town.count().await, Step::Nothing);
        }
        assert!(town.feed_pages().len() < 5, "{} pages", town.feed_pages().len());
        town.settle().await;
        let followed = town.rows();
        town.rebuild().await;
        assert_eq!(town.rows(), followed);
    });
}

#[test]
fn a_damaged_log_holds_up_nobody() {
    run(async {
        let mut town = Town::new(SMALL);
        town.settle().await;
        for session in 0..3 {
            town.say(session).await;
        }
        let broken = [b"log/acme/s1/".as_slice(), &1_u64.to_be_bytes()].concat();
        town.put(&String::from_utf8(broken).unwrap(), "no JSON").await;
        town.settle().await;
        assert_eq!(town.analytics.totals(&organization()).await.unwrap().all.began.sessions, 2);
    });
}
