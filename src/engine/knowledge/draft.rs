//! What somebody brings, checked.

use crate::domain::Refusal;
use crate::domain::knowledge::{
    Chunking, DocumentKind, ENTRY_TEXT_MAX_CHARS, QUESTION_MAX_CHARS, TITLE_MAX_CHARS, VARIANTS_MAX,
};
use crate::knowledge::extract::Format;

/// The longest address, in bytes.
const URL_MAX_BYTES: usize = 2_048;

/// The longest name of a source, in characters.
const SOURCE_MAX_CHARS: usize = 200;

/// A document to be added, or a new version of one.
#[derive(Debug, Clone)]
pub struct DocumentDraft {
    /// What it is called; else as the file says, or is called.
    pub title: Option<String>,
    /// Who wrote it; else as the file says.
    pub author: Option<String>,
    /// How it is cut; else as it was, or as documents are.
    pub chunking: Option<Chunking>,
    /// What it is.
    pub source: NewSource,
}

/// What of a document is to be otherwise, while its text stays. What is not given stays too.
#[derive(Debug, Clone)]
pub struct DocumentChanges {
    /// What it is called.
    pub title: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// How it is cut.
    pub chunking: Option<Chunking>,
}

/// Where a document's text is.
#[derive(Debug, Clone)]
pub enum NewSource {
    /// In these bytes.
    Bytes {
        /// What they are.
        kind: DocumentKind,
        /// Their charset, where it is known.
        charset: Option<String>,
        /// They.
        bytes: Vec<u8>,
        /// What the file was called.
        file_name: Option<String>,
    },
    /// At this address.
    Url(String),
}

/// A question with its answer, to be added.
#[derive(Debug, Clone)]
pub struct FaqDraft {
    /// The question.
    pub question: String,
    /// Other ways to ask it.
    pub variants: Vec<String>,
    /// The answer.
    pub answer: String,
    /// Where more can be read.
    pub url: Option<String>,
}

/// A text to be found as it is.
#[derive(Debug, Clone)]
pub struct VectorDraft {
    /// The text.
    pub text: String,
    /// What it is called; else it begins with that.
    pub title: Option<String>,
    /// The collection that it is from.
    pub source: Option<String>,
    /// The giver's own id for it: giving it again replaces it.
    pub source_id: Option<String>,
    /// Where it can be read.
    pub url: Option<String>,
}

impl DocumentDraft {
    /// Checks a title and an author, if they are given.
    ///
    /// # Errors
    /// `Invalid` on `title` or `author`.
    pub fn new(
        title: Option<&str>,
        author: Option<&str>,
        chunking: Option<Chunking>,
        source: NewSource,
    ) -> Result<Self, Refusal> {
        let DocumentChanges { title, author, chunking } = DocumentChanges::new(title, author, chunking)?;
        Ok(Self { title, author, chunking, source })
    }
}

impl DocumentChanges {
    /// Checks a title and an author, if they are given.
    ///
    /// # Errors
    /// `Invalid` on `title` or `author`.
    pub fn new(title: Option<&str>, author: Option<&str>, chunking: Option<Chunking>) -> Result<Self, Refusal> {
        let named = |field, text: Option<&str>| text.map(|text| line(field, text, TITLE_MAX_CHARS)).transpose();
        Ok(Self { title: named("title", title)?, author: named("author", author)?, chunking })
    }
}

impl NewSource {
    /// A text that is given as such.
    ///
    /// # Errors
    /// `Invalid` on `text`.
    pub fn text(kind: DocumentKind, text: String) -> Result<Self, Refusal> {
        if text.trim().is_empty() {
            return Err(Refusal::invalid("text", "must not be blank"));
        }
        Ok(Self::Bytes { kind, charset: Some("utf-8".to_owned()), bytes: text.into_bytes(), file_name: None })
    }

    /// A file, which its content type or its name says the kind of.
    ///
    /// # Errors
    /// `Invalid` on `content_type` when it is of no kind that is read, on `file` when it is empty.
    pub fn file(content_type: Option<&str>, file_name: Option<&str>, bytes: Vec<u8>) -> Result<Self, Refusal> {
        let Some(format) = Format::guess(content_type, file_name) else {
            return Err(Refusal::invalid("content_type", "must be text, Markdown, HTML, PDF or DOCX"));
        };
        if bytes.is_empty() {
            return Err(Refusal::invalid("file", "must not be empty"));
        }
        let charset = content_type.and_then(charset);
        Ok(Self::Bytes { kind: kind(format), charset, bytes, file_name: file_name.map(str::to_owned) })
    }

    /// A page.
    ///
    /// # Errors
    /// `Invalid` on `url`.
    pub fn url(text: &str) -> Result<Self, Refusal> {
        url("url", text).map(Self::Url)
    }

    /// What it is called where nobody says so.
    pub(super) fn name(&self) -> Option<String> {
        let name = match self {
            Self::Bytes { file_name, .. } => {
                let name = file_name.as_deref()?.rsplit(['/', '\\']).next()?;
                name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
            }
            Self::Url(url) => url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned(),
        };
        let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let name: String = words.join(" ").trim().chars().take(TITLE_MAX_CHARS).collect();
        (!name.is_empty()).then_some(name)
    }
}

