//! What people and the desk do with a session.

use std::sync::Arc;

use super::*;
use crate::domain::desk::command::TransferTo;
use crate::domain::desk::event::{Mark, Priority, Reader, Routing, Skill, Summary, Target, TeamId};
use crate::domain::desk::hours::{Hours, Week};
use crate::domain::desk::service::{RatingState, Service, UNREAD_TRACKED_MAX};
use crate::domain::desk::settings::{RatingPolicy, Rule};
use crate::domain::desk::{DeskCommand, DeskSettings};
use crate::domain::{Label, Timestamp};

const OFFER_MS: i64 = 30_000;

impl Talk {
    /// A session that waits for a human.
    fn waiting() -> Self {
        let mut talk = Self::new();
        talk.says();
        talk.act(Command::RequestHuman { visitor: customer() });
        talk
    }

    /// A session that a person has.
    fn taken() -> Self {
        let mut talk = Self::waiting();
        talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
        talk
    }

    fn set(&mut self, change: impl FnOnce(&mut DeskSettings)) {
        change(Arc::make_mut(&mut self.policy.desk));
    }

    fn desk(&mut self, command: DeskCommand) -> Vec<Event> {
        self.act(Command::Desk(command))
    }

    fn try_desk(&mut self, command: DeskCommand) -> Result<Decision, Refusal> {
        self.try_do(Command::Desk(command))
    }

    fn service(&self) -> &Service {
        self.state.service.as_deref().unwrap()
    }

    fn offer(&self, to: &Visitor) -> DeskCommand {
        let Visitor::Staff { user, name } = to else { panic!("offers are for staff") };
        let until = self.now.plus_ms(OFFER_MS);
        DeskCommand::Offer { user: *user, name: name.clone(), until, if_epoch: self.state.epoch }
    }

    fn accept(&self, visitor: Visitor) -> DeskCommand {
        DeskCommand::Accept { visitor, if_epoch: self.state.epoch }
    }

    fn writes(&mut self, visitor: Visitor) -> Vec<Event> {
        self.post(visitor, None).1
    }

    fn note(&mut self, visitor: Visitor, client_id: Option<&str>) -> Result<(Receipt, Vec<Event>), Refusal> {
        let client_id = client_id.map(|id| ClientMessageId::parse(id).unwrap());
        let decision =
            self.try_desk(DeskCommand::Note { visitor, id: fresh_id(), body: body("mind this"), client_id })?;
        let Outcome::Posted(receipt) = decision.outcome else { panic!("no receipt") };
        Ok((receipt, decision.events))
    }

    fn read(&mut self, visitor: Visitor, upto: u64) -> Vec<Event> {
        self.desk(DeskCommand::Read { visitor, upto })
    }

    fn rate(&mut self, visitor: Visitor, score: u8) -> Result<Decision, Refusal> {
        self.try_desk(DeskCommand::Rate { visitor, score, comment: None })
    }
}

fn other() -> Visitor {
    Visitor::Staff { user: UserId(Uuid::from_u128(2)), name: PersonName::parse("name", "Kim Ray").unwrap() }
}

fn user(visitor: &Visitor) -> UserId {
    visitor.user().unwrap()
}

fn body(text: &str) -> Body {
    Body::parse("text", text).unwrap()
}

fn skill(name: &str) -> Skill {
    Label::parse("skill", name).unwrap()
}

fn to_agent(visitor: &Visitor) -> TransferTo {
    let Visitor::Staff { user, name } = visitor else { panic!("not staff") };
    TransferTo::Agent { user: *user, name: name.clone() }
}

fn transfer(visitor: Visitor, to: TransferTo, note: Option<&str>) -> DeskCommand {
    DeskCommand::Transfer { visitor, to, note: note.map(body), note_id: fresh_id(), if_epoch: None }
}

const fn is_conflict<T>(result: &Result<T, Refusal>) -> bool {
    matches!(result, Err(Refusal::Conflict { .. }))
}

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
fn a_note_is_private_counts_once_and_takes_nothing_over() {
    let mut talk = Talk::waiting();
    let (first, events) = talk.note(agent(), Some("n1")).unwrap();
    assert_eq!((told(&events), first.duplicate), (vec!["note"], false));
    assert_eq!(first.seq, talk.state.next_seq - 1);
    let (again, events) = talk.note(agent(), Some("n1")).unwrap();
    assert_eq!((events.len(), again), (0, Receipt { duplicate: true, ..first.clone() }));
    assert!(!talk.note(other(), Some("n1")).unwrap().0.duplicate, "another person's id is another one");
    assert_eq!(talk.post(agent(), Some("n1")).0.message, first.message, "a message's id is of the same kind");
    assert_eq!(talk.note(customer(), None).unwrap_err(), Refusal::Forbidden);
    assert_eq!(talk.state.owner, Owner::Queue);
    assert_eq!(talk.state.counters.with_client_id, 2);
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
fn what_was_read_never_goes_back_and_never_beyond_the_newest_message() {
    let mut talk = Talk::new();
    talk.says();
    assert_eq!(talk.read(customer(), 2), [], "nobody asks yet");
    talk.act(Command::RequestHuman { visitor: customer() });
    assert_eq!(talk.service().unread, 1, "what was written before is unread");
    let (message, _) = talk.post(customer(), None);
    assert_eq!(told(&talk.read(agent(), u64::MAX)), ["read"]);
    let service = talk.service();
    assert_eq!((service.unread, service.read_by_staff), (0, message.seq));
    assert_eq!(talk.read(agent(), u64::MAX), [], "that it was read is nothing to read");
    assert_eq!(talk.read(other(), 1), []);
    let events = talk.read(customer(), 4);
    assert!(matches!(&events[..], [Event::Desk(DeskEvent::Read { reader: Reader::Customer, upto: 4, .. })]));
    assert_eq!(talk.try_desk(DeskCommand::Read { visitor: Visitor::Service, upto: 1 }), Err(Refusal::Forbidden));
}

#[test]
fn unread_messages_are_counted_exactly_as_far_as_their_places_are_kept() {
    let mut talk = Talk::waiting();
    let seqs: Vec<u64> = (0..UNREAD_TRACKED_MAX + 3).map(|_| talk.post(customer(), None).0.seq).collect();
    let all = UNREAD_TRACKED_MAX as u32 + 4;
    assert_eq!(talk.service().unread, all);
    talk.read(agent(), seqs[0]);
    assert_eq!(talk.service().unread, all, "where the oldest ones stand is not kept");
    talk.read(agent(), seqs[10]);
    assert_eq!(talk.service().unread as usize, seqs.len() - 11);
    talk.says();
    assert_eq!(talk.service().unread as usize, seqs.len() - 10);
    talk.writes(agent());
    assert_eq!(talk.service().unread, 0, "who answers has read");
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
            let answer = Answer { text: "Bye.".to_owned(), reading: sure(), sources: Vec::new() };
            told(&talk.finish(work, Action::Close(answer))).contains(&"rating asked")
        };
        assert_eq!((closed(false), closed(true)), (asked_by_assistant, asked_by_human), "{rating:?}");
    }
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
