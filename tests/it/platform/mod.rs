//! The platform dialect, as its clients use it.

mod admin;
mod audio;
mod channels;
mod context;
mod errors;
mod health;
mod idempotency;
mod knowledge;
mod limits;
mod live;
mod messages;
mod reset;
mod rights;
mod signed;
mod signed_killed;
mod signed_unreached;
mod sms;
mod whatsapp;
mod widget;
