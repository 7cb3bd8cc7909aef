//! The floor: a bare tokio-tungstenite echo on one thread. No session, no log, no reply to think of.

use std::net::SocketAddr;

use clap::Args;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{Failure, wire};

/// Be the floor: a bare echo server.
#[derive(Debug, Clone, Args)]
pub(crate) struct Echo {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
}

impl Echo {
    pub(crate) async fn serve(&self) -> Result<(), Failure> {
        let listener = TcpListener::bind(self.listen).await?;
        eprintln!("echo on {}", listener.local_addr()?);
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(echo(stream))),
                // Out of files: the connection waits in the kernel until one is closed.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

/// Polls until the stream ends, so that a close is answered.
async fn echo(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(wire::config())).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if matches!(message, Message::Text(_) | Message::Binary(_)) {
            socket.send(message).await?;
        }
    }
    Ok(())
}
