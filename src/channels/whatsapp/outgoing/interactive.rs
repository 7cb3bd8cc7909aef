//! Words with buttons, and words with a list to choose from.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::within;
use crate::domain::Refusal;

/// The most buttons.
pub const BUTTONS_MAX: usize = 3;

/// The longest title of a button, in UTF-16 units.
pub const BUTTON_TITLE_MAX: usize = 20;

/// The longest words above buttons or a list, in UTF-16 units.
pub const BODY_MAX: usize = 1_024;

/// The longest words below, in UTF-16 units.
const FOOTER_MAX: usize = 60;

/// The longest id of a button, in UTF-16 units.
const BUTTON_ID_MAX: usize = 256;

/// The most rows of a list, over all of its sections.
pub const ROWS_MAX: usize = 10;

/// The longest title of a row or section, in UTF-16 units.
pub const ROW_TITLE_MAX: usize = 24;

/// The longest id of a row, in UTF-16 units.
pub const ROW_ID_MAX: usize = 200;

/// The longest description of a row, in UTF-16 units.
const ROW_DESCRIPTION_MAX: usize = 72;

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What comes back when it is pressed.
    pub id: String,
    /// What stands on it.
    pub title: String,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What comes back when it is chosen.
    pub id: String,
    /// What stands on it.
    pub title: String,
    /// What stands below.
    pub description: Option<String>,
}

/// Rows under a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The title; needed where there is more than one section.
    pub title: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Words with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buttons {
    body: String,
    footer: Option<String>,
    buttons: Vec<Button>,
}

/// Words with a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    body: String,
    footer: Option<String>,
    opener: String,
    sections: Vec<Section>,
}

impl Buttons {
    /// Checks words and buttons.
    ///
    /// # Errors
    /// `Invalid` when anything is blank or too long, there is no button or more than [`BUTTONS_MAX`], or two have the same title or id.
    pub fn new(body: &str, footer: Option<&str>, buttons: Vec<Button>) -> Result<Self, Refusal> {
        if buttons.is_empty() || buttons.len() > BUTTONS_MAX {
            return Err(Refusal::invalid("buttons", "must be 1 to 3"));
        }
        for button in &buttons {
            within("buttons.id", &button.id, BUTTON_ID_MAX)?;
            within("buttons.title", &button.title, BUTTON_TITLE_MAX)?;
        }
        differ("buttons.id", buttons.iter().map(|button| &button.id))?;
        differ("buttons.title", buttons.iter().map(|button| &button.title))?;
        Ok(Self { body: within("body", body, BODY_MAX)?, footer: footer_of(footer)?, buttons })
    }

    pub(super) fn json(&self) -> Value {
        let button = |button: &Button| json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } });
        let buttons: Vec<Value> = self.buttons.iter().map(button).collect();
        framed("button", &self.body, self.footer.as_deref(), json!({ "buttons": buttons }))
    }
}

impl List {
    /// Checks words and rows; `opener` stands on the button that opens the list.
    ///
    /// # Errors
    /// `Invalid` when anything is blank or too long, there is no row or more than [`ROWS_MAX`] over all sections, a section
    /// has no row, one of several has no title, or two rows have the same id.
    pub fn new(body: &str, footer: Option<&str>, opener: &str, sections: Vec<Section>) -> Result<Self, Refusal> {
        let rows = || sections.iter().flat_map(|section| &section.rows);
        if sections.iter().any(|section| section.rows.is_empty()) || !(1..=ROWS_MAX).contains(&rows().count()) {
            return Err(Refusal::invalid("rows", "must be 1 to 10 over all sections, and at least one in each"));
        }
        for section in &sections {
            match &section.title {
                Some(title) => drop(within("sections.title", title, ROW_TITLE_MAX)?),
                None if sections.len() > 1 => return Err(Refusal::invalid("sections.title", "is needed with several")),
                None => {}
            }
        }
        for row in rows() {
            within("rows.id", &row.id, ROW_ID_MAX)?;
            within("rows.title", &row.title, ROW_TITLE_MAX)?;
            row.description
                .as_deref()
                .map_or(Ok(()), |text| within("rows.description", text, ROW_DESCRIPTION_MAX).map(drop))?;
        }
        differ("rows.id", rows().map(|row| &row.id))?;
        let (body, opener) = (within("body", body, BODY_MAX)?, within("opener", opener, BUTTON_TITLE_MAX)?);
        Ok(Self { body, footer: footer_of(footer)?, opener, sections })
    }

    pub(super) fn json(&self) -> Value {
        let sections: Vec<Value> = self.sections.iter().map(section_json).collect();
        let action = json!({ "button": self.opener, "sections": sections });
        framed("list", &self.body, self.footer.as_deref(), action)
    }
}

fn section_json(section: &Section) -> Value {
    let rows: Vec<Value> = section.rows.iter().map(row_json).collect();
    match &section.title {
        Some(title) => json!({ "title": title, "rows": rows }),
        None => json!({ "rows": rows }),
    }
}

fn row_json(row: &Row) -> Value {
    match &row.description {
        Some(description) => json!({ "id": row.id, "title": row.title, "description": description }),
        None => json!({ "id": row.id, "title": row.title }),
    }
}

fn framed(kind: &str, body: &str, footer: Option<&str>, action: Value) -> Value {
    let mut framed = json!({ "type": kind, "body": { "text": body }, "action": action });
    if let Some(footer) = footer {
        framed["footer"] = json!({ "text": footer });
    }
    framed
}

fn footer_of(footer: Option<&str>) -> Result<Option<String>, Refusal> {
    footer.map(|footer| within("footer", footer, FOOTER_MAX)).transpose()
}

fn differ<'a>(field: &'static str, mut texts: impl Iterator<Item = &'a String>) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    if texts.all(|text| seen.insert(text)) { Ok(()) } else { Err(Refusal::invalid(field, "must differ")) }
}
