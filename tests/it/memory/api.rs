//! The documented requests, who may make them, and what they refuse.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::{Command, OrganizationId, SessionId, SessionKey, Visitor};

use super::{MEMORIES, as_whom, of, preferences, store};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::rest::{admin_token, customer_token, get, get_as, key_of, message, post, post_as, send};

#[tokio::test]
async fn a_memory_is_stored_and_retrieved_as_documented() {
    let app = TestApp::start().await;
    let stored = store(&app, &preferences("user123")).await;
    assert_eq!(stored.status, 201);
    insta::assert_json_snapshot!(stored.body, { ".id" => "[id]" });
    let found = send(get(&app, &format!("{MEMORIES}/user123?type=long_term&key=order_preferences"))).await;
    assert_eq!(found.body["memories"][0]["id"], stored.body["id"]);
    insta::assert_json_snapshot!(found.body, {
        ".memories[].id" => "[id]", ".memories[].metadata.created_at" => "[time]", ".memories[].metadata.last_accessed" => "[time]"
    });
    app.stop().await;
}

#[tokio::test]
async fn storing_again_keeps_the_id_and_the_newest_value_counts_also_of_many_at_once() {
    let app = TestApp::start().await;
    let memory = |value: u64| {
        let mut memory = preferences("user123");
        memory["value"] = json!({ "number": value });
        memory
    };
    let bodies: Vec<Value> = (0..16).map(memory).collect();
    let stored = join_all(bodies.iter().map(|body| store(&app, body))).await;
    let ids: std::collections::BTreeSet<&str> = stored.iter().map(|reply| reply.body["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "one memory of one key");
    assert_eq!(stored.iter().filter(|reply| reply.status == 201).count(), 1, "the others were stored over it");
    let mut last = memory(99);
    last["metadata"] = Value::Null;
    let again = store(&app, &last).await;
    assert_eq!((again.status, again.body["id"].as_str().unwrap()), (200, *ids.first().unwrap()));
    let found = of(&app, "user123", "").await;
    assert_eq!((found.len(), &found[0]["value"]["number"]), (1, &json!(99)));
    assert_eq!(found[0]["metadata"]["importance"], 0.8, "what was not said stays");
    app.stop().await;
}

#[tokio::test]
async fn type_and_key_choose_and_what_nobody_knows_is_an_empty_list() {
    let app = TestApp::start().await;
    for (kind, key) in [("long_term", "name"), ("long_term", "size"), ("short_term", "name")] {
        let memory = json!({ "userId": "jo@example.com", "type": kind, "key": key, "value": "x" });
        assert_eq!(store(&app, &memory).await.status, 201);
    }
    for (query, count) in
        [("", 3), ("?type=long_term", 2), ("?type=short_term", 1), ("?key=name", 2), ("?type=long_term&key=name", 1)]
    {
        assert_eq!(of(&app, "jo@example.com", query).await.len(), count, "{query}");
    }
    assert_eq!(of(&app, "jo@example.com", "?key=unknown").await, [] as [Value; 0]);
    assert_eq!(of(&app, "nobody", "").await, [] as [Value; 0]);
    app.stop().await;
}

#[tokio::test]
async fn a_retrieval_moves_the_last_access() {
    let app = TestApp::start().await;
    store(&app, &preferences("user123")).await;
    let first = of(&app, "user123", "").await;
    let second = of(&app, "user123", "").await;
    let accessed = |found: &[Value]| found[0]["metadata"]["last_accessed"].as_str().unwrap().to_owned();
    assert!(accessed(&first).as_str() >= first[0]["metadata"]["created_at"].as_str().unwrap());
    assert!(accessed(&second) >= accessed(&first));
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_field_is_named_in_the_documents_envelope() {
    let app = TestApp::start().await;
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    for (field, value, named) in [
        ("userId", Value::Null, "userId"),
        ("userId", json!("a b"), "userId"),
        ("userId", json!(7), "userId"),
        ("type", Value::Null, "type"),
        ("type", json!("medium_term"), "type"),
        ("type", json!(""), "type"),
        ("key", json!(""), "key"),
        ("key", json!("x".repeat(129)), "key"),
        ("key", json!(["a"]), "key"),
        ("value", Value::Null, "value"),
        ("value", deep, "value"),
        ("metadata", json!([]), "metadata"),
        ("metadata", json!({ "importance": 1.5 }), "metadata.importance"),
        ("metadata", json!({ "importance": -0.1 }), "metadata.importance"),
        ("metadata", json!({ "importance": "high" }), "metadata.importance"),
        ("metadata", json!({ "source": "" }), "metadata.source"),
        ("metadata", json!({ "source": 7 }), "metadata.source"),
    ] {
        let mut memory = preferences("user123");
        memory[field] = value;
        let refused = store(&app, &memory).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &"invalid_request".into()), "{memory}");
        assert!(refused.body["error"]["details"].as_str().unwrap().contains(named), "{named}: {}", refused.body);
    }
    for missing in ["userId", "type", "key", "value"] {
        let mut memory = preferences("user123");
        memory.as_object_mut().unwrap().remove(missing);
        let refused = store(&app, &memory).await;
        let said = refused.body["error"]["details"].as_str().unwrap();
        assert_eq!((refused.status, said), (400, format!("Missing required field: {missing}").as_str()));
    }
    let mut large = preferences("user123");
    large["value"] = "x".repeat(17 * 1024).into();
    assert_eq!(store(&app, &large).await.status, 413);
    for query in ["?type=other", "?type=", "?key=", "?type=LONG_TERM"] {
        assert_eq!(send(get(&app, &format!("{MEMORIES}/user123{query}"))).await.status, 400, "{query}");
    }
    assert_eq!(send(get(&app, &format!("{MEMORIES}/a%20b"))).await.status, 400);
    assert_eq!(of(&app, "user123", "").await, [] as [Value; 0], "nothing of it was stored");
    app.stop().await;
}

#[tokio::test]
async fn a_customer_knows_their_own_memories_only_and_a_key_what_its_scopes_name() {
    let app = TestApp::start().await;
    let (own, other) = (customer_token(&app, "user123").await, customer_token(&app, "user124").await);
    let theirs = format!("{MEMORIES}/user123");
    assert_eq!(send(post_as(&app, &own, MEMORIES).json(&preferences("user123"))).await.status, 201);
    assert_eq!(send(get_as(&app, &own, &theirs)).await.body["memories"].as_array().unwrap().len(), 1);
    for (method, path) in [(Method::GET, &theirs), (Method::DELETE, &theirs)] {
        assert_eq!(send(as_whom(&app, &other, method.clone(), path)).await.status, 404, "{method}");
    }
    assert_eq!(send(post_as(&app, &other, MEMORIES).json(&preferences("user123"))).await.status, 404);
    assert_eq!(send(reqwest::Client::new().get(app.url(&theirs))).await.status, 401);
    let reader = key_of(&app, "default", &["memories:read"]).await;
    let writer = key_of(&app, "default", &["memories:write"]).await;
    let neither = key_of(&app, "default", &["conversations:read", "conversations:write"]).await;
    for (key, reads, writes) in [(&reader, 200, 403), (&writer, 403, 200), (&neither, 403, 403)] {
        assert_eq!(send(get_as(&app, key, &theirs)).await.status, reads);
        assert_eq!(send(post_as(&app, key, MEMORIES).json(&preferences("user123"))).await.status, writes);
    }
    let admin = admin_token(&app).await;
    assert_eq!(send(get_as(&app, &admin, &theirs)).await.body["memories"].as_array().unwrap().len(), 1);
    // What a customer says of themselves is not the staff's word, whatever they call it and whatever it replaces.
    let mut noted = preferences("user123");
    noted["metadata"] = json!({ "source": "staff" });
    assert_eq!(store(&app, &noted).await.status, 200);
    let refused = send(post_as(&app, &own, MEMORIES).json(&noted)).await;
    assert_eq!(
        (refused.status, refused.body["error"]["details"].as_str().unwrap().contains("metadata.source")),
        (400, true)
    );
    noted["metadata"] = Value::Null;
    assert_eq!(send(post_as(&app, &own, MEMORIES).json(&noted)).await.status, 200);
    assert_eq!(of(&app, "user123", "").await[0]["metadata"]["source"], "api");
    app.stop().await;
}

#[tokio::test]
async fn another_organization_sees_and_forgets_nothing() {
    let app = TestApp::start().await;
    store(&app, &preferences("user123")).await;
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let theirs = format!("{MEMORIES}/user123");
    assert_eq!(send(get_as(&app, &elsewhere, &theirs)).await.body["memories"], json!([]));
    let forgotten = send(as_whom(&app, &elsewhere, Method::DELETE, &theirs)).await;
    assert_eq!((forgotten.status, &forgotten.body["deleted"]), (200, &json!(0)));
    let stored = send(post_as(&app, &elsewhere, MEMORIES).json(&preferences("user123"))).await;
    assert_eq!(stored.status, 201, "the same user of another organization is somebody else");
    assert_eq!(of(&app, "user123", "").await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn what_is_forgotten_is_gone_by_key_by_type_and_altogether() {
    let app = TestApp::start().await;
    for (kind, key) in [("long_term", "name"), ("long_term", "size"), ("short_term", "cart"), ("short_term", "name")] {
        let memory = json!({ "userId": "user123", "type": kind, "key": key, "value": "x" });
        assert_eq!(store(&app, &memory).await.status, 201);
    }
    let forget = async |query: &str| {
        let path = format!("{MEMORIES}/user123{query}");
        send(as_whom(&app, crate::support::app::API_KEY, Method::DELETE, &path)).await
    };
    assert_eq!(forget("?key=").await.status, 400, "no key is not every key");
    for (query, deleted, left) in [
        ("?type=short_term&key=name", 1, 3),
        ("?key=unknown", 0, 3),
        ("?type=short_term", 1, 2),
        ("", 2, 0),
        ("", 0, 0),
    ] {
        let forgotten = forget(query).await;
        assert_eq!((forgotten.status, &forgotten.body["deleted"]), (200, &json!(deleted)), "{query}");
        assert_eq!(of(&app, "user123", "").await.len(), left, "{query}");
    }
    let audit = send(get(&app, "/api/admin/audit")).await.body;
    assert!(audit.to_string().contains("memories.forgotten"), "{audit}");
    app.stop().await;
}

#[tokio::test]
async fn a_reset_of_a_session_ends_what_was_remembered_for_it() {
    let app = TestApp::start().await;
    assert_eq!(
        send(post(&app, "/api/core/messages").json(&message("s", "Where is my order 12345?"))).await.status,
        200
    );
    for kind in ["short_term", "long_term"] {
        store(&app, &json!({ "userId": "user123", "type": kind, "key": "cart", "value": ["SKU1"] })).await;
    }
    assert_eq!(send(post(&app, "/api/core/sessions/s/reset")).await.status, 200);
    assert_eq!(of(&app, "user123", "?type=short_term").await, [] as [Value; 0]);
    assert_eq!(of(&app, "user123", "?type=long_term&key=cart").await.len(), 1, "what is kept for good stays");
    app.stop().await;
}

#[tokio::test]
async fn what_is_remembered_for_a_session_ends_when_it_is_closed() {
    let app = TestApp::start().await;
    let asked = send(post(&app, "/api/core/messages").json(&message("s", "Where is my order 12345?"))).await;
    assert_eq!(asked.status, 200);
    for kind in ["short_term", "long_term"] {
        store(&app, &json!({ "userId": "user123", "type": kind, "key": "cart", "value": ["SKU1"] })).await;
    }
    let organization = OrganizationId::default_organization();
    let key = SessionKey { organization, session: SessionId::parse("s").unwrap() };
    app.sessions().act(&key, Command::Close { visitor: Visitor::Service }).await.unwrap();
    let ended = async {
        while !of(&app, "user123", "?type=short_term").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("it ends with its session");
    assert_eq!(of(&app, "user123", "?type=long_term&key=cart").await.len(), 1, "what is kept for good stays");
    app.stop().await;
}
