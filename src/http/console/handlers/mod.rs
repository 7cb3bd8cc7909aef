//! One file per noun.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod canned;
pub(super) mod customers;
pub(super) mod dashboard;
pub(super) mod live;
pub(super) mod sessions;
pub(super) mod settings;
pub(super) mod system;
pub(super) mod team;
