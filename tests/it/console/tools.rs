//! Tools that an organization describes and the model that it brings along: written in the console, used in conversations.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::config::Provider;
use switchboard::domain::Role;

use super::{Colleague, ask, code, colleague, colleague_of, get};
use crate::support::app::TestApp;
use crate::support::llm::{Llm, Move, answer, call, calls};
use crate::support::rest::{message, post, send};

const SECRET: &str = "sk-shop-secret";

/// An app with a model, where organizations may name services of this machine.
async fn modelled(llm: &Llm) -> TestApp {
    let base_url = llm.base_url.clone();
    TestApp::start_with(|config| {
        config.assistant.provider = Provider::Openai;
        config.assistant.openai_base_url = base_url;
        config.assistant.openai_api_key = "sk-installation".to_owned().into();
        config.assistant.private_addresses = true;
    })
    .await
}

fn order_status(url: &str) -> Value {
    json!({
        "name": "order_status",
        "description": "Looks an order up by its number.",
        "arguments": { "type": "object", "required": ["order"], "properties": { "order": { "type": "string", "maxLength": 20 } } },
        "method": "GET",
        "url": format!("{url}/orders/{{order}}"),
        "headers": [{ "name": "X-Shop-Key", "value": SECRET }],
    })
}

/// A service that answers with this JSON.
async fn service(body: Value) -> Llm {
    let head = Move::Head(200, vec![("content-type", "application/json")]);
    Llm::start(vec![vec![head, Move::Send(body.to_string().into_bytes())]]).await
}

async fn admin(app: &TestApp) -> Colleague {
    colleague(app, "Ada Low", Role::Admin).await
}

