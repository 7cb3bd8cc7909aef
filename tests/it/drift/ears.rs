//! A client of every dialect in every part that one can have there; each writes down what it hears.

use serde_json::{Map, Value, json};

use super::plain;
use super::script::{LAST_WORDS, Stage};
use crate::support::socketio::SocketIo;
use crate::support::ws::Client;

/// Who listens.
pub(super) struct Ears {
    sockets: Vec<(&'static str, Client)>,
    rooms: Vec<(&'static str, SocketIo)>,
}

impl Ears {
    pub(super) async fn open(stage: &Stage) -> Self {
        let (customer, agent) = (&stage.customer_token, &stage.agent_token);
        let platform = |token: &str, rest: &str| {
            stage.app.ws_url(&format!("/ws?userId=ann&sessionId={}&token={token}{rest}", stage.key.session))
        };
        let care = |token: &str, rest: &str| {
            stage.app.ws_url(&format!("/ws/conversations/{}?token={token}{rest}", stage.key.session))
        };
        let sockets = vec![
            ("platform: customer", Client::connect(platform(customer, "")).await),
            ("platform: customer who follows", Client::connect(platform(customer, "&after=0")).await),
            ("platform: staff", Client::connect(platform(agent, "")).await),
            ("care: user", Client::connect(care(customer, "")).await),
            ("care: user who follows", Client::connect(care(customer, "&after=0")).await),
            ("care: staff", Client::connect(care(agent, "")).await),
        ];
        let mut rooms = Vec::new();
        for (who, token) in [("rooms: customer", customer), ("rooms: staff", agent)] {
            let mut client = SocketIo::connect(stage.app.address(), token).await;
            client.join(stage.key.session.as_str()).await;
            rooms.push((who, client));
        }
        Self { sockets, rooms }
    }

    /// What each of them heard, up to the last words.
    pub(super) async fn heard(self) -> Value {
        let mut heard = Map::new();
        for (who, mut client) in self.sockets {
            heard.insert(who.to_owned(), until_last(async || client.next().await).await);
        }
        for (who, mut client) in self.rooms {
            heard.insert(who.to_owned(), until_last(async || client.any_event().await).await);
        }
        Value::Object(heard)
    }
}

async fn until_last(mut next: impl AsyncFnMut() -> Value) -> Value {
    let mut frames = Vec::new();
    loop {
        let frame = next().await;
        let is_last = frame.to_string().contains(LAST_WORDS);
        frames.push(plain(frame));
        if is_last {
            return json!(frames);
        }
    }
}
