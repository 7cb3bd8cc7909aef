//! Files between customers and the staff: brought, posted, handed out with headers that make no more of them than they are.

use bytes::Bytes;
use reqwest::{Client as Http, Response};
use serde_json::{Value, json};
use switchboard::domain::{OrganizationId, Role, SessionId, SessionKey};

use super::{Colleague, Desk, colleague, colleague_of, staffed};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, customer_token, get_as, key_of, post, post_as, send};
use crate::support::said::{messages, until_said};
use crate::support::ws::Client;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and some more bytes";
const PDF: &[u8] = b"%PDF-1.7 and some more bytes";

fn files(session: &str) -> String {
    format!("/api/core/sessions/{session}/files")
}

fn staff_files(session: &str) -> String {
    format!("/api/console/sessions/{session}/files")
}

/// An anonymous customer's socket, the session, and its secret.
async fn visitor(app: &TestApp) -> (Client, String, String) {
    let mut socket = Client::connect(app.ws_url("/ws?userId=ann&after=0")).await;
    let hello = socket.next().await;
    let text = |name: &str| hello[name].as_str().unwrap().to_owned();
    (socket, text("sessionId"), text("resumeSecret"))
}

async fn bring(app: &TestApp, path: &str, secret: &str, bytes: &'static [u8]) -> Reply {
    let request =
        Http::new().post(app.url(path)).header("x-session-secret", secret).header("content-type", "image/png");
    send(request.body(Bytes::from_static(bytes))).await
}

async fn fetch(app: &TestApp, path: &str, with: (&str, &str)) -> Response {
    Http::new().get(app.url(path)).header(with.0, with.1).send().await.unwrap()
}

/// Brings a file as the staff and gives its id.
async fn brought(app: &TestApp, who: &Colleague, session: &str, name: &str) -> String {
    let path = format!("{}?name={name}", staff_files(session));
    let reply = send(post_as(app, &who.token, &path).body(Bytes::from_static(PDF))).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.body["id"].as_str().unwrap().to_owned()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_customer_shows_a_picture_and_an_agent_answers_with_a_document() {
    let app = staffed().await;
    let eva = colleague(&app, "Eva Lind", Role::Agent).await;
    let (mut ann, session, secret) = visitor(&app).await;
    let name = "name=..%2Fmy%20garden.png";
    let sent = bring(&app, &format!("{}?{name}", files(&session)), &secret, PNG).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let id = sent.body["id"].as_str().unwrap();
    assert_eq!((&sent.body["name"], &sent.body["mediaType"]), (&json!("my garden.png"), &json!("image/png")));
    assert_eq!((&sent.body["kind"], &sent.body["bytes"]), (&json!("image"), &json!(PNG.len())));

    let mut desk = Desk::open(&app, &eva).await;
    ann.send(json!({ "type": "text", "id": "m1", "attachments": [id] })).await;
    ann.wait_for(|frame| frame["type"] == "ack" && frame["id"] == "m1").await;
    desk.summary(&session, |_| true).await;
    desk.done("watch", json!({ "session": session, "after": 0 })).await;
    let shown = desk.event(&session, "message").await;
    assert_eq!(shown["text"], "[image: my garden.png]");
    assert_eq!((&shown["attachments"][0]["id"], &shown["attachments"][0]["kind"]), (&json!(id), &json!("image")));
    let bearer = format!("Bearer {}", eva.token);
    let seen = fetch(&app, &format!("{}/{id}?inline=1", staff_files(&session)), ("authorization", &bearer)).await;
    assert_eq!((seen.status().as_u16(), header(&seen, "content-type")), (200, "image/png"));
    assert_eq!(seen.bytes().await.unwrap(), PNG);

    let answer = brought(&app, &eva, &session, "bill%207.pdf").await;
    let fields = json!({ "session": session, "text": "Here you are.", "attachments": [answer], "client_id": "a1" });
    let ack = desk.done("send", fields).await;
    assert!(ack["message_id"].is_string(), "{ack}");
    let got = ann.wait_for(|frame| frame["sender"] == "agent").await;
    assert_eq!((&got["text"], &got["attachments"][0]["name"]), (&json!("Here you are."), &json!("bill 7.pdf")));
    let id = got["attachments"][0]["id"].as_str().unwrap();
    let path = format!("{}/{id}", files(&session));
    let bill = fetch(&app, &path, ("x-session-secret", &secret)).await;
    assert_eq!(header(&bill, "content-type"), "application/pdf");
    assert_eq!(bill.bytes().await.unwrap(), PDF);
    app.stop().await;
}

#[tokio::test]
async fn what_is_handed_out_says_how_it_may_be_used() {
    let app = TestApp::start().await;
    let (_socket, session, secret) = visitor(&app).await;
    let with = ("x-session-secret", secret.as_str());
    let sent = bring(&app, &format!("{}?name=Gr%C3%BC%C3%9Fe.png", files(&session)), &secret, PNG).await;
    let path = format!("{}/{}", files(&session), sent.body["id"].as_str().unwrap());
    let whole = fetch(&app, &path, with).await;
    assert_eq!(
        header(&whole, "content-disposition"),
        "attachment; filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png"
    );
    assert_eq!(header(&whole, "x-content-type-options"), "nosniff");
    assert_eq!(header(&whole, "content-security-policy"), "sandbox; default-src 'none'");
    assert!(header(&whole, "cache-control").starts_with("private"), "{whole:?}");
    let tag = header(&whole, "etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", sent.body["sha256"].as_str().unwrap()));
    let shown = fetch(&app, &format!("{path}?inline=1"), with).await;
    assert!(header(&shown, "content-disposition").starts_with("inline;"));

    let request = || Http::new().get(app.url(&path)).header("x-session-secret", &secret);
    let part = request().header("range", "bytes=1-3").send().await.unwrap();
    assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, "bytes 1-3/28"));
    assert_eq!(part.bytes().await.unwrap(), PNG[1..4]);
    let same = request().header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((same.status().as_u16(), same.bytes().await.unwrap().len()), (304, 0));

    let page = bring(&app, &format!("{}?name=page.html", files(&session)), &secret, b"<html><script>1</script>").await;
    let path = format!("{}/{}?inline=1", files(&session), page.body["id"].as_str().unwrap());
    let page = fetch(&app, &path, with).await;
    assert_eq!(header(&page, "content-type"), "application/octet-stream");
    assert!(header(&page, "content-disposition").starts_with("attachment;"), "a page is never shown");
    app.stop().await;
}

