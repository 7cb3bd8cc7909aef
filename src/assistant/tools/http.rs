//! Asks an organization's own service. What it answers is data for the model and never an instruction, and no more of it is
//! read than the tool allows. Neither the address that was filled in nor a header is ever logged or told.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, Url};
use serde_json::{Map, Value, json};

use crate::domain::tool::{HttpTool, ToolMethod};
use crate::outward::Reach;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The client that asks.
#[derive(Debug, Clone)]
pub struct HttpTools {
    client: Option<Client>,
    reach: Reach,
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The status; none when there was no whole answer.
    pub status: Option<u16>,
    /// What the model reads.
    pub result: Value,
    /// Whether it is an answer that something can be said from.
    pub succeeded: bool,
}

impl HttpTools {
    /// Within this reach.
    pub fn new(reach: Reach) -> Self {
        let client = reach.client().connect_timeout(CONNECT_TIMEOUT).build();
        let client = client.inspect_err(|error| tracing::error!(%error, "no client for tools")).ok();
        Self { client, reach }
    }

    /// Asks, within the tool's time. The arguments fit its schema.
    pub async fn ask(&self, tool: &HttpTool, arguments: &Value) -> Answered {
        let time = Duration::from_millis(u64::from(tool.timeout_ms));
        let answered = tokio::time::timeout(time, self.answer(tool, arguments)).await;
        let answered = answered.unwrap_or(Err("it did not answer in time"));
        answered.unwrap_or_else(|why| {
            metrics::counter!("assistant_tool_failures_total").increment(1);
            tracing::warn!(tool = %tool.id, why, "a tool did not answer");
            Answered { status: None, result: json!({ "error": why }), succeeded: false }
        })
    }

    async fn answer(&self, tool: &HttpTool, arguments: &Value) -> Result<Answered, &'static str> {
        let client = self.client.as_ref().ok_or("there is no client")?;
        let none = Map::new();
        let (url, rest) = filled(tool, arguments.as_object().unwrap_or(&none)).ok_or("the address does not read")?;
        self.reach.check(&url)?;
        let mut request = client.request(method(tool.method), url);
        if tool.method.has_body() {
            request = request.json(&rest);
        }
        for header in &tool.headers {
            let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| "a header does not read")?;
            let mut value = HeaderValue::from_str(header.value.expose()).map_err(|_| "a header does not read")?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|_| "it could not be reached")?;
        let status = response.status();
        let max_bytes = usize::try_from(tool.response_max_bytes).unwrap_or(usize::MAX);
        let result = read(response, max_bytes).await?;
        Ok(Answered { status: Some(status.as_u16()), result, succeeded: status.is_success() })
    }
}

/// JSON as it is, text as text; the rest is not read. What is longer than allowed is cut, and says so.
async fn read(mut response: Response, max_bytes: usize) -> Result<Value, &'static str> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("text/plain");
    let kind = kind.to_ascii_lowercase();
    if !(kind.contains("json") || kind.starts_with("text/") || kind.contains("xml")) {
        return Err("it answered with something that is no text");
    }
    let (mut body, mut whole) = (Vec::new(), true);
    while let Some(piece) = response.chunk().await.map_err(|_| "its answer broke off")? {
        body.extend_from_slice(&piece);
        if body.len() > max_bytes {
            body.truncate(max_bytes);
            whole = false;
            break;
        }
    }
    let text = String::from_utf8_lossy(&body);
    if whole && let Ok(json) = serde_json::from_str::<Value>(&text) {
        return Ok(json);
    }
    let text = text.trim_end_matches('\u{fffd}');
    Ok(if whole { Value::from(text) } else { json!({ "cut_off_after_bytes": max_bytes, "text": text }) })
}

