//! Bytes of a mail: header fields that cannot be broken out of, text, and files.
//!
//! Written here rather than by a crate, because no crate that was looked at gives three things together: the same bytes for the
//! same mail (boundaries without clock or chance), encoded words outside of quotes and cut between characters, and file names by
//! RFC 2231.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mail_parser::DateTime;
use sha2::{Digest as _, Sha256};

use super::address::{Mailbox, visible};
use super::attachment::safe_name;
use super::message_id::MessageId;
use super::outgoing::{File, MARKER_HEADER, Outgoing, Unsendable, Voice};
use super::rich;
use crate::domain::Email;

/// Where lines of a header are folded, in octets.
const FOLD_AT: usize = 76;

/// How many bytes of text go into one encoded word: base64 and its frame stay within 75 octets.
const WORD_BYTES: usize = 42;

/// How many bytes of a file go into one line of base64.
const LINE_BYTES: usize = 57;

/// Lines of text up to this length, in octets, are sent as they are.
const TEXT_LINE_MAX: usize = 76;

/// The longest subject, in bytes.
const SUBJECT_MAX_BYTES: usize = 1000;

const CRLF: &str = "\r\n";

/// Composes a mail.
pub(super) fn mail(mail: &Outgoing) -> Result<Vec<u8>, Unsendable> {
    if !mail.id.as_str().is_ascii() {
        return Err(Unsendable::Id);
    }
    let mut out = String::with_capacity(mail.text.len() * 2 + 2048);
    field(&mut out, "Date", &[DateTime::from_timestamp(mail.date.as_s()).to_rfc822()]);
    field(&mut out, "Message-ID", &[bracketed(&mail.id)]);
    field(&mut out, "From", &mailboxes(std::slice::from_ref(&mail.from))?);
    field(&mut out, "To", &mailboxes(&mail.to)?);
    if !mail.cc.is_empty() {
        field(&mut out, "Cc", &mailboxes(&mail.cc)?);
    }
    if let Some(reply_to) = &mail.reply_to {
        field(&mut out, "Reply-To", &[address(reply_to)?]);
    }
    let subject = visible(&mail.subject);
    field(&mut out, "Subject", &words(super::limits::clipped(subject.trim(), SUBJECT_MAX_BYTES)));
    if let Some(answered) = mail.in_reply_to.as_ref().filter(|id| id.as_str().is_ascii()) {
        field(&mut out, "In-Reply-To", &[bracketed(answered)]);
    }
    let references: Vec<String> = mail.written_references().into_iter().map(bracketed).collect();
    if !references.is_empty() {
        field(&mut out, "References", &references);
    }
    voice(&mut out, mail.voice);
    let marker: String = mail.marker.chars().filter(char::is_ascii_graphic).collect();
    if !marker.is_empty() {
        field(&mut out, MARKER_HEADER, &[marker]);
    }
    field(&mut out, "MIME-Version", &["1.0".to_owned()]);
    body(&mut out, mail);
    Ok(out.into_bytes())
}

fn voice(out: &mut String, voice: Voice) {
    let value = match voice {
        Voice::Person => return,
        Voice::Assistant => "auto-replied",
        Voice::Notice => "auto-generated",
    };
    field(out, "Auto-Submitted", &[value.to_owned()]);
    field(out, "X-Auto-Response-Suppress", &["All".to_owned()]);
}

/// Writes a field of words, folded between them. Words hold no space and no break: this is the one place where a line of a header
/// ends.
fn field(out: &mut String, name: &str, words: &[String]) {
    out.push_str(name);
    out.push(':');
    let mut length = name.len() + 1;
    for (at, word) in words.iter().enumerate() {
        let word: String = word.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect();
        if at > 0 && length + 1 + word.len() > FOLD_AT {
            out.push_str(CRLF);
            length = 0;
        }
        out.push(' ');
        out.push_str(&word);
        length += 1 + word.len();
    }
    out.push_str(CRLF);
}

