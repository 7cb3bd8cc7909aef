//! `loadgen`: puts load on a running server over the platform WebSocket and says what it measured.
//!
//! One subcommand per measure, each prints one line; `report` runs them all beside a bare echo server (the floor) and
//! writes `docs/benchmarks.md`. Runs on one thread, so that a machine with two cores has one for the server.

use clap::{Parser, Subcommand};

mod cold;
mod console;
mod desk;
mod duplex;
mod echo;
mod fanout;
mod frame;
mod hooks;
mod idle;
mod intake;
mod load;
mod machine;
mod mail;
mod measured;
mod page;
mod pair;
mod plan;
mod report;
mod socketio;
mod tally;
mod target;
mod wire;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Anything that ends a measure early; the text is for the person who runs it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Puts load on a Switchboard server and says what it measured.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// Be the floor: a bare echo server with 4 KiB buffers.
    Echo(echo::Echo),
    /// Durable round trips: closed loop, or open loop with --rate.
    Run(load::Run),
    /// The assistant's whole turn: from a question to its answer, closed loop.
    Turn(load::Turn),
    /// From a customer's send to the second socket of the session, open loop.
    Pair(pair::Pair),
    /// One session, many sockets: deliveries per second.
    Fanout(fanout::Fanout),
    /// Resident memory of the server per idle connection.
    Idle(idle::Idle),
    /// The first message of sessions that were put to sleep.
    Cold(cold::Cold),
    /// Make sessions with one message each, and leave them.
    Seed(cold::Seed),
    /// Socket.IO round trips, of this server or of others.
    Socketio(socketio::SocketIo),
    /// A desk at work: people of the staff, and customers who come, write and go.
    Desk(desk::Desk),
    /// Webhooks: how fast a receiver that was down gets what happened meanwhile.
    Hooks(hooks::Hooks),
    /// `WhatsApp`'s intake: signed payloads of several messages, closed loop.
    Intake(intake::Intake),
    /// Mails that wait in a Dovecot: how fast they are taken in.
    Mail(mail::Mail),
    /// Everything in one go, beside the floor; writes a page.
    Report(report::Report),
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(arguments.measure.go()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

impl Measure {
    async fn go(self) -> Result<(), Failure> {
        match self {
            Self::Echo(echo) => echo.serve().await,
            Self::Run(run) => run.measure().await?.print(run.common.json),
            Self::Turn(turn) => turn.measure().await?.print(turn.common.json),
            Self::Pair(pair) => pair.measure().await?.print(pair.common.json),
            Self::Fanout(fanout) => fanout.measure().await?.print(fanout.common.json),
            Self::Idle(idle) => idle.measure().await?.print(idle.common.json),
            Self::Cold(cold) => cold.measure().await?.print(cold.common.json),
            Self::Seed(seed) => seed.measure().await?.print(seed.common.json),
            Self::Socketio(socketio) => socketio.measure().await?.print(socketio.common.json),
            Self::Desk(desk) => desk.measure().await?.print(desk.common.json),
            Self::Hooks(hooks) => hooks.measure().await?.print(hooks.common.json),
            Self::Intake(intake) => intake.measure().await?.print(intake.common.json),
            Self::Mail(mail) => mail.measure().await?.print(mail.common.json),
            Self::Report(report) => report.write().await,
        }
    }
}

fn fail(error: &Failure) -> std::process::ExitCode {
    eprintln!("loadgen: {error}");
    std::process::ExitCode::FAILURE
}
