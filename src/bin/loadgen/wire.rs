//! One client connection: opened from an address with ports to spare, greeted, with small buffers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, stream};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::frame::{self, Frames, Greeting};
use crate::{Failure, tally};

/// Buffers of a connection, on both sides of the floor.
pub(crate) const BUFFER_BYTES: usize = 4 * 1024;
/// How long the server may take to greet a new connection.
const GREETING_MAX: Duration = Duration::from_secs(20);
/// Connections that are being opened at one time.
const OPENING_MAX: usize = 64;
/// Connections from one source address: fewer than there are ports to leave from.
const PER_ADDRESS_MAX: usize = 8_000;

/// What is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// A Switchboard server: it greets, and acknowledges what is on disk.
    Engine,
    /// An echo server: the echo counts as the acknowledgement.
    Echo,
}

/// What every measure takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Where the server's WebSocket is.
    #[arg(long, default_value = "ws://127.0.0.1:8080/ws")]
    pub(crate) url: String,
    /// What the server is.
    #[arg(long, value_enum, default_value_t = Peer::Engine)]
    pub(crate) peer: Peer,
    /// The server's process, for its processor time and memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
    /// Seconds before that.
    #[arg(long, default_value_t = 1)]
    pub(crate) warmup: u64,
    /// Print the result as one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whom a connection is for.
#[derive(Debug, Clone)]
pub(crate) enum Seat {
    /// A new session of a new anonymous customer.
    New,
    /// One more socket of a session that somebody else opened.
    Join(Greeting),
}

/// An open, greeted connection.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) greeting: Greeting,
    pub(crate) frames: Frames,
}

/// The reading half of a connection.
pub(crate) type Reader = SplitStream<WebSocketStream<TcpStream>>;
/// The writing half of a connection.
pub(crate) type Writer = SplitSink<WebSocketStream<TcpStream>, Message>;

impl Common {
    /// Opens `count` connections, a few at a time, with progress.
    pub(crate) async fn open(&self, seats: Vec<Seat>, what: &str) -> Result<Vec<Client>, Failure> {
        let bar = tally::bar(seats.len() as u64, what);
        let run = uuid::Uuid::new_v4().simple().to_string();
        let opening = seats.into_iter().enumerate().map(|(index, seat)| {
            let (bar, name) = (bar.clone(), format!("{}{index}", &run[..8]));
            async move {
                let client = self.connect(seat, index, &name).await?;
                bar.inc(1);
                Ok::<_, Failure>(client)
            }
        });
        let clients = stream::iter(opening).buffered(OPENING_MAX).try_collect().await;
        bar.finish_and_clear();
        clients
    }

    /// Opens one connection; `name` is unique, `index` chooses the address it leaves from.
    pub(crate) async fn connect(&self, seat: Seat, index: usize, name: &str) -> Result<Client, Failure> {
        let opened = tokio::time::timeout(GREETING_MAX, self.greet(seat, index, name)).await;
        opened.map_err(|_| format!("connection {index}: no greeting within {} s", GREETING_MAX.as_secs()))?
    }

    async fn greet(&self, seat: Seat, index: usize, name: &str) -> Result<Client, Failure> {
        let socket = open_socket(&self.url, &self.query(&seat, name), index).await?;
        let mut client = Client { socket, greeting: Greeting::default(), frames: Frames::new(name) };
        if self.peer == Peer::Engine {
            client.greeting = Greeting::read(&client.next().await?)?;
        }
        Ok(client)
    }

    fn query(&self, seat: &Seat, name: &str) -> String {
        match (self.peer, seat) {
            (Peer::Echo, _) => String::new(),
            (Peer::Engine, Seat::New) => format!("?userId=load-{name}&after=0"),
            (Peer::Engine, Seat::Join(of)) => {
                format!("?userId={}&sessionId={}&resume={}&after=0", of.user_id, of.session_id, of.resume_secret)
            }
        }
    }
}

impl Client {
    /// The next text frame.
    pub(crate) async fn next(&mut self) -> Result<Utf8Bytes, Failure> {
        next_text(&mut self.socket).await
    }

    /// Sends message number `k` and waits for its acknowledgement.
    pub(crate) async fn post(&mut self, k: u64, peer: Peer) -> Result<(), Failure> {
        self.socket.send(self.frames.message(k, frame::PAYLOAD)).await?;
        loop {
            let said = self.next().await?;
            if frame::is_ack(&said, peer) {
                return Ok(());
            }
            frame::refuse_error(&said)?;
        }
    }
}

/// Opens a WebSocket with small buffers; `index` chooses the address it leaves from.
pub(crate) async fn open_socket(url: &str, query: &str, index: usize) -> Result<WebSocketStream<TcpStream>, Failure> {
    let (host, path) = host_and_path(url)?;
    let address = tokio::net::lookup_host(host).await?.next().ok_or("the server's name has no address")?;
    let stream = connect_from(source(address, index), address).await.map_err(|error| explain(&error, index))?;
    let request = format!("ws://{host}{path}{query}");
    Ok(tokio_tungstenite::client_async_with_config(request, stream, Some(config())).await?.0)
}

/// The next text frame of a stream; pings are answered by the library while it reads.
pub(crate) async fn next_text<S>(frames: &mut S) -> Result<Utf8Bytes, Failure>
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        match frames.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Close(why))) => return Err(format!("the server closed the connection: {why:?}").into()),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err("the server ended the connection".into()),
        }
    }
}

/// The buffers that both sides of every measure use.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(BUFFER_BYTES)
}

pub(crate) fn host_and_path(url: &str) -> Result<(&str, &str), Failure> {
    let rest = url.strip_prefix("ws://").ok_or("the url must start with ws://")?;
    Ok(rest.find('/').map_or((rest, "/"), |at| rest.split_at(at)))
}

/// Loopback has many addresses: spreading over them leaves enough ports for any number of connections.
fn source(server: SocketAddr, index: usize) -> Option<SocketAddr> {
    let address = u8::try_from(2 + index / PER_ADDRESS_MAX).ok()?;
    let loopback = server.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST);
    loopback.then(|| SocketAddr::from((Ipv4Addr::new(127, 0, 0, address), 0)))
}

async fn connect_from(source: Option<SocketAddr>, server: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind(source)?;
    }
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    // Closed at once: ports that wait out their time would be missing in the next measure.
    stream.set_zero_linger()?;
    Ok(stream)
}

fn explain(error: &std::io::Error, index: usize) -> Failure {
    const TOO_MANY_FILES: i32 = 24;
    if error.raw_os_error() == Some(TOO_MANY_FILES) {
        return format!("connection {index}: no more open files; raise the limit with `ulimit -n`").into();
    }
    format!("connection {index}: {error}").into()
}
