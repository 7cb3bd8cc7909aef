//! An embedder behind any server that speaks OpenAI's `/embeddings`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{EmbedError, Embedder, Scale};

/// Texts of one call.
const TEXTS_PER_CALL: usize = 64;

/// What is sent of one text, in characters; servers refuse more than some thousand tokens.
const TEXT_MAX_CHARS: usize = 16_000;

/// What a server that takes no more of a text gets of it at least, in characters; one that refuses that refuses something else.
const TEXT_MIN_CHARS: usize = 500;

/// The largest response that is read: that many vectors as text, with room.
const RESPONSE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Calls after the first.
const RETRIES_MAX: u32 = 4;

/// The first wait before a call is made again; it doubles.
const RETRY_BASE: Duration = Duration::from_millis(500);

/// How long a question waits for its vector, with all retries; without one it is searched by its words.
const QUESTION_WAIT: Duration = Duration::from_secs(3);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Models that take the number of dimensions as a wish. Others refuse it.
const SHORTENABLE: &str = "text-embedding-3";

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    /// Where `/embeddings` hangs, with the version: `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key; local servers need none.
    pub api_key: Option<SecretString>,
    /// The model's name as the server knows it.
    pub model: String,
    /// The numbers of a vector. What the server gives otherwise is refused.
    pub dimensions: usize,
    /// How long one call with many texts may take, with all retries.
    pub timeout: Duration,
}

/// See the module.
#[derive(Debug)]
pub struct OpenAi {
    settings: OpenAiSettings,
    url: Url,
    client: Client,
    /// Whether the last call brought nothing.
    has_failed: AtomicBool,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

#[derive(Deserialize, Default)]
struct Usage {
    #[serde(default)]
    total_tokens: u64,
}

/// A call that brought nothing, and whether another may.
struct Failed {
    why: String,
    retry: bool,
    after: Option<Duration>,
    /// Whether less of the texts might be taken.
    is_too_much: bool,
}

impl OpenAi {
    /// Prepares the connections.
    ///
    /// # Errors
    /// An address that is none, or certificates of the machine that can not be read.
    pub fn new(settings: OpenAiSettings) -> Result<Self, EmbedError> {
        let wrong = || EmbedError("openai_base_url must be an address like https://api.openai.com/v1".to_owned());
        let base = Url::parse(&settings.base_url).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong());
        }
        let url = Url::parse(&format!("{}/embeddings", base.as_str().trim_end_matches('/'))).map_err(|_| wrong())?;
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|why| EmbedError(why.to_string()))?;
        Ok(Self { settings, url, client, has_failed: AtomicBool::new(false) })
    }

    /// Vectors of some texts, none of them blank.
    async fn call_until(&self, texts: &[String], deadline: Instant) -> Result<Vec<Vec<f32>>, Failed> {
        let mut attempt = 0;
        loop {
            let failed = match timeout_at(deadline, self.call(texts)).await {
                Ok(Ok(vectors)) => return Ok(vectors),
                Ok(Err(failed)) => failed,
                Err(_) => return Err(Failed::for_good("no answer in time")),
            };
            let wait = failed.after.unwrap_or(RETRY_BASE * 2_u32.pow(attempt));
            let again = Instant::now() + wait;
            if !failed.retry || attempt == RETRIES_MAX || again >= deadline {
                return Err(failed);
            }
            sleep_until(again).await;
            attempt += 1;
        }
    }

    /// Vectors of some texts: of fewer at a time, and then of the first part of one, where the server takes no more. A text
    /// that no server takes whole must not keep all others out of the index.
    async fn fitting(&self, texts: Vec<String>, deadline: Instant) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut made = Vec::with_capacity(texts.len());
        let mut waiting = vec![texts];
        while let Some(mut texts) = waiting.pop() {
            let failed = match self.call_until(&texts, deadline).await {
                Ok(vectors) => {
                    made.extend(vectors);
                    continue;
                }
                Err(failed) => failed,
            };
            match texts.as_mut_slice() {
                _ if !failed.is_too_much => return Err(EmbedError(failed.why)),
                [text] if text.chars().nth(TEXT_MIN_CHARS).is_some() => {
                    *text = text.chars().take(text.chars().count() / 2).collect();
                    waiting.push(texts);
                }
                [] | [_] => return Err(EmbedError(failed.why)),
                _ => {
                    let behind = texts.split_off(texts.len() / 2);
                    waiting.extend([behind, texts]);
                }
            }
        }
        Ok(made)
    }

    async fn call(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Failed> {
        let mut body = json!({ "model": self.settings.model, "input": texts, "encoding_format": "float" });
        if self.settings.model.starts_with(SHORTENABLE) {
            body["dimensions"] = self.settings.dimensions.into();
        }
        let mut request = self.client.post(self.url.clone()).json(&body);
        if let Some(key) = &self.settings.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.send().await.map_err(|_| Failed::again("no connection"))?;
        if response.status() != StatusCode::OK {
            return Err(Failed::refused(response.status(), response.headers()));
        }
        let body = read(response).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Failed::for_good("the answer does not read"))?;
        self.in_order(answer, texts.len())
    }

    /// The vectors in the order of the texts.
    fn in_order(&self, answer: Answer, wanted: usize) -> Result<Vec<Vec<f32>>, Failed> {
        metrics::counter!("knowledge_embedding_tokens_total").increment(answer.usage.total_tokens);
        let mut found = vec![Vec::new(); wanted];
        for item in answer.data {
            if item.embedding.len() != self.settings.dimensions {
                let (given, dimensions) = (item.embedding.len(), self.settings.dimensions);
                return Err(Failed::for_good(format!(
                    "a vector has {given} dimensions, knowledge.dimensions is {dimensions}"
                )));
            }
            *found.get_mut(item.index).ok_or_else(|| Failed::for_good("there is a vector too many"))? = item.embedding;
        }
        if found.iter().any(Vec::is_empty) {
            return Err(Failed::for_good("a vector is missing"));
        }
        Ok(found)
    }

    async fn embed_all(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let wait = if texts.len() == 1 { self.settings.timeout.min(QUESTION_WAIT) } else { self.settings.timeout };
        let mut vectors = Vec::with_capacity(texts.len());
        for some in texts.chunks(TEXTS_PER_CALL) {
            // Servers refuse blank texts; they are like nothing.
            let asked: Vec<String> = some.iter().filter(|text| !is_blank(text)).map(|text| clipped(text)).collect();
            let made = if asked.is_empty() { Vec::new() } else { self.fitting(asked, Instant::now() + wait).await? };
            let mut made = made.into_iter();
            let nothing = || vec![0.0; self.settings.dimensions];
            for text in some {
                vectors.push(if is_blank(text) { nothing() } else { made.next().unwrap_or_else(nothing) });
            }
        }
        Ok(vectors)
    }
}

