//! Whom a waiting session is for, and since when it waits.

use super::*;

#[test]
fn routing_ends_with_the_stay() {
    for leave in [Command::HandBack { visitor: agent(), if_epoch: None }, Command::Close { visitor: agent() }] {
        let mut talk = Talk::taken();
        let priority = Some(Priority::Urgent);
        talk.desk(DeskCommand::Route { visitor: agent(), priority, skills: None, team: Some(None) });
        talk.act(leave);
        talk.says();
        talk.act(Command::RequestHuman { visitor: customer() });
        assert_eq!(talk.service().routing, Routing::default());
    }
}

#[test]
fn who_had_a_person_that_vanished_is_first_again() {
    let mut talk = Talk::waiting();
    let queued_at = talk.now;
    talk.wait_ms(60_000);
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.wait_ms(60_000);
    assert_eq!(talk.desk(DeskCommand::Abandon { user: user(&other()) }), [], "they do not have it");
    assert_eq!(told(&talk.desk(DeskCommand::Abandon { user: user(&agent()) })), ["to queue", "queue notice"]);
    assert_eq!(talk.service().queued_at, Some(queued_at));
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None });
    assert_eq!(talk.service().queued_at, Some(talk.now), "who was returned waits anew");
}

#[test]
fn a_customer_who_never_waited_waits_from_the_moment_their_person_vanished() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.wait_ms(1_000);
    talk.desk(DeskCommand::Abandon { user: user(&agent()) });
    assert_eq!(talk.service().queued_at, Some(talk.now));
}

#[test]
fn the_first_rule_that_fits_routes_a_handover() {
    let mut talk = Talk::new();
    let rule = |intent: &str, name: &str| Rule {
        intent: Some(intent.to_owned()),
        skills: vec![skill(name)],
        priority: Some(Priority::High),
        ..Rule::default()
    };
    talk.set(|desk| desk.rules = vec![rule("refund", "x"), rule("return_policy", "billing"), Rule::default()]);
    talk.says();
    let work = talk.work();
    let hand_over = Action::HandOver { reason: "it is beyond me".to_owned(), reading: sure() };
    let events = talk.finish(work, hand_over);
    let order = ["to queue", "handover notice", "queue notice", "routed", "summary", "handed over"];
    assert_eq!(told(&events), order);
    assert_eq!(talk.service().routing.skills, [skill("billing")]);
    assert_eq!(talk.service().routing.priority, Priority::High);
}
