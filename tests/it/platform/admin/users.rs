//! `/api/admin/users`

use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, USERS, log_in, made, new_user, request, root, token};
use crate::support::app::{ADMIN_EMAIL, TestApp};
use crate::support::rest::{get, get_as, key_of, post, post_as, send};

#[tokio::test]
async fn a_user_is_made_as_documented_and_can_log_in_and_is_listed() {
    let app = TestApp::start().await;
    let mut wanted = new_user("agent@example.com", "agent");
    wanted["organizationId"] = "default".into();
    let made = send(post(&app, USERS).json(&wanted)).await;
    assert_eq!(made.status, 201);
    insta::assert_json_snapshot!(made.body, { ".id" => "[id]", ".createdAt" => "[time]" });
    let listed = send(get(&app, &format!("{USERS}?role=agent"))).await;
    assert_eq!(listed.body["users"][0]["lastLoginAt"], Value::Null);
    token(&app, "agent@example.com", PASSWORD).await;
    let listed = send(get(&app, &format!("{USERS}?role=agent"))).await;
    assert_eq!(listed.status, 200);
    insta::assert_json_snapshot!(listed.body, {
        ".users[].id" => "[id]", ".users[].createdAt" => "[time]", ".users[].lastLoginAt" => "[time]"
    });
}

#[tokio::test]
async fn users_come_in_pages_of_ten_and_by_role() {
    let app = TestApp::start().await;
    for number in 0..11 {
        let role = if number < 3 { "agent" } else { "customer" };
        let made = send(post(&app, USERS).json(&new_user(&format!("u{number}@example.com"), role))).await;
        assert_eq!(made.status, 201);
    }
    let page = async |query: &str| {
        let page = send(get(&app, &format!("{USERS}{query}"))).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let emails = page.body["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap());
        (emails.map(str::to_owned).collect::<Vec<_>>(), page.body["pagination"].clone())
    };
    let (first, pagination) = page("").await;
    assert_eq!((first.len(), first[0].as_str()), (10, ADMIN_EMAIL));
    assert_eq!(pagination, json!({ "total": 12, "page": 1, "limit": 10, "pages": 2 }));
    assert_eq!(page("?page=2").await.0, ["u9@example.com", "u10@example.com"]);
    let (second, pagination) = page("?role=agent&page=2&limit=2").await;
    assert_eq!(second, ["u2@example.com"]);
    assert_eq!(pagination, json!({ "total": 3, "page": 2, "limit": 2, "pages": 2 }));
    assert_eq!(page("?role=admin").await.0, [ADMIN_EMAIL], "the platform's admin is one");
    assert_eq!(
        page("?page=9&limit=500").await,
        (Vec::new(), json!({ "total": 12, "page": 9, "limit": 100, "pages": 1 }))
    );
    for bad in ["page=0", "page=-1", "page=x", "limit=0", "limit=", "role=boss", "role="] {
        let refused = send(get(&app, &format!("{USERS}?{bad}"))).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &"invalid_request".into()), "{bad}");
    }
}

#[tokio::test]
async fn what_is_missing_or_wrong_in_a_new_user_is_named_and_makes_nobody() {
    let app = TestApp::start().await;
    let good = new_user("jo@example.com", "agent");
    for field in ["email", "password", "firstName", "lastName", "role"] {
        let mut missing = good.clone();
        missing.as_object_mut().unwrap().remove(field);
        let refused = send(post(&app, USERS).json(&missing)).await;
        let said = format!("Missing required field: {field}");
        assert_eq!((refused.status, &refused.body["error"]["details"]), (400, &said.into()));
    }
    for (field, value) in [
        ("email", json!("nowhere")),
        ("password", json!("short")),
        ("firstName", json!(" ")),
        ("lastName", json!(7)),
        ("role", json!("Admin")),
        ("organizationId", json!("no spaces")),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        assert_eq!(send(post(&app, USERS).json(&wrong)).await.status, 400, "{field}");
    }
    assert_eq!(send(post(&app, USERS).json(&good)).await.status, 201);
    let mut again = good;
    again["email"] = "JO@example.com".into();
    let taken = send(post(&app, USERS).json(&again)).await;
    assert_eq!((taken.status, &taken.body["error"]["code"]), (409, &"invalid_request".into()));
    assert_eq!(send(get(&app, USERS)).await.body["pagination"]["total"], 2);
}

#[tokio::test]
async fn the_same_request_twice_makes_one_user() {
    let app = TestApp::start().await;
    let wanted = new_user("jo@example.com", "agent");
    let ask = || send(post(&app, USERS).header("Idempotency-Key", "k1").json(&wanted));
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let other = post(&app, USERS).header("Idempotency-Key", "k1").json(&new_user("mo@example.com", "agent"));
    assert_eq!(send(other).await.status, 409);
}

