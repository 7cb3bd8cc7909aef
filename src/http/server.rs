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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
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

/// A connection's place among those that may be open; a socket keeps it after its upgrade.
#[derive(Debug, Clone)]
pub struct Place(#[expect(dead_code, reason = "held, not read")] Arc<OwnedSemaphorePermit>);

/// Waits until the process stops.
pub async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that nobody can say it any more, which is the same.
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Serves until `stopping` turns true, then lets open requests and sockets end within the drain's time.
pub async fn serve(listener: TcpListener, router: Router, limits: ServerLimits, mut stopping: watch::Receiver<bool>) {
    let all = u32::try_from(limits.connections_max).unwrap_or(u32::MAX).min(Semaphore::MAX_PERMITS as u32);
    let places = Arc::new(Semaphore::new(all as usize));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stopped(&mut stopping) => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let service = DoorService { router: router.clone(), peer, place };
                tokio::spawn(connection(stream, service, limits, stopping.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "no connection accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, places.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// The next connection, once there is a place for it. Without one nothing is accepted: peers wait in the listener's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, SocketAddr, Place)> {
    let permit = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Small frames must not wait for each other; a socket that refuses the option still works.
    drop(stream.set_nodelay(true));
    Ok((stream, peer, Place(Arc::new(permit))))
}

async fn connection(
    stream: TcpStream,
    service: DoorService,
    limits: ServerLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = Box::pin(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stopped(&mut stopping) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// The router, with the peer's address put into each request.
#[derive(Debug, Clone)]
struct DoorService {
    router: Router,
    peer: SocketAddr,
    place: Place,
}

impl hyper::service::Service<hyper::Request<Incoming>> for DoorService {
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(self.peer));
        request.extensions_mut().insert(self.place.clone());
        Box::pin(self.router.clone().oneshot(request))
    }
}
