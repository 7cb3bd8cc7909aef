//! `/ws/agent`: one person of the staff at work over one socket. Everything that they may see comes by it, in the order of the
//! commits, each event once; everything that they do goes by it.
//!
//! What is listened to: the person (every commit of a session that they have or are offered), the sessions that they have open,
//! and with the scope `all` the organization. One commit may come by several of these ways, under one position; a position
//! that was given is not given again.

mod catch_up;
mod command;
mod decode;
pub(super) mod frame;
mod stays;
mod wire;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::catch_up::CatchUp;
use self::command::Pending;
use self::decode::{Hello, Wish};
use self::stays::Stays;
use super::handlers::sessions::name_of;
use super::render;
use super::render::event::{Place, event};
use super::viewers::Connected;
use crate::auth::Caller;
use crate::bus::{self, Committed, Entry, Item, Outbox, RenderSlot, Signal};
use crate::domain::desk::{Availability, DeskNews, Scope};
use crate::domain::typing::Typist;
use crate::domain::{PersonName, Refusal, Role, SessionKey, Timestamp, UserId};
use crate::engine::desk;
use crate::http::SharedDoors;
use crate::http::live::{Ending, Frames, InTurn, Protocol};

/// The largest frame that is taken, in bytes.
pub(super) const FRAME_MAX_BYTES: usize = 64 * 1024;

/// How long the first frame may take.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// How often it is looked whether the person may still be here.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// How often a connection may fall behind and be brought up in place; beyond it the client comes back by itself.
const RESYNCS_MAX: u32 = 3;

/// In which time they are counted.
const RESYNCS_WINDOW: Duration = Duration::from_secs(60);

/// The one rendering of an entry that all of the staff share.
const EVENTS: RenderSlot = RenderSlot(7);

/// The person at the other end.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub caller: Caller,
    pub user: UserId,
    pub name: PersonName,
    pub role: Role,
    /// When their token ends.
    pub expires_at: Timestamp,
}

/// A connection's own.
#[derive(Debug)]
pub(super) struct AgentSocket {
    doors: SharedDoors,
    person: Person,
    outbox: Arc<Outbox>,
    stage: Stage,
    /// The feed's position up to which everything was given.
    watermark: u64,
    stays: Stays,
    catch_up: CatchUp,
    pending: Vec<Pending>,
    last_tag: u64,
    /// Messages with files, which are posted beside the connection.
    posting: InTurn,
    scope: Scope,
    listening: Option<Listening>,
    check_at: Instant,
    is_over: bool,
    resyncs: VecDeque<Instant>,
    #[expect(dead_code, reason = "held, not read")]
    connected: Connected,
}

#[derive(Debug)]
enum Stage {
    /// Until then the client may say hello.
    AwaitsHello(Instant),
    /// It did, and is answered next.
    Begins(Box<Hello>),
    /// It was answered.
    Works,
}

/// What a connection hears by, besides the sessions that it has open.
#[derive(Debug)]
struct Listening {
    desk: desk::Attendance,
    #[expect(dead_code, reason = "held, not read")]
    person: bus::Attendance,
    whole: Option<bus::Watch>,
}

impl AgentSocket {
    /// A connection that has not said hello.
    pub(super) fn new(doors: &SharedDoors, person: Person) -> Self {
        let outbox = doors.engine.sessions.outbox(doors.config.agent_outbox_limits());
        let now = Instant::now();
        Self {
            doors: Arc::clone(doors),
            connected: doors.viewers.connect(),
            person,
            outbox,
            stage: Stage::AwaitsHello(now + HELLO_TIMEOUT),
            watermark: 0,
            stays: Stays::default(),
            catch_up: CatchUp::default(),
            pending: Vec::new(),
            last_tag: 0,
            posting: InTurn::default(),
            scope: Scope::Mine,
            listening: None,
            check_at: now + CHECK_EVERY,
            is_over: false,
            resyncs: VecDeque::new(),
        }
    }

    /// The queue to read first.
    pub(super) const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
}

impl Protocol for AgentSocket {
    fn missed(&mut self, out: &mut Frames) -> Result<(), Ending> {
        self.catch_up(out).map_err(|_unreadable| Ending::Unavailable)
    }

