//! One file per noun.

pub(super) mod audio;
pub(super) mod health;
pub(super) mod live;
pub(super) mod messages;
pub(super) mod parked;
pub(super) mod sessions;

/// The noun of an API key's scopes on these routes: `conversations:read`, `conversations:write`.
const CONVERSATIONS: &str = "conversations";
