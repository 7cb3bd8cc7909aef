//! Who has the conversation, and how it is given and taken.

use super::*;

#[test]
fn a_handover_ends_the_turn_and_says_so() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let events = talk.finish(work, ask_for_hand_over());
    assert_eq!(told(&events), ["to queue", "handover notice", "queue notice", "summary", "handed over"]);
}

#[test]
fn a_hand_back_answers_what_nobody_answered_within_a_whole_deadline() {
    let mut talk = Talk::new();
    talk.act(Command::Enter { visitor: customer(), opening: Some(opening()) });
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.says();
    talk.says();
    talk.wait_ms(600_000);
    assert_eq!(told(&talk.act(Command::HandBack { visitor: agent(), if_epoch: None })), ["to assistant"]);
    let work = talk.work();
    assert_eq!((work.turn, work.upto), (3, 4));
    assert_eq!(told(&talk.finish(work, reply_with("Here I am."))), ["assistant", "replied"]);
}

#[test]
fn a_hand_back_does_not_answer_what_led_to_the_human() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    talk.finish(work, ask_for_hand_over());
    talk.says();
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.act(Command::HandBack { visitor: agent(), if_epoch: None });
    assert_eq!(talk.next(), Step::Idle, "no handover loop");
}

#[test]
fn of_two_agents_who_accept_the_same_handover_the_second_takes_nothing() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::RequestHuman { visitor: customer() });
    let seen = Some(talk.state.epoch);
    let second = Visitor::Staff { user: UserId(Uuid::max()), name: PersonName::parse("name", "Kim Roe").unwrap() };
    let accept = |visitor: Visitor| Command::TakeOver { visitor, if_epoch: seen };
    assert_eq!(told(&talk.act(accept(agent()))), ["to human"]);
    assert!(matches!(talk.try_do(accept(second.clone())), Err(Refusal::Conflict { .. })));
    assert_eq!(talk.act(accept(agent())), [], "who has it may say so again");
    assert_eq!(told(&talk.act(Command::TakeOver { visitor: second, if_epoch: None })), ["to human"], "on purpose");
    assert!(matches!(talk.try_do(accept(agent())), Err(Refusal::Conflict { .. })));
}

#[test]
fn the_log_says_who_asked_for_a_human() {
    let asked = |visitor: Visitor| {
        let mut talk = Talk::new();
        talk.says();
        let events = talk.act(Command::RequestHuman { visitor });
        let Event::OwnerMoved { reason, by: Some(by), .. } = &events[0] else { panic!("{events:?}") };
        (by.clone(), reason.clone(), talk.state.intent)
    };
    let Visitor::Staff { user, name } = agent() else { unreachable!() };
    let request = Some("request_human".to_owned());
    assert_eq!(asked(customer()), (Requester::Customer, "the customer asked for a human".to_owned(), request));
    assert_eq!(asked(agent()), (Requester::Agent { user, name }, "an agent asked for a human".to_owned(), None));
    let on_behalf = "a human was asked for on the customer's behalf".to_owned();
    assert_eq!(asked(Visitor::Service), (Requester::Service, on_behalf, None));
}

#[test]
fn a_hand_back_leaves_a_marker_for_the_model() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::RequestHuman { visitor: customer() });
    talk.act(Command::HandBack { visitor: agent(), if_epoch: None });
    let newest = talk.state.memory.lines().next_back().unwrap();
    assert_eq!(&*newest.text, "[the assistant has the conversation again: handed back by an agent]");
}

#[test]
fn whatever_staff_writes_takes_the_session_and_ends_the_turn() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let (receipt, events) = talk.post(agent(), None);
    assert_eq!(told(&events), ["to human", "agent", "taken over"]);
    assert!(!receipt.awaits_turn);
    assert_eq!(talk.finish(work, reply_with("talks over the human")), []);
    assert_eq!(told(&talk.post(agent(), None).1), ["agent"], "who has it need not take it");
    assert_eq!(told(&talk.says()), ["customer"], "the assistant is silent");
    assert_eq!(talk.work().purpose, Purpose::Suggestion, "it only suggests");
}

#[test]
fn an_agent_who_sends_a_turn_to_the_queue_leaves_no_silence() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    assert_eq!(
        told(&talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None })),
        ["to queue", "queue notice", "queued"]
    );
    talk.act(Command::HandBack { visitor: agent(), if_epoch: None });
    assert_eq!(talk.finish(work, reply_with("of an older epoch")), []);
    assert_eq!(talk.work().epoch, 2, "the question is still answered");
}

#[test]
fn a_parked_command_gets_a_human() {
    let mut talk = Talk::new();
    talk.says();
    let events = talk.act(Command::Park { command: "post".to_owned(), attempts: 3, work: None });
    assert_eq!(told(&events), ["parked", "to queue", "handover notice", "queue notice", "summary", "handed over"]);
}

#[test]
fn only_staff_take_and_give_and_only_people_write() {
    let mut talk = Talk::new();
    talk.says();
    for command in [
        Command::TakeOver { visitor: customer(), if_epoch: None },
        Command::HandBack { visitor: customer(), if_epoch: None },
        Command::ReturnToQueue { visitor: Visitor::Service, note: None, if_epoch: None },
    ] {
        assert_eq!(talk.try_do(command).unwrap_err(), Refusal::Forbidden);
    }
    let draft = Draft {
        id: MessageId(fresh_id()),
        body: Body::clipped("hi"),
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    let post = Command::Post { visitor: Visitor::Service, opening: None, draft };
    assert_eq!(talk.try_do(post).unwrap_err(), Refusal::Forbidden);
}

#[test]
fn what_a_service_announces_counts_once_takes_nothing_and_leaves_the_turn_to_whoever_has_it() {
    let mut talk = Talk::new();
    let draft = |id: &str| Draft {
        id: MessageId(fresh_id()),
        body: Body::clipped("Your order has been shipped!"),
        client_id: Some(ClientMessageId::parse(id).unwrap()),
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    let announce = |visitor, id| Command::Announce { visitor, draft: draft(id) };
    let unborn = talk.try_do(announce(Visitor::Service, "a"));
    assert_eq!(unborn.unwrap_err(), Refusal::NotFound { what: "session" }, "only a customer begins a session");
    talk.says();
    let work = talk.work();
    assert_eq!(told(&talk.act(announce(Visitor::Service, "a"))), ["service"]);
    let Outcome::Posted(again) = talk.try_do(announce(Visitor::Service, "a")).unwrap().outcome else { panic!() };
    assert!(again.duplicate && !again.awaits_turn);
    assert_eq!(told(&talk.finish(work, reply_with("Here I am."))), ["assistant", "replied"], "the turn goes on");
    assert_eq!(talk.state.owner, Owner::Assistant);
    assert_eq!(talk.try_do(announce(customer(), "b")).unwrap_err(), Refusal::Forbidden);
    assert_eq!(talk.try_do(announce(agent(), "b")).unwrap_err(), Refusal::Forbidden);
}
