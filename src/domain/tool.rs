//! A tool of an organization's own that its assistant may use: a service of theirs that is asked over HTTP. And the model
//! that an organization brings along. Both hold secrets, which nobody is shown again.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::schema::Schema;
use super::{OrganizationId, Refusal, Timestamp};

/// The most tools of an organization: each is told to the model with every turn.
pub const TOOLS_MAX: usize = 16;

/// The longest name, in characters.
pub const TOOL_NAME_MAX_CHARS: usize = 48;

/// The longest description, in characters.
pub const DESCRIPTION_MAX_CHARS: usize = 1_000;

/// The longest address, in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// The most headers.
pub const HEADERS_MAX: usize = 16;

/// The longest value of a header, and the longest key, in bytes.
pub const SECRET_MAX_BYTES: usize = 4 * 1024;

/// How long a tool may have, in milliseconds, from and to.
pub const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 100..=15_000;

/// How much of an answer is read, in bytes, from and to.
pub const RESPONSE_BYTES: std::ops::RangeInclusive<u32> = 256..=64 * 1024;

/// The names that tools of ours have.
pub const OWN_NAMES: [&str; 4] = ["hand_over", "ask", "search_knowledge", "remember"];

/// Headers that are the connection's own matter.
const FORBIDDEN_HEADERS: [&str; 8] =
    ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

/// Something that is kept to be used and shown to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpTool {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What the model calls it; unique in the organization.
    pub name: String,
    /// What it does and when it is to be used, for the model.
    pub description: String,
    /// What it takes.
    pub arguments: Schema,
    /// How it is asked.
    pub method: ToolMethod,
    /// Where; `{name}` stands for an argument, in the path or the query.
    pub url: String,
    /// What is sent along.
    #[serde(default)]
    pub headers: Vec<ToolHeader>,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u32,
    /// How much of its answer is read, in bytes.
    pub response_max_bytes: u32,
    /// Whether the assistant may use it.
    pub enabled: bool,
    /// When it was written last.
    pub updated_at: Timestamp,
}

/// How a service is asked. With the first and the last, arguments that the address does not name are in its query; with
/// the others they are the body, as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ToolMethod {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Puts something in a place.
    Put,
    /// Changes something.
    Patch,
    /// Takes something away.
    Delete,
}

/// A header that is sent along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// The model that an organization brings along; what it leaves open is the installation's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSettings {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Where `/chat/completions` hangs, with the version. The installation's key is never sent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// The model's name as the server knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// 0..2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// How much it may write, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_max_tokens: Option<u32>,
}

/// How much a model may be let to write, in tokens.
const ANSWER_TOKENS: std::ops::RangeInclusive<u32> = 16..=8_000;

/// The longest name of a model, in bytes.
const MODEL_MAX_BYTES: usize = 200;

impl Secret {
    /// Takes a text that can be a header's value.
    ///
    /// # Errors
    /// `Invalid` on the field.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if text.is_empty() || text.len() > SECRET_MAX_BYTES || !plain {
            return Err(Refusal::invalid(field, format!("must be 1 to {SECRET_MAX_BYTES} printable ASCII characters")));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, for whoever uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl ToolMethod {
    /// The method as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether arguments are sent as a body.
    pub const fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl HttpTool {
    /// Checks the limits.
    ///
    /// # Errors
    /// `Invalid` on the first that is outside.
    pub fn check(&self) -> Result<(), Refusal> {
        let named = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if self.name.is_empty() || self.name.len() > TOOL_NAME_MAX_CHARS || !self.name.bytes().all(named) {
            let why = format!("must be 1 to {TOOL_NAME_MAX_CHARS} small letters, digits and underscores");
            return Err(Refusal::invalid("name", why));
        }
        if OWN_NAMES.contains(&self.name.as_str()) {
            return Err(Refusal::invalid("name", "is the name of a tool that every assistant has"));
        }
        if self.description.trim().is_empty() || self.description.chars().count() > DESCRIPTION_MAX_CHARS {
            let why = format!("must have between 1 and {DESCRIPTION_MAX_CHARS} characters");
            return Err(Refusal::invalid("description", why));
        }
        if !TIMEOUT_MS.contains(&self.timeout_ms) {
            return Err(Refusal::invalid("timeout_ms", between(TIMEOUT_MS, "milliseconds")));
        }
        if !RESPONSE_BYTES.contains(&self.response_max_bytes) {
            return Err(Refusal::invalid("response_max_bytes", between(RESPONSE_BYTES, "bytes")));
        }
        self.check_url()?;
        self.check_headers()
    }

    /// The names that the address stands open for.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.url.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
    }

    /// An argument may fill a part of the path or the query; the host is the organization's word alone.
    fn check_url(&self) -> Result<(), Refusal> {
        check_address("url", &self.url)?;
        let opened = self.url.matches('{').count();
        if opened != self.places().count() || self.url.matches('}').count() != opened {
            return Err(Refusal::invalid("url", "every { must be closed"));
        }
        if let Some(name) = self.places().find(|name| !self.arguments.requires_plain(name)) {
            let why = format!("{{{name}}} must name a required argument that is a text, a number or true or false");
            return Err(Refusal::invalid("url", why));
        }
        Ok(())
    }

    fn check_headers(&self) -> Result<(), Refusal> {
        if self.headers.len() > HEADERS_MAX {
            return Err(Refusal::invalid("headers", format!("must be at most {HEADERS_MAX}")));
        }
        for header in &self.headers {
            let name = header.name.to_ascii_lowercase();
            let token = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
            if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
                return Err(Refusal::invalid("headers", "a name must be 1 to 64 letters, digits, - and _"));
            }
            if FORBIDDEN_HEADERS.contains(&name.as_str()) {
                return Err(Refusal::invalid("headers", format!("`{name}` is not yours to set")));
            }
        }
        Ok(())
    }
}

