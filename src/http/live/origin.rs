//! Which browser pages may open a socket. CORS does not hold for WebSockets, so the origin is checked here.

use axum::http::{HeaderMap, header};

/// Whether a request may become a socket: programs without an origin, the server's own pages, and those of the list.
/// `null` (a sandboxed page) never.
pub fn origin_is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(scheme, rest)| {
        matches!(scheme, "http" | "https") && !host.is_empty() && rest.eq_ignore_ascii_case(host)
    });
    own || allowed.iter().any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "chat.example:8080".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        origin_is_allowed(&headers, &["https://shop.example".to_owned()])
    }

    #[test]
    fn only_own_and_listed_pages_may_open_sockets() {
        assert!(asked(None));
        assert!(asked(Some("http://chat.example:8080")));
        assert!(asked(Some("https://shop.example")));
        for foreign in ["null", "https://evil.example", "https://shop.example.evil", "file://chat.example:8080"] {
            assert!(!asked(Some(foreign)), "{foreign}");
        }
    }
}
