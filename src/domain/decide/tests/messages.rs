//! What counts once, what is forgotten, and what is refused because it could not be kept.

use super::*;

#[test]
fn the_same_client_id_returns_the_first_receipt() {
    let mut talk = Talk::new();
    let (first, _) = talk.post(customer(), Some("m1"));
    let (again, events) = talk.post(customer(), Some("m1"));
    assert_eq!(events, []);
    assert_eq!(again, Receipt { duplicate: true, ..first.clone() });
    let (other, _) = talk.post(agent(), Some("m1"));
    assert!(!other.duplicate, "another sender's id is another id");
    let (again, _) = talk.post(customer(), Some("m1"));
    assert_eq!(again, Receipt { duplicate: true, awaits_turn: false, ..first });
}

#[test]
fn ids_that_are_no_longer_remembered_are_asked_of_the_store() {
    let mut talk = Talk::new();
    for n in 0..RECENT_IDS_MAX {
        talk.post(customer(), Some(&format!("m{n}")));
    }
    assert!(!talk.state.forgot_ids());
    talk.post(customer(), Some("one more"));
    assert!(talk.state.forgot_ids());
    assert_eq!(talk.state.recent.len(), RECENT_IDS_MAX);
}

#[test]
fn a_reset_forgets_what_was_said_but_not_what_waits_for_a_reply() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let answer = Answer {
        text: "Which order?".to_owned(),
        reading: Reading { intent: "order_status".to_owned(), confidence: 0.9, entities: vec![entity("order", None)] },
        ..Answer::default()
    };
    talk.finish(work, Action::AskFor { slot: "order_number".to_owned(), answer });
    talk.says();
    let work = talk.work();
    assert_eq!(told(&talk.act(Command::Reset { visitor: customer() })), ["reset"]);
    assert_eq!(talk.state.memory.lines().map(|line| line.seq).collect::<Vec<_>>(), [5]);
    assert!(!talk.state.knows_anything());
    assert_eq!(talk.act(Command::Reset { visitor: customer() }), [], "nothing is left to forget");
    assert_eq!(told(&talk.finish(work, reply_with("Here."))), ["assistant", "replied"]);
}

#[test]
fn a_claimed_name_opens_nothing_without_the_secret() {
    let mut talk = Talk::new();
    let claimed = CustomerId::parse("jo").unwrap();
    let knock = |secret: Option<&str>| Command::Enter {
        visitor: Visitor::Anonymous { claimed: claimed.clone(), secret: secret.map(|s| SecretHash(s.to_owned())) },
        opening: Some(Opening { resume: Some(SecretHash("right".to_owned())), ..opening() }),
    };
    assert!(talk.try_do(knock(None)).is_ok(), "it begins");
    let nothing = Err(Refusal::NotFound { what: "session" });
    assert_eq!(talk.try_do(knock(None)), nothing);
    assert_eq!(talk.try_do(knock(Some("wrong"))), nothing);
    assert_eq!(talk.try_do(Command::Enter { visitor: customer(), opening: Some(opening()) }), nothing);
    assert!(talk.try_do(knock(Some("right"))).is_ok());
}

#[test]
fn what_a_model_brings_stays_within_limits_and_can_be_read_again() {
    let mut talk = Talk::new();
    talk.says();
    let entities = (0..1_000).map(|n| entity(&format!("kind{n}"), Some(&"v".repeat(10_000)))).collect();
    let reading = Reading { intent: "x".repeat(10_000), confidence: f32::NAN, entities };
    let work = talk.work();
    let events = talk.finish(work, Action::HandOver { reason: "é".repeat(10_000), reading });
    let stored = serde_json::to_string(&events).unwrap();
    assert!(stored.len() < 16 * 1024, "{} bytes", stored.len());
    assert_eq!(serde_json::from_str::<Vec<Event>>(&stored).unwrap(), events);
}

