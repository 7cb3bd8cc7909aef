//! The engine's services, without a door.

mod settings;
mod waiting;
