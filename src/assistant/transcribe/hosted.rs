//! A server that speaks OpenAI's `POST /audio/transcriptions`: hosted, or one of the local ones. It shares with the models how
//! failures are read (`openai/fault`) and how a failing server is left alone (`openai/breaker`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use super::words::words;
use super::{Audio, Transcriber, UNAVAILABLE};
use crate::assistant::openai::OpenAiError;
use crate::assistant::openai::breaker::Breaker;
use crate::assistant::openai::fault::{Fault, Kind};
use crate::clock::SharedClock;
use crate::domain::Refusal;

/// The largest answer that is read: hours of speech are far less.
const ANSWER_MAX_BYTES: usize = 1024 * 1024;

/// Attempts after the first.
const RETRIES_MAX: u32 = 2;

/// The first wait between attempts; it doubles.
const RETRY_BASE: Duration = Duration::from_millis(500);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Failed notes in a row until the server is left alone, and for how long.
const BREAKER_FAILURES_MAX: u32 = 5;
const BREAKER_OPEN: Duration = Duration::from_secs(15);

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct HostedConfig {
    /// Where `/audio/transcriptions` hangs, with the version: `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key; local servers need none.
    pub api_key: Option<SecretString>,
    /// The model's name as the server and the price list know it.
    pub model: String,
    /// The language that is spoken where nobody knows it better (BCP 47).
    pub language: Option<String>,
    /// How long one note may take, with all attempts.
    pub timeout: Duration,
}

/// See the module.
#[derive(Clone)]
pub struct HostedTranscriber {
    shared: Arc<Shared>,
}

struct Shared {
    config: HostedConfig,
    url: Url,
    client: Client,
    breaker: Arc<Breaker>,
    clock: SharedClock,
}

/// Why there are no words.
enum Failed {
    /// The server did not do its part.
    Server(Fault),
    /// This note is to blame; another may do.
    Note(Refusal),
}

#[derive(Deserialize)]
struct Answer {
    text: String,
}

impl HostedTranscriber {
    /// Prepares the connections.
    ///
    /// # Errors
    /// An address that is none, or certificates of the machine that can not be read.
    pub fn new(config: HostedConfig, clock: SharedClock) -> Result<Self, OpenAiError> {
        let base = Url::parse(&config.base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or(OpenAiError::BaseUrl)?;
        let url = format!("{}/audio/transcriptions", base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| OpenAiError::BaseUrl)?;
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(reqwest::redirect::Policy::none());
        let breaker = Arc::new(Breaker::new(BREAKER_FAILURES_MAX, BREAKER_OPEN));
        Ok(Self { shared: Arc::new(Shared { config, url, client: client.build()?, breaker, clock }) })
    }
}

impl Transcriber for HostedTranscriber {
    fn transcribe(&self, audio: Audio, language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let shared = Arc::clone(&self.shared);
        async move { shared.transcribe(&audio, language).await }.boxed()
    }

    fn paid_as(&self) -> Option<&str> {
        Some(&self.shared.config.model)
    }
}

impl Shared {
    async fn transcribe(&self, audio: &Audio, language: Option<String>) -> Result<String, Refusal> {
        let permit = self.breaker.admit(Instant::now()).ok_or(UNAVAILABLE)?;
        let language = language.or_else(|| self.config.language.clone());
        let form = Form::new(&self.config.model, language.as_deref(), audio);
        match self.ask(&form).await {
            Ok(text) => {
                permit.succeeded();
                words(&text)
            }
            // The server works; it does not take this.
            Err(Failed::Note(refusal)) => {
                permit.succeeded();
                Err(refusal)
            }
            Err(Failed::Server(fault)) => {
                tracing::warn!(why = %fault.why, billing = fault.kind == Kind::Billing, "a voice note could not be written down");
                permit.failed(Instant::now());
                Err(UNAVAILABLE)
            }
        }
    }

    /// Asks once, and again where that can help.
    async fn ask(&self, form: &Form) -> Result<String, Failed> {
        let at_latest = Instant::now() + self.config.timeout;
        let mut attempt = 0;
        loop {
            let asked = timeout_at(at_latest, self.ask_once(form)).await;
            let fault = match asked.unwrap_or_else(|_elapsed| Err(Fault::stalled("no answer in time").into())) {
                Ok(text) => return Ok(text),
                Err(Failed::Note(refusal)) => return Err(Failed::Note(refusal)),
                Err(Failed::Server(fault)) => fault,
            };
            let wait = fault.wait(attempt, RETRY_BASE, rand::random());
            let in_time = at_latest.checked_duration_since(Instant::now()).is_some_and(|left| wait < left);
            if !fault.retry || attempt >= RETRIES_MAX || !in_time {
                return Err(fault.into());
            }
            sleep(wait).await;
            attempt += 1;
        }
    }

