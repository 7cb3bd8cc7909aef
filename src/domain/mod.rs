//! The rules of a conversation, as plain functions of state, command and time.
//!
//! Imports nothing of ours, and no runtime, socket or store. Types derive serde for one reader only: the session log
//! and the records of the store (their shape is held by golden files). No dialect's JSON is known here.

pub mod answer;
pub mod attachment;
pub mod audit;
pub mod cache;
pub mod canned;
pub mod command;
pub mod condense;
pub mod cost;
pub mod customer;
pub mod decide;
pub mod desk;
mod ending;
pub mod error;
pub mod event;
pub mod evolve;
pub mod facts;
pub mod figures;
pub mod guardrails;
pub mod id;
pub mod knowledge;
pub mod label;
pub mod memories;
pub mod memory;
pub mod message;
pub mod organization;
pub mod outbox;
pub mod policy;
pub mod privacy;
pub mod ratings;
pub mod reading;
pub mod recent;
pub mod role;
pub mod schema;
pub mod sealed;
pub mod session;
pub mod settings;
pub mod signed_channel;
pub mod text;
pub mod time;
pub mod tool;
pub mod turn;
pub mod typing;
pub mod unanswered;
pub mod understanding;
pub mod user;
pub mod webhook;
pub mod widget;
pub mod zone;

pub use answer::{Action, Answer, Cited, Entity, Failure, Reading, Source, TurnResult};
pub use attachment::{Attachment, AttachmentKind, FileName, MediaType};
pub use audit::AuditEntry;
pub use canned::CannedReply;
pub use command::{Command, Draft, Opening, Outcome, Receipt, Visitor};
pub use customer::{Contact, Customer, CustomerChange, Phone};
pub use decide::{Decision, Moment, decide};
pub use desk::{Case, DeskCommand, DeskEvent};
pub use error::Refusal;
pub use event::{Event, Requester};
pub use evolve::evolve;
pub use facts::Facts;
pub use figures::Figures;
pub use guardrails::{PiiKind, PiiPattern};
pub use id::{
    ClientMessageId, CustomerId, DocumentId, FaqId, FileId, MessageId, OrganizationId, SessionId, SessionKey, UserId,
    VectorId,
};
pub use knowledge::{Document, Entry, EntryKey, Faq};
pub use label::Label;
pub use message::{Author, Message, Notice};
pub use organization::Organization;
pub use policy::Policy;
pub use ratings::Ratings;
pub use role::Role;
pub use session::{Channel, Owner, Position, State};
pub use settings::{AssistantSettings, Settings};
pub use text::{Body, Email, PersonName};
pub use time::Timestamp;
pub use understanding::Understanding;
pub use user::{FullName, User, Username};
pub use widget::WidgetSettings;
pub use zone::ZoneName;
