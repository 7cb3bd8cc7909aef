//! Files that go with a message: what of them stands in the log. The bytes are kept elsewhere, by their digest.
//!
//! A message of files alone has a readable stand-in for its text ([`stand_in`]): [`Body`] stays what is never blank, and
//! whoever knows no files (an older client, a list, a webhook) shows something that makes sense. Who shows the files leaves
//! the stand-in out ([`says_only_files`]).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::clipped;
use super::{Body, FileId, Refusal};

/// The most files of one message.
pub const ATTACHMENTS_MAX: usize = 10;

/// The longest file name, in characters, ending included.
const NAME_MAX_CHARS: usize = 120;

/// The longest file name, in bytes: what file systems take.
const NAME_MAX_BYTES: usize = 255;

/// The longest ending that is kept when a name is cut, in characters.
const ENDING_MAX_CHARS: usize = 12;

/// The longest media type, in bytes.
const MEDIA_TYPE_MAX_BYTES: usize = 100;

/// Names that mean a device on Windows, whatever ending they have.
const DEVICES: [&str; 8] = ["con", "prn", "aux", "nul", "com1", "com2", "lpt1", "lpt2"];

/// What of a file stands in the log with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id, by which it is fetched in its session.
    pub id: FileId,
    /// A name that is safe to show and to store under.
    pub name: FileName,
    /// What the bytes are, by their own look.
    pub media_type: MediaType,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// As what it is shown.
    pub kind: AttachmentKind,
}

/// As what a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// A film.
    Video,
    /// Something to read.
    Document,
    /// Anything else: an archive, a program, bytes that nobody knows.
    Other,
}

/// A file name without paths, control and direction marks, at most 255 bytes.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(Arc<str>);

/// A media type in lower case, without parameters: `image/png`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Arc<str>);

/// A SHA-256 as 64 hexadecimal digits in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(Arc<str>);

impl AttachmentKind {
    /// The kind in lower case, as people and models read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
            Self::Other => "other",
        }
    }
}

impl FileName {
    /// A name that is safe on every system, made of what somebody gave; none where nothing of it is left.
    pub fn clean(given: &str) -> Option<Self> {
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = last
            .chars()
            .filter(|c| !is_mark(*c))
            .map(|c| if c.is_control() || "<>:\"|?*".contains(c) { '_' } else { c })
            .collect();
        let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
        if clean.is_empty() || clean.chars().all(|c| c == '_') {
            return None;
        }
        let stem = clean.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let clean = if DEVICES.contains(&stem.as_str()) { format!("_{clean}") } else { clean.to_owned() };
        Some(Self(short(&clean).into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot, in lower case; empty where there is none.
    pub fn ending(&self) -> String {
        self.0.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_ascii_lowercase())
    }
}

impl fmt::Debug for FileName {
    /// Shows the length only: a name is a customer's text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileName({} bytes)", self.0.len())
    }
}

impl MediaType {
    /// Reads a type; parameters are left out. None where it is no type.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (kind, sub) = plain.split_once('/')?;
        let token = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        (plain.len() <= MEDIA_TYPE_MAX_BYTES && token(kind) && token(sub)).then(|| Self(plain.into()))
    }

    /// Bytes that nobody knows.
    pub fn unknown() -> Self {
        Self("application/octet-stream".into())
    }

    /// The type.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As what a file of this type is shown. HTML and SVG are no documents and no pictures: both may hold a program.
    pub fn kind(&self) -> AttachmentKind {
        let kind = self.0.split('/').next().unwrap_or_default();
        match (kind, &*self.0) {
            (_, "image/svg+xml" | "text/html") => AttachmentKind::Other,
            ("image", _) => AttachmentKind::Image,
            ("audio", _) => AttachmentKind::Audio,
            ("video", _) => AttachmentKind::Video,
            ("text", _) | (_, "application/pdf" | "application/rtf" | "application/msword" | "application/json") => {
                AttachmentKind::Document
            }
            (_, office) if office.contains("officedocument") || office.contains("opendocument") => {
                AttachmentKind::Document
            }
            (_, "application/vnd.ms-excel" | "application/vnd.ms-powerpoint" | "application/x-ole-storage") => {
                AttachmentKind::Document
            }
            _ => AttachmentKind::Other,
        }
    }
}