#[tokio::test]
async fn a_file_is_for_whoever_may_read_its_session() {
    let app = TestApp::start().await;
    let (_socket, session, secret) = visitor(&app).await;
    let (_other, elsewhere, other_secret) = visitor(&app).await;
    let id = bring(&app, &files(&session), &secret, PNG).await.body["id"].as_str().unwrap().to_owned();
    let path = format!("{}/{id}", files(&session));
    let status = async |path: &str, with: (&str, &str)| fetch(&app, path, with).await.status().as_u16();
    assert_eq!(status(&path, ("x-session-secret", &secret)).await, 200);
    assert_eq!(status(&path, ("x-session-secret", &other_secret)).await, 404);
    assert_eq!(status(&path, ("accept", "*/*")).await, 401);
    assert_eq!(status(&format!("{}/{id}", files(&elsewhere)), ("x-session-secret", &other_secret)).await, 404);
    let ours = key_of(&app, "default", &["conversations:read"]).await;
    assert_eq!(status(&path, ("x-api-key", &ours)).await, 200);
    let theirs = key_of(&app, "acme", &["*"]).await;
    assert_eq!(status(&path, ("x-api-key", &theirs)).await, 404);
    let customer = customer_token(&app, "ann").await;
    assert_eq!(status(&path, ("authorization", &format!("Bearer {customer}"))).await, 404);
    let stranger = colleague_of(&app, "acme", "Max Moor", Role::Agent).await;
    let staff = format!("{}/{id}", staff_files(&session));
    let agent = colleague(&app, "Eva Lind", Role::Agent).await;
    assert_eq!(send(get_as(&app, &stranger.token, &staff)).await.status, 404);
    assert_eq!(send(get_as(&app, &agent.token, &staff)).await.status, 200);
    assert_eq!(send(get_as(&app, &agent.token, &format!("{}/nonsense", staff_files(&session)))).await.status, 404);
    assert_eq!(bring(&app, &files(&session), &other_secret, PNG).await.status, 404);
    let write = send(post_as(&app, &ours, &files(&session)).body(Bytes::from_static(PNG))).await;
    assert_eq!(write.status, 403, "a key that may only read");
    app.stop().await;
}

#[tokio::test]
async fn what_may_not_be_posted_is_refused_and_the_conversation_goes_on() {
    let app = TestApp::start_with(|config| config.files.file_max_bytes = 1_000).await;
    let (mut ann, session, secret) = visitor(&app).await;
    let program = bring(&app, &format!("{}?name=photo.png", files(&session)), &secret, b"MZ\x90\0").await;
    assert_eq!((program.status, &program.body["error"]["code"]), (400, &json!("invalid_request")));
    let large = Http::new().post(app.url(&files(&session))).header("x-session-secret", &secret).body(vec![7; 1_001]);
    assert_eq!(send(large).await.status, 413);
    let unknown = uuid::Uuid::now_v7().to_string();
    for wrong in [json!(["nonsense"]), json!([unknown]), json!(vec![unknown.as_str(); 11])] {
        ann.send(json!({ "type": "text", "text": "See", "id": "w", "attachments": wrong })).await;
        ann.wait_for(|frame| frame["type"] == "error" && frame["id"] == "w").await;
    }
    let id = bring(&app, &files(&session), &secret, PNG).await.body["id"].clone();
    ann.send(json!({ "type": "text", "text": "See", "id": "m", "attachments": [id] })).await;
    ann.wait_for(|frame| frame["type"] == "ack" && frame["id"] == "m").await;
    app.stop().await;
}

