//! A connection to a mail server: lines and counted bytes, each within a limit and a wait, plain or under TLS.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;

use super::server::{MailServer, Security};
use super::trust::Trust;

/// How long a connection may take to be made, TLS included each time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the other side may be silent while something is waited for, and may take nothing of what it is given.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How much is read at once, in bytes.
const READ_BYTES: usize = 16 * 1024;

/// The longest line where nobody says another limit, in bytes: the answer to a search in a mailbox of a million mails.
const LINE_MAX_BYTES: usize = 8 * 1024 * 1024;

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// See the module.
pub(super) struct Link {
    stream: Box<dyn Duplex>,
    /// What was read and not used yet begins here.
    used: usize,
    buffer: Vec<u8>,
    line_max_bytes: usize,
    host: String,
    trust: Trust,
    /// How many bytes came so far.
    received: u64,
    /// The address of this end, for greetings.
    pub(super) local: String,
}

impl Link {
    /// Connects, with TLS where the server wants it from the start.
    pub(super) async fn connect(server: &MailServer) -> io::Result<Self> {
        let found = within(CONNECT_TIMEOUT, lookup_host((server.host.as_str(), server.port))).await;
        let found: Vec<_> = found.map_err(|why| io::Error::new(io::ErrorKind::NotFound, why))?.collect();
        let stream = within(CONNECT_TIMEOUT, TcpStream::connect(found.as_slice())).await?;
        stream.set_nodelay(true)?;
        let local = stream.local_addr().map_or_else(|_| "127.0.0.1".to_owned(), |address| address.ip().to_string());
        let (host, trust) = (server.host.clone(), server.trust.clone());
        let (line_max_bytes, buffer) = (LINE_MAX_BYTES, Vec::new());
        let link = Self { stream: Box::new(stream), used: 0, buffer, line_max_bytes, host, trust, received: 0, local };
        if server.security == Security::Tls { link.secured().await } else { Ok(link) }
    }

    /// Takes no line that is longer, in bytes.
    pub(super) fn with_lines_of(mut self, max_bytes: usize) -> Self {
        self.line_max_bytes = max_bytes;
        self
    }

    /// Goes on under TLS. What came before that is no part of it, and whoever sent more than they should is not believed.
    pub(super) async fn secured(self) -> io::Result<Self> {
        if self.used < self.buffer.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "plain text behind the answer to STARTTLS"));
        }
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the host has no name for TLS"))?;
        let stream = within(CONNECT_TIMEOUT, self.trust.connector()?.connect(name, self.stream)).await?;
        Ok(Self { stream: Box::new(stream), used: 0, buffer: Vec::new(), ..self })
    }

    /// How many bytes came so far.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    /// A line without its end.
    pub(super) async fn line(&mut self) -> io::Result<Vec<u8>> {
        self.line_within(STALL_TIMEOUT).await
    }

    /// The same, for which is waited so long.
    pub(super) async fn line_within(&mut self, wait: Duration) -> io::Result<Vec<u8>> {
        let mut looked = self.used;
        loop {
            let endless = || io::Error::new(io::ErrorKind::InvalidData, "a line without end");
            if let Some(at) = self.buffer[looked..].iter().position(|byte| *byte == b'\n') {
                let end = looked + at;
                if end - self.used > self.line_max_bytes {
                    return Err(endless());
                }
                let line = self.buffer[self.used..end].strip_suffix(b"\r").unwrap_or(&self.buffer[self.used..end]);
                let line = line.to_vec();
                self.used = end + 1;
                return Ok(line);
            }
            if self.buffer.len() - self.used > self.line_max_bytes {
                return Err(endless());
            }
            let waiting = self.buffer.len() - self.used;
            self.more(wait).await?;
            looked = self.used + waiting;
        }
    }

    /// So many bytes.
    pub(super) async fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() - self.used < count {
            self.more(STALL_TIMEOUT).await?;
        }
        let bytes = self.buffer[self.used..self.used + count].to_vec();
        self.used += count;
        Ok(bytes)
    }

    /// Sends all of it.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(READ_BYTES) {
            within(STALL_TIMEOUT, self.stream.write_all(piece)).await?;
        }
        within(STALL_TIMEOUT, self.stream.flush()).await
    }

    async fn more(&mut self, wait: Duration) -> io::Result<()> {
        if self.used > 0 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        self.buffer.reserve(READ_BYTES);
        match within(wait, self.stream.read_buf(&mut self.buffer)).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.received += count as u64;
                Ok(())
            }
        }
    }
}

async fn within<T>(wait: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(wait, work).await.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()))
}
