//! `/api/admin`: for administrators, and for API keys with every permission.

pub(in super::super) mod analytics;
pub(in super::super) mod audit;
pub(in super::super) mod parked;
pub(in super::super) mod sessions;
pub(in super::super) mod users;
