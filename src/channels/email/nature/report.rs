//! Reports of servers and programs: deliveries (RFC 3464, and bounces that follow no standard), read receipts (RFC 8098), complaints
//! (RFC 5965).

use std::sync::LazyLock;

use regex::Regex;

use super::{Assessment, Nature, Sign, signs};
use crate::channels::email::address::visible;
use crate::channels::email::attachment::{Attachment, AttachmentKind};
use crate::channels::email::incoming::{Incoming, ReturnPath};
use crate::channels::email::limits::{Limits, Omitted, clipped};
use crate::channels::email::message_id::MessageId;
use crate::channels::email::mime::header::{Headers, Place};
use crate::channels::email::mime::parameter::Typed;

/// The most recipients that are read of one report.
const RECIPIENTS_MAX: usize = 100;

/// How much of what the other server said is kept, in bytes.
const DIAGNOSTIC_MAX_BYTES: usize = 500;

/// The longest address that is kept, in bytes.
const ADDRESS_MAX_BYTES: usize = 320;

/// How much of a bounce's text is searched, in bytes.
const SEARCHED_BYTES: usize = 64 * 1024;

/// Subjects of bounces that follow no standard.
static BOUNCE_SUBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)undeliver|delivery (status notification|failure|has failed|failed)|mail delivery|returned mail|failure notice|delayed|unzustellbar|nicht zugestellt|non remis|no se (puede|pudo) entregar|onbestelbaar|mancata consegna|не доставлен",
    )
    .ok()
});

/// Where a report without a standard quotes the Message-ID of the mail.
static QUOTED_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?im)^[\s>]*message-id:\s*(<[^<>\s]{1,500}>)").ok());

/// An enhanced status code (RFC 3463).
static STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b([245]\.\d{1,3}\.\d{1,3})\b").ok());

/// An SMTP reply code at the beginning of a line or behind a hash.
static REPLY_CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)(?:^|[\s#:])([45]\d\d)[ -]").ok());

/// An address in angle brackets or behind a word of bounces.
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<?([^\s<>@:;,]{1,64}@[^\s<>@:;,]{1,255}\.[^\s<>@:;,.]{2,63})>?").ok());

/// What a server did with a mail for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryAction {
    /// It will not arrive.
    Failed,
    /// It is still being tried. Not a failure.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went on to a server that gives no reports.
    Relayed,
    /// It went on to several others.
    Expanded,
}

/// The class of a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// 2: it went well.
    Success,
    /// 4: it may go better later.
    Transient,
    /// 5: it will not go better.
    Permanent,
    /// No code was given.
    Unknown,
}

/// What happened for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The address as the server names it; may be one to which ours was forwarded.
    pub recipient: String,
    /// What was done.
    pub action: DeliveryAction,
    /// The class of the status.
    pub class: StatusClass,
    /// The status, `5.1.1`, where one was given.
    pub status: Option<String>,
    /// What the other server said, on one line, at most 500 bytes. Text of a stranger.
    pub diagnostic: Option<String>,
}

/// A report on a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The Message-ID of the mail, where the report has it.
    pub original: Option<MessageId>,
    /// What happened for whom; may be empty where a report follows no standard.
    pub deliveries: Vec<Delivery>,
}

/// The judgement, if the mail is a report.
pub(super) fn assess(mail: &Incoming) -> Option<Assessment> {
    let content = mail.headers.raw("content-type").map(Typed::parse).unwrap_or_default();
    let declared = content.get("report-type").unwrap_or_default().to_ascii_lowercase();
    let part = |kind: &str| mail.attachments.iter().find(|attachment| attachment.media_type == kind);
    if let Some(status) = part("message/delivery-status").or_else(|| part("message/global-delivery-status")) {
        let report = DeliveryReport { original: original(mail), deliveries: deliveries(&status.bytes) };
        return Some(found(Nature::DeliveryReport(report), "delivery-status"));
    }
    if let Some(receipt) = part("message/disposition-notification") {
        let groups = groups(&receipt.bytes);
        let original = groups.iter().find_map(|group| id(group, "original-message-id")).or_else(|| original(mail));
        return Some(found(Nature::ReadReceipt { original }, "disposition-notification"));
    }
    if part("message/feedback-report").is_some() || declared == "feedback-report" {
        return Some(found(Nature::Complaint { original: original(mail) }, "feedback-report"));
    }
    if mail.header("feedback-type").is_some() {
        let signs = vec![Sign::Header("Feedback-Type", None)];
        return Some(Assessment::new(Nature::Complaint { original: original(mail) }, signs));
    }
    bounce(mail, &declared)
}

fn found(nature: Nature, kind: &'static str) -> Assessment {
    Assessment::new(nature, vec![Sign::ReportType(kind)])
}

