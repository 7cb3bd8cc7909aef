//! The reports, on stories with figures that can be checked by eye: the examples of `docs/metrics.md`.

use switchboard::domain::session::Standing;
use switchboard::domain::{Channel, Refusal};
use switchboard::engine::analytics::{Bucket, DAYS_MAX, PageLimits, Span};

use super::town::{Deed, Town, organization, run};

/// What the assistant says without having understood anything.
const UNREAD: u8 = 3;

/// A town in which the projector has begun, and a story is told.
async fn told(story: &[Deed]) -> Town {
    let mut town = Town::new(PageLimits::USUAL);
    town.settle().await;
    for deed in story {
        town.take(deed).await;
    }
    town.settle().await;
    town
}

const fn wait(minutes: i16) -> Deed {
    Deed::Waits { minutes }
}

#[test]
fn whoever_waits_for_a_human_or_has_the_last_word_is_pending() {
    run(async {
        let story = [
            Deed::Says { session: 0 },
            Deed::Answers { session: 0, intent: 0 },
            Deed::Says { session: 1 },
            Deed::Says { session: 2 },
            Deed::HandsOver { session: 2 },
            Deed::Says { session: 4 },
            Deed::Closes { session: 4 },
        ];
        let totals = told(&story).await.analytics.totals(&organization()).await.unwrap();
        let began = &totals.all.began;
        assert_eq!((began.sessions, began.active, began.pending, began.closed), (4, 1, 2, 1));
        assert_eq!((totals.customers, began.handed_over, began.assistant_alone), (3, 1, 1));
        assert_eq!(totals.by_channel[&Channel::Web].began.sessions, 3);
        assert_eq!(totals.by_channel[&Channel::Whatsapp].began.pending, 1);
        assert_eq!((totals.all.flow.said.customer, totals.all.flow.said.notice), (4, 2));
    });
}

#[test]
fn a_suggestion_that_understood_nothing_leaves_the_turn_to_the_answer() {
    run(async {
        let story = [
            Deed::Says { session: 0 },
            Deed::ReturnsToQueue { session: 0 },
            Deed::Answers { session: 0, intent: UNREAD },
            Deed::HandsBack { session: 0 },
            Deed::Answers { session: 0, intent: 0 },
        ];
        let town = told(&story).await;
        let span = Span { from: None, until: town.now.plus_ms(1) };
        let report = town.analytics.conversations(&organization(), span, Bucket::Day).await.unwrap();
        assert_eq!(report.intents, [(Some("greet".to_owned()), 1)].into());
    });
}

#[test]
fn response_times_run_from_the_first_unanswered_message_and_are_split_by_who_answered() {
    run(async {
        let story = [
            Deed::Says { session: 0 },
            wait(1),
            Deed::Says { session: 0 },
            wait(1),
            Deed::Answers { session: 0, intent: 1 },
            Deed::Says { session: 0 },
            Deed::HandsOver { session: 0 },
            wait(10),
            Deed::AgentSays { session: 0, agent: 0 },
            wait(5),
            Deed::Closes { session: 0 },
        ];
        let town = told(&story).await;
        let behaviour = town.analytics.behaviour(&organization(), 1, 10, town.now).await.unwrap();
        assert_eq!((behaviour.answers.assistant.count, behaviour.answers.human.count), (1, 1));
        assert_eq!(behaviour.answers.assistant.mean_s().round(), 120.0);
        assert_eq!(behaviour.answers.human.mean_s().round(), 600.0);
        assert_eq!(behaviour.answers.total().mean_s().round(), 360.0);
        assert_eq!((behaviour.customers, behaviour.conversations, behaviour.mean_duration_s.round()), (1, 1, 720.0));
        assert_eq!(behaviour.messages_per_customer(), 7.0);
        let totals = town.analytics.totals(&organization()).await.unwrap();
        assert_eq!(totals.all.flow.resolutions.human.mean_s().round(), 1_020.0);
        assert_eq!(totals.all.flow.stays.queue.mean_s().round(), 600.0);
        assert_eq!(totals.all.flow.said.assistant_share(), 0.5);
    });
}

