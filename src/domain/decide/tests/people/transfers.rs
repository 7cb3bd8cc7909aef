//! Sessions that go to somebody else, or back.

use super::*;

#[test]
fn a_person_gets_a_transferred_session_at_once_with_the_note() {
    let mut talk = Talk::taken();
    let events = talk.desk(transfer(agent(), to_agent(&other()), Some("a refund, I think")));
    assert_eq!(told(&events), ["note", "to human"]);
    assert!(has(&talk.state, user(&other())) && talk.service().last_agent == Some(user(&other())));
    assert!(is_conflict(&talk.try_desk(transfer(agent(), to_agent(&other()), None))), "they have it already");
    assert_eq!(talk.try_desk(transfer(customer(), to_agent(&agent()), None)), Err(Refusal::Forbidden));
    talk.act(Command::Close { visitor: other() });
    assert!(is_conflict(&talk.try_desk(transfer(agent(), to_agent(&agent()), None))), "it is closed");
}

#[test]
fn an_open_turn_ends_when_the_session_is_transferred() {
    let mut talk = Talk::new();
    talk.says();
    assert_eq!(told(&talk.desk(transfer(agent(), to_agent(&other()), None))), ["to human", "taken over"]);
    let mut talk = Talk::new();
    talk.says();
    let team = TransferTo::Team(TeamId(Uuid::nil()));
    assert_eq!(told(&talk.desk(transfer(agent(), team, None))), ["to queue", "queue notice", "routed", "queued"]);
}

#[test]
fn a_team_is_asked_instead_of_what_rules_asked_for() {
    let mut talk = Talk::taken();
    let skills = Some(vec![skill("de"), skill("billing"), skill("de")]);
    let route = DeskCommand::Route { visitor: agent(), priority: Some(Priority::High), skills, team: None };
    assert_eq!(told(&talk.desk(route.clone())), ["routed"]);
    assert_eq!(talk.service().routing.skills, [skill("billing"), skill("de")]);
    assert_eq!(talk.desk(route), [], "it is so already");
    talk.wait_ms(5_000);
    let team = TeamId(Uuid::from_u128(5));
    let events = talk.desk(transfer(agent(), TransferTo::Team(team), None));
    assert_eq!(told(&events), ["to queue", "queue notice", "routed"]);
    let routing = Routing { priority: Priority::High, team: Some(team), ..Routing::default() };
    assert_eq!((&talk.service().routing, talk.service().queued_at), (&routing, Some(talk.now)));
    talk.wait_ms(5_000);
    let again = talk.desk(transfer(agent(), TransferTo::Team(TeamId(Uuid::nil())), None));
    assert_eq!(told(&again), ["routed"], "who waits already is not told again");
    assert_eq!(talk.service().queued_at, Some(talk.now.plus_ms(-5_000)), "and keeps their place");
}

#[test]
fn what_goes_back_to_the_queue_takes_its_note_along_in_one_commit() {
    let mut talk = Talk::taken();
    let back = Command::ReturnToQueue { visitor: agent(), note: Some((fresh_id(), body("not mine"))), if_epoch: None };
    assert_eq!(told(&talk.act(back))[..2], ["note", "to queue"]);
    assert_eq!(talk.state.owner, Owner::Queue);
}

#[test]
fn whoever_saw_an_older_epoch_gives_nothing_away() {
    let mut talk = Talk::taken();
    let old = Some(talk.state.epoch);
    talk.act(Command::TakeOver { visitor: other(), if_epoch: None });
    let reason = Label::parse("reason", "solved").unwrap();
    let (to, note_id) = (to_agent(&agent()), fresh_id());
    let late = |if_epoch| {
        [
            Command::ReturnToQueue { visitor: agent(), note: Some((note_id, body("not mine"))), if_epoch },
            Command::HandBack { visitor: agent(), if_epoch },
            Command::Desk(DeskCommand::WrapUp { visitor: agent(), reason: reason.clone(), summary: None, if_epoch }),
            Command::Desk(DeskCommand::Transfer { visitor: agent(), to: to.clone(), note: None, note_id, if_epoch }),
        ]
    };
    for command in late(old) {
        assert!(is_conflict(&talk.try_do(command.clone())), "{command:?}");
    }
    let state = talk.state.clone();
    for command in late(Some(state.epoch)) {
        talk.state = state.clone();
        assert!(talk.try_do(command.clone()).is_ok(), "{command:?}");
    }
}
