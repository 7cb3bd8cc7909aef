//! Requests' text into checked things.

pub(super) mod knowledge;
mod memory;

use secrecy::SecretString;

use super::wire::{
    CannedReply, ChangeCustomer, ChangeModel, ChangeProfile, Method, NewAgent, RetentionSettings, ToolWanted,
};
use crate::auth::{Caller, Who};
use crate::domain::canned::{Shortcut, canned_text};
use crate::domain::customer::Phone;
use crate::domain::desk::event::{Skill, TeamId};
use crate::domain::privacy::Retention;
use crate::domain::schema::Schema;
use crate::domain::tool::{Secret, ToolMethod};
use crate::domain::{
    Channel, CustomerChange, CustomerId, Email, FullName, Label, PersonName, Refusal, Role, SessionId, SessionKey,
    Timestamp, UserId, Visitor,
};
use crate::engine::Cursor;
use crate::engine::accounts::NewUser;
use crate::engine::canned::CannedDraft;
use crate::engine::desk::ProfileChange;
use crate::engine::sessions::search::{Mark, OwnedBy, Wanted};
use crate::engine::tools::{ModelChange, ToolDraft};
use crate::http::query::Query;

pub(super) use memory::{memory, memory_change, memory_id};

/// How many a page holds where the client does not say.
const PAGE_ITEMS: u64 = 50;

/// How many it holds at most.
const PAGE_MAX_ITEMS: u64 = 100;

/// How many events a page holds where the client does not say.
const EVENTS: u64 = 100;

/// How many it holds at most.
const EVENTS_MAX: u64 = 500;

/// The longest text that is searched for, in bytes.
const SEARCH_MAX_BYTES: usize = 200;

/// The longest cursor, in bytes.
const CURSOR_MAX_BYTES: usize = 1_024;

/// As whom the caller comes into sessions.
///
/// # Errors
/// `Forbidden` for keys and customers.
pub(super) fn visitor(caller: &Caller) -> Result<Visitor, Refusal> {
    match &caller.who {
        Who::User { id, role, name } if role.is_staff() => Ok(Visitor::Staff { user: *id, name: name.clone() }),
        Who::User { .. } | Who::Customer { .. } | Who::Key { .. } => Err(Refusal::Forbidden),
    }
}

/// The session that is named, in the caller's organization.
///
/// # Errors
/// `NotFound`: what is no id is nobody's session.
pub(super) fn session(caller: &Caller, id: &str) -> Result<SessionKey, Refusal> {
    let session = SessionId::parse(id).map_err(|_| Refusal::NotFound { what: "session" })?;
    Ok(SessionKey { organization: caller.organization.clone(), session })
}

/// The size of a page.
///
/// # Errors
/// `Invalid` on `limit`.
pub(super) fn limit(query: &Query) -> Result<usize, Refusal> {
    let limit = query.number("limit", PAGE_ITEMS, 1)?.min(PAGE_MAX_ITEMS);
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Where a list of records goes on.
///
/// # Errors
/// `Invalid` on `cursor`.
pub(super) fn cursor(query: &Query) -> Result<Option<Cursor>, Refusal> {
    let Some(text) = query.get("cursor") else { return Ok(None) };
    let cursor = Cursor::parse(text).filter(|_| text.len() <= CURSOR_MAX_BYTES);
    cursor.map(Some).ok_or_else(|| Refusal::invalid("cursor", "must be the `next` of the page before"))
}

/// What is searched for, if anything is.
///
/// # Errors
/// `Invalid` on `q`.
pub(super) fn search(query: &Query) -> Result<Option<&str>, Refusal> {
    let text = query.get("q").map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.len() > SEARCH_MAX_BYTES) {
        return Err(Refusal::invalid("q", format!("must be at most {SEARCH_MAX_BYTES} bytes")));
    }
    Ok(text)
}

