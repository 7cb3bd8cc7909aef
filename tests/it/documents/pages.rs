//! Pages that are fetched: from where they may be, as far as they send on, as much as they may bring.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use reqwest::Client;
use serde_json::{Value, json};
use switchboard::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::rest::send;

const DOCUMENTS: &str = "/api/console/knowledge/documents";

type Pages = Arc<Mutex<HashMap<String, String>>>;

/// A server of pages: what a path answers, as it goes over the wire; what has no answer hangs.
async fn site() -> (SocketAddr, Pages) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, pages) = (listener.local_addr().unwrap(), Pages::default());
    let known = Arc::clone(&pages);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let known = Arc::clone(&known);
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let read = socket.read(&mut head).await.unwrap_or(0);
                let text = String::from_utf8_lossy(&head[..read]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let answer = known.lock().unwrap().get(&path).cloned();
                match answer {
                    Some(answer) => drop(socket.write_all(answer.as_bytes()).await),
                    None => std::future::pending::<()>().await,
                }
            });
        }
    });
    (address, pages)
}

fn page(kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

async fn add(app: &TestApp, url: &str) -> String {
    let request = Client::new().post(app.url(DOCUMENTS)).header("X-API-Key", API_KEY).json(&json!({ "url": url }));
    let added = send(request).await;
    assert_eq!((added.status, &added.body["kind"]), (201, &"url".into()), "{}", added.body);
    added.body["id"].as_str().unwrap().to_owned()
}

async fn read(app: &TestApp, id: &str, version: u32) -> Value {
    let begun = Instant::now();
    loop {
        let request = Client::new().get(app.url(&format!("{DOCUMENTS}/{id}"))).header("X-API-Key", API_KEY);
        let document = send(request).await.body;
        if document["version"] == version && (document["state"] == "ready" || document["state"] == "error") {
            return document;
        }
        assert!(begun.elapsed() < PATIENCE * 3, "{document}");
        tokio::task::yield_now().await;
    }
}

fn near(config: &mut Config) {
    config.documents.fetch_private_addresses = true;
    config.documents.fetch_timeout_s = 5;
    config.documents.file_max_bytes = 10_000;
}

#[tokio::test]
async fn a_page_is_fetched_read_and_read_again_as_it_is_then() {
    let app = TestApp::start_with(near).await;
    let (address, pages) = site().await;
    let html = "<title>Returns</title><p>Returns are free for thirty days.";
    let on = |to: &str| redirect(to);
    pages
        .lock()
        .unwrap()
        .extend([("/old".to_owned(), on("/new")), ("/new".to_owned(), page("text/html; charset=utf-8", html))]);
    let id = add(&app, &format!("http://{address}/old")).await;
    let document = read(&app, &id, 1).await;
    assert_eq!((&document["state"], &document["title"]), (&"ready".into(), &"Returns".into()), "{document}");
    pages.lock().unwrap().insert("/new".to_owned(), page("text/markdown", "Returns cost nothing for **ninety** days."));
    let again = Client::new().post(app.url(&format!("{DOCUMENTS}/{id}/retry"))).header("X-API-Key", API_KEY);
    assert_eq!(send(again).await.status, 200);
    assert_eq!(read(&app, &id, 2).await["state"], "ready");
    let text = send(Client::new().get(app.url(&format!("{DOCUMENTS}/{id}/text"))).header("X-API-Key", API_KEY)).await;
    assert_eq!(text.body["text"], "Returns cost nothing for **ninety** days.");
}

#[tokio::test]
async fn a_page_that_leads_astray_says_so() {
    let app = TestApp::start_with(near).await;
    let (address, pages) = site().await;
    pages.lock().unwrap().extend([
        ("/ring".to_owned(), redirect("/ring")),
        ("/file".to_owned(), redirect("file:///etc/passwd")),
        ("/image".to_owned(), page("image/png", "x")),
        ("/large".to_owned(), page("text/plain", &"a ".repeat(6_000))),
        ("/gone".to_owned(), "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()),
    ]);
    for (path, why) in [
        ("/ring", "it sends on more than 5 times"),
        ("/file", "the address is none of the web"),
        ("/image", "it is of a type that is not read"),
        ("/large", "it has more than 10000 bytes"),
        ("/gone", "the server answers with status 404"),
        ("/hangs", "it takes too long to load"),
    ] {
        let id = add(&app, &format!("http://{address}{path}")).await;
        let document = read(&app, &id, 1).await;
        assert_eq!(document["fault"], format!("the page could not be read: {why}"), "{path}");
    }
}

#[tokio::test]
async fn this_machine_is_not_read_unless_it_may_be() {
    let app = TestApp::start().await;
    let (address, pages) = site().await;
    pages.lock().unwrap().insert("/".to_owned(), page("text/plain", "A secret of this machine."));
    for url in
        [format!("http://{address}/"), format!("http://localhost:{}/", address.port()), "http://2130706433/".to_owned()]
    {
        let id = add(&app, &url).await;
        let document = read(&app, &id, 1).await;
        assert_eq!((&document["state"], &document["chars"]), (&"error".into(), &0.into()), "{document}");
    }
}
