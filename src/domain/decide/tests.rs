//! Each rule of a conversation as a sentence.

mod people;
mod suggestions;

use std::cell::Cell;

use super::*;
use crate::domain::desk::DeskEvent;
use crate::domain::desk::event::OfferEnd;
use crate::domain::policy::AfterFallback;
use crate::domain::recent::RECENT_IDS_MAX;
use crate::domain::session::SecretHash;
use crate::domain::turn::{self, Step, next_step};
use crate::domain::{
    Answer, Body, Channel, ClientMessageId, Entity, MessageId, Notice, OrganizationId, PersonName, SessionId,
    SessionKey, evolve,
};

thread_local! {
    static IDS: Cell<u128> = const { Cell::new(1) };
}

fn fresh_id() -> Uuid {
    Uuid::from_u128(IDS.replace(IDS.get() + 1))
}

/// One session, driven by hand.
struct Talk {
    state: State,
    policy: Policy,
    now: Timestamp,
}

impl Talk {
    fn new() -> Self {
        let session = SessionId::parse("s-1").unwrap();
        let key = SessionKey { organization: OrganizationId::default_organization(), session };
        Self { state: State::unborn(key), policy: Policy::default(), now: Timestamp::from_ms(1_000_000) }
    }

    fn wait_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(i64::try_from(ms).unwrap());
    }

    fn try_do(&mut self, command: Command) -> Result<Decision, Refusal> {
        let at = Moment { now: self.now, policy: &self.policy, fresh_id };
        let decision = decide(&self.state, &command, at)?;
        decision.events.iter().for_each(|event| evolve(&mut self.state, event));
        Ok(decision)
    }

    fn act(&mut self, command: Command) -> Vec<Event> {
        self.try_do(command).unwrap().events
    }

    fn post(&mut self, visitor: Visitor, client_id: Option<&str>) -> (Receipt, Vec<Event>) {
        let client_id = client_id.map(|id| ClientMessageId::parse(id).unwrap());
        let body = Body::parse("text", "hello").unwrap();
        let draft = Draft { id: MessageId(fresh_id()), body, client_id, metadata: None };
        let decision = self.try_do(Command::Post { visitor, opening: Some(opening()), draft }).unwrap();
        let Outcome::Posted(receipt) = decision.outcome else { panic!("not posted") };
        (receipt, decision.events)
    }

    fn says(&mut self) -> Vec<Event> {
        self.post(customer(), None).1
    }

    fn next(&mut self) -> Step {
        next_step(&mut self.state, &self.policy, self.now)
    }

    /// Waits until the burst is over and starts its work.
    fn work(&mut self) -> Work {
        self.wait_ms(self.policy.quiet_ms);
        let Step::Start(work) = self.next() else { panic!("no work is due: {:?}", self.state.turn) };
        turn::begin(&mut self.state, work);
        work
    }

    fn finish(&mut self, work: Work, action: Action) -> Vec<Event> {
        self.act(Command::Finished { work, result: Ok(action) })
    }
}

fn customer() -> Visitor {
    Visitor::Customer(CustomerId::parse("jo").unwrap())
}

fn agent() -> Visitor {
    Visitor::Staff { user: UserId(Uuid::nil()), name: PersonName::parse("name", "Sam Lee").unwrap() }
}

fn opening() -> Opening {
    Opening { channel: Channel::Web, resume: None, language: None, name: None }
}

fn reply_with(text: &str) -> Action {
    Action::Reply(Answer { text: text.to_owned(), reading: sure(), sources: Vec::new() })
}

fn sure() -> Reading {
    Reading { intent: "return_policy".to_owned(), confidence: 0.9, entities: Vec::new() }
}

fn ask_for_hand_over() -> Action {
    Action::HandOver { reason: "it is beyond me".to_owned(), reading: Reading::default() }
}

/// The events in short: what a reader of the log would tell.
fn told(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(word).collect()
}

