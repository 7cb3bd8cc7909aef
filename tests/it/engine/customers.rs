//! Customers: what messages say of them, what the staff notes, two who are one, and walls between organizations.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchboard::auth::{Caller, Permissions, Who};
use switchboard::domain::audit::Act;
use switchboard::domain::{
    AuditEntry, Channel, Contact, CustomerChange, CustomerId, Email, Opening, OrganizationId, PersonName, Phone,
    Refusal, SessionId, SessionKey, Visitor,
};
use switchboard::engine::Customers;
use switchboard::engine::customers::Before;
use switchboard::store::{Direction, KeyRange, record};

use crate::support::app::TestApp;
use crate::support::clock::HandClock;

const NO_CUSTOMER: Refusal = Refusal::NotFound { what: "customer" };

struct Desk {
    app: TestApp,
    clock: Arc<HandClock>,
    customers: Customers,
}

impl Desk {
    async fn open() -> Self {
        let clock = Arc::new(HandClock::at_ms(1_800_000_000_000));
        let world = switchboard::app::World { clock: clock.clone(), ..Default::default() };
        let app = TestApp::start_in_world(|_| {}, world).await;
        let customers = Customers::new(app.store().clone(), app.sessions().clone(), clock.clone());
        Self { app, clock, customers }
    }

    async fn begin(&self, customer: &str, session: &str, channel: Channel) {
        let opening = Opening { channel, resume: None, language: None, name: None };
        let key = SessionKey { organization: home(), session: SessionId::parse(session).unwrap() };
        self.app.sessions().enter(&key, Visitor::Customer(id(customer)), Some(opening)).await.unwrap();
        self.clock.forward_s(1);
    }

    async fn learn(&self, customer: &str, contact: Contact) {
        self.customers.learn(&home(), &id(customer), &contact).await.unwrap();
        self.clock.forward_s(1);
    }

    fn found(&self, text: &str) -> Vec<String> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.customers.search(&home(), Some(text), after.as_ref(), 2).unwrap();
            found.extend(page.items.iter().map(|customer| customer.id.to_string()));
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    }

    /// Every key of the customers' records and indexes, with its value.
    fn written(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.app.store().scan(KeyRange::prefix("customer"), 1_000, Direction::Forward).unwrap()
    }
}

fn home() -> OrganizationId {
    OrganizationId::default_organization()
}

fn id(text: &str) -> CustomerId {
    CustomerId::parse(text).unwrap()
}

fn named(name: &str) -> Contact {
    Contact { name: PersonName::parse("name", name).ok(), ..Contact::default() }
}

fn root(organization: &str) -> Caller {
    let who = Who::Key { id: uuid::Uuid::nil(), permissions: Permissions::all() };
    Caller { organization: OrganizationId::parse(organization).unwrap(), who }
}

#[tokio::test]
async fn what_a_message_says_of_its_sender_is_written_only_where_it_is_new() {
    let desk = Desk::open().await;
    let contact = Contact {
        name: PersonName::parse("name", "Alice Johnson").ok(),
        email: Email::parse("alice@example.com").ok(),
        phone: Phone::parse("phone", "+1 234 567").ok(),
        language: Some("en".to_owned()),
    };
    desk.learn("jo", contact.clone()).await;
    let first = desk.written();
    assert!(!first.is_empty());
    for contact in [contact, named("Alice Johnson"), Contact::default()] {
        desk.learn("jo", contact).await;
    }
    assert_eq!(desk.written(), first, "nothing new, nothing written");
    desk.learn("jo", named("Alice Smith")).await;
    let known = desk.customers.get(&home(), &id("jo")).unwrap();
    assert_eq!((known.name.unwrap().as_str(), known.email.unwrap().as_str()), ("Alice Smith", "alice@example.com"));
    assert!(known.created_at < known.updated_at);
    assert_eq!(desk.found("johnson"), [""; 0], "the old name finds nobody");
    desk.app.stop().await;
}

#[tokio::test]
async fn many_messages_at_once_leave_one_record_that_holds_all_of_them() {
    let desk = Desk::open().await;
    let said = [
        named("Alice"),
        Contact { email: Email::parse("alice@example.com").ok(), ..Contact::default() },
        Contact { phone: Phone::parse("phone", "12345").ok(), ..Contact::default() },
    ];
    let customer = id("jo");
    let home = home();
    let learned = said.iter().map(|contact| desk.customers.learn(&home, &customer, contact));
    assert!(futures_util::future::join_all(learned).await.iter().all(Result::is_ok));
    let known = desk.customers.get(&home, &customer).unwrap();
    assert!(known.name.is_some() && known.email.is_some() && known.phone.is_some(), "{known:?}");
    desk.app.stop().await;
}

#[tokio::test]
async fn whoever_has_a_session_is_a_customer_and_anybody_else_is_not_found() {
    let desk = Desk::open().await;
    desk.begin("jo", "s1", Channel::Web).await;
    let known = desk.customers.get(&home(), &id("jo")).unwrap();
    assert_eq!((known.name, known.created_at.as_ms()), (None, 1_800_000_000_000));
    assert_eq!(desk.found("jo"), ["jo"]);
    assert_eq!(desk.customers.get(&home(), &id("mo")), Err(NO_CUSTOMER));
    assert_eq!(desk.customers.noted(&home(), &id("jo")), Ok(None));
    let facts = BTreeMap::from([("plan".to_owned(), Some("gold".to_owned()))]);
    let changed = desk.customers.set_facts(&home(), &id("jo"), facts.clone()).await.unwrap();
    assert_eq!(changed.facts["plan"], "gold");
    assert_eq!(desk.customers.set_facts(&home(), &id("mo"), facts).await, Err(NO_CUSTOMER));
    desk.app.stop().await;
}

