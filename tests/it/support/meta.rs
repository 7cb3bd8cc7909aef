//! Meta as a server on a port: takes what is sent by `WhatsApp` or does what a test wants instead, and brings signed webhooks.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use reqwest::Client;
use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::channels::mac;
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;
use tokio::sync::watch;

use super::app::PATIENCE;
use super::double::{self, Request, listen};
use super::rest::{Reply, send};

/// The number that customers write to.
pub(crate) const NUMBER: &str = "900000000000001";

/// The token that messages are sent with.
pub(crate) const TOKEN: &str = "meta-token-1";

const SECRET: &str = "app-secret-1";
const WEBHOOK: &str = "/api/channels/whatsapp/webhook";

/// What it does with a message, or with an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    /// Takes it and says so.
    Take,
    /// Takes it and answers nothing until the client goes.
    TakeAndStall,
    /// Takes it and breaks the connection in the middle of the answer.
    TakeAndCut,
    /// Takes it and resets the connection in the middle of the answer.
    TakeAndReset,
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
    /// When it had come.
    pub at: Instant,
}

/// A file as it was uploaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload {
    /// The field `messaging_product`.
    pub product: String,
    /// The field `type`.
    pub kind: String,
    /// The type that the file itself came with.
    pub media_type: String,
    /// The name that it came with.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The bearer token.
    pub token: String,
    /// What Meta calls it.
    pub id: String,
}

/// What decides: told the so many-th message and what came.
type Decides = Arc<dyn Fn(usize, &Asked) -> Does + Send + Sync>;

/// The same for uploads.
type DecidesUploads = Arc<dyn Fn(usize, &Upload) -> Does + Send + Sync>;

/// Meta. It ends with the test's runtime.
pub(crate) struct Meta {
    /// Where its API is.
    pub base: String,
    shared: Arc<Shared>,
}

struct Shared {
    decides: Mutex<Decides>,
    of_uploads: Mutex<DecidesUploads>,
    uploads: watch::Sender<Vec<Upload>>,
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
        let shared = Arc::new(Shared {
            decides: Mutex::new(Arc::new(decides)),
            of_uploads: Mutex::new(Arc::new(|_, _| Does::Take)),
            uploads: watch::Sender::new(Vec::new()),
            asked: watch::Sender::new(Vec::new()),
            sent: watch::Sender::new(Vec::new()),
            reads: watch::Sender::new(Vec::new()),
        });
        let serving = Arc::clone(&shared);
        let address = listen(move |request| serving.decide(&request)).await;
        let base = format!("http://{address}/v25.0");
        Self { base, shared }
    }

    /// From now on it does this.
    pub(crate) fn does(&self, decides: impl Fn(usize, &Asked) -> Does + Send + Sync + 'static) {
        *self.shared.decides.lock().unwrap() = Arc::new(decides);
    }

    /// From now on it does this with uploads.
    pub(crate) fn does_with_uploads(&self, decides: impl Fn(usize, &Upload) -> Does + Send + Sync + 'static) {
        *self.shared.of_uploads.lock().unwrap() = Arc::new(decides);
    }

    /// What was uploaded so far, whatever became of it.
    pub(crate) fn uploads(&self) -> Vec<Upload> {
        self.shared.uploads.borrow().clone()
    }

    /// Waits until so many files were uploaded.
    pub(crate) async fn until_uploaded(&self, count: usize) -> Vec<Upload> {
        until(&self.shared.uploads, count).await
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
        config.outbox.unclear_start_wait_s = 1;
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
            ("OUTBOX__UNCLEAR_START_WAIT_S", "1"),
        ]
    }
}

