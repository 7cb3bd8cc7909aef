//! Switchboard: a realtime conversation engine for customer support.
//!
//! ```text
//! bytes -> http/<dialect> -> Command -> engine -> session directory -> session actor
//!                                                       | decide (pure) -> events
//!                                                       v
//!                                  store: one durable batch            <- the truth
//!                                                       | then bus -> live sockets, then the reply
//! reads: http/<dialect> -> engine -> store -> view -> render
//! ```
//!
//! Reading order: [`domain`] (every rule, pure), [`store`] (what is durable), [`bus`] (who is told), [`knowledge`]
//! (what can be found), [`channels`] (what carriers of messages speak, pure), [`assistant`] (who answers), [`actors`] (who
//! carries), [`engine`] (the handle that doors hold), [`auth`], [`http`] (the doors), [`app`] (the only place that wires
//! parts together).

pub mod actors;
pub mod app;
pub mod assistant;
pub mod auth;
pub mod bus;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod http;
pub mod knowledge;
pub mod outward;
pub mod program;
pub mod store;
pub mod telemetry;
