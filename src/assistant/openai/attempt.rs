//! One request to a provider, read to its end within its deadlines.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, timeout_at};

use super::OpenAiConfig;
use super::breaker::Breaker;
use super::fault::Fault;
use super::quirks::Quirks;
use super::request;
use super::stream::{Answering, Lines, Said};
use crate::assistant::cite::Speaking;
use crate::assistant::{Delta, Service, Usage};
use crate::clock::SharedClock;
use crate::outward::Reach;

/// How much of an error's body is read.
const ERROR_BODY_MAX_BYTES: usize = 16 * 1024;

/// How long the book-keeping after a complete answer may keep the customer waiting.
const TRAILER_WAIT: Duration = Duration::from_millis(250);

/// What a character of an answer may take, with the marks that are cut out of it, in bytes.
const BYTES_PER_CHAR: usize = 4;

/// Why no provider can be asked at all. Shown at start.
#[derive(Debug, thiserror::Error)]
pub enum OpenAiError {
    /// The configured address is none.
    #[error("must be an address like https://api.openai.com/v1")]
    BaseUrl,
    /// The HTTP client could not be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

/// What all attempts share.
pub(super) struct Provider {
    /// Limits and address.
    pub config: OpenAiConfig,
    /// What the server does not understand.
    pub quirks: Quirks,
    /// Whether it is left alone for a while.
    pub breaker: Arc<Breaker>,
    url: Url,
    client: Client,
    clock: SharedClock,
}

/// Who hears an answer while it is made.
pub(super) struct Ear<'a> {
    /// What may be shown of it.
    pub speaking: Speaking<'a>,
    /// Where that goes.
    pub out: &'a Sender<Delta>,
    /// Whether any of it went there.
    pub shown: &'a mut bool,
}

/// One attempt under way.
struct Reading<'a, 'b> {
    provider: &'a Provider,
    ear: Option<&'a mut Ear<'b>>,
    lines: Lines,
    answering: Answering,
    first_token_at_latest: Instant,
    /// Since when the answer is whole.
    trailer_at_latest: Option<Instant>,
}

impl Provider {
    /// Prepares the connections.
    ///
    /// # Errors
    /// An address that is none or may not be reached, or certificates of the machine that can not be read.
    pub(super) fn new(config: OpenAiConfig, clock: SharedClock, reach: Option<Reach>) -> Result<Self, OpenAiError> {
        let base = Url::parse(&config.base_url).map_err(|_| OpenAiError::BaseUrl)?;
        if reach.unwrap_or(Reach::Everything).check(&base).is_err() {
            return Err(OpenAiError::BaseUrl);
        }
        let url = format!("{}/chat/completions", base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| OpenAiError::BaseUrl)?;
        let builder =
            reach.map_or_else(|| Client::builder().redirect(reqwest::redirect::Policy::none()), Reach::client);
        let client = builder.connect_timeout(Duration::from_millis(config.connect_timeout_ms)).build()?;
        let open_for = Duration::from_millis(config.breaker_open_ms);
        let breaker = Arc::new(Breaker::new(config.breaker_failures_max, open_for));
        Ok(Self { config, quirks: Quirks::default(), breaker, url, client, clock })
    }

    /// Asks once. Text goes to the ear as it comes; `used` is what it took, also when the attempt fails.
    pub(super) async fn ask(&self, body: &Value, ear: Option<&mut Ear<'_>>, used: &mut Usage) -> Result<Said, Fault> {
        let first_token_at_latest = Instant::now() + Duration::from_millis(self.config.first_token_timeout_ms);
        let response = match timeout_at(first_token_at_latest, self.send(body)).await {
            Ok(response) => response?,
            Err(_) => return Err(Fault::stalled("no response in time")),
        };
        let lines = Lines::new(self.config.line_max_bytes);
        let mut reading = Reading {
            provider: self,
            ear,
            lines,
            answering: Answering::default(),
            first_token_at_latest,
            trailer_at_latest: None,
        };
        // It was read by the server, whatever comes of it.
        used.prompt_tokens = count(request::tokens(&body.to_string()));
        let read = reading.read(response).await;
        reading.count_tokens(used);
        read?;
        reading.answering.finish()
    }

    /// What a request took of which nothing is known yet.
    pub(super) fn unused(&self) -> Usage {
        Usage {
            service: Service::Chat,
            model: self.config.model.clone(),
            prompt_tokens: 0,
            completion_tokens: 0,
            cached_tokens: 0,
            estimated: true,
        }
    }

