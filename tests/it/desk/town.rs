//! A few sessions and people around a board. It plays the shell: commands reach the sessions later and in any order between
//! sessions, what they commit and answer reaches the board later still, in one order. Everything that happens is judged.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use switchboard::domain::desk::agent::{AgentProfile, Availability};
use switchboard::domain::desk::board::{
    ASK_AGAIN_AFTER_MS, Arrival, Board, HookAnswer, HookQuestion, Insistence, Order, OrderId,
};
use switchboard::domain::desk::event::{OfferEnd, Priority};
use switchboard::domain::desk::settings::{Assignment, DeskSettings};
use switchboard::domain::desk::{DeskCommand, DeskEvent};
use switchboard::domain::{
    Body, Case, Channel, Command, CustomerId, Draft, Event, Label, MessageId, Moment, Opening, OrganizationId, Owner,
    PersonName, Policy, SessionId, SessionKey, State, Timestamp, UserId, Visitor, decide, evolve,
};
use uuid::Uuid;

pub(super) const SESSIONS: usize = 7;
pub(super) const AGENTS: usize = 4;
const CAPACITY: u32 = 2;

/// How long the board may leave a session alone that refused it.
const REST_MAX_MS: i64 = 31_000;

thread_local! {
    static IDS: Cell<u128> = const { Cell::new(1) };
}

fn fresh_id() -> Uuid {
    Uuid::from_u128(IDS.replace(IDS.get() + 1))
}

/// What is on its way to the board.
enum Mail {
    Seen(Arc<Case>, Vec<(UserId, OfferEnd)>),
    Answer(OrderId, bool),
}

/// What waits before a session.
struct Waiting {
    order: Option<OrderId>,
    command: Command,
}

pub(super) struct Town {
    policy: Policy,
    pub now: Timestamp,
    states: Vec<State>,
    waiting: Vec<VecDeque<Waiting>>,
    questions: Vec<HookQuestion>,
    mail: VecDeque<Mail>,
    board: Board,
    /// Who is there, and what they say of themselves.
    there: [bool; AGENTS],
    status: [Availability; AGENTS],
    /// Who is written down as at work: whom a restart waits for.
    at_work: [bool; AGENTS],
    /// The sessions as the board has heard of them.
    seen: BTreeMap<usize, Arc<Case>>,
    in_flight: BTreeMap<OrderId, usize>,
    refused_at: [Option<Timestamp>; SESSIONS],
    /// Taken by writing: not the desk's doing.
    deliberate: [bool; SESSIONS],
}

pub(super) fn agent(n: usize) -> UserId {
    UserId(Uuid::from_u128(0xA000 + n as u128))
}

fn name() -> PersonName {
    PersonName::parse("name", "Jo").unwrap()
}

fn staff(n: usize) -> Visitor {
    Visitor::Staff { user: agent(n), name: name() }
}

fn customer(n: usize) -> Visitor {
    Visitor::Customer(CustomerId::parse(&format!("c{n}")).unwrap())
}

fn key(n: usize) -> SessionKey {
    SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse(&format!("s{n}")).unwrap(),
    }
}

fn session_at(id: &SessionId) -> usize {
    id.as_str()[1..].parse().unwrap()
}

fn agent_at(user: UserId) -> usize {
    usize::try_from(user.0.as_u128() - 0xA000).unwrap()
}

pub(super) fn skill(n: usize) -> Label {
    Label::parse("skill", ["billing", "german"][n % 2]).unwrap()
}

/// The first two people can do billing, the first and the third speak German.
fn skills_of(n: usize) -> Vec<Label> {
    match n {
        0 => vec![skill(0), skill(1)],
        1 => vec![skill(0)],
        2 => vec![skill(1)],
        _ => Vec::new(),
    }
}

impl Town {
    pub(super) fn new(bits: u8) -> Self {
        let policy = match bits % 4 {
            0 | 1 => Assignment::LeastLoaded,
            2 => Assignment::RoundRobin,
            _ => Assignment::Hook,
        };
        let settings = DeskSettings {
            policy,
            hook_url: Some("http://hook.example/".to_owned()),
            capacity: CAPACITY,
            auto_accept: bits & 16 != 0,
            sticky: bits & 32 != 0,
            ..DeskSettings::default()
        };
        let now = Timestamp::from_ms(1_700_000_000_000);
        let settings = Arc::new(settings);
        let policy = Policy { desk: Arc::clone(&settings), ..Policy::default() };
        let mut town = Self {
            policy,
            now,
            states: (0..SESSIONS).map(|n| State::unborn(key(n))).collect(),
            waiting: (0..SESSIONS).map(|_| VecDeque::new()).collect(),
            questions: Vec::new(),
            mail: VecDeque::new(),
            board: Board::new(OrganizationId::default_organization(), settings, 1, now),
            there: [false; AGENTS],
            status: [Availability::Available; AGENTS],
            at_work: [false; AGENTS],
            seen: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            refused_at: [None; SESSIONS],
            deliberate: [false; SESSIONS],
        };
        town.profiles();
        town
    }

