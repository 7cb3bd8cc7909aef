//! A mail that came in, as checked values.

use std::fmt;

use mail_parser::DateTime;

use super::address::Mailbox;
use super::attachment::Attachment;
use super::body::{self, BodyText};
use super::limits::{Limits, Omitted};
use super::message_id::MessageId;
use super::mime::header::{Headers, Place};
use super::mime::tree;
use super::subject::Subject;
use crate::domain::{Email, Timestamp};

/// Fields in which servers note for whom they took a mail; a `+detail` survives there when To shows another address.
const DELIVERED_TO: [&str; 5] = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to"];

/// Why bytes are no mail. The raw bytes stay the caller's to keep and to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There are more than [`Limits::message_max_bytes`].
    #[error("the mail has {bytes} bytes, more than {limit_bytes}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// Not one header field was found.
    #[error("there is no header field")]
    NoHeader,
}

/// The envelope sender, as the receiving server noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnPath {
    /// It was not noted.
    Absent,
    /// `<>`: a machine sent it and wants no answer.
    Null,
    /// Bounces go here.
    Address(Email),
}

/// A mail as checked values. Nothing in it is proved: any sender may write any of it.
#[derive(Clone)]
pub struct Incoming {
    /// Its Message-ID, or one made of its contents, the same whenever it is fetched.
    pub id: MessageId,
    /// The id that is made of its contents: the same whichever way it came, and another one for any other mail with the same [`Self::id`].
    pub contents: MessageId,
    /// `In-Reply-To`, every id in it, without its own.
    pub in_reply_to: Vec<MessageId>,
    /// `References`, oldest first, each once, without its own; over the limit the first and the newest are kept.
    pub references: Vec<MessageId>,
    /// Who wrote it: the first usable address of `From`, else `Sender`.
    pub from: Option<Mailbox>,
    /// Where answers should go, when not to `from`.
    pub reply_to: Vec<Mailbox>,
    /// Who sent it for somebody else.
    pub sender: Option<Mailbox>,
    /// `To`.
    pub to: Vec<Mailbox>,
    /// `Cc`.
    pub cc: Vec<Mailbox>,
    /// For whom servers took it (`Delivered-To`, `X-Original-To` and their like), outermost first.
    pub delivered_to: Vec<Email>,
    /// The envelope sender.
    pub return_path: ReturnPath,
    /// The subject.
    pub subject: Subject,
    /// When its sender says that it was written; may be years off.
    pub date: Option<Timestamp>,
    /// The whole text.
    pub body: BodyText,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// What lay beyond a limit.
    pub omitted: Omitted,
    pub(super) headers: Headers,
}

impl Incoming {
    /// Reads a mail as a mailbox holds it (RFC 5322 bytes, lines with or without carriage return).
    ///
    /// Whatever is broken in it is read as well as it can be: charsets that lie, boundaries that never come, ids folded in two.
    ///
    /// # Errors
    /// [`Unreadable`], when there are too many bytes or they are no mail at all.
    pub fn parse(raw: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        if raw.len() > limits.message_max_bytes {
            return Err(Unreadable::TooLarge { bytes: raw.len(), limit_bytes: limits.message_max_bytes });
        }
        let mut omitted = Omitted::default();
        let (headers, body_at) = Headers::read(raw, Place::Mail, limits, &mut omitted);
        if headers.is_empty() {
            return Err(Unreadable::NoHeader);
        }
        let source = &raw[body_at..];
        let root = tree::read(&headers, source, limits, &mut omitted);
        let (body, attachments) = body::read(&root, limits, &mut omitted);
        let contents = contents_id(&headers, source);
        let id = own_id(&headers).unwrap_or_else(|| contents.clone());
        let ids = |name| MessageId::list(&headers.joined(name)).into_iter().filter(|found| *found != id);
        let mailboxes = |name| mailboxes(&headers, name, limits.addresses_max);
        let sender = mailboxes("sender").into_iter().next();
        Ok(Self {
            in_reply_to: ids("in-reply-to").take(limits.references_max).collect(),
            references: newest(ids("references").collect(), limits.references_max),
            from: mailboxes("from").into_iter().next().or_else(|| sender.clone()),
            reply_to: mailboxes("reply-to"),
            sender,
            to: mailboxes("to"),
            cc: mailboxes("cc"),
            delivered_to: delivered_to(&headers, limits.addresses_max),
            return_path: return_path(&headers),
            subject: Subject::new(&headers.text("subject").unwrap_or_default()),
            date: headers.text("date").and_then(|date| moment(&date)),
            id,
            contents,
            body,
            attachments,
            omitted,
            headers,
        })
    }

