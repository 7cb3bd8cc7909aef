//! What whoever takes a session reads of it, and what is kept for people at all.

use super::*;

#[test]
fn whoever_takes_a_session_reads_what_was_asked_tried_and_is_known() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    talk.finish(work, reply_with("Like this."));
    talk.says();
    let work = talk.work();
    let events = talk.act(Command::Finished { work, result: Err(Failure::Broken) });
    assert!(told(&events).contains(&"summary"));
    let (upto, summary) = &**talk.service().summary.as_ref().unwrap();
    let expected = Summary {
        asked: "hello\nhello".to_owned(),
        tried: "Like this.\nthe assistant failed".to_owned(),
        known: Default::default(),
    };
    assert_eq!((*upto, summary), (work.upto, &expected));
}

#[test]
fn a_summary_is_replaced_by_one_that_has_seen_as_much() {
    let mut talk = Talk::waiting();
    let seen = talk.service().summary.as_ref().unwrap().0;
    let summary = Summary { asked: "Where is it?".to_owned(), ..Summary::default() };
    let summarize = |summary: &Summary, upto| DeskCommand::Summarize { summary: summary.clone(), upto };
    assert_eq!(talk.desk(summarize(&summary, seen - 1)), [], "it has seen less");
    assert_eq!(told(&talk.desk(summarize(&summary, seen))), ["summary"]);
    assert_eq!(talk.desk(summarize(&summary, seen)), [], "it is so already");
    let long = Summary { tried: "x".repeat(100_000), ..Summary::default() };
    talk.desk(summarize(&long, u64::MAX));
    let (upto, summary) = &**talk.service().summary.as_ref().unwrap();
    assert!(*upto < talk.state.next_seq && summary.tried.len() < 10_000);
}

#[test]
fn while_only_the_assistant_had_to_do_with_a_session_nothing_is_kept_for_people() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    talk.finish(work, reply_with("Hello!"));
    talk.read(customer(), 3);
    talk.act(Command::Close { visitor: customer() });
    talk.says();
    assert_eq!(talk.state.service, None);
}