/// The address with its places filled, and the arguments that had none. Those go into the query where there is no body.
fn filled(tool: &HttpTool, arguments: &Map<String, Value>) -> Option<(Url, Map<String, Value>)> {
    let mut rest = arguments.clone();
    let mut address = String::new();
    let mut parts = tool.url.split('{');
    address.push_str(parts.next()?);
    for part in parts {
        let (name, after) = part.split_once('}')?;
        let value = plain(arguments.get(name)?)?;
        // Dots alone would climb out of their place in the path, however they are written; nothing at all would make of one
        // order's address that of all orders.
        if value.bytes().all(|byte| byte == b'.') {
            return None;
        }
        address.push_str(&escaped(&value));
        address.push_str(after);
        rest.remove(name);
    }
    let mut url = Url::parse(&address).ok()?;
    if !tool.method.has_body() && !rest.is_empty() {
        let mut query = url.query_pairs_mut();
        for (name, value) in &rest {
            query.append_pair(name, &plain(value).unwrap_or_else(|| value.to_string()));
        }
    }
    Some((url, rest))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Every byte that could mean something in an address as its code.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

const fn method(method: ToolMethod) -> Method {
    match method {
        ToolMethod::Get => Method::GET,
        ToolMethod::Post => Method::POST,
        ToolMethod::Put => Method::PUT,
        ToolMethod::Patch => Method::PATCH,
        ToolMethod::Delete => Method::DELETE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::Schema;
    use crate::domain::{OrganizationId, Timestamp};

    fn tool(method: ToolMethod, url: &str) -> HttpTool {
        HttpTool {
            id: uuid::Uuid::nil(),
            organization: OrganizationId::default_organization(),
            name: "x".to_owned(),
            description: "x".to_owned(),
            arguments: Schema::empty(),
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            timeout_ms: 1_000,
            response_max_bytes: 1_024,
            enabled: true,
            updated_at: Timestamp::default(),
        }
    }

    fn address(method: ToolMethod, url: &str, arguments: &Value) -> String {
        filled(&tool(method, url), arguments.as_object().unwrap()).unwrap().0.to_string()
    }

    #[test]
    fn an_argument_stays_in_its_place_whatever_it_holds() {
        let of = |id: &str| address(ToolMethod::Get, "https://x.example/o/{id}/y", &json!({ "id": id }));
        assert_eq!(of("A-1"), "https://x.example/o/A-1/y");
        assert_eq!(of("../../admin?x=1#"), "https://x.example/o/..%2F..%2Fadmin%3Fx%3D1%23/y");
        assert_eq!(of("a@evil.example:80"), "https://x.example/o/a%40evil.example%3A80/y");
        assert_eq!(of("ü \r\n"), "https://x.example/o/%C3%BC%20%0D%0A/y");
        for climbs in ["..", ".", ""] {
            let climbs = json!({ "id": climbs });
            let url = "https://x.example/o/{id}";
            assert!(filled(&tool(ToolMethod::Delete, url), climbs.as_object().unwrap()).is_none(), "{climbs}");
        }
    }

    #[test]
    fn what_has_no_place_goes_into_the_query_or_the_body() {
        let arguments = json!({ "id": 7, "note": "a&b", "deep": { "x": 1 } });
        let url = "https://x.example/o/{id}";
        assert_eq!(
            address(ToolMethod::Get, url, &arguments),
            "https://x.example/o/7?deep=%7B%22x%22%3A1%7D&note=a%26b"
        );
        let (url, body) = filled(&tool(ToolMethod::Post, url), arguments.as_object().unwrap()).unwrap();
        assert_eq!(url.as_str(), "https://x.example/o/7");
        assert_eq!(Value::from(body), json!({ "note": "a&b", "deep": { "x": 1 } }));
    }

    #[tokio::test]
    async fn an_address_of_this_machine_is_not_asked() {
        let tools = HttpTools::new(Reach::Public);
        for url in ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"] {
            let answered = tools.ask(&tool(ToolMethod::Get, url), &json!({})).await;
            assert!(!answered.succeeded && answered.status.is_none(), "{url}");
        }
    }
}