impl ModelSettings {
    /// What holds where nothing is set.
    pub const fn unset(organization: OrganizationId) -> Self {
        Self { organization, base_url: None, api_key: None, model: None, temperature: None, answer_max_tokens: None }
    }

    /// Checks the limits.
    ///
    /// # Errors
    /// `Invalid` on the first that is outside.
    pub fn check(&self) -> Result<(), Refusal> {
        if let Some(url) = &self.base_url {
            check_address("base_url", url)?;
            if url.contains(['{', '}', '?', '#', '@']) {
                return Err(Refusal::invalid("base_url", "must be a plain address"));
            }
        }
        if self.model.as_ref().is_some_and(|model| model.trim().is_empty() || model.len() > MODEL_MAX_BYTES) {
            return Err(Refusal::invalid("model", format!("must have between 1 and {MODEL_MAX_BYTES} bytes")));
        }
        if self.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
            return Err(Refusal::invalid("temperature", "must be between 0 and 2"));
        }
        if self.answer_max_tokens.is_some_and(|tokens| !ANSWER_TOKENS.contains(&tokens)) {
            return Err(Refusal::invalid("answer_max_tokens", between(ANSWER_TOKENS, "tokens")));
        }
        Ok(())
    }
}

/// Over HTTP, with a host that nothing is filled into, and no name and password within.
fn check_address(field: &'static str, url: &str) -> Result<(), Refusal> {
    let wrong = || Refusal::invalid(field, "must be an address like https://api.example.com/v1");
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or_else(wrong)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = !host.is_empty() && !host.contains(['{', '}', '@', '\\', ' ']);
    let printable = url.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if plain && printable && url.len() <= URL_MAX_BYTES { Ok(()) } else { Err(wrong()) }
}

fn between(range: std::ops::RangeInclusive<u32>, unit: &str) -> String {
    format!("must be between {} and {} {unit}", range.start(), range.end())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool() -> HttpTool {
        let arguments = json!({ "type": "object", "required": ["order"],
            "properties": { "order": { "type": "string" }, "note": { "type": "string" } } });
        HttpTool {
            id: Uuid::nil(),
            organization: OrganizationId::default_organization(),
            name: "order_status".to_owned(),
            description: "Looks an order up.".to_owned(),
            arguments: Schema::parse(arguments).unwrap(),
            method: ToolMethod::Get,
            url: "https://shop.example/orders/{order}?full=1".to_owned(),
            headers: vec![ToolHeader { name: "X-Key".to_owned(), value: Secret("s3cret".to_owned()) }],
            timeout_ms: 3_000,
            response_max_bytes: 4_096,
            enabled: true,
            updated_at: Timestamp::default(),
        }
    }

    fn fault(change: impl FnOnce(&mut HttpTool)) -> String {
        let mut tool = tool();
        change(&mut tool);
        match tool.check() {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_tool_is_held_to_its_limits() {
        assert_eq!(tool().check(), Ok(()));
        assert_eq!(fault(|tool| tool.name = "Order".to_owned()), "name");
        assert_eq!(fault(|tool| tool.name = "hand_over".to_owned()), "name");
        assert_eq!(fault(|tool| tool.timeout_ms = 60_000), "timeout_ms");
        assert_eq!(fault(|tool| tool.response_max_bytes = 0), "response_max_bytes");
        for url in
            ["ftp://x/", "https://", "https://{order}/x", "https://a:b@x/", "https://x/{note}", "https://x/{order"]
        {
            assert_eq!(fault(|tool| url.clone_into(&mut tool.url)), "url", "{url}");
        }
        for name in ["Host", "a b", ""] {
            assert_eq!(fault(|tool| name.clone_into(&mut tool.headers[0].name)), "headers", "{name}");
        }
        assert!(Secret::parse("value", "a\r\nb").is_err());
    }

    #[test]
    fn a_secret_is_shown_to_nobody() {
        assert!(!format!("{:?}", tool()).contains("s3cret"));
    }

    #[test]
    fn a_model_is_held_to_its_limits() {
        let unset = || ModelSettings::unset(OrganizationId::default_organization());
        assert_eq!(unset().check(), Ok(()));
        let url = |url: &str| ModelSettings { base_url: Some(url.to_owned()), ..unset() };
        assert_eq!(url("http://127.0.0.1:11434/v1").check(), Ok(()));
        for bad in ["", "api.example.com", "https://x/?a=b", "https://user@x/"] {
            assert!(url(bad).check().is_err(), "{bad}");
        }
        assert!(ModelSettings { temperature: Some(f32::NAN), ..unset() }.check().is_err());
        assert!(ModelSettings { answer_max_tokens: Some(0), ..unset() }.check().is_err());
    }
}
