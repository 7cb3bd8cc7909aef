//! `WhatsApp`'s intake: signed payloads of several messages each, every one durable before it is answered; closed loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use serde_json::{Value, json};
use switchboard::channels::mac;
use switchboard::clock::{Clock as _, SystemClock};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::measured::Measured;
use crate::tally::{Tally, Window};
use crate::wire::{self, Common};
use crate::{Failure, plan};

/// The number that customers write to.
const NUMBER: &str = "900000000000001";

/// Webhooks of `WhatsApp`, signed, with several messages each.
#[derive(Debug, Clone, Args)]
pub(crate) struct Intake {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Connections, each with one payload under way.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Messages of a payload, each of another customer.
    #[arg(long, default_value_t = 10)]
    messages: u64,
    /// Customers who write, in turns.
    #[arg(long, default_value_t = 2_000)]
    customers: u64,
    /// The secret of the Meta app, as the server has it.
    #[arg(long, default_value = plan::APP_SECRET)]
    secret: String,
}

impl Intake {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let url = format!("http://{}/api/channels/whatsapp/webhook", wire::host_and_path(&self.common.url)?.0);
        let (window, next) = (Window::opens_now(&self.common), Arc::new(AtomicU64::new(0)));
        let tally = Tally::new(window)?;
        let mut connections = JoinSet::new();
        for _ in 0..self.connections {
            let (this, url, next, tally) = (self.clone(), url.clone(), Arc::clone(&next), Arc::clone(&tally));
            // Each has a connection of its own.
            let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build()?;
            connections.spawn(async move { this.bring(&http, &url, &next, window, &tally).await });
        }
        let name = format!("WhatsApp's intake, payloads of {} messages", self.messages);
        let mut measured = tally.finish(&name, &self.common, connections).await?;
        // What is counted is messages; a latency is that of a payload's answer.
        measured.count *= self.messages;
        measured.per_s *= self.messages as f64;
        measured.cpu_us = measured.cpu_us.map(|us| us / self.messages as f64);
        Ok(Measured { connections: self.connections, ..measured })
    }

    async fn bring(
        &self,
        http: &reqwest::Client,
        url: &str,
        next: &AtomicU64,
        window: Window,
        tally: &Tally,
    ) -> Result<(), Failure> {
        let run = uuid::Uuid::new_v4().simple().to_string();
        while !window.is_over() {
            let first = next.fetch_add(self.messages, Ordering::Relaxed);
            let body = self.payload(&run, first).to_string().into_bytes();
            let signed = mac::sha256_hex(self.secret.as_bytes(), &body).ok_or("the secret makes no signature")?;
            let request = http.post(url).header("x-hub-signature-256", format!("sha256={signed}"));
            let sent = Instant::now();
            let answer = request.header("content-type", "application/json").body(body).send().await?;
            let status = answer.status();
            // The connection is used again once the answer was read.
            answer.bytes().await?;
            if !status.is_success() {
                return Err(format!("a payload was answered with {status}").into());
            }
            tally.saw(sent);
        }
        Ok(())
    }

    fn payload(&self, run: &str, first: u64) -> Value {
        let now = (SystemClock.now().as_ms() / 1_000).to_string();
        let customers: Vec<(u64, u64)> =
            (0..self.messages).map(|at| (first + at, 15_550_000_000 + (first + at) % self.customers.max(1))).collect();
        let contact = |(_, phone): &(u64, u64)| json!({ "profile": { "name": "Ann" }, "wa_id": phone.to_string() });
        let message = |(number, phone): &(u64, u64)| {
            json!({ "from": phone.to_string(), "id": format!("wamid.{run}{number}"), "timestamp": now, "type": "text",
                "text": { "body": "Where is my order? I wait for it since Monday." } })
        };
        let (contacts, messages): (Vec<Value>, Vec<Value>) =
            (customers.iter().map(contact).collect(), customers.iter().map(message).collect());
        let metadata = json!({ "display_phone_number": "15550001111", "phone_number_id": NUMBER });
        let value = json!({ "messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, "messages": messages });
        let change = json!({ "field": "messages", "value": value });
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "WABA", "changes": [change] }] })
    }
}
