//! What a dialect's routes say of themselves, completed to an OpenAPI document: refusals, headers, credentials and examples
//! that all of its operations share are written here once, not at each handler.

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa::openapi::OpenApi;

use super::guard::{Fault, RequestId};
use super::idempotency::IDEMPOTENCY_KEY;
use crate::domain::Refusal;

/// The tag of operations that open a socket: they have a protocol of their own, and a page about it.
pub const LIVE: &str = "Live";

/// The header of every creating POST.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described: `idempotency` reads it")]
pub struct IdempotencyKey {
    /// The client's name for this request: the same key with the same body has one effect and gets one answer.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!#-~]([ -~]*[!#-~])?$")]
    idempotency_key: Option<String>,
}

/// What a dialect says beyond its routes.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its name: `/openapi/<name>.json`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for.
    pub text: &'static str,
    /// Prefixes under which its paths work.
    pub servers: &'static [&'static str],
    /// Renders a fault: its refusals show what it says.
    pub render: fn(&Fault, &RequestId) -> Response,
    /// The documented examples as JSON: `{"POST /path": {"request": …, "200": …}, "refusals": {"400": …}}`. Several requests are
    /// `"requests": {"name": …}`.
    pub examples: &'static str,
    /// The page of its live protocol.
    pub protocol: &'static str,
}

/// A dialect's whole description.
#[derive(Debug, Clone)]
pub struct Description {
    /// The dialect's name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The OpenAPI document.
    pub document: Value,
    /// The page of its live protocol, as text.
    pub protocol: &'static str,
}

/// Completes what the routes say.
pub fn describe(routes: &OpenApi, about: &About) -> Description {
    let mut document = serde_json::to_value(routes).unwrap_or_default();
    let examples: Value = serde_json::from_str(about.examples).unwrap_or_default();
    document["info"] = json!({
        "title": about.title, "version": env!("CARGO_PKG_VERSION"),
        "description": format!("{} [Its page](/docs/{}-live.md).", about.text, about.name),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = about.servers.iter().map(|url| json!({ "url": url })).collect();
    document["security"] = json!([{ "bearer": [] }, { "apiKey": [] }]);
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
    });
    document["components"]["headers"] = HEADERS.clone();
    document["components"]["responses"] = refusals(about, &examples["refusals"]);
    for_operations(&mut document, |method, path, operation| {
        complete(operation, path);
        illustrate(operation, &examples[format!("{} {path}", method.to_uppercase())]);
    });
    Description { name: about.name, title: about.title, document, protocol: about.protocol }
}

/// All dialects in one document. Names that two of them use are told apart by the dialect's.
pub fn together(all: &[Description]) -> Value {
    let mut whole = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Switchboard", "version": env!("CARGO_PKG_VERSION"),
            "description": "All dialects of one conversation engine. Each has a document of its own at `/openapi/<dialect>.json`.",
        },
        "servers": [{ "url": "/" }],
        "tags": [], "paths": {}, "components": {},
    });
    for description in all {
        add(&mut whole, description);
    }
    whole
}

fn add(whole: &mut Value, description: &Description) {
    let mut part = description.document.clone();
    rename_references(&mut part, description.name);
    let (servers, security) = (part["servers"].take(), part["security"].take());
    for_operations(&mut part, |_, _, operation| {
        let own = |text: &Value| format!("{}.{}", description.name, text.as_str().unwrap_or_default());
        operation["operationId"] = own(&operation["operationId"]).into();
        operation["tags"] =
            operation["tags"].as_array().into_iter().flatten().map(|tag| Value::from(own(tag))).collect();
        if operation.get("security").is_none() {
            operation["security"] = security.clone();
        }
    });
    for (path, mut item) in fields(part["paths"].take()) {
        if servers != json!([{ "url": "/" }]) {
            item["servers"] = servers.clone();
        }
        whole["paths"][path] = item;
    }
    for (kind, components) in fields(part["components"].take()) {
        for (name, component) in fields(components) {
            // The credentials are the same for all.
            let name = if kind == "securitySchemes" { name } else { format!("{}.{name}", description.name) };
            whole["components"][&kind][name] = component;
        }
    }
}

/// `#/components/schemas/Health` becomes `#/components/schemas/care.Health`.
fn rename_references(value: &mut Value, dialect: &str) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(target) if name == "$ref" => {
                        if let Some((kind, last)) = target.rsplit_once('/') {
                            *target = format!("{kind}/{dialect}.{last}");
                        }
                    }
                    field => rename_references(field, dialect),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_references(item, dialect)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The refusals that an operation may answer with, and the headers of every answer.
