//! A receiver of webhooks on a port that does what a test wants: takes, refuses, stalls, breaks off, babbles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::watch;

use crate::support::app::PATIENCE;
use crate::support::double::{self, Request, listen};

/// What it does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    /// Answers 200.
    Take,
    /// Answers with this status, and these headers.
    Status(u16, &'static str),
    /// Answers nothing until the client goes.
    Stall,
    /// Breaks the connection without an answer.
    Cut,
    /// Answers 200 and breaks the connection in the body.
    Half,
    /// Answers 200 and resets the connection in the body.
    Reset,
    /// Answers 200 and then more than anybody reads.
    Babble,
}

/// A request as it came, whatever was done with it.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    /// `webhook-id`.
    pub id: String,
    /// Headers in lower case.
    pub headers: HashMap<String, String>,
    /// The bytes of the body.
    pub raw: Vec<u8>,
    /// The same as JSON.
    pub body: Value,
    /// When it had come.
    pub at: Instant,
}

/// What decides: told the so many-th request and what came.
type Decides = Arc<dyn Fn(usize, &Taken) -> Does + Send + Sync>;

/// The receiver. It ends with the test's runtime.
pub(super) struct Receiver {
    /// Its address.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    decides: Mutex<Decides>,
    asked: Mutex<usize>,
    taken: watch::Sender<Vec<Taken>>,
    refused: watch::Sender<Vec<Taken>>,
}

impl Receiver {
    /// One that takes everything.
    pub(super) async fn start() -> Self {
        Self::doing(|_, _| Does::Take).await
    }

    /// One that does this.
    pub(super) async fn doing(decides: impl Fn(usize, &Taken) -> Does + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            decides: Mutex::new(Arc::new(decides)),
            asked: Mutex::new(0),
            taken: watch::Sender::new(Vec::new()),
            refused: watch::Sender::new(Vec::new()),
        });
        let serving = Arc::clone(&shared);
        let address = listen(move |request| serving.decide(request)).await;
        let url = format!("http://{address}/hook");
        Self { url, shared }
    }

    /// From now on it does this.
    pub(super) fn does(&self, decides: impl Fn(usize, &Taken) -> Does + Send + Sync + 'static) {
        *self.shared.decides.lock().unwrap() = Arc::new(decides);
    }

    /// What it took so far.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.shared.taken.borrow().clone()
    }

    /// What it did not take so far.
    pub(super) fn refused(&self) -> Vec<Taken> {
        self.shared.refused.borrow().clone()
    }

    /// Waits until what it took is so.
    pub(super) async fn until(&self, is_so: impl Fn(&[Taken]) -> bool) -> Vec<Taken> {
        let mut taken = self.shared.taken.subscribe();
        let reached = tokio::time::timeout(3 * PATIENCE, taken.wait_for(|taken| is_so(taken))).await;
        match reached {
            Ok(taken) => taken.unwrap().clone(),
            Err(_elapsed) => panic!("only {} came", self.taken().len()),
        }
    }

    /// Waits until so many different deliveries were taken.
    pub(super) async fn until_different(&self, count: usize) -> Vec<Taken> {
        self.until(|taken| taken.iter().map(|one| &one.id).collect::<std::collections::HashSet<_>>().len() >= count)
            .await
    }

    /// Waits until so many were not taken.
    pub(super) async fn until_refused(&self, count: usize) -> Vec<Taken> {
        let mut refused = self.shared.refused.subscribe();
        let reached = tokio::time::timeout(PATIENCE, refused.wait_for(|refused| refused.len() >= count)).await;
        reached.expect("so many come").unwrap().clone()
    }
}

impl Shared {
    fn decide(&self, request: Request) -> double::Does {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked - 1
        };
        let (id, body) = (request.header("webhook-id").to_owned(), request.json());
        let taken = Taken { id, body, headers: request.headers, raw: request.raw, at: request.at };
        let decides = Arc::clone(&self.decides.lock().unwrap());
        let does = decides(number, &taken);
        let list = if matches!(does, Does::Take | Does::Babble | Does::Half | Does::Reset) {
            &self.taken
        } else {
            &self.refused
        };
        list.send_modify(|list| list.push(taken));
        match does {
            Does::Take => double::Does::Answer(200, "", "ok".to_owned()),
            Does::Status(status, headers) => double::Does::Answer(status, headers, "not now".to_owned()),
            Does::Stall => double::Does::Stall,
            Does::Cut => double::Does::Cut,
            Does::Half => double::Does::Half,
            Does::Reset => double::Does::Reset,
            Does::Babble => double::Does::Babble,
        }
    }
}
