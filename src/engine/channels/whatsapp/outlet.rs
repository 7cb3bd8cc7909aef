//! The way to Meta: a part of a message, to the customer by the name that they were met under last. Nothing is sent that Meta would refuse
//! for its window or its limits of speed: asking costs the number its good name. Files are [uploaded](super::upload) before.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::WhatsappSettings;
use super::graph::Graph;
use super::numbers;
use super::paces::{Paces, Wait};
use super::send::form_of;
use super::windows::window_of;
use crate::channels::capability::{Capability, WHATSAPP};
use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::channels::render::Part;
use crate::channels::whatsapp::outgoing::{MediaSource, Sending};
use crate::channels::whatsapp::parts::{PlacedFile, sending};
use crate::channels::whatsapp::{Bsuid, MediaId, NumberId, Outgoing, Recipient, id, response};
use crate::clock::SharedClock;
use crate::domain::outbox::Via;
use crate::domain::{Channel, Message, OrganizationId, Refusal, Timestamp};
use crate::engine::Files;
use crate::engine::channels::outward::{Accepted, Account, Letter, NotPlaced, Outlet, Placed, parts};
use crate::engine::channels::{Correspondent, Occasion, OptOuts};
use crate::store::{Store, StoreError};

/// The longest that a message waits here for its number's limit of speed, in milliseconds; what would wait longer comes again.
const PACE_WAIT_MAX_MS: i64 = 2_000;

/// Codes that Meta gives for a file as well as for other things: no such upload (100), a value or a type that it does not take.
const FILE_CODES: [i64; 3] = [100, 131_009, 131_051];

/// What stands on the button that opens a list.
const LIST_OPENER: &str = "Choose";

/// Before the name of somebody by their number, and by their id.
pub(super) const BY_PHONE: &str = "phone:";
pub(super) const BY_USER: &str = "user:";

/// See the module.
pub struct WhatsappOutlet {
    settings: WhatsappSettings,
    pub(super) graph: Option<Graph>,
    pub(super) files: Files,
    store: Store,
    pub(super) clock: SharedClock,
    paces: Arc<Paces>,
    pub(super) opt_outs: OptOuts,
}

impl WhatsappOutlet {
    /// Wires it. Without a way to Meta what is to be sent waits.
    pub fn new(
        settings: WhatsappSettings,
        graph: Option<Graph>,
        files: Files,
        store: Store,
        clock: SharedClock,
        opt_outs: OptOuts,
    ) -> Self {
        Self { settings, graph, files, store, clock, paces: Arc::default(), opt_outs }
    }

    async fn go(&self, letter: &Letter) -> Result<Accepted, Failure> {
        let (Some(graph), Ok(number)) = (&self.graph, NumberId::parse(&letter.account.name)) else {
            return Err(Failure::new(FailureClass::Credentials, None, "the channel is not set up"));
        };
        let sending = match form_of(&letter.message) {
            Some(form) => form,
            None => sending_of(letter).map_err(|why| impossible(&why))?,
        };
        let mut refused = Failure::new(FailureClass::Permanent, None, "the customer has no name there");
        for to in recipients(&letter.names) {
            let outgoing = Outgoing::new(to, &letter.reference, None, sending.clone());
            let outgoing = outgoing.map_err(|why| impossible(&why))?;
            if !outgoing.is_template() {
                self.check_window(letter)?;
            }
            self.keep_pace(letter).await?;
            self.permit(letter, if outgoing.is_template() { Occasion::Unasked } else { Occasion::Conversation })?;
            match self.post(graph, &number, &outgoing).await {
                Err(failure) if failure.class == FailureClass::OtherAddress => refused = failure,
                Err(failure) if failure.class == FailureClass::OptedOut => {
                    self.note_refused(letter).await;
                    return Err(failure);
                }
                outcome => return outcome.map_err(|failure| of_its_file(letter, failure)),
            }
        }
        Err(refused)
    }

