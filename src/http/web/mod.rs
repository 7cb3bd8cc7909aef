//! The pages in a browser: the agents' console at `/console`, the customers' widget at `/widget.js`, and a demo shop at `/`.
//!
//! They are built by `make web` and carried in the program (`build.rs`). Imports nothing of the doors, and asks for no
//! credential: what is served here is the same for everybody. Deliberately absent: the file system. A path is looked up in a
//! table, so there is nothing that it could climb out of.

mod asset;
mod headers;
mod refused;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use asset::{Asset, BUILT};
use headers::Area;

/// What is shown where the program was built without the pages.
const UNBUILT: &str = include_str!("unbuilt.html");

/// The routes. Any other path is for the router's own fallback to refuse.
pub fn router() -> Router {
    routes(Site(BUILT))
}

/// The files that the program carries.
#[derive(Debug, Clone, Copy)]
struct Site(&'static [Asset]);

fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(demo_page))
        .route("/demo/{*path}", get(demo_file))
        .route("/widget.js", get(widget))
        .route("/widget-mail.js", get(widget_mail))
        .route("/console", get(console_page))
        .route("/console/", get(console_page))
        .route("/console/{*path}", get(console_file))
        .method_not_allowed_fallback(|| async { refused::method() })
        .with_state(site)
}

async fn demo_page(State(site): State<Site>, headers: HeaderMap) -> Response {
    site.page("demo/index.html", Area::Demo, &headers)
}

async fn demo_file(State(site): State<Site>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    site.file(&format!("demo/{path}"), Area::Demo, &headers)
}

async fn widget(State(site): State<Site>, headers: HeaderMap) -> Response {
    site.file("widget.js", Area::Widget, &headers)
}

/// What the widget loads where replies may go by e-mail.
async fn widget_mail(State(site): State<Site>, headers: HeaderMap) -> Response {
    site.file("widget-mail.js", Area::Widget, &headers)
}

async fn console_page(State(site): State<Site>, headers: HeaderMap) -> Response {
    site.page("console/index.html", Area::Console, &headers)
}

/// Where the console's addresses end in an id, which may hold dots: they are no files.
const CONSOLE_IDS: [&str; 2] = ["inbox/", "customers/"];

/// A path without a dot is an address inside the console, which finds its page by itself.
async fn console_file(State(site): State<Site>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let names_an_id = CONSOLE_IDS.iter().any(|below| path.starts_with(below));
    if path.contains('.') && !names_an_id {
        return site.file(&format!("console/{path}"), Area::Console, &headers);
    }
    site.page("console/index.html", Area::Console, &headers)
}

impl Site {
    /// A page, or one that says how to get it.
    fn page(self, path: &str, area: Area, asked: &HeaderMap) -> Response {
        match self.find(path) {
            Some(asset) => asset.answer(area, asked),
            None => unbuilt(),
        }
    }

    fn file(self, path: &str, area: Area, asked: &HeaderMap) -> Response {
        self.find(path).map_or_else(refused::not_found, |asset| asset.answer(area, asked))
    }

    fn find(self, path: &str) -> Option<&'static Asset> {
        self.0.iter().find(|asset| asset.path == path)
    }
}

fn unbuilt() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::OK, headers, UNBUILT).into_response()
}

#[cfg(test)]
mod tests;
