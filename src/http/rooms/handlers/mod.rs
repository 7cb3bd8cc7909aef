//! One file per noun.

pub(super) mod admin;
pub(super) mod analytics;
pub(super) mod analyze;
pub(super) mod auth;
pub(super) mod config;
pub(super) mod messages;
pub(super) mod rooms;
