//! Offers of a waiting session.

use super::*;

#[test]
fn an_offer_is_for_one_person_at_a_time_and_only_while_the_session_waits() {
    let mut talk = Talk::waiting();
    let offer = talk.offer(&agent());
    assert_eq!(told(&talk.desk(offer.clone())), ["offered"]);
    assert!(is_conflict(&talk.try_desk(offer)), "it is open already");
    assert!(is_conflict(&talk.try_desk(talk.accept(other()))), "it was not offered to them");
    let stale = DeskCommand::Accept { visitor: agent(), if_epoch: talk.state.epoch - 1 };
    assert!(is_conflict(&talk.try_desk(stale)), "they saw another session");
    assert_eq!(told(&talk.desk(talk.accept(agent()))), ["offer accepted", "to human"]);
    assert!(has(&talk.state, user(&agent())) && talk.service().offer.is_none());
    assert_eq!(talk.desk(talk.accept(agent())), [], "the same command again");
    assert!(is_conflict(&talk.try_desk(talk.offer(&other()))), "nobody waits");
    assert!(is_conflict(&talk.try_desk(talk.accept(other()))));
}

#[test]
fn an_offer_of_an_epoch_that_passed_is_refused() {
    let mut talk = Talk::waiting();
    let old = talk.offer(&agent());
    talk.act(Command::TakeOver { visitor: other(), if_epoch: None });
    talk.act(Command::ReturnToQueue { visitor: other(), note: None, if_epoch: None });
    assert!(is_conflict(&talk.try_desk(old)));
}

#[test]
fn who_declines_or_does_not_answer_is_remembered_until_the_session_is_queued_anew() {
    let mut talk = Talk::waiting();
    for how in [OfferEnd::Declined, OfferEnd::TimedOut, OfferEnd::Withdrawn] {
        let whom = if how == OfferEnd::Declined { agent() } else { other() };
        talk.desk(talk.offer(&whom));
        let end = DeskCommand::EndOffer { user: user(&whom), how };
        assert_eq!(told(&talk.desk(end.clone())).len(), 1);
        assert_eq!(talk.desk(end), [], "it is over");
    }
    let declined: Vec<UserId> = talk.service().declined.iter().map(|(user, _)| *user).collect();
    assert_eq!(declined, [user(&agent()), user(&other())]);
    assert!(is_conflict(&talk.try_desk(DeskCommand::EndOffer { user: user(&agent()), how: OfferEnd::Accepted })));
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None });
    assert_eq!(talk.service().declined, []);
}

#[test]
fn whatever_takes_a_session_out_of_the_queue_withdraws_its_offer() {
    let ways: [fn(&mut Talk) -> Vec<Event>; 6] = [
        |talk| talk.act(Command::TakeOver { visitor: other(), if_epoch: None }),
        |talk| talk.act(Command::HandBack { visitor: other(), if_epoch: None }),
        |talk| talk.act(Command::Close { visitor: customer() }),
        |talk| talk.writes(other()),
        |talk| talk.desk(transfer(agent(), to_agent(&other()), None)),
        |talk| talk.desk(transfer(agent(), TransferTo::Team(TeamId(Uuid::nil())), None)),
    ];
    for (n, leave) in ways.into_iter().enumerate() {
        let mut talk = Talk::waiting();
        talk.desk(talk.offer(&agent()));
        let events = told(&leave(&mut talk));
        assert!(events.contains(&"offer withdrawn"), "{n}: {events:?}");
        assert_eq!(talk.service().offer, None, "{n}");
        assert!(is_conflict(&talk.try_desk(talk.accept(agent()))) || has(&talk.state, user(&agent())), "{n}");
    }
}

#[test]
fn a_persons_message_in_the_queue_stands_where_its_receipt_says() {
    let mut talk = Talk::waiting();
    talk.desk(talk.offer(&agent()));
    let first = talk.state.next_seq;
    let (receipt, events) = talk.post(other(), None);
    assert_eq!(told(&events), ["offer withdrawn", "to human", "agent"]);
    assert_eq!(receipt.seq, first + 2);
}
