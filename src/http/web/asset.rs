//! One file that the program carries, and how it is answered: as the client reads it best, or not at all where the client has it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::headers::Area;

/// What `build.rs` found.
pub(super) static BUILT: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file of `web/dist`.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its path below `web/dist`.
    pub path: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
    /// The same gzipped, where that is smaller.
    pub gzip: Option<&'static [u8]>,
    /// Of what it holds.
    pub hash: &'static str,
}

impl Asset {
    /// The file with the headers of its area; 304 for who has it.
    pub(super) fn answer(&self, area: Area, asked: &HeaderMap) -> Response {
        let zipped = self.gzip.filter(|_| takes_gzip(asked));
        let etag = format!("\"{}{}\"", self.hash, if zipped.is_some() { "-gz" } else { "" });
        let mut response = if has_it(asked, &etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Bytes::from_static(zipped.unwrap_or(self.bytes)).into_response()
        };
        let headers = response.headers_mut();
        for (name, value) in area.headers() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache_control()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        if zipped.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }

    fn content_type(&self) -> &'static str {
        match self.path.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" => "application/json",
            "webmanifest" => "application/manifest+json",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "jpg" => "image/jpeg",
            "webp" => "image/webp",
            "ico" => "image/x-icon",
            "woff2" => "font/woff2",
            "txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// The bundler writes a hash into the names below `assets/`: such a name never means anything else.
    fn cache_control(&self) -> &'static str {
        if self.path.contains("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

/// Whether gzip, or anything, may be sent. A weight of 0 means no.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let mut any = false;
    for coding in words(asked, header::ACCEPT_ENCODING) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        match name.trim() {
            "gzip" | "x-gzip" => return !refused,
            "*" => any = !refused,
            _ => {}
        }
    }
    any
}

/// Whether the client names what it would be sent. A weak name is as good: equal names are equal bytes here.
fn has_it(asked: &HeaderMap, etag: &str) -> bool {
    words(asked, header::IF_NONE_MATCH).any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

/// The words of a list, which may come in several lines.
fn words(asked: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = asked.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}
