//! A WebSocket client as a test wants it: sends JSON, and waits for the frame that it means.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::app::PATIENCE;

/// A connected client.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// Connects, or gives the HTTP status of the refusal.
    pub(crate) async fn try_connect(request: impl IntoClientRequest + Unpin) -> Result<Self, u16> {
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("no handshake: {other}"),
        }
    }

    /// Connects.
    pub(crate) async fn connect(request: impl IntoClientRequest + Unpin) -> Self {
        Self::try_connect(request).await.unwrap_or_else(|status| panic!("refused with {status}"))
    }

    /// Sends a JSON frame.
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    /// Puts a JSON frame behind those that are sent with the next one.
    pub(crate) async fn feed(&mut self, frame: Value) {
        self.socket.feed(Message::text(frame.to_string())).await.expect("the frame is taken");
    }

    /// Sends any frame.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.expect("the frame is sent");
    }

    /// The next text frame, as JSON.
    pub(crate) async fn next(&mut self) -> Value {
        self.try_next().await.unwrap_or_else(|close| panic!("closed: {close:?}"))
    }

    /// The next text frame, or how the server closed.
    pub(crate) async fn try_next(&mut self) -> Result<Value, Option<CloseFrame>> {
        let frame = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                    Some(Ok(Message::Close(frame))) => return Err(frame),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        };
        tokio::time::timeout(PATIENCE, frame).await.expect("a frame comes in time")
    }

    /// The next frame that `wanted` holds for; others are passed over.
    pub(crate) async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await;
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The next frame of a type.
    pub(crate) async fn wait_for_type(&mut self, kind: &str) -> Value {
        self.wait_for(|frame| frame["type"] == kind).await
    }

    /// Leaves without a close, as a lost network does.
    pub(crate) fn vanish(self) {}
}
