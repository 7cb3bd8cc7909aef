//! Plays the actor: it carries commands to `decide`, events to `evolve`, keeps started work and brings results later in
//! any order, loads the session again from a header, and has every decision judged by the ledger.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use switchboard::domain::desk::settings::RatingPolicy;
use switchboard::domain::desk::{DeskSettings, Hours};
use switchboard::domain::evolve::remember;
use switchboard::domain::memory::{MEMORY_MAX_BYTES, MEMORY_MAX_LINES, TAIL_EVENTS, TAIL_MAX_EVENTS};
use switchboard::domain::policy::AfterFallback;
use switchboard::domain::session::{SecretHash, Work};
use switchboard::domain::turn::{self, Step as TurnStep};
use switchboard::domain::typing::{TYPING_EXPIRY_MS, Typing, Typist};
use switchboard::domain::{
    Action, Answer, AssistantSettings, Body, Channel, ClientMessageId, Command, CustomerId, Decision, DeskCommand,
    Draft, Event, Failure, MessageId, Moment, Opening, OrganizationId, Outcome, Owner, PersonName, Policy, Reading,
    Refusal, SessionId, SessionKey, State, Timestamp, TurnResult, UserId, Visitor, decide, evolve,
};
use uuid::Uuid;

use super::ledger::Ledger;
use super::step::Step;

/// How one interleaving is set up.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    policy: Policy,
    verified: bool,
}

impl Setting {
    /// Mostly a session with an assistant; each bit changes one thing.
    pub(super) fn from_bits(bits: u8) -> Self {
        let first_owner = if bits % 16 == 15 { Owner::Queue } else { Owner::Assistant };
        let after_fallback = if bits & 16 == 0 { AfterFallback::HandOver } else { AfterFallback::Stay };
        let quiet_ms = if bits & 32 == 0 { 300 } else { 0 };
        let both = |mask: u8| bits & mask == mask;
        let assistant = AssistantSettings {
            auto_reply: !both(0b1000_0010),
            reply_max_chars: if both(0b1000_0001) { 12 } else { 500 },
            ..AssistantSettings::default()
        };
        let suggests = !both(0b1000_0100);
        let desk = DeskSettings {
            rating: [RatingPolicy::Human, RatingPolicy::Always, RatingPolicy::Never][usize::from(bits % 3)],
            hours: bits.is_multiple_of(5).then(Hours::default),
            ..DeskSettings::default()
        };
        let desk = Arc::new(desk);
        let policy = Policy {
            desk,
            first_owner,
            after_fallback,
            quiet_ms,
            suggests,
            assistant: Arc::new(assistant),
            ..Policy::default()
        };
        Self { policy, verified: bits & 64 == 0 }
    }
}

/// About half of what a session remembers.
static LONG: LazyLock<String> = LazyLock::new(|| "long ".repeat(1_200));

thread_local! {
    static IDS: Cell<u128> = const { Cell::new(1) };
}

pub(super) fn fresh_id() -> Uuid {
    Uuid::from_u128(IDS.replace(IDS.get() + 1))
}

/// One session, and what is going on around it.
pub(super) struct Sim {
    setting: Setting,
    pub(super) state: State,
    pub(super) log: Vec<Event>,
    pub(super) ledger: Ledger,
    pub(super) now: Timestamp,
    started: Vec<Work>,
    typing: Typing,
}

impl Sim {
    pub(super) fn new(setting: Setting) -> Self {
        Self {
            setting,
            state: unborn(),
            log: Vec::new(),
            ledger: Ledger::new(),
            now: Timestamp::from_ms(1_700_000_000_000),
            started: Vec::new(),
            typing: Typing::default(),
        }
    }

