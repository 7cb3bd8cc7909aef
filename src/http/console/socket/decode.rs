//! Frames' text into checked wishes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::stays::WATCHED_MAX;
use super::wire::{ClientFrame, Place, To};
use crate::domain::desk::event::{Priority, Skill, TeamId};
use crate::domain::desk::{Availability, Scope};
use crate::domain::{Body, ClientMessageId, CustomerId, FileId, Label, Refusal, SessionId, UserId};
use crate::engine::advice::Style;
use crate::engine::desk::{Destination, Insistence};
use crate::http::body;
use crate::http::console::decode::{skills, team_id};
use crate::http::files::ids;

/// The longest id of a client's own for a command, in bytes.
const ID_MAX_BYTES: usize = 128;

/// The longest reason for closing a session, in characters.
const REASON_MAX_CHARS: usize = 100;

/// The first frame.
#[derive(Debug)]
pub(super) struct Hello {
    /// The newest position that the client has.
    pub after: Option<u64>,
    /// What it has open, each with the newest `seq` that it has.
    pub watch: Vec<(SessionId, Option<u64>)>,
    /// Whether the person takes offers.
    pub status: Option<Availability>,
    /// How much they want to hear.
    pub scope: Scope,
}

/// A message with files; its text may be blank.
#[derive(Debug)]
pub(super) struct Files {
    pub session: SessionId,
    pub text: String,
    pub ids: Vec<FileId>,
    pub client_id: Option<ClientMessageId>,
}

/// What a frame wants.
#[derive(Debug)]
pub(super) enum Wish {
    Hello(Box<Hello>),
    Status(Availability),
    Scope(Scope),
    Watch { session: SessionId, after: Option<u64> },
    Unwatch(SessionId),
    Accept { session: SessionId, epoch: u64 },
    Decline(SessionId),
    Claim { session: SessionId, epoch: u64, insistence: Insistence },
    Send { session: SessionId, body: Body, client_id: Option<ClientMessageId> },
    SendFiles(Box<Files>),
    Note { session: SessionId, body: Body, client_id: Option<ClientMessageId> },
    Typing { session: SessionId, active: bool },
    Read { session: SessionId, upto: u64 },
    Hold(SessionId),
    Unhold(SessionId),
    Return { session: SessionId, note: Option<Body>, epoch: Option<u64> },
    HandBack { session: SessionId, epoch: Option<u64> },
    Transfer { session: SessionId, to: Destination, note: Option<Body>, epoch: Option<u64> },
    Close { session: SessionId, reason: Label, summary: Option<Body>, epoch: Option<u64> },
    Route(Box<Route>),
    Facts { customer: CustomerId, set: BTreeMap<String, Option<String>> },
    Summarize(SessionId),
    Rewrite { text: Body, style: Style },
}

/// How the queue is to treat a session.
#[derive(Debug)]
pub(super) struct Route {
    pub session: SessionId,
    pub priority: Option<Priority>,
    pub skills: Option<Vec<Skill>>,
    pub team: Option<Option<TeamId>>,
}

/// The client's own id for a command.
pub(super) type CommandId = Option<String>;

/// Reads a frame; what is refused keeps the id, for the answer.
pub(super) fn frame(text: &str) -> Result<(CommandId, Wish), (CommandId, Refusal)> {
    let frame: ClientFrame<'_> = body::parse(text.as_bytes()).map_err(|refusal| (None, refusal))?;
    let id = match frame.id.as_deref() {
        Some(id) if id.is_empty() || id.len() > ID_MAX_BYTES => {
            let why = format!("must be 1 to {ID_MAX_BYTES} bytes");
            return Err((None, Refusal::invalid("id", why)));
        }
        id => id.map(str::to_owned),
    };
    match wish(&frame) {
        Ok(wish) => Ok((id, wish)),
        Err(refusal) => Err((id, refusal)),
    }
}

