//! One connection's task: works on what the client sends, one event after the other, and tells it what happens in its rooms.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use socketioxide::adapter::LocalAdapter;
use socketioxide::handler::{ConnectHandler, Value};
use socketioxide::socket::Socket;

use super::admission::Arrival;
use super::decode::{About, Arrived, Wish};
use super::out::{Gone, Out};
use super::render;
use super::stay::{Stay, Surroundings, draft};
use super::wire::{Done, Joined};
use crate::bus::{Item, Lagged};
use crate::domain::{Body, ClientMessageId, Refusal, SessionId, SessionKey, Visitor};
use crate::http::SharedDoors;
use crate::http::live::connection::leave;
use crate::http::live::{After, LiveLimits};

/// Begins a task for everybody who was let in.
#[derive(Debug, Clone)]
pub(super) struct Host {
    doors: SharedDoors,
}

impl Host {
    /// Over these doors.
    pub(super) fn new(doors: &SharedDoors) -> Self {
        Self { doors: Arc::clone(doors) }
    }
}

impl ConnectHandler<LocalAdapter, Self> for Host {
    fn call(&self, socket: Arc<Socket<LocalAdapter>>, _: Option<Value>) {
        if let Some(arrival) = socket.extensions.get::<Arc<Arrival>>() {
            tokio::spawn(Attendance::new(&self.doors, socket, arrival).run());
        }
    }
}

/// See the module.
#[derive(Debug)]
struct Attendance {
    doors: SharedDoors,
    arrival: Arc<Arrival>,
    limits: LiveLimits,
    with: Surroundings,
    stays: Vec<Stay>,
    /// Which room is asked first, so that a busy one does not keep others waiting.
    first: usize,
}

/// What happened next.
enum Step {
    Arrived(Arrived),
    Heard(usize, Result<(), Lagged>),
}

impl Attendance {
    fn new(doors: &SharedDoors, socket: Arc<Socket<LocalAdapter>>, arrival: Arc<Arrival>) -> Box<Self> {
        let limits = LiveLimits::of(&doors.config);
        let with = Surroundings {
            sessions: doors.engine.sessions.clone(),
            out: Out::new(socket, limits.write_timeout),
            visitor: arrival.visitor.clone(),
            staff: arrival.caller.is_staff(),
        };
        Box::new(Self { doors: Arc::clone(doors), arrival, limits, with, stays: Vec::new(), first: 0 })
    }

    /// Runs until the client is gone, does not read, its credential holds no more, or the process stops; then the client may
    /// come back.
    async fn run(mut self: Box<Self>) {
        metrics::gauge!("switchboard_sockets").increment(1.0);
        let line = Arc::clone(&self.arrival.line);
        let (end, stopping, drain) = (line.end(), self.doors.stopping.clone(), self.limits.drain);
        let outlived = self.doors.engine.accounts.outlived(&self.arrival.caller);
        let outlived = outlived.unwrap_or_else(|| std::future::pending().boxed());
        tokio::select! {
            Err(Gone) = self.serve() => {}
            () = end.cancelled() => {}
            // It comes back and is told at the door.
            () = outlived => {}
            () = leave(stopping, drain) => {}
        }
        line.hang_up();
        metrics::gauge!("switchboard_sockets").decrement(1.0);
    }

    async fn serve(&mut self) -> Result<(), Gone> {
        let mut items = VecDeque::new();
        loop {
            let takes = self.stays.iter().map(Stay::pending).sum::<usize>() < self.limits.pending_max;
            let queue = Arc::clone(&self.arrival.queue);
            let step = tokio::select! {
                arrived = queue.next(), if takes => Step::Arrived(arrived),
                (at, heard) = heard(&self.stays, self.first, &mut items) => Step::Heard(at, heard),
            };
            match step {
                Step::Arrived(arrived) => self.arrived(arrived).await?,
                Step::Heard(at, heard) => self.heard(at, heard, &mut items).await?,
            }
        }
    }

    async fn heard(&mut self, at: usize, heard: Result<(), Lagged>, items: &mut VecDeque<Item>) -> Result<(), Gone> {
        self.first = at + 1;
        let Some(stay) = self.stays.get_mut(at) else { return Ok(()) };
        match heard {
            Ok(()) => {
                for item in items.drain(..) {
                    stay.item(&self.with, item).await?;
                }
            }
            Err(Lagged) => {
                let (visitor, limits) = (self.with.visitor.clone(), self.doors.outbox_limits());
                let entered = self.with.sessions.listen(stay.key(), visitor, None, limits).await.map_err(|_| Gone)?;
                stay.resume(&self.with, entered).await?;
            }
        }
        self.stays.retain(|stay| !stay.is_over());
        Ok(())
    }

