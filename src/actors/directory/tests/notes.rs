//! Private notes, on their way through the actor: their ids, and what a session remembers beside them.

use super::*;
use crate::actors::load::load;
use crate::domain::memory::TAIL_EVENTS;
use crate::domain::recent::RECENT_IDS_MAX;
use crate::domain::{DeskCommand, DeskEvent, PersonName, UserId};

impl House {
    async fn note(&self, key: &SessionKey, client_id: Option<&str>) -> Receipt {
        let visitor = Visitor::Staff {
            user: UserId(uuid::Uuid::from_u128(9)),
            name: PersonName::parse("name", "Sam Lee").unwrap(),
        };
        let client_id = client_id.map(|id| ClientMessageId::parse(id).unwrap());
        let body = Body::parse("text", "mind this").unwrap();
        let note = DeskCommand::Note { visitor, id: uuid::Uuid::now_v7(), body, client_id };
        let asked = tokio::time::timeout(PATIENCE, self.directory.ask(key, Command::Desk(note))).await;
        match asked.expect("the session answers").unwrap() {
            Outcome::Posted(receipt) => receipt,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_note_whose_id_the_session_let_go_of_is_still_the_same_note() {
    let house = House::open(decide).await;
    let key = key(1);
    house.post(&key, "m1").await.unwrap();
    let first = house.note(&key, Some("n0")).await;
    assert!(!first.duplicate);
    for n in 1..=RECENT_IDS_MAX {
        house.note(&key, Some(&format!("n{n}"))).await;
    }
    let again = house.note(&key, Some("n0")).await;
    assert_eq!(again, Receipt { duplicate: true, ..first });
    let notes = house.log_of(&key).into_iter().filter(|event| matches!(event, Event::Desk(DeskEvent::Noted(_))));
    assert_eq!(notes.count(), RECENT_IDS_MAX + 1);
}

#[tokio::test]
async fn a_session_remembers_what_was_said_before_many_notes() {
    let house = House::open(decide).await;
    let key = key(2);
    let said = house.post(&key, "m1").await.unwrap();
    for _ in 0..TAIL_EVENTS + 10 {
        house.note(&key, None).await;
    }
    let loaded = load(&house.store, &key).unwrap();
    assert!(loaded.state.memory.lines().any(|line| line.seq == said.seq), "the customer's words are forgotten");
    assert!(loaded.state.recent(None, &ClientMessageId::parse("m1").unwrap()).is_some());
}
