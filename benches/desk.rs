//! How long the desk takes to decide: 10,000 sessions (most with people, the rest waiting), 200 people, and what happens on a
//! day: somebody asks for a human, writes, is answered, is done. Prints p50, p99 and the longest of one change and all that
//! follows from it (orders and news), which is what a desk's actor does for each commit.

use std::sync::Arc;
use std::time::Instant;

use hdrhistogram::Histogram;
use switchboard::domain::desk::agent::{AgentProfile, Availability};
use switchboard::domain::desk::board::{Arrival, Board};
use switchboard::domain::desk::event::{Offer, Routing};
use switchboard::domain::desk::settings::DeskSettings;
use switchboard::domain::desk::{DeskCommand, Service};
use switchboard::domain::{
    Case, Command, Label, OrganizationId, Owner, PersonName, SessionId, SessionKey, State, Timestamp, UserId,
};
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SESSIONS: usize = 10_000;
const PEOPLE: u128 = 200;
/// With the first most wait, with the second nearly nobody does.
const CAPACITIES: [u32; 2] = [5, 50];
const ROUNDS: usize = 100_000;
const KINDS: usize = 8;

fn main() {
    println!("| sessions | people | places of each | waiting | changes | p50 us | p99 us | longest us |");
    println!("|---|---|---|---|---|---|---|---|");
    for capacity in CAPACITIES {
        let (times, waiting) = measure(capacity);
        let us = |ns: u64| ns as f64 / 1_000.0;
        println!(
            "| {SESSIONS} | {PEOPLE} | {capacity} | {waiting} | {} | {:.1} | {:.1} | {:.1} |",
            times.len(),
            us(times.value_at_quantile(0.5)),
            us(times.value_at_quantile(0.99)),
            us(times.max())
        );
    }
}

fn measure(capacity: u32) -> (Histogram<u64>, usize) {
    let mut day = Day::new(capacity);
    for n in 0..SESSIONS {
        day.asks(n);
    }
    let mut times = Histogram::<u64>::new(3).expect("three digits are few enough");
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let n = usize::try_from(random % SESSIONS as u64).unwrap_or_default();
        let began = Instant::now();
        let changes = match random >> 60 {
            0..=9 => day.writes(n),
            _ if matches!(day.cases[n].owner, Owner::Human { .. }) => day.is_done(n),
            _ => day.asks(n),
        };
        let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        times.record_n(took / changes, changes).expect("it is in range");
    }
    (times, day.board.waiting())
}

/// The sessions, and a shell that carries out what the board orders at once.
struct Day {
    board: Board,
    cases: Vec<Case>,
    now: Timestamp,
}

impl Day {
    fn new(capacity: u32) -> Self {
        let (organization, now) = (OrganizationId::default_organization(), Timestamp::from_ms(1_700_000_000_000));
        let settings = Arc::new(DeskSettings { capacity, auto_accept: true, ..DeskSettings::default() });
        let mut board = Board::new(organization.clone(), settings, 1, now);
        for n in 0..PEOPLE {
            let user = UserId(Uuid::from_u128(n + 1));
            let skills = (0..3).map(|k| skill((n as usize + k) % KINDS)).collect();
            board.set_profile(AgentProfile { skills, ..AgentProfile::plain(organization.clone(), user) });
            board.came(user, name(), Arrival::Connected(Availability::Available), now);
        }
        let cases = (0..SESSIONS).map(case).collect();
        Self { board, cases, now }
    }

    fn asks(&mut self, n: usize) -> u64 {
        let routing = Routing { skills: vec![skill(n % KINDS)], ..Routing::default() };
        let service = Service { routing, queued_at: Some(self.now), ..Service::default() };
        self.moves(n, Owner::Queue, service)
    }

    fn writes(&mut self, n: usize) -> u64 {
        self.cases[n].customer_waits = true;
        self.commit(n)
    }

    fn is_done(&mut self, n: usize) -> u64 {
        self.moves(n, Owner::Closed, Service::default())
    }

    fn moves(&mut self, n: usize, owner: Owner, service: Service) -> u64 {
        let case = &mut self.cases[n];
        (case.owner, case.service, case.epoch) = (owner, service, case.epoch + 1);
        self.commit(n)
    }

    /// One change and what follows from it; gives how many changes that were.
    fn commit(&mut self, n: usize) -> u64 {
        self.now = self.now.plus_ms(1);
        self.cases[n].seq += 1;
        let mut changes = 1;
        self.board.see(&Arc::new(self.cases[n].clone()), &[], self.now);
        loop {
            self.board.settle(self.now);
            self.board.tell(self.now);
            let orders = self.board.take();
            if orders.commands.is_empty() {
                return changes;
            }
            for order in orders.commands {
                let n = order.session.as_str().parse::<usize>().unwrap_or_default();
                let case = &mut self.cases[n];
                case.seq += 1;
                match order.command {
                    Command::Desk(DeskCommand::Offer { user, name, until, .. }) => {
                        case.service.offer = Some(Offer { user, name, until, at: self.now });
                    }
                    Command::Desk(DeskCommand::Accept { .. }) => {
                        let offer = case.service.offer.take();
                        case.epoch += 1;
                        case.owner =
                            offer.map_or(Owner::Queue, |offer| Owner::Human { user: offer.user, name: offer.name });
                    }
                    _ => {}
                }
                self.board.see(&Arc::new(case.clone()), &[], self.now);
                let _ = self.board.answered(order.id, true, self.now);
                changes += 1;
            }
        }
    }
}

fn name() -> PersonName {
    PersonName::parse("name", "Jo").expect("a name")
}

fn skill(n: usize) -> Label {
    Label::parse("skill", &format!("skill {n}")).expect("a label")
}

fn case(n: usize) -> Case {
    let session = SessionId::parse(&n.to_string()).expect("an id");
    let key = SessionKey { organization: OrganizationId::default_organization(), session };
    let mut state = State::unborn(key);
    state.owner = Owner::Closed;
    Case::of(&state, None)
}