fn bracketed(id: &MessageId) -> String {
    format!("<{id}>")
}

/// Mailboxes with commas between them, each as the words of its name and its address.
fn mailboxes(list: &[Mailbox]) -> Result<Vec<String>, Unsendable> {
    let mut written = Vec::new();
    for (at, mailbox) in list.iter().enumerate() {
        if let Some(name) = &mailbox.name {
            written.extend(phrase(name));
        }
        let comma = if at + 1 < list.len() { "," } else { "" };
        written.push(format!("{}{comma}", address(&mailbox.address)?));
    }
    Ok(written)
}

/// An address in its brackets: a dotted local part of plain characters at a domain of labels. Quoted local parts and addresses
/// beyond ASCII are not written to: few servers would take them.
fn address(email: &Email) -> Result<String, Unsendable> {
    let (local, domain) = email.as_str().rsplit_once('@').ok_or(Unsendable::Address)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let local_holds = local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_plain));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    if local_holds && domain.split('.').all(is_label) {
        Ok(format!("<{}>", email.as_str()))
    } else {
        Err(Unsendable::Address)
    }
}

/// A display name: quoted where it is ASCII, else encoded. Words in quotes may hold spaces, so it is one word.
fn phrase(name: &str) -> Vec<String> {
    let name = visible(name);
    let name = name.trim();
    let is_ascii = name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if is_ascii && name.len() <= FOLD_AT - 10 && !name.contains("=?") {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        return vec![format!("\"{quoted}\"")];
    }
    encoded(name)
}

/// Unstructured text as words: as it is where it is ASCII, else encoded.
fn words(text: &str) -> Vec<String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if is_plain && !text.contains("=?") && text.split(' ').all(|word| word.len() < FOLD_AT) {
        return text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    }
    encoded(text)
}

/// Encoded words (RFC 2047), cut between characters. Neighbours are read without the space between them.
fn encoded(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(WORD_BYTES));
        words.push(format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(piece)));
        rest = after;
    }
    words
}

fn body(out: &mut String, mail: &Outgoing) {
    if mail.files.is_empty() {
        words_of(out, mail);
        return;
    }
    let boundary = begin(out, "mixed", &mail.id);
    words_of(out, mail);
    for sent in &mail.files {
        let _ = write!(out, "\r\n--{boundary}\r\n");
        file(out, sent);
    }
    let _ = write!(out, "\r\n--{boundary}--\r\n");
}

/// The text, and the same as HTML, of which programs show what they like better.
fn words_of(out: &mut String, mail: &Outgoing) {
    let words = mail.text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    if words.trim().is_empty() && mail.html.is_none() {
        text(out, "plain", &words);
        return;
    }
    let boundary = begin(out, "alternative", &mail.id);
    text(out, "plain", &words);
    let _ = write!(out, "\r\n--{boundary}\r\n");
    let html = mail.html.as_ref().map_or_else(|| rich::page(&words), |html| rich::framed(html.as_str()));
    text(out, "html", &html);
    let _ = write!(out, "\r\n--{boundary}--\r\n");
}

/// Begins a part of several, and the first of them; gives what stands between them.
fn begin(out: &mut String, kind: &str, id: &MessageId) -> String {
    let boundary = boundary(kind, id);
    field(out, "Content-Type", &[format!("multipart/{kind};"), format!("boundary=\"{boundary}\"")]);
    let _ = write!(out, "\r\n--{boundary}\r\n");
    boundary
}

/// A boundary by the Message-ID: always the same, and not to be guessed by who writes the text before the id is made. Base64 and
/// quoted-printable never hold `=_`.
fn boundary(kind: &str, id: &MessageId) -> String {
    let digest = Sha256::digest(format!("{kind} {id}").as_bytes());
    let hex: String = digest.iter().take(15).map(|byte| format!("{byte:02x}")).collect();
    format!("=_{hex}")
}

