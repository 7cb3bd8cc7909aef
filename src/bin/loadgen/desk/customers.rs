//! The customers: each comes with a connection of its own, to a session whose name it chose, and stays until it is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;

use super::hall::Hall;
use crate::Failure;
use crate::frame::{self, Frames, Greeting};
use crate::wire::{self, Reader};

/// How long the server may take to greet.
const GREETING_MAX: Duration = Duration::from_secs(20);

/// Where new customers come from.
pub(super) struct Comings {
    url: String,
    run: String,
    hall: Arc<Hall>,
    count: AtomicU64,
}

impl Comings {
    pub(super) fn new(url: &str, hall: Arc<Hall>) -> Self {
        let run = uuid::Uuid::new_v4().simple().to_string();
        Self { url: url.to_owned(), run: run[..8].to_owned(), hall, count: AtomicU64::new(0) }
    }

    /// One more comes; nobody waits for them.
    pub(super) fn one(&self) {
        let index = self.count.fetch_add(1, Ordering::Relaxed);
        let session = format!("load-{}{index}", self.run);
        let (url, hall) = (self.url.clone(), Arc::clone(&self.hall));
        tokio::spawn(async move {
            let how = visit(&url, &session, index, &hall).await;
            hall.ended(how.map_err(|failure| format!("customer {session}: {failure}").into()));
        });
    }
}

async fn visit(url: &str, session: &str, index: u64, hall: &Arc<Hall>) -> Result<(), Failure> {
    hall.waits().asks(session, tokio::time::Instant::now());
    let mut over = hall.until_over();
    let connecting = async {
        let query = format!("?userId={session}&sessionId={session}&after=0");
        // Connections come and go: the addresses they leave from are used in turn.
        let socket = wire::open_socket(url, &query, usize::try_from(index % 16_000).unwrap_or_default()).await?;
        let (writer, mut reader) = socket.split();
        Greeting::read(&wire::next_text(&mut reader).await?)?;
        Ok::<_, Failure>((writer, reader))
    };
    let connected = tokio::time::timeout(GREETING_MAX, connecting).await;
    let (writer, reader) = connected.map_err(|_| format!("no greeting within {} s", GREETING_MAX.as_secs()))??;
    hall.comes(session, writer, Frames::new(session));
    tokio::select! {
        how = read(reader) => how,
        _ = over.wait_for(|over| *over) => Ok(()),
    }
}

/// Until the session is closed.
async fn read(mut reader: Reader) -> Result<(), Failure> {
    loop {
        let frame = wire::next_text(&mut reader).await?;
        frame::refuse_error(&frame)?;
        if frame.contains("\"type\":\"owner\"") && frame.contains("\"status\":\"closed\"") {
            return Ok(());
        }
    }
}
