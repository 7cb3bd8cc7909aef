//! Meta as a server on a port: takes what is sent by `WhatsApp` or does what a test wants instead, and brings signed webhooks.
//!
//! It reads and writes HTTP/1.1 by hand, because the point is to break it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use reqwest::Client;
use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::channels::mac;
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::app::PATIENCE;
use super::rest::{Reply, send};

/// The number that customers write to.
pub(crate) const NUMBER: &str = "900000000000001";

/// The token that messages are sent with.
pub(crate) const TOKEN: &str = "meta-token-1";

const SECRET: &str = "app-secret-1";
const WEBHOOK: &str = "/api/channels/whatsapp/webhook";

/// What it does with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    /// Takes it and says so.
    Take,
    /// Takes it and answers nothing until the client goes.
    TakeAndStall,
    /// Takes it and breaks the connection in the middle of the answer.
    TakeAndCut,
    /// Takes it and answers something else.
    TakeAndBabble,
    /// Refuses it with this status, these headers and this code of an error.
    Refuse(u16, &'static str, i64),
    /// Answers with this status and no JSON.
    Status(u16),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `/v25.0/<number>/messages`
    pub path: String,
    /// The bearer token.
    pub token: String,
    /// The body.
    pub body: Value,
    /// What Meta calls the message.
    pub wamid: String,
}

/// What decides: told the so many-th message and what came.
type Decides = Arc<dyn Fn(usize, &Asked) -> Does + Send + Sync>;

/// Meta. It ends with the test's runtime.
pub(crate) struct Meta {
    /// Where its API is.
    pub base: String,
    shared: Arc<Shared>,
}

struct Shared {
    decides: Mutex<Decides>,
    asked: watch::Sender<Vec<Asked>>,
    sent: watch::Sender<Vec<Asked>>,
    reads: watch::Sender<Vec<Asked>>,
}

impl Asked {
    /// The words of a text.
    pub(crate) fn text(&self) -> &str {
        self.body["text"]["body"].as_str().unwrap_or_default()
    }

    /// Our name for it.
    pub(crate) fn ours(&self) -> &str {
        self.body["biz_opaque_callback_data"].as_str().unwrap_or_default()
    }
}

impl Meta {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        Self::doing(|_, _| Does::Take).await
    }

    /// One that does this.
    pub(crate) async fn doing(decides: impl Fn(usize, &Asked) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v25.0", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            decides: Mutex::new(Arc::new(decides)),
            asked: watch::Sender::new(Vec::new()),
            sent: watch::Sender::new(Vec::new()),
            reads: watch::Sender::new(Vec::new()),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move { drop(serve(socket, shared).await) });
            }
        });
        Self { base, shared }
    }

    /// From now on it does this.
    pub(crate) fn does(&self, decides: impl Fn(usize, &Asked) -> Does + Send + Sync + 'static) {
        *self.shared.decides.lock().unwrap() = Arc::new(decides);
    }

    /// What customers got so far, whatever was answered.
    pub(crate) fn sent(&self) -> Vec<Asked> {
        self.shared.sent.borrow().clone()
    }

    /// What was asked so far, whatever became of it.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until customers got so many messages.
    pub(crate) async fn until_sent(&self, count: usize) -> Vec<Asked> {
        until(&self.shared.sent, count).await
    }

    /// Waits until it was asked so often.
    pub(crate) async fn until_asked(&self, count: usize) -> Vec<Asked> {
        until(&self.shared.asked, count).await
    }

    /// Waits until so many messages were marked as read.
    pub(crate) async fn until_read(&self, count: usize) -> Vec<Asked> {
        until(&self.shared.reads, count).await
    }

    /// Settings of an app in this process.
    pub(crate) fn set_up(&self, config: &mut Config) {
        config.whatsapp.verify_token = SecretString::from("verify-me");
        config.whatsapp.app_secret = SecretString::from(SECRET);
        config.whatsapp.access_token = SecretString::from(TOKEN);
        config.whatsapp.phone_number_id = NUMBER.to_owned();
        config.whatsapp.base_url.clone_from(&self.base);
        config.whatsapp.timeout_ms = 2_000;
        config.outbox.pause_min_ms = 1;
        config.outbox.pause_max_ms = 20;
        config.outbox.retry_first_ms = 1;
        config.outbox.unclear_wait_s = 1;
    }

    /// The same as settings of a process.
    pub(crate) fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("WHATSAPP__APP_SECRET", SECRET),
            ("WHATSAPP__ACCESS_TOKEN", TOKEN),
            ("WHATSAPP__PHONE_NUMBER_ID", NUMBER),
            ("WHATSAPP__BASE_URL", &self.base),
            ("WHATSAPP__TIMEOUT_MS", "30000"),
            ("OUTBOX__PAUSE_MIN_MS", "1"),
            ("OUTBOX__PAUSE_MAX_MS", "20"),
            ("OUTBOX__RETRY_FIRST_MS", "1"),
        ]
    }
}

