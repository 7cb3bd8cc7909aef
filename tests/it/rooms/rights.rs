//! Who may what: customers, administrators, agents, keys, and other organizations.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use switchboard::domain::{Email, FullName, OrganizationId, PersonName, Role};
use switchboard::engine::accounts::NewUser;

use super::{PASSWORD, User, administrator, customer, get, log_in, messages_path, post, put, request, room, say, user};
use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::{accounts, key_of, send};

const FOR_ADMINISTRATORS: [&str; 6] = [
    "/api/admin/dashboard",
    "/api/admin/customers",
    "/api/admin/intent-statistics",
    "/api/admin/system-config",
    "/api/analytics/overview",
    "/api/analytics/customer-behavior",
];

/// An agent of the default organization.
async fn agent(app: &TestApp) -> User {
    let new = NewUser {
        organization: OrganizationId::default_organization(),
        email: Email::parse("ada@example.com").unwrap(),
        username: None,
        password: SecretString::from(PASSWORD),
        name: FullName::whole(PersonName::parse("name", "Ada Agent").unwrap()),
        role: Role::Agent,
    };
    accounts(app).await.register(new, None).await.unwrap();
    user(&log_in(app, "ada@example.com", PASSWORD).await.body)
}

async fn key(app: &TestApp, organization: &str, scopes: &[&str]) -> User {
    User { id: String::new(), token: key_of(app, organization, scopes).await }
}

#[tokio::test]
async fn nothing_but_the_door_opens_without_credentials() {
    let app = TestApp::start().await;
    let paths = ["/api/auth/me", "/api/chat/rooms", "/api/chat/rooms/a", "/api/chat/rooms/a/messages"];
    let nobody = User { id: String::new(), token: "nonsense".to_owned() };
    for path in paths.iter().chain(&FOR_ADMINISTRATORS) {
        let detail = send(request(&app, Method::GET, path)).await.detail(401);
        assert_eq!(detail, "Could not validate credentials");
        assert_eq!(get(&app, &nobody, path).await.detail(401), detail);
    }
    for path in ["/api/chat/rooms", "/api/chat/rooms/a/messages", "/api/chat/analyze"] {
        send(request(&app, Method::POST, path).json(&json!({}))).await.detail(401);
    }
    send(request(&app, Method::PUT, "/api/admin/system-config").json(&json!({}))).await.detail(401);
}

#[tokio::test]
async fn administration_and_analytics_are_for_administrators() {
    let app = TestApp::start().await;
    let scoped = key(&app, "default", &["conversations:read", "conversations:write"]).await;
    for who in [customer(&app, "alice").await, agent(&app).await, scoped] {
        for path in FOR_ADMINISTRATORS {
            assert_eq!(get(&app, &who, path).await.detail(403), "Admin access required", "{path}");
        }
        put(&app, &who, "/api/admin/system-config", &json!({ "auto_reply_enabled": false })).await.detail(403);
    }
    let everything = User { id: String::new(), token: API_KEY.to_owned() };
    for who in [administrator(&app).await, everything] {
        for path in FOR_ADMINISTRATORS {
            assert_eq!(get(&app, &who, path).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn a_room_of_somebody_else_is_as_unknown_as_none() {
    let app = TestApp::start().await;
    let (alice, bob) = (customer(&app, "alice").await, customer(&app, "bob").await);
    let id = room(&app, &alice).await;
    let strangers = [bob, key(&app, "elsewhere", &["*"]).await];
    for stranger in &strangers {
        for room in [id.as_str(), "no-such-room"] {
            let body = json!({ "content": "Hello", "user_type": "customer" });
            for reply in [
                get(&app, stranger, &format!("/api/chat/rooms/{room}")).await,
                get(&app, stranger, &messages_path(room)).await,
                post(&app, stranger, &messages_path(room), &body).await,
            ] {
                assert_eq!(reply.detail(404), "Resource not found");
            }
        }
        assert_eq!(get(&app, stranger, "/api/chat/rooms").await.body, json!([]));
    }
}

#[tokio::test]
async fn a_customer_never_speaks_as_the_staff() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    let body = json!({ "content": "Your refund is granted", "user_type": "admin" });
    assert_eq!(post(&app, &alice, &messages_path(&id), &body).await.detail(403), "Admin access required");
    assert_eq!(get(&app, &alice, &messages_path(&id)).await.body, json!([]));
}

#[tokio::test]
async fn agents_answer_customers_and_never_write_for_them() {
    let app = TestApp::start().await;
    let (ada, alice) = (agent(&app).await, customer(&app, "alice").await);
    let id = room(&app, &alice).await;
    let body = json!({ "content": "Hello", "user_type": "customer" });
    post(&app, &ada, &messages_path(&id), &body).await.detail(403);
    say(&app, &ada, &id, "admin", "Hello, I am Ada").await;
    let rooms = get(&app, &ada, "/api/chat/rooms").await.body;
    assert_eq!((rooms.as_array().unwrap().len(), &rooms[0]["message_count"]), (1, &json!(1)));
    assert_eq!(get(&app, &ada, "/api/auth/me").await.body["user_type"], "admin");
}

#[tokio::test]
async fn a_key_does_what_its_scopes_name_and_is_nobody_of_the_staff() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    let reads = key(&app, "default", &["conversations:read"]).await;
    let writes = key(&app, "default", &["conversations:write"]).await;
    let hello = |user_type: &str| json!({ "content": "Hello", "user_type": user_type });
    for path in ["/api/chat/rooms".to_owned(), format!("/api/chat/rooms/{id}"), messages_path(&id)] {
        assert_eq!(get(&app, &reads, &path).await.status, 200, "{path}");
        get(&app, &writes, &path).await.detail(403);
    }
    post(&app, &reads, &messages_path(&id), &hello("customer")).await.detail(403);
    post(&app, &reads, "/api/chat/rooms", &json!({ "customer_name": "A" })).await.detail(403);
    post(&app, &writes, "/api/chat/analyze", &json!({ "message": "Hello" })).await.detail(403);
    post(&app, &writes, &messages_path(&id), &hello("admin")).await.detail(403);
    let sent = say(&app, &writes, &id, "customer", "Hello").await;
    assert_eq!(sent["ai_analysis"]["intent"], "greeting");
    let said = get(&app, &alice, &messages_path(&id)).await.body;
    assert_eq!(said[0]["user_id"], alice.id);
}
