//! An approved template: all that may be sent while the window is closed.

use serde_json::{Value, json};

use super::media::OutgoingMedia;
use super::within;
use crate::domain::Refusal;

/// The longest name of a template, in characters.
const NAME_MAX: usize = 512;

/// The longest name of a parameter, in characters.
const PARAMETER_NAME_MAX: usize = 20;

/// The longest value of a parameter, in UTF-16 units: the longest body of a template.
const VALUE_MAX: usize = 1_024;

/// The longest payload of a button, in UTF-16 units.
const PAYLOAD_MAX: usize = 128;

/// The most buttons of a template.
const BUTTONS_MAX: usize = 10;

/// The most parameters of one part.
const PARAMETERS_MAX: usize = 50;

/// A template with its values. Which values it takes, Meta knows: it refuses the wrong number (132000).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    name: String,
    language: String,
    header: Vec<Parameter>,
    body: Vec<Parameter>,
    buttons: Vec<TemplateButton>,
}

/// A value that a template takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// Words, by position or by name.
    Text {
        /// The name: lower-case letters and `_`.
        name: Option<String>,
        /// The words, in one line.
        value: String,
    },
    /// A file (headers).
    Media(OutgoingMedia),
}

/// What a button of a template takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateButton {
    /// A quick reply: what comes back when it is pressed.
    QuickReply(String),
    /// A link: the end of its address.
    Url(String),
}

impl Template {
    /// Checks name, language and values. A template is identified by name and language within a business account.
    ///
    /// # Errors
    /// `Invalid` when anything is blank, too long, or of another shape; when some parameters of a part have names and others
    /// do not; when words have line breaks, tabs or more than four spaces in a row, which Meta refuses.
    pub fn new(
        name: &str,
        language: &str,
        header: Vec<Parameter>,
        body: Vec<Parameter>,
        buttons: Vec<TemplateButton>,
    ) -> Result<Self, Refusal> {
        let name_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(name_fits) {
            return Err(Refusal::invalid("template.name", "must be lower-case letters, digits and _"));
        }
        let language_fits = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !(2..=10).contains(&language.len()) || !language.chars().all(language_fits) {
            return Err(Refusal::invalid("template.language", "must be a code such as en_US"));
        }
        if header.len() > 1 {
            return Err(Refusal::invalid("template.header", "takes one value"));
        }
        check_parameters(&header)?;
        check_parameters(&body)?;
        check_buttons(&buttons)?;
        Ok(Self { name: name.to_owned(), language: language.to_owned(), header, body, buttons })
    }

    pub(super) fn json(&self) -> Value {
        let mut components = Vec::new();
        for (part, parameters) in [("header", &self.header), ("body", &self.body)] {
            if !parameters.is_empty() {
                let parameters: Vec<Value> = parameters.iter().map(parameter_json).collect();
                components.push(json!({ "type": part, "parameters": parameters }));
            }
        }
        components.extend(self.buttons.iter().enumerate().map(|(index, button)| button_json(index, button)));
        json!({ "name": self.name, "language": { "code": self.language }, "components": components })
    }
}

fn check_parameters(parameters: &[Parameter]) -> Result<(), Refusal> {
    if parameters.len() > PARAMETERS_MAX {
        return Err(Refusal::invalid("template.parameters", "are too many"));
    }
    let named = |parameter: &Parameter| matches!(parameter, Parameter::Text { name: Some(_), .. });
    if parameters.iter().any(named) && !parameters.iter().all(named) {
        return Err(Refusal::invalid("template.parameters", "must all have a name, or none of them"));
    }
    for parameter in parameters {
        if let Parameter::Text { name, value } = parameter {
            check_name(name.as_deref())?;
            within("template.parameter", value, VALUE_MAX)?;
            if value.contains(['\n', '\r', '\t']) || value.contains("     ") {
                return Err(Refusal::invalid("template.parameter", "must be one line without wide gaps"));
            }
        }
    }
    Ok(())
}

fn check_name(name: Option<&str>) -> Result<(), Refusal> {
    let fits = |name: &str| {
        (1..=PARAMETER_NAME_MAX).contains(&name.len()) && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    if name.is_none_or(fits) {
        return Ok(());
    }
    Err(Refusal::invalid("template.parameter_name", "must be at most 20 lower-case letters and _"))
}

fn check_buttons(buttons: &[TemplateButton]) -> Result<(), Refusal> {
    if buttons.len() > BUTTONS_MAX {
        return Err(Refusal::invalid("template.buttons", "must be at most 10"));
    }
    for button in buttons {
        match button {
            TemplateButton::QuickReply(payload) => within("template.button.payload", payload, PAYLOAD_MAX)?,
            TemplateButton::Url(end) => within("template.button.url", end, VALUE_MAX)?,
        };
    }
    Ok(())
}

fn parameter_json(parameter: &Parameter) -> Value {
    match parameter {
        Parameter::Text { name: None, value } => json!({ "type": "text", "text": value }),
        Parameter::Text { name: Some(name), value } => {
            json!({ "type": "text", "parameter_name": name, "text": value })
        }
        Parameter::Media(media) => {
            let kind = media.kind().as_str();
            json!({ "type": kind, kind: media.json() })
        }
    }
}

/// A button's value. Meta wants the index as text.
fn button_json(index: usize, button: &TemplateButton) -> Value {
    let (kind, parameter) = match button {
        TemplateButton::QuickReply(payload) => ("quick_reply", json!({ "type": "payload", "payload": payload })),
        TemplateButton::Url(end) => ("url", json!({ "type": "text", "text": end })),
    };
    json!({ "type": "button", "sub_type": kind, "index": index.to_string(), "parameters": [parameter] })
}
