//! The engine's services, without a door.

mod advice;
mod customers;
mod open;
mod settings;
mod waiting;
