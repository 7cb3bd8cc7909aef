//! The desk: who gets which session, under random interleavings and in a running app.

mod chances;
mod lists;
mod live;
mod town;
