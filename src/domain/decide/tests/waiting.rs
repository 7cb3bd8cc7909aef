//! What a customer who waits is told, and how a closed conversation begins again.

use super::*;

#[test]
fn a_waiting_customer_is_told_so_at_most_once_per_interval() {
    let mut talk = Talk::new();
    talk.policy.first_owner = Owner::Queue;
    assert_eq!(told(&talk.says()), ["started", "to queue", "customer", "queue notice"]);
    talk.wait_ms(talk.policy.queue_notice_every_ms - 1);
    assert_eq!(told(&talk.says()), ["customer"]);
    assert_eq!(talk.act(Command::RequestHuman { visitor: customer() }), []);
    talk.wait_ms(1);
    assert_eq!(told(&talk.says()), ["customer", "queue notice"]);
    talk.now = talk.now.plus_ms(-5_000);
    assert_eq!(told(&talk.says()), ["customer", "queue notice"], "a clock that went back does not silence it");
}

#[test]
fn whoever_comes_back_to_the_queue_is_told_so_anew() {
    let mut talk = Talk::new();
    talk.act(Command::Enter { visitor: customer(), opening: Some(opening()) });
    talk.act(Command::RequestHuman { visitor: customer() });
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    assert_eq!(
        told(&talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None })),
        ["to queue", "queue notice"]
    );
    assert_eq!(told(&talk.says()), ["customer"]);
}

#[test]
fn a_customer_who_writes_again_reopens_the_session_under_a_new_epoch() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    assert_eq!(told(&talk.act(Command::Close { visitor: customer() })), ["turn closed", "closed"]);
    assert_eq!(told(&talk.says()), ["to assistant", "customer"]);
    assert_eq!(talk.state.epoch, 2);
    assert_eq!(talk.finish(work, reply_with("from before")), []);
    assert_eq!(talk.work().turn, 6, "what was closed is not answered again");
}

#[test]
fn without_an_assistant_a_session_reopens_and_comes_back_in_the_queue() {
    let mut talk = Talk::new();
    talk.policy.first_owner = Owner::Queue;
    talk.says();
    talk.act(Command::Close { visitor: agent() });
    assert_eq!(told(&talk.says()), ["to queue", "customer", "queue notice"]);
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    assert_eq!(told(&talk.act(Command::HandBack { visitor: agent(), if_epoch: None })), ["to queue", "queue notice"]);
}
