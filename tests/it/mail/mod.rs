//! E-mail as its users see it: mails come to a real Dovecot, are answered, and the answers are read where they were sent.

mod killed;
mod reading;
mod sending;
mod strangers;
mod trip;

use std::time::Instant;

use secrecy::SecretString;
use switchboard::config::Config;
use switchboard::domain::{Author, CustomerId, Event, Message, OrganizationId, SessionKey};

use crate::support::app::{PATIENCE, TestApp};

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

/// The sessions of a customer by their address, the oldest first.
fn sessions_of(app: &TestApp, address: &str) -> Vec<SessionKey> {
    let organization = OrganizationId::default_organization();
    let customer = CustomerId::parse(address).unwrap();
    let (found, _) = app.sessions().slice_of_customer(&organization, &customer, 0, 1_000).unwrap();
    found.into_iter().map(|header| header.key).collect()
}

fn messages(app: &TestApp, key: &SessionKey) -> Vec<Message> {
    let events = app.sessions().events_after(key, 0, 1_000).unwrap();
    let posted = events.into_iter().filter_map(|committed| match committed.event {
        Event::Posted(message) => Some(message),
        _ => None,
    });
    posted.collect()
}

/// What a customer wrote, over all their sessions.
fn words_of(app: &TestApp, address: &str) -> Vec<String> {
    let all = sessions_of(app, address).into_iter().flat_map(|key| messages(app, &key));
    all.filter(|message| message.author == Author::Customer).map(|message| message.body.as_str().to_owned()).collect()
}

/// Waits until something holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
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
