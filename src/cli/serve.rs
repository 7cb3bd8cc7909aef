//! `switchboard serve`: the server, until SIGTERM or an interrupt.

use std::io::{Write, stdout};
use std::net::SocketAddr;

use anyhow::{Result, anyhow};
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, World};
use crate::config::Config;
use crate::engine::accounts::FirstStart;
use crate::store::StoreError;
use crate::telemetry;

/// Serves until the process is told to stop.
pub(super) fn run(config: Config) -> Result<()> {
    telemetry::log(&config.log).map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let mut app = App::build(config, World::default()).await.map_err(in_plain_words)?;
        let text = greeting(app.address()?, app.first_start().as_ref());
        // Whoever started the server without an output does not want to read this.
        let mut out = stdout().lock();
        drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        drop(out);
        app.run_until(stop_signal()?).await
    });
    // A disk that does not answer must not hold the process beyond the drain.
    runtime.shutdown_background();
    served
}

/// Where it listens, how to try it, and what the first start made; secrets are shown this once.
fn greeting(address: SocketAddr, first: Option<&FirstStart>) -> String {
    let mut lines = vec![format!("Switchboard listens on http://{address}")];
    if let Some(first) = first {
        let shown = |secret: Option<&secrecy::SecretString>| match secret {
            Some(secret) => format!("{} (shown this once)", secret.expose_secret()),
            None => "as configured".to_owned(),
        };
        lines.push(format!("First start. Administrator: {}", first.email.as_str()));
        lines.push(format!("  password: {}", shown(first.password.as_ref())));
        lines.push(format!("  API key:  {}", shown(first.api_key.as_ref())));
    }
    lines.push(format!("Chat with it from a second terminal: switchboard chat --url ws://{}/ws", nearby(address)));
    lines.push("  from the source tree: cargo run -- chat, with the same options".to_owned());
    lines.join("\n") + "\n"
}

/// The address as a client on this machine reaches it.
fn nearby(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

fn in_plain_words(why: anyhow::Error) -> anyhow::Error {
    match why.downcast_ref::<StoreError>() {
        Some(StoreError::Locked(place)) => anyhow!("store.url: {place} is in use by another server"),
        _ => why,
    }
}

fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Email;

    #[test]
    fn the_first_start_shows_what_it_made_and_every_start_how_to_chat() {
        let first = FirstStart {
            email: Email::parse("a@example.com").unwrap(),
            password: Some("secret-word".into()),
            api_key: None,
        };
        let address = "0.0.0.0:81".parse().unwrap();
        let text = greeting(address, Some(&first));
        for part in ["http://0.0.0.0:81", "a@example.com", "secret-word (shown", "API key:  as configured"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        let later = greeting(address, None);
        assert!(!later.contains("Administrator") && later.contains("chat --url ws://127.0.0.1:81/ws"));
    }
}