#[tokio::test]
async fn a_tool_is_described_tried_and_used_in_a_conversation() {
    let shop = service(json!({ "state": "shipped", "arrives": "24 December" })).await;
    let wish = calls(vec![call(0, "c", "order_status", &json!({ "order": "A/88112" }))]);
    let llm = Llm::start(vec![wish, answer(&["It is shipped and arrives on 24 December."])]).await;
    let app = modelled(&llm).await;
    let ada = admin(&app).await;
    let made = ask(&app, &ada, Method::POST, "/tools", Some(order_status(&shop.base_url))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["headers"], json!([{ "name": "X-Shop-Key" }]));
    let path = format!("/tools/{}", made.body["id"].as_str().unwrap());
    let tried =
        ask(&app, &ada, Method::POST, &format!("{path}/try"), Some(json!({ "arguments": { "order": "1" } }))).await;
    assert_eq!((tried.status, &tried.body["result"]["state"]), (200, &json!("shipped")));
    let wrong = ask(&app, &ada, Method::POST, &format!("{path}/try"), Some(json!({ "arguments": {} }))).await;
    assert_eq!(code(&wrong, 400), "invalid");

    let said = send(post(&app, "/api/core/messages").json(&message("s1", "Where is my order?"))).await;
    assert_eq!(said.body["response"]["text"], "It is shipped and arrives on 24 December.", "{}", said.body);
    let asked = shop.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].head.starts_with("get /v1/orders/a%2f88112 "), "{}", asked[1].head);
    assert!(asked[1].head.contains(&format!("x-shop-key: {SECRET}")));
    let told = llm.asked()[1].body["messages"].to_string();
    assert!(told.contains("shipped") && !told.contains(SECRET));
    let audit = get(&app, &ada, "/audit").await["items"].clone();
    let tried = audit.as_array().unwrap().iter().filter(|entry| entry["act"] == "tool.tried");
    assert_eq!(tried.map(|entry| &entry["on"]).collect::<Vec<_>>(), ["tool order_status"], "{audit}");
    for path in ["/tools", "/audit"] {
        assert!(!get(&app, &ada, path).await.to_string().contains(SECRET), "{path}");
    }

    let off = json!({ "enabled": false, "headers": [] });
    let mut changed = order_status(&shop.base_url);
    changed.as_object_mut().unwrap().extend(off.as_object().unwrap().clone());
    changed["updated_at"] = made.body["updated_at"].clone();
    let written = ask(&app, &ada, Method::PUT, &path, Some(changed.clone())).await;
    assert_eq!(written.status, 200, "{}", written.body);
    changed["updated_at"] = "2020-01-01T00:00:00.000Z".into();
    assert_eq!(
        code(&ask(&app, &ada, Method::PUT, &path, Some(changed)).await, 409),
        "conflict",
        "another one is there"
    );
    send(post(&app, "/api/core/messages").json(&message("s2", "Hello"))).await;
    let offered = llm.asked().last().unwrap().body["tools"].to_string();
    assert!(offered.contains("hand_over") && !offered.contains("order_status"), "{offered}");
    assert_eq!(ask(&app, &ada, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(code(&ask(&app, &ada, Method::DELETE, &path, None).await, 404), "not_found");
    app.stop().await;
}

#[tokio::test]
async fn a_secret_stays_with_its_address_and_with_its_organization() {
    let (shop, thief) = (service(json!({})).await, service(json!({})).await);
    let llm = Llm::start(vec![answer(&["Yes."])]).await;
    let app = modelled(&llm).await;
    let (ada, jane) = (admin(&app).await, colleague(&app, "Jane Smith", Role::Agent).await);
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let made = ask(&app, &ada, Method::POST, "/tools", Some(order_status(&shop.base_url))).await;
    let path = format!("/tools/{}", made.body["id"].as_str().unwrap());
    let without_value = |url: &str| {
        let mut tool = order_status(url);
        tool["headers"] = json!([{ "name": "x-shop-key" }]);
        tool
    };
    assert_eq!(ask(&app, &ada, Method::PUT, &path, Some(without_value(&shop.base_url))).await.status, 200);
    let moved = ask(&app, &ada, Method::PUT, &path, Some(without_value(&thief.base_url))).await;
    assert_eq!((code(&moved, 400).as_str(), &moved.body["error"]["field"]), ("invalid", &json!("headers")));
    let arguments = Some(json!({ "arguments": { "order": "1" } }));
    assert_eq!(ask(&app, &ada, Method::POST, &format!("{path}/try"), arguments.clone()).await.body["succeeded"], true);
    assert!(shop.asked()[0].head.contains(SECRET) && thief.asked().is_empty());

    assert_eq!(get(&app, &eve, "/tools").await["items"], json!([]));
    for (method, path) in
        [(Method::PUT, path.clone()), (Method::DELETE, path.clone()), (Method::POST, format!("{path}/try"))]
    {
        let body = if path.ends_with("try") { arguments.clone() } else { Some(order_status(&shop.base_url)) };
        assert_eq!(
            code(&ask(&app, &eve, method.clone(), &path, body.clone()).await, 404),
            "not_found",
            "{method} {path}"
        );
        assert_eq!(code(&ask(&app, &jane, method, &path, body).await, 403), "forbidden");
    }
    for path in ["/tools", "/model"] {
        assert_eq!(code(&ask(&app, &jane, Method::GET, path, None).await, 403), "forbidden");
    }
    for (field, value) in [
        ("name", json!("hand_over")),
        ("url", json!("https://{order}.example.com/")),
        ("arguments", json!({ "type": "string" })),
        ("headers", json!([{ "name": "Host", "value": "x" }])),
        ("timeout_ms", json!(1)),
    ] {
        let mut tool = order_status(&shop.base_url);
        tool[field] = value;
        let refused = ask(&app, &ada, Method::POST, "/tools", Some(tool)).await;
        assert_eq!((code(&refused, 400).as_str(), &refused.body["error"]["field"]), ("invalid", &json!(field)));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_private_address_is_neither_a_tool_nor_a_model_unless_the_installation_says_so() {
    let theirs = Llm::start(vec![answer(&["From inside."])]).await;
    let app = TestApp::start().await;
    let ada = admin(&app).await;
    let made = ask(&app, &ada, Method::POST, "/tools", Some(order_status(&theirs.base_url))).await;
    let path = format!("/tools/{}/try", made.body["id"].as_str().unwrap());
    let tried = ask(&app, &ada, Method::POST, &path, Some(json!({ "arguments": { "order": "1" } }))).await;
    assert_eq!((&tried.body["succeeded"], &tried.body["status"]), (&json!(false), &Value::Null));
    let set = ask(&app, &ada, Method::PUT, "/model", Some(json!({ "base_url": theirs.base_url }))).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let said = send(post(&app, "/api/core/messages").json(&message("s1", "What is your return policy?"))).await;
    assert!(said.body["response"]["text"].as_str().unwrap().starts_with("You can return"), "{}", said.body);
    assert!(theirs.asked().is_empty());
    app.stop().await;
}

#[tokio::test]
async fn an_organizations_model_answers_for_it_with_its_own_key_alone() {
    let installed = Llm::start(vec![answer(&["From the installation."])]).await;
    let theirs = Llm::start(vec![answer(&["From our own."])]).await;
    let app = modelled(&installed).await;
    let ada = admin(&app).await;
    let says = async |session: &str| {
        let said = send(post(&app, "/api/core/messages").json(&message(session, "Hello"))).await;
        said.body["response"]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(says("s1").await, "From the installation.");
    let change = |change: Value| ask(&app, &ada, Method::PUT, "/model", Some(change));
    let set = change(json!({ "base_url": theirs.base_url, "model": "own-8b", "temperature": 0.7 })).await;
    let expected = json!({ "base_url": theirs.base_url, "model": "own-8b", "temperature": 0.7,
        "answer_max_tokens": null, "has_key": false, "asked": "own-8b" });
    assert_eq!((set.status, &set.body), (200, &expected));
    assert_eq!(says("s2").await, "From our own.");
    let first = &theirs.asked()[0];
    assert!(!first.head.contains("authorization"), "{}", first.head);
    assert_eq!(first.body["model"], "own-8b");
    assert_eq!(change(json!({ "api_key": "sk-own" })).await.body["has_key"], true);
    says("s3").await;
    assert!(theirs.asked()[1].head.contains("authorization: bearer sk-own"));
    let elsewhere = change(json!({ "base_url": format!("{}/x", theirs.base_url) })).await;
    assert_eq!(elsewhere.body["has_key"], false, "a key does not follow to another address");
    let audit = get(&app, &ada, "/audit").await.to_string();
    assert!(audit.contains("api_key") && !audit.contains("sk-own"));
    let back = change(json!({ "base_url": null, "model": null, "temperature": null })).await;
    assert_eq!((&back.body["base_url"], &back.body["asked"]), (&Value::Null, &json!("gpt-4o-mini")));
    assert_eq!(says("s4").await, "From the installation.");
    assert_eq!(code(&change(json!({ "base_url": "ftp://x" })).await, 400), "invalid");
    app.stop().await;
}

#[tokio::test]
async fn what_an_organizations_model_costs_is_in_the_ledger_where_the_installation_has_none_too() {
    let theirs = Llm::start(vec![answer(&["From our own."])]).await;
    let app = TestApp::start_with(|config| config.assistant.private_addresses = true).await;
    let ada = admin(&app).await;
    let calls = async || get(&app, &ada, "/costs").await["total"]["calls"].clone();
    send(post(&app, "/api/core/messages").json(&message("s1", "Hello"))).await;
    assert_eq!(calls().await, 0, "the builtin assistant costs nothing");
    let set = ask(&app, &ada, Method::PUT, "/model", Some(json!({ "base_url": theirs.base_url }))).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let said = send(post(&app, "/api/core/messages").json(&message("s2", "Hello"))).await;
    assert_eq!(said.body["response"]["text"], "From our own.");
    assert_eq!(calls().await, 1);
    app.stop().await;
}
