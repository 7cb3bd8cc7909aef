//! `WhatsApp`, the way out: replies reach Meta once and in order whatever it answers, and its news is believed.

mod faults;
mod files;
mod killed;
mod leaving;
pub(super) mod media;
mod out;
mod send;
mod state;
mod uploads;
mod waits;

use switchboard::domain::{CustomerId, Event, Message, OrganizationId, SessionKey};
use switchboard::engine::channels::outward::{Dispatch, Step, of_session};

use crate::support::app::{PATIENCE, TestApp};
use crate::support::meta::Meta;
use crate::support::rest::Parrot;

/// The number of the customer.
const ANN: &str = "15550002222";

/// An app whose assistant repeats what it is told, beside Meta.
async fn parrot(meta: &Meta) -> TestApp {
    TestApp::start_in_world(|config| meta.set_up(config), Parrot::world(None)).await
}

/// `http://…` of an app.
fn origin(app: &TestApp) -> String {
    app.url("")
}

/// The one session of a customer by their number.
fn session_of(app: &TestApp, phone: &str) -> SessionKey {
    let organization = OrganizationId::default_organization();
    let customer = CustomerId::parse(&format!("+{phone}")).unwrap();
    let (found, _) = app.sessions().slice_of_customer(&organization, &customer, 0, 100).unwrap();
    assert_eq!(found.len(), 1);
    found[0].key.clone()
}

/// What was said in a session, in order.
fn messages_of(app: &TestApp, key: &SessionKey) -> Vec<Message> {
    let events = app.sessions().events_after(key, 0, 1_000).unwrap();
    let posted = events.into_iter().filter_map(|committed| match committed.event {
        Event::Posted(message) => Some(message),
        _ => None,
    });
    posted.collect()
}

/// What is known of a session's messages, in order.
fn dispatches(app: &TestApp, key: &SessionKey) -> Vec<Dispatch> {
    let found = of_session(app.store(), key, 100).unwrap();
    found.into_iter().map(|found| found.record).collect()
}

/// Waits until what is known of a session's messages is so.
async fn until(app: &TestApp, key: &SessionKey, is_so: impl Fn(&[Dispatch]) -> bool) -> Vec<Dispatch> {
    let reached = async {
        loop {
            let known = dispatches(app, key);
            if is_so(&known) {
                return known;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("it comes to that")
}

/// Whether so many messages went, and nothing is under way.
fn went(count: usize) -> impl Fn(&[Dispatch]) -> bool {
    move |known| known.len() == count && known.iter().flat_map(|one| &one.parts).all(|part| part.step == Step::Gone)
}
