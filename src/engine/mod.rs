//! The one handle that doors hold: a small service per noun.
//!
//! Imports `domain`, `store`, `bus`, `assistant`, `actors`, `auth`, `channels`. Commands go to sessions through the directory; reads
//! come from the store and never pass a session actor. Deliberately absent: any dialect's words, any socket.

pub mod accounts;
pub mod advice;
pub mod analytics;
pub mod audio;
pub mod audit;
pub mod cache;
pub mod canned;
pub mod channels;
pub mod costs;
pub mod customers;
pub mod deliveries;
pub mod desk;
pub mod files;
pub mod knowledge;
pub mod memories;
pub mod privacy;
mod rotation;
pub mod sessions;
pub mod settings;
pub mod system;
pub mod tools;
pub mod unanswered;
pub mod webhooks;

use std::sync::Arc;

use crate::assistant::Responder;
use crate::knowledge::Library;
use crate::store::{Store, StoreHealth};

pub use crate::store::index::Cursor;
pub use accounts::Accounts;
pub use advice::Advice;
pub use analytics::Analytics;
pub use audio::VoiceNotes;
pub use audit::Audit;
pub use cache::AnswerCache;
pub use canned::CannedReplies;
pub use channels::{MailChannel, SignedChannels, Sms, SmsSettings, Whatsapp, WhatsappSettings};
pub use costs::Costs;
pub use customers::Customers;
pub use desk::Desk;
pub use files::Files;
pub use knowledge::Knowledge;
pub use memories::Memories;
pub use privacy::Privacy;
pub use sessions::Sessions;
pub use settings::Settings;
pub use system::System;
pub use tools::Tools;
pub use unanswered::UnansweredQuestions;
pub use webhooks::Webhooks;

/// The handle.
pub struct Engine {
    /// People, keys and tokens.
    pub accounts: Accounts,
    /// Conversations.
    pub sessions: Sessions,
    /// Whose they are.
    pub customers: Customers,
    /// What is remembered of them.
    pub memories: Memories,
    /// What becomes of what is kept of customers.
    pub privacy: Privacy,
    /// What administrators did.
    pub audit: Audit,
    /// Who gets which session, and what people do with it.
    pub desk: Desk,
    /// What organizations set.
    pub settings: Settings,
    /// What the assistant makes of a text.
    pub advice: Advice,
    /// Figures about conversations.
    pub analytics: Analytics,
    /// What runs inside this process.
    pub system: System,
    /// Canned replies.
    pub canned: CannedReplies,
    /// What need not be answered anew.
    pub cache: AnswerCache,
    /// What assistants cost, and what they may.
    pub costs: Costs,
    /// Tools of organizations, and their models.
    pub tools: Tools,
    /// What organizations know.
    pub knowledge: Knowledge,
    /// Questions that had no answer.
    pub unanswered: UnansweredQuestions,
    /// Services of organizations that hear of what happens.
    pub webhooks: Webhooks,
    /// Voice notes.
    pub audio: VoiceNotes,
    /// Customers who write by `WhatsApp`.
    pub whatsapp: Whatsapp,
    /// Customers who write by e-mail.
    pub mail: MailChannel,
    /// Conversations of the page that go on by e-mail.
    pub onward: channels::email::Onward,
    /// Customers who write by SMS.
    pub sms: Sms,
    /// How far messages to customers came.
    pub dispatches: channels::outward::Dispatches,
    /// What leaves by channels.
    pub channel_accounts: channels::outward::ChannelAccounts,
    /// Files of sessions.
    pub files: Files,
    /// Channels of organizations' own.
    pub signed_channels: SignedChannels,
    /// What can be found.
    pub library: Library,
    /// The durable store, for its health.
    pub store: Store,
    /// Who answers, for its health.
    pub responder: Option<Arc<dyn Responder>>,
}

/// What works now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// The store takes writes.
    pub store: bool,
    /// Sessions take commands.
    pub sessions: bool,
    /// Whoever answers could answer now; true where nobody is configured.
    pub assistant: bool,
}

impl Engine {
    /// What works now, as far as is known without asking anybody.
    pub fn health(&self) -> Health {
        Health {
            store: self.store.health() == StoreHealth::Writable,
            sessions: self.sessions.are_open(),
            assistant: self.responder.as_ref().is_none_or(|responder| responder.healthy()),
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("store", &self.store).finish_non_exhaustive()
    }
}
