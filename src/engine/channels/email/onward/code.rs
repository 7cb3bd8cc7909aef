//! The code by which a customer proves that they read an address's mail, and the mail that brings it.
//!
//! Six digits of an HMAC over organization, session, address and a random number that is kept: whoever reads the store has no code without
//! the installation's key. The mail waits in the outbox as everything that goes out does, in a lane of its own, so no reply holds it up.

use aws_lc_rs::hmac;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret as _;
use std::sync::Arc;
use std::time::Instant;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::record::{Asked, Continuation};
use super::{CodeKey, OnwardSettings, filled};
use crate::actors::outbox::{Again, Carrier, Listener, Standing};
use crate::channels::email::{Mailbox, MessageId, Outgoing, Voice};
use crate::channels::failure::{Failure, FailureClass};
use crate::clock::SharedClock;
use crate::domain::outbox::{Answered, Attempt, Delivery, Number, Outcome, Stage, TargetKey, Via};
use crate::domain::{Channel, OrganizationId, Refusal, SessionKey, Timestamp};
use crate::engine::channels::email::{MailSetup, Mailboxes, book, smtp};
use crate::engine::channels::outward::{Account, ChannelStates, Way, Wrong, outcome, plain};
use crate::store::{Store, StoreError};

/// How many digits a code has.
pub(super) const CODE_DIGITS: usize = 6;

/// How many codes there are.
const CODES: u64 = 10_u64.pow(CODE_DIGITS as u32);

/// How long a code holds, in milliseconds: long enough for a slow mail server, and to look into the spam.
pub(super) const CODE_HOLDS_MS: u64 = 15 * 60 * 1_000;

/// How long an answer to the whole mail is waited for anew, in seconds.
const UNCLEAR_WAIT_S: u64 = 60;

/// The most failures of a code that make its next wait longer: a recipient's server is asked every 64 s at least, as long as the code holds.
const FAILURES_COUNTED: u32 = 4;

/// What the outbox calls a code.
const TOPIC: &str = "code";

/// The code of what was asked for.
pub(super) fn code(key: &CodeKey, session: &SessionKey, asked: &Asked) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret());
    let nonce = asked.nonce.simple().to_string();
    let parts = [session.organization.as_str(), session.session.as_str(), asked.address.as_str(), &nonce];
    // No part holds what stands between them.
    let tag = hmac::sign(&key, parts.join("\0").as_bytes());
    let number = tag.as_ref().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:0width$}", number % CODES, width = CODE_DIGITS)
}

/// Whether a code is the one, in a time that tells nothing of it.
pub(super) fn is_right(key: &CodeKey, session: &SessionKey, asked: &Asked, said: &str) -> bool {
    code(key, session, asked).as_bytes().ct_eq(said.as_bytes()).into()
}

/// What somebody typed as a code: its digits, however they are set apart.
///
/// # Errors
/// `Invalid` where it can be no code; that costs no try.
pub(super) fn digits(said: &str) -> Result<String, Refusal> {
    let refused = || Refusal::invalid("code", "must be the six digits of the mail");
    let kept: String = said.chars().take(4 * CODE_DIGITS).filter(|c| !c.is_whitespace() && *c != '-').collect();
    if kept.len() == CODE_DIGITS && kept.bytes().all(|byte| byte.is_ascii_digit()) { Ok(kept) } else { Err(refused()) }
}

/// Whether it holds no longer.
pub(super) fn has_expired(asked: &Asked, now: Timestamp) -> bool {
    now.since_ms(asked.at) >= CODE_HOLDS_MS
}

/// What the outbox calls the codes of a mailbox.
pub(super) fn target(account: &Account) -> TargetKey {
    let codes = Account { name: format!("codes of {}", account.name), ..account.clone() };
    TargetKey { organization: account.organization.clone(), target: codes.target() }
}

/// The mail with a code, as the outbox keeps it: it names what was asked for, and holds nothing of it.
pub(super) fn delivery(key: &SessionKey, account: &Account, asked: &Asked) -> Delivery {
    let position = asked.at.as_ms().unsigned_abs();
    let index = asked.nonce.as_fields().0;
    Delivery {
        organization: key.organization.clone(),
        target: target(account).target,
        via: Via::EmailCode,
        number: Number { position, index },
        stage: Stage::Waiting,
        session: key.session.clone(),
        seq: 0,
        topic: TOPIC.to_owned(),
        at: asked.at,
        queued_at: asked.at,
        attempts: 0,
        refusals: 0,
        not_before: None,
        last: None,
        parked: None,
    }
}

