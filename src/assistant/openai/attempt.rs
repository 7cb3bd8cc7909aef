//! One request to the provider, read to its end within its deadlines.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, timeout_at};

use super::OpenAiConfig;
use super::fault::Fault;
use super::stream::{Answering, Finished, Lines};
use crate::assistant::Delta;
use crate::clock::SharedClock;

/// How much of an error's body is read.
const ERROR_BODY_MAX_BYTES: usize = 16 * 1024;

/// How long the book-keeping after a complete answer may keep the customer waiting.
const TRAILER_WAIT: Duration = Duration::from_millis(250);

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
    url: Url,
    client: Client,
    clock: SharedClock,
}

/// One attempt under way.
struct Reading<'a> {
    provider: &'a Provider,
    out: &'a Sender<Delta>,
    lines: Lines,
    answering: Answering,
    first_token_at_latest: Instant,
}

impl Provider {
    /// Prepares the connections.
    ///
    /// # Errors
    /// An address that is none, or certificates of the machine that can not be read.
    pub(super) fn new(config: OpenAiConfig, clock: SharedClock) -> Result<Self, OpenAiError> {
        let base = Url::parse(&config.base_url).map_err(|_| OpenAiError::BaseUrl)?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(OpenAiError::BaseUrl);
        }
        let url = format!("{}/chat/completions", base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| OpenAiError::BaseUrl)?;
        let client = Client::builder()
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { config, url, client, clock })
    }

    /// Asks once. Text goes out as it comes; `shown` tells whether any did, also when the attempt fails.
    pub(super) async fn ask(&self, body: &Value, out: &Sender<Delta>, shown: &mut bool) -> Result<Finished, Fault> {
        let first_token_at_latest = Instant::now() + Duration::from_millis(self.config.first_token_timeout_ms);
        let response = match timeout_at(first_token_at_latest, self.send(body)).await {
            Ok(response) => response?,
            Err(_) => return Err(Fault::stalled("no response in time")),
        };
        let lines = Lines::new(self.config.line_max_bytes);
        let mut reading =
            Reading { provider: self, out, lines, answering: Answering::default(), first_token_at_latest };
        reading.read(response, shown).await?;
        reading.count_tokens();
        reading.answering.finish()
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
        Err(Fault::refused(status, &headers, &error_body(response).await, self.clock.now()))
    }
}

impl Reading<'_> {
    async fn read(&mut self, mut response: Response, shown: &mut bool) -> Result<(), Fault> {
        while !self.answering.is_done() {
            let read = timeout_at(self.deadline(), response.chunk()).await;
            match read {
                Ok(Ok(Some(bytes))) => self.lines.push(&bytes),
                Ok(Ok(None)) => {
                    self.lines.close();
                    return self.take_lines(shown).await;
                }
                // The answer is whole; only the count of tokens is missing.
                Ok(Err(_)) | Err(_) if self.answering.is_complete() => return Ok(()),
                Ok(Err(_)) => return Err(Fault::cut("the connection broke")),
                Err(_) if self.answering.has_begun() => return Err(Fault::stalled("the answer stopped")),
                Err(_) => return Err(Fault::stalled("no first token in time")),
            }
            self.take_lines(shown).await?;
        }
        Ok(())
    }

    async fn take_lines(&mut self, shown: &mut bool) -> Result<(), Fault> {
        while let Some(line) = self.lines.next_line()? {
            if let Some(text) = self.answering.take_line(&line)? {
                *shown = true;
                // A reader who is gone has dropped this work too.
                let _gone = self.out.send(Delta::Text(text)).await;
            }
            if self.answering.is_done() || self.answering.clip(self.provider.config.answer_max_chars) {
                break;
            }
        }
        Ok(())
    }

    fn deadline(&self) -> Instant {
        let config = &self.provider.config;
        if self.answering.is_complete() {
            Instant::now() + TRAILER_WAIT
        } else if self.answering.has_begun() {
            Instant::now() + Duration::from_millis(config.idle_timeout_ms)
        } else {
            self.first_token_at_latest
        }
    }

    fn count_tokens(&self) {
        let Some(usage) = self.answering.usage else { return };
        metrics::counter!("assistant_prompt_tokens_total").increment(usage.prompt_tokens);
        metrics::counter!("assistant_completion_tokens_total").increment(usage.completion_tokens);
    }
}

/// As much of the body as is worth reading; the caller's deadline bounds the wait.
async fn error_body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() >= ERROR_BODY_MAX_BYTES {
            body.truncate(ERROR_BODY_MAX_BYTES);
            break;
        }
    }
    body
}
