//! The accept loop: hyper with a deadline for headers, a bound on connections, and a drain that ends within its time.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// How long the loop rests when no socket can be accepted, for example for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// The largest request head, in bytes.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// Bounds of the server.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// A connection whose request headers are not complete by then is closed.
    pub header_timeout: Duration,
    /// Connections that are open at the same time.
    pub connections_max: usize,
    /// How long open requests may take to end after a stop.
    pub drain: Duration,
}

/// The peer's address, as an extension of each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves until `stopping` turns true, then lets open requests end within the drain's time.
///
/// # Errors
/// When the listener has no address.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "no connection accepted");
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        let served = connection(stream, peer, router.clone(), limits);
        let served = graceful.watch(served);
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

type Served = http1::UpgradeableConnection<TokioIo<TcpStream>, DoorService>;

fn connection(stream: TcpStream, peer: SocketAddr, router: Router, limits: ServerLimits) -> Served {
    // Small frames must not wait for each other; a socket that refuses the option still works.
    drop(stream.set_nodelay(true));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), DoorService { router, peer })
        .with_upgrades()
}

/// The router, with the peer's address put into each request.
#[derive(Debug, Clone)]
struct DoorService {
    router: Router,
    peer: SocketAddr,
}

impl hyper::service::Service<hyper::Request<Incoming>> for DoorService {
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(self.peer));
        Box::pin(self.router.clone().oneshot(request))
    }
}
