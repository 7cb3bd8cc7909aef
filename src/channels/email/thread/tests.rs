//! What the threads of the corpus do not show.

use super::*;
use crate::channels::email::Limits;
use crate::domain::OrganizationId;

/// Knows one conversation, under any id.
struct One(Found);

impl Known for One {
    fn by_message_id(&self, _: &MessageId) -> Found {
        self.0.clone()
    }
    fn by_session(&self, _: &SessionId) -> Found {
        Found::Nothing
    }
    fn by_subject(&self, _: &Email, _: &str) -> Vec<Conversation> {
        match &self.0 {
            Found::Conversation(conversation) => vec![conversation.clone()],
            Found::Nothing | Found::Deleted => Vec::new(),
        }
    }
    fn seen(&self, _: &MessageId) -> Seen {
        Seen::Never
    }
}

fn placed(raw: &str, found: Found) -> Placement {
    let mail = Incoming::parse(raw.as_bytes(), &Limits::default()).unwrap();
    let mailbox = Email::parse("support@shop.example.test").unwrap();
    let signed = SignedAddress::new(mailbox, OrganizationId::default_organization(), vec![1; 32].into()).unwrap();
    place(&mail, &One(found), &signed, &ThreadPolicy::default(), Timestamp::from_ms(1000))
}

fn conversation(subject_key: &str) -> Found {
    Found::Conversation(Conversation {
        session: SessionId::parse("s1").unwrap(),
        people: vec![Email::parse("jo@example.test").unwrap()],
        subject_key: subject_key.to_owned(),
        last_at: Timestamp::from_ms(0),
    })
}

#[test]
fn an_answer_without_any_subject_changes_no_subject() {
    let raw = "From: jo@example.test\nReferences: <a@x>\nSubject: Re:\n\nx";
    assert!(matches!(placed(raw, conversation("order")), Placement::Continues { by: By::References, .. }));
    let raw = "From: jo@example.test\nReferences: <a@x>\nSubject: other\n\nx";
    assert!(matches!(placed(raw, conversation("")), Placement::Continues { .. }));
}

#[test]
fn a_mail_without_a_sender_is_a_stranger_to_every_conversation() {
    let placement = placed("References: <a@x>\nSubject: Re: order\n\nx", conversation("order"));
    assert!(matches!(placement, Placement::Begins { why: Why::Stranger, .. }));
}

#[test]
fn what_answers_a_deleted_conversation_does_not_fall_back_to_its_subject() {
    let raw = "From: jo@example.test\nReferences: <a@x>\nSubject: Re: order\n\nx";
    assert_eq!(placed(raw, Found::Deleted), Placement::Begins { why: Why::Deleted, related: None });
}
