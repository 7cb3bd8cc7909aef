//! `switchboard chat`: a customer at a terminal, or at the end of a pipe. It reconnects by itself and goes on where it was.
//!
//! What it does is decided in [`conversation`], without any world; this file carries lines, frames and time.

mod backoff;
mod conversation;
mod frame;
mod keyboard;
mod link;
mod screen;
mod ticket;
mod transcript;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

use backoff::Backoff;
use conversation::{Conversation, Effect};
use link::{Door, Failed, Socket};
use screen::Screen;
use ticket::Kept;

/// A server pings more often than this; a connection that is silent for longer is dead.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How long one frame may take to be taken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause before a busy server is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// How long the client stays for an answer after its input has ended and everything is acknowledged.
const ANSWER_WAIT: Duration = Duration::from_secs(3);

/// How long it tries to deliver what is left after its input has ended.
const DELIVERY_WAIT: Duration = Duration::from_secs(120);

/// How long a polite end may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The options of `chat`.
#[derive(Debug, Args)]
pub struct ChatArguments {
    /// Where the server's socket is.
    #[arg(long, default_value = "ws://127.0.0.1:8080/ws")]
    url: String,
    /// The customer's id; a new guest without it.
    #[arg(long)]
    user: Option<String>,
    /// The customer's token, if they have one.
    #[arg(long, requires = "user")]
    token: Option<String>,
    /// Where to keep what lets this customer come back to the same conversation after the client was ended.
    #[arg(long)]
    resume_file: Option<PathBuf>,
}

/// Chats until the person is done.
pub(super) fn run(arguments: ChatArguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(arguments)?;
    runtime.block_on(client.run())
}

struct Client {
    door: Door,
    resume_file: Option<PathBuf>,
    conversation: Conversation,
    screen: Screen,
    lines: mpsc::Receiver<String>,
    backoff: Backoff,
    input_ended_at: Option<Instant>,
    acknowledged_at: Option<Instant>,
    try_again_at: Option<Instant>,
    quits: bool,
}

impl Client {
    fn new(arguments: ChatArguments) -> Result<Self> {
        let ChatArguments { url, user, token, resume_file } = arguments;
        let kept = match &resume_file {
            Some(path) => Kept::read(path)?.filter(|kept| user.as_ref().is_none_or(|user| *user == kept.user)),
            None => None,
        };
        let known = kept.as_ref().map(|kept| kept.user.clone());
        let user = user.or(known).unwrap_or_else(|| format!("guest-{}", uuid::Uuid::now_v7().simple()));
        Ok(Self {
            door: Door { url, user, token },
            resume_file,
            conversation: Conversation::new(kept.as_ref().map(Kept::ticket)),
            screen: Screen::open(),
            lines: keyboard::lines(),
            backoff: Backoff::default(),
            input_ended_at: None,
            acknowledged_at: None,
            try_again_at: None,
            quits: false,
        })
    }

    async fn run(mut self) -> Result<()> {
        let mut told = false;
        while !self.is_over() {
            match self.door.enter(&self.conversation).await {
                Ok(mut socket) => {
                    told = false;
                    if let Some(why) = self.talk(&mut socket).await? {
                        let effects = self.conversation.lost(&why);
                        self.apply(effects, None).await?;
                    }
                }
                Err(Failed::ForGood(why)) => bail!(why),
                Err(Failed::Later(why)) => {
                    if !std::mem::replace(&mut told, true) {
                        self.screen.show(&format!("-- no connection ({why}); trying again"));
                    }
                }
            }
            self.pause().await?;
        }
        match self.conversation.unacknowledged() {
            0 => Ok(()),
            count => bail!("{count} messages were not acknowledged"),
        }
    }

