//! One file per noun.

pub(super) mod analytics;
pub(super) mod auth;
pub(super) mod conversations;
pub(super) mod health;
pub(super) mod live;
pub(super) mod messages;

use super::decode;
use crate::auth::Caller;
use crate::domain::{Refusal, SessionKey, Visitor};
use crate::engine::Sessions;

/// As whom a caller comes into a conversation. Staff come as such, but into conversations of their own as the user.
fn visitor(sessions: &Sessions, caller: &Caller, key: &SessionKey) -> Result<Visitor, Refusal> {
    if !caller.is_staff() {
        return decode::visitor(caller, None);
    }
    let state = sessions.read(key, &Visitor::Service)?;
    // A name that was only claimed is nobody's own.
    decode::visitor(caller, Some(&state.customer).filter(|_| state.verified))
}
