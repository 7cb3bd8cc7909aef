//! Sends webhooks: one POST per try, signed anew, without a redirect, to public addresses only unless configured otherwise; its
//! answer is read up to a limit and within a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::{Client, Url};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{body, headers};
use crate::actors::Policies;
use crate::actors::outbox::{Again, Carrier, Heard, Listener, Standing};
use crate::assistant::guard::Scanners;
use crate::auth::vault::VaultError;
use crate::auth::{SigningSecret, Vault};
use crate::clock::SharedClock;
use crate::domain::outbox::{Answered, Attempt, Delivery, FLYING_MAX, Outcome, TargetKey, Via};
use crate::domain::webhook::{Endpoint, GivenUp, Topic};
use crate::domain::{Event, OrganizationId, SessionKey, Timestamp};
use crate::outward::Reach;
use crate::store::record::{self, Versioned};
use crate::store::webhook::endpoints;
use crate::store::{Batch, CommitError, Logged, Store, StoreError};

/// How much of an answer is read, in bytes.
const ANSWER_MAX_BYTES: usize = 4 * 1024;

/// How often it is tried to write down that an endpoint was given up, where it is changed meanwhile.
const GIVE_UP_TRIES_MAX: u32 = 5;

/// How deliveries are sent.
#[derive(Debug, Clone, Copy)]
pub struct CarrierConfig {
    /// How long one may take, in milliseconds.
    pub timeout_ms: u64,
    /// Where endpoints may be.
    pub reach: Reach,
}

/// See the module.
pub struct WebhookCarrier {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    policies: Arc<Policies>,
    vault: Arc<Vault>,
    client: Client,
    reach: Reach,
    scanners: Scanners,
}

/// What is to be sent, and where.
struct Letter {
    url: Url,
    id: String,
    body: Vec<u8>,
    secrets: Vec<SigningSecret>,
}

