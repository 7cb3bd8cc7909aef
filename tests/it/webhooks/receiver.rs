//! A receiver of webhooks on a port that does what a test wants: takes, refuses, stalls, breaks off, babbles.
//!
//! It reads and writes HTTP/1.1 by hand, because the point is to break it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::app::PATIENCE;

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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            decides: Mutex::new(Arc::new(decides)),
            asked: Mutex::new(0),
            taken: watch::Sender::new(Vec::new()),
            refused: watch::Sender::new(Vec::new()),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move { drop(serve(socket, shared).await) });
            }
        });
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

async fn serve(socket: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    while let Some(request) = read(&mut socket).await? {
        let number = {
            let mut asked = shared.asked.lock().unwrap();
            *asked += 1;
            *asked - 1
        };
        let decides = Arc::clone(&shared.decides.lock().unwrap());
        let does = decides(number, &request);
        let list = if matches!(does, Does::Take | Does::Babble) { &shared.taken } else { &shared.refused };
        list.send_modify(|list| list.push(request));
        match does {
            Does::Take => socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?,
            Does::Status(status, headers) => {
                let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: 7\r\n\r\nnot now");
                socket.write_all(head.as_bytes()).await?;
            }
            Does::Stall => {
                let mut nothing = [0; 1];
                drop(socket.read(&mut nothing).await);
                return Ok(());
            }
            Does::Cut => return Ok(()),
            Does::Babble => {
                socket.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                while socket.write_all(format!("400\r\n{}\r\n", "x".repeat(1_024)).as_bytes()).await.is_ok() {}
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn read(socket: &mut BufReader<TcpStream>) -> std::io::Result<Option<Taken>> {
    let mut line = String::new();
    if socket.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut headers = HashMap::new();
    loop {
        line.clear();
        socket.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut raw = vec![0; length];
    socket.read_exact(&mut raw).await?;
    let id = headers.get("webhook-id").cloned().unwrap_or_default();
    let body = serde_json::from_slice(&raw).unwrap_or_default();
    Ok(Some(Taken { id, headers, raw, body }))
}