    /// Lets one thing happen and judges what came of it.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::CustomerSays { client_id, long } => self.say(self.customer(), client_id, long)?,
            Step::Burst { messages } => {
                for _ in 0..messages {
                    self.say(self.customer(), None, false)?;
                    self.now = self.now.plus_ms(20);
                }
            }
            Step::StrangerTries { what } => self.stranger_tries(what)?,
            Step::AgentSays { agent, client_id } => self.say(agent_at(agent), client_id, false)?,
            Step::TakeOver { agent } => {
                self.command(Command::TakeOver { visitor: agent_at(agent), if_epoch: None })?;
            }
            Step::Accept { agent, behind } => self.accept(agent, u64::from(behind))?,
            Step::HandBack { agent } => self.command(Command::HandBack { visitor: agent_at(agent), if_epoch: None })?,
            Step::ReturnToQueue { agent } => {
                self.command(Command::ReturnToQueue { visitor: agent_at(agent), note: None, if_epoch: None })?;
            }
            Step::RequestHuman => self.command(Command::RequestHuman { visitor: self.customer() })?,
            Step::Close { by_agent: true } => self.command(Command::Close { visitor: agent_at(0) })?,
            Step::Close { by_agent: false } => self.command(Command::Close { visitor: self.customer() })?,
            Step::Reset => self.reset()?,
            Step::Result { which, kind } => self.bring_result(usize::from(which), kind)?,
            Step::FreshResult { kind } => self.bring_result(self.started.len().saturating_sub(1), kind)?,
            Step::Typing { on } => self.type_or_stop(on)?,
            Step::Clock { ms } => self.now = self.now.plus_ms(ms),
            Step::Quiet => self.stay_quiet(),
            Step::Tick => self.command(Command::Tick)?,
            Step::Restart { header } => self.restart(usize::from(header))?,
            Step::Park => self.command(Command::Park { command: "post".to_owned(), attempts: 3, work: None })?,
            Step::Desk(step) => self.take_desk(&step)?,
            Step::Enter => self.command(Command::Enter { visitor: self.customer(), opening: Some(opening()) })?,
        }
        self.pump()
    }

    /// Lets time pass without anybody doing anything: no customer may be left without an end to their turn.
    pub(super) fn drain(&mut self) -> Result<(), TestCaseError> {
        self.pump()?;
        self.now = self.now.plus_ms(i64::try_from(self.setting.policy.deadline_ms).unwrap());
        self.pump()?;
        prop_assert!(self.state.turn.is_none(), "a turn is open past its deadline: {:?}", self.state.turn);
        prop_assert!(self.ledger.taken_in.is_empty(), "messages without an end: {:?}", self.ledger.taken_in);
        Ok(())
    }

    /// What the actor does after each message: the next step, until there is none to take now.
    fn pump(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..4 {
            match turn::next_step(&mut self.state, &self.setting.policy, self.now) {
                TurnStep::Idle | TurnStep::Working => return Ok(()),
                TurnStep::Wait(until) => {
                    prop_assert!(until > self.now, "waits for a moment that has passed");
                    let longest = i64::try_from(self.setting.policy.deadline_ms).unwrap();
                    prop_assert!(until <= self.now.plus_ms(longest), "waits longer than a deadline");
                    return Ok(());
                }
                TurnStep::Start(work) => {
                    prop_assert_eq!(work.epoch, self.ledger.epoch);
                    prop_assert_eq!(work.upto, self.ledger.newest_customer, "work starts without the newest message");
                    turn::begin(&mut self.state, work);
                    self.started.push(work);
                }
                TurnStep::Overdue => self.command(Command::Tick)?,
            }
        }
        Err(TestCaseError::fail("the steps of a turn never come to rest"))
    }

    fn command(&mut self, command: Command) -> Result<(), TestCaseError> {
        self.carry(&command).map(drop)
    }

    pub(super) fn carry(&mut self, command: &Command) -> Result<Option<Outcome>, TestCaseError> {
        let decision = match self.decide(command) {
            Ok(decision) => decision,
            Err(refusal) => {
                prop_assert!(!self.state.exists(), "{} was refused: {}", command.name(), refusal);
                return Ok(None);
            }
        };
        for event in &decision.events {
            evolve(&mut self.state, event);
        }
        let work = match command {
            Command::Finished { work, .. } => Some(*work),
            _ => None,
        };
        self.ledger.read(&decision.events, work, &self.setting.policy)?;
        self.log.extend(decision.events);
        self.judge()?;
        Ok(Some(decision.outcome))
    }

    pub(super) fn decide(&self, command: &Command) -> Result<Decision, Refusal> {
        decide(&self.state, command, Moment { now: self.now, policy: &self.setting.policy, fresh_id })
    }

    /// The state agrees with the ledger and keeps its limits.
    fn judge(&self) -> Result<(), TestCaseError> {
        let state = &self.state;
        prop_assert_eq!(state.next_seq - 1, self.ledger.seq, "the state counts other events than the log holds");
        prop_assert_eq!(&state.owner, &self.ledger.owner);
        prop_assert_eq!(state.epoch, self.ledger.epoch);
        let open = state.turn.as_ref().map(|turn| (turn.id, turn.upto));
        let taken_in = self.ledger.taken_in.first().copied().zip(self.ledger.taken_in.last().copied());
        prop_assert_eq!(open, taken_in, "the open turn is not the customer's open burst");
        prop_assert!(!self.ledger.waits_untold() || !self.customer_spoke_last(), "waits and was not told");
        self.ledger.desk.judge(state.service.as_deref(), &state.owner)?;
        let bytes: usize = state.memory.lines().map(|line| line.text.len()).sum();
        let lines = state.memory.lines().count();
        prop_assert!(lines <= MEMORY_MAX_LINES && (bytes <= MEMORY_MAX_BYTES || lines == 1), "{} {}", lines, bytes);
        if let Some(turn) = &state.turn {
            prop_assert!(state.memory.lines().any(|line| line.seq == turn.upto), "the newest question was forgotten");
        }
        Ok(())
    }

    fn customer_spoke_last(&self) -> bool {
        matches!(self.log.last(), Some(Event::Posted(message)) if message.author == switchboard::domain::Author::Customer)
    }

    fn say(&mut self, visitor: Visitor, client_id: Option<u8>, long: bool) -> Result<(), TestCaseError> {
        let client_id = client_id.map(|id| ClientMessageId::parse(&format!("m{id}")).unwrap());
        let known = client_id.as_ref().and_then(|id| {
            self.ledger.ids.get(&(visitor.user(), id.as_str().to_owned())).copied().map(|first| (id.clone(), first))
        });
        if let Some((id, _)) = &known
            && self.state.recent(visitor.user(), id).is_none()
        {
            prop_assert!(self.state.forgot_ids(), "an id is neither known nor asked of the store");
            return Ok(());
        }
        let body = Body::parse("text", if long { &LONG } else { "hello" }).unwrap();
        let id = MessageId(fresh_id());
        let draft = Draft { id, body, client_id, metadata: None, quiet: false, sent_at: None, attachments: Vec::new() };
        let before = self.ledger.seq;
        let outcome = self.carry(&Command::Post { visitor, opening: Some(opening()), draft })?;
        let Some(Outcome::Posted(receipt)) = outcome else {
            prop_assert!(outcome.is_none());
            return Ok(());
        };
        prop_assert_eq!(receipt.stream, self.state.stream);
        if let Some((_, first)) = known {
            prop_assert!(receipt.duplicate, "a repeated message was not recognised");
            prop_assert_eq!((receipt.message, receipt.seq), first, "the repeat got another receipt");
            prop_assert_eq!(before, self.ledger.seq, "a repeated message had an effect");
        } else {
            prop_assert!(!receipt.duplicate);
            let at = usize::try_from(receipt.seq - 1).unwrap();
            let stands = matches!(&self.log[at], Event::Posted(message) if message.id == id);
            prop_assert!(stands, "the receipt is wrong");
        }
        prop_assert_eq!(receipt.awaits_turn, self.ledger.taken_in.contains(&receipt.seq));
        Ok(())
    }

    /// Whoever is not let in finds nothing, whatever they ask for.
    fn stranger_tries(&mut self, what: u8) -> Result<(), TestCaseError> {
        if !self.state.exists() {
            return Ok(());
        }
        let claimed = CustomerId::parse("jo").unwrap();
        let visitor = match what % 4 {
            0 => Visitor::Customer(CustomerId::parse("kim").unwrap()),
            1 => Visitor::Anonymous { claimed, secret: Some(SecretHash("wrong".to_owned())) },
            2 => Visitor::Anonymous { claimed, secret: None },
            _ if self.setting.verified => Visitor::Anonymous { claimed, secret: Some(SecretHash(String::new())) },
            _ => Visitor::Customer(claimed),
        };
        let body = Body::parse("text", "let me in").unwrap();
        let client_id = ClientMessageId::parse("m1").ok();
        let draft = Draft {
            id: MessageId(fresh_id()),
            body,
            client_id,
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        let command = match (what / 4) % 10 {
            0 => Command::Post { visitor, opening: Some(opening()), draft },
            1 => Command::Enter { visitor, opening: Some(opening()) },
            2 => Command::Reset { visitor },
            3 => Command::Close { visitor },
            4 => Command::RequestHuman { visitor },
            5 => Command::TakeOver { visitor, if_epoch: Some(self.ledger.epoch) },
            6 => Command::HandBack { visitor, if_epoch: None },
            7 => Command::Desk(DeskCommand::Rate { visitor, score: 5, comment: None }),
            8 => Command::Desk(DeskCommand::Read { visitor, upto: 1 }),
            _ => Command::ReturnToQueue { visitor, note: None, if_epoch: None },
        };
        prop_assert_eq!(self.decide(&command), Err(Refusal::NotFound { what: "session" }));
        Ok(())
    }

    /// Of two who accept the same handover the second takes nothing.
    fn accept(&mut self, agent: u8, behind: u64) -> Result<(), TestCaseError> {
        let visitor = agent_at(agent);
        let has = |owner: &Owner| matches!(owner, Owner::Human { user, .. } if Some(*user) == visitor.user());
        let seen = self.ledger.epoch.saturating_sub(behind);
        let take_over = Command::TakeOver { visitor: visitor.clone(), if_epoch: Some(seen) };
        if self.state.exists() && !has(&self.ledger.owner) && seen != self.ledger.epoch {
            prop_assert!(matches!(self.decide(&take_over), Err(Refusal::Conflict { .. })), "a session was stolen");
            return Ok(());
        }
        self.command(take_over)?;
        prop_assert!(!self.state.exists() || has(&self.ledger.owner), "who accepted in time does not have it");
        Ok(())
    }

    fn reset(&mut self) -> Result<(), TestCaseError> {
        let from = self.ledger.first_waiting().unwrap_or(u64::MAX);
        let burst = |state: &State| -> Vec<u64> {
            state.memory.lines().map(|line| line.seq).filter(|seq| *seq >= from).collect()
        };
        let before = burst(&self.state);
        self.command(Command::Reset { visitor: self.customer() })?;
        prop_assert_eq!(burst(&self.state), before.clone(), "a reset forgot what waits for a reply");
        prop_assert_eq!(self.state.memory.lines().count(), before.len(), "a reset kept what was answered");
        Ok(())
    }

    fn bring_result(&mut self, which: usize, kind: u8) -> Result<(), TestCaseError> {
        if self.started.is_empty() {
            return Ok(());
        }
        let work = self.started[which % self.started.len()];
        self.command(Command::Finished { work, result: result_of_kind(kind) })
    }

    fn type_or_stop(&mut self, on: Option<bool>) -> Result<(), TestCaseError> {
        self.typing.expire(self.now);
        match on {
            Some(true) => _ = self.typing.start(Typist::Customer, self.now),
            Some(false) => _ = self.typing.stop(Typist::Customer),
            None => {}
        }
        let furthest = self.now.plus_ms(TYPING_EXPIRY_MS);
        prop_assert!(self.typing.next_expiry().is_none_or(|until| until > self.now && until <= furthest));
        Ok(())
    }

    /// The clock of the model goes on to the moment at which the next step is due.
    fn stay_quiet(&mut self) {
        if let TurnStep::Wait(until) = turn::next_step(&mut self.state, &self.setting.policy, self.now) {
            self.now = until;
        }
    }

    /// Loads the session as its actor would: from a header that may lag behind the log, and the newest events.
    fn restart(&mut self, header: usize) -> Result<(), TestCaseError> {
        let written = header % (self.log.len() + 1);
        let mut old = unborn();
        self.log[..written].iter().for_each(|event| evolve(&mut old, event));
        let mut rebuilt: State = serde_json::from_slice(&serde_json::to_vec(&old).unwrap()).unwrap();
        for at in tail_from(&self.log)..written {
            remember(&mut rebuilt, at as u64 + 1, &self.log[at]);
        }
        self.log[written..].iter().for_each(|event| evolve(&mut rebuilt, event));
        prop_assert_eq!(lasting(&rebuilt), lasting(&self.state), "the log and the live state disagree");
        prop_assert_eq!(&rebuilt.memory, &self.state.memory, "a restart changed what is remembered");
        let same = self.state.recent.iter().rev().zip(rebuilt.recent.iter().rev()).all(|(live, read)| live == read);
        prop_assert!(same, "a restart changed the recent ids");
        turn::resume(&mut rebuilt, self.now);
        self.state = rebuilt;
        self.judge()
    }

    pub(super) fn customer(&self) -> Visitor {
        let customer = CustomerId::parse("jo").unwrap();
        if self.setting.verified {
            return Visitor::Customer(customer);
        }
        Visitor::Anonymous { claimed: customer, secret: opening().resume }
    }
}

