//! When the assistant answers a burst, and what becomes of work that is late, broken or superseded.

use super::*;

#[test]
fn a_burst_is_answered_once_the_customer_has_been_quiet() {
    let mut talk = Talk::new();
    assert_eq!(told(&talk.says()), ["started", "customer"]);
    talk.wait_ms(talk.policy.quiet_ms - 1);
    assert_eq!(talk.next(), Step::Wait(talk.now.plus_ms(1)));
    talk.says();
    assert_eq!(talk.next(), Step::Wait(talk.now.plus_ms(300)), "each message begins the quiet anew");
    let work = talk.work();
    assert_eq!((work.turn, work.upto), (2, 3), "the reply has seen both");
    assert_eq!(told(&talk.finish(work, reply_with("Hello!"))), ["assistant", "replied"]);
    assert_eq!(talk.next(), Step::Idle);
}

#[test]
fn a_burst_that_goes_on_is_answered_all_the_same() {
    let mut talk = Talk::new();
    talk.policy.burst_max_ms = 1_000;
    for _ in 0..5 {
        assert!(!matches!(talk.next(), Step::Start(_)));
        talk.says();
        talk.wait_ms(200);
    }
    assert!(matches!(talk.next(), Step::Start(work) if work.upto == 6));
}

#[test]
fn a_newer_message_supersedes_a_reply_that_is_not_posted() {
    let mut talk = Talk::new();
    talk.says();
    let old = talk.work();
    talk.says();
    assert_eq!(talk.finish(old, reply_with("too early")), []);
    let new = talk.work();
    assert_eq!(told(&talk.finish(new, reply_with("to both"))), ["assistant", "replied"]);
    assert_eq!(talk.finish(new, reply_with("to both")), [], "the same work counts once");
}

#[test]
fn work_under_way_is_waited_for_and_not_begun_twice() {
    let mut talk = Talk::new();
    talk.says();
    let deadline = talk.now.plus_ms(30_000);
    talk.work();
    assert_eq!(talk.next(), Step::Wait(deadline));
}

#[test]
fn past_the_deadline_the_fallback_goes_out_and_a_human_is_asked() {
    let mut talk = Talk::new();
    talk.says();
    let late = talk.work();
    talk.wait_ms(talk.policy.deadline_ms);
    assert_eq!(talk.next(), Step::Overdue);
    let events = talk.act(Command::Tick);
    assert_eq!(
        told(&events),
        ["fallback notice", "to queue", "handover notice", "queue notice", "summary", "handed over"]
    );
    assert_eq!(talk.finish(late, reply_with("too late")), []);
    assert_eq!(talk.next(), Step::Idle);
}

#[test]
fn a_fallback_may_leave_the_session_with_the_assistant() {
    let mut talk = Talk::new();
    talk.policy.after_fallback = AfterFallback::Stay;
    talk.says();
    let work = talk.work();
    let events = talk.act(Command::Finished { work, result: Err(Failure::Broken) });
    assert_eq!(told(&events), ["fallback notice", "fell back"]);
    assert_eq!(talk.state.owner, Owner::Assistant);
}

#[test]
fn a_blank_answer_is_a_broken_one() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    assert_eq!(told(&talk.finish(work, reply_with(" \n")))[0], "fallback notice");
}

#[test]
fn a_clock_that_goes_back_costs_at_most_one_more_deadline() {
    let mut talk = Talk::new();
    talk.says();
    talk.work();
    talk.now = talk.now.plus_ms(-3_600_000);
    assert_eq!(talk.next(), Step::Wait(talk.now.plus_ms(30_000)));
    talk.wait_ms(talk.policy.deadline_ms);
    assert_eq!(talk.next(), Step::Overdue);
}

#[test]
fn a_session_that_was_loaded_again_gives_its_turn_the_whole_time() {
    let mut talk = Talk::new();
    talk.says();
    let lost = talk.work();
    talk.wait_ms(86_400_000);
    turn::resume(&mut talk.state, talk.now);
    assert_eq!(talk.next(), Step::Start(lost));
}

#[test]
fn the_assistant_may_answer_and_close() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let events = talk.finish(
        work,
        Action::Close(Answer { text: "Goodbye.".to_owned(), reading: sure(), sources: Vec::new(), cached: false }),
    );
    assert_eq!(told(&events), ["assistant", "replied", "closed"]);
}
