//! What stands before the library: allowed pages, limits, and a line for every connection.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;
use socketioxide::{ParserConfig, SocketIo, SocketIoBuilder};
use tokio::sync::watch;
use tower::{Service, ServiceExt};

use super::PATH;
use super::admission::Admission;
use super::attendance::Host;
use super::line::{Line, Lines};
use super::stream::Stream;
use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::guard::{Asking, Fault};
use crate::http::live::upgrade::{self, wants_upgrade};
use crate::http::live::{LiveLimits, origin_is_allowed};
use crate::http::query::Query;
use crate::http::server::stopped;

/// Attachments of one event that are read before it is refused; beyond it the connection ends.
const ATTACHMENTS_MAX: usize = 8;

/// The largest answer of the library that is looked into: the packet that opens a connection.
const OPENING_MAX_BYTES: usize = 1024;

/// Errors of the Engine.IO protocol: code and text.
const UNKNOWN_SESSION: (u8, &str) = (1, "Session ID unknown");
const BAD_REQUEST: (u8, &str) = (3, "Bad request");
const FORBIDDEN: (u8, &str) = (4, "Forbidden");
const UNSUPPORTED: (u8, &str) = (5, "Unsupported protocol version");

/// See the module.
#[derive(Debug)]
pub(super) struct Entrance {
    doors: SharedDoors,
    service: Library,
    lines: Arc<Lines>,
}

/// The library's service, over a router without routes: no other path gets here.
#[derive(Clone)]
struct Library(SocketIoService<Router>);

impl Entrance {
    /// Starts the library with the configured limits.
    pub(super) fn new(doors: &SharedDoors) -> Self {
        let (service, io) = limited(doors).build_with_inner_svc(Router::new());
        let admission = Arc::new(Admission::new(doors));
        let host = Host::new(doors);
        // The library's own adapter begins at once; there is nothing to wait for.
        io.ns("/", host.with(move |socket, auth| Arc::clone(&admission).admit(socket, auth)));
        let lines = Arc::new(Lines::new(doors.config.live.socketio_polling_max));
        let drain = LiveLimits::of(&doors.config).drain;
        tokio::spawn(end_with_process(doors.stopping.clone(), Arc::clone(&lines), drain));
        Self { doors: Arc::clone(doors), service: Library(service), lines }
    }

    /// Answers a request of either transport.
    ///
    /// # Errors
    /// The guard renders them.
    pub(super) async fn answer(&self, request: Request) -> Result<Response, Fault> {
        if !origin_is_allowed(request.headers(), &self.doors.config.server.allowed_origins.0) {
            return Ok(refused(StatusCode::FORBIDDEN, FORBIDDEN));
        }
        let query = Query::of(request.uri());
        let sid = query.raw("sid");
        if wants_upgrade(&request) {
            return self.upgrade(request, &query, sid);
        }
        match sid {
            None if *request.method() == Method::GET => {
                let line = self.lines.open_polling()?;
                self.open_polling(head(&request, &query, &line, Body::empty())?, line).await
            }
            None | Some(_) => Ok(self.service.answer(polling(request, &query)?).await),
        }
    }

    /// Becomes a WebSocket: a connection of its own, or one that polled until now.
    fn upgrade(&self, request: Request, query: &Query, sid: Option<&str>) -> Result<Response, Fault> {
        if query.raw("EIO") != Some("4") {
            return Ok(refused(StatusCode::BAD_REQUEST, UNSUPPORTED));
        }
        if query.raw("transport") != Some("websocket") {
            return Ok(refused(StatusCode::BAD_REQUEST, BAD_REQUEST));
        }
        let line = match sid {
            None => Some(self.lines.open()),
            Some(sid) => self.lines.find(sid),
        };
        let Some(line) = line else { return Ok(refused(StatusCode::BAD_REQUEST, UNKNOWN_SESSION)) };
        let (head, mut service) = (head(&request, query, &line, ())?, self.service.clone());
        upgrade::accept_plain(request, async move |plain| {
            let stream = Stream::new(plain, line.end());
            // The library looks at the head again; it has nothing else to say than we had.
            drop(Service::<(Stream, axum::http::Request<()>)>::call(&mut service.0, (stream, head)).await);
        })
    }

    /// Opens a connection that polls. Its name is in the answer, and from then on whoever knows it may go on with it.
    async fn open_polling(&self, head: Request, line: Arc<Line>) -> Result<Response, Fault> {
        let answer = self.service.answer(head).await;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.map_err(|_| Fault::Broken)?.to_bytes();
        if let Some(sid) = opened(&bytes) {
            self.lines.name(&line, &sid);
            tokio::spawn(close_polling(self.service.clone(), line.end(), sid));
        }
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }
}

