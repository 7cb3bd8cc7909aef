//! `switchboard serve`: the server, until SIGTERM or an interrupt.

use anyhow::Result;
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, World};
use crate::config::Config;
use crate::engine::accounts::FirstStart;
use crate::telemetry;

/// Serves until the process is told to stop.
pub(super) fn run(config: Config) -> Result<()> {
    telemetry::log(&config.log).map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut app = App::build(config, World::default()).await?;
        println!("Switchboard listens on http://{}", app.address()?);
        if let Some(first) = app.first_start() {
            show(&first);
        }
        app.run_until(stop_signal()?).await
    })
}

/// What the first start made; the secrets are shown this once.
fn show(first: &FirstStart) {
    println!("First start. Administrator: {}", first.email.as_str());
    match &first.password {
        Some(password) => println!("  password (shown once): {}", password.expose_secret()),
        None => println!("  password: as configured"),
    }
    match &first.api_key {
        Some(key) => println!("  API key (shown once):  {}", key.expose_secret()),
        None => println!("  API key: as configured"),
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
