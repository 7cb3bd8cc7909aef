//! Attachments: what came with the text, with a name that is safe to show and to store under.

use super::mime::tree::Leaf;
use super::mime::{encoded, transfer};
use crate::domain::FileName;

/// What an attachment is, by what its sender says. Whoever stores it sniffs the contents again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentKind {
    /// A file or a picture.
    File,
    /// An invitation or an answer to one (`text/calendar`).
    Calendar,
    /// A whole mail, unopened (`message/rfc822`).
    Message,
    /// Outlook's `winmail.dat`, unopened.
    Tnef,
    /// A signature over the mail (S/MIME, PGP): nothing to show.
    Signature,
    /// Encrypted or opaquely signed contents (S/MIME, PGP), unopened.
    Encrypted,
    /// A machine's report: a delivery status, a read receipt, a complaint, or the header of the mail that it is about.
    Report,
}

/// What came with the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// A name without paths, control and direction marks, at most 120 characters; made up where none was given.
    pub name: String,
    /// The declared type in lower case (`image/png`): the sender's word, `application/octet-stream` where it is none.
    pub media_type: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// The Content-ID without its brackets, by which HTML shows it (`cid:`).
    pub content_id: Option<String>,
    /// Was it to be shown within the text?
    pub inline: bool,
    /// The decoded bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    /// Shows kind, type and size: names and contents are the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({:?}, {}, {} bytes)", self.kind, self.media_type, self.bytes.len())
    }
}

impl Attachment {
    /// Makes one of a part. `number` counts from 1 and is in the name where none is given.
    pub(super) fn of(leaf: &Leaf<'_>, number: usize) -> Self {
        let given = leaf.disposition.get("filename").or_else(|| leaf.content.get("name"));
        let kind = kind(&leaf.content.kind, given.unwrap_or_default());
        let media_type = if leaf.content.kind.is_empty() { "application/octet-stream" } else { &leaf.content.kind };
        let encoding = leaf.headers.text("content-transfer-encoding").unwrap_or_default();
        let content_id = leaf.headers.raw("content-id").map(encoded::decode);
        let content_id =
            content_id.map(|id| id.trim().trim_matches(['<', '>']).chars().filter(|c| !c.is_control()).collect());
        Self {
            name: given.and_then(safe_name).unwrap_or_else(|| made_up(kind, media_type, number)),
            media_type: media_type.to_owned(),
            kind,
            inline: leaf.disposition.kind == "inline" || (leaf.disposition.kind.is_empty() && content_id.is_some()),
            content_id: content_id.filter(|id: &String| !id.is_empty()),
            bytes: transfer::decode(&encoding, leaf.body).into_owned(),
        }
    }
}

fn kind(media_type: &str, name: &str) -> AttachmentKind {
    match media_type {
        "text/calendar" | "application/ics" => AttachmentKind::Calendar,
        "message/rfc822" | "message/global" => AttachmentKind::Message,
        "application/ms-tnef" | "application/vnd.ms-tnef" => AttachmentKind::Tnef,
        "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature" => {
            AttachmentKind::Signature
        }
        "application/pkcs7-mime" | "application/x-pkcs7-mime" | "application/pgp-encrypted" => {
            AttachmentKind::Encrypted
        }
        "message/delivery-status"
        | "message/global-delivery-status"
        | "message/disposition-notification"
        | "message/feedback-report"
        | "text/rfc822-headers"
        | "message/global-headers" => AttachmentKind::Report,
        _ if name.eq_ignore_ascii_case("winmail.dat") => AttachmentKind::Tnef,
        _ => AttachmentKind::File,
    }
}

/// A name that is safe on every system, or nothing.
pub(super) fn safe_name(given: &str) -> Option<String> {
    FileName::clean(given).map(|name| name.as_str().to_owned())
}

fn made_up(kind: AttachmentKind, media_type: &str, number: usize) -> String {
    match kind {
        AttachmentKind::Calendar => "invitation.ics".to_owned(),
        AttachmentKind::Message => format!("message-{number}.eml"),
        AttachmentKind::Tnef => "winmail.dat".to_owned(),
        AttachmentKind::Signature => "signature.bin".to_owned(),
        AttachmentKind::Encrypted => "encrypted.bin".to_owned(),
        AttachmentKind::Report => "report.txt".to_owned(),
        AttachmentKind::File => format!("attachment-{number}.{}", ending(media_type)),
    }
}

fn ending(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/heic" => "heic",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "video/mp4" => "mp4",
        _ => "bin",
    }
}