#[tokio::test]
async fn customers_are_found_by_the_start_of_any_word_each_once_over_all_pages() {
    let desk = Desk::open().await;
    for (customer, name) in [("c1", "Ann Annabel"), ("c2", "Mary Ann"), ("c3", "Anna"), ("c4", "Bob"), ("ann5", "Zoe")]
    {
        desk.learn(customer, named(name)).await;
    }
    let mut found = desk.found("ANN");
    found.sort();
    assert_eq!(found, ["ann5", "c1", "c2", "c3"]);
    assert_eq!(desk.found("mary a"), ["c2"]);
    assert_eq!(desk.found("xyz"), [""; 0]);
    let newest = desk.customers.search(&home(), None, None, 2).unwrap();
    assert_eq!(newest.items.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["ann5", "c4"]);
    let rest = desk.customers.search(&home(), Some(" "), newest.next.as_ref(), 50).unwrap();
    assert_eq!(rest.items.len(), 3);
    desk.app.stop().await;
}

#[tokio::test]
async fn two_who_are_one_have_one_record_and_one_history() {
    let desk = Desk::open().await;
    for (customer, session, channel) in [
        ("phone", "s1", Channel::Whatsapp),
        ("web", "s2", Channel::Web),
        ("mail", "s3", Channel::Email),
        ("web", "s4", Channel::Web),
    ] {
        desk.begin(customer, session, channel).await;
    }
    desk.learn("phone", named("Alice")).await;
    desk.learn("mail", Contact { email: Email::parse("alice@example.com").ok(), ..Contact::default() }).await;
    let root = root("default");
    desk.customers.merge(&root, &id("mail"), &id("phone")).await.unwrap();
    let remaining = desk.customers.merge(&root, &id("phone"), &id("web")).await.unwrap();
    assert_eq!((remaining.id.as_str(), remaining.name.as_ref().unwrap().as_str()), ("web", "Alice"));
    for merged in ["mail", "phone"] {
        assert_eq!(desk.customers.get(&home(), &id(merged)).unwrap().merged_into, Some(id("web")), "{merged}");
        assert_eq!(desk.customers.noted(&home(), &id(merged)).unwrap(), Some(remaining.clone()));
        let history = desk.customers.sessions_of(&home(), &id(merged), None, 10).unwrap();
        let sessions: Vec<_> = history.items.iter().map(|state| state.key.session.to_string()).collect();
        assert_eq!(sessions, ["s4", "s3", "s2", "s1"]);
    }
    let first = desk.customers.sessions_of(&home(), &id("web"), None, 3).unwrap();
    let next = first.next.map(|next| Before::parse(&next.to_text()).unwrap());
    let second = desk.customers.sessions_of(&home(), &id("web"), next.as_ref(), 3).unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
    desk.learn("mail", Contact { phone: Phone::parse("phone", "12345").ok(), ..Contact::default() }).await;
    assert!(desk.customers.get(&home(), &id("web")).unwrap().phone.is_some(), "what is said under an old id counts");
    assert_eq!(desk.found("ali"), ["web"]);
    for (from, into) in [("mail", "web"), ("web", "web"), ("web", "phone")] {
        let refused = desk.customers.merge(&root, &id(from), &id(into)).await;
        assert!(matches!(refused, Err(Refusal::Conflict { .. })), "{from} {into}");
    }
    let acts = record::all::<AuditEntry>(desk.app.store(), &home(), None, 100, Direction::Backward).unwrap();
    let merged: Vec<_> = acts.items.iter().filter(|entry| entry.record.act == Act::CustomersMerged).collect();
    assert_eq!((merged.len(), merged[0].record.on.id.as_str()), (2, "phone"));
    desk.app.stop().await;
}

#[tokio::test]
async fn another_organization_sees_none_of_it() {
    let desk = Desk::open().await;
    desk.begin("jo", "s1", Channel::Web).await;
    desk.learn("jo", named("Alice")).await;
    let elsewhere = OrganizationId::parse("elsewhere").unwrap();
    assert_eq!(desk.customers.get(&elsewhere, &id("jo")), Err(NO_CUSTOMER));
    assert_eq!(desk.customers.noted(&elsewhere, &id("jo")), Ok(None));
    assert!(desk.customers.search(&elsewhere, Some("ali"), None, 10).unwrap().items.is_empty());
    assert!(desk.customers.sessions_of(&elsewhere, &id("jo"), None, 10).is_err());
    let change = CustomerChange::default();
    assert_eq!(desk.customers.change(&elsewhere, &id("jo"), change).await, Err(NO_CUSTOMER));
    let merged = desk.customers.merge(&root("elsewhere"), &id("jo"), &id("mo")).await;
    assert_eq!(merged, Err(NO_CUSTOMER));
    let scoped = Caller {
        who: Who::Key { id: uuid::Uuid::nil(), permissions: Permissions::parse(&["customers:write"]).unwrap() },
        ..root("default")
    };
    assert_eq!(desk.customers.merge(&scoped, &id("jo"), &id("mo")).await, Err(Refusal::Forbidden));
    desk.app.stop().await;
}
