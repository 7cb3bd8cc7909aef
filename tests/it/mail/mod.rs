//! E-mail as its users see it: mails come to a real Dovecot, are answered, and the answers are read where they were sent.

mod bad;
mod files;
mod killed;
mod onward;
mod reach;
mod reading;
mod sending;
mod several;
mod strangers;
mod tls;
mod trip;
mod unproved;

use std::time::Instant;

use secrecy::SecretString;
use switchboard::config::Config;

use crate::support::app::{PATIENCE, TestApp};
use crate::support::dovecot::SUPPORT;
use crate::support::rest::{get, post, send};
use crate::support::ways::{until_way, way, way_as};

/// A mail of somebody's to the support address. `more` are further header lines, each with its end.
fn mail(from: &str, id: &str, subject: &str, more: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: support@example.test\nSubject: {subject}\nMessage-ID: <{id}>\nDate: {}\n{more}MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}\n",
        jiff_now()
    )
}

/// Now, as mails write it.
fn jiff_now() -> String {
    use switchboard::clock::{Clock, SystemClock};
    // The date of a mail means nothing to what is tested; its form does.
    let text = SystemClock.now().to_string();
    let (date, time) = text.split_once('T').unwrap();
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{day} {} {year} {} +0000", months[month.parse::<usize>().unwrap() - 1], &time[..8])
}

/// Mail comes from there and goes there.
fn set_up(config: &mut Config, imap_url: &str, smtp_url: &str) {
    config.email.imap_url = SecretString::from(imap_url);
    config.email.smtp_url = SecretString::from(smtp_url);
    config.email.from = "Support <support@example.test>".to_owned();
    config.outbox.pause_min_ms = 50;
    config.outbox.pause_max_ms = 200;
    config.outbox.retry_first_ms = 50;
}

/// Whether e-mail is well, as the public health says.
async fn email_health(app: &TestApp) -> String {
    let health = send(get(app, "/api/channels/health")).await.body;
    health["dependencies"]["email"].as_str().unwrap().to_owned()
}

async fn until_health(app: &TestApp, wanted: &str) {
    let began = Instant::now();
    while email_health(app).await != wanted {
        assert!(began.elapsed() < PATIENCE, "e-mail is not {wanted}");
    }
}

/// Waits until the support mailbox is read after a password that was wrong. Without a start it would be tried again after minutes: servers lock
/// out whoever tries too often. Dovecot may hold on to the old password for a moment.
async fn until_let_in(app: &TestApp) {
    let began = Instant::now();
    loop {
        match way(app, SUPPORT, "in").await.0.as_str() {
            "working" => return,
            "blocked" => assert_eq!(send(post(app, "/api/channels/email/listener/start")).await.status, 200),
            _ => {}
        }
        assert!(began.elapsed() < PATIENCE, "it is not read though the password holds");
    }
}

/// The value of a header field of a mail, on one line.
fn header(mail: &str, name: &str) -> String {
    let mut lines = mail
        .lines()
        .take_while(|line| !line.is_empty())
        .skip_while(|line| !line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())));
    let first = lines.next().and_then(|line| line.split_once(':')).map_or("", |(_, value)| value).trim().to_owned();
    lines.take_while(|line| line.starts_with([' ', '\t'])).fold(first, |value, line| format!("{value} {}", line.trim()))
}

/// The text of a mail of ours.
fn text(mail: &str) -> &str {
    mail.split_once("\n\n").map_or("", |(_, text)| text)
}
