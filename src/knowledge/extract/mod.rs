//! Documents into text. Files of others are hostile until read: they are read in a process of their own ([`reader`]) that has
//! little memory, little time, no files and no environment ([`child`]), so that whatever a file does to its reader is an error
//! on the document and the server is unharmed.
//!
//! Imports nothing of ours. Deliberately absent: where documents come from, and what becomes of their text.

pub mod child;
mod clean;
mod docx;
mod hidden;
mod html;
mod pdf;
mod plain;
pub mod reader;

use serde::{Deserialize, Serialize};

pub use reader::{ReaderConfig, Readers};

/// The longest title and author that are kept, in characters.
pub const NAME_MAX_CHARS: usize = 200;

/// The least text that a language is guessed from, in characters; below it the guess is too often wrong.
const LANGUAGE_MIN_CHARS: usize = 40;

/// How much of a text its language is guessed from, in characters.
const LANGUAGE_SAMPLE_CHARS: usize = 4_000;

/// What a document's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Characters.
    Text,
    /// Characters with Markdown in them, which stays.
    Markdown,
    /// A web page.
    Html,
    /// A PDF.
    Pdf,
    /// A Word document of 2007 or later.
    Docx,
}

/// What may come of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The longest text, in characters.
    pub text_max_chars: usize,
    /// The most pages.
    pub pages_max: usize,
    /// The most bytes that a packed file may unpack to.
    pub unpacked_max_bytes: u64,
    /// The memory that reading may take, in bytes of address space.
    pub memory_max_bytes: u64,
    /// The processor time that reading may take, in seconds.
    pub cpu_max_s: u64,
}

/// What a document says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extracted {
    /// The text: plain, or Markdown where the format has headings. Lines end in `\n`; no control characters but tabs.
    pub text: String,
    /// The title that the file gives itself.
    pub title: Option<String>,
    /// Who wrote it, as the file says.
    pub author: Option<String>,
    /// Its language, as a tag like `de`: what the file says, or what its words look like.
    pub language: Option<String>,
    /// Where each page begins in the text, in characters; empty where the format has no pages.
    pub pages: Vec<usize>,
}

/// Why a file could not be read. The text is for whoever added it, and holds nothing of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is something else than it claims to be.
    #[error("it is not {0}")]
    NotThat(String),
    /// It is broken.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// A password is needed.
    #[error("it is locked with a password")]
    Locked,
    /// It has no text: scanned pages, or nothing at all.
    #[error("there is no text in it")]
    Empty,
    /// Its text is longer than may be.
    #[error("its text has more than {0} characters")]
    TextTooLong(usize),
    /// It has more pages than may be.
    #[error("it has more than {0} pages")]
    TooManyPages(usize),
    /// It unpacks to more than may be.
    #[error("it unpacks to more than {0} bytes")]
    UnpacksTooLarge(u64),
    /// Reading took longer than may be.
    #[error("it takes too long to read")]
    TooSlow,
    /// Reading took more memory or was nested deeper than may be, or ran into an error of the reader.
    #[error("it needs too much memory, is nested too deep, or is damaged")]
    Broke,
}

impl Format {
    /// The format of a content type or, where that says nothing, of a file name.
    pub fn guess(content_type: Option<&str>, file_name: Option<&str>) -> Option<Self> {
        let kind = content_type.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/markdown" | "text/x-markdown" => return Some(Self::Markdown),
            "text/html" | "application/xhtml+xml" => return Some(Self::Html),
            "application/pdf" => return Some(Self::Pdf),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => return Some(Self::Docx),
            // Browsers say `text/plain` of Markdown, or nothing.
            "text/plain" | "application/octet-stream" | "" => {}
            _ => return None,
        }
        let ending = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("md" | "markdown") => Some(Self::Markdown),
            Some("html" | "htm" | "xhtml") => Some(Self::Html),
            Some("pdf") => Some(Self::Pdf),
            Some("docx") => Some(Self::Docx),
            Some("txt" | "text" | "log") => Some(Self::Text),
            _ => (kind == "text/plain").then_some(Self::Text),
        }
    }

    /// Whether reading it is more than decoding characters, so that it needs a process of its own.
    const fn is_foreign(self) -> bool {
        !matches!(self, Self::Text | Self::Markdown)
    }
}

