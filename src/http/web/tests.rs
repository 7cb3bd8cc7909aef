//! The pages as browsers ask for them.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, Method, Request};
use tower::ServiceExt;

use super::*;

const PAGE: &[u8] = b"<!doctype html><title>Console</title>";

static FEW: &[Asset] = &[
    Asset { path: "console/assets/index-Ab12.js", bytes: b"let a = 1;", gzip: Some(b"zipped"), hash: "c0de" },
    Asset { path: "console/icon.svg", bytes: b"<svg/>", gzip: None, hash: "1c0" },
    Asset { path: "console/index.html", bytes: PAGE, gzip: None, hash: "9a9e" },
    Asset { path: "demo/index.html", bytes: b"shop", gzip: None, hash: "5" },
    Asset { path: "widget.js", bytes: b"(() => {})();", gzip: Some(b"small"), hash: "3" },
];

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: impl Into<HeaderName>) -> &str {
        self.headers.get(name.into()).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(assets: &'static [Asset], method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let answer = routes(Site(assets)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn get_few(path: &str, headers: &[(HeaderName, &str)]) -> Answer {
    ask(FEW, Method::GET, path, headers).await
}

#[tokio::test]
async fn every_address_inside_the_console_is_its_page() {
    for path in [
        "/console",
        "/console/",
        "/console/inbox",
        "/console/customers/0190/history",
        "/console/customers/jo@example.com",
        "/console/inbox/order.77",
    ] {
        let page = get_few(path, &[]).await;
        assert_eq!((page.status, page.body.as_slice()), (200, PAGE), "{path}");
        assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
        assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(page.header(header::REFERRER_POLICY), "no-referrer");
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        for part in ["default-src 'self'", "script-src 'self';", "frame-ancestors 'none'", "object-src 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_refused_in_an_envelope() {
    for path in ["/console/nothing.js", "/console/assets/old-1.js", "/console/.vite/manifest.json", "/demo/nothing.css"]
    {
        let refused = get_few(path, &[]).await;
        let body: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
        assert_eq!((refused.status, &body["error"]["code"]), (404, &"resource_not_found".into()), "{path}");
        assert_eq!(body["requestId"], refused.header(HeaderName::from_static("x-request-id")));
    }
}

#[tokio::test]
async fn no_path_climbs_out_of_the_table() {
    for path in [
        "/console/../Cargo.toml",
        "/console/%2e%2e/%2e%2e/Cargo.toml",
        "/demo/..%2f..%2fCargo.toml",
        "/console//etc/hosts.x",
    ] {
        assert_eq!(get_few(path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_name_with_a_hash_is_kept_for_ever_and_others_are_asked_about() {
    let hashed = get_few("/console/assets/index-Ab12.js", &[]).await;
    assert_eq!(hashed.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(hashed.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    let icon = get_few("/console/icon.svg", &[]).await;
    assert_eq!((icon.header(header::CACHE_CONTROL), icon.header(header::CONTENT_TYPE)), ("no-cache", "image/svg+xml"));
}

#[tokio::test]
async fn who_has_the_file_is_not_sent_it_again() {
    let etag = get_few("/widget.js", &[]).await.header(header::ETAG).to_owned();
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let again = get_few("/widget.js", &[(header::IF_NONE_MATCH, &known)]).await;
        assert_eq!((again.status, again.body.len(), again.header(header::ETAG)), (304, 0, etag.as_str()), "{known}");
    }
    assert_eq!(get_few("/widget.js", &[(header::IF_NONE_MATCH, "\"other\"")]).await.status, 200);
    let zipped = get_few("/widget.js", &[(header::IF_NONE_MATCH, &etag), (header::ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(zipped.status, 200, "the name of the plain form is not that of the zipped one");
}

#[tokio::test]
async fn gzip_is_for_clients_that_take_it() {
    for takes in ["gzip", "br, gzip;q=0.5", "*", "deflate, *;q=0.1"] {
        let zipped = get_few("/widget.js", &[(header::ACCEPT_ENCODING, takes)]).await;
        assert_eq!(
            (zipped.header(header::CONTENT_ENCODING), zipped.body.as_slice()),
            ("gzip", &b"small"[..]),
            "{takes}"
        );
        assert_eq!(zipped.header(header::VARY), "accept-encoding");
    }
    for takes in ["", "identity", "gzip;q=0", "br, gzip; q=0.0", "*, gzip;q=0"] {
        let plain = get_few("/widget.js", &[(header::ACCEPT_ENCODING, takes)]).await;
        assert_eq!((plain.header(header::CONTENT_ENCODING), plain.body.len()), ("", 13), "{takes}");
        assert_eq!(plain.header(header::VARY), "accept-encoding");
    }
    let icon = get_few("/console/icon.svg", &[(header::ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!((icon.header(header::CONTENT_ENCODING), icon.body.as_slice()), ("", &b"<svg/>"[..]));
}

#[tokio::test]
async fn files_are_only_read() {
    for path in ["/", "/console", "/console/inbox", "/widget.js", "/demo/x.css"] {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let refused = ask(FEW, method, path, &[]).await;
            assert_eq!((refused.status, refused.header(header::ALLOW)), (405, "GET,HEAD"), "{path}");
            let body: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
            assert_eq!(body["error"]["code"], "invalid_request");
        }
    }
    let head = ask(FEW, Method::HEAD, "/widget.js", &[]).await;
    assert_eq!((head.status, head.body.len(), head.header(header::CONTENT_LENGTH)), (200, 0, "13"));
}

#[tokio::test]
async fn the_widget_is_for_pages_of_every_origin() {
    let widget = get_few("/widget.js", &[]).await;
    assert_eq!(widget.header(HeaderName::from_static("cross-origin-resource-policy")), "cross-origin");
    assert_eq!(widget.header(header::CONTENT_SECURITY_POLICY), "");
}

#[tokio::test]
async fn without_the_pages_it_says_how_to_get_them() {
    for path in ["/", "/console", "/console/inbox"] {
        let page = ask(&[], Method::GET, path, &[]).await;
        assert_eq!((page.status, page.header(header::CACHE_CONTROL)), (200, "no-store"), "{path}");
        assert!(String::from_utf8(page.body).unwrap().contains("<code>make web</code>"), "{path}");
    }
    assert_eq!(ask(&[], Method::GET, "/widget.js", &[]).await.status, 404);
    assert_eq!(ask(&[], Method::GET, "/console/x.js", &[]).await.status, 404);
}