/// Where the loader begins to read the newest events: earlier where the desk's stand between them.
fn tail_from(log: &[Event]) -> usize {
    let from = log.len().saturating_sub(TAIL_EVENTS);
    let desk = log[from..].iter().any(|event| matches!(event, Event::Desk(_)));
    if desk { log.len().saturating_sub(TAIL_MAX_EVENTS) } else { from }
}

fn unborn() -> State {
    State::unborn(SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse("s-1").unwrap(),
    })
}

fn opening() -> Opening {
    Opening { channel: Channel::Web, resume: Some(SecretHash("right".to_owned())), language: None, name: None }
}

pub(super) fn agent_at(agent: u8) -> Visitor {
    let name = PersonName::parse("name", "Sam Lee").unwrap();
    Visitor::Staff { user: UserId(Uuid::from_u128(u128::from(agent))), name }
}

fn result_of_kind(kind: u8) -> TurnResult {
    let reading = Reading { intent: "order_status".to_owned(), confidence: 0.9, entities: Vec::new() };
    let answer =
        |text: &str| Answer { text: text.to_owned(), reading: reading.clone(), sources: Vec::new(), cached: false };
    match kind % 12 {
        0 => Ok(Action::AskFor { slot: "order_number".to_owned(), answer: answer("Which order?") }),
        1 | 2 => Ok(Action::HandOver { reason: "it is beyond me".to_owned(), reading }),
        3 => Ok(Action::Close(answer("Goodbye."))),
        4 => Err(Failure::Broken),
        5 => Err(Failure::OverBudget),
        6 => Ok(Action::Reply(answer(" "))),
        7 => Ok(Action::Reply(Answer {
            reading: Reading { confidence: 0.4, ..Reading::default() },
            ..answer("Perhaps so.")
        })),
        _ => Ok(Action::Reply(answer("Here is your answer."))),
    }
}

/// The parts of a state that a restart must bring back: all but memory, recent ids, work under way and a turn's times.
fn lasting(state: &State) -> State {
    let mut lasting = State { memory: Default::default(), recent: Default::default(), ..state.clone() };
    lasting.suggesting = None;
    if let Some(turn) = &mut lasting.turn {
        turn.working = None;
        turn.since = Timestamp::default();
        turn.last_at = Timestamp::default();
    }
    lasting
}