/// A bounce that follows no standard: from a mail server's address (or none) and with a bounce's subject.
fn bounce(mail: &Incoming, declared: &str) -> Option<Assessment> {
    let daemon = signs::machine(mail).filter(|name| matches!(*name, "mailer-daemon" | "postmaster" | "bounce"));
    let has_failed_recipients = mail.header("x-failed-recipients").is_some();
    let has_subject = BOUNCE_SUBJECT.as_ref().is_some_and(|subject| subject.is_match(mail.subject.text()));
    let is_null = mail.return_path == ReturnPath::Null;
    let is_bounce =
        declared == "delivery-status" || has_failed_recipients || (has_subject && (daemon.is_some() || is_null));
    if !is_bounce {
        return None;
    }
    let mut signs: Vec<Sign> = daemon.map(Sign::MachineAddress).into_iter().collect();
    if has_failed_recipients {
        signs.push(Sign::Header("X-Failed-Recipients", None));
    }
    if is_null {
        signs.push(Sign::NullReturnPath);
    }
    if has_subject {
        signs.push(Sign::Subject);
    }
    let report = DeliveryReport { original: original(mail), deliveries: guessed(mail) };
    Some(Assessment::new(Nature::DeliveryReport(report), signs))
}

/// What a bounce without a standard says, as far as its words tell: one delivery, failed unless it speaks of a delay.
fn guessed(mail: &Incoming) -> Vec<Delivery> {
    let text = clipped(mail.body.as_str(), SEARCHED_BYTES);
    let named = mail.header("x-failed-recipients");
    let address = |text: &str| ADDRESS.as_ref()?.captures(text).map(|found| found[1].to_owned());
    let Some(recipient) = named.as_deref().and_then(address).or_else(|| address(text)) else { return Vec::new() };
    let status = STATUS.as_ref().and_then(|status| status.captures(text)).map(|found| found[1].to_owned());
    let code = REPLY_CODE.as_ref().and_then(|code| code.captures(text)).map(|found| found[1].to_owned());
    let lower = mail.subject.text().to_lowercase();
    let is_delay = lower.contains("delay") || lower.contains("warning") || lower.contains("verzögert");
    let class = class(status.as_deref().or(code.as_deref()).unwrap_or_default());
    let action = if is_delay { DeliveryAction::Delayed } else { DeliveryAction::Failed };
    vec![Delivery { recipient, action, class, status, diagnostic: None }]
}

/// The per-recipient groups of a `message/delivery-status`.
fn deliveries(bytes: &[u8]) -> Vec<Delivery> {
    groups(bytes).iter().filter_map(delivery).take(RECIPIENTS_MAX).collect()
}

fn delivery(group: &Headers) -> Option<Delivery> {
    let recipient = group.text("final-recipient").or_else(|| group.text("original-recipient"))?;
    // `rfc822; a@b`: the address' type goes.
    let recipient = recipient.split_once(';').map_or(recipient.as_str(), |(_, address)| address).trim();
    let action = match group.text("action")?.to_ascii_lowercase().split([' ', ';', '(']).next().unwrap_or_default() {
        "delayed" => DeliveryAction::Delayed,
        "delivered" => DeliveryAction::Delivered,
        "relayed" => DeliveryAction::Relayed,
        "expanded" => DeliveryAction::Expanded,
        _ => DeliveryAction::Failed,
    };
    let given = group.text("status").unwrap_or_default();
    let diagnostic =
        group.text("diagnostic-code").map(|text| clipped(&visible(&text), DIAGNOSTIC_MAX_BYTES).to_owned());
    let find = |text: &str| STATUS.as_ref()?.captures(text).map(|found| found[1].to_owned());
    let status = find(&given).or_else(|| diagnostic.as_deref().and_then(find));
    Some(Delivery {
        recipient: clipped(&visible(recipient), ADDRESS_MAX_BYTES).to_owned(),
        action,
        class: class(status.as_deref().unwrap_or_default()),
        status,
        diagnostic,
    })
}

fn class(code: &str) -> StatusClass {
    match code.as_bytes().first() {
        Some(b'2') => StatusClass::Success,
        Some(b'4') => StatusClass::Transient,
        Some(b'5') => StatusClass::Permanent,
        _ => StatusClass::Unknown,
    }
}

/// Groups of fields with blank lines between them.
fn groups(bytes: &[u8]) -> Vec<Headers> {
    let (limits, mut omitted) = (Limits::default(), Omitted::default());
    let (mut groups, mut at) = (Vec::new(), 0);
    while at < bytes.len() && groups.len() <= RECIPIENTS_MAX {
        let (group, length) = Headers::read(&bytes[at..], Place::Mail, &limits, &mut omitted);
        at += length.max(1);
        groups.push(group);
    }
    groups
}

/// The Message-ID of the mail that a report is about: in the returned mail or its header, else quoted in the text.
fn original(mail: &Incoming) -> Option<MessageId> {
    let returned = |attachment: &&Attachment| {
        attachment.kind == AttachmentKind::Message
            || matches!(attachment.media_type.as_str(), "text/rfc822-headers" | "message/global-headers")
    };
    let header = |attachment: &Attachment| {
        let (limits, mut omitted) = (Limits::default(), Omitted::default());
        let (header, _) = Headers::read(&attachment.bytes, Place::Mail, &limits, &mut omitted);
        id(&header, "message-id")
    };
    let quoted = || {
        let text = clipped(mail.body.as_str(), SEARCHED_BYTES);
        QUOTED_ID.as_ref()?.captures(text).and_then(|found| MessageId::parse(&found[1]))
    };
    let answered = || mail.in_reply_to.first().cloned();
    mail.attachments.iter().filter(returned).find_map(header).or_else(quoted).or_else(answered)
}

fn id(header: &Headers, name: &str) -> Option<MessageId> {
    MessageId::list(&header.joined(name)).into_iter().next()
}
