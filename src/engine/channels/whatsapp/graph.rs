//! Requests to Meta's Cloud API: no redirect, bounded time, bounded answers. Whether a request that has no answer may have been taken is
//! told apart: Meta has no key against doing a thing twice.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::channels::answer::Answer;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::whatsapp::NumberId;
use crate::domain::Timestamp;
use crate::domain::outbox::FLYING_MAX;
use crate::outward::Reach;

/// How much of an answer is read, in bytes.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// How long a connection may take, in seconds.
const CONNECT_TIMEOUT_S: u64 = 10;

/// Where the API is, and by what right it is asked.
#[derive(Debug, Clone)]
pub struct GraphSettings {
    /// With its version, without a slash at the end.
    pub base_url: Url,
    /// The token of the app or of a system user.
    pub access_token: SecretString,
    /// How long a request may take until its answer is read, in milliseconds.
    pub timeout_ms: u64,
}

/// See the module.
#[derive(Clone)]
pub struct Graph {
    client: Client,
    settings: GraphSettings,
}

/// An answer, as far as it came.
#[derive(Debug)]
pub(super) struct Answered {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

impl Graph {
    /// A client for it. Addresses of private networks are reached too: the operator names where the API is.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn new(settings: GraphSettings) -> Result<Self, reqwest::Error> {
        let client = Reach::Everything.client().user_agent("Switchboard/1").pool_max_idle_per_host(FLYING_MAX);
        let client = client.connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_S));
        Ok(Self { client: client.timeout(Duration::from_millis(settings.timeout_ms)).build()?, settings })
    }

    /// Asks for something of a number's: `POST /{number}/messages`.
    ///
    /// # Errors
    /// `Retry` where nothing was sent, `Unclear` where it may have been.
    pub(super) async fn messages(&self, number: &NumberId, body: &Value) -> Result<Answered, Failure> {
        let url = self.url(&[number.as_str(), "messages"])?;
        self.ask(self.client.post(url).json(body)).await
    }

    /// The address of a path below the API's.
    fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        let mut url = self.settings.base_url.clone();
        let none = || Failure::new(FailureClass::Permanent, None, "the address of the API holds no path");
        url.path_segments_mut().map_err(|()| none())?.pop_if_empty().extend(path);
        Ok(url)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answered, Failure> {
        let request = request.bearer_auth(self.settings.access_token.expose_secret());
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let retry_after = response.headers().get(reqwest::header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        // What breaks off here is read as far as it came: without an id in it, whether it was taken is unclear.
        let body = read(&mut response, ANSWER_MAX_BYTES).await;
        Ok(Answered { status, retry_after, body })
    }
}

impl Answered {
    /// It, as it is judged.
    pub(super) fn as_answer(&self, now: Timestamp) -> Answer<'_> {
        Answer { status: self.status, retry_after: self.retry_after.as_deref(), body: &self.body, now }
    }
}

/// The beginning of a body.
async fn read(response: &mut Response, max_bytes: usize) -> Vec<u8> {
    let mut read = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = max_bytes - read.len();
        read.extend_from_slice(&piece[..piece.len().min(room)]);
        if read.len() >= max_bytes {
            break;
        }
    }
    read
}

/// Without a connection nothing was sent. Whatever else broke may have been taken. The address, and so the token, is not told.
fn no_answer(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        return Failure::new(FailureClass::Retry, None, "no connection");
    }
    let said = if error.is_timeout() { "no answer in time" } else { "the connection broke off" };
    Failure::new(FailureClass::Unclear, None, said)
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph").finish_non_exhaustive()
    }
}
