//! What is remembered has limits, and ends: per customer, in time, across the ids of one person.

use std::sync::Arc;

use serde_json::json;
use switchboard::auth::{Caller, Permissions, Who};
use switchboard::domain::memories::{
    Importance, MEMORIES_MAX, Memory, MemoryDraft, MemoryKey, MemoryKind, MemorySource, Wanted,
};
use switchboard::domain::{Contact, CustomerId, OrganizationId, PersonName};
use switchboard::engine::memories::Learner;
use switchboard::engine::{Customers, Memories};
use switchboard::store::{Batch, Direction, KeyRange, record};

use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::rest::{post, send};

/// How long short-term memories live here, in seconds.
const TTL_S: u64 = 60;

struct Desk {
    app: TestApp,
    clock: Arc<HandClock>,
    memories: Memories,
}

impl Desk {
    async fn open() -> Self {
        let clock = Arc::new(HandClock::at_ms(1_800_000_000_000));
        let world = switchboard::app::World { clock: clock.clone(), ..Default::default() };
        let app = TestApp::start_in_world(|_| {}, world).await;
        let memories = Memories::new(app.store().clone(), clock.clone(), 60_000);
        Self { app, clock, memories }
    }

    async fn store(&self, customer: &str, kind: MemoryKind, key: &str, importance: f64) -> Memory {
        let draft = MemoryDraft {
            kind,
            importance: Importance::parse("importance", importance).ok(),
            ..MemoryDraft::long_term(self::key(key), json!(key))
        };
        self.memories.store(&home(), &id(customer), draft).await.unwrap().memory
    }

    fn keys(&self, customer: &str) -> Vec<String> {
        let found = self.memories.list(&home(), &id(customer), &Wanted::default()).unwrap();
        found.iter().map(|memory| memory.key.to_string()).collect()
    }

    /// How many keys of memories and their indexes are on the disk.
    fn written(&self) -> usize {
        self.app.store().scan(KeyRange::prefix("memories"), 10_000, Direction::Forward).unwrap().len()
    }

    fn stored(&self, memory: &Memory) -> Memory {
        record::get::<Memory>(self.app.store(), &home(), &memory.id.to_string()).unwrap().unwrap().record
    }
}

fn home() -> OrganizationId {
    OrganizationId::default_organization()
}

fn id(text: &str) -> CustomerId {
    CustomerId::parse(text).unwrap()
}

fn key(text: &str) -> MemoryKey {
    MemoryKey::parse("key", text).unwrap()
}

#[tokio::test]
async fn beyond_the_limit_of_a_customer_the_least_important_and_least_lately_used_goes() {
    let desk = Desk::open().await;
    for number in 0..MEMORIES_MAX {
        let importance = if number == 7 || number == 9 { 0.1 } else { 0.9 };
        desk.store("jo", MemoryKind::LongTerm, &format!("k{number}"), importance).await;
        desk.clock.forward_s(1);
    }
    desk.clock.forward_s(120);
    let used = desk.memories.retrieve(&home(), &id("jo"), &Wanted { kind: None, key: Some(key("k7")) }).unwrap();
    assert_eq!(used.len(), 1);
    desk.store("jo", MemoryKind::LongTerm, "one more", 0.5).await;
    let keys = desk.keys("jo");
    assert!(keys.len() == MEMORIES_MAX && !keys.contains(&"k9".to_owned()), "{keys:?}");
    desk.store("jo", MemoryKind::LongTerm, "and another", 0.5).await;
    let keys = desk.keys("jo");
    assert!(keys.len() == MEMORIES_MAX && !keys.contains(&"k7".to_owned()), "{keys:?}");
    desk.store("jo", MemoryKind::LongTerm, "k1", 0.9).await;
    assert_eq!(desk.memories.count(&home(), &id("jo")).unwrap(), MEMORIES_MAX, "over one of its own nothing goes");
    desk.app.stop().await;
}

#[tokio::test]
async fn what_is_remembered_for_a_while_is_forgotten_after_it_and_swept_from_the_disk() {
    let desk = Desk::open().await;
    desk.store("jo", MemoryKind::LongTerm, "name", 0.5).await;
    let first = desk.store("jo", MemoryKind::ShortTerm, "cart", 0.5).await;
    desk.clock.forward_s(TTL_S - 1);
    let again = desk.store("jo", MemoryKind::ShortTerm, "cart", 0.5).await;
    assert_eq!(first.id, again.id);
    desk.clock.forward_s(TTL_S - 1);
    assert_eq!(desk.memories.sweep().await.unwrap(), 0, "it was stored again, and lives on");
    desk.clock.forward_s(1);
    assert_eq!(desk.keys("jo"), ["name"]);
    let before = desk.written();
    assert_eq!(desk.memories.sweep().await.unwrap(), 1);
    assert_eq!(before - desk.written(), 3, "the memory and its two index entries are gone");
    assert_eq!(desk.memories.sweep().await.unwrap(), 0);
    desk.app.stop().await;
}

