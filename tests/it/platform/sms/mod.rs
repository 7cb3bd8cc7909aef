//! `/api/channels/sms/*`: customers write by SMS and are answered by it, whatever the provider does; words that leave are obeyed.

mod exotel;
mod faults;
mod killed;
mod leaving;
mod missed;
mod state;
mod twilio;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use base64::Engine as _;
use reqwest::{Client, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;
use switchboard::domain::{Author, CustomerId, Event, Message, OrganizationId, SessionKey};
use switchboard::engine::channels::outward::{Dispatch, of_session};

use crate::support::app::{PATIENCE, TestApp};
use crate::support::provider::{Does, Provider, Request};

/// Where Twilio thinks that we are.
const PUBLIC: &str = "https://hooks.example.test";
const TOKEN: &str = "twilio-token-1";
const OURS: &str = "+15550001111";
const THEIRS: &str = "+15550002222";
const INBOUND: &str = "/api/channels/sms/twilio/inbound";

/// Settings for Twilio there.
fn twilio(config: &mut Config, url: &str) {
    let sms = &mut config.sms;
    sms.provider = "twilio".to_owned();
    sms.account = "AC1".to_owned();
    sms.secret = SecretString::from(TOKEN);
    sms.from = OURS.to_owned();
    sms.public_url = PUBLIC.to_owned();
    sms.base_url = url.to_owned();
    sms.timeout_ms = 1_000;
    // What is asked of it is counted.
    sms.catch_up_s = 0;
    config.outbox.pause_min_ms = 1;
    config.outbox.pause_max_ms = 20;
    config.outbox.retry_first_ms = 1;
}

/// A Twilio that takes messages and can be asked for them.
struct Twilio {
    server: Provider,
    taken: Arc<Mutex<Vec<Value>>>,
}

impl Twilio {
    async fn start() -> Self {
        let (taken, count) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let keeps = Arc::clone(&taken);
        let works = move |_: usize, request: &Request| take(request, &keeps, &count);
        Self { server: Provider::doing(works).await, taken }
    }

    /// From now on it does this with what is sent; what it answers with [`Does::Stall`] or worse it has taken.
    fn does(&self, decides: impl Fn(usize) -> Option<Does> + Send + Sync + 'static) {
        let (keeps, count) = (Arc::clone(&self.taken), Arc::new(AtomicUsize::new(500)));
        let sent = AtomicUsize::new(0);
        self.server.does(move |_, request| {
            if request.method == "GET" {
                return take(request, &keeps, &count);
            }
            match decides(sent.fetch_add(1, Ordering::SeqCst)) {
                None => take(request, &keeps, &count),
                Some(broken @ (Does::Stall | Does::Cut | Does::Half | Does::Reset)) => {
                    take(request, &keeps, &count);
                    broken
                }
                Some(refusal) => refusal,
            }
        });
    }

    /// Waits until so many sends were asked of it, and says what they are.
    async fn sent(&self, count: usize) -> Vec<Request> {
        let is_send = |request: &&Request| request.method == "POST";
        let asked = self.server.until(|asked| asked.iter().filter(is_send).count() >= count).await;
        asked.into_iter().filter(|request| request.method == "POST").collect()
    }
}

fn take(request: &Request, taken: &Mutex<Vec<Value>>, count: &AtomicUsize) -> Does {
    let mut taken = taken.lock().unwrap();
    if request.method == "GET" {
        return Does::Answer(200, "", json!({ "messages": *taken }).to_string());
    }
    let number = count.fetch_add(1, Ordering::SeqCst);
    let now = jiff::Timestamp::from_millisecond(SystemClock.now().as_ms()).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let message = json!({
        "sid": format!("SM{number}"), "status": "queued", "direction": "outbound-api", "num_segments": "1",
        "to": request.field("To"), "from": request.field("From"), "body": request.field("Body"),
        "date_created": jiff::fmt::rfc2822::to_string(&now).unwrap(),
    });
    taken.insert(0, message.clone());
    Does::Answer(201, "", message.to_string())
}

/// A call as Twilio signs it, at this path of ours.
fn signed(origin: &str, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let text = sorted.iter().fold(format!("{PUBLIC}{path}"), |text, (name, value)| format!("{text}{name}{value}"));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    form(Client::new().post(format!("{origin}{path}")), fields).header("x-twilio-signature", signature)
}

fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// A customer writes; says what status the call was answered with, and the body.
async fn write(app: &TestApp, sid: &str, body: &str) -> (u16, String) {
    write_to(&app.url(""), sid, body).await
}

async fn write_to(origin: &str, sid: &str, body: &str) -> (u16, String) {
    let fields = [("MessageSid", sid), ("SmsStatus", "received"), ("From", THEIRS), ("To", OURS), ("Body", body)];
    answered(signed(origin, INBOUND, &fields)).await
}

async fn answered(request: RequestBuilder) -> (u16, String) {
    let answer = tokio::time::timeout(PATIENCE, request.send()).await.expect("it answers in time").unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// News of the message that was sent with this request, as its callback address asks for it.
async fn tell(origin: &str, of: &Request, fields: &[(&str, &str)]) -> u16 {
    let callback = of.field("StatusCallback");
    let path = callback.strip_prefix(PUBLIC).expect("an address of ours");
    answered(signed(origin, path, fields)).await.0
}

fn session(app: &TestApp) -> SessionKey {
    let (organization, customer) = (OrganizationId::default_organization(), CustomerId::parse(THEIRS).unwrap());
    let (mut found, _) = app.sessions().slice_of_customer(&organization, &customer, 0, 10).unwrap();
    assert_eq!(found.len(), 1, "one session per person");
    found.remove(0).key
}

fn messages(app: &TestApp) -> Vec<Message> {
    let events = app.sessions().events_after(&session(app), 0, 1_000).unwrap();
    let posted = events.into_iter().filter_map(|committed| match committed.event {
        Event::Posted(message) => Some(message),
        _ => None,
    });
    posted.collect()
}

fn words(app: &TestApp, whose: impl Fn(&Author) -> bool) -> Vec<String> {
    let said = messages(app).into_iter().filter(|message| whose(&message.author));
    said.map(|message| message.body.as_str().to_owned()).collect()
}

/// Waits until what is known of the session's messages to the customer is so.
async fn dispatched(app: &TestApp, is_so: impl Fn(&[Dispatch]) -> bool) -> Vec<Dispatch> {
    let found = async {
        loop {
            let known = of_session(app.store(), &session(app), 100).unwrap();
            let known: Vec<Dispatch> = known.into_iter().map(|found| found.record).collect();
            if is_so(&known) {
                return known;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("it becomes so")
}
