//! What leaves by a channel. The outbox says what is to go and when; [`ChannelCarrier`] makes the channel's parts of a
//! message and keeps how far each has come ([`Dispatch`]); an [`Outlet`] is the way to one provider.
//!
//! That a part is under way is durable before it goes, and what became of it after. A part of which the process knows only
//! that it was under way is asked after, by an id of ours, before it is sent again.

mod accounts;
mod alarm;
mod beside;
mod carrier;
mod dispatch;
mod outcome;
mod patience;
mod placing;
mod progress;
mod seen;
mod states;
mod streak;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use accounts::{AccountReport, ChannelAccounts};
pub use carrier::ChannelCarrier;
pub(in crate::engine::channels) use dispatch::is_zero;
pub use dispatch::{Called, Dispatch, Dispatches, News, Sent, Step, of_session};
pub(in crate::engine::channels) use outcome::outcome;
pub use patience::{UNCLEAR_START_WAIT_S, UNCLEAR_WAIT_S};
pub use placing::{FILE_WAIT_FIRST_MS, Failing, NotPlaced, Placed, SentFile};
pub use progress::{Progress, ProgressStage};
pub use seen::SeenWay;
pub use states::{ChannelState, ChannelStates, Condition, Way, Wrong};
pub use streak::Streak;

use super::Correspondent;
use crate::channels::capability::Capability;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::{File, Part, Reply, Written, render};
use crate::domain::message::{Author, Message};
use crate::domain::outbox::Via;
use crate::domain::{Attachment, Channel, CustomerId, OrganizationId, SessionKey, UserId};
use crate::store::StoreError;

/// One of our numbers or addresses at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account {
    /// Whose.
    pub organization: OrganizationId,
    /// Of which channel.
    pub channel: Channel,
    /// What the provider calls it.
    pub name: String,
}

impl Account {
    /// What the outbox calls it: the same for ever.
    pub fn target(&self) -> Uuid {
        let mut hash = Sha256::new();
        for part in [self.organization.as_str(), self.channel.as_str(), &self.name] {
            hash.update(part.as_bytes());
            // No part holds one.
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Who writes where a colleague answers in the account's own app, past us: nobody of the roster, and the same for ever. What they
    /// say went already.
    pub fn own_hand(&self) -> UserId {
        UserId(self.target())
    }
}

/// A part of a message that is to go to a customer.
#[derive(Debug, Clone)]
pub struct Letter {
    /// From which of our numbers or addresses.
    pub account: Account,
    /// In which session.
    pub session: SessionKey,
    /// The message's place in it.
    pub seq: u64,
    /// To whom.
    pub customer: CustomerId,
    /// What the customer is called there, the newest name first; never empty.
    pub names: Vec<Correspondent>,
    /// The message that it is of.
    pub message: Message,
    /// What is to go.
    pub part: Part,
    /// Where the part's file is at the provider, as far as that is known.
    pub placed: Option<Placed>,
    /// Which part of how many, counted from 0.
    pub place: (usize, usize),
    /// Our name for this part: the same for each try, at most 64 of `A-Z a-z 0-9 . -`.
    pub reference: String,
}

/// A part that the provider has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What the provider calls it, by which its news names it.
    pub id: String,
}

/// What is known of a part that was under way when the process ended, or whose answer did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The provider has it.
    Sent(Accepted),
    /// It never had.
    NotSent,
    /// It can not be asked: news of it may still come, by our name.
    Unknown,
}

/// A message that is to go and was not begun yet.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// In which session.
    pub session: &'a SessionKey,
    /// Its place in it.
    pub seq: u64,
    /// It.
    pub message: &'a Message,
}

/// When a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// Now.
    Now,
    /// It is asked again after so many seconds.
    Later {
        /// In seconds.
        after_s: u64,
    },
    /// It needs not go any more, and why.
    Unneeded(&'static str),
}