    fn profiles(&mut self) {
        for n in 0..AGENTS {
            let organization = OrganizationId::default_organization();
            let plain = AgentProfile::plain(organization, agent(n));
            self.board.set_profile(AgentProfile { skills: skills_of(n), ..plain }.checked().unwrap());
        }
    }

    // What customers and people do to a session, past the desk.

    pub(super) fn customer_writes(&mut self, n: usize) {
        let opening = Opening { channel: Channel::Web, resume: None, language: None, name: None };
        self.put(n, Command::Post { visitor: customer(n), opening: Some(opening), draft: draft() });
    }

    pub(super) fn customer_asks_for_a_human(&mut self, n: usize) {
        self.customer_writes(n);
        self.put(n, Command::RequestHuman { visitor: customer(n) });
    }

    pub(super) fn close(&mut self, n: usize, by: Option<usize>) {
        self.put(n, Command::Close { visitor: by.map_or_else(|| customer(n), staff) });
    }

    pub(super) fn agent_writes(&mut self, n: usize, who: usize) {
        self.put(n, Command::Post { visitor: staff(who), opening: None, draft: draft() });
    }

    pub(super) fn hand_back(&mut self, n: usize, who: usize) {
        self.put(n, Command::HandBack { visitor: staff(who), if_epoch: None });
    }

    pub(super) fn return_to_queue(&mut self, n: usize, who: usize) {
        self.put(n, Command::ReturnToQueue { visitor: staff(who), note: None, if_epoch: None });
    }

    pub(super) fn route(&mut self, n: usize, priority: Option<Priority>, skills: Option<Vec<Label>>) {
        let command = DeskCommand::Route { visitor: staff(0), priority, skills, team: None };
        self.put(n, Command::Desk(command));
    }

    pub(super) fn decline(&mut self, n: usize, who: usize) {
        let command = DeskCommand::EndOffer { user: agent(who), how: OfferEnd::Declined };
        self.put(n, Command::Desk(command));
    }

    // What people ask of the desk.

    pub(super) fn accept(&mut self, n: usize, who: usize) {
        let epoch = self.states[n].epoch;
        self.board.accept(&key(n).session, agent(who), name(), epoch, self.now);
    }

    pub(super) fn claim(&mut self, n: usize, who: usize, insistence: Insistence) {
        let epoch = self.states[n].epoch;
        drop(self.board.claim(&key(n).session, agent(who), name(), epoch, insistence, self.now));
    }

    pub(super) fn transfer(&mut self, n: usize, who: usize, to: usize) {
        drop(self.board.transfer(&key(n).session, staff(who), agent(to), None, None, self.now));
    }

    pub(super) fn comes(&mut self, who: usize) {
        (self.there[who], self.at_work[who]) = (true, true);
        self.status[who] = Availability::Available;
        self.board.came(agent(who), name(), Arrival::Connected(Availability::Available), self.now);
    }

    pub(super) fn vanishes(&mut self, who: usize) {
        self.there[who] = false;
        self.board.vanished(agent(who), self.now);
    }

    pub(super) fn says(&mut self, who: usize, status: Availability) {
        if self.there[who] {
            self.status[who] = status;
            self.board.set_status(agent(who), status, self.now);
        }
    }

    pub(super) fn time_passes(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.board.tick(self.now);
    }

    /// The process ends at once: what was on its way is gone, what was committed is not.
    pub(super) fn crash(&mut self) {
        self.waiting.iter_mut().for_each(VecDeque::clear);
        self.mail.clear();
        self.questions.clear();
        self.in_flight.clear();
        self.refused_at = [None; SESSIONS];
        let settings = Arc::clone(self.board.settings());
        self.board = Board::new(OrganizationId::default_organization(), settings, self.board.next_order(), self.now);
        self.profiles();
        self.seen.clear();
        for who in (0..AGENTS).filter(|who| self.at_work[*who]) {
            let arrival = if self.there[who] { Arrival::Connected } else { Arrival::Awaited };
            self.board.came(agent(who), name(), arrival(self.status[who]), self.now);
        }
        for n in 0..SESSIONS {
            if self.states[n].exists() {
                let case = Arc::new(Case::of(&self.states[n], None));
                self.board.see(&case, &[], self.now);
                self.seen.insert(n, case);
            }
        }
    }