/// Which sessions are wanted.
///
/// # Errors
/// `Invalid` on the parameter that is wrong.
pub(super) fn wanted(query: &Query, person: UserId) -> Result<Wanted, Refusal> {
    let owner = match query.get("owner") {
        None => None,
        Some("open") => Some(OwnedBy::Open),
        Some("queue") => Some(OwnedBy::Queue),
        Some("mine") => Some(OwnedBy::Person(person)),
        Some("human") => Some(OwnedBy::Human),
        Some("assistant") => Some(OwnedBy::Assistant),
        Some("closed") => Some(OwnedBy::Closed),
        Some(_) => {
            return Err(Refusal::invalid("owner", "must be open, queue, mine, human, assistant or closed"));
        }
    };
    let customer = query.get("customer").map(CustomerId::parse_any).transpose();
    Ok(Wanted {
        owner,
        channel: query.get("channel").map(channel).transpose()?,
        customer: customer.map_err(|_| Refusal::invalid("customer", "is not an id"))?,
        text: search(query)?.map(str::to_owned),
    })
}

/// Where a list of sessions goes on: `<ms>:<id>`.
///
/// # Errors
/// `Invalid` on `cursor`.
pub(super) fn mark(query: &Query) -> Result<Option<Mark>, Refusal> {
    let Some(text) = query.get("cursor") else { return Ok(None) };
    let parts = text.split_once(':').and_then(|(ms, id)| Some((ms.parse().ok()?, SessionId::parse(id).ok()?)));
    let (ms, id) = parts.ok_or_else(|| Refusal::invalid("cursor", "must be the `next` of the page before"))?;
    Ok(Some(Mark { at: Timestamp::from_ms(ms), id }))
}

/// A stretch of a session's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// After which `seq`.
    pub after: u64,
    /// Before which `seq`, where it is to end there.
    pub before: Option<u64>,
    /// How many events at most.
    pub limit: usize,
}

/// Which events are wanted.
///
/// # Errors
/// `Invalid` on the parameter that is wrong.
pub(super) fn span(query: &Query) -> Result<Span, Refusal> {
    let limit = query.number("limit", EVENTS, 1)?.min(EVENTS_MAX);
    let after = query.number("after", 0, 0)?;
    let before = query.raw("before").is_some().then(|| query.number("before", 1, 1)).transpose()?;
    Ok(Span { after, before, limit: usize::try_from(limit).unwrap_or(usize::MAX) })
}

/// What a canned reply is to say.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(super) fn canned(wanted: &CannedReply) -> Result<CannedDraft, Refusal> {
    Ok(CannedDraft {
        shortcut: Shortcut::parse(&wanted.shortcut)?,
        title: Label::parse("title", &wanted.title)?,
        text: canned_text(&wanted.text)?,
        team: wanted.team.as_deref().map(|id| team_id("team", id)).transpose()?,
    })
}

/// What a tool is to be.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(super) fn tool(wanted: ToolWanted) -> Result<ToolDraft, Refusal> {
    let secret = |value: Option<String>| value.map(|value| Secret::parse("headers", &value)).transpose();
    let header = |header: super::wire::HeaderWanted| Ok((header.name, secret(header.value)?));
    Ok(ToolDraft {
        name: wanted.name,
        description: wanted.description,
        arguments: wanted.arguments.map_or_else(|| Ok(Schema::empty()), Schema::parse)?,
        method: match wanted.method {
            Method::Get => ToolMethod::Get,
            Method::Post => ToolMethod::Post,
            Method::Put => ToolMethod::Put,
            Method::Patch => ToolMethod::Patch,
            Method::Delete => ToolMethod::Delete,
        },
        url: wanted.url,
        headers: wanted.headers.into_iter().map(header).collect::<Result<_, Refusal>>()?,
        timeout_ms: wanted.timeout_ms,
        response_max_bytes: wanted.response_max_bytes,
        enabled: wanted.enabled,
        seen: wanted.updated_at.as_deref().map(seen_at).transpose()?,
    })
}

fn seen_at(text: &str) -> Result<Timestamp, Refusal> {
    Timestamp::parse(text).ok_or_else(|| Refusal::invalid("updated_at", "must be a time as RFC 3339 writes it"))
}

/// What is to be changed of an organization's model.
///
/// # Errors
/// `Invalid` on `api_key`; the rest is checked where it is changed.
pub(super) fn model(wanted: ChangeModel) -> Result<ModelChange, Refusal> {
    let key = |key: Option<String>| key.map(|key| Secret::parse("api_key", &key)).transpose();
    Ok(ModelChange {
        base_url: wanted.base_url,
        api_key: wanted.api_key.map(key).transpose()?,
        model: wanted.model,
        temperature: wanted.temperature,
        answer_max_tokens: wanted.answer_max_tokens,
    })
}

