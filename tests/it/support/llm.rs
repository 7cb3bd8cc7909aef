//! A chat completion server on a port that does what a script says: streams, stalls, cuts, refuses, babbles.
//!
//! It writes HTTP/1.1 by hand, because the point is to break it in the middle.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does for one request, in order.
pub(crate) type Script = Vec<Move>;

/// One thing that the server does.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    /// Sends a status line and headers; a body in chunks follows.
    Head(u16, Vec<(&'static str, &'static str)>),
    /// Sends bytes as one chunk.
    Send(Vec<u8>),
    /// Sends bytes one at a time, a millisecond apart.
    Drip(Vec<u8>),
    /// Sends nothing more until it is told to go on.
    Wait(Arc<Notify>),
    /// Sends nothing more until the client goes away.
    Stall,
    /// Breaks the connection here.
    Cut,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: Value,
}

/// The server. It ends with the test's runtime.
pub(crate) struct Llm {
    /// What to configure as the base URL.
    pub base_url: String,
    shared: Arc<Shared>,
}

struct Shared {
    scripts: Mutex<VecDeque<Script>>,
    asked: Mutex<Vec<Asked>>,
    client_left: Notify,
}

impl Llm {
    /// Serves each request with the next script; the last one repeats.
    pub(crate) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            scripts: Mutex::new(scripts.into()),
            asked: Mutex::default(),
            client_left: Notify::new(),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&serving)));
            }
        });
        Self { base_url, shared }
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Waits until a client has left a request that stalled.
    pub(crate) async fn client_left(&self) {
        self.shared.client_left.notified().await;
    }
}

/// A whole answer, in pieces as given.
pub(crate) fn answer(pieces: &[&str]) -> Script {
    let mut script = vec![ok()];
    script.extend(pieces.iter().map(|piece| text(piece)));
    script.extend([finish("stop"), done()]);
    script
}

/// A status with an error body.
pub(crate) fn refusal(status: u16, headers: &[(&'static str, &'static str)], body: Value) -> Script {
    vec![Move::Head(status, headers.to_vec()), Move::Send(body.to_string().into_bytes())]
}

/// The head of a stream.
pub(crate) fn ok() -> Move {
    Move::Head(200, vec![("content-type", "text/event-stream")])
}

/// A piece of text.
pub(crate) fn text(piece: &str) -> Move {
    event(&json!({ "choices": [{ "index": 0, "delta": { "content": piece }, "finish_reason": null }] }))
}

/// A piece of a tool call.
pub(crate) fn tool(name: Option<&str>, arguments: &str) -> Move {
    let function = json!({ "name": name, "arguments": arguments });
    event(&json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [{ "index": 0, "function": function }] } }] }))
}

/// A whole call of a tool, as some of several.
pub(crate) fn call(index: usize, id: &str, name: &str, arguments: &Value) -> Move {
    let function = json!({ "name": name, "arguments": arguments.to_string() });
    let call = json!({ "index": index, "id": id, "type": "function", "function": function });
    event(&json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] }))
}

/// An answer that calls tools.
pub(crate) fn calls(calls: Vec<Move>) -> Script {
    let end = [finish("tool_calls"), done()];
    std::iter::once(ok()).chain(calls).chain(end).collect()
}

/// The model says why it stopped.
pub(crate) fn finish(reason: &str) -> Move {
    event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

/// The end of the stream.
pub(crate) fn done() -> Move {
    Move::Send(b"data: [DONE]\n\n".to_vec())
}

/// Any event.
pub(crate) fn event(data: &Value) -> Move {
    Move::Send(format!("data: {data}\n\n").into_bytes())
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let asked = read_request(&mut socket).await?;
    shared.asked.lock().unwrap().push(asked);
    for step in shared.next_script() {
        match step {
            Move::Head(status, headers) => socket.write_all(head(status, &headers).as_bytes()).await.ok()?,
            Move::Send(bytes) => send_chunk(&mut socket, &bytes).await?,
            Move::Wait(told) => told.notified().await,
            Move::Drip(bytes) => drip(&mut socket, &bytes).await?,
            Move::Stall => {
                let _end = socket.read(&mut [0; 16]).await;
                shared.client_left.notify_one();
                return None;
            }
            Move::Cut => return None,
        }
    }
    socket.write_all(b"0\r\n\r\n").await.ok()
}

async fn drip(socket: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    for byte in bytes {
        tick.tick().await;
        send_chunk(socket, &[*byte]).await?;
    }
    Some(())
}

async fn send_chunk(socket: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    socket.write_all(&chunk).await.ok()
}

fn head(status: u16, headers: &[(&'static str, &'static str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} Scripted\r\n{headers}transfer-encoding: chunked\r\nconnection: close\r\n\r\n")
}

async fn read_request(socket: &mut TcpStream) -> Option<Asked> {
    let mut read = Vec::new();
    loop {
        if socket.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let length: usize = length.trim().parse().ok()?;
        if read.len() >= end + 4 + length {
            let body = serde_json::from_slice(&read[end + 4..end + 4 + length]).unwrap_or_default();
            return Some(Asked { head, body });
        }
    }
}

impl Shared {
    fn next_script(&self) -> Script {
        let mut scripts = self.scripts.lock().unwrap();
        if scripts.len() > 1 { scripts.pop_front().unwrap() } else { scripts.front().cloned().unwrap_or_default() }
    }
}