impl FaqDraft {
    /// Checks a question and its answer.
    ///
    /// # Errors
    /// `Invalid` on the field that is wrong.
    pub fn new(question: &str, variants: &[String], answer: &str, link: Option<&str>) -> Result<Self, Refusal> {
        if variants.len() > VARIANTS_MAX {
            return Err(Refusal::invalid("variants", format!("must be at most {VARIANTS_MAX}")));
        }
        let other = |(at, text): (usize, &String)| line(format!("variants[{at}]"), text, QUESTION_MAX_CHARS);
        Ok(Self {
            question: line("question", question, QUESTION_MAX_CHARS)?,
            variants: variants.iter().enumerate().map(other).collect::<Result<_, _>>()?,
            answer: block("answer", answer)?,
            url: link.map(|text| url("url", text)).transpose()?,
        })
    }
}

impl VectorDraft {
    /// Checks a text and what is said about it.
    ///
    /// # Errors
    /// `Invalid` on the field that is wrong.
    pub fn new(
        text: &str,
        title: Option<&str>,
        source: Option<&str>,
        source_id: Option<&str>,
        link: Option<&str>,
    ) -> Result<Self, Refusal> {
        let named = |field, text: Option<&str>| text.map(|text| line(field, text, SOURCE_MAX_CHARS)).transpose();
        Ok(Self {
            text: block("text", text)?,
            title: title.map(|text| line("metadata.title", text, TITLE_MAX_CHARS)).transpose()?,
            source: named("metadata.source", source)?,
            source_id: named("metadata.sourceId", source_id)?,
            url: link.map(|text| url("metadata.url", text)).transpose()?,
        })
    }
}

/// What a format is called in the domain.
pub(super) const fn kind(format: Format) -> DocumentKind {
    match format {
        Format::Text => DocumentKind::Text,
        Format::Markdown => DocumentKind::Markdown,
        Format::Html => DocumentKind::Html,
        Format::Pdf => DocumentKind::Pdf,
        Format::Docx => DocumentKind::Docx,
    }
}

/// The `charset` of a content type.
pub(super) fn charset(content_type: &str) -> Option<String> {
    let (_, after) = content_type.split_once("charset=")?;
    let label = after.split(';').next().unwrap_or_default().trim().trim_matches('"');
    (!label.is_empty() && label.len() <= 40).then(|| label.to_owned())
}

fn line(field: impl Into<String>, text: &str, max_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid(field.into(), "must not be blank"));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::invalid(field.into(), "must not hold control characters"));
    }
    if text.chars().count() > max_chars {
        return Err(Refusal::invalid(field.into(), format!("must be at most {max_chars} characters")));
    }
    Ok(text.to_owned())
}

fn block(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid(field, "must not be blank"));
    }
    if text.chars().count() > ENTRY_TEXT_MAX_CHARS {
        return Err(Refusal::invalid(field, format!("must be at most {ENTRY_TEXT_MAX_CHARS} characters")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Refusal::invalid(field, "must not hold control characters"));
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn url(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let read: Option<reqwest::Url> = text.parse().ok().filter(|_| text.len() <= URL_MAX_BYTES);
    match read {
        Some(url)
            if matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none() =>
        {
            Ok(url.to_string())
        }
        _ => Err(Refusal::invalid(field, format!("must be an address of the web of at most {URL_MAX_BYTES} bytes"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_called_as_its_file_or_page_is() {
        let name = |file: &str| NewSource::file(Some("text/plain"), Some(file), vec![1]).unwrap().name();
        assert_eq!(name("C:\\docs\\Terms of use.v2.txt").as_deref(), Some("Terms of use.v2"));
        assert_eq!(name(".txt"), None);
        let page = NewSource::url("https://example.com/help/returns").unwrap();
        assert_eq!(page.name().as_deref(), Some("example.com/help/returns"));
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused() {
        for bad in ["", "example.com", "file:///etc/passwd", "https://u:p@example.com", "javascript:alert(1)"] {
            assert!(NewSource::url(bad).is_err(), "{bad}");
        }
        assert!(NewSource::url(&format!("https://example.com/{}", "a".repeat(URL_MAX_BYTES))).is_err());
    }

    #[test]
    fn a_question_and_its_variants_are_lines_and_an_answer_is_a_text() {
        let draft = FaqDraft::new(" How? ", &["What way?".to_owned()], "Like\r\nthis.", None).unwrap();
        assert_eq!((draft.question.as_str(), draft.answer.as_str()), ("How?", "Like\nthis."));
        let refused = FaqDraft::new("How?", &["ok".to_owned(), "\u{7}".to_owned()], "a", None).unwrap_err();
        assert!(refused.to_string().starts_with("variants[1]"), "{refused}");
        assert!(FaqDraft::new("How?", &[], &"a".repeat(ENTRY_TEXT_MAX_CHARS + 1), None).is_err());
        assert!(FaqDraft::new("How?", &vec!["a".to_owned(); VARIANTS_MAX + 1], "a", None).is_err());
    }
}
