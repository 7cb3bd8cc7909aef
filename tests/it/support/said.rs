//! What was said in an app, read from its store, and how to wait until it was.

use switchboard::domain::outbox::Stage;
use switchboard::domain::{Author, CustomerId, Event, Message, OrganizationId, SessionKey};
use switchboard::store::outbox;

use super::app::{PATIENCE, TestApp};

/// The sessions of a customer of the default organization, the oldest first.
pub(crate) fn sessions_of(app: &TestApp, customer: &str) -> Vec<SessionKey> {
    let organization = OrganizationId::default_organization();
    let customer = CustomerId::parse(customer).unwrap();
    let (found, _) = app.sessions().slice_of_customer(&organization, &customer, 0, 1_000).unwrap();
    found.into_iter().map(|header| header.key).collect()
}

/// The messages of a session, in order.
pub(crate) fn messages(app: &TestApp, key: &SessionKey) -> Vec<Message> {
    let events = app.sessions().events_after(key, 0, 1_000).unwrap();
    let posted = events.into_iter().filter_map(|committed| match committed.event {
        Event::Posted(message) => Some(message),
        _ => None,
    });
    posted.collect()
}

/// What the customer said in a session.
pub(crate) fn customers_words(app: &TestApp, key: &SessionKey) -> Vec<String> {
    let said = messages(app, key).into_iter().filter(|message| message.author == Author::Customer);
    said.map(|message| message.body.as_str().to_owned()).collect()
}

/// What a customer said, over all their sessions.
pub(crate) fn words_of(app: &TestApp, customer: &str) -> Vec<String> {
    sessions_of(app, customer).iter().flat_map(|key| customers_words(app, key)).collect()
}

/// Waits until something holds of what was said: it is looked at again with each event that becomes durable.
pub(crate) async fn until_said(app: &TestApp, what: &str, holds: impl Fn() -> bool) {
    let mut feed_end = app.store().feed_end();
    let reached = async {
        loop {
            feed_end.borrow_and_update();
            if holds() {
                return;
            }
            feed_end.changed().await.expect("the store is open");
        }
    };
    assert!(tokio::time::timeout(PATIENCE, reached).await.is_ok(), "{what}");
}

/// Waits until something holds of records, of which no event tells.
pub(crate) async fn until_kept(what: &str, holds: impl Fn() -> bool) {
    let reached = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, reached).await.is_ok(), "{what}");
}

/// Waits until so many deliveries of the outbox are done with, and none waits.
pub(crate) async fn until_done(app: &TestApp, count: usize) {
    let at = |stage| {
        let targets = outbox::targets(app.store()).unwrap();
        targets.iter().map(|(key, _)| outbox::count(app.store(), key, stage, 1_000).unwrap()).sum::<usize>()
    };
    until_kept("all of it was delivered", || at(Stage::Finished) >= count && at(Stage::Waiting) == 0).await;
}
