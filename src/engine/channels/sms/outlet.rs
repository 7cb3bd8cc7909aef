//! The way to a provider of SMS: one request per part, within a time, its answer read up to a limit. Whoever wants no messages
//! gets none, but for the one that says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use secrecy::ExposeSecret;
use tokio::time::sleep;

use super::{CALLBACKS, OptOuts, SmsSettings};
use crate::channels::answer::Answer;
use crate::channels::capability::{Capability, SMS};
use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::channels::render::Part;
use crate::channels::sms::provider::REFERENCE_FIELD;
use crate::channels::sms::{Keyword, OutgoingSms, ProviderRequest};
use crate::channels::whatsapp::pace::Pace;
use crate::clock::SharedClock;
use crate::domain::message::{Author, Notice};
use crate::domain::outbox::{FLYING_MAX, Via};
use crate::domain::{Channel, OrganizationId, Phone};
use crate::engine::channels::outward::{Accepted, Account, Dispatches, Found, Letter, Outlet};
use crate::store::StoreError;

/// How much of an answer is read, in bytes. A page of fifty messages has about as much.
const ANSWER_MAX_BYTES: usize = 256 * 1024;

/// How long a connection may take to be made, in milliseconds. What is not connected has not sent anything.
const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// The longest that a message waits here for its turn, in milliseconds; beyond it the outbox waits.
const TURN_WAIT_MAX_MS: u64 = 30_000;

/// After how many seconds a provider that can be asked is asked after a message that may have gone.
const ASKED_AFTER_S: u64 = 2;

/// See the module.
pub struct SmsOutlet {
    settings: Arc<SmsSettings>,
    client: Client,
    clock: SharedClock,
    dispatches: Dispatches,
    opt_outs: OptOuts,
    pace: Option<Mutex<Pace>>,
}