    async fn ask_once(&self, form: &Form) -> Result<String, Failed> {
        let mut request = self.client.post(self.url.clone()).header(CONTENT_TYPE, &form.content_type);
        if let Some(key) = &self.config.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.body(form.body.clone()).send().await.map_err(|_| Fault::cut("no connection"))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        if !status.is_success() {
            let fault = Fault::refused(status, &headers, &body, self.clock.now());
            return Err(of_the_note(status, &body).map_or(Failed::Server(fault), Failed::Note));
        }
        let answer = serde_json::from_slice::<Answer>(&body);
        Ok(answer.map_err(|_| Fault::garbage("the answer does not read"))?.text)
    }
}

/// What is wrong with the note, where that is what a server says. `param` names another field where that is wrong; then the
/// settings are.
fn of_the_note(status: StatusCode, body: &[u8]) -> Option<Refusal> {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Some(Refusal::invalid("audio", "is too long to be written down"));
    }
    let is_refused = matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let param = body.pointer("/error/param").and_then(Value::as_str);
    (is_refused && param.is_none_or(|param| param == "file")).then(|| Refusal::invalid("audio", "can not be heard"))
}

async fn read(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|_| Fault::cut("the connection broke"))? {
        if body.len() + bytes.len() > ANSWER_MAX_BYTES {
            return Err(Fault::garbage("the answer is too large"));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

/// The body of a request, as RFC 7578 writes forms with files. Made once for all attempts.
struct Form {
    content_type: String,
    body: Bytes,
}

impl Form {
    fn new(model: &str, language: Option<&str>, audio: &Audio) -> Self {
        // Random, so no file holds it.
        let boundary = Uuid::new_v4().simple().to_string();
        let mut head = String::new();
        let mut field = |name: &str, value: &str| {
            head.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        };
        field("model", model);
        field("response_format", "json");
        if let Some(language) = language.and_then(primary) {
            field("language", &language);
        }
        let (extension, media_type) = (audio.format().extension(), audio.format().media_type());
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.{extension}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        ));
        let tail = format!("\r\n--{boundary}--\r\n");
        let body = [head.as_bytes(), audio.bytes(), tail.as_bytes()].concat();
        Self { content_type: format!("multipart/form-data; boundary={boundary}"), body: body.into() }
    }
}

/// The language alone, as ISO 639 names it: `de` of `de-CH`. Nothing of what is no tag.
fn primary(tag: &str) -> Option<String> {
    let language = tag.split(['-', '_']).next().unwrap_or_default();
    let is_one = matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_one.then(|| language.to_ascii_lowercase())
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Server(fault)
    }
}

impl std::fmt::Debug for HostedTranscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostedTranscriber").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_names_the_file_by_what_it_is() {
        let audio = Audio::new(Bytes::from_static(b"OggS\r\n--x")).unwrap();
        let form = Form::new("whisper-1", Some("de-CH"), &audio);
        let boundary = form.content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let text = String::from_utf8(form.body.to_vec()).unwrap().replace(boundary, "BOUNDARY");
        assert_eq!(
            text,
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\njson\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nde\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.ogg\"\r\n\
             Content-Type: audio/ogg\r\n\r\nOggS\r\n--x\r\n--BOUNDARY--\r\n"
        );
    }

    #[test]
    fn only_a_language_is_sent_as_one() {
        assert_eq!(primary("pt-BR").as_deref(), Some("pt"));
        for none in ["", "e", "english", "e\r", "12"] {
            assert_eq!(primary(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_note_is_to_blame_only_where_the_server_means_the_file() {
        let blames =
            |status: u16, body: &str| of_the_note(StatusCode::from_u16(status).unwrap(), body.as_bytes()).is_some();
        assert!(blames(413, "") && blames(400, "<html>") && blames(422, "{}"));
        assert!(blames(400, r#"{"error":{"param":"file"}}"#) && blames(400, r#"{"error":{"param":null}}"#));
        assert!(!blames(400, r#"{"error":{"param":"model"}}"#));
        assert!(!blames(401, "") && !blames(404, "") && !blames(429, "") && !blames(500, ""));
    }
}