/// The mail with a code; nothing where the address can not be written to.
pub(super) fn mail(
    setup: &MailSetup,
    settings: &OnwardSettings,
    key: &CodeKey,
    session: &SessionKey,
    asked: &Asked,
) -> Option<Outgoing> {
    let code = code(key, session, asked);
    let places = [
        ("{code}", code.as_str()),
        ("{organization}", asked.organization_name.as_str()),
        ("{address}", asked.address.as_str()),
    ];
    Some(Outgoing {
        id: id(asked.nonce, &setup.domain)?,
        date: asked.at,
        from: setup.settings.from.clone(),
        to: vec![Mailbox::new(asked.address.clone(), None)],
        cc: Vec::new(),
        reply_to: None,
        subject: filled(&settings.texts.code_subject, &places),
        in_reply_to: None,
        references: Vec::new(),
        voice: Voice::Notice,
        marker: setup.ours.marker.clone(),
        text: filled(&settings.texts.code, &places),
        html: None,
        files: Vec::new(),
    })
}

fn id(nonce: Uuid, domain: &str) -> Option<MessageId> {
    book::our_id(&format!("code.{}", nonce.simple()), domain)
}

/// Brings codes to whom they are for.
pub struct CodeCarrier {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    boxes: Arc<Mailboxes>,
    states: Arc<ChannelStates>,
    settings: Arc<OnwardSettings>,
    key: CodeKey,
}

impl CodeCarrier {
    /// By these mailboxes.
    pub fn new(
        (store, clock): (Store, SharedClock),
        (boxes, states): (Arc<Mailboxes>, Arc<ChannelStates>),
        settings: Arc<OnwardSettings>,
        key: CodeKey,
    ) -> Self {
        Self { inner: Arc::new(Inner { store, clock, boxes, states, settings, key }) }
    }
}

impl Carrier for CodeCarrier {
    fn via(&self) -> Via {
        Via::EmailCode
    }

    fn listeners(&self, _: &OrganizationId) -> Result<Vec<Box<dyn Listener>>, StoreError> {
        // They are put into the outbox by whoever asks for them.
        Ok(Vec::new())
    }

    fn standing(&self, _: &TargetKey) -> Result<Standing, StoreError> {
        Ok(Standing::Open)
    }

    fn send(&self, delivery: Delivery, _: Again) -> BoxFuture<'static, Attempt> {
        let inner = Arc::clone(&self.inner);
        async move {
            let (at, began) = (inner.clock.now(), Instant::now());
            let (outcome, said) = inner.carry(&delivery).await;
            let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            Attempt { outcome, answered: Answered::new(at, took_ms, None, &said) }
        }
        .boxed()
    }

    fn give_up(&self, _: TargetKey, why: &'static str) -> BoxFuture<'static, ()> {
        tracing::error!(why, "a mailbox does not take codes");
        std::future::ready(()).boxed()
    }
}

impl Inner {
    /// Nothing of it is ever set aside: a code that comes late is of no use.
    async fn carry(&self, delivery: &Delivery) -> (Outcome, String) {
        let gone = || (Outcome::Erased, "nobody waits for it any more".to_owned());
        let key = delivery.session_key();
        let (store, of) = (self.store.clone(), key.clone());
        let read = tokio::task::spawn_blocking(move || Continuation::of(&store, &of)).await;
        let asked = match read.unwrap_or_else(|_| Err(StoreError::Backend("the reading of a code broke".to_owned()))) {
            Ok(found) => found.and_then(|found| found.record.asked).filter(|asked| asked.at == delivery.at),
            Err(error) => {
                tracing::error!(%error, "what is to be sent does not read");
                return (Outcome::Blocked { after_s: None }, "the store does not read".to_owned());
            }
        };
        let Some(asked) = asked.filter(|asked| !has_expired(asked, self.clock.now())) else { return gone() };
        let Some(setup) = self.boxes.at(&key.organization, &asked.account) else { return gone() };
        match self.go(setup, &key, &asked).await {
            Ok(()) => {
                self.states.works(setup.account(), Way::Out);
                (Outcome::Done, String::new())
            }
            Err(failure) => self.failed(setup.account(), delivery, &failure),
        }
    }

