//! What the customer's door asks for: an address, its proof, and an end of it.

use std::sync::Arc;

use uuid::Uuid;

use super::code::{self, digits, has_expired, is_right};
use super::parting::{by_mail, part, tell};
use super::record::{Asked, Continuation, Proven};
use super::{CodeKey, OnwardSettings, filled, thread};
use crate::actors::outbox::Couriers;
use crate::auth::{Quota, RateLimiter};
use crate::channels::email::{Subject, without_detail};
use crate::clock::SharedClock;
use crate::domain::outbox::Via;
use crate::domain::{
    Channel, Contact, Email, Event, Organization, OrganizationId, Refusal, SessionKey, State, Timestamp, Visitor,
};
use crate::engine::channels::correspondents::Correspondent;
use crate::engine::channels::email::book::{MailThread, Party};
use crate::engine::channels::email::{MailSetup, Mailboxes};
use crate::engine::{Customers, Sessions};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Store, StoreError, log};

/// How often a session may ask within [`ASKS_WINDOW_S`].
pub const ASKS_PER_SESSION_MAX: usize = 4;

/// How many codes go to one address of an organization's within the same; beyond that none goes, and nobody is told.
pub const ASKS_PER_ADDRESS_MAX: u32 = 4;

/// How many codes an organization's mailboxes send within the same: whoever opens many sessions does not make a spammer of them.
const ASKS_PER_ORGANIZATION_MAX: u32 = 500;

/// See the three above; in seconds.
pub(super) const ASKS_WINDOW_S: u32 = 60 * 60;

/// How often a code may be tried.
const TRIES_OF_CODE: u32 = 5;

/// How often it is tried to change what others change at the same time.
pub(super) const TRIES_MAX: usize = 16;

/// The parts of the engine that it needs.
pub struct OnwardParts {
    /// Where everything is.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Conversations.
    pub sessions: Sessions,
    /// Whose they are.
    pub customers: Customers,
    /// Who writes.
    pub boxes: Arc<Mailboxes>,
    /// Who is told that a code is to go.
    pub couriers: Arc<Couriers>,
    /// How it is done.
    pub settings: Arc<OnwardSettings>,
    /// Of what codes are made; none where no mailbox is set up.
    pub key: Option<CodeKey>,
}

/// See the module.
#[derive(Clone)]
pub struct Onward {
    parts: Arc<OnwardParts>,
    limiter: Arc<RateLimiter>,
}

/// How a session stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it may go on by e-mail at all.
    pub offered: bool,
    /// The address that waits for its code, and until when. Whether its mail arrived is told to nobody.
    pub asked: Option<(Email, Timestamp)>,
    /// The address that was proved.
    pub proven: Option<Reached>,
}

/// Where a customer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The address.
    pub address: Email,
    /// Since when.
    pub since: Timestamp,
}

impl Onward {
    /// Wires it.
    pub fn new(parts: OnwardParts) -> Self {
        Self { parts: Arc::new(parts), limiter: Arc::new(RateLimiter::new()) }
    }

    /// Whether an organization has a mailbox that sends.
    pub fn is_offered(&self, organization: &OrganizationId) -> bool {
        self.parts.key.is_some() && self.sending(organization).is_some()
    }

    /// How a session stands. Whatever a proof was to lead to and did not, for an end of the process, is done now.
    ///
    /// # Errors
    /// `NotFound`, `Busy`, `Unavailable`.
    pub async fn standing(&self, key: &SessionKey, visitor: &Visitor) -> Result<Standing, Refusal> {
        let state = self.parts.sessions.read(key, visitor)?;
        let found = self.found(key)?.map(|found| found.record);
        let offered = self.is_offered(&key.organization) && self.is_of_the_web(&state)?;
        let Some(continuation) = found else { return Ok(Standing { offered, ..Standing::default() }) };
        if let Some(proven) = continuation.proven.as_ref().filter(|proven| !proven.followed) {
            self.follow(&state, proven).await?;
        }
        let now = self.parts.clock.now();
        let asked = continuation.asked.filter(|asked| !has_expired(asked, now));
        let until = |at: Timestamp| at.plus_ms(i64::try_from(code::CODE_HOLDS_MS).unwrap_or(i64::MAX));
        let asked = asked.map(|asked| (asked.address, until(asked.at)));
        let proven = continuation.proven.map(|proven| Reached { address: proven.address, since: proven.at });
        Ok(Standing { offered, asked, proven })
    }