#[test]
fn facts_that_could_not_be_stored_are_refused() {
    let mut talk = Talk::new();
    let mut post = |metadata: serde_json::Value| {
        let body = Body::clipped("hi");
        let draft = Draft {
            id: MessageId(fresh_id()),
            body,
            client_id: None,
            metadata: Some(metadata),
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        talk.try_do(Command::Post { visitor: customer(), opening: Some(opening()), draft }).err()
    };
    let nested = (0..100).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
    assert!(matches!(post(nested), Some(Refusal::Invalid { field, .. }) if field == "metadata"));
    assert!(matches!(post("x".repeat(20_000).into()), Some(Refusal::TooLarge { what: "metadata", .. })));
    assert_eq!(post(serde_json::json!({"page": {"url": "/cart"}})), None);
}

fn written(talk: &mut Talk, seconds_ago: u64, quiet: bool) -> Vec<Event> {
    let sent_at = Some(talk.now.plus_ms(-i64::try_from(seconds_ago * 1_000).unwrap()));
    let draft = Draft {
        id: MessageId(fresh_id()),
        body: Body::clipped("hi"),
        client_id: None,
        metadata: None,
        quiet,
        sent_at,
        attachments: Vec::new(),
    };
    talk.act(Command::Post { visitor: customer(), opening: Some(opening()), draft })
}

#[test]
fn what_comes_after_newer_words_were_answered_stands_in_the_log_and_is_not_answered() {
    let mut talk = Talk::new();
    written(&mut talk, 10, false);
    assert!(talk.state.turn.is_some());
    assert_eq!(told(&written(&mut talk, 30, false)), ["customer"]);
    assert_eq!(talk.state.turn.as_ref().unwrap().upto, 3, "nothing was answered yet, so the answer sees both");
    let work = talk.work();
    talk.finish(work, reply_with("Here."));
    let late = written(&mut talk, 6 * 60, false);
    assert!(matches!(&late[..], [Event::Posted(message)] if message.quiet), "{late:?}");
    assert!((talk.state.turn.is_none(), talk.state.customer_waits) == (true, false));
    written(&mut talk, 5, false);
    assert!(talk.state.turn.is_some(), "it was written after the one that was answered, however long it took");
    let work = talk.work();
    talk.finish(work, reply_with("Here."));
    written(&mut talk, 60, false);
    assert!(talk.state.turn.is_some(), "it was delayed for a minute, and whoever wrote it still waits");
}

#[test]
fn nobody_waits_for_an_answer_to_what_is_quiet() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    talk.finish(work, reply_with("Here."));
    talk.act(Command::Close { visitor: agent() });
    assert_eq!(told(&written(&mut talk, 0, true)), ["customer"], "it opens nothing again");
    assert_eq!((&talk.state.owner, talk.state.customer_waits), (&Owner::Closed, false));
    talk.says();
    talk.act(Command::RequestHuman { visitor: customer() });
    talk.wait_ms(talk.policy.queue_notice_every_ms);
    assert_eq!(told(&written(&mut talk, 0, true)), ["customer"], "and nobody is told that they wait");
    let future = Draft {
        id: MessageId(fresh_id()),
        body: Body::clipped("hi"),
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: Some(talk.now.plus_ms(60_000)),
        attachments: Vec::new(),
    };
    talk.act(Command::Post { visitor: customer(), opening: None, draft: future });
    assert_eq!(talk.state.last_sent_at, Some(talk.now), "a clock that goes ahead makes nothing late");
}

#[test]
fn what_a_customer_is_told_of_a_word_that_is_obeyed_moves_nothing_and_is_told_once() {
    let mut talk = Talk::new();
    let told_of = |id: &str| Command::Notify {
        client_id: ClientMessageId::parse(id).unwrap(),
        body: Body::clipped("You get no more messages."),
    };
    assert_eq!(talk.try_do(told_of("SM1/answer")).err(), Some(Refusal::NotFound { what: "session" }));
    talk.says();
    let before = (talk.state.owner.clone(), talk.state.turn.clone(), talk.state.customer_waits);
    let events = talk.act(told_of("SM1/answer"));
    let is_notice = |message: &Message| message.author == Author::Notice(Notice::Subscription);
    assert!(matches!(&events[..], [Event::Posted(message)] if is_notice(message)), "{events:?}");
    assert_eq!((talk.state.owner.clone(), talk.state.turn.clone(), talk.state.customer_waits), before);
    let again = talk.try_do(told_of("SM1/answer")).unwrap();
    assert!(again.events.is_empty());
    assert!(matches!(again.outcome, Outcome::Posted(receipt) if receipt.duplicate));
}