fn word(event: &Event) -> &'static str {
    match event {
        Event::Started(_) => "started",
        Event::Posted(message) => match message.author {
            Author::Customer => "customer",
            Author::Assistant => "assistant",
            Author::Agent { .. } => "agent",
            Author::Notice(Notice::Handover) => "handover notice",
            Author::Notice(Notice::Queued) => "queue notice",
            Author::Notice(Notice::Fallback) => "fallback notice",
            Author::Notice(Notice::OutOfHours) => "out of hours",
        },
        Event::Suggested(_) => "suggested",
        Event::Desk(event) => desk_word(event),
        Event::OwnerMoved { owner, .. } => match owner {
            Owner::Assistant => "to assistant",
            Owner::Queue => "to queue",
            Owner::Human { .. } => "to human",
            Owner::Closed => "closed",
        },
        Event::TurnEnded { outcome, .. } => match outcome {
            TurnOutcome::Replied => "replied",
            TurnOutcome::HandedOver => "handed over",
            TurnOutcome::Queued => "queued",
            TurnOutcome::Fallback => "fell back",
            TurnOutcome::TakenOver => "taken over",
            TurnOutcome::Closed => "turn closed",
        },
        Event::ContextReset { .. } => "reset",
        Event::CommandParked { .. } => "parked",
    }
}

fn desk_word(event: &DeskEvent) -> &'static str {
    match event {
        DeskEvent::Routed { .. } => "routed",
        DeskEvent::Offered(_) => "offered",
        DeskEvent::OfferEnded { how: OfferEnd::Accepted, .. } => "offer accepted",
        DeskEvent::OfferEnded { how: OfferEnd::Declined, .. } => "offer declined",
        DeskEvent::OfferEnded { how: OfferEnd::TimedOut, .. } => "offer timed out",
        DeskEvent::OfferEnded { how: OfferEnd::Withdrawn, .. } => "offer withdrawn",
        DeskEvent::Noted(_) => "note",
        DeskEvent::Held { .. } => "held",
        DeskEvent::Unheld { .. } => "unheld",
        DeskEvent::Read { .. } => "read",
        DeskEvent::WrappedUp { .. } => "wrapped up",
        DeskEvent::RatingAsked { .. } => "rating asked",
        DeskEvent::Rated(_) => "rated",
        DeskEvent::Target { .. } => "target",
        DeskEvent::Summarized { .. } => "summary",
    }
}

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
fn a_handover_ends_the_turn_and_says_so() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let events = talk.finish(work, ask_for_hand_over());
    assert_eq!(told(&events), ["to queue", "handover notice", "queue notice", "summary", "handed over"]);
}

#[test]
fn a_hand_back_answers_what_nobody_answered_within_a_whole_deadline() {
    let mut talk = Talk::new();
    talk.act(Command::Enter { visitor: customer(), opening: Some(opening()) });
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.says();
    talk.says();
    talk.wait_ms(600_000);
    assert_eq!(told(&talk.act(Command::HandBack { visitor: agent(), if_epoch: None })), ["to assistant"]);
    let work = talk.work();
    assert_eq!((work.turn, work.upto), (3, 4));
    assert_eq!(told(&talk.finish(work, reply_with("Here I am."))), ["assistant", "replied"]);
}

#[test]
fn a_hand_back_does_not_answer_what_led_to_the_human() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    talk.finish(work, ask_for_hand_over());
    talk.says();
    talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
    talk.act(Command::HandBack { visitor: agent(), if_epoch: None });
    assert_eq!(talk.next(), Step::Idle, "no handover loop");
}

#[test]
fn of_two_agents_who_accept_the_same_handover_the_second_takes_nothing() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::RequestHuman { visitor: customer() });
    let seen = Some(talk.state.epoch);
    let second = Visitor::Staff { user: UserId(Uuid::max()), name: PersonName::parse("name", "Kim Roe").unwrap() };
    let accept = |visitor: Visitor| Command::TakeOver { visitor, if_epoch: seen };
    assert_eq!(told(&talk.act(accept(agent()))), ["to human"]);
    assert!(matches!(talk.try_do(accept(second.clone())), Err(Refusal::Conflict { .. })));
    assert_eq!(talk.act(accept(agent())), [], "who has it may say so again");
    assert_eq!(told(&talk.act(Command::TakeOver { visitor: second, if_epoch: None })), ["to human"], "on purpose");
    assert!(matches!(talk.try_do(accept(agent())), Err(Refusal::Conflict { .. })));
}