impl SmsOutlet {
    /// Wires it.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn new(
        settings: Arc<SmsSettings>,
        clock: SharedClock,
        dispatches: Dispatches,
        opt_outs: OptOuts,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            // A redirected order to send would be another order.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS))
            .timeout(Duration::from_millis(settings.timeout_ms))
            .pool_max_idle_per_host(FLYING_MAX)
            .user_agent("Switchboard/1")
            .build()?;
        let pace = settings.pace.map(|limit| Mutex::new(Pace::new(limit)));
        Ok(Self { settings, client, clock, dispatches, opt_outs, pace })
    }

    async fn go(&self, letter: &Letter) -> Result<Accepted, Failure> {
        let sms = self.sms(letter)?;
        self.turn().await?;
        self.permit(letter, &sms.to)?;
        let request = self.settings.provider.request(&sms);
        let request = request.map_err(|why| Failure::new(FailureClass::Permanent, None, &why.to_string()))?;
        let answered = self.ask(posted(&self.client, &request)).await?;
        match self.settings.provider.response(&answered.answer()) {
            Ok(accepted) => Ok(Accepted { id: accepted.id }),
            Err(failure) => {
                if failure.class == FailureClass::OptedOut {
                    self.note_unwanted(letter, &sms.to).await;
                }
                Err(answered.judged(failure))
            }
        }
    }

    /// What is to go.
    fn sms(&self, letter: &Letter) -> Result<OutgoingSms, Failure> {
        let body = match &letter.part {
            Part::Text(text) | Part::Choices { text, .. } => text.clone(),
            // The table lets files go as links in the words.
            Part::File { caption, .. } => caption.clone().unwrap_or_default(),
        };
        let numbers = letter.names.iter().filter_map(|name| name.name.strip_prefix("phone:"));
        let to = numbers.filter_map(|number| Phone::parse("to", number).ok()).next();
        let no_number = || Failure::new(FailureClass::Permanent, None, "the customer has no number");
        let settings = &self.settings;
        let by = settings.provider.name();
        let callback = format!(
            "{}{CALLBACKS}/{by}/status?{}{REFERENCE_FIELD}={}",
            settings.public_url, settings.callback_query, letter.reference
        );
        let our_id = letter.reference.clone();
        Ok(OutgoingSms { to: to.ok_or_else(no_number)?, body, media: Vec::new(), our_id, callback: Some(callback) })
    }

    /// Refuses what its customer does not want. The last thing before it goes: a word that was obeyed meanwhile counts.
    fn permit(&self, letter: &Letter, to: &Phone) -> Result<(), Failure> {
        // They asked, and are answered once.
        if letter.message.author == Author::Notice(Notice::Subscription) {
            return Ok(());
        }
        match self.opt_outs.is_out(&letter.account.organization, to) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Failure::new(FailureClass::OptedOut, None, "")),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// The provider knows of somebody who left that we did not.
    async fn note_unwanted(&self, letter: &Letter, to: &Phone) {
        let organization = &letter.account.organization;
        if let Err(why) = self.opt_outs.obey(organization, to, Keyword::Stop, &letter.reference).await {
            // The provider refuses the next message too.
            tracing::warn!(%why, "that a customer wants no messages is not kept");
        }
    }

    /// Waits until the provider takes another message.
    async fn turn(&self) -> Result<(), Failure> {
        let Some(pace) = &self.pace else { return Ok(()) };
        let mut waited_ms = 0;
        loop {
            let now = self.clock.now();
            let taken = pace.lock().unwrap_or_else(PoisonError::into_inner).take(now);
            let Err(ready) = taken else { return Ok(()) };
            let wait_ms = ready.since_ms(now).max(1);
            waited_ms += wait_ms;
            if waited_ms > TURN_WAIT_MAX_MS {
                let failure = Failure::new(FailureClass::SlowDown(Scope::Number), None, "");
                return Err(failure.retry_after(Some(wait_ms.div_ceil(1_000))));
            }
            sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answered, Failure> {
        let answer = request.send().await.map_err(|error| unanswered(&error))?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (body, is_whole) = read(answer).await;
        Ok(Answered { status, retry_after, body, is_whole, at: self.clock.now() })
    }

    async fn look_for(&self, letter: &Letter) -> Found {
        let Ok(sms) = self.sms(letter) else { return Found::Unknown };
        let Some(request) = self.settings.provider.lookup(&sms) else { return Found::Unknown };
        let asked = self.client.get(format!("{}?{}", request.url, encoded(&request)));
        let asked = asked.basic_auth(&request.user, Some(request.password.expose_secret()));
        let Ok(answered) = self.ask(asked).await else { return Found::Unknown };
        let since = letter.message.at;
        let Some(ids) = self.settings.provider.looked_up(&answered.answer(), &sms, since) else {
            return Found::Unknown;
        };
        // The same words may have gone before, as another message.
        let is_another = |id: &String| self.dispatches.is_known(&letter.account.organization, Channel::Sms, id);
        for id in ids {
            match is_another(&id) {
                Ok(true) => {}
                Ok(false) => return Found::Sent(Accepted { id }),
                Err(error) => {
                    tracing::error!(%error, "dispatches do not read");
                    return Found::Unknown;
                }
            }
        }
        // It may be on its way into the list: it is asked again until it is sure to be there.
        Found::Unknown
    }
}

impl Outlet for SmsOutlet {
    fn via(&self) -> Via {
        Via::Sms
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn capability(&self) -> &'static Capability {
        &SMS
    }

    fn listens(&self, organization: &OrganizationId) -> Result<bool, StoreError> {
        Ok(*organization == self.settings.organization)
    }

    fn is_set_up(&self, account: &Account) -> bool {
        *account == self.settings.account()
    }

    fn asked_after_s(&self) -> Option<u64> {
        self.settings.provider.can_be_asked().then_some(ASKED_AFTER_S)
    }

    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Accepted, Failure>> {
        self.go(letter).boxed()
    }

    fn find<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Found> {
        self.look_for(letter).boxed()
    }
}

/// An answer, as far as it was read.
struct Answered {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
    is_whole: bool,
    at: crate::domain::Timestamp,
}

impl Answered {
    fn answer(&self) -> Answer<'_> {
        Answer { status: self.status, retry_after: self.retry_after.as_deref(), body: &self.body, now: self.at }
    }

    /// A gateway that got no answer, or a success that broke off, does not say that nothing went.
    fn judged(&self, failure: Failure) -> Failure {
        let broke_off = !self.is_whole && matches!(self.status, 200..=299);
        if broke_off || matches!(self.status, 502 | 504) {
            return Failure::new(FailureClass::Unclear, None, "no whole answer");
        }
        failure
    }
}

fn posted(client: &Client, request: &ProviderRequest) -> RequestBuilder {
    let asked = client.post(&request.url).basic_auth(&request.user, Some(request.password.expose_secret()));
    asked.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(request))
}

fn encoded(request: &ProviderRequest) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.form).finish()
}

/// What was read up to the limit, and whether that is all.
async fn read(mut answer: Response) -> (Vec<u8>, bool) {
    let mut read = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) => {
                let room = ANSWER_MAX_BYTES - read.len();
                read.extend_from_slice(&piece[..piece.len().min(room)]);
                if piece.len() > room {
                    return (read, false);
                }
            }
            Ok(None) => return (read, true),
            Err(_broke_off) => return (read, false),
        }
    }
}

/// Whatever was connected may have sent.
fn unanswered(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        return Failure::new(FailureClass::Retry, None, "no connection");
    }
    Failure::new(
        FailureClass::Unclear,
        None,
        if error.is_timeout() { "no answer in time" } else { "the connection broke off" },
    )
}

fn unreadable(error: &StoreError) -> Failure {
    tracing::error!(%error, "who wants no messages can not be read");
    Failure::new(FailureClass::Retry, None, "the store does not read")
}

impl std::fmt::Debug for SmsOutlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsOutlet").field("settings", &self.settings).finish_non_exhaustive()
    }
}