/// A text part: as it is where every line is short ASCII, else quoted-printable, which mail readers without MIME still show.
fn text(out: &mut String, kind: &str, text: &str) {
    let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    let is_plain = |line: &&str| {
        let printable = line.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t');
        // Trailing spaces are lost on the way, and servers put a mark before From.
        printable
            && line.len() <= TEXT_LINE_MAX
            && !line.ends_with([' ', '\t'])
            && !line.starts_with("From ")
            && !line.starts_with("--")
    };
    let encoding = if lines.iter().all(is_plain) { "7bit" } else { "quoted-printable" };
    field(out, "Content-Type", &[format!("text/{kind};"), "charset=utf-8".to_owned()]);
    field(out, "Content-Transfer-Encoding", &[encoding.to_owned()]);
    out.push_str(CRLF);
    for line in lines {
        match encoding {
            "7bit" => out.push_str(line),
            _ => quoted_printable(out, line),
        }
        out.push_str(CRLF);
    }
}

/// A line as quoted-printable, with soft breaks.
fn quoted_printable(out: &mut String, line: &str) {
    let mut length = 0;
    let last = line.len().saturating_sub(1);
    for (at, byte) in line.bytes().enumerate() {
        let at_edge = at == last && matches!(byte, b' ' | b'\t');
        let begins_badly = at == 0 && matches!(byte, b'F' | b'.' | b'-');
        let is_plain = (byte.is_ascii_graphic() && byte != b'=') || matches!(byte, b' ' | b'\t');
        let needed = if is_plain && !at_edge && !begins_badly { 1 } else { 3 };
        if length + needed >= TEXT_LINE_MAX {
            out.push_str("=\r\n");
            length = 0;
        }
        if needed == 1 {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "={byte:02X}");
        }
        length += needed;
    }
}

/// A file as base64, its name for old readers and, where it is not ASCII, by RFC 2231 for the others.
fn file(out: &mut String, file: &File) {
    let name = safe_name(&file.name).unwrap_or_else(|| "file".to_owned());
    field(out, "Content-Type", &[media_type(&file.media_type).to_owned()]);
    let mut disposition = vec!["attachment;".to_owned()];
    disposition.extend(file_name(&name));
    field(out, "Content-Disposition", &disposition);
    field(out, "Content-Transfer-Encoding", &["base64".to_owned()]);
    out.push_str(CRLF);
    for (at, line) in file.bytes.chunks(LINE_BYTES).enumerate() {
        if at > 0 {
            out.push_str(CRLF);
        }
        BASE64_STANDARD.encode_string(line, out);
    }
}

/// The parameter with a file's name, in pieces of a line each where it is long or not ASCII.
fn file_name(name: &str) -> Vec<String> {
    let is_plain =
        name.len() <= 50 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" ._-+()".contains(&byte));
    if is_plain {
        return vec![format!("filename=\"{name}\"")];
    }
    let mut pieces = vec![String::from("utf-8''")];
    for byte in name.bytes() {
        let coded = match byte {
            byte if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        match pieces.last_mut() {
            Some(piece) if piece.len() + coded.len() <= 50 => piece.push_str(&coded),
            _ => pieces.push(coded),
        }
    }
    let count = pieces.len();
    let piece = |(at, piece): (usize, String)| {
        let end = if at + 1 < count { ";" } else { "" };
        if count == 1 { format!("filename*={piece}") } else { format!("filename*{at}*={piece}{end}") }
    };
    pieces.into_iter().enumerate().map(piece).collect()
}

/// The type, if it is one.
fn media_type(given: &str) -> &str {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte))
    };
    let holds = given.len() <= 127 && given.split_once('/').is_some_and(|(kind, of)| is_word(kind) && is_word(of));
    // As one part among others a mail in the mail would be read as parts of this one.
    let is_nested = given.starts_with("multipart/") || given.starts_with("message/");
    if holds && !is_nested { given } else { "application/octet-stream" }
}
