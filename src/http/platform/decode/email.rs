//! Mails as programs bring them, into checked values.

use serde_json::Value;

use crate::auth::{Caller, Who};
use crate::domain::{Body, Email, Refusal, SessionId, Visitor};
use crate::engine::channels::email::{ProcessMail, SendMail};
use crate::http::platform::wire::email::{ProcessEmail, SendEmail};

/// The longest subject, in characters.
const SUBJECT_MAX_CHARS: usize = 200;

/// A mail that is to be sent.
///
/// # Errors
/// `Invalid` on the field that is wrong; `TooLarge` on the text.
pub(in crate::http::platform) fn send(wanted: &SendEmail) -> Result<SendMail, Refusal> {
    let subject = wanted.subject.trim();
    if subject.is_empty() || subject.chars().count() > SUBJECT_MAX_CHARS || subject.contains(char::is_control) {
        return Err(Refusal::invalid("subject", "must be one line of at most 200 characters"));
    }
    let text = match (given(wanted.text.as_deref()), given(wanted.html.as_deref())) {
        (Some(text), _) => text.to_owned(),
        (None, Some(html)) => ProcessMail::text_of_html(html),
        (None, None) => return Err(Refusal::invalid("text", "is required")),
    };
    Ok(SendMail {
        to: address("to", &wanted.to)?,
        subject: subject.to_owned(),
        text: Body::parse("text", &text)?,
        reply_to: given(wanted.reply_to.as_deref()).map(|text| address("replyTo", text)).transpose()?,
        thread: thread(wanted.thread_id.as_deref())?,
    })
}

/// A mail that somebody wrote.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(in crate::http::platform) fn process(wanted: &ProcessEmail) -> Result<ProcessMail, Refusal> {
    let (name, from) = match wanted.from.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"')), address),
        None => (None, wanted.from.as_str()),
    };
    let subject = wanted.subject.as_deref().unwrap_or_default();
    let (text, html) = (given(wanted.text.as_deref()), given(wanted.html.as_deref()));
    if text.is_none() && html.is_none() && subject.trim().is_empty() {
        return Err(Refusal::invalid("text", "is required"));
    }
    let name_of = |file: &Value| {
        let name = ["filename", "name"].iter().find_map(|key| file.get(key)).unwrap_or(file);
        name.as_str().map(str::to_owned)
    };
    let files = wanted.attachments.iter().filter_map(name_of).collect();
    Ok(ProcessMail::new(
        address("from", from)?,
        name,
        subject,
        (text, html),
        thread(wanted.thread_id.as_deref())?,
        files,
    ))
}

/// By whom a mail is sent: a person of the staff, or a program with every permission.
///
/// # Errors
/// `Forbidden`.
pub(in crate::http::platform) fn sender(caller: &Caller) -> Result<Visitor, Refusal> {
    caller.require_staff()?;
    match &caller.who {
        Who::User { id, name, .. } => Ok(Visitor::Staff { user: *id, name: name.clone() }),
        Who::Key { .. } => Ok(Visitor::Service),
        Who::Customer { .. } => Err(Refusal::Forbidden),
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn address(field: &'static str, text: &str) -> Result<Email, Refusal> {
    let text = text.trim();
    // What no mail server takes is said here, not hours later.
    let is_plain = text.is_ascii() && !text.contains(['<', '>', ',', ';', '"', '(', ')', '\\']);
    let parsed = Email::parse(text).ok().filter(|_| is_plain);
    parsed.ok_or_else(|| Refusal::invalid(field, "must be an e-mail address"))
}

fn thread(text: Option<&str>) -> Result<Option<SessionId>, Refusal> {
    let parsed = text.map(SessionId::parse).transpose();
    parsed.map_err(|_| Refusal::invalid("threadId", "must be 1 to 128 letters, digits and . _ : -"))
}
