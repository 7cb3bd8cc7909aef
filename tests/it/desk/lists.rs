//! What lists and customers are told: many changes at once, and where those who wait stand.

use std::sync::Arc;

use switchboard::domain::desk::agent::Availability;
use switchboard::domain::desk::board::{Arrival, Audience, Board};
use switchboard::domain::desk::news::{LISTS_MAX, Lists};
use switchboard::domain::desk::settings::{Assignment, DeskSettings};
use switchboard::domain::desk::{DeskNews, Service};
use switchboard::domain::{Case, OrganizationId, Owner, PersonName, SessionId, SessionKey, State, Timestamp, UserId};
use uuid::Uuid;

const BEGAN: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn board() -> Board {
    let settings = DeskSettings { policy: Assignment::Manual, ..DeskSettings::default() };
    Board::new(OrganizationId::default_organization(), Arc::new(settings), 1, BEGAN)
}

fn id(n: u32) -> SessionId {
    SessionId::parse(&format!("s{n:05}")).unwrap()
}

/// Session `n`, which waits since the `n`th second, unless somebody has it.
fn session(n: u32, seq: u64, owner: Owner) -> Arc<Case> {
    let key = SessionKey { organization: OrganizationId::default_organization(), session: id(n) };
    let mut case = Case::of(&State::unborn(key), None);
    let queued_at = (owner == Owner::Queue).then(|| BEGAN.plus_ms(i64::from(n) * 1_000));
    (case.seq, case.epoch, case.owner, case.service) = (seq, seq, owner, Service { queued_at, ..Service::default() });
    Arc::new(case)
}

fn human() -> Owner {
    Owner::Human { user: UserId(Uuid::from_u128(1)), name: name() }
}

fn name() -> PersonName {
    PersonName::parse("name", "Jo").unwrap()
}

fn lists(board: &mut Board) -> Vec<(Audience, Lists)> {
    board.tell(BEGAN);
    let news = board.take().news;
    news.into_iter()
        .filter_map(|news| if let DeskNews::Lists(lists) = news.what { Some((news.audience, lists)) } else { None })
        .collect()
}

#[test]
fn many_changes_are_one_piece_of_news_for_everybody() {
    let mut board = board();
    board.came(UserId(Uuid::from_u128(1)), name(), Arrival::Connected(Availability::Available), BEGAN);
    for n in 0..20 {
        board.see(&session(n, 1, Owner::Queue), &[], BEGAN);
        board.see(&session(n, 2, Owner::Queue), &[], BEGAN);
    }
    let told = lists(&mut board);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, Audience::Everybody);
    assert_eq!((told[0].1.sessions.len(), told[0].1.agents.len()), (20, 1));
    let places: Vec<_> = told[0].1.sessions.iter().map(|listed| listed.place).collect();
    assert_eq!(places, (1..=20).map(Some).collect::<Vec<_>>());
    assert_eq!(lists(&mut board), Vec::new(), "nothing is told twice");
}

#[test]
fn no_piece_of_news_is_longer_than_it_may_be_and_none_is_lost() {
    let mut board = board();
    let count = u32::try_from(LISTS_MAX).unwrap() * 2 + 50;
    (0..count).for_each(|n| board.see(&session(n, 1, Owner::Queue), &[], BEGAN));
    let told = lists(&mut board);
    let lengths: Vec<_> = told.iter().map(|(_, lists)| lists.sessions.len() + lists.agents.len()).collect();
    assert_eq!(lengths, [LISTS_MAX, LISTS_MAX, 50]);
    let mut named: Vec<_> =
        told.iter().flat_map(|(_, lists)| &lists.sessions).map(|listed| listed.case.key.session.clone()).collect();
    named.dedup();
    assert_eq!(named, (0..count).map(id).collect::<Vec<_>>());
}

#[test]
fn a_list_of_some_sessions_has_the_place_of_each() {
    let mut board = board();
    (0..50).for_each(|n| board.see(&session(n, 1, Owner::Queue), &[], BEGAN));
    board.see(&session(7, 2, human()), &[], BEGAN);
    let cases = [
        session(40, 1, Owner::Queue),
        session(7, 2, human()),
        session(3, 1, Owner::Queue),
        session(90, 1, Owner::Closed),
    ];
    let places: Vec<_> = board.list(&cases, BEGAN).into_iter().map(|listed| listed.place).collect();
    assert_eq!(places, [Some(40), None, Some(4), None]);
}

#[test]
fn who_is_near_is_told_every_step_and_who_is_far_within_ten_seconds() {
    let mut board = board();
    (0..1_000).for_each(|n| board.see(&session(n, 1, Owner::Queue), &[], BEGAN));
    assert_eq!(board.places_changed(BEGAN).len(), 1_000, "everybody is told once at first");
    board.see(&session(0, 2, human()), &[], BEGAN);
    let first = board.places_changed(BEGAN);
    assert_eq!(first.iter().filter(|(_, place)| place.place <= 100).count(), 100);
    let mut told: Vec<SessionId> = first.into_iter().map(|(session, _)| session).collect();
    assert!(told.len() < 200, "{} are told at once", told.len());
    (1..10).for_each(|_| told.extend(board.places_changed(BEGAN).into_iter().map(|(session, _)| session)));
    told.sort();
    assert_eq!(told, (1..1_000).map(id).collect::<Vec<_>>());
}

#[test]
fn who_waits_again_is_not_told_where_they_stood_before() {
    let mut board = board();
    (0..3).for_each(|n| board.see(&session(n, 1, Owner::Queue), &[], BEGAN));
    let place = |board: &Board| board.place(&id(2), BEGAN).map(|place| place.place);
    assert_eq!((board.places_changed(BEGAN).len(), place(&board)), (3, Some(3)));
    board.see(&session(2, 2, human()), &[], BEGAN);
    board.see(&session(0, 2, Owner::Closed), &[], BEGAN);
    assert_eq!(place(&board), None);
    board.see(&session(2, 3, Owner::Queue), &[], BEGAN);
    assert_eq!(place(&board), Some(2));
}