async fn until(list: &watch::Sender<Vec<Asked>>, count: usize) -> Vec<Asked> {
    let mut coming = list.subscribe();
    let reached = tokio::time::timeout(PATIENCE, coming.wait_for(|list| list.len() >= count)).await;
    match reached {
        Ok(reached) => reached.unwrap().clone(),
        Err(_elapsed) => panic!("only {} came", list.borrow().len()),
    }
}

/// Brings a webhook with its signature; `origin` is `http://host:port`.
pub(crate) async fn bring(origin: &str, payload: &Value) -> Reply {
    let body = payload.to_string().into_bytes();
    let signature = format!("sha256={}", mac::sha256_hex(SECRET.as_bytes(), &body).unwrap());
    let request = Client::new().post(format!("{origin}{WEBHOOK}")).header("content-type", "application/json");
    send(request.header("x-hub-signature-256", signature).body(body)).await
}

/// The seconds that it is now, so many ago.
pub(crate) fn seconds_ago(ago: i64) -> String {
    (SystemClock.now().as_ms() / 1_000 - ago).to_string()
}

/// Messages of one customer.
pub(crate) fn messages(phone: &str, name: &str, messages: &Value) -> Value {
    let contacts = json!([{ "profile": { "name": name }, "wa_id": phone }]);
    changed("messages", &json!({ "contacts": contacts, "messages": messages }))
}

/// A text of theirs, written so many seconds ago.
pub(crate) fn text(from: &str, id: &str, ago: i64, body: &str) -> Value {
    json!({ "from": from, "id": id, "timestamp": seconds_ago(ago), "type": "text", "text": { "body": body } })
}

/// A customer writes one text.
pub(crate) async fn write(origin: &str, phone: &str, id: &str, body: &str) {
    let reply = bring(origin, &messages(phone, "Ann", &json!([text(phone, id, 0, body)]))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// News of messages of ours.
pub(crate) fn statuses(statuses: &Value) -> Value {
    changed("messages", &json!({ "statuses": statuses }))
}

/// News of one; without our name where that is empty.
pub(crate) fn status(wamid: &str, ours: &str, word: &str) -> Value {
    let mut status = json!({ "id": wamid, "status": word, "timestamp": seconds_ago(0), "recipient_id": "15550002222" });
    if !ours.is_empty() {
        status["biz_opaque_callback_data"] = ours.into();
    }
    status
}

/// A change of a field, of our number.
pub(crate) fn changed(field: &str, value: &Value) -> Value {
    let mut value = value.clone();
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({ "display_phone_number": "15550001111", "phone_number_id": NUMBER });
    let change = json!({ "field": field, "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "WABA", "changes": [change] }] })
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    while let Some(mut request) = read(&mut socket).await? {
        if request.body["status"] == "read" {
            shared.reads.send_modify(|list| list.push(request));
            answer(&mut socket, 200, "", r#"{"success":true}"#).await?;
            continue;
        }
        let decides = Arc::clone(&shared.decides.lock().unwrap());
        let number = shared.asked.borrow().len();
        request.wamid = format!("wamid.out.{number}");
        let does = decides(number, &request);
        let taken = json!({ "messaging_product": "whatsapp", "messages": [{ "id": request.wamid }] }).to_string();
        shared.asked.send_modify(|list| list.push(request.clone()));
        if matches!(does, Does::Take | Does::TakeAndStall | Does::TakeAndCut | Does::TakeAndBabble) {
            shared.sent.send_modify(|list| list.push(request));
        }
        match does {
            Does::Take => answer(&mut socket, 200, "", &taken).await?,
            Does::TakeAndBabble => answer(&mut socket, 200, "", "<html>Fine").await?,
            Does::TakeAndStall => {
                let mut nothing = [0; 1];
                drop(socket.read(&mut nothing).await);
                return Ok(());
            }
            Does::TakeAndCut => {
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"messages\":[{").await?;
                return Ok(());
            }
            Does::Refuse(status, headers, code) => {
                let error = json!({ "error": { "message": format!("(#{code}) said"), "code": code } });
                answer(&mut socket, status, headers, &error.to_string()).await?;
            }
            Does::Status(status) => answer(&mut socket, status, "", "<html>Sorry").await?,
        }
    }
    Ok(())
}

async fn answer(socket: &mut BufReader<TcpStream>, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\n\r\n{body}");
    socket.write_all(head.as_bytes()).await
}

async fn read(socket: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if socket.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        socket.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut raw = vec![0; length];
    socket.read_exact(&mut raw).await?;
    let body = serde_json::from_slice(&raw).unwrap_or_default();
    let token = headers.get("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    Ok(Some(Asked { path, token: token.to_owned(), body, wamid: String::new() }))
}
