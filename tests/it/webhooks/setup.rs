//! What administrators set up and see, and what nobody else does.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use switchboard::domain::outbox::{Stage, TargetKey};
use switchboard::domain::{OrganizationId, SessionId, SessionKey};
use switchboard::store::outbox;

use super::receiver::{Does, Receiver};
use super::{QUICK, assert_signed, care, care_as, deliveries, hook, origin, path, quick, say, until};
use crate::support::app::{API_KEY, Process, TestApp};
use crate::support::rest::{Parrot, admin_token, customer_token, get, key_of, send};

const SECRET: &str = "a-secret-of-the-shop";

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_webhooks_up_in_either_dialect_and_sees_their_secret_once() {
    let app = TestApp::start_with(quick).await;
    let origin = origin(&app);
    let wanted = json!({ "url": "https://shop.example.com/hook", "events": ["message.received"], "secret": SECRET });
    let made = care(&origin, Method::POST, "/webhooks", Some(wanted)).await;
    assert_eq!((made.status, &made.body["secret"]), (201, &json!(SECRET)));
    let token = admin_token(&app).await;
    let console = |method: Method, path: String, body: Option<Value>| {
        let request = Client::new().request(method, format!("{origin}/api/console{path}")).bearer_auth(&token);
        async move {
            send(match body {
                Some(body) => request.json(&body),
                None => request,
            })
            .await
        }
    };
    let listed = console(Method::GET, "/webhooks".to_owned(), None).await;
    let mut shown = made.body.clone();
    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!(listed.body, json!({ "items": [shown] }), "the same in both dialects, without the secret");
    insta::assert_json_snapshot!("a_webhook", shown, {
        ".id" => "[id]", ".created_at" => "[at]", ".updated_at" => "[at]",
    });
    let changed =
        console(Method::PUT, path(&made.body), Some(json!({ "enabled": false, "description": "Shop" }))).await;
    assert_eq!((changed.status, &changed.body["enabled"], &changed.body["url"]), (200, &json!(false), &shown["url"]));
    let audit = console(Method::GET, "/audit".to_owned(), None).await.body;
    let acts = audit["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == "webhook.changed");
    assert_eq!(acts.count(), 2);
    assert!(!audit.to_string().contains(SECRET) && !audit.to_string().contains("shop.example.com"));
    let v1 = care(&origin, Method::GET, &format!("/v1{}", path(&made.body)), None).await;
    assert_eq!((v1.status, &v1.body["description"]), (200, &json!("Shop")));
    assert_eq!(care(&origin, Method::DELETE, &path(&made.body), None).await.status, 204);
    assert_eq!(console(Method::GET, path(&made.body), None).await.status, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_a_webhook_is_refused_by_its_field() {
    let app = TestApp::start_with(|config| config.webhooks.endpoints_max = 2).await;
    let origin = origin(&app);
    let good = || json!({ "url": "https://shop.example.com/hook" });
    let with = |name: &str, value: Value| {
        let mut wanted = good();
        wanted[name] = value;
        wanted
    };
    for (field, wanted) in [
        ("url", json!({})),
        ("url", with("url", json!("no address"))),
        ("url", with("url", json!("ftp://shop.example.com/"))),
        ("url", with("url", json!("https://user:word@shop.example.com/"))),
        ("url", with("url", json!("http://127.0.0.1/"))),
        ("url", with("url", json!("http://[fd00::1]/"))),
        ("url", with("url", json!("http://169.254.169.254/latest"))),
        ("url", with("url", json!(format!("https://shop.example.com/{}", "x".repeat(2_048))))),
        ("events", with("events", json!([]))),
        ("events[0]", with("events", json!(["message.sent"]))),
        ("secret", with("secret", json!("short"))),
        ("description", with("description", json!("x".repeat(201)))),
    ] {
        let refused = care(&origin, Method::POST, "/webhooks", Some(wanted)).await;
        let details = refused.body["error"]["details"].as_object().unwrap();
        assert!(refused.status == 400 && details.contains_key(field), "{field}: {}", refused.body);
    }
    for _ in 0..2 {
        assert_eq!(care(&origin, Method::POST, "/webhooks", Some(good())).await.status, 201);
    }
    assert_eq!(care(&origin, Method::POST, "/webhooks", Some(good())).await.status, 409, "as many as there may be");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_makes_one_webhook() {
    let app = TestApp::start_with(quick).await;
    let create = |url: &str| {
        let request = Client::new().post(app.url("/webhooks")).bearer_auth(API_KEY).header("Idempotency-Key", "once");
        send(request.json(&json!({ "url": url })))
    };
    let first = create("https://shop.example.com/hook").await;
    let again = create("https://shop.example.com/hook").await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    assert_eq!(create("https://other.example.com/hook").await.status, 409);
    let listed = care(&origin(&app), Method::GET, "/webhooks", None).await;
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_repeated_makes_one_secret_and_the_one_before_holds_on() {
    let receiver = Receiver::start().await;
    let app = TestApp::start_with(quick).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    let rotate = |key: &'static str, body: Value| {
        let request = Client::new().post(format!("{origin}{}/secret", path(&hook))).bearer_auth(API_KEY);
        send(request.header("Idempotency-Key", key).json(&body))
    };
    let first = rotate("once", json!({})).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_ne!(first.body["secret"], hook["secret"]);
    assert_eq!(rotate("once", json!({})).await.body, first.body, "the same answer");
    assert_eq!(rotate("once", json!({ "secret": SECRET })).await.status, 409, "another request");
    care(&origin, Method::POST, &format!("{}/ping", path(&hook)), None).await;
    let ping = receiver.until(|taken| !taken.is_empty()).await[0].clone();
    assert_signed(&ping, &[first.body["secret"].as_str().unwrap(), hook["secret"].as_str().unwrap()]);
    assert_eq!(rotate("twice", json!({ "secret": SECRET })).await.body["secret"], SECRET);
    let late = rotate("once", json!({})).await;
    assert_eq!((late.status, late.body.get("secret")), (409, None), "what it made was replaced since");
    assert_eq!(rotate("twice", json!({ "secret": SECRET })).await.body["secret"], SECRET);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_for_administrators_of_their_organization_alone() {
    let receiver = Receiver::start().await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    let theirs = key_of(&app, "acme", &["*"]).await;
    let few = key_of(&app, "acme", &["users:read"]).await;
    let customer = customer_token(&app, "jo").await;
    let own = path(&hook);
    let routes = [
        (Method::GET, own.clone()),
        (Method::PUT, own.clone()),
        (Method::DELETE, own.clone()),
        (Method::POST, format!("{own}/secret")),
        (Method::POST, format!("{own}/ping")),
        (Method::POST, format!("{own}/replay")),
        (Method::GET, format!("{own}/deliveries")),
        (Method::POST, format!("{own}/deliveries/0000000000000000-00000000/replay")),
    ];
    for (method, path) in routes {
        for (credential, status) in [(theirs.as_str(), 404), (&few, 403), (&customer, 403)] {
            let reply = care_as(&origin, credential, method.clone(), &path, Some(json!({}))).await;
            assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        }
        let nobody = send(Client::new().request(method.clone(), format!("{origin}{path}"))).await;
        assert_eq!(nobody.status, 401, "{method} {path}");
    }
    assert_eq!(care_as(&origin, &theirs, Method::GET, "/webhooks", None).await.body, json!({ "items": [] }));
    // Another organization's conversations are heard of by nobody here.
    let body = json!({ "message": { "text": "Hello" }, "userId": "jo", "sessionId": "theirs" });
    let said = Client::new().post(format!("{origin}/api/core/messages")).header("X-API-Key", &theirs).json(&body);
    assert_eq!(send(said).await.status, 200);
    say(&origin, "ours", "Hello").await;
    let taken = receiver.until(|taken| taken.len() >= 2).await;
    assert!(taken.iter().all(|one| one.body["data"]["conversation_id"] == "ours"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_deleted_and_a_customer_who_is_erased_leave_no_delivery() {
    let receiver = Receiver::doing(|_, _| Does::Status(500, "")).await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let (kept, gone) = (hook(&origin, &receiver).await, hook(&origin, &receiver).await);
    say(&origin, "s1", "Hello").await;
    until(&origin, &kept, |hook| hook["waiting"] == 2).await;
    until(&origin, &gone, |hook| hook["waiting"] == 2).await;
    assert_eq!(care(&origin, Method::DELETE, &path(&gone), None).await.status, 204);
    let organization = OrganizationId::default_organization();
    let target =
        TargetKey { organization: organization.clone(), target: gone["id"].as_str().unwrap().parse().unwrap() };
    for stage in [Stage::Waiting, Stage::Parked, Stage::Finished] {
        assert_eq!(outbox::count(app.store(), &target, stage, 10).unwrap(), 0);
    }
    let confirm = json!({ "confirm": "user123" });
    let erase =
        Client::new().post(app.url("/api/console/customers/user123/erase")).bearer_auth(admin_token(&app).await);
    let begun = send(erase.json(&confirm)).await;
    assert!([200, 202].contains(&begun.status), "{}", begun.body);
    let session = SessionKey { organization, session: SessionId::parse("s1").unwrap() };
    until(&origin, &kept, |hook| hook["waiting"] == 0).await;
    assert!(outbox::of_session(app.store(), &session, 10).unwrap().is_empty());
    for state in ["waiting", "parked", "finished"] {
        assert_eq!(deliveries(&origin, &kept, state).await, Vec::<Value>::new());
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_measured_and_its_couriers_are_on_the_system_page() {
    let receiver = Receiver::doing(|_, _| Does::Status(500, "")).await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "Hello").await;
    receiver.until_refused(2).await;
    let page = Client::new().get(format!("{origin}/metrics")).send().await.unwrap().text().await.unwrap();
    for name in ["switchboard_outbox_waiting", "switchboard_outbox_parked", "switchboard_outbox_oldest_seconds"] {
        assert!(page.contains(name), "{name}");
    }
    assert!(page.contains(r#"switchboard_outbox_attempts_total{outcome="failing"}"#), "{page}");
    let token = admin_token(&app).await;
    let system = send(Client::new().get(app.url("/api/console/system")).bearer_auth(token)).await.body.to_string();
    assert!(system.contains(&format!("courier/{}", hook["id"].as_str().unwrap())), "{system}");
    assert_eq!(send(get(&app, "/api/core/health")).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_log_and_sealed_on_disk_and_another_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("db"), folder.path().join("log"));
    let receiver = Receiver::doing(|number, _| if number == 0 { Does::Status(500, "") } else { Does::Take }).await;
    let settings = [QUICK.as_slice(), &[("LOG__FILTER", "debug"), ("SERVER__DRAIN_S", "2")]].concat();
    let mut server = Process::start_logged(&data, &settings, &log).await;
    let origin = format!("http://{}", server.address());
    let wanted = json!({ "url": format!("{}?token=of-the-address", receiver.url), "secret": SECRET });
    assert_eq!(care(&origin, Method::POST, "/webhooks", Some(wanted)).await.status, 201);
    say(&origin, "s1", "about marmalade").await;
    receiver.until(|taken| taken.len() >= 2).await;
    assert_eq!(server.terminate(), Some(0));
    let said = std::fs::read_to_string(&log).unwrap();
    for hidden in [SECRET, "marmalade", "of-the-address"] {
        let line = said.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "{hidden} is in the log");
    }
    let key = folder.path().join("db-secrets.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!holds(&data, SECRET.as_bytes()), "the secret is on disk in clear");
    std::fs::write(&key, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
    let told = refused_start(&data);
    assert!(told.contains("secrets.key") && told.contains("is not the key"), "{told}");
    std::fs::remove_file(&key).unwrap();
    let told = refused_start(&data);
    assert!(told.contains("secrets.key") && told.contains("is gone"), "{told}");
    assert!(!key.exists(), "no other key is made in its place");
}

/// What a server says that does not start.
fn refused_start(data: &std::path::Path) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .arg("serve")
        .env("SWITCHBOARD_SERVER__LISTEN", "127.0.0.1:0")
        .env("SWITCHBOARD_STORE__URL", format!("fjall:{}", data.display()))
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_store_without_secrets_has_no_key_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::start(&folder.path().join("db"), &[]).await;
    say(&format!("http://{}", server.address()), "s1", "hello").await;
    assert_eq!(server.terminate(), Some(0));
    assert!(!folder.path().join("db-secrets.key").exists());
}

/// Whether a file below the folder holds these bytes.
fn holds(folder: &std::path::Path, wanted: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, wanted);
        }
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    })
}