#[test]
fn the_log_says_who_asked_for_a_human() {
    let asked = |visitor: Visitor| {
        let mut talk = Talk::new();
        talk.says();
        let events = talk.act(Command::RequestHuman { visitor });
        let Event::OwnerMoved { reason, by: Some(by), .. } = &events[0] else { panic!("{events:?}") };
        (by.clone(), reason.clone(), talk.state.intent)
    };
    let Visitor::Staff { user, name } = agent() else { unreachable!() };
    let request = Some("request_human".to_owned());
    assert_eq!(asked(customer()), (Requester::Customer, "the customer asked for a human".to_owned(), request));
    assert_eq!(asked(agent()), (Requester::Agent { user, name }, "an agent asked for a human".to_owned(), None));
    let on_behalf = "a human was asked for on the customer's behalf".to_owned();
    assert_eq!(asked(Visitor::Service), (Requester::Service, on_behalf, None));
}

#[test]
fn a_hand_back_leaves_a_marker_for_the_model() {
    let mut talk = Talk::new();
    talk.says();
    talk.act(Command::RequestHuman { visitor: customer() });
    talk.act(Command::HandBack { visitor: agent(), if_epoch: None });
    let newest = talk.state.memory.lines().next_back().unwrap();
    assert_eq!(&*newest.text, "[the assistant has the conversation again: handed back by an agent]");
}

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
fn an_agent_who_sends_a_turn_to_the_queue_leaves_no_silence() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    assert_eq!(
        told(&talk.act(Command::ReturnToQueue { visitor: agent(), note: None, if_epoch: None })),
        ["to queue", "queue notice", "queued"]
    );
    talk.act(Command::HandBack { visitor: agent(), if_epoch: None });
    assert_eq!(talk.finish(work, reply_with("of an older epoch")), []);
    assert_eq!(talk.work().epoch, 2, "the question is still answered");
}

#[test]
fn the_same_client_id_returns_the_first_receipt() {
    let mut talk = Talk::new();
    let (first, _) = talk.post(customer(), Some("m1"));
    let (again, events) = talk.post(customer(), Some("m1"));
    assert_eq!(events, []);
    assert_eq!(again, Receipt { duplicate: true, ..first.clone() });
    let (other, _) = talk.post(agent(), Some("m1"));
    assert!(!other.duplicate, "another sender's id is another id");
    let (again, _) = talk.post(customer(), Some("m1"));
    assert_eq!(again, Receipt { duplicate: true, awaits_turn: false, ..first });
}

#[test]
fn ids_that_are_no_longer_remembered_are_asked_of_the_store() {
    let mut talk = Talk::new();
    for n in 0..RECENT_IDS_MAX {
        talk.post(customer(), Some(&format!("m{n}")));
    }
    assert!(!talk.state.forgot_ids());
    talk.post(customer(), Some("one more"));
    assert!(talk.state.forgot_ids());
    assert_eq!(talk.state.recent.len(), RECENT_IDS_MAX);
}

#[test]
fn whatever_staff_writes_takes_the_session_and_ends_the_turn() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let (receipt, events) = talk.post(agent(), None);
    assert_eq!(told(&events), ["to human", "agent", "taken over"]);
    assert!(!receipt.awaits_turn);
    assert_eq!(talk.finish(work, reply_with("talks over the human")), []);
    assert_eq!(told(&talk.post(agent(), None).1), ["agent"], "who has it need not take it");
    assert_eq!(told(&talk.says()), ["customer"], "the assistant is silent");
    assert_eq!(talk.work().purpose, Purpose::Suggestion, "it only suggests");
}

#[test]
fn a_reset_forgets_what_was_said_but_not_what_waits_for_a_reply() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let answer = Answer {
        text: "Which order?".to_owned(),
        reading: Reading { intent: "order_status".to_owned(), confidence: 0.9, entities: vec![entity("order", None)] },
        sources: Vec::new(),
    };
    talk.finish(work, Action::AskFor { slot: "order_number".to_owned(), answer });
    talk.says();
    let work = talk.work();
    assert_eq!(told(&talk.act(Command::Reset { visitor: customer() })), ["reset"]);
    assert_eq!(talk.state.memory.lines().map(|line| line.seq).collect::<Vec<_>>(), [5]);
    assert!(!talk.state.knows_anything());
    assert_eq!(talk.act(Command::Reset { visitor: customer() }), [], "nothing is left to forget");
    assert_eq!(told(&talk.finish(work, reply_with("Here."))), ["assistant", "replied"]);
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