impl Digest {
    /// Of a SHA-256.
    pub fn of_sha256(hash: [u8; 32]) -> Self {
        use fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in hash {
            // Writing to a text never fails.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(clipped(&self.0, 12))
    }
}

/// Checks how many files a message has.
///
/// # Errors
/// `Invalid` above [`ATTACHMENTS_MAX`], or when the same file is there twice.
pub fn check_attachments(attachments: &[Attachment]) -> Result<(), Refusal> {
    if attachments.len() > ATTACHMENTS_MAX {
        return Err(Refusal::invalid("attachments", "must be at most 10"));
    }
    let twice = |at: usize, id: FileId| attachments.iter().skip(at + 1).any(|other| other.id == id);
    if attachments.iter().enumerate().any(|(at, attachment)| twice(at, attachment.id)) {
        return Err(Refusal::invalid("attachments", "must not name a file twice"));
    }
    Ok(())
}

/// The text of a message that has files: what was written, or a stand-in where nothing was.
///
/// # Errors
/// As [`Body::parse`]; `Invalid` where there is neither text nor a file.
pub fn body_with(field: &'static str, text: &str, attachments: &[Attachment]) -> Result<Body, Refusal> {
    if text.trim().is_empty() && !attachments.is_empty() {
        return Ok(stand_in(attachments));
    }
    Body::parse(field, text)
}

/// Stands for the text of a message of files alone: `[image: garden.jpg]`, a line for each.
pub fn stand_in(attachments: &[Attachment]) -> Body {
    let line = |attachment: &Attachment| match attachment.kind {
        AttachmentKind::Document | AttachmentKind::Other => format!("[file: {}]", attachment.name.as_str()),
        kind => format!("[{}: {}]", kind.as_str(), attachment.name.as_str()),
    };
    Body::clipped(&attachments.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Whether a message's text only stands for its files.
pub fn says_only_files(body: &Body, attachments: &[Attachment]) -> bool {
    !attachments.is_empty() && *body == stand_in(attachments)
}

/// What is remembered of a message, and what a model reads: the text, and a plain line for each file. The lines say that there
/// is a file, and nothing that is in it.
pub fn readable(body: &Body, attachments: &[Attachment]) -> Arc<str> {
    if attachments.is_empty() {
        return body.shared();
    }
    let line = |attachment: &Attachment| format!("[file: {}, {}]", attachment.name.as_str(), attachment.kind.as_str());
    let said = (!says_only_files(body, attachments)).then(|| body.as_str().to_owned());
    said.into_iter().chain(attachments.iter().map(line)).collect::<Vec<_>>().join("\n").into()
}

/// Characters that turn or hide text: a name that reads `exe.pdf` must not be one that ends in `.exe`.
pub const fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The name within its limits, its ending kept.
fn short(name: &str) -> String {
    if name.len() <= NAME_MAX_BYTES && name.chars().count() <= NAME_MAX_CHARS {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|e| e.chars().count() <= ENDING_MAX_CHARS);
    let ending = ending.map_or_else(String::new, |ending| format!(".{ending}"));
    let head: String = name.chars().take(NAME_MAX_CHARS - ending.chars().count()).collect();
    let head = clipped(&head, NAME_MAX_BYTES - ending.len());
    if ending.is_empty() { head.to_owned() } else { format!("{}{ending}", head.trim_end_matches('.')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(name: &str, media_type: &str) -> Attachment {
        let media_type = MediaType::parse(media_type).unwrap();
        Attachment {
            id: FileId(uuid::Uuid::from_u128(name.len() as u128)),
            name: FileName::clean(name).unwrap(),
            kind: media_type.kind(),
            media_type,
            bytes: 3,
            digest: Digest::of_sha256([0xAB; 32]),
        }
    }

    #[test]
    fn a_name_holds_no_path_and_nothing_that_misleads() {
        fn name(given: &str) -> Option<String> {
            FileName::clean(given).map(|name| name.as_str().to_owned())
        }
        assert_eq!(name("../../etc/passwd").unwrap(), "passwd");
        assert_eq!(name("C:\\Users\\jo\\bill.pdf").unwrap(), "bill.pdf");
        assert_eq!(name("photo\u{202e}gpj.exe").unwrap(), "photogpj.exe");
        assert_eq!(name("a\r\nb?.txt").unwrap(), "a__b_.txt");
        assert_eq!(name("NUL.txt").unwrap(), "_NUL.txt");
        assert_eq!(name("Grüße 你好.pdf").unwrap(), "Grüße 你好.pdf");
        for empty in ["", "...", "/", " . ", "???"] {
            assert_eq!(name(empty), None, "{empty:?}");
        }
        let long = name(&format!("{}.pdf", "x".repeat(300))).unwrap();
        assert!(long.len() == 120 && long.ends_with("x.pdf"), "{long}");
        let wide = name(&format!("{}.pdf", "語".repeat(300))).unwrap();
        assert!(wide.len() <= NAME_MAX_BYTES && wide.ends_with("語.pdf"), "{wide}");
    }

    #[test]
    fn a_type_is_read_without_its_parameters_and_only_if_it_is_one() {
        let read = |text| MediaType::parse(text).map(|read| read.as_str().to_owned());
        assert_eq!(read("Audio/OGG; codecs=opus").unwrap(), "audio/ogg");
        for bad in ["", "image", "image/", "/png", "a/b/c", "te xt/plain", "text/pl\nain"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        let kind = |text| MediaType::parse(text).unwrap().kind();
        assert_eq!(kind("image/png"), AttachmentKind::Image);
        assert_eq!(kind("image/svg+xml"), AttachmentKind::Other);
        assert_eq!(
            kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            AttachmentKind::Document
        );
    }

    #[test]
    fn a_message_of_files_alone_says_so_and_a_model_reads_plain_lines() {
        let files = [attachment("garden.jpg", "image/jpeg"), attachment("bill 7.pdf", "application/pdf")];
        let body = body_with("text", " \n", &files).unwrap();
        assert_eq!(body.as_str(), "[image: garden.jpg]\n[file: bill 7.pdf]");
        assert!(says_only_files(&body, &files) && !says_only_files(&body, &files[..1]));
        assert_eq!(&*readable(&body, &files), "[file: garden.jpg, image]\n[file: bill 7.pdf, document]");
        let body = body_with("text", "See this.", &files[..1]).unwrap();
        assert_eq!(&*readable(&body, &files[..1]), "See this.\n[file: garden.jpg, image]");
        assert!(body_with("text", "", &[]).is_err(), "neither text nor a file");
        assert_eq!(&*readable(&body, &[]), "See this.");
    }

    #[test]
    fn a_message_has_ten_files_at_most_and_none_of_them_twice() {
        let files: Vec<_> = (1..=11).map(|n| attachment(&"x".repeat(n), "image/png")).collect();
        assert_eq!(check_attachments(&files[..10]), Ok(()));
        assert!(check_attachments(&files).is_err());
        assert!(check_attachments(&[files[0].clone(), files[1].clone(), files[0].clone()]).is_err());
    }
}
