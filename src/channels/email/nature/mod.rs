//! What wrote a mail: a person, or a machine of some kind (RFC 3834 and what programs do in fact).
//!
//! A machine that is answered by a machine is a loop, and a bounce that is taken for a customer is a ghost in the queue. So only a
//! person is ever answered automatically, and each judgement has its signs, for the log and the console.

mod report;
mod signs;

use std::fmt;

use super::address::without_detail;
use super::incoming::{Incoming, ReturnPath};
use super::message_id::MessageId;
use super::outgoing::MARKER_HEADER;
use crate::domain::Email;

pub use report::{Delivery, DeliveryAction, DeliveryReport, StatusClass};

/// What is ours, so that we do not talk to ourselves.
#[derive(Debug, Clone, Default)]
pub struct Ours {
    /// Every address that this installation reads or writes from. A `+detail` behind them is ours as well.
    pub addresses: Vec<Email>,
    /// What [`MARKER_HEADER`] of our mails holds: one value for the installation.
    pub marker: String,
}

impl Ours {
    /// Is this address one of ours, with or without a `+detail`?
    pub fn has(&self, address: &Email) -> bool {
        let bare = without_detail(address.as_str());
        self.addresses.iter().any(|ours| ours == address || ours.as_str() == bare)
    }
}

/// What wrote a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nature {
    /// Somebody. The only nature that begins work of the assistant.
    Person,
    /// A machine answered or wrote by itself: a vacation note, an acknowledgement, a notice.
    Automatic,
    /// A mailing list or bulk mail.
    Bulk,
    /// A server tells what became of a mail of ours. Marks that message; never opens or answers a conversation.
    DeliveryReport(DeliveryReport),
    /// A program tells that a mail was shown (RFC 8098). `original` is the mail, where it says so.
    ReadReceipt {
        /// Which mail was shown.
        original: Option<MessageId>,
    },
    /// A provider tells that somebody called a mail of ours spam (RFC 5965). Writing to them must stop.
    Complaint {
        /// Which mail they complained about.
        original: Option<MessageId>,
    },
    /// A mail of our own came back.
    OwnLoop,
}

impl Nature {
    /// Its name in logs, metrics and the console.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Automatic => "automatic",
            Self::Bulk => "bulk",
            Self::DeliveryReport(_) => "delivery_report",
            Self::ReadReceipt { .. } => "read_receipt",
            Self::Complaint { .. } => "complaint",
            Self::OwnLoop => "own_loop",
        }
    }
}

/// Why a mail was judged as it was. Displays without any text of the sender's but short words of the standards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// A header field, and its value where that is one of a few words.
    Header(&'static str, Option<&'static str>),
    /// The envelope sender is empty.
    NullReturnPath,
    /// The sender's address is a machine's (`mailer-daemon`, `noreply` ...).
    MachineAddress(&'static str),
    /// The subject is that of an automatic answer or of a bounce.
    Subject,
    /// The sender's address is ours.
    OurAddress,
    /// The mail has our own marker.
    OurMarker,
    /// Its type is that of a report.
    ReportType(&'static str),
    /// None of our addresses is among its recipients: it came as a blind copy, by a list or a redirection.
    NotAddressed,
    /// It has no usable sender to answer to.
    NoSender,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name, Some(value)) => write!(f, "header {name}: {value}"),
            Self::Header(name, None) => write!(f, "header {name}"),
            Self::NullReturnPath => f.write_str("empty envelope sender"),
            Self::MachineAddress(name) => write!(f, "sender {name}"),
            Self::Subject => f.write_str("subject of an automatic mail"),
            Self::OurAddress => f.write_str("sent from our own address"),
            Self::OurMarker => f.write_str("our own mail"),
            Self::ReportType(kind) => write!(f, "report of type {kind}"),
            Self::NotAddressed => f.write_str("not addressed to us"),
            Self::NoSender => f.write_str("no sender"),
        }
    }
}

/// A judgement with its signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// What wrote it.
    pub nature: Nature,
    /// Why. With [`Nature::Person`]: why it is nevertheless not answered automatically.
    pub signs: Vec<Sign>,
}

impl Assessment {
    /// May a machine answer? Only a person who did not ask for the contrary. The caller still counts: so many automatic answers
    /// per conversation and sender, whatever is said here.
    pub fn may_be_answered(&self) -> bool {
        self.nature == Nature::Person && self.signs.is_empty()
    }

    /// Does it belong in a conversation as something that was said? Reports and our own mails do not.
    pub fn is_message(&self) -> bool {
        matches!(self.nature, Nature::Person | Nature::Automatic | Nature::Bulk)
    }

    fn new(nature: Nature, signs: Vec<Sign>) -> Self {
        Self { nature, signs }
    }
}

/// Judges a mail by all that is known of it. The order matters: what comes from us is ours even if it looks like a report.
pub fn assess(mail: &Incoming, ours: &Ours) -> Assessment {
    let own = own_signs(mail, ours);
    if !own.is_empty() {
        return Assessment::new(Nature::OwnLoop, own);
    }
    if let Some(assessment) = report::assess(mail) {
        return assessment;
    }
    let mut automatic = signs::automatic(mail);
    let bulk = signs::bulk(mail);
    if mail.return_path == ReturnPath::Null {
        automatic.push(Sign::NullReturnPath);
    }
    if !automatic.is_empty() {
        automatic.extend(bulk);
        return Assessment::new(Nature::Automatic, automatic);
    }
    if !bulk.is_empty() {
        return Assessment::new(Nature::Bulk, bulk);
    }
    Assessment::new(Nature::Person, unanswerable(mail, ours))
}

/// A mail of ours has our marker. One that only says that it is from our address is somebody else's where it names somebody else for the
/// answers, as contact forms do.
fn own_signs(mail: &Incoming, ours: &Ours) -> Vec<Sign> {
    let mut signs = Vec::new();
    let is_marked = mail.header(MARKER_HEADER).is_some_and(|marker| !marker.is_empty() && marker == ours.marker);
    if is_marked {
        signs.push(Sign::OurMarker);
    }
    let is_of_others = mail.reply_to.iter().any(|party| !ours.has(&party.address));
    if is_from(mail, ours) && (is_marked || !is_of_others) {
        signs.push(Sign::OurAddress);
    }
    signs
}

fn is_from(mail: &Incoming, ours: &Ours) -> bool {
    mail.from.as_ref().is_some_and(|from| ours.has(&from.address))
}

/// Why a person's mail is not answered by a machine.
fn unanswerable(mail: &Incoming, ours: &Ours) -> Vec<Sign> {
    let mut found = Vec::new();
    if let Some(answers) = mail.answers_to() {
        if ours.has(&answers.address) || is_from(mail, ours) {
            found.push(Sign::OurAddress);
        }
    } else {
        found.push(Sign::NoSender);
    }
    found.extend(signs::asks_for_silence(mail));
    let is_addressed = ours.addresses.is_empty() || mail.recipients().any(|recipient| ours.has(recipient));
    if !is_addressed {
        found.push(Sign::NotAddressed);
    }
    found
}

#[cfg(test)]
mod tests;