/// What is to be changed of a person's profile.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(super) fn profile(wanted: &ChangeProfile) -> Result<ProfileChange, Refusal> {
    let teams = |ids: &Vec<String>| ids.iter().map(|id| team_id("teams", id)).collect();
    Ok(ProfileChange {
        capacity: wanted.capacity.map(Some),
        skills: wanted.skills.as_deref().map(skills).transpose()?,
        teams: wanted.teams.as_ref().map(teams).transpose()?,
    })
}

/// Somebody who is to answer customers, in the caller's organization.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(super) fn new_agent(caller: &Caller, wanted: NewAgent) -> Result<NewUser, Refusal> {
    let role = match wanted.role.as_str() {
        "agent" => Role::Agent,
        "admin" => Role::Admin,
        _ => return Err(Refusal::invalid("role", "must be agent or admin")),
    };
    let name = FullName::parse_parts(&wanted.first_name, &wanted.last_name).map_err(in_our_words)?;
    Ok(NewUser {
        organization: caller.organization.clone(),
        email: Email::parse(&wanted.email)?,
        username: None,
        password: SecretString::from(wanted.password),
        name,
        role,
    })
}

/// What is to become of a customer.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(super) fn customer_change(wanted: ChangeCustomer) -> Result<CustomerChange, Refusal> {
    let ChangeCustomer { name, email, phone, facts, tags } = wanted;
    let name = name.map(|name| name.as_deref().map(|text| PersonName::parse("name", text)).transpose());
    let email = email.map(|email| email.as_deref().map(Email::parse).transpose());
    let phone = phone.map(|phone| phone.as_deref().map(|text| Phone::parse("phone", text)).transpose());
    Ok(CustomerChange {
        name: name.transpose()?,
        email: email.transpose()?,
        phone: phone.transpose()?,
        facts,
        tags: tags.map(|tags| tags.into_iter().collect()),
    })
}

/// A customer's id.
///
/// # Errors
/// `NotFound`: what is no id is nobody.
pub(super) fn customer(text: &str) -> Result<CustomerId, Refusal> {
    CustomerId::parse_any(text).map_err(|_| Refusal::NotFound { what: "customer" })
}

/// How long conversations are kept.
///
/// # Errors
/// `Invalid` on `channels` for one that is none; how many days it may be the domain says.
pub(super) fn retention(caller: &Caller, sent: &RetentionSettings) -> Result<Retention, Refusal> {
    let no_channel = |_| Refusal::invalid("channels", "may name web, whatsapp, email and sms");
    let days = |(name, days): (&String, &u32)| Ok((channel(name).map_err(no_channel)?, *days));
    let channels = sent.channels.iter().map(days).collect::<Result<_, Refusal>>()?;
    Ok(Retention { organization: caller.organization.clone(), days: sent.days, channels })
}

/// The names of the parts of a name as these routes write them.
fn in_our_words(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { field, why } if field == "firstName" => Refusal::invalid("first_name", why),
        Refusal::Invalid { field, why } if field == "lastName" => Refusal::invalid("last_name", why),
        other => other,
    }
}

/// What somebody or something must be able to do.
///
/// # Errors
/// `Invalid` on `skills`.
pub(super) fn skills(words: &[String]) -> Result<Vec<Skill>, Refusal> {
    words.iter().map(|word| Label::parse("skills", word)).collect()
}

/// A team's id.
///
/// # Errors
/// `Invalid` on the field.
pub(super) fn team_id(field: &'static str, text: &str) -> Result<TeamId, Refusal> {
    uuid::Uuid::try_parse(text).map(TeamId).map_err(|_| Refusal::invalid(field, "must be the id of a team"))
}

fn channel(text: &str) -> Result<Channel, Refusal> {
    let all = Channel::ALL;
    let known = all.into_iter().find(|channel| channel.as_str() == text);
    known.ok_or_else(|| Refusal::invalid("channel", "must be web, whatsapp, email, sms or webhook"))
}