#[tokio::test]
async fn a_storm_of_reads_writes_once_a_minute() {
    let desk = Desk::open().await;
    let memory = desk.store("jo", MemoryKind::LongTerm, "name", 0.5).await;
    let read = || desk.memories.retrieve(&home(), &id("jo"), &Wanted::default()).unwrap()[0].last_accessed;
    desk.clock.forward_s(30);
    assert_eq!(read().since_ms(memory.created_at), 30_000, "whoever reads is told the moment of the read");
    let version = || record::get::<Memory>(desk.app.store(), &home(), &memory.id.to_string()).unwrap().unwrap().version;
    assert_eq!(version(), 1, "nothing was written yet");
    desk.clock.forward_s(30);
    for _ in 0..100 {
        assert_eq!(read().since_ms(memory.created_at), 60_000);
    }
    // The write is on its way beside the reads: a commit behind it has waited for it.
    desk.store("other", MemoryKind::LongTerm, "name", 0.5).await;
    assert_eq!((version(), desk.stored(&memory).last_accessed.since_ms(memory.created_at)), (2, 60_000));
    desk.app.stop().await;
}

#[tokio::test]
async fn a_record_that_does_not_read_keeps_nobody_else_from_being_remembered() {
    let desk = Desk::open().await;
    let damaged = desk.store("ana", MemoryKind::LongTerm, "name", 0.5).await;
    let mut batch = Batch::default();
    batch.put(format!("memories/default/{}", damaged.id).into_bytes(), b"{".to_vec());
    desk.app.store().commit(batch).await.unwrap();
    for (customer, said) in [("ana", "My name is Ana"), ("kim", "My name is Kim")] {
        let said = json!({ "userId": customer, "sessionId": customer, "message": { "text": said } });
        assert_eq!(send(post(&desk.app, "/api/core/messages").json(&said)).await.status, 200);
    }
    let customers = Customers::new(desk.app.store().clone(), desk.app.sessions().clone(), desk.clock.clone());
    let (store, sessions) = (desk.app.store().clone(), desk.app.sessions().clone());
    let mut learner = Learner::new(store, desk.memories.clone(), customers, sessions);
    let mut tries = 0;
    while desk.keys("kim").is_empty() {
        // It says why it does not go on, until it goes on.
        drop(learner.advance().await);
        tries += 1;
        assert!(tries < 1_000, "it does not go on");
    }
    assert_eq!(desk.keys("kim"), ["name"]);
    desk.app.stop().await;
}

#[tokio::test]
async fn two_ids_of_one_person_have_one_memory() {
    let desk = Desk::open().await;
    let customers = Customers::new(desk.app.store().clone(), desk.app.sessions().clone(), desk.clock.clone());
    for customer in ["old", "new"] {
        let contact = Contact { name: PersonName::parse("name", "Ana").ok(), ..Contact::default() };
        customers.learn(&home(), &id(customer), &contact).await.unwrap();
    }
    let size = desk.store("old", MemoryKind::LongTerm, "size", 0.5).await;
    desk.store("old", MemoryKind::LongTerm, "plan", 0.5).await;
    let plan = desk.store("new", MemoryKind::LongTerm, "plan", 0.5).await;
    let root =
        Caller { organization: home(), who: Who::Key { id: uuid::Uuid::nil(), permissions: Permissions::all() } };
    customers.merge(&root, &id("old"), &id("new")).await.unwrap();
    for either in ["old", "new"] {
        let mut keys = desk.keys(either);
        keys.sort();
        assert_eq!(keys, ["plan", "size"], "{either}");
    }
    let again = desk.store("old", MemoryKind::LongTerm, "size", 0.5).await;
    assert_eq!((again.id, again.customer), (size.id, id("new")), "it goes on under the id that remains");
    assert_eq!(desk.store("old", MemoryKind::LongTerm, "plan", 0.5).await.id, plan.id);
    assert_eq!(desk.memories.forget(&home(), &id("old"), &Wanted::default()).await.unwrap(), 2);
    assert_eq!(desk.written(), 0);
    desk.app.stop().await;
}

#[tokio::test]
async fn a_model_remembers_the_newest_word_but_not_over_what_the_staff_has_noted() {
    let desk = Desk::open().await;
    let remember = async |value: &str, source| {
        desk.memories
            .remember(&home(), &id("jo"), "size", value, source)
            .await
            .unwrap()
            .map(|stored| stored.memory.value)
    };
    assert_eq!(remember("M", MemorySource::model()).await, Some(json!("M")));
    assert_eq!(remember("L", MemorySource::model()).await, Some(json!("L")));
    let draft = MemoryDraft { source: Some(MemorySource::staff()), ..MemoryDraft::long_term(key("size"), json!("XL")) };
    desk.memories.store(&home(), &id("jo"), draft).await.unwrap();
    assert_eq!(remember("S", MemorySource::model()).await, None);
    let kept = desk.memories.list(&home(), &id("jo"), &Wanted::default()).unwrap();
    assert_eq!((kept.len(), &kept[0].value), (1, &json!("XL")));
    for (key, value) in [(" ", "x"), ("card", "4111 1111 1111 1111"), ("login", "the password is hunter2")] {
        let refused = desk.memories.remember(&home(), &id("jo"), key, value, MemorySource::model()).await;
        assert!(refused.is_err(), "{key}");
    }
    desk.app.stop().await;
}
