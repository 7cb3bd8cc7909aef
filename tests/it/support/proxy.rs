//! A proxy in front of a server that cuts connections when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::app::PATIENCE;

/// See the module.
pub(crate) struct Proxy {
    port: u16,
    allowed: Arc<AtomicUsize>,
    growth: Arc<AtomicUsize>,
    ended: watch::Sender<usize>,
    sever: watch::Sender<u64>,
}

impl Proxy {
    /// In front of a port of this machine; it lets everything through.
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (allowed, ended) = (Arc::new(AtomicUsize::new(usize::MAX)), watch::Sender::new(0));
        let sever = watch::Sender::new(0);
        let growth = Arc::new(AtomicUsize::new(0));
        let proxy = Self {
            port,
            growth: Arc::clone(&growth),
            allowed: Arc::clone(&allowed),
            ended: ended.clone(),
            sever: sever.clone(),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (growth, ended, severed) = (growth.load(Ordering::SeqCst), ended.clone(), sever.subscribe());
                let allowed = allowed.fetch_add(growth, Ordering::SeqCst);
                tokio::spawn(async move {
                    carry(client, target, allowed, severed).await;
                    ended.send_modify(|ended| *ended += 1);
                });
            }
        });
        proxy
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Cuts further connections after so many bytes of the server's.
    pub(crate) fn allow(&self, bytes: usize) {
        self.allowed.store(bytes, Ordering::SeqCst);
    }

    /// Cuts the next connection after its first byte, and each further one so many bytes later than the one before it.
    pub(crate) fn allow_growing(&self, bytes: usize) {
        self.allow(1);
        self.growth.store(bytes, Ordering::SeqCst);
    }

    /// Cuts every connection now.
    pub(crate) fn sever(&self) {
        self.sever.send_modify(|times| *times += 1);
    }

    /// How many connections ended, to be followed.
    pub(crate) fn ended(&self) -> watch::Receiver<usize> {
        self.ended.subscribe()
    }

    /// Waits until so many connections ended.
    pub(crate) async fn until_ended(&self, count: usize) {
        let mut ended = self.ended();
        let reached = timeout(PATIENCE, ended.wait_for(|ended| *ended >= count)).await.is_ok();
        assert!(reached, "{} connections ended, not {count}", *self.ended.borrow());
    }
}

async fn carry(mut client: TcpStream, target: u16, allowed: usize, mut severed: watch::Receiver<u64>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let (mut left, mut from_client, mut from_server) = (allowed, [0; 4096], [0; 4096]);
    while left > 0 {
        tokio::select! {
            read = client.read(&mut from_client) => match read {
                Ok(count) if count > 0 => if server.write_all(&from_client[..count]).await.is_err() { return },
                _ => return,
            },
            read = server.read(&mut from_server) => match read {
                Ok(count) if count > 0 => {
                    let count = count.min(left);
                    left -= count;
                    if client.write_all(&from_server[..count]).await.is_err() { return }
                }
                _ => return,
            },
            _ = severed.changed() => return,
        }
    }
}