#[tokio::test]
async fn users_are_made_in_ones_own_organization_and_none_above_oneself() {
    let app = TestApp::start().await;
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let (_, admin) = made(&app, "admin2@example.com", "admin").await;
    let mut theirs = new_user("jo@example.com", "agent");
    theirs["organizationId"] = "elsewhere".into();
    assert_eq!(send(post_as(&app, &admin, USERS).json(&theirs)).await.status, 404);
    assert_eq!(send(post_as(&app, &admin, USERS).json(&new_user("p@example.com", "platform_admin"))).await.status, 403);
    let root = root(&app).await;
    let made = send(post_as(&app, &root, USERS).json(&theirs)).await;
    assert_eq!((made.status, &made.body["organizationId"]), (201, &"elsewhere".into()));
    theirs["email"] = "mo@example.com".into();
    theirs["organizationId"] = "nowhere".into();
    assert_eq!(send(post_as(&app, &root, USERS).json(&theirs)).await.status, 404);
    let own = send(post_as(&app, &elsewhere, USERS).json(&new_user("own@example.com", "agent"))).await;
    assert_eq!(own.body["organizationId"], "elsewhere", "without one it is the caller's");
    let listed = send(get_as(&app, &elsewhere, USERS)).await;
    assert_eq!(listed.body["pagination"]["total"], 2);
    let ours = format!("{USERS}/{}", own.body["id"].as_str().unwrap());
    for method in [Method::PATCH, Method::DELETE] {
        let refused = send(request(&app, &admin, method, &ours).json(&json!({ "isActive": false }))).await;
        assert_eq!((refused.status, &refused.body["error"]["details"]), (404, &"user not found".into()));
    }
    for nobody in ["01980000-0000-7000-8000-000000000001", "user-1234", "%20"] {
        let path = format!("{USERS}/{nobody}");
        assert_eq!(send(request(&app, &admin, Method::DELETE, &path)).await.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn a_change_keeps_what_is_not_sent() {
    let app = TestApp::start().await;
    let (id, agent) = made(&app, "jo@example.com", "agent").await;
    let path = format!("{USERS}/{id}");
    let change = async |body: Value| send(request(&app, &root(&app).await, Method::PATCH, &path).json(&body)).await;
    let changed = change(json!({ "lastName": "Doe", "role": "admin" })).await;
    assert_eq!(changed.status, 200);
    insta::assert_json_snapshot!(changed.body, {
        ".id" => "[id]", ".createdAt" => "[time]", ".lastLoginAt" => "[time]"
    });
    assert_eq!(send(get_as(&app, &agent, USERS)).await.status, 200, "the token that they have gives the new role");
    assert_eq!(change(json!({})).await.body, changed.body);
    for bad in [json!({ "role": "boss" }), json!({ "isActive": "no" }), json!({ "firstName": "" }), json!([])] {
        assert_eq!(change(bad.clone()).await.status, 400, "{bad}");
    }
    let own = request(&app, &agent, Method::PATCH, &path).json(&json!({ "role": "agent" }));
    assert_eq!(send(own).await.status, 409, "not one's own role");
}

#[tokio::test]
async fn a_deactivated_user_is_out_of_every_dialect_at_once_and_can_come_back() {
    let app = TestApp::start().await;
    let (id, agent) = made(&app, "jo@example.com", "agent").await;
    let doors = ["/api/core/sessions/x/context", "/conversations", "/api/chat/rooms", "/api/auth/me"];
    let all = async |expected: u16| {
        for door in doors {
            let status = send(get_as(&app, &agent, door)).await.status;
            assert!(if expected == 401 { status == 401 } else { status != 401 }, "{door}: {status}");
        }
    };
    all(200).await;
    let path = format!("{USERS}/{id}");
    let root = root(&app).await;
    for _ in 0..2 {
        let gone = send(request(&app, &root, Method::DELETE, &path)).await;
        assert_eq!((gone.status, &gone.body["isActive"]), (200, &false.into()));
    }
    all(401).await;
    assert_eq!(log_in(&app, "jo@example.com", PASSWORD).await.status, 401);
    let by_name = json!({ "username": "jo@example.com", "password": PASSWORD });
    assert_eq!(send(reqwest::Client::new().post(app.url("/api/auth/login")).json(&by_name)).await.status, 401);
    let back = request(&app, &root, Method::PATCH, &path).json(&json!({ "isActive": true }));
    assert_eq!(send(back).await.status, 200);
    all(200).await;
    let admin = send(get(&app, &format!("{USERS}?role=admin"))).await.body["users"][0]["id"].clone();
    let oneself = format!("{USERS}/{}", admin.as_str().unwrap());
    assert_eq!(send(request(&app, &root, Method::DELETE, &oneself)).await.status, 409, "not oneself");
}
