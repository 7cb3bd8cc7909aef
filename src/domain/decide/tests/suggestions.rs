//! What the assistant says to the staff instead of the customer, and how an organization bounds what it says at all.

use std::sync::Arc;

use super::*;

#[test]
fn an_assistant_that_only_suggests_gives_the_conversation_to_a_human_with_what_it_would_say() {
    let mut talk = Talk::new();
    Arc::make_mut(&mut talk.policy.assistant).auto_reply = false;
    talk.says();
    let work = talk.work();
    let events = talk.finish(work, reply_with("Within 30 days."));
    assert_eq!(told(&events), ["suggested", "to queue", "handover notice", "queue notice", "summary", "handed over"]);
    let Event::Suggested(suggestion) = &events[0] else { panic!("{events:?}") };
    assert_eq!((suggestion.turn, suggestion.upto), (work.turn, work.upto));
    assert_eq!(suggestion.text.as_deref(), Some("Within 30 days."));
}

#[test]
fn an_answer_that_the_assistant_is_not_sure_of_is_for_the_staff_but_a_question_back_is_for_the_customer() {
    let unsure = Answer { text: "Perhaps.".to_owned(), ..Answer::default() };
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let events = talk.finish(work, Action::Reply(unsure.clone()));
    assert_eq!(told(&events), ["suggested", "to queue", "handover notice", "queue notice", "summary", "handed over"]);

    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let nobody_knows = Reading { confidence: f32::NAN, ..sure() };
    let events = talk.finish(work, Action::Reply(Answer { reading: nobody_knows, ..unsure.clone() }));
    assert_eq!(told(&events)[0], "suggested");

    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let asks = Action::AskFor { slot: "order_number".to_owned(), answer: unsure };
    assert_eq!(told(&talk.finish(work, asks)), ["assistant", "replied"]);
}

#[test]
fn a_reply_is_cut_at_the_length_that_the_organization_allows() {
    let mut talk = Talk::new();
    Arc::make_mut(&mut talk.policy.assistant).reply_max_chars = 20;
    talk.says();
    let work = talk.work();
    let events = talk.finish(work, reply_with("It is open. Come in whenever you like."));
    let Event::Posted(message) = &events[0] else { panic!("{events:?}") };
    assert_eq!(message.body.as_str(), "It is open.");
}

#[test]
fn while_a_human_has_the_session_each_burst_is_suggested_an_answer_once() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.says();
    let work = talk.work();
    assert_eq!(work.purpose, Purpose::Suggestion);
    assert_eq!(talk.next(), Step::Working);
    talk.says();
    assert!(talk.finish(work, reply_with("Old.")).is_empty(), "it has not seen the newest message");
    let work = talk.work();
    assert_eq!(told(&talk.finish(work, reply_with("New."))), ["suggested"]);
    assert_eq!(talk.next(), Step::Idle);
    assert!(talk.finish(work, reply_with("Again.")).is_empty());
    talk.policy.suggests = false;
    talk.says();
    assert_eq!(talk.next(), Step::Idle);
}

#[test]
fn a_suggestion_that_was_set_aside_is_not_made_again() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.says();
    let work = Some(talk.work());
    let park = || Command::Park { command: "finished".to_owned(), attempts: 3, work };
    assert_eq!(told(&talk.act(park())), ["parked", "suggested"]);
    assert_eq!(talk.next(), Step::Idle);
    assert_eq!(told(&talk.act(park())), ["parked"]);
    talk.says();
    assert_eq!(talk.work().purpose, Purpose::Suggestion);
}
