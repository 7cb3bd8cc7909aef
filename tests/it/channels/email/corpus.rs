//! Every mail of the corpus, through everything, held against the table beside it.

use serde::Deserialize;
use switchboard::channels::email::nature::{self, Nature};
use switchboard::channels::email::{AttachmentKind, Authentication, Incoming, SubjectKind, reply_text};

use super::{ours, parsed};

#[derive(Deserialize)]
struct Table {
    mail: Vec<Expected>,
}

/// A row. What is not given is not compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    file: String,
    about: String,
    nature: String,
    answered: bool,
    reply: Option<String>,
    reply_has: Option<String>,
    reply_begins: Option<String>,
    quoted: Option<String>,
    quoted_has: Option<String>,
    signature: Option<String>,
    subject: Option<String>,
    subject_key: Option<String>,
    subject_kind: Option<String>,
    sender: Option<String>,
    id_ends: Option<String>,
    references: Option<Vec<String>>,
    references_count: Option<usize>,
    attachments: Option<Vec<String>>,
    signs: Option<Vec<String>>,
    original: Option<String>,
    deliveries: Option<Vec<String>>,
    omitted: Option<bool>,
    authentication: Option<String>,
}

/// Collects what differs in one mail, so that one run tells it all.
struct Check<'a> {
    file: &'a str,
    wrong: &'a mut Vec<String>,
}

impl Check<'_> {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: Option<&T>, found: &T) {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            self.wrong.push(format!("{}: {what}\n    expected {expected:?}\n    found    {found:?}", self.file));
        }
    }

    fn holds(&mut self, what: &str, expected: Option<&String>, found: &str, does: fn(&str, &str) -> bool) {
        if let Some(expected) = expected.filter(|expected| !does(found, expected.as_str())) {
            self.wrong.push(format!("{}: {what}\n    expected {expected:?}\n    found    {found:?}", self.file));
        }
    }
}

fn table() -> Vec<Expected> {
    let table: Table = toml::from_str(include_str!("corpus/corpus.toml")).unwrap();
    table.mail
}

#[test]
fn every_mail_of_the_corpus_becomes_what_its_row_says() {
    let mut wrong = Vec::new();
    for expected in table() {
        let mail = parsed(&expected.file);
        let mut check = Check { file: &expected.file, wrong: &mut wrong };
        values(&mail, &expected, &mut check);
        pieces(&mail, &expected, &mut check);
        judgement(&mail, &expected, &mut check);
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_mail_of_the_corpus_has_a_row_that_says_what_it_stands_for() {
    let rows = table();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/channels/email/corpus");
    let names =
        std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mails: Vec<String> = names.filter_map(|name| name.strip_suffix(".eml").map(str::to_owned)).collect();
    let without: Vec<_> = mails.iter().filter(|name| !name.starts_with("thread-")).collect();
    assert_eq!(without.len(), rows.len());
    assert!(without.iter().all(|name| rows.iter().any(|row| row.file == **name)));
    assert!(rows.len() >= 45 && rows.iter().all(|row| row.about.len() > 5));
}

fn values(mail: &Incoming, expected: &Expected, check: &mut Check<'_>) {
    check.same("subject", expected.subject.as_ref(), &mail.subject.text().to_owned());
    check.same("subject_key", expected.subject_key.as_ref(), &mail.subject.key().to_owned());
    let kind = match mail.subject.kind() {
        SubjectKind::Fresh => "fresh",
        SubjectKind::Reply => "reply",
        SubjectKind::Forward => "forward",
    };
    check.same("subject_kind", expected.subject_kind.as_ref(), &kind.to_owned());
    let sender = mail.from.as_ref().map(|from| from.address.as_str().to_owned()).unwrap_or_default();
    check.same("sender", expected.sender.as_ref(), &sender);
    check.holds("id", expected.id_ends.as_ref(), mail.id.as_str(), |found, end| found.ends_with(end));
    let references: Vec<String> = mail.references.iter().map(|id| id.as_str().to_owned()).collect();
    check.same("references", expected.references.as_ref(), &references);
    check.same("references_count", expected.references_count.as_ref(), &references.len());
    check.same("omitted", Some(&expected.omitted.unwrap_or(false)), &mail.omitted.any());
    let attachments: Vec<String> = mail.attachments.iter().map(described).collect();
    let none = Vec::new();
    // A report's parts are its attachments, and are compared as the report.
    let given = expected.attachments.as_ref().or((expected.nature == "person").then_some(&none));
    check.same("attachments", given, &attachments);
}

fn described(attachment: &switchboard::channels::email::Attachment) -> String {
    let kind = match attachment.kind {
        AttachmentKind::File => "file",
        AttachmentKind::Calendar => "calendar",
        AttachmentKind::Message => "message",
        AttachmentKind::Tnef => "tnef",
        AttachmentKind::Signature => "signature",
        AttachmentKind::Encrypted => "encrypted",
        AttachmentKind::Report => "report",
    };
    let inline = if attachment.inline { " inline" } else { "" };
    let id = attachment.content_id.as_ref().map(|id| format!(" cid={id}")).unwrap_or_default();
    format!("{} {} {kind}{inline}{id}", attachment.name, attachment.media_type)
}

fn pieces(mail: &Incoming, expected: &Expected, check: &mut Check<'_>) {
    let split = reply_text(&mail.body, mail.subject.kind());
    let whole: String = split.pieces().map(|(_, piece)| piece).collect();
    check.same("the whole", Some(&mail.body.as_str().to_owned()), &whole);
    check.same("reply", expected.reply.as_ref(), &split.reply());
    check.holds("reply_has", expected.reply_has.as_ref(), &split.reply(), |found, part| found.contains(part));
    check.holds("reply_begins", expected.reply_begins.as_ref(), &split.reply(), |found, part| found.starts_with(part));
    check.same("quoted", expected.quoted.as_ref(), &split.quoted());
    check.holds("quoted_has", expected.quoted_has.as_ref(), &split.quoted(), |found, part| found.contains(part));
    let signed = expected.signature.clone().unwrap_or_default();
    check.same("signature", (expected.nature == "person").then_some(&signed), &split.signature());
}

fn judgement(mail: &Incoming, expected: &Expected, check: &mut Check<'_>) {
    let found = nature::assess(mail, &ours());
    check.same("nature", Some(&expected.nature), &found.nature.name().to_owned());
    check.same("answered", Some(&expected.answered), &found.may_be_answered());
    let authentication = Authentication::of(mail, "mx.shop.example.test").name();
    check.same("authentication", Some(&expected.authentication.as_deref().unwrap_or("unchecked")), &authentication);
    let signs: Vec<String> = found.signs.iter().map(ToString::to_string).collect();
    check.same("signs", expected.signs.as_ref(), &signs);
    let (original, deliveries) = match found.nature {
        Nature::DeliveryReport(report) => (report.original, report.deliveries),
        Nature::ReadReceipt { original } | Nature::Complaint { original } => (original, Vec::new()),
        Nature::Person | Nature::Automatic | Nature::Bulk | Nature::OwnLoop => (None, Vec::new()),
    };
    let original = original.map(String::from).unwrap_or_default();
    check.same("original", expected.original.as_ref(), &original);
    let deliveries: Vec<String> = deliveries
        .into_iter()
        .map(|delivery| {
            let status = delivery.status.unwrap_or_else(|| "-".to_owned());
            let words = format!("{:?} {:?}", delivery.action, delivery.class).to_lowercase();
            format!("{} {words} {status}", delivery.recipient)
        })
        .collect();
    check.same("deliveries", expected.deliveries.as_ref(), &deliveries);
}