impl Embedder for OpenAi {
    fn id(&self) -> String {
        format!("openai-{}-{}", self.settings.model, self.settings.dimensions)
    }

    fn dimensions(&self) -> usize {
        self.settings.dimensions
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            let made = self.embed_all(texts).await;
            self.has_failed.store(made.is_err(), Ordering::Relaxed);
            made
        })
    }

    fn scale(&self) -> Scale {
        Scale { nothing: 0.15, same: 0.65, trust: 0.9 }
    }

    fn is_healthy(&self) -> bool {
        !self.has_failed.load(Ordering::Relaxed)
    }

    fn costs(&self) -> bool {
        true
    }
}

impl Failed {
    fn again(why: impl Into<String>) -> Self {
        Self { why: why.into(), retry: true, after: None, is_too_much: false }
    }

    fn for_good(why: impl Into<String>) -> Self {
        Self { retry: false, ..Self::again(why) }
    }

    fn refused(status: StatusCode, headers: &HeaderMap) -> Self {
        let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
        let after = after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let retry = matches!(status.as_u16(), 408 | 409 | 429 | 500..);
        // Servers say in no common way that a text has too many tokens.
        let is_too_much = matches!(status.as_u16(), 400 | 413 | 422);
        Self { why: format!("status {}", status.as_u16()), retry, after, is_too_much }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|_| Failed::again("the connection broke"))? {
        if body.len() + bytes.len() > RESPONSE_MAX_BYTES {
            return Err(Failed::for_good("the answer is too large"));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn clipped(text: &str) -> String {
    text.chars().take(TEXT_MAX_CHARS).collect()
}