#[tokio::test]
async fn a_message_over_rest_names_files_of_its_session() {
    let app = TestApp::start().await;
    let say = async |message: Value| {
        let body = json!({ "userId": "jo", "sessionId": "s", "message": message });
        send(post(&app, "/api/core/messages").json(&body)).await
    };
    assert_eq!(say(json!({ "text": "Hello" })).await.status, 200);
    let key = crate::support::app::API_KEY;
    let sent = send(post_as(&app, key, &format!("{}?name=a.png", files("s"))).body(Bytes::from_static(PNG))).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert_eq!(say(json!({ "text": "", "attachments": [sent.body["id"]] })).await.status, 200);
    assert_eq!(say(json!({ "text": "", "attachments": [] })).await.status, 400);
    let missing = say(json!({ "text": "x", "attachments": [uuid::Uuid::now_v7()] })).await;
    assert_eq!(missing.status, 404, "{}", missing.body);
    let jo = customer_token(&app, "jo").await;
    let context = send(get_as(&app, &jo, "/api/core/sessions/s/context")).await;
    assert!(context.body.to_string().contains("[file: a.png, image]"), "{}", context.body);
    app.stop().await;
}

#[tokio::test]
async fn what_is_written_right_after_a_file_stands_behind_it() {
    let app = staffed().await;
    let eva = colleague(&app, "Eva Lind", Role::Agent).await;
    let (mut ann, session, secret) = visitor(&app).await;
    let organization = OrganizationId::default_organization();
    let key = SessionKey { organization, session: SessionId::parse(&session).unwrap() };
    let said = || {
        let own = messages(&app, &key).into_iter().map(|message| message.body.as_str().to_owned());
        own.filter(|body| body.starts_with(['1', '2', '3', '4'])).collect::<Vec<_>>()
    };
    let id = bring(&app, &files(&session), &secret, PNG).await.body["id"].clone();
    ann.send(json!({ "type": "text", "text": "1 look", "attachments": [id] })).await;
    ann.send(json!({ "type": "text", "text": "2 is that right?" })).await;
    until_said(&app, "both are said", || said().len() == 2).await;
    let mut desk = Desk::open(&app, &eva).await;
    let bill = brought(&app, &eva, &session, "bill.pdf").await;
    desk.order("send", json!({ "session": session, "text": "3 your bill", "attachments": [bill] })).await;
    desk.order("send", json!({ "session": session, "text": "4 anything else?" })).await;
    until_said(&app, "all are said", || said().len() == 4).await;
    assert_eq!(said(), ["1 look", "2 is that right?", "3 your bill", "4 anything else?"]);
    app.stop().await;
}

#[tokio::test]
async fn a_conversation_that_is_passed_on_right_after_a_file_stays_with_the_colleague() {
    let app = staffed().await;
    let (eva, joe) = (colleague(&app, "Eva Lind", Role::Agent).await, colleague(&app, "Joe Doe", Role::Agent).await);
    let (mut ann, session, _secret) = visitor(&app).await;
    ann.send(json!({ "type": "text", "text": "Hello", "id": "m" })).await;
    ann.wait_for(|frame| frame["type"] == "ack" && frame["id"] == "m").await;
    let (mut desk, mut other) = (Desk::open(&app, &eva).await, Desk::open(&app, &joe).await);
    desk.summary(&session, |_| true).await;
    desk.done("send", json!({ "session": session, "text": "I look for your bills." })).await;
    let mut bills = Vec::new();
    for number in 0..5 {
        bills.push(brought(&app, &eva, &session, &format!("bill-{number}.pdf")).await);
    }
    let sent = desk.order("send", json!({ "session": session, "text": "Your bills", "attachments": bills })).await;
    let passed = desk.order("transfer", json!({ "session": session, "to": { "agent": joe.id } })).await;
    let ack = desk.wait_for(|frame| frame["id"] == sent.as_str()).await;
    let done = desk.wait_for(|frame| frame["id"] == passed.as_str()).await;
    assert_eq!((&ack["type"], &done["type"]), (&json!("ack"), &json!("ack")), "{ack} {done}");
    let moved = other.wait_for(|frame| frame["kind"] == "owner" && frame["agent"]["id"] == joe.id.as_str()).await;
    assert!(ack["seq"].as_u64() < moved["seq"].as_u64(), "{ack} {moved}");
    let listed = send(get_as(&app, &joe.token, &format!("/api/console/sessions/{session}"))).await.body;
    assert_eq!(listed["session"]["agent"]["id"], joe.id.as_str(), "{listed}");
    app.stop().await;
}
