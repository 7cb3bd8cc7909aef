//! The pages that the program carries, as a browser meets them beside the dialects. What depends on the files alone is tested beside the
//! code, with files of the tests' own.

use std::collections::BTreeSet;

use regex::Regex;
use reqwest::{Client, Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::{PATIENCE, TestApp};
use crate::support::rest::send;

/// The most that the widget may weigh on other people's pages, gzipped.
const WIDGET_MAX_BYTES: usize = 20 * 1024;

/// The most that what it loads besides may weigh, where replies may go by e-mail.
const WIDGET_MORE_MAX_BYTES: usize = 5 * 1024;

async fn load(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    let request =
        headers.iter().fold(Client::new().get(app.url(path)), |asked, (name, value)| asked.header(*name, *value));
    tokio::time::timeout(PATIENCE, request.send()).await.expect("it answers in time").unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Whether this build has the pages. `make test` builds them first.
async fn is_built(app: &TestApp) -> bool {
    let built = load(app, "/widget.js", &[]).await.status() == 200;
    assert!(built || std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "web/dist is empty: run `make web`");
    if !built {
        eprintln!("skipped: the program was built without its pages; `make web` builds them");
    }
    built
}

#[tokio::test]
async fn the_pages_are_there_for_everybody_and_are_only_read() {
    let app = TestApp::start().await;
    for path in ["/", "/console", "/console/", "/console/settings/team"] {
        let page = load(&app, path, &[]).await;
        assert_eq!(
            (page.status().as_u16(), header(&page, "content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(header(&page, "content-security-policy").contains("frame-ancestors"), "{path}");
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        let head = send(Client::new().head(app.url(path))).await;
        assert_eq!((head.status, head.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        let refused = send(Client::new().request(Method::POST, app.url(path))).await;
        assert_eq!((refused.status, refused.header("allow")), (405, "GET,HEAD"), "{path}");
        assert_eq!(refused.body["error"]["code"], "invalid_request");
        assert_eq!(refused.body["requestId"], refused.header("x-request-id"));
    }
    app.stop().await;
}

#[tokio::test]
async fn nothing_but_the_pages_is_served_from_their_folder() {
    let app = TestApp::start().await;
    let paths = [
        "/console/../Cargo.toml",
        "/console/..%2f..%2fCargo.toml",
        "/demo/../../Cargo.toml",
        "/console/.vite/manifest.json",
        "/demo/.keep",
    ];
    for path in paths {
        // A client of the usual kind would tidy the path up before it asks.
        let mut socket = TcpStream::connect(app.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(PATIENCE, socket.read_to_string(&mut answer)).await.expect("it answers in time").unwrap();
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("resource_not_found"), "{path}: {answer}");
    }
    app.stop().await;
}

#[tokio::test]
async fn everything_that_a_page_names_is_there_and_its_hashed_names_are_kept() {
    let app = TestApp::start().await;
    if is_built(&app).await {
        let names = Regex::new(r#"<(?:script|link)[^>]*(?:src|href)="(/[^"]+)""#).unwrap();
        for page in ["/", "/console"] {
            let text = load(&app, page, &[]).await.text().await.unwrap();
            let named: BTreeSet<&str> =
                names.captures_iter(&text).filter_map(|found| found.get(1)).map(|path| path.as_str()).collect();
            assert!(named.iter().any(|path| path.contains("/assets/")), "{page}: {named:?}");
            for path in named {
                let file = load(&app, path, &[]).await;
                assert_eq!(file.status(), 200, "{page} names {path}");
                assert_eq!(header(&file, "cache-control").contains("immutable"), path.contains("/assets/"), "{path}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn the_widget_is_small_and_is_not_sent_twice() {
    let app = TestApp::start().await;
    if is_built(&app).await {
        let widget = load(&app, "/widget.js", &[("accept-encoding", "gzip")]).await;
        assert_eq!((header(&widget, "content-encoding"), header(&widget, "cache-control")), ("gzip", "no-cache"));
        assert_eq!(header(&widget, "cross-origin-resource-policy"), "cross-origin");
        let etag = header(&widget, "etag").to_owned();
        let size = widget.bytes().await.unwrap().len();
        assert!(size <= WIDGET_MAX_BYTES, "{size} bytes gzipped");
        let again = load(&app, "/widget.js", &[("accept-encoding", "gzip"), ("if-none-match", &etag)]).await;
        assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, etag.as_str()));
        assert!(again.bytes().await.unwrap().is_empty());
        let more = load(&app, "/widget-mail.js", &[("accept-encoding", "gzip")]).await;
        assert_eq!(header(&more, "cross-origin-resource-policy"), "cross-origin");
        let size = more.bytes().await.unwrap().len();
        assert!(size <= WIDGET_MORE_MAX_BYTES, "{size} bytes gzipped");
    }
    app.stop().await;
}