impl Library {
    async fn answer(&self, request: Request) -> Response {
        match self.0.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

fn limited(doors: &SharedDoors) -> SocketIoBuilder {
    let (live, server) = (&doors.config.live, &doors.config.server);
    // A poll lasts until the next ping at most, and no request may outlast its deadline.
    let ping_every_s = live.ping_every_s.min(server.request_timeout_s.div_ceil(2));
    let parser = ParserConfig::common()
        .max_incoming_binaries(ATTACHMENTS_MAX)
        .max_incoming_binary_buf_size(live.socketio_packet_max_bytes)
        .packet_completion_timeout(Duration::from_secs(live.socketio_connect_timeout_s));
    SocketIo::builder()
        .with_parser(parser)
        .req_path(PATH)
        .ping_interval(Duration::from_secs(ping_every_s))
        .ping_timeout(Duration::from_secs(live.pong_timeout_s))
        .connect_timeout(Duration::from_secs(live.socketio_connect_timeout_s))
        .upgrade_timeout(Duration::from_secs(live.socketio_connect_timeout_s))
        .max_buffer_size(live.socketio_packets_waiting_max)
        .max_payload(live.socketio_packet_max_bytes as u64)
        .ws_read_buffer_size(live.read_buffer_bytes)
        .ws_max_message_size(live.socketio_packet_max_bytes)
        .ws_max_frame_size(live.socketio_packet_max_bytes)
}

/// What the library keeps of the request that opened a connection, for as long as it is open: no more than is needed.
fn head<B>(request: &Request, query: &Query, line: &Arc<Line>, body: B) -> Result<axum::http::Request<B>, Refusal> {
    let mut head = axum::http::Request::new(body);
    *head.uri_mut() = address(query)?;
    head.extensions_mut().insert(Arc::clone(line));
    if let Some(asking) = request.extensions().get::<Asking>() {
        head.extensions_mut().insert(asking.clone());
    }
    Ok(head)
}

/// What the library gets of a request of an open connection. Above all not the means to upgrade it by itself, without a line.
fn polling(request: Request, query: &Query) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let mut plain = Request::new(body);
    *plain.method_mut() = parts.method;
    *plain.uri_mut() = address(query)?;
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        plain.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    Ok(plain)
}

/// The parameters as they were read here, since the library reads them in its own way: `%73id` is no `sid` to it.
fn address(query: &Query) -> Result<Uri, Refusal> {
    let mut text = form_urlencoded::Serializer::for_suffix(format!("{PATH}/?"), PATH.len() + 2);
    for name in ["EIO", "transport", "sid", "token"] {
        text.extend_pairs(query.raw(name).map(|value| (name, value)));
    }
    Uri::try_from(text.finish()).map_err(|_| Refusal::invalid("query", "is too long"))
}

/// The name in the packet that opens a connection.
fn opened(packet: &[u8]) -> Option<String> {
    let open = packet.strip_prefix(b"0").filter(|open| open.len() <= OPENING_MAX_BYTES)?;
    let open: Value = serde_json::from_slice(open).ok()?;
    open.get("sid")?.as_str().map(str::to_owned)
}

/// Closes a connection that still polls once its line is hung up, as the client itself would. For one that is a WebSocket by
/// now, or gone, that is nothing.
async fn close_polling(library: Library, end: tokio_util::sync::CancellationToken, sid: String) {
    end.cancelled().await;
    let uri = Uri::try_from(format!("{PATH}/?EIO=4&transport=polling&sid={sid}"));
    if let Ok(uri) = uri {
        let mut close = Request::new(Body::from("1"));
        *close.method_mut() = Method::POST;
        *close.uri_mut() = uri;
        drop(library.answer(close).await);
    }
}

/// Connections end one by one when the process stops ([`super::attendance`]); those that are left, or never said who they
/// are, end here.
async fn end_with_process(mut stopping: watch::Receiver<bool>, lines: Arc<Lines>, drain: Duration) {
    stopped(&mut stopping).await;
    tokio::time::sleep(drain).await;
    lines.hang_up();
}

/// An error in the words of the Engine.IO protocol.
fn refused(status: StatusCode, (code, message): (u8, &str)) -> Response {
    let json = serde_json::json!({ "code": code, "message": message }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}
