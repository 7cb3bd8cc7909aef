//! One file per noun.

pub mod audio;
pub mod health;
pub mod live;
pub mod messages;
pub mod parked;
pub mod sessions;
