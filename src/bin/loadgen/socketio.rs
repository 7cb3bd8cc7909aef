//! Socket.IO round trips over WebSocket: emit `send_message`, wait for its acknowledgement. Each connection is alone in a
//! room and hears its own message too, as the servers that are compared all do it. Packets are put together by hand: the
//! client shares its machine with the server that it measures.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::Failure;
use crate::frame::PAYLOAD;
use crate::measured::Measured;
use crate::tally::{Tally, Window};
use crate::wire::{self, Common};

/// Connections that are being opened at one time.
const OPENING_MAX: usize = 16;

/// Socket.IO round trips: emit, wait for the acknowledgement.
#[derive(Debug, Clone, Args)]
pub(crate) struct SocketIo {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Connections.
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// Who makes rooms: a Switchboard server over REST, or nobody (a room is whatever is joined).
    #[arg(long, value_enum, default_value_t = Rooms::Made)]
    rooms: Rooms,
}

/// Where rooms come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rooms {
    /// They are made over REST, by a customer who registers for it.
    Made,
    /// They are there as soon as somebody joins.
    Any,
}

/// A joined connection.
struct Client {
    socket: WebSocketStream<TcpStream>,
    room: String,
}

impl SocketIo {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let (token, rooms) = match self.rooms {
            Rooms::Made => self.make_rooms().await?,
            Rooms::Any => (String::new(), (0..self.connections).map(|index| format!("room-{index}")).collect()),
        };
        let joining = rooms.into_iter().enumerate().map(|(index, room)| self.join(index, room, &token));
        let clients: Vec<Client> = stream::iter(joining).buffered(OPENING_MAX).try_collect().await?;
        let (count, window) = (clients.len(), Window::opens_now(&self.common));
        let tally = Tally::new(window)?;
        let mut connections = JoinSet::new();
        for client in clients {
            let tally = tally.clone();
            connections.spawn(async move { converse(client, window, &tally).await });
        }
        let measured = tally.finish("Socket.IO round trip", &self.common, connections).await?;
        Ok(Measured { connections: count, ..measured })
    }

    /// A customer of their own, and a room for each connection.
    async fn make_rooms(&self) -> Result<(String, Vec<String>), Failure> {
        let client = reqwest::Client::new();
        let (host, _) = wire::host_and_path(&self.common.url)?;
        let name = format!("load-{}", uuid::Uuid::new_v4().simple());
        let account = json!({
            "username": name, "email": format!("{name}@example.com"), "password": "Load-test-1", "user_type": "customer",
        });
        let registered = client.post(format!("http://{host}/api/auth/register")).json(&account).send().await?;
        let token = text(&registered.error_for_status()?.json().await?, "access_token")?;
        let mut rooms = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            let wanted = client.post(format!("http://{host}/api/chat/rooms")).bearer_auth(&token);
            let made = wanted.json(&json!({ "customer_name": "Load" })).send().await?.error_for_status()?;
            rooms.push(text(&made.json().await?, "room_id")?);
        }
        Ok((token, rooms))
    }

    async fn join(&self, index: usize, room: String, token: &str) -> Result<Client, Failure> {
        let mut socket = wire::open_socket(&self.common.url, "?EIO=4&transport=websocket", index).await?;
        expect(&mut socket, "0").await?;
        let auth = if token.is_empty() { String::new() } else { json!({ "token": token }).to_string() };
        socket.send(Message::text(format!("40{auth}"))).await?;
        expect(&mut socket, "40").await?;
        let wanted = json!(["join_room", { "room": room, "user": "load", "user_type": "customer" }]);
        socket.send(Message::text(format!("420{wanted}"))).await?;
        let joined = expect(&mut socket, "430").await?;
        if !joined.contains("\"ok\":true") {
            return Err(format!("the room could not be joined: {joined}").into());
        }
        Ok(Client { socket, room })
    }
}

/// One message in flight until the window is over.
async fn converse(mut client: Client, window: Window, tally: &Tally) -> Result<(), Failure> {
    let room = json!(client.room);
    let mut number = 0_u64;
    while !window.is_over() {
        number += 1;
        let mut packet = String::with_capacity(256);
        // Writing to a string does not fail.
        let _ = write!(
            packet,
            "42{number}[\"send_message\",{{\"room\":{room},\"message\":\"{PAYLOAD}\",\"user_type\":\"customer\",\"id\":\"m{number}\"}}]"
        );
        let acknowledged = format!("43{number}[");
        let sent = Instant::now();
        client.socket.send(Message::text(packet)).await?;
        let answer = expect(&mut client.socket, &acknowledged).await?;
        if !answer.contains("\"ok\":true") {
            return Err(format!("a message was refused: {answer}").into());
        }
        tally.saw(sent);
    }
    Ok(())
}

/// Reads until a packet that starts so; pings of the protocol are answered on the way.
async fn expect(socket: &mut WebSocketStream<TcpStream>, start: &str) -> Result<String, Failure> {
    const PING: &str = "2";
    const REFUSED: &str = "44";
    loop {
        let packet = wire::next_text(socket).await?;
        if packet.starts_with(start) {
            return Ok(packet.as_str().to_owned());
        }
        if packet.as_str() == PING {
            socket.send(Message::text("3")).await?;
        } else if packet.starts_with(REFUSED) {
            return Err(format!("the connection was refused: {packet}").into());
        }
    }
}

fn text(answer: &Value, key: &str) -> Result<String, Failure> {
    let found = answer[key].as_str().ok_or_else(|| format!("the server's answer has no {key}: {answer}"))?;
    Ok(found.to_owned())
}
