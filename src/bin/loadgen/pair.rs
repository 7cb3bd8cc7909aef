//! Two sockets in each session: how long from a customer's send until the other one sees it, with the fsync between.

use clap::Args;
use futures_util::StreamExt as _;
use tokio::task::JoinSet;

use crate::duplex::{self, Schedule};
use crate::frame;
use crate::measured::Measured;
use crate::tally::{Tally, Window};
use crate::wire::{Common, Peer, Seat};
use crate::{Failure, machine};

/// Files that are not sockets: the runtime, the terminal, the log.
const OTHER_FILES: usize = 400;

/// From a customer's send to the second socket of the session.
#[derive(Debug, Clone, Args)]
pub(crate) struct Pair {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Sessions, each with two sockets; fewer if the limit of open files does not allow them.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Messages per second over all sessions.
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
}

impl Pair {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        if self.common.peer == Peer::Echo {
            return Err("an echo server has no second socket to tell".into());
        }
        let sessions = self.sessions.min(machine::open_files_max().saturating_sub(OTHER_FILES) / 2);
        let customers = self.common.open(vec![Seat::New; sessions], "first sockets").await?;
        let seats = customers.iter().map(|customer| Seat::Join(customer.greeting.clone())).collect();
        let others = self.common.open(seats, "second sockets").await?;

        let window = Window::opens_now(&self.common);
        let tally = Tally::new(window)?;
        let peer = self.common.peer;
        let mut connections = JoinSet::new();
        for (index, (customer, other)) in customers.into_iter().zip(others).enumerate() {
            let schedule = Schedule::share(window, self.rate, index, sessions);
            let (writer, mut acks) = customer.socket.split();
            connections.spawn(duplex::send(writer, customer.frames, schedule));
            connections.spawn(async move {
                duplex::receive(&mut acks, schedule, move |frame| frame::is_ack(frame, peer), |_| {}).await
            });
            let tally = tally.clone();
            let (open, mut seen) = other.socket.split();
            connections.spawn(async move {
                let is_mine = move |frame: &str| frame::is_customer_message(frame, peer);
                let received = duplex::receive(&mut seen, schedule, is_mine, |due| tally.saw(due)).await;
                drop(open);
                received
            });
        }
        let name = format!("second socket sees it, {sessions} sessions, {}/s", self.rate);
        let measured = tally.finish(&name, &self.common, connections).await?;
        Ok(Measured { connections: 2 * sessions, ..measured })
    }
}
