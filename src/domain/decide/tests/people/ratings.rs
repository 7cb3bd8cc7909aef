//! Asking the customer how it was.

use super::*;

#[test]
fn a_customer_is_asked_once_how_it_was_and_again_after_another_person() {
    let mut talk = Talk::taken();
    assert!(is_conflict(&talk.rate(customer(), 5)), "not asked");
    talk.writes(agent());
    let reason = Label::parse("reason", "solved").unwrap();
    let wrap_up = DeskCommand::WrapUp { visitor: agent(), reason, summary: Some(body("a refund")), if_epoch: None };
    assert_eq!(told(&talk.desk(wrap_up.clone())), ["wrapped up", "closed", "rating asked"]);
    assert_eq!(talk.desk(wrap_up), [], "it is closed");
    talk.says();
    assert_eq!(
        told(&talk.act(Command::Close { visitor: customer() })),
        ["turn closed", "closed"],
        "the question is open"
    );
    assert_eq!(talk.rate(agent(), 5), Err(Refusal::Forbidden));
    assert!(matches!(talk.rate(customer(), 6), Err(Refusal::Invalid { .. })));
    let Event::Desk(DeskEvent::Rated(rating)) = &talk.rate(customer(), 4).unwrap().events[0] else {
        panic!("not rated")
    };
    assert_eq!((rating.score, rating.about), (4, Some(user(&agent()))));
    assert!(is_conflict(&talk.rate(customer(), 5)), "once");
    talk.says();
    assert_eq!(told(&talk.act(Command::Close { visitor: customer() })), ["turn closed", "closed"], "no person since");
    talk.writes(other());
    assert_eq!(told(&talk.act(Command::Close { visitor: other() })), ["closed", "rating asked"]);
    assert_eq!(talk.service().rating, RatingState::Asked);
}

#[test]
fn who_is_asked_how_it_was_is_the_organizations_choice() {
    for (rating, asked_by_assistant, asked_by_human) in
        [(RatingPolicy::Never, false, false), (RatingPolicy::Human, false, true), (RatingPolicy::Always, true, true)]
    {
        let closed = |human: bool| {
            let mut talk = Talk::new();
            talk.set(|desk| desk.rating = rating);
            talk.says();
            if human {
                talk.writes(agent());
                return told(&talk.act(Command::Close { visitor: agent() })).contains(&"rating asked");
            }
            let work = talk.work();
            let answer = Answer { text: "Bye.".to_owned(), reading: sure(), sources: Vec::new(), cached: false };
            told(&talk.finish(work, Action::Close(answer))).contains(&"rating asked")
        };
        assert_eq!((closed(false), closed(true)), (asked_by_assistant, asked_by_human), "{rating:?}");
    }
}