    /// The board decides, and its orders go out.
    pub(super) fn settle(&mut self) -> Result<(), TestCaseError> {
        self.board.settle(self.now);
        self.board.tell(self.now);
        let orders = self.board.take();
        for (user, status) in orders.statuses {
            self.status[agent_at(user)] = status;
        }
        for user in orders.left {
            self.at_work[agent_at(user)] = self.there[agent_at(user)];
        }
        for Order { id, session, command, .. } in orders.commands {
            let n = session_at(&session);
            if let Command::Desk(DeskCommand::Offer { user, .. }) = &command {
                self.judge_order(n, agent_at(*user))?;
            }
            if !matches!(command, Command::Desk(DeskCommand::Mark { .. })) {
                self.in_flight.insert(id, n);
            }
            self.waiting[n].push_back(Waiting { order: Some(id), command });
        }
        for question in orders.questions {
            prop_assert!(!question.eligible.is_empty(), "a question about nobody");
            self.questions.push(question);
        }
        Ok(())
    }

    /// One command reaches its session.
    pub(super) fn execute(&mut self, n: usize) -> Result<(), TestCaseError> {
        let Some(Waiting { order, command }) = self.waiting[n].pop_front() else { return Ok(()) };
        let before = self.states[n].owner.clone();
        let moment = Moment { now: self.now, policy: &self.policy, fresh_id };
        let decision = decide(&self.states[n], &command, moment);
        let done = decision.is_ok();
        if let Ok(decision) = decision
            && !decision.events.is_empty()
        {
            decision.events.iter().for_each(|event| evolve(&mut self.states[n], event));
            let ended = decision.events.iter().filter_map(ended).collect();
            if self.states[n].owner != before {
                let by_hand = matches!(command, Command::Post { visitor: Visitor::Staff { .. }, .. });
                self.deliberate[n] = by_hand && matches!(self.states[n].owner, Owner::Human { .. });
            }
            self.mail.push_back(Mail::Seen(Arc::new(Case::of(&self.states[n], None)), ended));
        }
        if let Some(id) = order {
            self.mail.push_back(Mail::Answer(id, done));
        }
        self.judge(n)
    }

    /// The hook answers.
    pub(super) fn answer_hook(&mut self, which: usize, who: Option<usize>) -> Result<(), TestCaseError> {
        if self.questions.is_empty() {
            return Ok(());
        }
        let question = self.questions.remove(which % self.questions.len());
        let answer = who.map_or(HookAnswer::Failed, |who| HookAnswer::Agent(agent(who)));
        self.board.hook_answered(question.id, answer, self.now);
        self.settle()
    }

    /// The board hears of one thing.
    pub(super) fn deliver(&mut self) {
        match self.mail.pop_front() {
            None => {}
            Some(Mail::Seen(case, ended)) => {
                self.board.see(&case, &ended, self.now);
                self.seen.insert(session_at(&case.key.session), case);
            }
            Some(Mail::Answer(id, done)) => {
                let n = self.in_flight.remove(&id);
                if let Some(session) = self.board.answered(id, done, self.now) {
                    let n = n.unwrap_or_else(|| session_at(&session));
                    self.refused_at[n] = Some(self.now);
                    if self.states[n].exists() {
                        let case = Arc::new(Case::of(&self.states[n], None));
                        self.board.see(&case, &[], self.now);
                        self.seen.insert(n, case);
                    } else {
                        self.board.forget(&session);
                    }
                }
            }
        }
    }