    async fn arrived(&mut self, arrived: Arrived) -> Result<(), Gone> {
        let Arrived { ack, about, wish } = arrived;
        let done = match wish {
            Ok(Wish::Join { room, after }) => self.join(ack, room, after).await?,
            Ok(Wish::Leave { room }) => self.leave(ack, &room).await?,
            Ok(Wish::Send { room, body, client_id }) => {
                return self.send((ack, about), room, body, client_id).await;
            }
            Ok(Wish::Type { room, active }) => self.types(ack, &room, active).await?,
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(()) => Ok(()),
            Err(refusal) => self.with.out.refuse(ack, &about, &refusal).await,
        }
    }

    /// Joins a room, or goes back in one that was joined before.
    async fn join(
        &mut self,
        ack: Option<i64>,
        room: SessionId,
        after: Option<After>,
    ) -> Result<Result<(), Refusal>, Gone> {
        let key = self.key(room);
        let at = match self.joined(&key) {
            Some(at) => at,
            None => match self.enter(key).await {
                Ok(at) => at,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let Some(stay) = self.stays.get_mut(at) else { return Ok(Ok(())) };
        let end = stay.position();
        let log = crate::domain::Position { stream: end.epoch, seq: end.seq };
        let fitting = after.map(|after| after.fitting(log));
        let resync = fitting == Some(None);
        let room = stay.key().session.clone();
        let joined = Joined { ok: true, room: room.as_str(), position: render::position(end.epoch, end.seq), resync };
        self.with.out.ack(ack, &joined).await?;
        if let Some(fitting) = fitting {
            stay.rewind(fitting.unwrap_or(0));
            stay.missed(&self.with, end.seq).await?;
        }
        stay.draft_so_far(&self.with).await?;
        Ok(Ok(()))
    }

    /// Enters a room that this connection is not in.
    async fn enter(&mut self, key: SessionKey) -> Result<usize, Refusal> {
        if self.stays.len() >= self.doors.config.live.socketio_rooms_max {
            return Err(Refusal::conflict("this connection has joined as many rooms as it may"));
        }
        let (visitor, limits) = (self.with.visitor.clone(), self.doors.outbox_limits());
        let entered = self.with.sessions.listen(&key, visitor, None, limits).await?;
        self.stays.push(Stay::new(key, entered));
        Ok(self.stays.len() - 1)
    }

    async fn leave(&mut self, ack: Option<i64>, room: &SessionId) -> Result<Result<(), Refusal>, Gone> {
        let at = self.joined(&self.key(room.clone()));
        let Some(stay) = at.and_then(|at| self.stays.get_mut(at)) else { return Ok(Err(not_joined())) };
        stay.leave();
        self.stays.retain(|stay| !stay.is_over());
        self.with.out.ack(ack, &Done { ok: true, room: room.as_str() }).await.map(Ok)
    }

    async fn types(&mut self, ack: Option<i64>, room: &SessionId, active: bool) -> Result<Result<(), Refusal>, Gone> {
        let at = self.joined(&self.key(room.clone()));
        let Some(stay) = at.and_then(|at| self.stays.get(at)) else { return Ok(Err(not_joined())) };
        if matches!(self.with.visitor, Visitor::Service) {
            return Ok(Err(Refusal::Forbidden));
        }
        stay.types(&self.with, active);
        self.with.out.ack(ack, &Done { ok: true, room: room.as_str() }).await.map(Ok)
    }

    /// Posts a message. In a room that was not joined nobody listens for the answer, so it is waited for here: the next
    /// event comes after it.
    async fn send(
        &mut self,
        (ack, about): (Option<i64>, About),
        room: SessionId,
        body: Body,
        client_id: Option<ClientMessageId>,
    ) -> Result<(), Gone> {
        let key = self.key(room);
        if let Some(stay) = self.joined(&key).and_then(|at| self.stays.get_mut(at)) {
            stay.post(&self.with, (ack, about), body, client_id);
            return Ok(());
        }
        let visitor = self.with.visitor.clone();
        match self.with.sessions.post(&key, visitor, None, draft(body, client_id)).await {
            Ok(receipt) => self.with.out.ack(ack, &render::sent(&receipt)).await,
            Err(refusal) => self.with.out.refuse(ack, &about, &refusal).await,
        }
    }

    fn joined(&self, key: &SessionKey) -> Option<usize> {
        self.stays.iter().position(|stay| stay.is_joined() && stay.key() == key)
    }

    fn key(&self, room: SessionId) -> SessionKey {
        SessionKey { organization: self.arrival.caller.organization.clone(), session: room }
    }
}

fn not_joined() -> Refusal {
    Refusal::conflict("join the room first")
}

/// Waits until something happened in one of the rooms.
async fn heard(stays: &[Stay], first: usize, items: &mut VecDeque<Item>) -> (usize, Result<(), Lagged>) {
    poll_fn(|context| {
        for step in 0..stays.len() {
            let at = (first + step) % stays.len();
            let Some(stay) = stays.get(at) else { continue };
            let taken = pin!(stay.subscription().outbox().take(items));
            if let Poll::Ready(taken) = taken.poll(context) {
                return Poll::Ready((at, taken));
            }
        }
        Poll::Pending
    })
    .await
}
