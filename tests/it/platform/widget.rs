//! `GET /widget/config`, and the pages and organizations of anonymous sockets.

use reqwest::Client as Http;
use serde_json::{Value, json};
use switchboard::domain::{AssistantSettings, Settings};
use switchboard::store::{Batch, record};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;

use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::key_of;
use crate::support::ws::Client;

const SHOP: &str = "https://www.shop.example";

/// An organization `acme` with its own widget.
async fn acme(app: &TestApp) -> String {
    let key = key_of(app, "acme", &["*"]).await;
    let widget =
        json!({ "domains": ["https://*.shop.example"], "color": "#ff0000", "title": "<Acme>", "position": "left" });
    let assistant = serde_json::to_value(AssistantSettings::default()).unwrap();
    let settings = json!({ "organization": "acme", "assistant": assistant, "widget": widget });
    let settings: Settings = serde_json::from_value(settings).unwrap();
    let mut batch = Batch::default();
    record::insert(&mut batch, &settings).unwrap();
    app.store().commit(batch).await.unwrap();
    key
}

async fn config(app: &TestApp, query: &str, origin: Option<&str>) -> (u16, reqwest::header::HeaderMap, Value) {
    let mut request = Http::new().get(app.url(&format!("/widget/config{query}")));
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone(), answer.json().await.unwrap())
}

fn page(app: &TestApp, query: &str, origin: &str) -> Request<()> {
    let mut request = app.ws_url(&format!("/ws?userId=ann{query}")).into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request
}

#[tokio::test]
async fn every_organization_has_a_widget_and_its_own_pages_may_read_how_it_looks() {
    let app = TestApp::start().await;
    acme(&app).await;
    let (status, headers, plain) = config(&app, "", None).await;
    let usual = json!({
        "title": "Support", "color": "#1864ab", "greeting": "Hi! How can we help?", "position": "right", "email": false,
    });
    assert_eq!((status, plain), (200, usual));
    assert_eq!(headers["cache-control"], "public, max-age=60");
    let (status, headers, own) = config(&app, "?organization=acme", Some(SHOP)).await;
    assert_eq!((status, &own["title"], &own["position"]), (200, &json!("<Acme>"), &json!("left")));
    assert_eq!(headers["access-control-allow-origin"], SHOP);
    assert!(headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("origin")), "{headers:?}");
    assert!(own.get("domains").is_none());
    let (status, headers, _) = config(&app, "?organization=acme", Some("http://localhost:3000")).await;
    assert_eq!((status, &headers["access-control-allow-origin"].to_str().unwrap()), (200, &"http://localhost:3000"));
    assert_eq!(config(&app, "", Some(&app.url(""))).await.0, 200, "the server's own pages");
    for (query, origin, wanted) in [
        ("", Some(SHOP), 403),
        ("?organization=acme", Some("https://shop.example"), 403),
        ("?organization=acme", Some("https://www.shop.example.evil.example"), 403),
        ("?organization=acme", Some("null"), 403),
        ("?organization=nowhere", None, 404),
        ("?organization=a%2Fb", None, 404),
    ] {
        let (status, headers, body) = config(&app, query, origin).await;
        assert_eq!((status, headers.get("access-control-allow-origin")), (wanted, None), "{query} {origin:?}");
        assert!(body["error"]["code"].is_string());
    }
}

#[tokio::test]
async fn an_anonymous_customer_names_the_organization_and_comes_only_from_its_pages() {
    let app = TestApp::start().await;
    let key = acme(&app).await;
    let mut ann = Client::connect(page(&app, "&organization=acme&sessionId=s&after=0", SHOP)).await;
    let hello = ann.next().await;
    let secret = hello["resumeSecret"].as_str().unwrap().to_owned();
    let context = |key: String| Http::new().get(app.url("/api/core/sessions/s/context")).bearer_auth(key).send();
    assert_eq!(context(key.clone()).await.unwrap().status(), 200, "it is acme's session");
    assert_eq!(context(API_KEY.to_owned()).await.unwrap().status(), 404, "and nobody else's");
    let back = format!("&organization=acme&sessionId=s&after=0&resume={secret}");
    assert!(Client::try_connect(page(&app, &back, SHOP)).await.is_ok());
    for (query, origin, wanted) in [
        (format!("&sessionId=s&after=0&resume={secret}"), "http://localhost:3000", 404),
        ("&organization=nowhere".to_owned(), SHOP, 404),
        (String::new(), SHOP, 403),
        ("&organization=acme".to_owned(), "https://evil.example", 403),
        ("&organization=acme".to_owned(), "null", 403),
        (format!("&token={API_KEY}"), SHOP, 403),
    ] {
        let refused = Client::try_connect(page(&app, &query, origin)).await.err();
        assert_eq!(refused, Some(wanted), "{query} {origin}");
    }
    let known = format!("&organization=default&token={key}");
    assert!(Client::try_connect(page(&app, &known, SHOP)).await.is_ok(), "a token says whose it is");
}