#[test]
fn customers_are_listed_by_their_latest_activity_with_their_latest_session_and_name() {
    run(async {
        let mut town = told(&[Deed::Says { session: 0 }, wait(5), Deed::Says { session: 1 }]).await;
        town.say_as(0, "  Jo Doe ").await;
        town.take(&wait(5)).await;
        town.say(4).await;
        town.settle().await;
        let all = town.analytics.customers(&organization(), 0, 10).await.unwrap();
        let seen: Vec<_> = all.items.iter().map(|one| (one.customer.as_str(), one.latest_session.as_str())).collect();
        assert_eq!((seen, all.total), (vec![("jo1", "s4"), ("jo0", "s0")], 2));
        let [latest, earlier] = &all.items[..] else { panic!("{all:?}") };
        assert_eq!((latest.sessions, latest.said.total(), latest.standing), (2, 2, Standing::Pending));
        assert_eq!((earlier.name.as_deref(), latest.name.as_deref()), (Some("Jo Doe"), None));
        let second = town.analytics.customers(&organization(), 1, 1).await.unwrap();
        assert_eq!((second.items.as_slice(), second.total), (std::slice::from_ref(earlier), 2));
        let beyond = town.analytics.customers(&organization(), 9, 5).await.unwrap();
        assert_eq!((beyond.items.len(), beyond.total), (0, 2));
    });
}

#[test]
fn a_claimed_name_is_not_the_customer_who_has_proved_it() {
    run(async {
        let town = told(&[Deed::Says { session: 0 }, wait(1), Deed::Says { session: 6 }]).await;
        let all = town.analytics.customers(&organization(), 0, 10).await.unwrap();
        let seen: Vec<_> = all.items.iter().map(|one| (one.customer.as_str(), one.verified)).collect();
        assert_eq!(seen, [("jo0", false), ("jo0", true)]);
        let totals = town.analytics.totals(&organization()).await.unwrap();
        assert_eq!((totals.customers, totals.verified_customers), (2, 1));
    });
}

#[test]
fn every_day_is_there_and_intents_are_counted_by_turn() {
    run(async {
        let story = [
            Deed::Says { session: 0 },
            Deed::Answers { session: 0, intent: 0 },
            wait(24 * 10),
            wait(24 * 10),
            wait(24 * 10),
            wait(24 * 30),
            wait(24 * 60),
            Deed::Says { session: 0 },
            Deed::Answers { session: 0, intent: 1 },
            Deed::Says { session: 0 },
            Deed::Answers { session: 0, intent: 1 },
        ];
        let town = told(&story).await;
        let overview = town.analytics.overview(&organization(), 3, town.now).await.unwrap();
        let days: Vec<_> = overview.days.iter().map(|day| (day.date.to_string(), day.all.flow.said.total())).collect();
        let named = |day: &str, count| (day.to_owned(), count);
        assert_eq!(days, [named("2025-03-29", 2), named("2025-03-30", 0), named("2025-03-31", 4)]);
        let intents: Vec<_> = overview.intents.iter().map(|(name, count)| (name.as_deref(), *count)).collect();
        assert_eq!(intents, [(Some("greet"), 1), (Some("order_status"), 2)]);
        assert_eq!((overview.all.began.sessions, overview.all.flow.said.assistant), (1, 3));
        assert_eq!(overview.from.to_string(), "2025-03-29T00:00:00.000Z");
        let today = town.analytics.overview(&organization(), 1, town.now).await.unwrap();
        assert_eq!((today.all.began.sessions, today.all.flow.said.total()), (0, 4));
    });
}

#[test]
fn an_organization_of_which_nothing_is_known_has_empty_figures_and_a_wrong_number_of_days_is_refused() {
    run(async {
        let town = told(&[Deed::Says { session: 0 }]).await;
        let nobody = switchboard::domain::OrganizationId::parse("nobody").unwrap();
        assert_eq!(town.analytics.totals(&nobody).await.unwrap(), Default::default());
        assert_eq!(town.analytics.customers(&nobody, 0, 10).await.unwrap(), Default::default());
        let behaviour = town.analytics.behaviour(&nobody, 30, 10, town.now).await.unwrap();
        assert_eq!((behaviour.customers, behaviour.messages_per_customer()), (0, 0.0));
        for days in [0, DAYS_MAX + 1] {
            let refused = town.analytics.overview(&nobody, days, town.now).await.unwrap_err();
            assert!(matches!(&refused, Refusal::Invalid { field, .. } if field == "days"), "{refused:?}");
        }
    });
}

