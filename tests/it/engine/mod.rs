//! The engine's services, without a door.

mod advice;
mod settings;
mod waiting;