    async fn go(&self, setup: &MailSetup, key: &SessionKey, asked: &Asked) -> Result<(), Failure> {
        let impossible = || Failure::new(FailureClass::Permanent, None, "the address can not be written to");
        let server = setup.settings.smtp.as_ref();
        let server = server.ok_or_else(|| Failure::noted(FailureClass::Credentials, "no server for outgoing mail"))?;
        let mail = mail(setup, &self.settings, &self.key, key, asked).ok_or_else(impossible)?;
        let bytes = mail.to_bytes().map_err(|_| impossible())?;
        let to = [asked.address.as_str()];
        smtp::send(server, &smtp::Parcel { from: mail.from.address.as_str(), to: &to, mail: &bytes }).await.map(drop)
    }

    /// What failed is not told on the page: whoever types others' addresses there would find out which of them there are.
    fn failed(&self, account: &Account, delivery: &Delivery, failure: &Failure) -> (Outcome, String) {
        tracing::info!(channel = Channel::Email.as_str(), class = ?failure.class, "a code did not go");
        let why = failure.noted.clone().unwrap_or_else(|| "the server did not take it".to_owned());
        let wrong = Wrong { plain: plain(failure.class), words: &why };
        let failures = delivery.attempts.saturating_add(1).min(FAILURES_COUNTED);
        match outcome(failure, failures, UNCLEAR_WAIT_S) {
            blocked @ Outcome::Blocked { .. } => {
                self.states.blocks(account, Way::Out, wrong);
                (blocked, why)
            }
            failing @ Outcome::Failing { .. } => {
                self.states.fails(account, Way::Out, wrong);
                (failing, why)
            }
            Outcome::Impossible | Outcome::Refused => (Outcome::Unneeded, why),
            other => (other, why),
        }
    }
}

impl std::fmt::Debug for CodeCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeCarrier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Email, SessionId};

    fn session(organization: &str, session: &str) -> SessionKey {
        let organization = OrganizationId::parse(organization).unwrap();
        SessionKey { organization, session: SessionId::parse(session).unwrap() }
    }

    fn asked(address: &str, nonce: u128) -> Asked {
        Asked {
            address: Email::parse(address).unwrap(),
            account: "help@shop.test".to_owned(),
            organization_name: "Shop".to_owned(),
            nonce: Uuid::from_u128(nonce),
            at: Timestamp::from_ms(1_000),
            tries_left: 5,
        }
    }

    #[test]
    fn a_code_is_of_one_session_address_and_asking_and_of_one_key() {
        let key = |byte: u8| CodeKey::new(vec![byte; 32].into());
        let one = code(&key(1), &session("shop", "s"), &asked("jo@example.test", 1));
        assert!(one.len() == CODE_DIGITS && one.bytes().all(|byte| byte.is_ascii_digit()), "{one}");
        assert_eq!(one, code(&key(1), &session("shop", "s"), &asked("jo@example.test", 1)));
        let others = [
            code(&key(2), &session("shop", "s"), &asked("jo@example.test", 1)),
            code(&key(1), &session("shop", "t"), &asked("jo@example.test", 1)),
            code(&key(1), &session("clinic", "s"), &asked("jo@example.test", 1)),
            code(&key(1), &session("shop", "s"), &asked("kim@example.test", 1)),
            code(&key(1), &session("shop", "s"), &asked("jo@example.test", 2)),
        ];
        assert!(others.iter().all(|other| *other != one), "{one} {others:?}");
        assert!(is_right(&key(1), &session("shop", "s"), &asked("jo@example.test", 1), &one));
        assert!(!is_right(&key(1), &session("shop", "s"), &asked("jo@example.test", 1), &others[0]));
    }

    #[test]
    fn what_is_typed_is_read_however_it_is_set_apart() {
        for said in ["123456", " 123 456 ", "12-34-56", "123\u{a0}456"] {
            assert_eq!(digits(said).as_deref(), Ok("123456"), "{said}");
        }
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "123456 and more words than a code has"] {
            assert!(digits(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_holds_for_a_quarter_of_an_hour() {
        let asked = asked("jo@example.test", 1);
        assert!(!has_expired(&asked, Timestamp::from_ms(1_000 + 15 * 60 * 1_000 - 1)));
        assert!(has_expired(&asked, Timestamp::from_ms(1_000 + 15 * 60 * 1_000)));
    }
}