/// The way to one provider. It bounds its own time and memory, and holds no customer's words longer than a call takes.
pub trait Outlet: Send + Sync + 'static {
    /// What kind of target its accounts are.
    fn via(&self) -> Via;

    /// Of which channel.
    fn channel(&self) -> Channel;

    /// What it can carry.
    fn capability(&self) -> &'static Capability;

    /// Whether customers of an organization can be written to by it at all: where not, its events cost nothing.
    ///
    /// # Errors
    /// When the store does not read.
    fn listens(&self, organization: &OrganizationId) -> Result<bool, StoreError>;

    /// Whether something can be sent from an account now; what waits stays otherwise.
    fn is_set_up(&self, account: &Account) -> bool;

    /// What an account lacks that is not set up, in words for whoever administers it.
    fn lack(&self, account: &Account) -> &'static str {
        let _ = account;
        "the channel is not set up"
    }

    /// When a message goes: at once, unless the channel knows better. It is asked until the message is begun, and may block.
    ///
    /// # Errors
    /// When the store does not read.
    fn timing(&self, told: &Told<'_>) -> Result<Timing, StoreError> {
        let _ = told;
        Ok(Timing::Now)
    }

    /// A message in the parts in which it goes: the same ones each time.
    fn parts(&self, message: &Message) -> Vec<Part> {
        parts(message, self.capability(), self.carries_files())
    }

    /// Whether files go by it as its capability says. Where they do not, customers are told what they were called.
    fn carries_files(&self) -> bool {
        false
    }

    /// Whether the file of a part is at the provider, if it has to be there before the part goes: where that is known to be, is in the
    /// letter.
    fn is_placed(&self, letter: &Letter) -> bool {
        let _ = letter;
        true
    }

    /// Brings the file of a part to the provider. It may take long, and is done again where it is not known whether it was done.
    ///
    /// # Errors
    /// Why it is not there.
    fn place<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Placed, NotPlaced>> {
        let _ = letter;
        std::future::ready(Err(NotPlaced::Never("files do not go there".to_owned()))).boxed()
    }

    /// Sends a part.
    ///
    /// # Errors
    /// Why it did not go. [`Unclear`](crate::channels::failure::FailureClass::Unclear) wherever it may have gone, as
    /// when no answer came.
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Accepted, Failure>>;

    /// How often a part is sent again of which it is not known whether it went. Then a person has to look.
    fn repeats_max(&self) -> u32 {
        2
    }

    /// After how many seconds it is worth asking what became of a part that may have gone; `None` where it can not be asked, and
    /// only news of it tells.
    fn asked_after_s(&self) -> Option<u64> {
        None
    }

    /// What became of a part that may have gone.
    fn find<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Found> {
        let _ = letter;
        std::future::ready(Found::Unknown).boxed()
    }
}

/// A message in the parts that a channel shows, its files among them as the channel takes them. An outlet that does not carry
/// them tells their names: nothing is left out in silence.
pub fn parts(message: &Message, capability: &Capability, carries_files: bool) -> Vec<Part> {
    let files = if carries_files { capability.files } else { &[] };
    render(&reply(message), &Capability { files, ..*capability }).parts
}

/// A message as a reply that is to be rendered. Files are those of the message, in its order.
pub fn reply(message: &Message) -> Reply {
    let written = match message.author {
        Author::Assistant | Author::Notice(_) => Written::Markdown,
        Author::Customer | Author::Agent { .. } => Written::Plain,
    };
    let file = |file: &Attachment| File {
        name: file.name.as_str().to_owned(),
        mime: file.media_type.as_str().to_owned(),
        bytes: file.bytes,
        caption: None,
    };
    let text = match message.is_files_alone() {
        true => String::new(),
        false => message.body.as_str().to_owned(),
    };
    Reply { text, written, choices: Vec::new(), files: message.attachments.iter().map(file).collect() }
}

/// Why a message waits or did not arrive, in words that name nobody.
pub(in crate::engine::channels) fn why(failure: &Failure) -> String {
    if let Some(noted) = &failure.noted {
        return noted.clone();
    }
    let class = plain(failure.class);
    failure.code.map_or_else(|| class.to_owned(), |code| format!("{class} ({code})"))
}

/// What a class of failures is in words of ours.
pub(in crate::engine::channels) const fn plain(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Retry => "the provider fails for the moment",
        FailureClass::SlowDown(_) => "too fast for the provider",
        FailureClass::WindowClosed => "the customer has not written for too long",
        FailureClass::NotToday => "held back by the provider",
        FailureClass::Media => "a file is not taken",
        FailureClass::OtherAddress => "not under this identity of the customer",
        FailureClass::OptedOut => "the customer does not want it",
        FailureClass::TooOld => "it waited for too long",
        FailureClass::Permanent => "the provider does not take it",
        FailureClass::Unclear => "no answer",
        FailureClass::Credentials => "the credentials do not hold",
        FailureClass::Policy => "the provider restricts the account",
        FailureClass::Billing => "something is to be paid",
    }
}
