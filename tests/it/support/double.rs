//! The least of an HTTP/1.1 server: a double of somebody's on a port, which answers, stalls, breaks off or resets as it is told to.
//!
//! It reads and writes by hand, because the point is to break it. It ends with the test's runtime.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    /// Answers with a status, further header lines and a body.
    Answer(u16, &'static str, String),
    /// Answers nothing until the client goes.
    Stall,
    /// Closes the connection without an answer.
    Cut,
    /// Begins a good answer and closes the connection in its body.
    Half,
    /// Begins a good answer and resets the connection in its body.
    Reset,
    /// Answers 200 and then more than anybody reads.
    Babble,
}

/// A request as it came, whatever was done with it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// Headers in lower case.
    pub headers: HashMap<String, String>,
    /// The bytes of the body.
    pub raw: Vec<u8>,
    /// When it had come.
    pub at: Instant,
}

impl Request {
    /// A field of a form in the body.
    pub(crate) fn field(&self, name: &str) -> String {
        let mut fields = form_urlencoded::parse(&self.raw);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap_or_default()
    }

    /// A header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Addresses at which a double is not reached: by TLS, which it does not speak, and by a name that nobody has.
pub(crate) fn out_of_reach(url: &str) -> [String; 2] {
    [url.replace("http://", "https://"), url.replace("127.0.0.1", "x.invalid")]
}

/// Listens on a port of its own and does with each request what it is told to. Decided is before the next one is read.
pub(crate) async fn listen(does: impl Fn(Request) -> Does + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let does = Arc::new(does);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let does = Arc::clone(&does);
            tokio::spawn(async move { drop(serve(socket, does.as_ref()).await) });
        }
    });
    address
}

async fn serve(socket: TcpStream, does: &(impl Fn(Request) -> Does + Send + Sync)) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    while let Some(request) = read(&mut socket).await? {
        match does(request) {
            Does::Answer(status, headers, body) => {
                let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
                socket.write_all(head.as_bytes()).await?;
            }
            Does::Stall => {
                let mut nothing = [0; 1];
                drop(socket.read(&mut nothing).await);
                return Ok(());
            }
            Does::Cut => return Ok(()),
            Does::Half => return half(&mut socket).await,
            Does::Reset => {
                half(&mut socket).await?;
                socket.flush().await?;
                socket.get_ref().set_zero_linger()?;
                return Ok(());
            }
            Does::Babble => {
                socket.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                while socket.write_all(format!("400\r\n{}\r\n", "x".repeat(1_024)).as_bytes()).await.is_ok() {}
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn half(socket: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    socket.write_all(b"HTTP/1.1 200 Said\r\ncontent-length: 500\r\n\r\n{\"messages\":[{\"sid\":").await
}

async fn read(socket: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if socket.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
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
    Ok(Some(Request { method, path, headers, raw, at: Instant::now() }))
}
