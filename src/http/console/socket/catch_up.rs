//! The first answers to a connection, and what it missed: page by page, before anything that comes live.
//!
//! Listening comes first, then the feed's end is taken, then everything up to it is read: whatever is committed meanwhile
//! comes live, and what comes both ways is known by its position.

use std::collections::{HashMap, VecDeque};

use super::decode::Hello;
use super::stays::Reason;
use super::{AgentSocket, frame};
use crate::bus::concerned;
use crate::domain::desk::{Scope, Snapshot};
use crate::domain::{Event, Refusal, SessionId, SessionKey, UserId};
use crate::engine::sessions::standing::{Budget, Standing};
use crate::engine::sessions::trail::{Change, Logged};
use crate::http::console::handlers::sessions::name_of;
use crate::http::console::render::event::{Place, event};
use crate::http::live::Frames;

/// How far back a connection is brought up, in commits of its organization.
const CHANGES_MAX: usize = 20_000;

/// The same, in commits of everybody.
const FEED_MAX_ENTRIES: u64 = 200_000;

/// How far back one open session is brought up, in events.
pub(super) const EVENTS_MAX: usize = 1_000;

/// Events of one page.
const PAGE_EVENTS: usize = 500;

/// Commits that are looked at for one page.
const PAGE_CHANGES: usize = 200;

/// What is still to be given.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    /// Open sessions, each from a `seq` of its own.
    open: VecDeque<SessionKey>,
    changes: VecDeque<Change>,
    /// How the person stood to a session at that point.
    stood: HashMap<SessionId, Standing>,
    /// The feed's end when listening had begun.
    end: u64,
}

impl CatchUp {
    /// Whether everything was given.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty() && self.changes.is_empty()
    }
}

/// What a client missed.
#[derive(Debug, Default)]
struct Missed {
    changes: VecDeque<Change>,
    stood: HashMap<SessionId, Standing>,
}

/// Why a client can not go on from where it was.
type TooFar = &'static str;

impl AgentSocket {
    /// Answers the hello.
    ///
    /// # Errors
    /// When the desk does not take the person in, or nothing can be read.
    pub(super) async fn begin(&mut self, hello: &Hello, out: &mut Frames) -> Result<(), Refusal> {
        self.scope = hello.scope;
        let snapshot = self.listen(hello.status).await?;
        let mut later = Frames::new();
        let known = self.open_all(hello, &mut later)?;
        self.take_up(&snapshot, &mut later);
        let end = self.doors.engine.sessions.feed_end();
        let missed = self.missed_since(hello.after, end, &known).await?;
        let now = self.doors.clock.now();
        self.catch_up = CatchUp { end, ..CatchUp::default() };
        self.watermark = hello.after.filter(|_| missed.is_ok()).unwrap_or(end);
        out.extend(frame::welcome(&self.person, &self.outbox, self.watermark, missed.is_ok(), now));
        match missed {
            Ok(missed) => {
                (self.catch_up.changes, self.catch_up.stood) = (missed.changes, missed.stood);
                for (key, after) in known.into_iter().filter_map(|(key, after)| Some((key, after?))) {
                    self.stays.saw(&key.session, after);
                    self.catch_up.open.push_back(key);
                }
            }
            Err(why) => out.extend(frame::resync(end, why)),
        }
        out.extend(frame::desk(&snapshot));
        out.append(&mut later);
        Ok(())
    }

    /// Begins anew for a client that did not read in time: what it has open stays open.
    ///
    /// # Errors
    /// As [`AgentSocket::begin`].
    pub(super) async fn resync(&mut self, out: &mut Frames) -> Result<(), Refusal> {
        let open = self.stays.watched();
        self.stays.clear();
        let snapshot = self.listen(None).await?;
        let mut later = Frames::new();
        for session in open {
            self.open(&self.key(session), &mut later)?;
        }
        self.take_up(&snapshot, &mut later);
        let end = self.doors.engine.sessions.feed_end();
        self.watermark = end;
        self.catch_up = CatchUp { end, ..CatchUp::default() };
        self.forget_pending(out);
        out.extend(frame::resync(end, "too slow"));
        out.extend(frame::desk(&snapshot));
        out.append(&mut later);
        Ok(())
    }