/// Reads a document here and now. Only [`child`] does that to foreign formats.
fn read(format: Format, charset: Option<&str>, bytes: &[u8], bounds: &Bounds) -> Result<Extracted, Fault> {
    let mut found = match format {
        Format::Text | Format::Markdown => plain::read(charset, bytes)?,
        Format::Html => html::read(charset, bytes, bounds)?,
        Format::Pdf => pdf::read(bytes, bounds)?,
        Format::Docx => docx::read(bytes, bounds)?,
    };
    if found.text.chars().nth(bounds.text_max_chars).is_some() {
        return Err(Fault::TextTooLong(bounds.text_max_chars));
    }
    if !found.text.chars().any(char::is_alphanumeric) {
        return Err(Fault::Empty);
    }
    found.title = found.title.take().and_then(|title| clean::name(&title));
    found.author = found.author.take().and_then(|author| clean::name(&author));
    found.language =
        found.language.take().and_then(|tag| clean::language(&tag)).or_else(|| guess_language(&found.text));
    Ok(found)
}

/// The language that a text's words look like, if they look like one for sure.
fn guess_language(text: &str) -> Option<String> {
    let sample: String = text.chars().take(LANGUAGE_SAMPLE_CHARS).collect();
    if sample.chars().count() < LANGUAGE_MIN_CHARS {
        return None;
    }
    let guess = whatlang::detect(&sample).filter(whatlang::Info::is_reliable)?;
    TAGS.iter().find(|(code, _)| *code == guess.lang().code()).map(|(_, tag)| (*tag).to_owned())
}

/// The short tags of languages that are guessed.
#[rustfmt::skip]
const TAGS: [(&str, &str); 30] = [
    ("eng", "en"), ("deu", "de"), ("fra", "fr"), ("spa", "es"), ("ita", "it"), ("por", "pt"), ("nld", "nl"), ("pol", "pl"),
    ("rus", "ru"), ("ukr", "uk"), ("ces", "cs"), ("slk", "sk"), ("hun", "hu"), ("ron", "ro"), ("bul", "bg"), ("ell", "el"),
    ("tur", "tr"), ("ara", "ar"), ("heb", "he"), ("swe", "sv"), ("dan", "da"), ("nob", "nb"), ("fin", "fi"), ("hrv", "hr"),
    ("jpn", "ja"), ("kor", "ko"), ("cmn", "zh"), ("hin", "hi"), ("vie", "vi"), ("ind", "id"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_says_the_format_and_the_name_where_it_does_not() {
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        for (kind, name, format) in [
            (Some("text/HTML; charset=utf-8"), None, Some(Format::Html)),
            (Some("text/plain"), Some("readme.MD"), Some(Format::Markdown)),
            (Some("text/plain"), Some("notes"), Some(Format::Text)),
            (Some("application/octet-stream"), Some("terms.pdf"), Some(Format::Pdf)),
            (Some(docx), Some("x.pdf"), Some(Format::Docx)),
            (None, Some("a.docx"), Some(Format::Docx)),
            (None, Some("a.exe"), None),
            (None, None, None),
            (Some("image/png"), Some("a.txt"), None),
        ] {
            assert_eq!(Format::guess(kind, name), format, "{kind:?} {name:?}");
        }
    }

    #[test]
    fn a_language_is_guessed_only_from_enough_words() {
        let german = "Sie können die Ware innerhalb von dreißig Tagen ohne Angabe von Gründen an uns zurückschicken.";
        assert_eq!((guess_language(german).as_deref(), guess_language("ja")), (Some("de"), None));
    }
}