    fn is_behind(&self) -> bool {
        !self.catch_up.is_done()
    }

    fn text(&mut self, text: &str, out: &mut Frames) {
        if self.check().is_err() {
            self.is_over = true;
            return;
        }
        if text.len() > FRAME_MAX_BYTES {
            let refusal = Refusal::TooLarge { what: "frame", limit_bytes: FRAME_MAX_BYTES };
            return out.extend(frame::error(None, &refusal));
        }
        match (decode::frame(text), &self.stage) {
            (Ok((_, Wish::Hello(hello))), Stage::AwaitsHello(_)) => self.stage = Stage::Begins(hello),
            (Ok((id, Wish::Hello(_))), _) => {
                out.extend(frame::error(id.as_deref(), &Refusal::conflict("hello was said already")));
            }
            (Ok((id, _)), Stage::AwaitsHello(_) | Stage::Begins(_)) => {
                out.extend(frame::error(id.as_deref(), &Refusal::invalid("type", "the first frame must be hello")));
            }
            (Ok((id, wish)), Stage::Works) => self.wish(id, wish, out),
            (Err((id, refusal)), _) => out.extend(frame::error(id.as_deref(), &refusal)),
        }
    }

    fn binary(&mut self, out: &mut Frames) {
        out.extend(frame::error(None, &Refusal::invalid("frame", "must be text")));
    }

    fn item(&mut self, item: Item, out: &mut Frames) {
        match item {
            Item::Entry(entry) => self.entry(&entry, out),
            Item::Signal(key, signal) => self.signal(&key, &signal, out),
            Item::Answer { tag, result } => self.answered(tag, result, out),
            Item::Frame { answers, bytes } => self.ready(answers, bytes, out),
            Item::Desk(news) => Self::news(&news, out),
            Item::Told(position) => self.told(position, out),
            // Nobody of the staff sends audio by this protocol.
            Item::Transcribed { .. } => {}
        }
    }

    fn refuse(&mut self, refusal: &Refusal, out: &mut Frames) {
        out.extend(frame::error(None, refusal));
    }

    fn pending(&self) -> usize {
        self.pending.len()
    }

    fn due_at(&self) -> Option<Instant> {
        match self.stage {
            _ if self.is_over => Some(Instant::now()),
            Stage::AwaitsHello(until) => Some(until.min(self.check_at)),
            Stage::Begins(_) | Stage::Works => Some(self.check_at),
        }
    }

    fn due(&mut self, _: &mut Frames) -> Result<(), Ending> {
        let now = Instant::now();
        if matches!(self.stage, Stage::AwaitsHello(until) if until <= now) {
            return Err(Ending::Protocol);
        }
        self.check_at = now + CHECK_EVERY;
        // Whoever has little to do comes back from where the others are: what does not concern them need not be read again.
        if matches!(self.stage, Stage::Works) && self.catch_up.is_done() {
            self.doors.engine.sessions.mark(&self.outbox, self.watermark);
        }
        self.check()
    }

    fn is_stale(&self) -> bool {
        matches!(self.stage, Stage::Begins(_))
    }

    async fn renew(&mut self, out: &mut Frames) -> Result<Arc<Outbox>, Ending> {
        let begun = match std::mem::replace(&mut self.stage, Stage::Works) {
            Stage::Begins(hello) => self.begin(&hello, out).await,
            Stage::AwaitsHello(_) | Stage::Works => {
                self.count_resync()?;
                self.resync(out).await
            }
        };
        begun.map_err(|refusal| match refusal {
            Refusal::Unauthenticated | Refusal::Forbidden => Ending::Unauthenticated,
            _ => Ending::Unavailable,
        })?;
        Ok(Arc::clone(&self.outbox))
    }
}

impl AgentSocket {
    /// Whether the person may still be here.
    fn check(&self) -> Result<(), Ending> {
        if self.is_over || self.doors.clock.now() >= self.person.expires_at {
            return Err(Ending::Unauthenticated);
        }
        match self.doors.engine.accounts.user(&self.person.caller.organization, self.person.user) {
            Ok(user) if user.active && user.role.is_staff() => Ok(()),
            Ok(_) | Err(Refusal::NotFound { .. }) => Err(Ending::Unauthenticated),
            // A store that does not read now may read later.
            Err(_) => Ok(()),
        }
    }

