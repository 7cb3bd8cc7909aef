//! The engine's services, without a door.

mod advice;
mod audit;
mod customers;
mod open;
mod opt_outs;
mod search;
mod settings;
mod waiting;
