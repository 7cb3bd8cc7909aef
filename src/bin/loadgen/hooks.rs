//! What the outbox sends: a receiver that is down while customers write, then up, and how fast it gets everything; also beside
//! receivers that take connections and never answer. What comes twice or out of its order ends the measure.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::machine::Process;
use crate::measured::Measured;
use crate::wire::{Common, Seat, host_and_path};
use crate::{Failure, plan, tally};

/// Customers who write at one time.
const WRITING_MAX: usize = 64;

/// How long everything may take to come once the receiver works.
const DRAIN_MAX: Duration = Duration::from_secs(120);

/// Webhooks: how fast a receiver that was down gets what happened meanwhile.
#[derive(Debug, Clone, Args)]
pub(crate) struct Hooks {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Conversations.
    #[arg(long, default_value_t = 1_000)]
    sessions: usize,
    /// Messages of each.
    #[arg(long, default_value_t = 20)]
    messages: u64,
    /// Receivers beside it that never answer.
    #[arg(long, default_value_t = 0)]
    stuck: usize,
    /// An API key of the server's with all permissions.
    #[arg(long, default_value = plan::API_KEY)]
    api_key: String,
}

/// What a receiver has taken.
struct Taken {
    is_up: AtomicBool,
    /// The last place in each conversation.
    places: Mutex<HashMap<String, u64>>,
    count: watch::Sender<u64>,
    wrong: Mutex<Option<String>>,
}

impl Hooks {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let (taken, url) = receive().await?;
        let silent = TcpListener::bind("127.0.0.1:0").await?;
        let (office, root) = (reqwest::Client::new(), host_and_path(&self.common.url)?.0.to_owned());
        self.set_up(&office, &root, &url).await?;
        for _ in 0..self.stuck {
            self.set_up(&office, &root, &format!("http://{}/", silent.local_addr()?)).await?;
        }
        self.write().await?;
        let all = self.sessions as u64 * self.messages;
        let server = self.common.pid.map(Process::of);
        let before = server.as_ref().map(Process::cpu_us).transpose()?;
        let mut count = taken.count.subscribe();
        taken.is_up.store(true, Ordering::SeqCst);
        // It is probed from time to time while it is down: what counts begins with the first that is taken.
        tokio::time::timeout(DRAIN_MAX, count.wait_for(|count| *count > 0)).await??;
        let begun = Instant::now();
        tokio::time::timeout(DRAIN_MAX, count.wait_for(|count| *count >= all)).await??;
        let took = begun.elapsed();
        if let Some(wrong) = taken.wrong.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(wrong.into());
        }
        let beside = if self.stuck > 0 { ", beside some that never answer" } else { "" };
        let mut measured = Measured::new(&format!("webhooks after an outage{beside}"));
        measured.count = all;
        measured.per_s = all as f64 / took.as_secs_f64();
        measured.take_cpu(before, server.as_ref().map(Process::cpu_us).transpose()?);
        drop(silent);
        Ok(measured)
    }

    async fn set_up(&self, office: &reqwest::Client, root: &str, url: &str) -> Result<(), Failure> {
        let wanted = json!({ "url": url, "events": ["message.received"] });
        let request = office.post(format!("http://{root}/webhooks")).bearer_auth(&self.api_key);
        let answer = request.json(&wanted).send().await?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(format!("no webhook was made: {}", answer.text().await?).into()),
        }
    }

    /// All conversations, each message acknowledged.
    async fn write(&self) -> Result<(), Failure> {
        let clients = self.common.open(vec![Seat::New; self.sessions], "connecting").await?;
        let (peer, bar) = (self.common.peer, tally::bar(self.sessions as u64, "writing"));
        let writing = clients.into_iter().map(|mut client| {
            let bar = bar.clone();
            async move {
                for number in 0..self.messages {
                    client.post(number, peer).await?;
                }
                bar.inc(1);
                Ok::<_, Failure>(())
            }
        });
        stream::iter(writing).buffer_unordered(WRITING_MAX).try_collect::<()>().await?;
        bar.finish_and_clear();
        Ok(())
    }
}

/// A receiver that is down until it is said to be up.
async fn receive() -> Result<(Arc<Taken>, String), Failure> {
    let taken = Arc::new(Taken {
        is_up: AtomicBool::new(false),
        places: Mutex::default(),
        count: watch::channel(0).0,
        wrong: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", post(take)).with_state(Arc::clone(&taken));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((taken, url))
}

async fn take(State(taken): State<Arc<Taken>>, body: Bytes) -> StatusCode {
    if !taken.is_up.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (Some(conversation), Some(seq)) = (body["data"]["conversation_id"].as_str(), body["data"]["seq"].as_u64())
    else {
        return StatusCode::BAD_REQUEST;
    };
    let mut places = taken.places.lock().unwrap_or_else(PoisonError::into_inner);
    let last = places.insert(conversation.to_owned(), seq);
    drop(places);
    if last.is_some_and(|last| last >= seq) {
        let wrong = format!("event {seq} of {conversation} came after event {}", last.unwrap_or_default());
        *taken.wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(wrong);
    }
    taken.count.send_modify(|count| *count += 1);
    StatusCode::OK
}
