//! A document's new reading that is still to be made. It is durable, so that what waits or is under way when the process ends
//! goes on after the next start.

use serde::{Deserialize, Serialize};

use super::knowledge::DocumentKind;
use super::{DocumentId, OrganizationId};

/// How often a reading is begun. One that the process did not survive that often is given up.
pub const READING_ATTEMPTS_MAX: u32 = 3;

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Whose document it is.
    pub organization: OrganizationId,
    /// The document.
    pub document: DocumentId,
    /// Which reading of it this is.
    pub version: u32,
    /// How often it was begun.
    pub attempts: u32,
    /// What it is read from.
    pub from: ReadFrom,
    /// Whether the title is a person's, and stays whatever the file calls itself.
    pub is_titled: bool,
}

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadFrom {
    /// They were given, and are kept until they are read.
    Given {
        /// What they are.
        kind: DocumentKind,
        /// The charset that came with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        charset: Option<String>,
    },
    /// They are fetched.
    Url {
        /// From there.
        url: String,
    },
    /// They are the text of an earlier reading, which is cut anew.
    Kept {
        /// That reading.
        version: u32,
    },
}

/// What a document says, as one reading gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentText {
    /// Whose it is.
    pub organization: OrganizationId,
    /// The document.
    pub document: DocumentId,
    /// The reading.
    pub version: u32,
    /// The text.
    pub text: String,
    /// Where each page begins, in characters; empty where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<u64>,
    /// Its language, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether it is cut as Markdown; older texts do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_markdown: Option<bool>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn readings_and_texts_read_as_they_were_once_written() {
        let organization = OrganizationId::default_organization();
        let document = DocumentId(Uuid::nil());
        let from = ReadFrom::Given { kind: DocumentKind::Pdf, charset: None };
        let reading =
            Reading { organization: organization.clone(), document, version: 2, attempts: 1, from, is_titled: true };
        let written = concat!(
            r#"{"organization":"default","document":"00000000-0000-0000-0000-000000000000","version":2,"attempts":1,"#,
            r#""from":{"given":{"kind":"pdf"}},"is_titled":true}"#
        );
        assert_eq!(serde_json::to_string(&reading).unwrap(), written);
        assert_eq!(serde_json::from_str::<Reading>(written).unwrap(), reading);
        let text = DocumentText {
            organization,
            document,
            version: 2,
            text: "a".into(),
            pages: vec![0],
            language: None,
            is_markdown: None,
        };
        let written = r#"{"organization":"default","document":"00000000-0000-0000-0000-000000000000","version":2,"text":"a","pages":[0]}"#;
        assert_eq!(serde_json::to_string(&text).unwrap(), written);
        assert_eq!(serde_json::from_str::<DocumentText>(written).unwrap(), text);
    }
}