    fn count_resync(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        self.resyncs.retain(|at| now.duration_since(*at) < RESYNCS_WINDOW);
        self.resyncs.push_back(now);
        if self.resyncs.len() > RESYNCS_MAX as usize { Err(Ending::TooSlow) } else { Ok(()) }
    }

    /// A new queue that hears everything which this connection is to hear, and the desk as it stands then.
    async fn listen(&mut self, status: Option<Availability>) -> Result<crate::domain::desk::Snapshot, Refusal> {
        let engine = &self.doors.engine;
        let organization = &self.person.caller.organization;
        // Until the new one is there: without any connection the person would lose what they are offered.
        let before = self.listening.take();
        self.outbox = engine.sessions.outbox(self.doors.config.agent_outbox_limits());
        let person = engine.sessions.attend(organization, self.person.user, &self.outbox);
        let whole = (self.scope == Scope::All).then(|| engine.sessions.watch(organization, &self.outbox));
        let desk = engine.desk.attend(&self.person.caller, &self.outbox, status, self.scope).await?;
        self.listening = Some(Listening { desk, person, whole });
        drop(before);
        engine.desk.snapshot(&self.person.caller).await
    }

    fn key(&self, session: crate::domain::SessionId) -> SessionKey {
        SessionKey { organization: self.person.caller.organization.clone(), session }
    }

    /// Nothing up to a position is still on its way.
    fn told(&mut self, position: u64, out: &mut Frames) {
        if position > self.watermark {
            self.watermark = position;
            out.extend(frame::position(position));
        }
    }

    /// What was committed, unless it was given already.
    fn entry(&mut self, entry: &Entry, out: &mut Frames) {
        let position = entry.position();
        if position <= self.watermark {
            return;
        }
        self.watermark = position;
        let seen = self.stays.seen(&entry.key.session);
        let last = entry.events.last().map_or(0, |last| last.seq);
        let render = |committed: &Committed| {
            let position = if committed.seq == last { position } else { position.saturating_sub(1) };
            let place =
                Place { session: &entry.key.session, seq: committed.seq, at: entry.at, position: Some(position) };
            let names = |user: UserId| name_of(&self.doors, &entry.key.organization, user);
            event(&committed.event, place, &names).map(Into::into)
        };
        let frames = entry.rendered(EVENTS, render);
        let news = entry.events.iter().zip(frames).filter(|(committed, _)| committed.seq > seen);
        out.extend(news.filter_map(|(_, frame)| frame.clone()));
        self.keep_up(entry.events.iter().map(|committed| (committed.seq, &committed.event)), &entry.key, out);
    }

    fn signal(&mut self, key: &SessionKey, signal: &Signal, out: &mut Frames) {
        match signal {
            Signal::Typing { change, origin } => {
                if let Typist::Agent(user) = change.who {
                    self.doors.viewers.types(key, user, change.active);
                }
                if *origin != Some(self.outbox.id()) {
                    let names = |user: UserId| name_of(&self.doors, &key.organization, user);
                    out.extend(frame::typing(&key.session, change.who, change.active, &names));
                }
            }
            Signal::Draft(piece) => {
                if self.stays.draft(&key.session).is_some_and(|view| view.takes(piece)) {
                    out.extend(frame::draft(&key.session, piece));
                }
            }
            Signal::DraftEnded { turn, attempt, .. } => {
                if self.stays.draft(&key.session).is_some_and(|view| view.ends(*attempt)) {
                    out.extend(frame::draft_ended(&key.session, *turn));
                }
            }
            // For the customer; the staff has the desk.
            Signal::Place { .. } => {}
        }
    }

    /// What the desk says; rendered once for all who are told.
    fn news(news: &bus::News, out: &mut Frames) {
        out.extend(news.frame(|news| match news {
            DeskNews::Lists(lists) => frame::lists(lists),
            DeskNews::Offer(offered) => frame::offer(&render::summary(&offered.case), offered.until),
            DeskNews::OfferEnded { session, how } => frame::offer_ended(session, render::offer_end(*how)),
            DeskNews::Open(open) => frame::open(*open),
            // Who has what open is told by the table of viewers.
            DeskNews::Viewers { .. } => None,
        }));
    }
}
