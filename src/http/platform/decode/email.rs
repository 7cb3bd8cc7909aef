//! Mails as programs bring them, into checked values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::auth::{Caller, Who};
use crate::domain::attachment::ATTACHMENTS_MAX;
use crate::domain::{Body, Email, Refusal, SessionId, Visitor};
use crate::engine::channels::email::{CleanHtml, MailFile, ProcessMail, SendMail};
use crate::http::platform::wire::email::{EmailFile, EnclosedFile, ProcessEmail, SendEmail};

/// The longest subject, in characters.
const SUBJECT_MAX_CHARS: usize = 200;

/// The longest HTML of a mail that is to be sent, in bytes.
const HTML_MAX_BYTES: usize = 256 * 1024;

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
        html: given(wanted.html.as_deref()).map(clean).transpose()?.flatten(),
        files: wanted.attachments.iter().enumerate().map(sent_file).collect::<Result<_, _>>()?,
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
    let files = enclosed(&wanted.attachments)?;
    if text.is_none() && html.is_none() && subject.trim().is_empty() && files.0.is_empty() {
        return Err(Refusal::invalid("text", "is required"));
    }
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

/// HTML that may go; none where nobody would see any of it.
fn clean(html: &str) -> Result<Option<CleanHtml>, Refusal> {
    if html.len() > HTML_MAX_BYTES {
        return Err(Refusal::TooLarge { what: "html", limit_bytes: HTML_MAX_BYTES });
    }
    Ok(CleanHtml::of(html))
}

/// A file that is to be sent: without contents there is nothing to send.
fn sent_file((at, file): (usize, &EmailFile)) -> Result<MailFile, Refusal> {
    file_of(at, file)?.ok_or_else(|| Refusal::invalid(format!("attachments[{at}].content"), "is required"))
}

/// Files that came with a mail: those with contents, and the names of all.
fn enclosed(attachments: &[EnclosedFile]) -> Result<(Vec<MailFile>, Vec<String>), Refusal> {
    if attachments.len() > ATTACHMENTS_MAX {
        return Err(Refusal::invalid("attachments", "must be at most 10"));
    }
    let (mut files, mut names) = (Vec::new(), Vec::new());
    for (at, attachment) in attachments.iter().enumerate() {
        match attachment {
            EnclosedFile::Name(name) => names.push(name.clone()),
            EnclosedFile::File(file) => {
                names.push(file.filename.clone());
                files.extend(file_of(at, file)?);
            }
        }
    }
    Ok((files, names))
}

/// A file with its contents; none where they are not there.
fn file_of(at: usize, file: &EmailFile) -> Result<Option<MailFile>, Refusal> {
    let field = |name: &str| format!("attachments[{at}].{name}");
    if file.encoding.as_deref().is_some_and(|encoding| !encoding.eq_ignore_ascii_case("base64")) {
        return Err(Refusal::invalid(field("encoding"), "must be base64"));
    }
    let Some(content) = &file.content else { return Ok(None) };
    // Programs break it into lines.
    let content: String = content.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(content).map_err(|_| Refusal::invalid(field("content"), "must be base64"))?;
    if bytes.is_empty() {
        return Err(Refusal::invalid(field("content"), "must not be empty"));
    }
    let (name, media_type) = (Some(file.filename.clone()), file.content_type.clone());
    Ok(Some(MailFile { name, media_type, bytes: bytes.into() }))
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
