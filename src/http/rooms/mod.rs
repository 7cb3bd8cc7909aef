//! The rooms dialect: chat rooms over Socket.IO at `/socket.io` (`socket`). Its document is the fourth of the seeds; what it
//! leaves open is in `docs/dialects/rooms.md`, with the extension fields. Imports `domain`, `engine`, `auth`, `bus` and what
//! is common to all doors. Deliberately absent, so far: the REST part.

mod error;
mod intent;
mod socket;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;

use super::SharedDoors;
use super::guard::{Asking, Dialect, Fault, Share, guard};
use crate::domain::Refusal;

const DIALECT: Dialect = Dialect { name: "rooms", render: error::render, quota };

/// The paths that this dialect answers for, known or not.
const OWNED: [&str; 1] = [socket::PATH];

/// The dialect's routes, with everything else under its paths refused in its envelope.
pub fn router(doors: &SharedDoors) -> Router {
    socket::routes(doors)
        .fallback(|| async { Fault::from(Refusal::NotFound { what: "resource" }) })
        .method_not_allowed_fallback(|| async { Fault::MethodNotAllowed })
        .layer(from_fn_with_state((doors.clone(), DIALECT), guard))
}

/// Whether a path is this dialect's to answer.
pub fn owns(path: &str) -> bool {
    OWNED.iter().any(|owned| is_under(path, owned))
}

fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Option<Share> {
    socket::quota(doors, request, asking)
}

fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::owns;

    #[test]
    fn only_whole_segments_make_a_path_the_dialects() {
        for ours in ["/socket.io", "/socket.io/", "/socket.io/?EIO=4"] {
            assert!(owns(ours), "{ours}");
        }
        for other in ["/", "/socket.iox", "/api/core/messages", "/ws"] {
            assert!(!owns(other), "{other}");
        }
    }
}