    /// The first field of that name, decoded, on one line; whatever case the name is given in. For what is not read here.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.text(&name.to_ascii_lowercase())
    }

    /// Where an answer goes: `Reply-To` if given, else `From`. A caller who answers by machine checks that it is not its own.
    pub fn answers_to(&self) -> Option<&Mailbox> {
        self.reply_to.first().or(self.from.as_ref())
    }

    /// Every id that should lead to this mail's conversation from now on: its own, and those it names. Mails that were never seen
    /// here may be answered too, by somebody who was in copy.
    pub fn ids(&self) -> impl Iterator<Item = &MessageId> {
        std::iter::once(&self.id).chain(&self.references).chain(&self.in_reply_to)
    }

    /// Every address for which it was meant or taken, in lower case.
    pub fn recipients(&self) -> impl Iterator<Item = &Email> {
        self.to.iter().chain(&self.cc).map(|mailbox| &mailbox.address).chain(&self.delivered_to)
    }
}

impl fmt::Debug for Incoming {
    /// Shows ids and sizes: what customers write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .field("body", &self.body)
            .field("attachments", &self.attachments)
            .field("omitted", &self.omitted)
            .finish_non_exhaustive()
    }
}

/// The mail's id, if it has a usable one.
fn own_id(headers: &Headers) -> Option<MessageId> {
    let value = String::from_utf8_lossy(headers.raw("message-id")?).into_owned();
    MessageId::list(&value).into_iter().next().or_else(|| MessageId::parse(&value))
}

/// The hash of what does not change on a mail's way.
fn contents_id(headers: &Headers, body: &[u8]) -> MessageId {
    let field = |name| headers.raw(name).unwrap_or_default();
    let body: Vec<u8> = body.trim_ascii_end().iter().copied().filter(|byte| *byte != b'\r').collect();
    MessageId::synthesised(&[field("date"), field("from"), field("to"), field("subject"), &body])
}

fn mailboxes(headers: &Headers, name: &str, max: usize) -> Vec<Mailbox> {
    headers.all(name).flat_map(|value| Mailbox::list(value, max)).take(max).collect()
}

fn delivered_to(headers: &Headers, max: usize) -> Vec<Email> {
    let found = DELIVERED_TO.iter().flat_map(|name| mailboxes(headers, name, max));
    found.map(|mailbox| mailbox.address).take(max).collect()
}

fn return_path(headers: &Headers) -> ReturnPath {
    let Some(value) = headers.raw("return-path") else { return ReturnPath::Absent };
    let text = String::from_utf8_lossy(value);
    if matches!(text.trim(), "<>" | "<MAILER-DAEMON>") {
        return ReturnPath::Null;
    }
    let address = text.trim().trim_start_matches('<').trim_end_matches('>');
    Email::parse(address).map_or(ReturnPath::Absent, ReturnPath::Address)
}

/// The first id and the newest, where there are too many: the first is the conversation's, the newest the mail that is answered.
fn newest(mut ids: Vec<MessageId>, max: usize) -> Vec<MessageId> {
    let max = max.max(1);
    if ids.len() > max {
        ids.drain(1..=ids.len() - max);
    }
    ids
}

fn moment(date: &str) -> Option<Timestamp> {
    // The parser takes a line, with its end.
    let date = DateTime::parse_rfc822(&format!("{date}\n")).filter(DateTime::is_valid)?;
    date.to_timestamp().checked_mul(1000).map(Timestamp::from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Incoming {
        Incoming::parse(raw.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn a_mail_without_an_id_has_the_same_one_whenever_it_is_fetched() {
        let first = parse("Date: Mon, 2 Nov 2026 10:00:00 +0100\r\nFrom: a@x.test\r\n\r\nhello\r\n");
        let again = parse("Received: by z\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nFrom: a@x.test\n\nhello\n\n");
        let other = parse("Date: Mon, 2 Nov 2026 10:00:00 +0100\nFrom: a@x.test\n\nhello!\n");
        assert_eq!(first.id, again.id);
        assert_ne!(first.id, other.id);
        assert!(first.id.as_str().ends_with("@missing.invalid"));
        assert_eq!(first.date, Timestamp::parse("2026-11-02T09:00:00Z"));
    }

    #[test]
    fn references_drop_the_mail_itself_and_keep_first_and_newest() {
        let many: String = (0..300).map(|n| format!("<r{n}@x.test>\r\n ")).collect();
        let mail = parse(&format!("Message-ID: <me@x.test>\r\nReferences: {many}<me@x.test>\r\n\r\n"));
        assert_eq!(mail.references.len(), Limits::default().references_max);
        assert_eq!(mail.references[0].as_str(), "r0@x.test");
        assert_eq!(mail.references.last().unwrap().as_str(), "r299@x.test");
        assert!(!mail.references.contains(&mail.id));
    }

    #[test]
    fn what_is_no_mail_or_too_much_of_one_is_said_so() {
        let small = Limits { message_max_bytes: 10, ..Limits::default() };
        assert!(matches!(Incoming::parse(b"From: a@x.test\n", &small), Err(Unreadable::TooLarge { bytes: 15, .. })));
        for nothing in [&b""[..], b"\r\n\r\n", b"no header here", b"\0\0\0"] {
            assert_eq!(Incoming::parse(nothing, &Limits::default()).unwrap_err(), Unreadable::NoHeader);
        }
    }
}
