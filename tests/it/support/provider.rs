//! A provider's server on a port that does what a test wants: answers, stalls, breaks off, resets.
//!
//! It reads and writes HTTP/1.1 by hand, because the point is to break it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::app::PATIENCE;

/// What it does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Answers with a status, further header lines and a body.
    Answer(u16, &'static str, String),
    /// Answers nothing until the client goes.
    Stall,
    /// Closes the connection without an answer.
    Cut,
    /// Begins a good answer and resets the connection in its body.
    Reset,
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
}

impl Request {
    /// A field of a form in the body.
    pub(crate) fn field(&self, name: &str) -> String {
        let mut fields = form_urlencoded::parse(&self.raw);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

/// What decides: told the so many-th request and what came.
type Decides = Arc<dyn Fn(usize, &Request) -> Does + Send + Sync>;

/// The server. It ends with the test's runtime.
pub(crate) struct Provider {
    /// Its address, without a path.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    decides: Mutex<Decides>,
    asked: watch::Sender<Vec<Request>>,
}

impl Provider {
    /// One that does this.
    pub(crate) async fn doing(decides: impl Fn(usize, &Request) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { decides: Mutex::new(Arc::new(decides)), asked: watch::Sender::new(Vec::new()) });
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
    pub(crate) fn does(&self, decides: impl Fn(usize, &Request) -> Does + Send + Sync + 'static) {
        *self.shared.decides.lock().unwrap() = Arc::new(decides);
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until what it was asked is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        let mut asked = self.shared.asked.subscribe();
        let reached = tokio::time::timeout(PATIENCE, asked.wait_for(|asked| is_so(asked))).await;
        match reached {
            Ok(asked) => asked.unwrap().clone(),
            Err(_elapsed) => panic!("only this came: {:?}", self.asked()),
        }
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    while let Some(request) = read(&mut socket).await? {
        let decides = Arc::clone(&shared.decides.lock().unwrap());
        // What it does is decided before anybody sees the request.
        let does = decides(shared.asked.borrow().len(), &request);
        shared.asked.send_modify(|asked| asked.push(request));
        match does {
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
            Does::Reset => {
                socket.write_all(b"HTTP/1.1 201 Said\r\ncontent-length: 400\r\n\r\n{\"sid\":").await?;
                socket.flush().await?;
                socket.get_ref().set_zero_linger()?;
                return Ok(());
            }
        }
    }
    Ok(())
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
    Ok(Some(Request { method, path, headers, raw }))
}
