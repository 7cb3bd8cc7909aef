//! The accept loop: hyper with a deadline for headers, bounds on connections, and a drain that ends within its time.
//!
//! A connection beyond a bound is not left waiting in silence: in one of a few spare places it is told no, in its
//! dialect's envelope, and closed. The process's own routes are served there, so that a full server still says that it lives.

use std::convert::Infallible;
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

use super::stall::Unstalled;
use crate::auth::{Connection, Connections, address_key};
use crate::domain::Refusal;

/// How long the loop rests when no socket can be accepted, for example for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// The largest request head, in bytes.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// Connections beyond the bounds that are told so at the same time; further ones are closed without a word.
const SPARE_PLACES: usize = 64;

/// How long such a connection may take for all of it: few places must serve many.
const SPARE_TIMEOUT: Duration = Duration::from_secs(5);

/// Bounds of the server.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// A connection whose request headers are not complete by then is closed.
    pub header_timeout: Duration,
    /// A connection whose peer takes nothing of an answer for this long is closed.
    pub write_timeout: Duration,
    /// Connections that are open at the same time.
    pub connections_max: usize,
    /// Those of one network address; `None` when they are not counted.
    pub connections_per_address: Option<u32>,
    /// How long open requests may take to end after a stop.
    pub drain: Duration,
}

/// The peer's address, as an extension of each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A connection's place among those that may be open; a socket keeps it after its upgrade.
#[derive(Debug, Clone)]
pub struct Place(#[expect(dead_code, reason = "held, not read")] Arc<Held>);

/// What a place takes up.
#[derive(Debug)]
struct Held {
    _permit: OwnedSemaphorePermit,
    _of_address: Option<Connection>,
}

/// Why the requests of a connection are refused, whatever they ask for; an extension of each of them.
#[derive(Debug, Clone)]
pub struct TurnedAway(pub Refusal);

/// Waits until the process stops.
pub async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that nobody can say it any more, which is the same.
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Serves until `stopping` turns true, then lets open requests and sockets end within the drain's time.
pub async fn serve(listener: TcpListener, router: Router, limits: ServerLimits, mut stopping: watch::Receiver<bool>) {
    let places = Places::new(limits);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stopping) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small frames must not wait for each other; a socket that refuses the option still works.
                drop(stream.set_nodelay(true));
                if let Some((place, turned_away)) = places.admit(peer) {
                    let service = DoorService { router: router.clone(), peer, place, turned_away };
                    tokio::spawn(connection(stream, service, limits, stopping.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no connection accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, places.all_free()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// The places that connections take.
#[derive(Debug)]
struct Places {
    regular: Arc<Semaphore>,
    regular_max: u32,
    spare: Arc<Semaphore>,
    by_address: Option<Connections>,
}

impl Places {
    fn new(limits: ServerLimits) -> Self {
        let regular_max = u32::try_from(limits.connections_max).unwrap_or(u32::MAX).min(Semaphore::MAX_PERMITS as u32);
        Self {
            regular: Arc::new(Semaphore::new(regular_max as usize)),
            regular_max,
            spare: Arc::new(Semaphore::new(SPARE_PLACES)),
            by_address: limits.connections_per_address.map(Connections::new),
        }
    }

    /// A place for a connection, or a spare one and why there is no other; `None` when there is not even that.
    fn admit(&self, peer: SocketAddr) -> Option<(Place, Option<TurnedAway>)> {
        let refusal = match self.regular(peer) {
            Ok(place) => return Some((place, None)),
            Err(refusal) => refusal,
        };
        metrics::counter!("switchboard_connections_refused_total").increment(1);
        let permit = Arc::clone(&self.spare).try_acquire_owned().ok()?;
        let place = Place(Arc::new(Held { _permit: permit, _of_address: None }));
        Some((place, Some(TurnedAway(refusal))))
    }

    fn regular(&self, peer: SocketAddr) -> Result<Place, Refusal> {
        let of_address = self.by_address.as_ref().map(|open| open.open(&address_key(peer.ip()))).transpose()?;
        let permit = Arc::clone(&self.regular).try_acquire_owned().map_err(|_| Refusal::Busy)?;
        Ok(Place(Arc::new(Held { _permit: permit, _of_address: of_address })))
    }

    async fn all_free(&self) {
        // An error means that the semaphore was closed, which nobody does.
        drop(self.regular.acquire_many(self.regular_max).await);
    }
}

async fn connection(
    stream: TcpStream,
    service: DoorService,
    limits: ServerLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let turned_away = service.turned_away.is_some();
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(HEAD_MAX_BYTES)
        .keep_alive(!turned_away)
        .serve_connection(TokioIo::new(Unstalled::new(stream, limits.write_timeout)), service)
        .with_upgrades();
    let mut served = Box::pin(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = tokio::time::sleep(SPARE_TIMEOUT), if turned_away => return,
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
    turned_away: Option<TurnedAway>,
}

impl hyper::service::Service<hyper::Request<Incoming>> for DoorService {
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(self.peer));
        request.extensions_mut().insert(self.place.clone());
        if let Some(turned_away) = &self.turned_away {
            request.extensions_mut().insert(turned_away.clone());
        }
        Box::pin(self.router.clone().oneshot(request))
    }
}
