//! What people do with a session: queueing, offers, notes, targets, ratings. Rules as plain functions.
//!
//! Two kinds of rule live here. What happens in ONE session is in its log ([`event`]), decided like everything else of a
//! session and folded into [`service::Service`]. Who gets WHICH session is the desk's, which looks at all sessions of an
//! organization that wait for people or have them: each is a [`case::Case`], made anew from the session whenever it
//! changes, so the desk holds nothing that a restart could lose.

pub mod agent;
pub mod board;
pub mod case;
pub mod command;
pub mod decide;
pub mod event;
pub mod hours;
pub mod news;
pub mod promises;
pub(super) mod rating;
pub(super) mod routing;
pub mod service;
pub mod settings;
pub(super) mod summary;

pub use agent::{AgentCard, AgentProfile, Availability, Presence, Scope, Team};
pub use board::Board;
pub use case::Case;
pub use command::DeskCommand;
pub use event::DeskEvent;
pub use hours::Hours;
pub use news::{DeskNews, Listed, Place, Snapshot};
pub use service::Service;
pub use settings::DeskSettings;