    /// Where a session's customer is reached by mail, for the staff who may see the session.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn reached(&self, key: &SessionKey) -> Result<Option<Reached>, Refusal> {
        let proven = self.found(key)?.and_then(|found| found.record.proven);
        Ok(proven.map(|proven| Reached { address: proven.address, since: proven.at }))
    }

    /// Has a code sent to an address. Whether the address is known, or has had too many, is told to nobody.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for whoever is not the customer; `Invalid` on `address`; `Conflict` for a session that is not of the web;
    /// `TooMany`; `Unavailable` where nobody sends mails, or not now; `Busy`.
    pub async fn ask(&self, key: &SessionKey, visitor: &Visitor, address: &str) -> Result<(), Refusal> {
        let wrong = || Refusal::invalid("address", "must be an e-mail address");
        let address = Email::parse(address).map_err(|_| wrong())?;
        let state = self.entered(key, visitor).await?;
        let unavailable = Refusal::Unavailable { part: "email" };
        let (Some(code_key), Some(setup)) = (&self.parts.key, self.sending(&key.organization)) else {
            return Err(unavailable);
        };
        if setup.ours.has(&address) {
            return Err(Refusal::invalid("address", "must be an address of yours"));
        }
        self.require_web(&state)?;
        let now = self.parts.clock.now();
        let asked = Asked {
            address,
            account: setup.account().name.clone(),
            organization_name: self.organization_name(&key.organization)?,
            nonce: Uuid::new_v4(),
            at: now,
            tries_left: TRIES_OF_CODE,
        };
        let mail = code::mail(setup, &self.parts.settings, code_key, key, &asked).ok_or_else(wrong)?;
        mail.to_bytes().map_err(|_| wrong())?;
        self.keep(key, setup, asked, now).await
    }

    /// Keeps what is asked for, and puts its mail into the outbox, in one batch.
    async fn keep(&self, key: &SessionKey, setup: &MailSetup, asked: Asked, now: Timestamp) -> Result<(), Refusal> {
        let mut goes = None;
        for _ in 0..TRIES_MAX {
            let old = self.found(key)?;
            let mut new = old.as_ref().map_or_else(|| Continuation::new(key), |old| old.record.clone());
            if new.proven.as_ref().is_some_and(|proven| proven.address == asked.address) {
                return Ok(());
            }
            let window_ms = u64::from(ASKS_WINDOW_S) * 1_000;
            new.asks.retain(|at| now.since_ms(*at) < window_ms);
            if new.asks.len() >= ASKS_PER_SESSION_MAX {
                let since_ms = new.asks.first().map_or(0, |first| now.since_ms(*first));
                return Err(Refusal::TooMany { retry_after_s: (window_ms - since_ms).div_ceil(1_000).max(1) });
            }
            let goes = match goes {
                Some(goes) => goes,
                None => *goes.insert(self.may_go(&key.organization, &asked.address, now)?),
            };
            new.asks.push(now);
            // Where no code goes none holds: nobody finds one by trying.
            new.asked = Some(Asked { tries_left: if goes { asked.tries_left } else { 0 }, ..asked.clone() });
            let mut batch = Batch::default();
            new.put(&mut batch, old.as_ref()).map_err(unreadable)?;
            if goes {
                let delivery = code::delivery(key, setup.account(), &asked);
                record::insert(&mut batch, &delivery).map_err(unreadable)?;
            }
            if self.commit(batch).await? {
                self.parts.couriers.look_again(&code::target(setup.account()), Via::EmailCode);
                return Ok(());
            }
        }
        Err(Refusal::Busy)
    }

    /// Counts a code, and says whether it goes to that address. All that differ behind a `+` are one mailbox. What an address is not sent does
    /// not count for the organization: whoever asks for one again and again switches it off for nobody else.
    fn may_go(&self, organization: &OrganizationId, address: &Email, now: Timestamp) -> Result<bool, Refusal> {
        let quota = |limit| Quota { limit, window_s: ASKS_WINDOW_S };
        let one = format!("{organization}/{}", without_detail(address.as_str()));
        if !self.limiter.check("onward/address", &one, quota(ASKS_PER_ADDRESS_MAX), now).allowed {
            return Ok(false);
        }
        let whole = quota(ASKS_PER_ORGANIZATION_MAX);
        self.limiter.check("onward/organization", organization.as_str(), whole, now).require()?;
        Ok(true)
    }

    /// Takes a code. The right one makes the address the session's, once, in one batch; gives the address.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden`; `Invalid` on `code`, the same for one that is wrong, used, or too old; `Busy`, `Unavailable`.
    pub async fn prove(&self, key: &SessionKey, visitor: &Visitor, said: &str) -> Result<Reached, Refusal> {
        let wrong = || Refusal::invalid("code", "is not right, or holds no longer");
        let said = digits(said)?;
        let state = self.entered(key, visitor).await?;
        let code_key = self.parts.key.as_ref().ok_or(Refusal::Unavailable { part: "email" })?;
        for _ in 0..TRIES_MAX {
            let now = self.parts.clock.now();
            let old = self.found(key)?.ok_or_else(wrong)?;
            let mut new = old.record.clone();
            let asked = new.asked.take().ok_or_else(wrong)?;
            if has_expired(&asked, now) || asked.tries_left == 0 {
                return Err(wrong());
            }
            let mut batch = Batch::default();
            if !is_right(code_key, key, &asked, &said) {
                new.asked = Some(Asked { tries_left: asked.tries_left - 1, ..asked });
                new.put(&mut batch, Some(&old)).map_err(unreadable)?;
                if self.commit(batch).await? {
                    return Err(wrong());
                }
                continue;
            }
            self.require_web(&state)?;
            let proven = Proven {
                address: asked.address.clone(),
                account: asked.account.clone(),
                at: now,
                nonce: asked.nonce,
                followed: false,
            };
            new.proven = Some(proven.clone());
            new.put(&mut batch, Some(&old)).map_err(unreadable)?;
            self.connect(&mut batch, &state, &asked, now).map_err(unreadable)?;
            if self.commit(batch).await? {
                self.follow(&state, &proven).await?;
                return Ok(Reached { address: proven.address, since: proven.at });
            }
        }
        Err(Refusal::Busy)
    }

    /// The way out to the address, and the way in from it, in the place of those there were.
    fn connect(&self, batch: &mut Batch, state: &State, asked: &Asked, now: Timestamp) -> Result<(), StoreError> {
        let (store, key) = (&self.parts.store, &state.key);
        let correspondent = Correspondent {
            organization: key.organization.clone(),
            channel: Channel::Email,
            account: asked.account.clone(),
            name: asked.address.as_str().to_owned(),
            session: key.session.clone(),
            customer: state.person(),
            since: now,
        };
        let is_known = |old: &Correspondent| old.name == correspondent.name && old.account == correspondent.account;
        let old = by_mail(store, key)?;
        old.iter().filter(|old| !is_known(&old.record)).for_each(|old| record::remove(batch, old));
        if !old.iter().any(|old| is_known(&old.record)) {
            record::insert(batch, &correspondent)?;
        }
        let subject = filled(&self.parts.settings.texts.subject, &[("{organization}", &asked.organization_name)]);
        let subject = Subject::new(&subject);
        let new = MailThread {
            organization: key.organization.clone(),
            session: key.session.clone(),
            account: asked.account.clone(),
            customer: state.person(),
            people: vec![asked.address.clone()],
            subject: subject.base().to_owned(),
            // Programs on the way change subjects. The ids and the address of an answer lead here, under whatever subject.
            subject_key: String::new(),
            to: Party { address: asked.address.clone(), name: None },
            last: None,
            last_at: now,
            unverified: false,
            onward: true,
        };
        record::replace(batch, thread(store, key)?.as_ref(), &new)
    }

    /// What a proof leads to besides: the address is the customer's, and the conversation says so. Done once, however often it is tried.
    async fn follow(&self, state: &State, proven: &Proven) -> Result<(), Refusal> {
        let contact = Contact { email: Some(proven.address.clone()), ..Contact::default() };
        self.parts.customers.learn(&state.key.organization, &state.person(), &contact).await?;
        let text = filled(&self.parts.settings.texts.started, &[("{address}", proven.address.as_str())]);
        tell(&self.parts.sessions, &state.key, &text, proven.nonce, "started").await?;
        self.note_followed(&state.key, proven).await
    }

    async fn note_followed(&self, key: &SessionKey, proven: &Proven) -> Result<(), Refusal> {
        for _ in 0..TRIES_MAX {
            let Some(old) = self.found(key)? else { return Ok(()) };
            let mut new = old.record.clone();
            let Some(same) = new.proven.as_mut().filter(|same| same.nonce == proven.nonce) else { return Ok(()) };
            same.followed = true;
            let mut batch = Batch::default();
            new.put(&mut batch, Some(&old)).map_err(unreadable)?;
            if self.commit(batch).await? {
                return Ok(());
            }
        }
        Err(Refusal::Busy)
    }

    /// Ends it: no mail of the session goes to the address any more.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden`; `Busy`, `Unavailable`.
    pub async fn stop(&self, key: &SessionKey, visitor: &Visitor) -> Result<(), Refusal> {
        self.entered(key, visitor).await?;
        part(&self.parts.store, &self.parts.sessions, key, &self.parts.settings).await
    }

    /// The customer has read up to a place on the page. What is not there yet can not be read.
    pub async fn seen(&self, key: &SessionKey, upto: u64) {
        // Where no address can be proved, no conversation goes on.
        if self.parts.key.is_none() {
            return;
        }
        if let Err(why) = self.note_seen(key, upto).await {
            tracing::warn!(%why, "what a customer has read is not kept: it may go by mail too");
        }
    }

    async fn note_seen(&self, key: &SessionKey, upto: u64) -> Result<(), Refusal> {
        for _ in 0..TRIES_MAX {
            let Some(old) = self.found(key)? else { return Ok(()) };
            if old.record.proven.is_none() || upto <= old.record.read_upto {
                return Ok(());
            }
            let there = log::read::<Event>(&self.parts.store, key, upto - 1, 1).map_err(unreadable)?;
            if there.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::default();
            let new = Continuation { read_upto: upto, ..old.record.clone() };
            new.put(&mut batch, Some(&old)).map_err(unreadable)?;
            if self.commit(batch).await? {
                return Ok(());
            }
        }
        Err(Refusal::Busy)
    }

    /// Lets the session's customer in, and nobody else; not while the session is being erased.
    async fn entered(&self, key: &SessionKey, visitor: &Visitor) -> Result<State, Refusal> {
        if !matches!(visitor, Visitor::Customer(_) | Visitor::Anonymous { .. }) {
            return Err(Refusal::Forbidden);
        }
        self.parts.sessions.enter(key, visitor.clone(), None).await?;
        self.parts.sessions.read(key, visitor)
    }

    /// A conversation that is one by mail already, or by telephone, stays what it is.
    fn is_of_the_web(&self, state: &State) -> Result<bool, Refusal> {
        let thread = thread(&self.parts.store, &state.key).map_err(unreadable)?;
        Ok(state.channel == Channel::Web && thread.is_none_or(|thread| thread.record.onward))
    }

    fn require_web(&self, state: &State) -> Result<(), Refusal> {
        let refused = || Refusal::conflict("the conversation has a channel of its own");
        self.is_of_the_web(state)?.then_some(()).ok_or_else(refused)
    }

    /// A mailbox that sends; one that is read too, if there is: answers come back there. Mails of another ask for none (their footer).
    fn sending(&self, organization: &OrganizationId) -> Option<&Arc<MailSetup>> {
        let sends = || self.parts.boxes.of(organization).filter(|setup| setup.settings.smtp.is_some());
        sends().find(|setup| setup.settings.imap.is_some()).or_else(|| sends().next())
    }

    fn organization_name(&self, id: &OrganizationId) -> Result<String, Refusal> {
        let found = record::get::<Organization>(&self.parts.store, id, id.as_str()).map_err(unreadable)?;
        Ok(found.map(|found| found.record.name.as_str().to_owned()).unwrap_or_default())
    }

    fn found(&self, key: &SessionKey) -> Result<Option<Versioned<Continuation>>, Refusal> {
        Continuation::of(&self.parts.store, key).map_err(unreadable)
    }

    /// False where something was changed meanwhile.
    async fn commit(&self, batch: Batch) -> Result<bool, Refusal> {
        committed(&self.parts.store, batch).await
    }
}

pub(super) async fn committed(store: &Store, batch: Batch) -> Result<bool, Refusal> {
    match store.commit(batch).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict { .. }) => Ok(false),
        Err(why) => Err(why.refused("it was changed meanwhile")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "what goes on by mail does not read");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Onward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Onward").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OnwardParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnwardParts").finish_non_exhaustive()
    }
}
