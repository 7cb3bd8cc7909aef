//! The desk: who gets which session, under random interleavings and in a running app.

mod broken;
mod chances;
mod fitting;
mod hook;
mod hook_order;
mod killed;
mod lists;
mod live;
mod person;
mod town;