    /// Lets everything that is on its way arrive, and a second pass.
    pub(super) fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..40 {
            self.run_out()?;
            self.time_passes(50);
            self.settle()?;
            if self.is_quiet() && self.refused_at.iter().flatten().all(|at| *at < self.now.plus_ms(-1_000)) {
                return self.judge_rest();
            }
        }
        self.run_out()?;
        self.judge_rest()
    }

    fn is_quiet(&self) -> bool {
        self.mail.is_empty() && self.questions.is_empty() && self.waiting.iter().all(VecDeque::is_empty)
    }

    fn run_out(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..1_000 {
            if self.is_quiet() {
                return Ok(());
            }
            for n in 0..SESSIONS {
                self.execute(n)?;
            }
            self.answer_hook(0, Some(0))?;
            while !self.mail.is_empty() {
                self.deliver();
            }
            self.settle()?;
        }
        Err(TestCaseError::fail("the desk never comes to rest"))
    }

    /// What holds after every command.
    fn judge(&self, n: usize) -> Result<(), TestCaseError> {
        let state = &self.states[n];
        let offer = state.service.as_ref().and_then(|service| service.offer.as_ref());
        prop_assert!(offer.is_none() || state.owner == Owner::Queue, "an offer outlives the queue");
        for who in 0..AGENTS {
            let load = (0..SESSIONS).filter(|n| !self.deliberate[*n] && self.counts(*n, who)).count();
            prop_assert!(load <= CAPACITY as usize, "agent {} has {} sessions by the desk's doing", who, load);
        }
        Ok(())
    }

    /// What holds for an offer when it is ordered: nobody who came before could have been offered instead.
    fn judge_order(&self, n: usize, who: usize) -> Result<(), TestCaseError> {
        prop_assert!(
            self.there[who] && self.status[who] == Availability::Available,
            "an offer to somebody who takes none"
        );
        let Some(case) = self.seen.get(&n) else { return Err(TestCaseError::fail("an offer of an unknown session")) };
        prop_assert!(self.may_take(case, who), "an offer to somebody who can not take it");
        for (other, before) in &self.seen {
            let free = before.owner == Owner::Queue
                && before.service.offer.is_none()
                && !self.in_flight.values().any(|busy| busy == other)
                && self.refused_at[*other].is_none_or(|at| at < self.now.plus_ms(-REST_MAX_MS));
            let sooner = place(before) < place(case);
            prop_assert!(!(free && sooner && self.may_take(before, who)), "{} is offered before {}", n, other);
        }
        Ok(())
    }

    /// What holds once everything has arrived: nobody is lost, and nobody waits while somebody has room for them.
    fn judge_rest(&self) -> Result<(), TestCaseError> {
        for n in 0..SESSIONS {
            let state = &self.states[n];
            if let Owner::Human { user, .. } = &state.owner {
                let kept = self.deliberate[n] || self.at_work[agent_at(*user)];
                prop_assert!(kept, "session {} stays with somebody who is nowhere", n);
            }
            if !state.exists() || state.owner != Owner::Queue {
                continue;
            }
            prop_assert!(self.board.place(&key(n).session, self.now).is_some(), "session {} is lost", n);
            let case = Case::of(state, None);
            if case.service.offer.is_some() || self.recently_refused(n) {
                continue;
            }
            for who in 0..AGENTS {
                let ready = self.there[who] && self.status[who] == Availability::Available;
                let load = (0..SESSIONS).filter(|n| self.counts(*n, who)).count();
                let room = load < CAPACITY as usize;
                prop_assert!(
                    !(ready && room && self.may_take(&case, who)),
                    "session {} waits while {} is free",
                    n,
                    who
                );
            }
        }
        Ok(())
    }

    fn recently_refused(&self, n: usize) -> bool {
        self.refused_at[n].is_some_and(|at| at >= self.now.plus_ms(-1_000))
    }

    fn counts(&self, n: usize, who: usize) -> bool {
        let state = &self.states[n];
        let offered = state.service.as_ref().and_then(|service| service.offer.as_ref()).map(|offer| offer.user);
        offered == Some(agent(who)) || matches!(&state.owner, Owner::Human { user, .. } if *user == agent(who))
    }

    fn may_take(&self, case: &Case, who: usize) -> bool {
        let skills = skills_of(who);
        let able = case.service.routing.skills.iter().all(|skill| skills.contains(skill));
        let declined =
            |(user, at): &(UserId, Timestamp)| *user == agent(who) && self.now < at.plus_ms(ASK_AGAIN_AFTER_MS);
        able && !case.service.declined.iter().any(declined)
    }

    fn put(&mut self, n: usize, command: Command) {
        self.waiting[n].push_back(Waiting { order: None, command });
    }
}

fn place(case: &Case) -> (Priority, Option<Timestamp>, SessionId) {
    (case.service.routing.priority, case.service.queued_at, case.key.session.clone())
}

fn ended(event: &Event) -> Option<(UserId, OfferEnd)> {
    match event {
        Event::Desk(DeskEvent::OfferEnded { user, how, .. }) => Some((*user, *how)),
        _ => None,
    }
}

fn draft() -> Draft {
    Draft {
        id: MessageId(fresh_id()),
        body: Body::parse("text", "Hello").unwrap(),
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    }
}