    async fn post(&self, graph: &Graph, number: &NumberId, outgoing: &Outgoing) -> Result<Accepted, Failure> {
        let answered = graph.messages(number, &outgoing.json()).await?;
        let accepted = response::read(&answered.as_answer(self.clock.now()))?;
        Ok(Accepted { id: accepted.id.as_str().to_owned() })
    }

    /// Free text goes only for a day after the customer wrote.
    pub(super) fn check_window(&self, letter: &Letter) -> Result<(), Failure> {
        let found = window_of(&self.store, &letter.session).map_err(|error| {
            tracing::error!(%error, "WhatsApp's windows can not be read");
            Failure::new(FailureClass::Retry, None, "the store does not read")
        })?;
        if found.is_some_and(|found| found.record.window.is_open(self.clock.now())) {
            return Ok(());
        }
        let why = "the customer has not written for 24 hours: only a template may be sent";
        Err(Failure::new(FailureClass::WindowClosed, None, why))
    }

    /// Waits for the number's limit of speed. A person who got too many gets the rest later, and others go on meanwhile.
    async fn keep_pace(&self, letter: &Letter) -> Result<(), Failure> {
        let until = self.clock.now().plus_ms(PACE_WAIT_MAX_MS);
        let account = &letter.account;
        let limit = numbers::limit_of(&self.store, &account.organization, &account.name).map_err(|error| {
            tracing::error!(%error, "which numbers are used in WhatsApp's app can not be read");
            Failure::new(FailureClass::Retry, None, "the store does not read")
        })?;
        loop {
            let now = self.clock.now();
            let wait = match self.paces.take((&account.name, limit), &letter.session, now) {
                Ok(()) => return Ok(()),
                Err(wait) => wait,
            };
            let (at, scope) = match wait {
                Wait::Person(at) => (at, Scope::Pair),
                Wait::Number(at) => (at, Scope::Number),
            };
            let wait_ms = at.since_ms(now);
            // Many wait for the same moment, and one of them gets it: the others wait for the next.
            if scope == Scope::Pair || at > until {
                let failure = Failure::new(FailureClass::SlowDown(scope), None, "within our own limit of speed");
                return Err(failure.retry_after(Some(wait_ms.div_ceil(1_000))));
            }
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }
}

impl Outlet for WhatsappOutlet {
    fn via(&self) -> Via {
        Via::Whatsapp
    }

    fn channel(&self) -> Channel {
        Channel::Whatsapp
    }

    fn capability(&self) -> &'static Capability {
        &WHATSAPP
    }

    fn listens(&self, organization: &OrganizationId) -> Result<bool, StoreError> {
        Ok(self.settings.serves(organization))
    }

    fn is_set_up(&self, account: &Account) -> bool {
        let is_ours = self.settings.number.as_ref().is_none_or(|number| number.as_str() == account.name);
        self.graph.is_some() && is_ours && account.organization == self.settings.organization
    }

    fn parts(&self, message: &Message) -> Vec<Part> {
        if form_of(message).is_some() {
            return vec![Part::Text(message.body.as_str().to_owned())];
        }
        parts(message, self.capability(), self.carries_files())
    }

    fn carries_files(&self) -> bool {
        true
    }

    fn is_placed(&self, letter: &Letter) -> bool {
        self.is_uploaded(letter)
    }

    fn place<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Placed, NotPlaced>> {
        self.upload(letter).boxed()
    }

    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Accepted, Failure>> {
        self.go(letter).boxed()
    }
}

/// What is sent for a letter's part, with the upload of its file.
fn sending_of(letter: &Letter) -> Result<Sending, Refusal> {
    let (Some(placed), Part::File { index, caption, .. }) = (&letter.placed, &letter.part) else {
        return sending(&letter.part, None, LIST_OPENER);
    };
    let name = letter.message.attachments.get(*index).map_or("", |file| file.name.as_str()).to_owned();
    let file = PlacedFile { source: MediaSource::Id(MediaId::parse(&placed.id)?), name };
    let part = Part::File { index: *index, kind: placed.kind, caption: caption.clone() };
    sending(&part, Some(&file), LIST_OPENER)
}