fn wish(frame: &ClientFrame<'_>) -> Result<Wish, Refusal> {
    let session = || session(frame);
    Ok(match required("type", frame.kind.as_deref())? {
        "hello" => Wish::Hello(Box::new(hello(frame)?)),
        "status" => Wish::Status(status(required("status", frame.status.as_deref())?)?),
        "scope" => Wish::Scope(scope(required("scope", frame.scope.as_deref())?)?),
        "watch" => Wish::Watch { session: session()?, after: seq(frame.after.as_ref())? },
        "unwatch" => Wish::Unwatch(session()?),
        "accept" => Wish::Accept { session: session()?, epoch: required("epoch", frame.epoch)? },
        "decline" => Wish::Decline(session()?),
        "claim" => Wish::Claim {
            session: session()?,
            epoch: required("epoch", frame.epoch)?,
            insistence: if frame.force == Some(true) { Insistence::Force } else { Insistence::Ask },
        },
        "send" if !frame.attachments.is_empty() => Wish::SendFiles(Box::new(Files {
            session: session()?,
            text: frame.text.as_deref().unwrap_or_default().to_owned(),
            ids: ids("attachments", frame.attachments.iter().map(AsRef::as_ref))?,
            client_id: client_id(frame)?,
        })),
        "send" => Wish::Send { session: session()?, body: text(frame)?, client_id: client_id(frame)? },
        "note" => Wish::Note { session: session()?, body: text(frame)?, client_id: client_id(frame)? },
        "typing" => Wish::Typing { session: session()?, active: required("active", frame.active)? },
        "read" => Wish::Read { session: session()?, upto: required("upto", frame.upto)? },
        "hold" => Wish::Hold(session()?),
        "unhold" => Wish::Unhold(session()?),
        "return" => {
            Wish::Return { session: session()?, note: optional_body("note", frame.note.as_ref())?, epoch: frame.epoch }
        }
        "hand_back" => Wish::HandBack { session: session()?, epoch: frame.epoch },
        "transfer" => Wish::Transfer {
            session: session()?,
            to: destination(required("to", frame.to.as_ref())?)?,
            note: optional_body("note", frame.note.as_ref())?,
            epoch: frame.epoch,
        },
        "close" => close(frame)?,
        "route" => Wish::Route(Box::new(route(frame)?)),
        "facts" => Wish::Facts {
            customer: customer(required("customer", frame.customer.as_deref())?)?,
            set: required("set", frame.set.clone())?,
        },
        "summarize" => Wish::Summarize(session()?),
        "rewrite" => Wish::Rewrite { text: text(frame)?, style: style(required("style", frame.style.as_deref())?)? },
        _ => return Err(Refusal::invalid("type", "is not a type of frame")),
    })
}

fn hello(frame: &ClientFrame<'_>) -> Result<Hello, Refusal> {
    let after = match frame.after.as_ref() {
        None => None,
        Some(Place::Seq(position)) => Some(*position),
        // What is no position of ours is one that can not be resumed from.
        Some(Place::Position(text)) => Some(text.parse().unwrap_or(u64::MAX)),
    };
    let watch = frame.watch.as_deref().unwrap_or_default();
    if watch.len() > WATCHED_MAX {
        return Err(Refusal::invalid("watch", format!("must be at most {WATCHED_MAX} sessions")));
    }
    let watched = watch.iter().map(|one| Ok((session_id(&one.session)?, one.after)));
    Ok(Hello {
        after,
        watch: watched.collect::<Result<_, Refusal>>()?,
        status: frame.status.as_deref().map(status).transpose()?,
        scope: frame.scope.as_deref().map_or(Ok(Scope::Mine), scope)?,
    })
}

fn close(frame: &ClientFrame<'_>) -> Result<Wish, Refusal> {
    let reason = required("reason", frame.reason.as_deref())?;
    if reason.chars().count() > REASON_MAX_CHARS {
        return Err(Refusal::invalid("reason", format!("must be at most {REASON_MAX_CHARS} characters")));
    }
    let summary = frame.summary.as_ref().filter(|text| !text.trim().is_empty());
    Ok(Wish::Close {
        session: session(frame)?,
        reason: Label::parse("reason", reason)?,
        summary: optional_body("summary", summary)?,
        epoch: frame.epoch,
    })
}

