//! The Memory Engine's knowledge: what is stored is found, within one organization.

use serde_json::{Value, json};

use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::{customer_token, get, key_of, post, post_as, send};

const SEARCH: &str = "/api/memory/knowledge/search";
const VECTORS: &str = "/api/memory/vectors";

fn vector(text: &str, source_id: &str) -> Value {
    json!({ "text": text, "metadata": {
        "title": "Return Policy", "source": "knowledge_base", "sourceId": source_id, "organizationId": "default" } })
}

fn question(query: &str) -> Value {
    json!({ "query": query, "organizationId": "default", "limit": 5 })
}

#[tokio::test]
async fn what_is_stored_is_found_as_documented() {
    let app = TestApp::start().await;
    let text = "Our return policy allows returns within 30 days of purchase with original receipt.";
    let stored = send(post(&app, VECTORS).json(&vector(text, "kb-1234"))).await;
    assert_eq!(stored.status, 201, "{}", stored.body);
    insta::assert_json_snapshot!(stored.body, { ".id" => "[id]" });
    let found = send(post(&app, SEARCH).json(&question("What is your return policy?"))).await;
    assert_eq!(found.status, 200, "{}", found.body);
    let relevance = found.body["results"][0]["relevance"].as_f64().unwrap();
    let documented = json!({ "results": [{ "id": "kb-1234", "title": "Return Policy", "content": text, "relevance": relevance,
        "source": "knowledge_base", "url": null }] });
    assert_eq!(found.body, documented);
    assert!((0.3..=1.0).contains(&relevance), "{relevance}");
    let nothing = send(post(&app, SEARCH).json(&question("Do you sell elephants in Kamchatka?"))).await;
    assert_eq!(nothing.body, json!({ "results": [] }));
}

#[tokio::test]
async fn the_same_source_id_replaces_what_was_stored() {
    let app = TestApp::start().await;
    let first = send(post(&app, VECTORS).json(&vector("Returns are possible for thirty days.", "kb-1"))).await;
    let second = send(post(&app, VECTORS).json(&vector("Returns are possible for ninety days.", "kb-1"))).await;
    assert_eq!((second.status, &first.body["id"]), (201, &second.body["id"]));
    let found = send(post(&app, SEARCH).json(&question("for how many days are returns possible"))).await;
    let texts: Vec<&str> =
        found.body["results"].as_array().unwrap().iter().filter_map(|hit| hit["content"].as_str()).collect();
    assert_eq!(texts, ["Returns are possible for ninety days."]);
}

#[tokio::test]
async fn an_organization_finds_and_stores_its_own_only() {
    let app = TestApp::start().await;
    let stored = send(post(&app, VECTORS).json(&vector("The heliotrope code opens the vault.", "kb-1"))).await;
    assert_eq!(stored.status, 201);
    let other = key_of(&app, "other", &["*"]).await;
    for (path, body) in [(SEARCH, question("heliotrope")), (VECTORS, vector("x", "kb-1"))] {
        let refused = send(post_as(&app, &other, path).json(&body)).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (404, &"resource_not_found".into()), "{path}");
    }
    let own = json!({ "query": "heliotrope code", "organizationId": "other" });
    assert_eq!(send(post_as(&app, &other, SEARCH).json(&own)).await.body, json!({ "results": [] }));
    let customer = customer_token(&app, "user123").await;
    assert_eq!(send(post_as(&app, &customer, VECTORS).json(&vector("x", "kb-2"))).await.status, 403);
    let reader = key_of(&app, "default", &["knowledge:read"]).await;
    assert_eq!(send(post_as(&app, &reader, SEARCH).json(&question("heliotrope code"))).await.status, 200);
    assert_eq!(send(post_as(&app, &reader, VECTORS).json(&vector("x", "kb-2"))).await.status, 403);
    assert_eq!(send(reqwest::Client::new().post(app.url(SEARCH)).json(&question("x"))).await.status, 401);
}

#[tokio::test]
async fn what_is_taken_away_is_not_found_any_more() {
    let app = TestApp::start().await;
    let text = "The heliotrope code opens the vault.";
    let stored = send(post(&app, VECTORS).json(&vector(text, "kb-1"))).await.body;
    let delete = async |key: &str, id: &str| {
        let url = app.url(&format!("/api/console/knowledge/vectors/{id}"));
        send(reqwest::Client::new().delete(url).header("X-API-Key", key)).await.status
    };
    let id = stored["id"].as_str().unwrap();
    assert_eq!(delete(&key_of(&app, "other", &["*"]).await, id).await, 404);
    assert_eq!(delete(&key_of(&app, "default", &["knowledge:read"]).await, id).await, 403);
    assert_eq!(send(post(&app, SEARCH).json(&question("heliotrope code"))).await.body["results"][0]["content"], text);
    for (id, status) in [(id, 204), (id, 404), ("kb-1", 404)] {
        assert_eq!(delete(API_KEY, id).await, status, "{id}");
    }
    let found = send(post(&app, SEARCH).json(&question("heliotrope code"))).await;
    assert_eq!(found.body, json!({ "results": [] }));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let app = TestApp::start().await;
    for (path, body, field) in [
        (SEARCH, json!({ "organizationId": "default" }), "query"),
        (SEARCH, json!({ "query": "a" }), "organizationId"),
        (SEARCH, json!({ "query": " ", "organizationId": "default" }), "query"),
        (SEARCH, json!({ "query": "a", "organizationId": "default", "limit": 0 }), "limit"),
        (SEARCH, json!({ "query": "a", "organizationId": "default", "limit": "5" }), "limit"),
        (VECTORS, json!({ "metadata": { "organizationId": "default" } }), "text"),
        (VECTORS, json!({ "text": "a" }), "metadata"),
        (VECTORS, json!({ "text": "a", "metadata": {} }), "metadata.organizationId"),
        (VECTORS, json!({ "text": "", "metadata": { "organizationId": "default" } }), "text"),
        (VECTORS, json!({ "text": "a", "metadata": { "organizationId": "a b" } }), "metadata.organizationId"),
        (VECTORS, json!({ "text": "a".repeat(16_001), "metadata": { "organizationId": "default" } }), "text"),
    ] {
        let refused = send(post(&app, path).json(&body)).await;
        let details = refused.body["error"]["details"].as_str().unwrap_or_default();
        assert!(refused.status == 400 && details.contains(field), "{path} {field}: {}", refused.body);
    }
    let many = json!({ "query": "a", "organizationId": "default", "limit": 1_000_000 });
    assert_eq!(send(post(&app, SEARCH).json(&many)).await.status, 200);
}

#[tokio::test]
async fn the_health_of_the_memory_engine_is_public_and_the_documented_one() {
    let app = TestApp::start().await;
    let answer = send(reqwest::Client::new().get(app.url("/api/memory/health"))).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, { ".version" => "[version]" });
    assert_eq!(send(get(&app, "/api/memory/nothing")).await.status, 404);
}
