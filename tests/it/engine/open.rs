//! The sessions that are open, by an index: in order, counted, and built for stores that had none.

use std::sync::Arc;

use switchboard::domain::session::Owner;
use switchboard::domain::{
    Channel, Command, CustomerId, Opening, OrganizationId, PersonName, SessionId, SessionKey, State, Timestamp, UserId,
    Visitor,
};
use switchboard::store::index::Match;
use switchboard::store::{Batch, Direction, KeyRange, Kv, Store, StoreLimits, Write, index, record, session};

use crate::support::app::TestApp;
use crate::support::kv::MemoryKv;

fn home() -> OrganizationId {
    OrganizationId::default_organization()
}

fn key(session: &str) -> SessionKey {
    SessionKey { organization: home(), session: SessionId::parse(session).unwrap() }
}

async fn begin(app: &TestApp, session: &str, channel: Channel) {
    let visitor = Visitor::Customer(CustomerId::parse("jo").unwrap());
    let opening = Opening { channel, resume: None, language: None, name: None };
    app.sessions().enter(&key(session), visitor, Some(opening)).await.unwrap();
}

fn listed(app: &TestApp, channel: Option<Channel>, page: usize, limit: usize) -> (Vec<String>, usize) {
    let (states, total) = app.sessions().active(&home(), channel, page, limit).unwrap();
    (states.iter().map(|state| state.key.session.to_string()).collect(), total)
}

fn staffed(store: &Store) -> usize {
    record::count_index::<State>(store, &home(), session::BY_STAFF, Match::Any, 1_000).unwrap()
}

#[tokio::test]
async fn open_sessions_are_listed_over_all_channels_and_counted_and_closed_ones_are_not() {
    let clock = Arc::new(crate::support::clock::HandClock::at_ms(1_800_000_000_000));
    let world = switchboard::app::World { clock: clock.clone(), ..Default::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    for number in 0..6_u8 {
        let channel = [Channel::Web, Channel::Whatsapp, Channel::Email][usize::from(number % 3)];
        begin(&app, &format!("s{number}"), channel).await;
        clock.forward_s(1);
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(listed(&app, None, 1, 4), (names(&["s5", "s4", "s3", "s2"]), 6));
    assert_eq!(listed(&app, None, 2, 4), (names(&["s1", "s0"]), 6));
    assert_eq!(listed(&app, None, 3, 4), (Vec::new(), 6));
    assert_eq!(listed(&app, Some(Channel::Whatsapp), 1, 10), (names(&["s4", "s1"]), 2));
    assert_eq!(listed(&app, Some(Channel::Sms), 1, 10), (Vec::new(), 0));
    assert_eq!(listed(&app, None, usize::MAX, usize::MAX), (Vec::new(), 6));

    let agent = Visitor::Staff {
        user: UserId(uuid::Uuid::from_u128(7)),
        name: PersonName::parse("name", "Jane Smith").unwrap(),
    };
    let take = Command::TakeOver { visitor: agent.clone(), if_epoch: None };
    app.sessions().act(&key("s1"), take).await.unwrap();
    assert_eq!(staffed(app.store()), 1);
    app.sessions().act(&key("s1"), Command::Close { visitor: agent.clone() }).await.unwrap();
    app.sessions().act(&key("s5"), Command::Close { visitor: agent }).await.unwrap();
    assert_eq!(listed(&app, None, 1, 2), (names(&["s4", "s3"]), 4));
    assert_eq!((listed(&app, Some(Channel::Whatsapp), 1, 10).1, staffed(app.store())), (1, 0));
    app.stop().await;
}

#[tokio::test]
async fn a_store_of_an_older_program_gets_the_index_when_it_is_opened() {
    let kv = Arc::new(MemoryKv::default());
    let open = || Store::over(Arc::clone(&kv) as Arc<dyn Kv>, StoreLimits::default()).unwrap();
    let (store, completions) = open();
    let running = tokio::spawn(completions.run());
    let human =
        Owner::Human { user: UserId(uuid::Uuid::from_u128(7)), name: PersonName::parse("name", "Jane Smith").unwrap() };
    // More than one page of them, and one as large as it is kept in parts.
    for number in 0..700_i64 {
        let owner = [Owner::Assistant, Owner::Queue, human.clone(), Owner::Closed]
            [usize::try_from(number % 4).unwrap()]
        .clone();
        let mut state = State { owner, next_seq: 2, ..State::unborn(key(&format!("s{number:03}"))) };
        state.started_at = Timestamp::from_ms(1_700_000_000_000 + number);
        if number == 5 {
            state.known.insert("note".to_owned(), Some("x".repeat(100_000)));
        }
        let mut batch = Batch::default();
        record::insert(&mut batch, &state).unwrap();
        store.commit(batch).await.unwrap();
    }
    let expected: Vec<_> = index_entries(kv.as_ref());
    store.close();
    drop(store);
    running.await.unwrap();

    // One had no such index; the next had one that did not say who has a session.
    for (schema, left) in [(r#"{"v":1}"#, None), (r#"{"v":2}"#, Some(b"session.staff/default/001700000000001\0s001"))] {
        kv.apply(expected.iter().map(|key| Write::Delete(key.clone())).collect()).unwrap();
        kv.apply(left.iter().map(|key| Write::Put(key.to_vec(), Vec::new())).collect()).unwrap();
        kv.apply(vec![
            Write::Put(b"schema".to_vec(), schema.as_bytes().to_vec()),
            Write::Put(b"session/default/broken".to_vec(), b"{".to_vec()),
        ])
        .unwrap();
        assert_eq!(index_entries(kv.as_ref()).len(), usize::from(left.is_some()));
        let (store, _completions) = open();
        assert_eq!(index_entries(kv.as_ref()), expected, "{schema}");
        store.close();
    }
    let (store, _completions) = open();
    assert_eq!(index_entries(kv.as_ref()), expected);
    assert_eq!(expected.len(), 525 + 350);
    assert_eq!(session::count_open(&store, &home(), None).unwrap(), 525);
    assert_eq!(staffed(&store), 350);
    let newest = session::newest_open(&store, &home(), None, 0, 2).unwrap();
    assert_eq!(newest.iter().map(SessionId::as_str).collect::<Vec<_>>(), ["s698", "s697"]);
    let (index, queue, forward) = (session::BY_STAFF, Match::StartsWith(session::QUEUE), Direction::Forward);
    let oldest: index::Page<State> = record::by_index(&store, &home(), index, queue, None, 1, forward).unwrap();
    assert_eq!(oldest.items[0].record.key.session.as_str(), "s001");
}

/// The keys of both indexes.
fn index_entries(kv: &dyn Kv) -> Vec<Vec<u8>> {
    let entries = ["session.open/", "session.staff/"].map(KeyRange::prefix);
    let pairs = entries.into_iter().flat_map(|range| kv.scan(range, usize::MAX, Direction::Forward).unwrap());
    pairs.map(|(key, _)| key).collect()
}