#[test]
fn the_assistant_may_answer_and_close() {
    let mut talk = Talk::new();
    talk.says();
    let work = talk.work();
    let events =
        talk.finish(work, Action::Close(Answer { text: "Goodbye.".to_owned(), reading: sure(), sources: Vec::new() }));
    assert_eq!(told(&events), ["assistant", "replied", "closed"]);
}

#[test]
fn a_parked_command_gets_a_human() {
    let mut talk = Talk::new();
    talk.says();
    let events = talk.act(Command::Park { command: "post".to_owned(), attempts: 3, work: None });
    assert_eq!(told(&events), ["parked", "to queue", "handover notice", "queue notice", "summary", "handed over"]);
}

#[test]
fn only_staff_take_and_give_and_only_people_write() {
    let mut talk = Talk::new();
    talk.says();
    for command in [
        Command::TakeOver { visitor: customer(), if_epoch: None },
        Command::HandBack { visitor: customer(), if_epoch: None },
        Command::ReturnToQueue { visitor: Visitor::Service, note: None, if_epoch: None },
    ] {
        assert_eq!(talk.try_do(command).unwrap_err(), Refusal::Forbidden);
    }
    let draft = Draft { id: MessageId(fresh_id()), body: Body::clipped("hi"), client_id: None, metadata: None };
    let post = Command::Post { visitor: Visitor::Service, opening: None, draft };
    assert_eq!(talk.try_do(post).unwrap_err(), Refusal::Forbidden);
}

#[test]
fn a_claimed_name_opens_nothing_without_the_secret() {
    let mut talk = Talk::new();
    let claimed = CustomerId::parse("jo").unwrap();
    let knock = |secret: Option<&str>| Command::Enter {
        visitor: Visitor::Anonymous { claimed: claimed.clone(), secret: secret.map(|s| SecretHash(s.to_owned())) },
        opening: Some(Opening { resume: Some(SecretHash("right".to_owned())), ..opening() }),
    };
    assert!(talk.try_do(knock(None)).is_ok(), "it begins");
    let nothing = Err(Refusal::NotFound { what: "session" });
    assert_eq!(talk.try_do(knock(None)), nothing);
    assert_eq!(talk.try_do(knock(Some("wrong"))), nothing);
    assert_eq!(talk.try_do(Command::Enter { visitor: customer(), opening: Some(opening()) }), nothing);
    assert!(talk.try_do(knock(Some("right"))).is_ok());
}

#[test]
fn what_a_model_brings_stays_within_limits_and_can_be_read_again() {
    let mut talk = Talk::new();
    talk.says();
    let entities = (0..1_000).map(|n| entity(&format!("kind{n}"), Some(&"v".repeat(10_000)))).collect();
    let reading = Reading { intent: "x".repeat(10_000), confidence: f32::NAN, entities };
    let work = talk.work();
    let events = talk.finish(work, Action::HandOver { reason: "é".repeat(10_000), reading });
    let stored = serde_json::to_string(&events).unwrap();
    assert!(stored.len() < 16 * 1024, "{} bytes", stored.len());
    assert_eq!(serde_json::from_str::<Vec<Event>>(&stored).unwrap(), events);
}

#[test]
fn facts_that_could_not_be_stored_are_refused() {
    let mut talk = Talk::new();
    let mut post = |metadata: serde_json::Value| {
        let body = Body::clipped("hi");
        let draft = Draft { id: MessageId(fresh_id()), body, client_id: None, metadata: Some(metadata) };
        talk.try_do(Command::Post { visitor: customer(), opening: Some(opening()), draft }).err()
    };
    let nested = (0..100).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
    assert!(matches!(post(nested), Some(Refusal::Invalid { field, .. }) if field == "metadata"));
    assert!(matches!(post("x".repeat(20_000).into()), Some(Refusal::TooLarge { what: "metadata", .. })));
    assert_eq!(post(serde_json::json!({"page": {"url": "/cart"}})), None);
}

fn entity(kind: &str, value: Option<&str>) -> Entity {
    Entity { kind: kind.to_owned(), value: value.map(str::to_owned) }
}
