//! The desk in a running app: offers, taking, vanishing, restarts.

use std::sync::Arc;

use switchboard::actors::desk::{Destination, Insistence};
use switchboard::app::World;
use switchboard::domain::desk::event::OfferEnd;
use switchboard::domain::desk::{DeskNews, Presence};
use switchboard::domain::{DeskEvent, Event, Owner, Refusal, UserId};
use switchboard::store::log;
use uuid::Uuid;

use super::person::{Person, asks_for_a_human, key, organization, owner};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;

#[tokio::test]
async fn who_is_there_is_offered_a_waiting_session_and_of_two_who_take_it_one_gets_a_conflict() {
    let app = TestApp::start().await;
    let desks = Arc::clone(app.desks());
    let (mut ann, bob) = (Person::comes(&desks, 1).await, Person::comes(&desks, 2).await);
    asks_for_a_human(&app, "s").await;
    let epoch = ann.is_offered("s").await;
    let (taken, refused) = tokio::join!(ann.accepts(&desks, "s", epoch), bob.accepts(&desks, "s", epoch));
    assert_eq!(taken, Ok(()));
    assert!(matches!(refused, Err(Refusal::Conflict { .. })), "{refused:?}");
    let Owner::Human { user, .. } = owner(&app, "s") else { panic!("nobody has it") };
    assert_eq!(user, ann.user);
    let seen = desks.snapshot(&organization(), ann.user).await.unwrap();
    assert_eq!((seen.mine.len(), seen.queue_total, seen.agents.len()), (1, 0, 2));
    assert!(seen.mine[0].last.is_some(), "lists show the newest message");
}

#[tokio::test]
async fn an_offer_that_nobody_answers_or_declines_goes_to_the_next() {
    let clock = Arc::new(HandClock::at("2026-11-02T10:00:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let desks = Arc::clone(app.desks());
    let mut ann = Person::comes(&desks, 1).await;
    asks_for_a_human(&app, "s").await;
    ann.is_offered("s").await;
    let (mut bob, mut cid) = (Person::comes(&desks, 2).await, Person::comes(&desks, 3).await);
    clock.forward_s(31);
    let timed_out = |news: &DeskNews| matches!(news, DeskNews::OfferEnded { how: OfferEnd::TimedOut, .. });
    ann.hears(timed_out).await;
    bob.is_offered("s").await;
    desks.decline(&key("s"), bob.user).await.unwrap();
    let epoch = cid.is_offered("s").await;
    assert_eq!(cid.accepts(&desks, "s", epoch).await, Ok(()));
}

#[tokio::test]
async fn nobody_gets_more_than_they_may_and_a_session_is_taken_from_another_by_force_only() {
    let app = TestApp::start().await;
    let desks = Arc::clone(app.desks());
    let (mut ann, bob) = (Person::comes(&desks, 1).await, Person::comes(&desks, 2).await);
    asks_for_a_human(&app, "s").await;
    let epoch = ann.is_offered("s").await;
    ann.accepts(&desks, "s", epoch).await.unwrap();
    let now = epoch + 1;
    let key = key("s");
    let claim = |insistence| desks.claim(&key, bob.user, bob.name.clone(), now, insistence);
    assert!(matches!(claim(Insistence::Ask).await, Err(Refusal::Conflict { .. })));
    assert_eq!(claim(Insistence::Force).await, Ok(()));
    let to = |user| desks.transfer(&key, bob.visitor(), Destination::Agent(user), None, None);
    let stranger = UserId(Uuid::from_u128(99));
    assert!(matches!(to(stranger).await, Err(Refusal::Conflict { .. })), "who is not there gets nothing");
    assert_eq!(to(ann.user).await, Ok(()));
    let Owner::Human { user, .. } = owner(&app, "s") else { panic!("nobody has it") };
    assert_eq!(user, ann.user);
    drop(ann.attendance.take());
}

#[tokio::test]
async fn the_sessions_of_a_person_who_does_not_come_back_wait_again_after_the_grace_time() {
    let clock = Arc::new(HandClock::at("2026-11-02T10:00:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let desks = Arc::clone(app.desks());
    let mut ann = Person::comes(&desks, 1).await;
    asks_for_a_human(&app, "s").await;
    let epoch = ann.is_offered("s").await;
    ann.accepts(&desks, "s", epoch).await.unwrap();
    let mut bob = Person::comes(&desks, 2).await;
    drop(ann.attendance.take());
    let gone = |news: &DeskNews| matches!(news, DeskNews::Lists(lists) if lists.agents.iter().any(|card| card.user == ann.user && card.presence == Presence::Vanished));
    bob.hears(gone).await;
    assert!(matches!(owner(&app, "s"), Owner::Human { .. }), "there is a grace time");
    clock.forward_s(61);
    bob.is_offered("s").await;
    assert_eq!(owner(&app, "s"), Owner::Queue);
}

#[tokio::test]
async fn an_offer_that_was_open_when_the_process_ended_times_out_after_it_and_goes_to_the_next() {
    let clock = Arc::new(HandClock::at("2026-11-02T10:00:00Z"));
    let world = || World { clock: Arc::clone(&clock) as _, ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world()).await;
    let mut ann = Person::comes(app.desks(), 1).await;
    asks_for_a_human(&app, "s").await;
    ann.is_offered("s").await;
    let app = app.restart_in_world(|_| {}, world()).await;
    let desks = Arc::clone(app.desks());
    let mut bob = Person::comes(&desks, 2).await;
    let seen = desks.snapshot(&organization(), bob.user).await.unwrap();
    let offered_to = seen.queue[0].case.service.offer.as_ref().map(|offer| offer.user);
    assert_eq!(offered_to, Some(ann.user), "it is still theirs to take");
    clock.forward_s(31);
    let epoch = bob.is_offered("s").await;
    let logged = log::read::<Event>(app.store(), &key("s"), 0, 100).unwrap();
    let ended = logged.iter().find_map(|logged| match &logged.event {
        Event::Desk(DeskEvent::OfferEnded { user, how, .. }) => Some((*user, *how)),
        _ => None,
    });
    assert_eq!(ended, Some((ann.user, OfferEnd::TimedOut)), "not withdrawn");
    assert_eq!(bob.accepts(&desks, "s", epoch).await, Ok(()));
}