#[test]
fn figures_that_are_not_made_yet_are_refused_and_never_half_told() {
    run(async {
        let mut town = Town::new(PageLimits { entries_max: 4, sessions_max: 1 });
        for session in 0..4 {
            town.say(session).await;
        }
        for _ in 0..3 {
            town.take(&Deed::Counts).await;
        }
        town.break_disk().await;
        let refused = town.analytics.totals(&organization()).await;
        assert_eq!(refused, Err(Refusal::Unavailable { part: "analytics" }));
    });
}

#[test]
fn a_store_that_takes_no_writes_still_tells_what_was_counted() {
    run(async {
        let mut town = told(&[Deed::Says { session: 0 }]).await;
        town.say(1).await;
        town.break_disk().await;
        assert_eq!(town.analytics.totals(&organization()).await.unwrap().all.began.sessions, 1);
    });
}

#[test]
fn a_report_waits_for_the_projector_and_hurries_it() {
    run(async {
        let mut town = told(&[]).await;
        let (analytics, projector) = switchboard::engine::Analytics::new(town.store.clone());
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(projector.run(stopping));
        for said in 1..=20 {
            town.say(0).await;
            assert_eq!(analytics.totals(&organization()).await.unwrap().all.flow.said.customer, said);
        }
        let span = Span { from: None, until: town.now.plus_ms(1) };
        let report = analytics.conversations(&organization(), span, Bucket::Hour).await.unwrap();
        assert_eq!((report.conversations, report.messages), (1, 20));
        stop.send_replace(true);
        running.await.unwrap();
    });
}

#[test]
fn the_dashboard_tells_how_customers_were_served_and_how_they_said_it_was() {
    run(async {
        let story = [
            Deed::Says { session: 0 },
            wait(1),
            Deed::Answers { session: 0, intent: 0 },
            Deed::HandsOver { session: 0 },
            wait(10),
            Deed::AgentSays { session: 0, agent: 1 },
            Deed::Closes { session: 0 },
            Deed::Rates { session: 0, score: 4 },
            Deed::Rates { session: 0, score: 1 },
            Deed::Says { session: 1 },
            Deed::Answers { session: 1, intent: 0 },
            Deed::Closes { session: 1 },
        ];
        let town = told(&story).await;
        let day = jiff::Timestamp::from_millisecond(town.now.as_ms()).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
        let report = town.analytics.dashboard(&organization(), day, day).await.unwrap();
        let totals = &report.totals;
        assert_eq!((totals.conversations, totals.handed_over), (2, 1));
        assert_eq!((totals.resolved_by_assistant, totals.resolved_by_human), (1, 1));
        assert_eq!((totals.first_response.count, totals.first_response.mean_ms()), (2, Some((60_017) / 2)));
        assert_eq!((totals.first_human_response.mean_ms(), totals.wait.mean_ms()), (Some(600_017), Some(600_017)));
        assert_eq!(totals.ratings.scores, [0, 0, 0, 1, 0], "a second rating does not count");
        let [agent] = &report.agents[..] else { panic!("{:?}", report.agents) };
        assert_eq!((agent.figures.sessions, agent.figures.ratings.mean()), (1, Some(4.0)));
        assert_eq!(agent.figures.first_served.mean_ms(), Some(600_017));
        assert_eq!(report.days, [(day, *totals)]);
        let empty = town.analytics.dashboard(&organization(), day.tomorrow().unwrap(), day.tomorrow().unwrap()).await;
        assert_eq!((empty.unwrap().totals, report.channels[&Channel::Web]), (Default::default(), 1));
    });
}

#[test]
fn a_conversation_that_is_handed_over_twice_counts_once_as_handed_over() {
    run(async {
        let story = [
            Deed::Says { session: 0 },
            Deed::HandsOver { session: 0 },
            Deed::AgentSays { session: 0, agent: 1 },
            Deed::Closes { session: 0 },
            Deed::Says { session: 0 },
            Deed::Answers { session: 0, intent: 0 },
            Deed::HandsOver { session: 0 },
        ];
        let town = told(&story).await;
        let day = jiff::Timestamp::from_millisecond(town.now.as_ms()).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
        let report = town.analytics.dashboard(&organization(), day, day).await.unwrap();
        assert_eq!((report.totals.conversations, report.totals.handed_over), (1, 1));
        let all = town.analytics.totals(&organization()).await.unwrap().all;
        assert_eq!(all.flow.handovers, 2, "it happened twice");
    });
}
