//! Requests to Meta's Cloud API: no redirect, bounded time, bounded answers. Whether a request that has no answer may have been taken is
//! told apart: Meta has no key against doing a thing twice.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Client, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::channels::answer::Answer;
use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::channels::whatsapp::outgoing::UploadForm;
use crate::channels::whatsapp::{MediaId, NumberId};
use crate::domain::Timestamp;
use crate::domain::outbox::FLYING_MAX;
use crate::engine::files::BlobError;
use crate::outward::Reach;

/// How much of an answer is read, in bytes.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// How long a connection may take, in seconds.
const CONNECT_TIMEOUT_S: u64 = 10;

/// How long a file may take.
const FILE_TIMEOUT: Duration = Duration::from_secs(120);

/// The slowest that a file may go up, in bytes per second: what takes longer than at this pace is begun anew.
const UPLOAD_MIN_BYTES_PER_S: u64 = 128 * 1024;

/// Where Meta keeps files: these, and what is below them.
const FILE_HOSTS: [&str; 4] = ["fbsbx.com", "fbcdn.net", "whatsapp.net", "facebook.com"];

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

    /// Asks where a file is that came to a number: `GET /{media}`.
    ///
    /// # Errors
    /// `Retry` or `Unclear` where no answer came.
    pub(super) async fn media(&self, number: &NumberId, media: &MediaId) -> Result<Answered, Failure> {
        let mut url = self.url(&[media.as_str()])?;
        url.query_pairs_mut().append_pair("phone_number_id", number.as_str());
        self.ask(self.client.get(url)).await
    }

    /// Uploads a file of so many bytes: `POST /{number}/media`. It is not held in memory as a whole.
    ///
    /// # Errors
    /// `Retry` or `Unclear` where no answer came, also because the file broke off.
    pub(super) async fn upload(
        &self,
        number: &NumberId,
        form: UploadForm,
        bytes: u64,
        file: impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static,
    ) -> Result<Answered, Failure> {
        let url = self.url(&[number.as_str(), "media"])?;
        let length = bytes + (form.head.len() + form.tail.len()) as u64;
        let around = |text: String| stream::iter([Ok(Bytes::from(text))]);
        let whole = around(form.head).chain(file).chain(around(form.tail));
        let timeout =
            Duration::from_millis(self.settings.timeout_ms) + Duration::from_secs(bytes / UPLOAD_MIN_BYTES_PER_S);
        let request = self.client.post(url).timeout(timeout).header(CONTENT_TYPE, form.content_type);
        self.ask(request.header(CONTENT_LENGTH, length).body(Body::wrap_stream(whole))).await
    }

    /// Gets a file from where Meta says that it is. Our token goes with the request, so it goes to Meta alone. Nothing where the file has more
    /// than `max_bytes`.
    ///
    /// # Errors
    /// `Permanent` for an address that is not Meta's; what the status says; `Retry` where not all of it came.
    pub(super) async fn file(&self, url: &str, max_bytes: u64) -> Result<Option<Bytes>, Failure> {
        let url = Url::parse(url).ok().filter(|url| self.is_metas(url));
        let url = url.ok_or_else(|| Failure::new(FailureClass::Permanent, None, "the file is not at Meta"))?;
        let request = self.client.get(url).timeout(FILE_TIMEOUT);
        let request = request.bearer_auth(self.settings.access_token.expose_secret());
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let status = response.status().as_u16();
        if !response.status().is_success() {
            // The address is good for five minutes only; whether the file is there, the next one tells.
            let class = if status == 429 { FailureClass::SlowDown(Scope::Number) } else { FailureClass::Retry };
            return Err(Failure::new(class, None, &format!("HTTP status {status}")));
        }
        let mut file = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|_| broke_off())? {
            if (file.len() + piece.len()) as u64 > max_bytes {
                return Ok(None);
            }
            file.extend_from_slice(&piece);
        }
        Ok(Some(file.freeze()))
    }

    /// Whether an address is where the API is, or one of Meta's, where files are.
    fn is_metas(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let is_of = |of: &&str| host.strip_suffix(*of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_metas = url.scheme() == "https" && url.port().is_none() && FILE_HOSTS.iter().any(is_of);
        is_plain && (is_metas || url.origin() == self.settings.base_url.origin())
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

fn broke_off() -> Failure {
    Failure::new(FailureClass::Retry, None, "the connection broke off")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_token_goes_to_meta_alone() {
        let base_url = Url::parse("http://127.0.0.1:9999/v25.0").unwrap();
        let graph =
            Graph::new(GraphSettings { base_url, access_token: SecretString::from("t"), timeout_ms: 1 }).unwrap();
        let is_metas = |url: &str| graph.is_metas(&Url::parse(url).unwrap());
        for metas in [
            "https://lookaside.fbsbx.com/x?y=z",
            "https://fbsbx.com/",
            "https://mmg.whatsapp.net/a",
            "http://127.0.0.1:9999/f",
        ] {
            assert!(is_metas(metas), "{metas}");
        }
        for other in [
            "http://lookaside.fbsbx.com/x",
            "https://evilfbsbx.com/",
            "https://fbsbx.com.example.test/",
            "https://fbsbx.com@example.test/",
            "https://u:p@lookaside.fbsbx.com/",
            "https://lookaside.fbsbx.com:8443/",
            "http://127.0.0.1:9998/f",
            "https://127.0.0.1:9999/f",
            "file:///etc/passwd",
        ] {
            assert!(!is_metas(other), "{other}");
        }
    }
}
