//! A desk at work: people of the staff with a socket each, thousands of customers with one each, of whom some come, some
//! write and some are done all the time. Measured: from a customer's send to the socket of whoever has the session, and
//! whether anybody waits while somebody has room.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::Args;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::duplex::Schedule;
use crate::measured::{DeskFigures, Measured};
use crate::tally::{self, Tally, Window};
use crate::wire::Common;
use crate::{Failure, machine};

mod customers;
mod hall;
mod meter;
mod people;
mod waits;

use customers::Comings;
use hall::Hall;
use meter::Meter;

/// Files that are not sockets, and sockets that are being closed.
const OTHER_FILES: usize = 1_400;
/// How long it may take until all sessions of the beginning are with somebody.
const FILLING_MAX: Duration = Duration::from_secs(300);
/// How long the last messages may take to be seen.
const LAST_MAX: Duration = Duration::from_secs(4);

/// People of the staff and customers, coming, writing and going.
#[derive(Debug, Clone, Args)]
pub(crate) struct Desk {
    #[command(flatten)]
    pub(crate) common: Common,
    /// People of the staff, each with a connection.
    #[arg(long, default_value_t = 200)]
    agents: usize,
    /// Sessions that people have at a time, each with its customer's connection; fewer if the limit of open files does not
    /// allow them.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Sessions that one person may have.
    #[arg(long, default_value_t = 60)]
    capacity: u32,
    /// Sessions that begin, and as many that are closed, in a second.
    #[arg(long, default_value_t = 100)]
    arrivals: u32,
    /// Messages of customers in a second.
    #[arg(long, default_value_t = 200)]
    messages: u32,
    /// Sessions that begin in a second before it is measured.
    #[arg(long, default_value_t = 200)]
    filling: u32,
    /// The administrator who makes the staff's accounts.
    #[arg(long, default_value = "admin@example.com")]
    admin: String,
    /// Their password.
    #[arg(long, default_value = crate::plan::ADMIN_PASSWORD)]
    password: String,
}

impl Desk {
    #[expect(clippy::disallowed_methods, reason = "the first failure ends the measure")]
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let sessions = self.sessions.min(machine::open_files_max().saturating_sub(OTHER_FILES + self.agents));
        let tokens = people::hire(&self.common.url, &self.admin, &self.password, self.agents, self.capacity).await?;
        let (failed, failures) = mpsc::unbounded_channel();
        let (over, is_over) = watch::channel(false);
        let hall = Hall::new(self.agents * self.capacity as usize, failed, is_over);
        people::seat(&self.common.url, &tokens, &hall).await?;
        let comings = Arc::new(Comings::new(&self.common.url, Arc::clone(&hall)));
        self.fill(sessions, &hall, &comings).await?;

        let window = Window::opens_now(&self.common);
        let tally = Tally::new(window)?;
        hall.begin(&tally, Schedule::share(window, self.messages, 0, 1));
        let meter = Arc::new(OnceLock::new());
        let mut going = JoinSet::new();
        going.spawn(failure(failures));
        going.spawn(come(Arc::clone(&comings), Schedule::share(window, self.arrivals, 0, 1)));
        going.spawn(go(Arc::clone(&hall), Schedule::share(window, self.arrivals, 0, 1)));
        going.spawn(write(Arc::clone(&hall), Schedule::share(window, self.messages, 0, 1)));
        going.spawn(end(Arc::clone(&hall), window, over, self.common.url.clone(), Arc::clone(&meter)));
        let name = format!("customer to agent's socket, {} agents, {sessions} sessions", self.agents);
        let measured = tally.finish(&name, &self.common, going).await?;

        let figures = self.figures(&hall, meter.get(), window);
        Ok(Measured { connections: sessions + self.agents, late: hall.unseen(), desk: Some(figures), ..measured })
    }

    /// Sessions begin, and people take them, until there are enough.
    async fn fill(&self, sessions: usize, hall: &Arc<Hall>, comings: &Arc<Comings>) -> Result<(), Failure> {
        let (bar, begun) = (tally::bar(sessions as u64, "filling"), Instant::now());
        let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / f64::from(self.filling.max(1))));
        for _ in 0..sessions {
            tick.tick().await;
            comings.one();
            bar.set_position(hall.served() as u64);
        }
        while hall.served() < sessions {
            if begun.elapsed() > FILLING_MAX {
                return Err(format!(
                    "after {} s only {} sessions are with somebody",
                    FILLING_MAX.as_secs(),
                    hall.served()
                )
                .into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            bar.set_position(hall.served() as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn figures(&self, hall: &Hall, meter: Option<&(Meter, f64)>, window: Window) -> DeskFigures {
        let seconds = window.end().saturating_duration_since(window.start).as_secs_f64();
        let mut figures = hall.figures(seconds);
        (figures.arrivals_per_s, figures.messages_per_s) = (f64::from(self.arrivals), f64::from(self.messages));
        if let Some((meter, load)) = meter {
            (figures.decision_p50_ms, figures.decision_p99_ms) = (meter.p50_ms, meter.p99_ms);
            figures.machine_load = Some(*load);
        }
        figures
    }
}

/// The first connection that fails ends the measure.
async fn failure(mut failures: mpsc::UnboundedReceiver<Failure>) -> Result<(), Failure> {
    failures.recv().await.map_or(Ok(()), Err)
}

async fn come(comings: Arc<Comings>, schedule: Schedule) -> Result<(), Failure> {
    for k in 0..schedule.count() {
        tokio::time::sleep_until(schedule.due(k)).await;
        comings.one();
    }
    Ok(())
}

async fn go(hall: Arc<Hall>, schedule: Schedule) -> Result<(), Failure> {
    for k in 0..schedule.count() {
        tokio::time::sleep_until(schedule.due(k)).await;
        hall.close_one();
    }
    Ok(())
}

async fn write(hall: Arc<Hall>, schedule: Schedule) -> Result<(), Failure> {
    for k in 0..schedule.count() {
        tokio::time::sleep_until(schedule.due(k)).await;
        hall.write_one(k).await?;
    }
    Ok(())
}

/// Waits until the window is over and all was seen, then lets everybody go.
async fn end(
    hall: Arc<Hall>,
    window: Window,
    over: watch::Sender<bool>,
    url: String,
    meter: Arc<OnceLock<(Meter, f64)>>,
) -> Result<(), Failure> {
    tokio::time::sleep_until(window.end()).await;
    let read = (Meter::read(&url).await?, machine::load());
    // It is read once.
    let _ = meter.set(read);
    let deadline = Instant::now() + LAST_MAX;
    while hall.unseen() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    hall.count_who_waits();
    over.send_replace(true);
    hall.hang_up();
    Ok(())
}
