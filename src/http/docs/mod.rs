//! The documentation for people and programs: an OpenAPI document per dialect and one of all, Swagger UI at `/docs`, ReDoc
//! at `/redoc`, and the pages of the live protocols. Nothing is fetched from another host, by the build or by a page.
//!
//! Imports what is common to all doors; the router hands it the dialects' descriptions. The pages' scripts come inside crates:
//! docs/adr/0007-descriptions-and-their-pages.md.

mod page;
mod script;

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;

use super::description::{self, Description};

/// The only things that a page may do: run our scripts, show our styles, ask this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What is served: name, type and text.
type Files = Vec<(String, &'static str, Bytes)>;

/// The routes, for these dialects. Any other path there is for the router's own fallback to refuse.
pub fn router(dialects: &[Description]) -> Router {
    files(dialects).into_iter().fold(Router::new(), |router, (name, kind, text)| {
        router.route(&format!("/{name}"), get(move || async move { file(kind, text) }))
    })
}

fn files(dialects: &[Description]) -> Files {
    const HTML: &str = "text/html; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let mut files = Files::new();
    let mut add = |name: &str, kind: &'static str, text: Bytes| files.push((name.to_owned(), kind, text));
    add("openapi.json", "application/json", json(&description::together(dialects)));
    for dialect in dialects {
        add(&format!("openapi/{}.json", dialect.name), "application/json", json(&dialect.document));
        let protocol = Bytes::from_static(dialect.protocol.as_bytes());
        add(&format!("docs/{}-live.md", dialect.name), "text/plain; charset=utf-8", protocol);
    }
    add("docs", HTML, page::swagger(dialects).into());
    add("redoc", HTML, page::redoc(dialects).into());
    add("docs/pages.css", "text/css; charset=utf-8", Bytes::from_static(include_bytes!("pages.css")));
    add("docs/swagger.js", SCRIPT, Bytes::from_static(include_bytes!("swagger.js")));
    add("docs/redoc.js", SCRIPT, Bytes::from_static(include_bytes!("redoc.js")));
    add("docs/redoc.standalone.js", SCRIPT, script::redoc());
    for name in script::SWAGGER_FILES {
        if let Some((kind, text)) = script::swagger(name) {
            add(&format!("docs/{name}"), kind, text);
        }
    }
    files
}

fn file(kind: &'static str, text: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (headers, text).into_response()
}

fn json(document: &Value) -> Bytes {
    serde_json::to_vec(document).unwrap_or_default().into()
}
