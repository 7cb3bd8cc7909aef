//! Socket.IO by hand, for what the official clients would not send: a client over a WebSocket, and one that polls.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use reqwest::{Client as Http, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::app::PATIENCE;

/// A client over a WebSocket.
pub(crate) struct SocketIo {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Packets that came while another was waited for.
    early: VecDeque<String>,
    last_ack: u64,
}

/// Where a server of this address takes WebSockets in.
pub(crate) fn ws_url(address: impl std::fmt::Display) -> String {
    format!("ws://{address}/socket.io/?EIO=4&transport=websocket")
}

impl SocketIo {
    /// Opens a connection that has not said who it is.
    pub(crate) async fn open(request: impl IntoClientRequest + Unpin) -> Self {
        let (socket, _) = connect_async(request).await.expect("a handshake");
        let mut client = Self { socket, early: VecDeque::new(), last_ack: 0 };
        let open = client.packet().await.expect("an open packet");
        assert!(open.starts_with('0'), "{open}");
        client
    }

    /// Connects with a token, or gives the reason of the refusal.
    pub(crate) async fn try_connect(address: impl std::fmt::Display, token: &str) -> Result<Self, String> {
        let mut client = Self::open(ws_url(address)).await;
        client.send(&format!("40{}", json!({ "token": token }))).await;
        client.admitted().await.map(|()| client)
    }

    /// Connects with a token.
    pub(crate) async fn connect(address: impl std::fmt::Display, token: &str) -> Self {
        Self::try_connect(address, token).await.expect("admission")
    }

    /// Waits for the answer to a connect packet.
    pub(crate) async fn admitted(&mut self) -> Result<(), String> {
        let packet = self.wait_for(|packet| packet.starts_with("40") || packet.starts_with("44")).await;
        match packet.strip_prefix("44") {
            Some(error) => {
                let error: Value = serde_json::from_str(error).expect("JSON");
                Err(error["message"].as_str().expect("a message").to_owned())
            }
            None => Ok(()),
        }
    }

    /// Waits for a packet with this beginning, and gives the rest of it.
    pub(crate) async fn wait_for_packet(&mut self, head: &str) -> String {
        let packet = self.wait_for(|packet| packet.starts_with(head)).await;
        packet[head.len()..].to_owned()
    }

    /// Sends a packet as it is.
    pub(crate) async fn send(&mut self, packet: &str) {
        self.socket.send(Message::text(packet)).await.expect("it is sent");
    }

    /// Sends any frame; whether the server still takes it is not asked.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        drop(self.socket.send(message).await);
    }

    /// Puts a packet behind those that go out with the next one.
    pub(crate) async fn feed(&mut self, packet: &str) {
        self.socket.feed(Message::text(packet)).await.expect("it is taken");
    }

    /// Sends an event and asks for no acknowledgement.
    pub(crate) async fn emit(&mut self, event: &str, payload: Value) {
        self.send(&format!("42{}", json!([event, payload]))).await;
    }

    /// Sends an event and waits for its acknowledgement; events that come meanwhile are kept.
    pub(crate) async fn call(&mut self, event: &str, payload: Value) -> Value {
        let ack = self.begin(event, payload).await;
        self.answer(ack).await
    }

    /// Sends an event, to be acknowledged under the number that is given back.
    pub(crate) async fn begin(&mut self, event: &str, payload: Value) -> u64 {
        self.last_ack += 1;
        self.feed(&format!("42{}{}", self.last_ack, json!([event, payload]))).await;
        self.last_ack
    }

    /// Waits for an acknowledgement.
    pub(crate) async fn answer(&mut self, ack: u64) -> Value {
        self.socket.flush().await.expect("it is sent");
        let head = format!("43{ack}[");
        let packet = self.wait_for(|packet| packet.starts_with(&head)).await;
        let all: Value = serde_json::from_str(&packet[head.len() - 1..]).expect("JSON");
        all[0].clone()
    }

    /// Waits for the next event of a name; others are kept.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        let head = format!("42[\"{name}\",");
        let packet = self.wait_for(|packet| packet.starts_with(&head)).await;
        let all: Value = serde_json::from_str(&packet[2..]).expect("JSON");
        all[1].clone()
    }

    /// The next event of any name, as name and payload.
    pub(crate) async fn any_event(&mut self) -> Value {
        let packet = self.wait_for(|packet| packet.starts_with("42[")).await;
        serde_json::from_str(&packet[2..]).expect("JSON")
    }

    /// The events of a name that have come, up to the one that `last` holds for.
    pub(crate) async fn events_until(&mut self, name: &str, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.event(name).await;
            let ends = last(&event);
            events.push(event);
            if ends {
                return events;
            }
        }
    }

    /// Joins a room, which must be possible.
    pub(crate) async fn join(&mut self, room: &str) -> Value {
        let joined = self.call("join_room", json!({ "room": room, "user": "x", "user_type": "customer" })).await;
        assert_eq!(joined["ok"], true, "{joined}");
        joined
    }

    /// Sends a message and waits until it is durable.
    pub(crate) async fn say(&mut self, room: &str, text: &str) -> Value {
        let sent = self.call("send_message", json!({ "room": room, "message": text, "user_type": "customer" })).await;
        assert_eq!(sent["ok"], true, "{sent}");
        sent
    }

    /// How many events of a name have come and were not asked for. Everything sent before is answered first.
    pub(crate) async fn came(&mut self, name: &str) -> usize {
        self.call("no_such_event", json!({})).await;
        let head = format!("42[\"{name}\",");
        self.early.iter().filter(|packet| packet.starts_with(&head)).count()
    }

    /// Waits until the server has ended the connection.
    pub(crate) async fn wait_for_end(mut self) {
        while self.packet().await.is_some() {}
    }

    /// Leaves without a word, as a lost network does.
    pub(crate) fn vanish(self) {}

    async fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        if let Some(at) = self.early.iter().position(|packet| wanted(packet)) {
            return self.early.remove(at).expect("it is there");
        }
        loop {
            let packet = self.packet().await.expect("the connection stays");
            if wanted(&packet) {
                return packet;
            }
            self.early.push_back(packet);
        }
    }

    /// The next packet that is no ping; pings are answered. None at the end.
    async fn packet(&mut self) -> Option<String> {
        let packet = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) if text == "2" => {
                        drop(self.socket.send(Message::text("3")).await);
                    }
                    Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, packet).await.expect("a packet comes in time")
    }
}

