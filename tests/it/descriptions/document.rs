//! The OpenAPI documents beside the router and the rules of their format.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{dialects, document, operations, root};
use crate::support::app::TestApp;
use crate::support::rest::send;

/// Operations of ours alone: no document has an example of them.
const OWN: [&str; 1] = ["/api/admin/parked"];

#[tokio::test]
async fn what_is_described_is_there() {
    let app = TestApp::start().await;
    for dialect in dialects() {
        let document = document(&app, &dialect).await;
        for server in document["servers"].as_array().unwrap() {
            let prefix = server["url"].as_str().unwrap().trim_end_matches('/');
            for (method, path, _) in operations(&document) {
                let path = format!("{prefix}{}", path.replace(['{', '}'], ""));
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let reply = send(reqwest::Client::new().request(method.clone(), app.url(&path))).await;
                assert!(![404, 405].contains(&reply.status), "{method} {path} is described and missing: {reply:?}");
            }
        }
    }
    app.stop().await;
}

/// Routes and descriptions are one value as long as every route is made by `routes!`.
#[test]
fn what_is_there_is_described() {
    for dialect in dialects() {
        let text = std::fs::read_to_string(root().join("src/http").join(&dialect).join("mod.rs")).unwrap();
        for way_around in [".route(", ".route_service(", ".nest_service(", ".on("] {
            assert!(!text.contains(way_around), "{dialect} has a route that no description knows: {way_around}");
        }
        assert!(text.contains("routes!("), "{dialect}");
    }
}

#[tokio::test]
async fn every_operation_is_told_in_full() {
    let app = TestApp::start().await;
    for dialect in dialects() {
        let document = document(&app, &dialect).await;
        assert_eq!(document["openapi"], "3.1.0");
        for (method, path, operation) in operations(&document) {
            let name = format!("{dialect}: {method} {path}");
            assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{name}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(["429", "500", "503", "504"].iter().all(|status| responses.contains_key(*status)), "{name}");
            let open =
                operation.get("security").is_some_and(|security| security.as_array().unwrap().contains(&json!({})));
            assert!(open || ["401", "403"].iter().all(|status| responses.contains_key(*status)), "{name}");
            if !OWN.contains(&path.as_str()) {
                illustrated(&name, operation);
            }
            let numbers = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"];
            let counted = |answer: &Value| numbers.iter().all(|name| answer["headers"].get(*name).is_some());
            let answers = responses.iter().filter(|(status, _)| *status != "101").map(|(_, answer)| answer);
            assert!(answers.map(|answer| resolved(&document, answer)).all(counted), "{name}");
        }
    }
    app.stop().await;
}

/// A body that a document shows is shown here too.
fn illustrated(name: &str, operation: &Value) {
    let shown = |place: &Value| match place.pointer("/content/application~1json") {
        Some(content) => content.get("example").or(content.get("examples")).is_some(),
        None => true,
    };
    // A new conversation needs no body, and none is documented.
    let asked = operation["requestBody"]["required"] != json!(true) || shown(&operation["requestBody"]);
    let told = ["200", "201"].iter().all(|status| shown(&operation["responses"][status]));
    assert!(asked && told, "{name}: an example is missing");
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_names_are_used_once() {
    let app = TestApp::start().await;
    for dialect in dialects().iter().map(String::as_str).chain([""]) {
        let document = document(&app, dialect).await;
        let mut found = Vec::new();
        assert!(holds_no_null(&document), "{dialect}");
        references(&document, &mut found);
        assert!(found.len() > 10);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{dialect}: {reference} leads nowhere");
        }
        let all = operations(&document);
        let names: BTreeSet<_> =
            all.iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(names.len(), all.len(), "{dialect}: a name is used twice");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_document_of_all_has_every_operation_of_each() {
    let app = TestApp::start().await;
    let all = document(&app, "").await;
    let mut expected = BTreeSet::new();
    for dialect in dialects() {
        let document = document(&app, &dialect).await;
        expected.extend(operations(&document).into_iter().map(|(method, path, _)| (method, path)));
        let servers = &document["servers"];
        for (_, path, _) in operations(&document) {
            assert!(servers.as_array().unwrap().len() == 1 || all["paths"][&path]["servers"] == *servers, "{path}");
        }
    }
    let found: BTreeSet<_> = operations(&all).into_iter().map(|(method, path, _)| (method, path)).collect();
    assert_eq!(found, expected);
    app.stop().await;
}

#[tokio::test]
async fn a_refusal_is_shown_as_it_is_given() {
    let app = TestApp::start().await;
    for (dialect, path) in
        [("platform", "/api/core/sessions/x/context"), ("care", "/conversations"), ("rooms", "/api/chat/rooms")]
    {
        let document = document(&app, dialect).await;
        let shown = "/components/responses/Unauthorized/content/application~1json/examples/here/value";
        let mut shown = document.pointer(shown).unwrap().clone();
        let mut given = send(reqwest::Client::new().get(app.url(path))).await.body;
        for body in [&mut shown, &mut given] {
            if let Some(id) = body.get_mut("requestId") {
                *id = "any".into();
            }
        }
        assert_eq!(given, shown);
    }
    app.stop().await;
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// A null where a list or an object belongs breaks those who read the document. Examples may have some.
fn holds_no_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(fields) => {
            fields.iter().all(|(name, field)| ["example", "examples"].contains(&name.as_str()) || holds_no_null(field))
        }
        Value::Array(items) => items.iter().all(holds_no_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(target) if name == "$ref" => found.push(target.clone()),
                    field => references(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