fn complete(operation: &mut Value, path: &str) {
    let names: Vec<&str> = REFUSALS.iter().filter(|refusal| (refusal.when)(operation, path)).map(|r| r.name).collect();
    let is_live = is_live(operation);
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        present(&mut parameter["schema"]);
    }
    if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1json/schema") {
        present(schema);
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for response in responses.values_mut() {
        for name in HEADERS.as_object().into_iter().flatten().map(|(name, _)| name) {
            // A handshake's answer is the socket's.
            if !is_live {
                response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
            }
        }
    }
    for refusal in &REFUSALS {
        let own = responses.get_mut(&refusal.status.to_string());
        // What an operation says of its own refusal is the same envelope.
        if let Some(own) = own.filter(|own| own.get("content").is_none()) {
            own["content"] = json!({ "application/json": { "schema": envelope() } });
        } else if names.contains(&refusal.name) {
            responses
                .entry(refusal.status.to_string())
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{}", refusal.name) }));
        }
    }
}

/// A parameter or a body is there or it is not: it is never null.
fn present(schema: &mut Value) {
    let is_null = |kind: &Value| kind == "null" || kind["type"] == "null";
    for choice in ["type", "oneOf"] {
        let Some(kinds) = schema.get(choice).and_then(Value::as_array) else { continue };
        let kinds: Vec<Value> = kinds.iter().filter(|kind| !is_null(kind)).cloned().collect();
        match kinds.as_slice() {
            [only] if choice == "type" => schema["type"] = only.clone(),
            [only] => *schema = only.clone(),
            _ => schema[choice] = kinds.into(),
        }
    }
}

/// Puts the documented examples where they belong.
fn illustrate(operation: &mut Value, examples: &Value) {
    for (at, example) in examples.as_object().into_iter().flatten() {
        let (place, kind, shown) = match at.as_str() {
            "request" => (&mut operation["requestBody"], "example", example.clone()),
            "requests" => (&mut operation["requestBody"], "examples", named(example)),
            status => (&mut operation["responses"][status], "example", example.clone()),
        };
        place["content"]["application/json"][kind] = shown;
    }
}

fn named(examples: &Value) -> Value {
    let examples = examples.as_object().into_iter().flatten();
    Value::Object(examples.map(|(name, example)| (name.clone(), json!({ "value": example }))).collect())
}

/// The shared answers: each with what the dialect says in that case, and what its document shows.
fn refusals(about: &About, documented: &Value) -> Value {
    let shared = REFUSALS.iter().map(|refusal| {
        let status = refusal.status().as_u16().to_string();
        let mut examples = json!({ "here": { "value": refusal.body(about.render) } });
        if let Some(documented) = documented.get(&status) {
            examples["document"] = json!({ "value": documented });
        }
        let mut headers: Map<String, Value> = (HEADERS.as_object().into_iter().flatten())
            .map(|(name, _)| (name.clone(), json!({ "$ref": format!("#/components/headers/{name}") })))
            .collect();
        if status == "429" {
            let seconds = json!({ "description": "Seconds to wait", "schema": { "type": "integer", "minimum": 0 } });
            headers.insert("Retry-After".to_owned(), seconds);
        }
        let content = json!({ "application/json": { "schema": envelope(), "examples": examples } });
        let response = json!({ "description": refusal.text, "headers": headers, "content": content });
        (refusal.name.to_owned(), response)
    });
    Value::Object(shared.collect())
}

/// What every dialect calls the shape of its refusals.
fn envelope() -> Value {
    json!({ "$ref": "#/components/schemas/ErrorEnvelope" })
}

/// A refusal that many operations share.
struct SharedRefusal {
    name: &'static str,
    text: &'static str,
    /// The case that stands for all that have this status.
    fault: fn() -> Fault,
    status: u16,
    /// Whether an operation may answer so.
    when: fn(&Value, &str) -> bool,
}

impl SharedRefusal {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The envelope as the dialect renders it. Nothing is awaited: the body is there.
    fn body(&self, render: fn(&Fault, &RequestId) -> Response) -> Value {
        let response = render(&(self.fault)(), &RequestId("req-1234567890".into()));
        let body = response.into_body().collect().now_or_never().and_then(Result::ok);
        body.and_then(|body| serde_json::from_slice(&body.to_bytes()).ok()).unwrap_or_default()
    }
}

