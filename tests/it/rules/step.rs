//! What may happen next, drawn from one number so that a failing interleaving shrinks well.

use proptest::prelude::*;

/// Something that happens to a session.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// The session's customer writes; with a repeated client id it is the same message again.
    CustomerSays {
        client_id: Option<u8>,
        long: bool,
    },
    /// Several of the customer's messages within a few milliseconds.
    Burst {
        messages: u8,
    },
    /// Somebody else knocks: another customer, or a wrong secret, or none.
    StrangerTries {
        what: u8,
    },
    /// An agent writes.
    AgentSays {
        agent: u8,
        client_id: Option<u8>,
    },
    TakeOver {
        agent: u8,
    },
    /// An agent accepts a handover that they saw some changes of owner ago.
    Accept {
        agent: u8,
        behind: u8,
    },
    HandBack {
        agent: u8,
    },
    ReturnToQueue {
        agent: u8,
    },
    RequestHuman,
    Close {
        by_agent: bool,
    },
    Reset,
    /// Work that was started at some time brings a result: on time, late, stale, or a second time.
    Result {
        which: u8,
        kind: u8,
    },
    /// The newest work brings a result.
    FreshResult {
        kind: u8,
    },
    /// The customer types, stops, or goes away without a word.
    Typing {
        on: Option<bool>,
    },
    Clock {
        ms: i64,
    },
    /// Nothing happens until the actor's next step is due.
    Quiet,
    Tick,
    /// The session is loaded from a header written at some event.
    Restart {
        header: u8,
    },
    Park,
    Enter,
    /// What people and the desk do.
    Desk(DeskStep),
}

/// Something that people or the desk do. Of two agents; `behind` is how many changes of owner ago they looked.
#[derive(Debug, Clone, Copy)]
pub(super) enum DeskStep {
    Offer {
        agent: u8,
        behind: u8,
    },
    EndOffer {
        agent: u8,
        how: u8,
    },
    AcceptOffer {
        agent: u8,
        behind: u8,
    },
    Route {
        agent: u8,
        kind: u8,
    },
    Transfer {
        agent: u8,
        to: u8,
    },
    Abandon {
        agent: u8,
    },
    Note {
        agent: u8,
        client_id: Option<u8>,
    },
    Hold {
        agent: u8,
    },
    Unhold {
        agent: u8,
    },
    /// The customer is 0, then come the agents.
    Read {
        by: u8,
        upto: u8,
    },
    WrapUp {
        agent: u8,
    },
    Rate {
        score: u8,
    },
    Mark {
        target: u8,
        mark: u8,
    },
    Summarize {
        upto: u8,
    },
}

/// One step.
pub(super) fn any_step() -> impl Strategy<Value = Step> {
    (0_u8..150, any::<u8>(), any::<u8>()).prop_map(|(kind, a, b)| decode(kind, a, b))
}

fn decode(kind: u8, a: u8, b: u8) -> Step {
    let agent = a % 2;
    match kind {
        0..=14 => Step::CustomerSays { client_id: b.is_multiple_of(3).then_some(a % 5), long: b % 7 == 1 },
        15..=21 => Step::Burst { messages: 2 + a % 3 },
        22..=25 => Step::StrangerTries { what: a },
        26..=31 => Step::AgentSays { agent, client_id: b.is_multiple_of(2).then_some(a % 4) },
        32..=33 => Step::TakeOver { agent },
        34..=35 => Step::Accept { agent, behind: b % 3 },
        36..=42 => Step::HandBack { agent },
        43..=45 => Step::ReturnToQueue { agent },
        46..=48 => Step::RequestHuman,
        49..=51 => Step::Close { by_agent: a.is_multiple_of(2) },
        52..=53 => Step::Reset,
        54..=61 => Step::Result { which: a, kind: b },
        62..=71 => Step::FreshResult { kind: b },
        72..=75 => Step::Typing { on: [Some(true), Some(false), None][usize::from(a % 3)] },
        76..=81 => Step::Clock { ms: [1, 50, 299, 300, 5_000, 30_000, 61_000][usize::from(a % 7)] },
        82..=84 => Step::Clock { ms: [-1, -400, -20_000, -3_600_000][usize::from(a % 4)] },
        85..=91 => Step::Quiet,
        92..=93 => Step::Tick,
        94..=96 => Step::Restart { header: a },
        97 => Step::Park,
        98..=99 => Step::Enter,
        _ => Step::Desk(desk_step(kind, a, b)),
    }
}

fn desk_step(kind: u8, a: u8, b: u8) -> DeskStep {
    let agent = a % 2;
    match kind {
        100..=107 => DeskStep::Offer { agent, behind: u8::from(b.is_multiple_of(5)) },
        108..=111 => DeskStep::EndOffer { agent, how: b },
        112..=116 => DeskStep::AcceptOffer { agent, behind: u8::from(b.is_multiple_of(5)) },
        117..=119 => DeskStep::Route { agent, kind: b },
        120..=123 => DeskStep::Transfer { agent, to: b },
        124..=126 => DeskStep::Abandon { agent },
        127..=129 => DeskStep::Note { agent, client_id: b.is_multiple_of(2).then_some(a % 4) },
        130..=132 => DeskStep::Hold { agent },
        133..=134 => DeskStep::Unhold { agent },
        135..=139 => DeskStep::Read { by: a % 3, upto: b % 100 },
        140..=141 => DeskStep::WrapUp { agent },
        142..=144 => DeskStep::Rate { score: b % 7 },
        145..=147 => DeskStep::Mark { target: a, mark: b },
        _ => DeskStep::Summarize { upto: b % 100 },
    }
}
