//! Targets and their pauses, and the hours that both count.

use super::*;

#[test]
fn only_whoever_has_a_session_puts_it_aside() {
    let mut talk = Talk::taken();
    assert!(is_conflict(&talk.try_desk(DeskCommand::Hold { visitor: other() })));
    assert_eq!(talk.try_desk(DeskCommand::Hold { visitor: customer() }), Err(Refusal::Forbidden));
    assert_eq!(told(&talk.desk(DeskCommand::Hold { visitor: agent() })), ["held"]);
    assert_eq!(talk.desk(DeskCommand::Hold { visitor: agent() }), []);
    talk.wait_ms(7_000);
    assert_eq!(told(&talk.desk(DeskCommand::Unhold { visitor: agent() })), ["unheld"]);
    assert_eq!(talk.desk(DeskCommand::Unhold { visitor: agent() }), []);
    assert_eq!(talk.service().promises.resolution.unwrap().paused_ms, 7_000);
}

#[test]
fn the_customers_message_and_every_change_of_owner_take_a_session_up_again() {
    let mut talk = Talk::taken();
    talk.desk(DeskCommand::Hold { visitor: agent() });
    talk.wait_ms(1_000);
    let (receipt, events) = talk.post(customer(), None);
    assert_eq!(told(&events), ["unheld", "customer"]);
    assert_eq!(receipt.seq, talk.state.next_seq - 1);
    talk.desk(DeskCommand::Hold { visitor: agent() });
    talk.wait_ms(2_000);
    assert_eq!(told(&talk.writes(other())), ["unheld", "to human", "agent"]);
    assert!(!talk.service().is_held());
    assert_eq!(talk.service().promises.resolution.unwrap().paused_ms, 3_000);
}

#[test]
fn a_pause_counts_only_what_the_targets_count() {
    let mut talk = Talk::taken();
    talk.now = Timestamp::parse("2026-11-23T17:30:00Z").unwrap();
    let day = r#"[["09:00", "18:00"]]"#;
    let week: Week = serde_json::from_str(&format!(r#"{{"mon": {day}, "tue": {day}}}"#)).unwrap();
    talk.set(|desk| desk.hours = Some(Hours { week, ..Hours::default() }));
    talk.desk(DeskCommand::Hold { visitor: agent() });
    talk.now = Timestamp::parse("2026-11-24T09:15:00Z").unwrap();
    talk.desk(DeskCommand::Unhold { visitor: agent() });
    assert_eq!(talk.service().promises.resolution.unwrap().paused_ms, 45 * 60_000);
}

#[test]
fn the_first_response_runs_until_a_person_wrote_and_the_next_from_the_customers_word() {
    let mut talk = Talk::waiting();
    let asked_at = talk.now;
    talk.wait_ms(10_000);
    talk.says();
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    let running = |talk: &Talk| {
        let promises = talk.service().promises.clone();
        [promises.first_response, promises.next_response, promises.resolution].map(|clock| clock.map(|it| it.since))
    };
    assert_eq!(running(&talk), [Some(asked_at), None, Some(asked_at)]);
    talk.writes(agent());
    assert_eq!(running(&talk), [None, None, Some(asked_at)]);
    talk.wait_ms(1_000);
    let since = talk.now;
    talk.says();
    talk.wait_ms(1_000);
    talk.says();
    assert_eq!(running(&talk), [None, Some(since), Some(asked_at)], "the first unanswered message counts");
    talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None });
    assert_eq!(running(&talk), [None, Some(since), Some(asked_at)]);
    talk.act(Command::HandBack { visitor: other(), if_epoch: None });
    assert_eq!(running(&talk), [None, None, None]);
}

#[test]
fn a_target_is_marked_once_for_each_mark_while_its_clock_runs() {
    let mut talk = Talk::waiting();
    let mark = |mark| DeskCommand::Mark { target: Target::FirstResponse, mark };
    assert_eq!(told(&talk.desk(mark(Mark::Warned))), ["target"]);
    assert_eq!(talk.desk(mark(Mark::Warned)), []);
    assert_eq!(told(&talk.desk(mark(Mark::Breached))), ["target"]);
    assert_eq!(talk.desk(mark(Mark::Warned)), [], "never back");
    let other = DeskCommand::Mark { target: Target::NextResponse, mark: Mark::Warned };
    assert_eq!(talk.desk(other), [], "it does not run");
    let mut talk = Talk::taken();
    talk.desk(DeskCommand::Hold { visitor: agent() });
    assert_eq!(talk.desk(mark(Mark::Breached)), [], "it is paused");
}

#[test]
fn out_of_hours_the_customer_is_told_so_in_place_of_the_queue() {
    let mut talk = Talk::new();
    talk.set(|desk| desk.hours = Some(Hours::default()));
    talk.says();
    let events = talk.act(Command::RequestHuman { visitor: customer() });
    assert_eq!(told(&events), ["to queue", "handover notice", "out of hours", "summary", "handed over"]);
    assert_eq!(told(&talk.says()), ["customer"], "not with every message");
    talk.wait_ms(talk.policy.queue_notice_every_ms);
    assert_eq!(told(&talk.says()), ["customer", "out of hours"]);
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    assert_eq!(
        told(&talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None })),
        ["to queue", "out of hours"]
    );
}