const REFUSALS: [SharedRefusal; 12] = [
    SharedRefusal {
        name: "BadRequest",
        text: "A field, parameter or header is missing, of a wrong type or outside its limits",
        fault: || Refusal::invalid("message", "is required").into(),
        status: 400,
        when: |operation, path| takes_body(operation) || takes_parameters(operation) || path.contains('{'),
    },
    SharedRefusal {
        name: "Unauthorized",
        text: "No credentials, or ones that do not hold",
        fault: || Refusal::Unauthenticated.into(),
        status: 401,
        when: |operation, _| is_guarded(operation),
    },
    SharedRefusal {
        name: "Forbidden",
        text: "Known, but not allowed",
        fault: || Refusal::Forbidden.into(),
        status: 403,
        when: |operation, _| is_guarded(operation),
    },
    SharedRefusal {
        name: "NotFound",
        text: "There is no such thing, or it is somebody else's",
        fault: || Refusal::NotFound { what: "session" }.into(),
        status: 404,
        when: |operation, path| path.contains('{') || (is_guarded(operation) && takes_body(operation)),
    },
    SharedRefusal {
        name: "Conflict",
        text: "The request contradicts what is already there",
        fault: || Refusal::conflict("the key came with another request before").into(),
        status: 409,
        when: |operation, _| may_repeat(operation),
    },
    SharedRefusal {
        name: "TooLarge",
        text: "The body or a text in it is too large",
        fault: || Refusal::TooLarge { what: "body", limit_bytes: 262_144 }.into(),
        status: 413,
        when: |operation, _| takes_body(operation),
    },
    SharedRefusal {
        name: "UnsupportedMedia",
        text: "The body is not JSON",
        fault: || Fault::UnsupportedMedia,
        status: 415,
        when: |operation, _| takes_body(operation),
    },
    SharedRefusal {
        name: "UpgradeRequired",
        text: "Not a WebSocket handshake",
        fault: || Fault::UpgradeRequired,
        status: 426,
        when: |operation, _| is_live(operation),
    },
    SharedRefusal {
        name: "TooMany",
        text: "Above the limit of requests",
        fault: || Refusal::TooMany { retry_after_s: 17 }.into(),
        status: 429,
        when: |_, _| true,
    },
    SharedRefusal {
        name: "InternalError",
        text: "Our fault; the reason is in the log under the request id",
        fault: || Fault::Broken,
        status: 500,
        when: |_, _| true,
    },
    SharedRefusal {
        name: "Unavailable",
        text: "A part can not serve now",
        fault: || Refusal::Unavailable { part: "store" }.into(),
        status: 503,
        when: |_, _| true,
    },
    SharedRefusal {
        name: "TimedOut",
        text: "The request took longer than it may",
        fault: || Fault::TimedOut,
        status: 504,
        when: |_, _| true,
    },
];

/// On every answer, refusals too.
static HEADERS: LazyLock<Value> = LazyLock::new(|| {
    let number = |text: &str| json!({ "description": text, "schema": { "type": "integer", "minimum": 0 } });
    json!({
        "X-Request-Id": { "description": "The request's name, new each time", "schema": { "type": "string" } },
        "X-RateLimit-Limit": number("Requests that the window allows"),
        "X-RateLimit-Remaining": number("Requests that are left in it"),
        "X-RateLimit-Reset": number("When it ends, in Unix seconds"),
    })
});

fn takes_body(operation: &Value) -> bool {
    operation.get("requestBody").is_some()
}

fn takes_parameters(operation: &Value) -> bool {
    operation["parameters"].as_array().is_some_and(|parameters| parameters.iter().any(|p| p["in"] != "path"))
}

fn may_repeat(operation: &Value) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == IDEMPOTENCY_KEY))
}

fn is_guarded(operation: &Value) -> bool {
    operation.get("security") != Some(&json!([{}]))
}

fn is_live(operation: &Value) -> bool {
    operation["tags"].as_array().is_some_and(|tags| tags.contains(&LIVE.into()))
}

fn for_operations(document: &mut Value, mut each: impl FnMut(&str, &str, &mut Value)) {
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten().filter(|(_, item)| item.is_object()) {
            each(method, path, operation);
        }
    }
}

fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
