//! What channels speak: formats, signatures and limits of the outside, as functions of bytes.
//!
//! Imports `domain` only. Deliberately absent: a runtime, a socket, a store, a clock. Whoever listens and sends is an actor above
//! this room, and calls it.

pub mod email;
