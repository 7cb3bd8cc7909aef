//! Each dialect's door, as its own clients use it, and the engine without one.

use serde_json::json;
use switchboard::domain::typing::Typist;
use switchboard::domain::{
    Body, ClientMessageId, CustomerId, Draft, MessageId, PersonName, SessionKey, UserId, Visitor,
};
use switchboard::engine::Sessions;
use uuid::Uuid;

use super::script::Stage;
use crate::support::socketio::SocketIo;
use crate::support::ws::Client;

/// A customer with two devices, and a person of the staff. Whatever they say is durable when the call returns.
pub(super) trait Door {
    async fn customer_types(&mut self, device: usize);
    async fn customer_says(&mut self, device: usize, id: &str, text: &str);
    async fn agent_types(&mut self);
    async fn agent_says(&mut self, id: &str, text: &str);
}

/// No door: the engine is asked.
pub(super) struct Engine {
    sessions: Sessions,
    key: SessionKey,
    customer: CustomerId,
}

impl Engine {
    pub(super) fn new(stage: &Stage) -> Self {
        let (key, customer) = (stage.key.clone(), stage.customer.clone());
        Self { sessions: stage.app.sessions().clone(), key, customer }
    }

    async fn post(&self, visitor: Visitor, id: &str, text: &str) {
        let draft = Draft {
            id: MessageId(Uuid::now_v7()),
            body: Body::parse("text", text).unwrap(),
            client_id: Some(ClientMessageId::parse(id).unwrap()),
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        self.sessions.post(&self.key, visitor, None, draft).await.unwrap();
    }

    fn types(&self, who: Typist) {
        for active in [true, false] {
            self.sessions.typing(&self.key, who, active, None);
        }
    }
}

fn jane() -> Visitor {
    let name = PersonName::parse("name", "Jane Smith").unwrap();
    Visitor::Staff { user: UserId(Uuid::from_u128(7)), name }
}

impl Door for Engine {
    async fn customer_types(&mut self, _: usize) {
        self.types(Typist::Customer);
    }

    async fn customer_says(&mut self, _: usize, id: &str, text: &str) {
        self.post(Visitor::Customer(self.customer.clone()), id, text).await;
    }

    async fn agent_types(&mut self) {
        self.types(Typist::Agent(UserId(Uuid::from_u128(7))));
    }

    async fn agent_says(&mut self, id: &str, text: &str) {
        self.post(jane(), id, text).await;
    }
}

/// `/ws`
pub(super) struct Platform {
    devices: [Client; 2],
    agent: Client,
}

impl Platform {
    pub(super) async fn open(stage: &Stage) -> Self {
        let open = async |token: &str, rest: &str| {
            let path = format!("/ws?userId=ann&sessionId={}&token={token}{rest}", stage.key.session);
            let mut client = Client::connect(stage.app.ws_url(&path)).await;
            assert_eq!(client.next().await["type"], "connection_established");
            client
        };
        let customer = &stage.customer_token;
        Self {
            devices: [open(customer, "&after=0").await, open(customer, "&after=0").await],
            agent: open(&stage.agent_token, "").await,
        }
    }
}

impl Door for Platform {
    async fn customer_types(&mut self, device: usize) {
        for active in [true, false] {
            self.devices[device].send(json!({ "type": "typing", "isTyping": active })).await;
        }
    }

    async fn customer_says(&mut self, device: usize, id: &str, text: &str) {
        let client = &mut self.devices[device];
        client.send(json!({ "type": "text", "text": text, "id": id })).await;
        client.wait_for(|frame| frame["type"] == "ack" && frame["id"] == id).await;
    }

    async fn agent_types(&mut self) {
        for active in [true, false] {
            self.agent.send(json!({ "type": "typing", "isTyping": active })).await;
        }
    }

    async fn agent_says(&mut self, id: &str, text: &str) {
        self.agent.send(json!({ "type": "text", "text": text, "id": id })).await;
        // Staff have no acknowledgement at this door; the customer hears what is durable.
        self.devices[0].wait_for(|frame| frame["type"] == "message" && frame["text"] == text).await;
    }
}

/// `/ws/conversations/{id}`
pub(super) struct Care {
    devices: [Client; 2],
    agent: Client,
}

impl Care {
    pub(super) async fn open(stage: &Stage) -> Self {
        let open = async |token: &str| {
            let path = format!("/ws/conversations/{}?token={token}&after=0", stage.key.session);
            let mut client = Client::connect(stage.app.ws_url(&path)).await;
            assert_eq!(client.next().await["type"], "connected");
            client
        };
        let customer = &stage.customer_token;
        Self { devices: [open(customer).await, open(customer).await], agent: open(&stage.agent_token).await }
    }
}

async fn say_to_care(client: &mut Client, id: &str, text: &str) {
    client.send(json!({ "type": "message", "content": text, "id": id })).await;
    client.wait_for(|frame| frame["type"] == "ack" && frame["id"] == id).await;
}

impl Door for Care {
    async fn customer_types(&mut self, device: usize) {
        for active in [true, false] {
            self.devices[device].send(json!({ "type": "typing", "is_typing": active })).await;
        }
    }

    async fn customer_says(&mut self, device: usize, id: &str, text: &str) {
        say_to_care(&mut self.devices[device], id, text).await;
    }

    async fn agent_types(&mut self) {
        for active in [true, false] {
            self.agent.send(json!({ "type": "typing", "is_typing": active })).await;
        }
    }

    async fn agent_says(&mut self, id: &str, text: &str) {
        say_to_care(&mut self.agent, id, text).await;
    }
}

/// `/socket.io`
pub(super) struct Rooms {
    room: String,
    devices: [SocketIo; 2],
    agent: SocketIo,
}

impl Rooms {
    pub(super) async fn open(stage: &Stage) -> Self {
        let room = stage.key.session.to_string();
        let open = async |token: &str| {
            let mut client = SocketIo::connect(stage.app.address(), token).await;
            client.join(&room).await;
            client
        };
        let customer = &stage.customer_token;
        let devices = [open(customer).await, open(customer).await];
        let agent = open(&stage.agent_token).await;
        Self { room, devices, agent }
    }
}

async fn say_in_room(client: &mut SocketIo, room: &str, id: &str, text: &str) {
    let said = client.call("send_message", json!({ "room": room, "message": text, "id": id })).await;
    assert_eq!(said["ok"], true, "{said}");
}

impl Door for Rooms {
    async fn customer_types(&mut self, device: usize) {
        for active in [true, false] {
            self.devices[device].emit("typing", json!({ "room": self.room, "is_typing": active })).await;
        }
    }

    async fn customer_says(&mut self, device: usize, id: &str, text: &str) {
        say_in_room(&mut self.devices[device], &self.room, id, text).await;
    }

    async fn agent_types(&mut self) {
        for active in [true, false] {
            self.agent.emit("typing", json!({ "room": self.room, "is_typing": active })).await;
        }
    }

    async fn agent_says(&mut self, id: &str, text: &str) {
        say_in_room(&mut self.agent, &self.room, id, text).await;
    }
}
