//! The connection to the server: the handshake with everything that lets the client in again, and what its failure means.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::conversation::Conversation;

/// How long a handshake may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where the server is, and who comes.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) url: String,
    pub(super) user: String,
    pub(super) token: Option<String>,
}

/// Why there is no connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// It may go well later.
    Later(String),
    /// It will not.
    ForGood(String),
}

impl Door {
    /// Enters the conversation, at the place where it was left.
    pub(super) async fn enter(&self, conversation: &Conversation) -> Result<Socket, Failed> {
        match timeout(CONNECT_TIMEOUT, connect_async(self.address(conversation))).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_elapsed) => Err(Failed::Later("no answer".to_owned())),
        }
    }

    fn address(&self, conversation: &Conversation) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("userId", &self.user).append_pair("after", &conversation.after());
        if let Some(token) = &self.token {
            query.append_pair("token", token);
        }
        if let Some(ticket) = conversation.ticket() {
            query.append_pair("sessionId", &ticket.session);
            if let (Some(secret), None) = (&ticket.secret, &self.token) {
                query.append_pair("resume", secret);
            }
        }
        let joint = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.url, query.finish())
    }
}

fn failed(error: &Error) -> Failed {
    match error {
        Error::Http(response) => match response.status().as_u16() {
            status @ (408 | 429 | 500..) => Failed::Later(format!("the server answers {status}")),
            404 => Failed::ForGood("the server knows no such session of this user".to_owned()),
            401 | 403 => Failed::ForGood("the server does not let this user in".to_owned()),
            status => Failed::ForGood(format!("the server refuses the connection with {status}")),
        },
        Error::Url(why) => Failed::ForGood(format!("--url: {why}")),
        Error::HttpFormat(why) => Failed::ForGood(format!("--url: {why}")),
        other => Failed::Later(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::chat::conversation::Ticket;

    fn door(token: Option<&str>) -> Door {
        Door { url: "ws://h/ws".to_owned(), user: "a&b".to_owned(), token: token.map(str::to_owned) }
    }

    #[test]
    fn the_address_says_who_comes_and_what_they_have() {
        assert_eq!(door(None).address(&Conversation::new(None)), "ws://h/ws?userId=a%26b&after=0");
        let ticket = Ticket { session: "s".to_owned(), secret: Some("x=".to_owned()) };
        let returning = Conversation::new(Some(ticket));
        assert_eq!(door(None).address(&returning), "ws://h/ws?userId=a%26b&after=0&sessionId=s&resume=x%3D");
        assert_eq!(door(Some("t")).address(&returning), "ws://h/ws?userId=a%26b&after=0&token=t&sessionId=s");
    }
}