async fn until<T: Clone>(list: &watch::Sender<Vec<T>>, count: usize) -> Vec<T> {
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

impl Shared {
    fn decide(&self, request: &Request) -> double::Does {
        if request.path.ends_with("/media") {
            return self.decide_upload(request);
        }
        let (path, at) = (request.path.clone(), request.at);
        let mut asked = Asked { path, token: token(request), body: request.json(), wamid: String::new(), at };
        if asked.body["status"] == "read" {
            self.reads.send_modify(|list| list.push(asked));
            return double::Does::Answer(200, "", r#"{"success":true}"#.to_owned());
        }
        let decides = Arc::clone(&self.decides.lock().unwrap());
        let number = self.asked.borrow().len();
        asked.wamid = format!("wamid.out.{number}");
        let does = decides(number, &asked);
        let taken = json!({ "messaging_product": "whatsapp", "messages": [{ "id": asked.wamid }] });
        self.asked.send_modify(|list| list.push(asked.clone()));
        if !matches!(does, Does::Refuse(..) | Does::Status(_)) {
            self.sent.send_modify(|list| list.push(asked));
        }
        done(does, &taken)
    }

    fn decide_upload(&self, request: &Request) -> double::Does {
        let number = self.uploads.borrow().len();
        let upload = Upload { token: token(request), id: format!("media.{number}"), ..uploaded(request) };
        let decides = Arc::clone(&self.of_uploads.lock().unwrap());
        let does = decides(number, &upload);
        let taken = json!({ "id": upload.id });
        self.uploads.send_modify(|list| list.push(upload));
        done(does, &taken)
    }
}

fn done(does: Does, taken: &Value) -> double::Does {
    match does {
        Does::Take => double::Does::Answer(200, "", taken.to_string()),
        Does::TakeAndBabble => double::Does::Answer(200, "", "<html>Fine".to_owned()),
        Does::TakeAndStall => double::Does::Stall,
        Does::TakeAndCut => double::Does::Half,
        Does::TakeAndReset => double::Does::Reset,
        Does::Refuse(status, headers, code) => {
            let error = json!({ "error": { "message": format!("(#{code}) said"), "code": code } });
            double::Does::Answer(status, headers, error.to_string())
        }
        Does::Status(status) => double::Does::Answer(status, "", "<html>Sorry".to_owned()),
    }
}

fn token(request: &Request) -> String {
    request.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned()
}

/// The form of an upload, field by field; its bytes are those between two boundaries, whatever they are.
fn uploaded(request: &Request) -> Upload {
    let boundary = request.header("content-type").split_once("boundary=").map_or("", |(_, boundary)| boundary);
    let (mut upload, mut rest) = (Upload::default(), request.raw.as_slice());
    let mark = format!("--{boundary}\r\n");
    while let Some(part) = rest.strip_prefix(mark.as_bytes()) {
        let (head, after) = parted(part, b"\r\n\r\n");
        let (bytes, behind) = parted(after, format!("\r\n--{boundary}").as_bytes());
        let (head, text) = (String::from_utf8_lossy(head), || String::from_utf8_lossy(bytes).into_owned());
        let named = |name: &str| head.split_once(name).and_then(|(_, rest)| rest.split(['"', '\r']).next());
        match named(" name=\"") {
            Some("messaging_product") => upload.product = text(),
            Some("type") => upload.kind = text(),
            Some("file") => {
                upload.name = named("filename=\"").unwrap_or_default().to_owned();
                upload.media_type = named("Content-Type: ").unwrap_or_default().to_owned();
                upload.bytes = bytes.to_vec();
            }
            other => panic!("a field that Meta does not know: {other:?}"),
        }
        // The mark of the next part begins with the two dashes of this one's end.
        let end = request.raw.len() - behind.len() - boundary.len() - 2;
        rest = &request.raw[end..];
    }
    assert_eq!(rest, format!("--{boundary}--\r\n").as_bytes(), "the form ends");
    upload
}

/// What stands before a mark, and what behind it.
fn parted<'a>(bytes: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    let at = bytes.windows(mark.len()).position(|window| window == mark).expect("the form has it");
    (&bytes[..at], &bytes[at + mark.len()..])
}
