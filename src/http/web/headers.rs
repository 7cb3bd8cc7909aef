//! What a browser is told about the pages besides their text: what they may load, whom they may ask, who may frame them.

use axum::http::{HeaderName, header};

/// The console's components write their styles into the page and onto elements; everything else comes from files of ours.
/// Its sockets go to this server; some browsers do not count `ws:` of the same host as `'self'`. Files of conversations are fetched with
/// the person's credential, so they are shown as `blob:`.
const CONSOLE_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                              img-src 'self' data: blob:; media-src blob:; \
                              font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; \
                              form-action 'self'; frame-ancestors 'none'";

/// As strict as the pages of a customer of ours may be: the widget has to work under it.
const DEMO_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                           img-src 'self' data: blob:; media-src blob:; \
                           connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// Which of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// The agents' console.
    Console,
    /// The demo shop.
    Demo,
    /// The script that other sites' pages load.
    Widget,
}

impl Area {
    /// The headers of every file there.
    pub(super) fn headers(self) -> Vec<(HeaderName, &'static str)> {
        let mut headers = vec![(header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        let own_window = (HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        headers.extend(match self {
            Self::Console => {
                vec![
                    (header::CONTENT_SECURITY_POLICY, CONSOLE_POLICY),
                    (header::REFERRER_POLICY, "no-referrer"),
                    own_window,
                ]
            }
            Self::Demo => {
                vec![
                    (header::CONTENT_SECURITY_POLICY, DEMO_POLICY),
                    (header::REFERRER_POLICY, "same-origin"),
                    own_window,
                ]
            }
            // Pages that are isolated from other origins take only what says that it is for them.
            Self::Widget => vec![(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")],
        });
        headers
    }
}
