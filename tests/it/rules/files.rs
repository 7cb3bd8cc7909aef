//! Who says something with files says it with those files, and with no more than a message may have.

use switchboard::domain::attachment::{Digest, body_with};
use switchboard::domain::{
    Attachment, AttachmentKind, Author, Channel, Command, CustomerId, Draft, Event, FileId, FileName, MediaType,
    MessageId, Moment, Opening, OrganizationId, PersonName, Policy, Refusal, SessionId, SessionKey, State, Timestamp,
    UserId, Visitor, decide, evolve,
};
use uuid::Uuid;

fn pictures(count: u128) -> Vec<Attachment> {
    let picture = |number: u128| Attachment {
        id: FileId(Uuid::from_u128(number)),
        name: FileName::clean("garden.jpg").unwrap(),
        media_type: MediaType::parse("image/jpeg").unwrap(),
        bytes: 3,
        digest: Digest::of_sha256([7; 32]),
        kind: AttachmentKind::Image,
    };
    (1..=count).map(picture).collect()
}

fn draft(attachments: Vec<Attachment>) -> Draft {
    let body = body_with("text", "", &attachments).unwrap();
    let id = MessageId(Uuid::now_v7());
    Draft { id, body, client_id: None, metadata: None, quiet: false, sent_at: None, attachments }
}

fn decided(state: &mut State, command: &Command) -> Result<Vec<Event>, Refusal> {
    let policy = Policy::default();
    let now = Timestamp::from_ms(1_800_000_000_000);
    let events = decide(state, command, Moment { now, policy: &policy, fresh_id: Uuid::now_v7 })?.events;
    events.iter().for_each(|event| evolve(state, event));
    Ok(events)
}

#[test]
fn files_of_customers_agents_and_services_stand_in_the_log_and_in_the_memory() {
    let session = SessionId::parse("s").unwrap();
    let mut state = State::unborn(SessionKey { organization: OrganizationId::default_organization(), session });
    let customer = Visitor::Customer(CustomerId::parse("ann").unwrap());
    let agent = Visitor::Staff { user: UserId(Uuid::from_u128(9)), name: PersonName::parse("name", "Eva").unwrap() };
    let opening = Some(Opening { channel: Channel::Web, resume: None, language: None, name: None });
    let commands = [
        Command::Post { visitor: customer, opening: opening.clone(), draft: draft(pictures(2)) },
        Command::Post { visitor: agent, opening: None, draft: draft(pictures(10)) },
        Command::Announce { visitor: Visitor::Service, draft: draft(pictures(1)) },
    ];
    for (command, count) in commands.iter().zip([2, 10, 1]) {
        let events = decided(&mut state, command).unwrap();
        let said = events.iter().find_map(|event| match event {
            Event::Posted(message) if message.author != Author::Assistant => Some(message),
            _ => None,
        });
        assert_eq!(said.unwrap().attachments.len(), count);
        let line = state.memory.lines().find(|line| line.text.matches("[file: garden.jpg, image]").count() == count);
        assert!(line.is_some(), "a model reads of {count} files");
    }
    let visitor = Visitor::Customer(CustomerId::parse("ann").unwrap());
    let many = Command::Post { visitor, opening, draft: draft(pictures(11)) };
    assert!(matches!(decided(&mut state, &many), Err(Refusal::Invalid { .. })));
}
