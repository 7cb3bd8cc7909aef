//! What runs beside the doors until the stop: readers of the feed, and those who work off what is durable.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::thrift::Accountants;
use crate::actors::outbox::Feeder;
use crate::engine::analytics::Projector;
use crate::engine::channels::whatsapp::Fetcher;
use crate::engine::knowledge::Librarian;
use crate::engine::memories::Learner;
use crate::engine::privacy;
use crate::engine::unanswered::Collector;
use crate::engine::{Files, MailChannel, Sms};

/// See the module.
pub(super) struct Followers {
    pub projector: Projector,
    pub learner: Learner,
    pub eraser: privacy::Worker,
    pub librarian: Librarian,
    pub collector: Collector,
    pub feeder: Feeder,
    pub mail: MailChannel,
    /// With how often its provider is asked what came.
    pub sms: (Sms, Duration),
    pub files: Files,
    pub media: Option<Fetcher>,
    pub accountants: Accountants,
}

/// Followers under way.
pub(super) struct Following {
    /// Those who end with the stop, or are ended.
    pub tasks: Vec<JoinHandle<()>>,
    /// Whoever sends outside; ends soon after the stop, once what is under way has landed.
    pub feeder: JoinHandle<()>,
    /// Whoever makes readings; ends soon after the stop, once it has noted what it did not make.
    pub librarian: JoinHandle<()>,
    /// Whoever writes down what the last turns cost; ends once all sessions have.
    pub accountants: JoinHandle<()>,
    /// Says that all sessions have ended.
    pub all_ended: watch::Sender<bool>,
}

impl Followers {
    pub(super) fn start(self, stop: &watch::Sender<bool>) -> Following {
        let (all_ended, until) = watch::channel(false);
        let mailboxes = self.mail.listeners().iter();
        let mailboxes = mailboxes.map(|mailbox| tokio::spawn(Arc::clone(mailbox).run(stop.subscribe())));
        let mut tasks = vec![
            tokio::spawn(self.projector.run(stop.subscribe())),
            tokio::spawn(self.learner.run(stop.subscribe())),
            tokio::spawn(self.eraser.run(stop.subscribe())),
            tokio::spawn(self.collector.run(stop.subscribe())),
            tokio::spawn(self.sms.0.catch_up(self.sms.1, stop.subscribe())),
            tokio::spawn(self.files.run(stop.subscribe())),
        ];
        tasks.extend(mailboxes);
        tasks.extend(self.media.map(|fetcher| tokio::spawn(fetcher.run(stop.subscribe()))));
        let librarian = tokio::spawn(self.librarian.run(stop.subscribe()));
        let feeder = tokio::spawn(self.feeder.run(stop.subscribe()));
        Following { tasks, feeder, librarian, accountants: tokio::spawn(self.accountants.run(until)), all_ended }
    }
}