/// A client that polls.
pub(crate) struct Poller {
    url: String,
    packets: VecDeque<String>,
}

impl Poller {
    /// Opens a connection, or gives the status and text of the refusal.
    pub(crate) async fn open(address: impl std::fmt::Display) -> Result<Self, (u16, String)> {
        let url = format!("http://{address}/socket.io/?EIO=4&transport=polling");
        let (status, text) = sent(Http::new().get(&url)).await;
        if status != 200 {
            return Err((status, text));
        }
        let open: Value = serde_json::from_str(text.strip_prefix('0').expect("an open packet")).expect("JSON");
        Ok(Self { url: format!("{url}&sid={}", open["sid"].as_str().expect("a name")), packets: VecDeque::new() })
    }

    /// Connects with a token.
    pub(crate) async fn connect(address: impl std::fmt::Display, token: &str) -> Self {
        let mut poller = Self::open(address).await.expect("an open packet");
        poller.post(&format!("40{}", json!({ "token": token }))).await;
        poller.wait_for("40").await;
        poller
    }

    /// Sends a body; gives status and text.
    pub(crate) async fn post(&self, body: &str) -> (u16, String) {
        sent(Http::new().post(&self.url).header("Content-Type", "text/plain;charset=UTF-8").body(body.to_owned())).await
    }

    /// Polls until a packet with this beginning comes, and gives the rest of it.
    pub(crate) async fn wait_for(&mut self, head: &str) -> String {
        loop {
            while let Some(packet) = self.packets.pop_front() {
                if let Some(rest) = packet.strip_prefix(head) {
                    return rest.to_owned();
                }
                if packet == "2" {
                    self.post("3").await;
                }
            }
            let (status, text) = self.poll().await;
            assert_eq!(status, 200, "{text}");
            self.packets.extend(text.split('\u{1e}').map(str::to_owned));
        }
    }

    /// One poll: status and text.
    pub(crate) async fn poll(&self) -> (u16, String) {
        sent(Http::new().get(&self.url)).await
    }

    /// Polls on until the server has no more of it, or is gone.
    pub(crate) async fn wait_for_end(self) {
        let polled =
            async { while Http::new().get(&self.url).send().await.is_ok_and(|answer| answer.status() == 200) {} };
        tokio::time::timeout(PATIENCE, polled).await.expect("the server ends it");
    }

    /// The address of this connection, its secret name included.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

async fn sent(request: RequestBuilder) -> (u16, String) {
    let answer = tokio::time::timeout(PATIENCE, request.send()).await.expect("it answers in time").expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}