    /// The next page of what was missed: first the open sessions, then what happened since the client's position.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(super) fn catch_up(&mut self, out: &mut Frames) -> Result<(), Refusal> {
        if let Some(key) = self.catch_up.open.pop_front() {
            return self.catch_up_open(key, out);
        }
        for _ in 0..PAGE_CHANGES {
            let Some(change) = self.catch_up.changes.pop_front() else { break };
            self.catch_up_change(&change, out)?;
        }
        if self.catch_up.is_done() {
            self.watermark = self.watermark.max(self.catch_up.end);
        }
        Ok(())
    }

    /// Opens what the client has open, as far as it is there; each with what the client has of it.
    fn open_all(&mut self, hello: &Hello, out: &mut Frames) -> Result<Vec<(SessionKey, Option<u64>)>, Refusal> {
        let mut known = Vec::new();
        for (session, after) in &hello.watch {
            let key = self.key(session.clone());
            match self.doors.engine.sessions.exists(&key) {
                Ok(()) => {
                    self.open(&key, out)?;
                    known.push((key, *after));
                }
                Err(refusal @ Refusal::NotFound { .. }) => out.extend(frame::error(None, &refusal)),
                Err(other) => return Err(other),
            }
        }
        Ok(known)
    }

    fn take_up(&mut self, snapshot: &Snapshot, out: &mut Frames) {
        let had = snapshot.mine.iter().map(|listed| (listed, Reason::Had));
        let offered = snapshot.offers.iter().map(|offered| (&offered.case, Reason::Offered));
        for (listed, reason) in had.chain(offered) {
            self.follow(&listed.case.key, reason, out);
        }
    }

    /// Everything that the organization committed since the client's position, and how the person stood to each session before
    /// it; or why that is too much.
    async fn missed_since(
        &self,
        after: Option<u64>,
        end: u64,
        known: &[(SessionKey, Option<u64>)],
    ) -> Result<Result<Missed, TooFar>, Refusal> {
        let sessions = &self.doors.engine.sessions;
        let Some(after) = after else { return Ok(Err("new")) };
        if after > end {
            return Ok(Err("unknown position"));
        }
        if end - after > FEED_MAX_ENTRIES {
            return Ok(Err("too far behind"));
        }
        for (key, seq) in known {
            let beyond = seq.map(|seq| sessions.log(key, seq.saturating_add(EVENTS_MAX as u64), 1)).transpose()?;
            if beyond.is_some_and(|beyond| !beyond.is_empty()) {
                return Ok(Err("too far behind"));
            }
        }
        let (mut missed, mut budget, mut from) = (Missed::default(), Budget::default(), after);
        while from < end {
            let Some(stretch) = sessions.stretch(&self.person.caller.organization, from, end)? else {
                return Ok(Err("too far behind"));
            };
            if !self.find_out(&stretch.changes, &mut missed, &mut budget)? {
                return Ok(Err("too far behind"));
            }
            missed.changes.extend(stretch.changes);
            if missed.changes.len() > CHANGES_MAX {
                return Ok(Err("too far behind"));
            }
            from = stretch.next;
            tokio::task::yield_now().await;
        }
        Ok(Ok(missed))
    }

    /// Finds out how the person stood to the sessions that were not looked at before; `false` where that can not be known.
    fn find_out(&self, changes: &[Change], missed: &mut Missed, budget: &mut Budget) -> Result<bool, Refusal> {
        for change in changes {
            let session = &change.key.session;
            if self.hears_all_of(session) || missed.stood.contains_key(session) {
                continue;
            }
            let sessions = &self.doors.engine.sessions;
            let Some(stood) = sessions.standing_before(&change.key, change.first, self.person.user, budget)? else {
                return Ok(false);
            };
            missed.stood.insert(session.clone(), stood);
        }
        Ok(true)
    }

    /// Whether everything of a session is given, whoever has it.
    fn hears_all_of(&self, session: &SessionId) -> bool {
        self.scope == Scope::All || self.stays.is_watched(session)
    }

    /// The next page of a session's log; the session comes again until there is no more.
    fn catch_up_open(&mut self, key: SessionKey, out: &mut Frames) -> Result<(), Refusal> {
        let logged = self.doors.engine.sessions.log(&key, self.stays.seen(&key.session), PAGE_EVENTS)?;
        self.give(&key, &logged, self.watermark, out);
        if logged.len() == PAGE_EVENTS {
            self.catch_up.open.push_front(key);
        }
        Ok(())
    }

    fn catch_up_change(&mut self, change: &Change, out: &mut Frames) -> Result<(), Refusal> {
        let sessions = &self.doors.engine.sessions;
        let logged = sessions.log(&change.key, change.first.saturating_sub(1), change.count as usize)?;
        self.watermark = change.position.saturating_sub(1);
        if self.concerns(change, &logged) {
            self.give(&change.key, &logged, change.position, out);
        }
        self.watermark = change.position;
        Ok(())
    }

    /// Whether the client is to get what one commit added to a session's log.
    fn concerns(&mut self, change: &Change, logged: &[Logged<Event>]) -> bool {
        let (session, me) = (&change.key.session, self.person.user);
        if self.hears_all_of(session) {
            return true;
        }
        let stood = self.catch_up.stood.entry(session.clone()).or_default();
        let heard = stood.hears();
        logged.iter().for_each(|one| stood.take(&one.event, me));
        heard || logged.iter().any(|one| concerned(&one.event) == Some(me))
    }

    /// Gives events of the log that the client asks for, whether it had them or not.
    pub(super) fn give_again(&mut self, key: &SessionKey, logged: &[Logged<Event>], out: &mut Frames) {
        for one in logged {
            let place = Place { session: &key.session, seq: one.seq, at: one.at, position: Some(self.watermark) };
            let names = |user: UserId| name_of(&self.doors, &key.organization, user);
            out.extend(event(&one.event, place, &names).map(Into::into));
        }
        if let Some(last) = logged.last() {
            self.stays.saw(&key.session, last.seq);
        }
    }

    /// Gives events of the log that were not given; the last of them has that position.
    pub(super) fn give(&mut self, key: &SessionKey, logged: &[Logged<Event>], position: u64, out: &mut Frames) {
        let seen = self.stays.seen(&key.session);
        let last = logged.last().map_or(0, |last| last.seq);
        for one in logged.iter().filter(|one| one.seq > seen) {
            let position = if one.seq == last { position } else { self.watermark };
            let place = Place { session: &key.session, seq: one.seq, at: one.at, position: Some(position) };
            let names = |user: UserId| name_of(&self.doors, &key.organization, user);
            out.extend(event(&one.event, place, &names).map(Into::into));
        }
        self.keep_up(logged.iter().map(|one| (one.seq, &one.event)), key, out);
    }
}