fn route(frame: &ClientFrame<'_>) -> Result<Route, Refusal> {
    let priority = frame.priority.as_deref().map(|word| match word {
        "urgent" => Ok(Priority::Urgent),
        "high" => Ok(Priority::High),
        "normal" => Ok(Priority::Normal),
        "low" => Ok(Priority::Low),
        _ => Err(Refusal::invalid("priority", "must be urgent, high, normal or low")),
    });
    let team = frame.team.as_ref().map(|team| team.as_deref().map(|id| team_id("team", id)).transpose());
    Ok(Route {
        session: session(frame)?,
        priority: priority.transpose()?,
        skills: frame.skills.as_deref().map(skills).transpose()?,
        team: team.transpose()?,
    })
}

fn destination(to: &To) -> Result<Destination, Refusal> {
    match (&to.agent, &to.team) {
        (Some(agent), None) => {
            let user =
                UserId::parse(agent).ok_or_else(|| Refusal::invalid("to.agent", "must be the id of a person"))?;
            Ok(Destination::Agent(user))
        }
        (None, Some(team)) => Ok(Destination::Team(team_id("to.team", team)?)),
        (Some(_), Some(_)) | (None, None) => Err(Refusal::invalid("to", "must name an agent or a team")),
    }
}

fn status(word: &str) -> Result<Availability, Refusal> {
    match word {
        "available" => Ok(Availability::Available),
        "busy" => Ok(Availability::Busy),
        "away" => Ok(Availability::Away),
        _ => Err(Refusal::invalid("status", "must be available, busy or away")),
    }
}

fn scope(word: &str) -> Result<Scope, Refusal> {
    match word {
        "mine" => Ok(Scope::Mine),
        "all" => Ok(Scope::All),
        _ => Err(Refusal::invalid("scope", "must be mine or all")),
    }
}

fn style(word: &str) -> Result<Style, Refusal> {
    match word {
        "friendly" => Ok(Style::Friendly),
        "formal" => Ok(Style::Formal),
        "concise" => Ok(Style::Concise),
        "grammar" => Ok(Style::Grammar),
        _ => Err(Refusal::invalid("style", "must be friendly, formal, concise or grammar")),
    }
}

fn seq(after: Option<&Place<'_>>) -> Result<Option<u64>, Refusal> {
    match after {
        None => Ok(None),
        Some(Place::Seq(seq)) => Ok(Some(*seq)),
        Some(Place::Position(_)) => Err(Refusal::invalid("after", "must be a seq")),
    }
}

fn session(frame: &ClientFrame<'_>) -> Result<SessionId, Refusal> {
    session_id(required("session", frame.session.as_deref())?)
}

fn session_id(text: &str) -> Result<SessionId, Refusal> {
    SessionId::parse(text).map_err(|_| Refusal::invalid("session", "is not an id"))
}

fn customer(text: &str) -> Result<CustomerId, Refusal> {
    CustomerId::parse_any(text).map_err(|_| Refusal::invalid("customer", "is not an id"))
}

fn client_id(frame: &ClientFrame<'_>) -> Result<Option<ClientMessageId>, Refusal> {
    let id = frame.client_id.as_deref().map(ClientMessageId::parse).transpose();
    id.map_err(|_| Refusal::invalid("client_id", "must be 1 to 128 characters without control characters"))
}

fn text(frame: &ClientFrame<'_>) -> Result<Body, Refusal> {
    Body::parse("text", required("text", frame.text.as_deref())?)
}

/// An empty note is none.
fn optional_body(field: &'static str, text: Option<&Cow<'_, str>>) -> Result<Option<Body>, Refusal> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| Body::parse(field, text)).transpose()
}

fn required<T>(field: &'static str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::invalid(field, "is required"))
}