    /// Carries lines and frames until the person is done (nothing is returned) or the connection is lost (why).
    async fn talk(&mut self, socket: &mut Socket) -> Result<Option<String>> {
        let mut silent_at = Instant::now() + SILENCE_MAX;
        while !self.is_over() {
            let reads = self.input_ended_at.is_none() && self.conversation.has_room();
            let wake_at = self.wake_at();
            let effects = tokio::select! {
                frame = socket.next() => {
                    silent_at = Instant::now() + SILENCE_MAX;
                    match frame {
                        Some(Ok(Message::Text(text))) => self.received(&text),
                        Some(Ok(Message::Close(close))) => {
                            let why = close.map(|close| close.reason.to_string()).filter(|why| !why.is_empty());
                            return Ok(Some(why.unwrap_or_else(|| "closed by the server".to_owned())));
                        }
                        Some(Ok(_)) => Vec::new(),
                        Some(Err(error)) => return Ok(Some(error.to_string())),
                        None => return Ok(Some("closed".to_owned())),
                    }
                }
                line = self.lines.recv(), if reads => self.line(line),
                () = sleep_until(wake_at) => self.on_time(),
                () = sleep_until(silent_at) => return Ok(Some("the server is silent".to_owned())),
            };
            if let Some(lost) = self.apply(effects, Some(socket)).await? {
                return Ok(Some(lost));
            }
        }
        // A server that does not answer the close is left.
        drop(timeout(CLOSE_TIMEOUT, socket.close(None)).await);
        Ok(None)
    }

    /// Waits before the next try; lines are taken meanwhile.
    async fn pause(&mut self) -> Result<()> {
        let until = Instant::now() + self.backoff.pause();
        while !self.is_over() {
            let reads = self.input_ended_at.is_none() && self.conversation.has_room();
            let effects = tokio::select! {
                () = sleep_until(until) => return Ok(()),
                line = self.lines.recv(), if reads => self.line(line),
            };
            self.apply(effects, None).await?;
        }
        Ok(())
    }

    fn received(&mut self, text: &str) -> Vec<Effect> {
        let effects = self.conversation.received(text);
        if effects.contains(&Effect::Keep) {
            self.backoff.reset();
        }
        effects
    }

    fn line(&mut self, line: Option<String>) -> Vec<Effect> {
        match line {
            Some(line) => self.conversation.typed(&line, || uuid::Uuid::now_v7().to_string()),
            None => {
                self.input_ended_at = Some(Instant::now());
                Vec::new()
            }
        }
    }

    fn on_time(&mut self) -> Vec<Effect> {
        if self.try_again_at.take_if(|at| *at <= Instant::now()).is_some() {
            return self.conversation.try_again();
        }
        Vec::new()
    }

    async fn apply(&mut self, effects: Vec<Effect>, mut socket: Option<&mut Socket>) -> Result<Option<String>> {
        for effect in effects {
            match effect {
                Effect::Show(line) => self.screen.show(&line),
                Effect::Typing(active) => self.screen.typing(active),
                Effect::SendLater => self.try_again_at = Some(Instant::now() + BUSY_PAUSE),
                Effect::Keep => self.keep()?,
                Effect::Quit => self.quits = true,
                Effect::Send(frame) => {
                    let Some(socket) = socket.as_deref_mut() else { continue };
                    if let Err(error) = send(socket, frame).await {
                        return Ok(Some(error.to_string()));
                    }
                }
            }
        }
        if self.conversation.is_acknowledged() {
            self.acknowledged_at.get_or_insert_with(Instant::now);
        } else {
            self.acknowledged_at = None;
        }
        Ok(None)
    }

    fn keep(&self) -> Result<()> {
        match (&self.resume_file, self.conversation.ticket()) {
            (Some(path), Some(ticket)) => Kept::new(&self.door.user, ticket).write(path),
            (None, _) | (_, None) => Ok(()),
        }
    }

    /// Whether there is nothing left to do or to wait for.
    fn is_over(&self) -> bool {
        let Some(ended_at) = self.input_ended_at else { return self.quits };
        let now = Instant::now();
        let waited = |since: Instant| now >= since.max(ended_at) + ANSWER_WAIT;
        self.quits
            || self.conversation.is_answered()
            || self.acknowledged_at.is_some_and(waited)
            || now >= ended_at + DELIVERY_WAIT
    }

    /// When something is due that no frame and no line brings.
    fn wake_at(&self) -> Instant {
        let now = Instant::now();
        let over = self.input_ended_at.map(|ended_at| match self.acknowledged_at {
            Some(since) => since.max(ended_at) + ANSWER_WAIT,
            None => ended_at + DELIVERY_WAIT,
        });
        [over, self.try_again_at].into_iter().flatten().min().unwrap_or(now + SILENCE_MAX).max(now)
    }
}

async fn send(socket: &mut Socket, frame: String) -> Result<(), Error> {
    timeout(WRITE_TIMEOUT, socket.send(Message::text(frame))).await.unwrap_or(Err(Error::ConnectionClosed))
}
