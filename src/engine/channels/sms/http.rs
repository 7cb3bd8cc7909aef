//! Requests to a provider of SMS: within a time, without redirects, their answers read up to a limit.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use secrecy::ExposeSecret;

use super::SmsSettings;
use crate::channels::answer::Answer;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::sms::ProviderRequest;
use crate::domain::Timestamp;
use crate::domain::outbox::FLYING_MAX;

/// How much of an answer is read, in bytes. A page of two hundred messages has about half a megabyte, and four times as much where each
/// is as long as it may be and every letter is written as its number.
const ANSWER_MAX_BYTES: usize = 4 * 1024 * 1024;

/// How long a connection may take to be made, in milliseconds. What is not connected has not sent anything.
const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// See the module.
pub(super) struct Http {
    pub client: Client,
}

impl Http {
    pub(super) fn new(settings: &SmsSettings) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            // A redirected order to send would be another order.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS))
            .timeout(Duration::from_millis(settings.timeout_ms))
            .pool_max_idle_per_host(FLYING_MAX)
            .user_agent("Switchboard/1")
            .build()?;
        Ok(Self { client })
    }

    pub(super) async fn ask(&self, request: RequestBuilder, at: Timestamp) -> Result<Answered, Failure> {
        let answer = request.send().await.map_err(|error| unanswered(&error))?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (body, is_whole) = read(answer).await;
        Ok(Answered { status, retry_after, body, is_whole, at })
    }
}

/// An answer, as far as it was read.
pub(super) struct Answered {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
    is_whole: bool,
    at: Timestamp,
}

impl Answered {
    pub(super) fn answer(&self) -> Answer<'_> {
        Answer { status: self.status, retry_after: self.retry_after.as_deref(), body: &self.body, now: self.at }
    }

    /// A gateway that got no answer, or a success that broke off, does not say that nothing went.
    pub(super) fn judged(&self, failure: Failure) -> Failure {
        let broke_off = !self.is_whole && matches!(self.status, 200..=299);
        if broke_off || matches!(self.status, 502 | 504) {
            return Failure::new(FailureClass::Unclear, None, "no whole answer");
        }
        failure
    }
}

pub(super) fn posted(client: &Client, request: &ProviderRequest) -> RequestBuilder {
    let asked = client.post(&request.url).basic_auth(&request.user, Some(request.password.expose_secret()));
    asked.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(request))
}

pub(super) fn encoded(request: &ProviderRequest) -> String {
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