/// What Meta refuses of a part with a file, for which the file may be the reason, is taken to be that: it is uploaded once more.
fn of_its_file(letter: &Letter, failure: Failure) -> Failure {
    let may_be =
        failure.class == FailureClass::Permanent && failure.code.is_some_and(|code| FILE_CODES.contains(&code));
    if letter.placed.is_some() && may_be { Failure { class: FailureClass::Media, ..failure } } else { failure }
}

/// To whom, in the order of trying: by the name that was learnt last, and then by the newest one of the other kind.
fn recipients(names: &[Correspondent]) -> Vec<Recipient> {
    let recipient = |name: &Correspondent| {
        let recipient = recipient(&name.name)?;
        Some((name.since, recipient))
    };
    let all: Vec<(Timestamp, Recipient)> = names.iter().filter_map(recipient).collect();
    let newest = |is: fn(&Recipient) -> bool| all.iter().filter(|(_, to)| is(to)).max_by_key(|(since, _)| *since);
    let by_phone = newest(|to| matches!(to, Recipient::Phone(_)));
    let by_user = newest(|to| matches!(to, Recipient::User(_)));
    // Of two that were learnt together the number is taken everywhere.
    let user_first = matches!((by_phone, by_user), (Some((phone, _)), Some((user, _))) if user > phone);
    let order = if user_first { [by_user, by_phone] } else { [by_phone, by_user] };
    order.into_iter().flatten().map(|(_, to)| to.clone()).collect()
}

fn recipient(name: &str) -> Option<Recipient> {
    match name.strip_prefix(BY_PHONE) {
        Some(phone) => id::phone(phone).map(Recipient::Phone),
        None => Bsuid::parse(name.strip_prefix(BY_USER)?).ok().map(Recipient::User),
    }
}

/// What is outside of Meta's limits: it will be each time.
fn impossible(why: &Refusal) -> Failure {
    Failure::new(FailureClass::Permanent, None, &why.to_string())
}

impl std::fmt::Debug for WhatsappOutlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhatsappOutlet").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CustomerId, OrganizationId, SessionId};

    fn name(name: &str, since: i64) -> Correspondent {
        Correspondent {
            organization: OrganizationId::default_organization(),
            channel: Channel::Whatsapp,
            account: "1".to_owned(),
            name: name.to_owned(),
            session: SessionId::parse("s").unwrap(),
            customer: CustomerId::parse("c").unwrap(),
            since: Timestamp::from_ms(since),
        }
    }

    #[test]
    fn a_person_is_written_to_by_the_name_that_was_learnt_last_and_then_by_the_other_kind() {
        let order = |names: &[(&str, i64)]| -> Vec<String> {
            let names: Vec<Correspondent> = names.iter().map(|(text, since)| name(text, *since)).collect();
            let shown = |to: Recipient| match to {
                Recipient::Phone(phone) => phone.as_str().to_owned(),
                Recipient::User(user) => user.as_str().to_owned(),
            };
            recipients(&names).into_iter().map(shown).collect()
        };
        assert_eq!(order(&[("phone:+15550002222", 1), ("user:US.1", 1)]), ["+15550002222", "US.1"]);
        assert_eq!(order(&[("user:US.1", 2), ("phone:+15550002222", 1)]), ["US.1", "+15550002222"]);
        assert_eq!(
            order(&[("phone:+15550004444", 3), ("user:US.1", 2), ("phone:+15550002222", 1)]),
            ["+15550004444", "US.1"]
        );
        assert_eq!(order(&[("user:US.1", 1)]), ["US.1"]);
        assert_eq!(order(&[("mail:a@b.example", 1)]), Vec::<String>::new());
    }
}
