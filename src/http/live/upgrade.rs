//! Turns an HTTP request into a WebSocket: our own few lines, so that there is one tungstenite, with small buffers.

use std::future::Future;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::LiveLimits;
use crate::http::guard::Fault;
use crate::http::server::Place;
use crate::http::stall::Unstalled;

/// The socket of a connection, with its place among those that may be open.
#[derive(Debug)]
pub struct Socket {
    /// The frames.
    pub stream: WebSocketStream<TcpStream>,
    #[expect(dead_code, reason = "held, not read")]
    place: Option<Place>,
}

/// A TCP connection whose peer has got its handshake answered.
#[derive(Debug)]
pub struct Plain {
    /// The connection.
    pub stream: TcpStream,
    /// What the peer sent right behind its handshake.
    pub read: Vec<u8>,
    /// Its place among those that may be open.
    pub place: Option<Place>,
}

/// The subprotocols that may stand beside a token: `Sec-WebSocket-Protocol: switchboard.v1, bearer.<token>`. The second is
/// the agent protocol's.
pub const SUBPROTOCOLS: [&str; 2] = ["switchboard.v1", "switchboard.agent.v1"];

const BEARER: &str = "bearer.";

/// The token that the offered subprotocols carry. It is never echoed.
pub fn offered_token(request: &Request) -> Option<String> {
    offered(request).find_map(|offer| offer.strip_prefix(BEARER)).map(str::to_owned)
}

/// Whether a request wants to become a socket.
pub fn wants_upgrade(request: &Request) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Answers the handshake and runs the connection once the peer has it.
///
/// # Errors
/// `UpgradeRequired` when the request is no proper handshake.
pub fn accept<F, Run>(request: Request, limits: LiveLimits, run: F) -> Result<Response, Fault>
where
    F: FnOnce(Socket) -> Run + Send + 'static,
    Run: Future<Output = ()> + Send + 'static,
{
    accept_plain(request, async move |plain| {
        let config = Some(limits.websocket());
        let stream = WebSocketStream::from_partially_read(plain.stream, plain.read, Role::Server, config).await;
        // A task of its own: the one of the handshake is larger than an idle connection should be.
        tokio::spawn(run(Socket { stream, place: plain.place }));
    })
}

/// Answers the handshake and hands over the TCP connection, for a library that frames by itself.
///
/// # Errors
/// `UpgradeRequired` when the request is no proper handshake.
pub fn accept_plain<F, Run>(mut request: Request, run: F) -> Result<Response, Fault>
where
    F: FnOnce(Plain) -> Run + Send + 'static,
    Run: Future<Output = ()> + Send + 'static,
{
    let mut response = create_response_with_body(&request, Body::empty).map_err(|_| Fault::UpgradeRequired)?;
    let known = |offer: &str| SUBPROTOCOLS.into_iter().find(|known| *known == offer);
    if let Some(spoken) = offered(&request).find_map(known) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(spoken));
    }
    let upgrade = hyper::upgrade::on(&mut request);
    let place = request.extensions().get::<Place>().cloned();
    drop(request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => {
                if let Some(plain) = plain(upgraded, place) {
                    run(plain).await;
                }
            }
            Err(error) => tracing::debug!(%error, "the peer left during the handshake"),
        }
    });
    Ok(response)
}

/// The plain TCP socket under the upgraded connection, without the layers that an idle connection need not carry.
fn plain(upgraded: Upgraded, place: Option<Place>) -> Option<Plain> {
    let parts = upgraded.downcast::<TokioIo<Unstalled>>().ok()?;
    Some(Plain { stream: parts.io.into_inner().into_inner(), read: parts.read_buf.to_vec(), place })
}

fn offered(request: &Request) -> impl Iterator<Item = &str> {
    let headers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    headers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}