    async fn send(&self, body: &Value) -> Result<Response, Fault> {
        let mut request = self.client.post(self.url.clone()).json(body);
        if let Some(key) = &self.config.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.send().await.map_err(|_| Fault::cut("no connection"))?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Err(Fault::refused(status, &headers, &start_of(response, ERROR_BODY_MAX_BYTES).await, self.clock.now()))
    }
}

impl Reading<'_, '_> {
    async fn read(&mut self, mut response: Response) -> Result<(), Fault> {
        let mut begun = false;
        while !self.answering.is_done() {
            let read = timeout_at(self.deadline(), response.chunk()).await;
            match read {
                Ok(Ok(Some(bytes))) => {
                    let first = bytes.trim_ascii_start().first().copied().filter(|_| !begun);
                    begun |= first.is_some();
                    // Whatever the server calls it: a stream never begins with an object.
                    if first == Some(b'{') {
                        return self.read_whole(&bytes, response).await;
                    }
                    self.lines.push(&bytes);
                }
                Ok(Ok(None)) => {
                    self.lines.close();
                    return self.take_lines().await;
                }
                // The answer is whole; only the count of tokens is missing.
                Ok(Err(_)) | Err(_) if self.answering.is_complete() => return Ok(()),
                Ok(Err(_)) => return Err(Fault::cut("the connection broke")),
                Err(_) if self.answering.has_begun() => return Err(Fault::stalled("the answer stopped")),
                Err(_) => return Err(Fault::stalled("no first token in time")),
            }
            self.take_lines().await?;
        }
        Ok(())
    }

    /// A server that does not stream sends one object, over as many lines as it likes.
    async fn read_whole(&mut self, first: &[u8], response: Response) -> Result<(), Fault> {
        let max_bytes = self.provider.config.line_max_bytes.saturating_sub(first.len());
        let Ok(rest) = timeout_at(self.first_token_at_latest, start_of(response, max_bytes)).await else {
            return Err(Fault::stalled("no whole answer in time"));
        };
        let space = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
        let whole: Vec<u8> = first.iter().chain(&rest).map(space).collect();
        self.lines.push(whole.trim_ascii());
        self.lines.close();
        self.take_lines().await
    }

    async fn take_lines(&mut self) -> Result<(), Fault> {
        while let Some(line) = self.lines.next_line()? {
            let text = self.answering.take_line(&line)?;
            if let (Some(text), Some(ear)) = (text, self.ear.as_deref_mut()) {
                ear.hear(&text).await;
            }
            self.answering.clip(self.provider.config.answer_max_chars.saturating_mul(BYTES_PER_CHAR));
            if self.answering.is_done() {
                break;
            }
        }
        Ok(())
    }

    /// Whatever still comes once the answer is whole, as comments that keep the connection alive, it is not waited for longer.
    fn deadline(&mut self) -> Instant {
        let config = &self.provider.config;
        if self.answering.is_complete() {
            *self.trailer_at_latest.get_or_insert_with(|| Instant::now() + TRAILER_WAIT)
        } else if self.answering.has_begun() {
            Instant::now() + Duration::from_millis(config.idle_timeout_ms)
        } else {
            self.first_token_at_latest
        }
    }

    fn count_tokens(&self, used: &mut Usage) {
        match self.answering.usage {
            Some(counted) => {
                used.prompt_tokens = counted.prompt_tokens;
                used.completion_tokens = counted.completion_tokens;
                used.cached_tokens = counted.cached_tokens();
                used.estimated = false;
            }
            None => used.completion_tokens = count(self.answering.text_bytes().div_ceil(BYTES_PER_CHAR)),
        }
        metrics::counter!("assistant_prompt_tokens_total").increment(used.prompt_tokens);
        metrics::counter!("assistant_completion_tokens_total").increment(used.completion_tokens);
    }
}

impl Ear<'_> {
    async fn hear(&mut self, text: &str) {
        if let Some(text) = self.speaking.push(text) {
            *self.shown = true;
            // A reader who is gone has dropped this work too.
            let _gone = self.out.send(Delta::Text(text)).await;
        }
    }
}

/// As much of the body as is worth reading; the caller's deadline bounds the wait.
async fn start_of(mut response: Response, max_bytes: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() >= max_bytes {
            body.truncate(max_bytes);
            break;
        }
    }
    body
}

fn count(tokens: usize) -> u64 {
    u64::try_from(tokens).unwrap_or(u64::MAX)
}