/// Why nothing is sent.
enum Unsent {
    Outcome(Outcome, &'static str),
    Store(StoreError),
}

/// An endpoint as it was read.
struct Listening(Versioned<Endpoint>);

impl WebhookCarrier {
    /// Wires it.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn new(
        store: Store,
        clock: SharedClock,
        policies: Arc<Policies>,
        vault: Arc<Vault>,
        config: CarrierConfig,
    ) -> Result<Self, reqwest::Error> {
        let client = config.reach.client().timeout(Duration::from_millis(config.timeout_ms));
        let client = client.pool_max_idle_per_host(FLYING_MAX).user_agent("Switchboard-Webhooks/1").build()?;
        let inner = Inner { store, clock, policies, vault, client, reach: config.reach, scanners: Scanners::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Sends a `ping` to an endpoint.
    pub(super) async fn ping(&self, endpoint: &Endpoint) -> Attempt {
        let now = self.inner.clock.now();
        let letter = self.inner.letter(endpoint, Uuid::now_v7().to_string(), body::ping(now));
        self.inner.carry(now, letter).await
    }
}

impl Carrier for WebhookCarrier {
    fn via(&self) -> Via {
        Via::Webhook
    }

    fn listeners(&self, organization: &OrganizationId) -> Result<Vec<Box<dyn Listener>>, StoreError> {
        let found = endpoints(&self.inner.store, organization)?.into_iter();
        // One that is off may still be to hear of what happened before.
        Ok(found.map(|found| Box::new(Listening(found)) as Box<dyn Listener>).collect())
    }

    fn standing(&self, target: &TargetKey) -> Result<Standing, StoreError> {
        Ok(match self.inner.endpoint(target)? {
            Some(found) if found.record.enabled => Standing::Open,
            Some(_) => Standing::Closed,
            None => Standing::Unknown,
        })
    }

    fn send(&self, delivery: Delivery, _: Again) -> BoxFuture<'static, Attempt> {
        let inner = Arc::clone(&self.inner);
        async move {
            let now = inner.clock.now();
            let reader = Arc::clone(&inner);
            let made = tokio::task::spawn_blocking(move || reader.made(&delivery)).await;
            let made = made.unwrap_or(Err(Unsent::Outcome(Outcome::Refused, "what is to be sent can not be made")));
            inner.carry(now, made).await
        }
        .boxed()
    }

    fn give_up(&self, target: TargetKey, why: &'static str) -> BoxFuture<'static, ()> {
        let inner = Arc::clone(&self.inner);
        async move {
            for _ in 0..GIVE_UP_TRIES_MAX {
                match inner.switch_off(&target, why).await {
                    Ok(()) => return,
                    Err(CommitError::Conflict { .. }) => {}
                    Err(error) => {
                        tracing::error!(target = %target.target, %error, "that an endpoint is given up is not written down");
                        return;
                    }
                }
            }
        }
        .boxed()
    }
}

impl Listener for Listening {
    fn listens_at(&self, position: u64) -> bool {
        self.0.record.listened_at(position)
    }

    fn hears(&self, _: &SessionKey, logged: &Logged<Event>) -> Result<Option<Heard>, StoreError> {
        let topic = Topic::of(&logged.event).filter(|topic| self.0.record.topics.contains(topic));
        Ok(topic.map(|topic| Heard { target: self.0.record.id, topic: topic.as_str() }))
    }

    fn expect(&self, batch: &mut Batch) {
        record::expect(batch, &self.0);
    }
}

impl Inner {
    fn endpoint(&self, target: &TargetKey) -> Result<Option<Versioned<Endpoint>>, StoreError> {
        record::get(&self.store, &target.organization, &target.target.to_string())
    }

    /// What is to be sent of a delivery.
    fn made(&self, delivery: &Delivery) -> Result<Letter, Unsent> {
        let endpoint = self.endpoint(&delivery.target_key()).map_err(Unsent::Store)?;
        let erased = || Unsent::Outcome(Outcome::Erased, "it is there no longer");
        let endpoint = endpoint.ok_or_else(erased)?.record;
        let rules = Arc::clone(&self.policies.of(&delivery.organization).assistant);
        let scanner = self.scanners.of(&delivery.organization, &rules);
        let body = body::render(&self.store, delivery, &scanner).map_err(Unsent::Store)?.ok_or_else(erased)?;
        self.letter(&endpoint, delivery.id().to_string(), body)
    }

    fn letter(&self, endpoint: &Endpoint, id: String, body: Vec<u8>) -> Result<Letter, Unsent> {
        let url = endpoint.url.parse().map_err(|_| Unsent::Outcome(Outcome::Refused, "the address does not read"))?;
        self.reach.check(&url).map_err(|why| Unsent::Outcome(Outcome::Refused, why))?;
        let secrets = self.secrets(endpoint).map_err(|error| {
            tracing::error!(target = %endpoint.id, %error, "the secret of a webhook can not be used: see secrets.key");
            Unsent::Outcome(Outcome::Blocked { after_s: None }, "its secret can not be opened")
        })?;
        Ok(Letter { url, id, body, secrets })
    }

    /// What is signed with, the newest first.
    fn secrets(&self, endpoint: &Endpoint) -> Result<Vec<SigningSecret>, VaultError> {
        let (context, now) = (Endpoint::seal_context(&endpoint.organization, endpoint.id), self.clock.now());
        let previous = endpoint.previous.as_ref().filter(|previous| now < previous.until);
        let sealed = std::iter::once(&endpoint.secret).chain(previous.map(|previous| &previous.secret));
        let open = |sealed| {
            let text = self.vault.open(&context, sealed)?;
            SigningSecret::parse(text.expose_secret()).map_err(|_| VaultError::DoesNotOpen)
        };
        sealed.map(open).collect()
    }

    async fn carry(&self, at: Timestamp, letter: Result<Letter, Unsent>) -> Attempt {
        let began = Instant::now();
        let took_ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match letter {
            Ok(letter) => {
                let (outcome, status, text) = self.post(letter).await;
                Attempt { outcome, answered: Answered::new(at, took_ms(), status, &text) }
            }
            Err(Unsent::Outcome(outcome, why)) => {
                Attempt { outcome, answered: Answered::new(at, took_ms(), None, why) }
            }
            Err(Unsent::Store(error)) => {
                tracing::error!(%error, "what is to be sent does not read");
                // Nothing was sent, and nobody is to blame.
                let outcome = Outcome::Blocked { after_s: None };
                Attempt { outcome, answered: Answered::new(at, took_ms(), None, "the store does not read") }
            }
        }
    }

    async fn post(&self, letter: Letter) -> (Outcome, Option<u16>, String) {
        let now = self.clock.now();
        let headers = headers::signed(&letter.id, now, &letter.body, &letter.secrets);
        let answer = self.client.post(letter.url).headers(headers).body(letter.body).send().await;
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => return (Outcome::Failing { after_s: None }, None, said(&error).to_owned()),
        };
        let status = answer.status().as_u16();
        let outcome = judged(status, headers::retry_after_s(answer.headers(), now));
        let mut read = Vec::new();
        // The status is the answer; what stands behind it is for people, and may break off.
        while let Ok(Some(piece)) = answer.chunk().await {
            let room = ANSWER_MAX_BYTES - read.len();
            read.extend_from_slice(&piece[..piece.len().min(room)]);
            if read.len() >= ANSWER_MAX_BYTES {
                break;
            }
        }
        let text: String = String::from_utf8_lossy(&read).chars().filter(|c| !c.is_control()).collect();
        (outcome, Some(status), text)
    }

    async fn switch_off(&self, target: &TargetKey, why: &'static str) -> Result<(), CommitError> {
        let Ok(Some(old)) = self.endpoint(target) else { return Ok(()) };
        if !old.record.enabled {
            return Ok(());
        }
        let now = self.clock.now();
        let given_up = Some(GivenUp { at: now, why: why.to_owned() });
        let mut new = Endpoint { given_up, updated_at: now, ..old.record.clone() };
        new.switch(false, *self.store.feed_end().borrow());
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &new).map_err(|_| CommitError::Unavailable)?;
        self.store.commit(batch).await
    }
}

/// What a status says. A redirect is not followed, and is the address's failure, as are the statuses of proxies and of those who
/// have too much to do.
const fn judged(status: u16, after_s: Option<u64>) -> Outcome {
    match status {
        200..=299 => Outcome::Done,
        410 => Outcome::Gone,
        429 => Outcome::Throttled { after_s },
        408 | 425 | 300..=399 | 500..=599 => Outcome::Failing { after_s },
        _ => Outcome::Refused,
    }
}

/// Why there is no answer, without the address.
fn said(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke off"
    }
}

impl std::fmt::Debug for WebhookCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookCarrier").finish_non_exhaustive()
    }
}
