//! A customer's end of the protocol, without any world in it: lines and frames in, lines and frames out.
//!
//! A message is kept until its acknowledgement and sent again with the same id after every break. One message is on its way
//! at a time, so that the customer's own order is the log's order whatever happens. What comes is shown once.

use std::collections::VecDeque;

use super::frame::{Incoming, Outgoing, Position, Posted};
use super::transcript::{Line, Speaker, Transcript};

/// Lines that may wait to be sent; beyond it no line is read.
pub(super) const WAITING_MAX_LINES: usize = 256;

/// What the world has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// A line for the person.
    Show(String),
    /// Somebody types, or stopped.
    Typing(bool),
    /// A frame for the server.
    Send(String),
    /// Send again what waits, a little later.
    SendLater,
    /// The session is known now: how to come back can be kept.
    Keep,
    /// The person is done.
    Quit,
}

/// How to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) session: String,
    /// What lets an anonymous customer in again.
    pub(super) secret: Option<String>,
}

#[derive(Debug)]
enum Waiting {
    Text { id: String, text: String },
    Human,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    ticket: Option<Ticket>,
    log: Option<u64>,
    seen: u64,
    connected: bool,
    waiting: VecDeque<Waiting>,
    in_flight: bool,
    wants_human: bool,
    transcript: Transcript,
}

impl Conversation {
    /// One that may come back to a session.
    pub(super) fn new(ticket: Option<Ticket>) -> Self {
        Self { ticket, ..Self::default() }
    }

    /// How to come back, once a session is known.
    pub(super) const fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref()
    }

    /// What to ask for with `after`.
    pub(super) fn after(&self) -> String {
        self.log.map_or_else(|| "0".to_owned(), |log| format!("{log}:{}", self.seen))
    }

    /// Whether another line fits.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX_LINES
    }

    /// Whether everything that was typed stands in the log.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether everything that was typed stands in the log and somebody said something after it.
    pub(super) fn is_answered(&self) -> bool {
        self.waiting.is_empty() && !self.wants_human && self.transcript.is_answered()
    }

    /// Messages without an acknowledgement.
    pub(super) fn unacknowledged(&self) -> usize {
        self.waiting.iter().filter(|waiting| matches!(waiting, Waiting::Text { .. })).count()
    }

    /// A line was typed.
    pub(super) fn typed(&mut self, line: &str, fresh_id: impl FnOnce() -> String) -> Vec<Effect> {
        match line.trim() {
            "" => return Vec::new(),
            "/quit" => return vec![Effect::Quit],
            "/transcript" => return self.show_transcript(),
            "/human" => self.waiting.push_back(Waiting::Human),
            command if command.starts_with('/') => {
                return vec![Effect::Show(format!("-- no such command: {command} (/human, /transcript, /quit)"))];
            }
            text => self.waiting.push_back(Waiting::Text { id: fresh_id(), text: text.to_owned() }),
        }
        self.send_next()
    }

    /// The connection went. Tells the person, once.
    pub(super) fn lost(&mut self, why: &str) -> Vec<Effect> {
        self.in_flight = false;
        if !std::mem::take(&mut self.connected) {
            return Vec::new();
        }
        vec![Effect::Typing(false), Effect::Show(format!("-- connection lost ({why}); reconnecting"))]
    }

    /// The pause after a busy server is over, or the connection stands.
    pub(super) fn send_next(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.connected && !self.in_flight {
            match self.waiting.front() {
                None => break,
                Some(Waiting::Human) => {
                    self.waiting.pop_front();
                    self.wants_human = true;
                    effects.push(Effect::Send(Outgoing::HandoverRequest.json()));
                }
                Some(Waiting::Text { id, text }) => {
                    self.in_flight = true;
                    effects.push(Effect::Send(Outgoing::Text { text, id }.json()));
                }
            }
        }
        effects
    }

    /// A text frame came.
    pub(super) fn received(&mut self, frame: &str) -> Vec<Effect> {
        let Ok(frame) = serde_json::from_str::<Incoming>(frame) else {
            return vec![Effect::Show("-- the server said something that is not understood".to_owned())];
        };
        match frame {
            Incoming::ConnectionEstablished { session_id, resume_secret, position } => {
                self.entered(session_id, resume_secret, position)
            }
            Incoming::Message(posted) => self.posted(posted),
            Incoming::HandoverInitiated { message, message_id, seq, epoch } => {
                self.wants_human = false;
                let line = Line { message_id: message_id.unwrap_or_default(), speaker: Speaker::Notice, text: message };
                self.said(seq, epoch, line)
            }
            Incoming::TypingStart {} => vec![Effect::Typing(true)],
            Incoming::TypingStop {} => vec![Effect::Typing(false)],
            Incoming::Ack { id, message_id, seq, epoch } => self.acknowledged(id.as_deref(), message_id, seq, epoch),
            Incoming::Error { message, code, id } => self.refused(&message, &code, id.as_deref()),
            Incoming::Resync { position } => self.start_again(position),
            Incoming::Unknown => Vec::new(),
        }
    }

    fn entered(&mut self, session: String, secret: Option<String>, position: Option<Position>) -> Vec<Effect> {
        self.connected = true;
        self.in_flight = false;
        let known = self.ticket.take();
        let resumed = known.is_some();
        let secret = secret.or(known.and_then(|ticket| ticket.secret));
        self.ticket = Some(Ticket { session, secret });
        if let (None, Some(position)) = (self.log, position) {
            self.log = Some(position.epoch);
        }
        let how = if resumed { "connected again" } else { "connected" };
        let mut effects = vec![Effect::Show(format!("-- {how}")), Effect::Keep];
        if self.wants_human {
            effects.push(Effect::Send(Outgoing::HandoverRequest.json()));
        }
        effects.extend(self.send_next());
        effects
    }

    fn posted(&mut self, posted: Posted) -> Vec<Effect> {
        let speaker = match (posted.sender.as_str(), posted.notice) {
            (_, Some(_)) => Speaker::Notice,
            ("customer", None) => Speaker::Me,
            ("agent", None) => Speaker::Agent(posted.agent_name.unwrap_or_else(|| "agent".to_owned())),
            (_, None) => Speaker::Assistant,
        };
        if matches!(speaker, Speaker::Notice | Speaker::Agent(_)) {
            self.wants_human = false;
        }
        // A message of ours whose acknowledgement was lost: it was typed here, so it is not shown again.
        if speaker == Speaker::Me && self.is_waiting(posted.id.as_deref()) {
            let seq = posted.seq.unwrap_or_default();
            return self.acknowledged(posted.id.as_deref(), posted.message_id, seq, posted.epoch.unwrap_or_default());
        }
        let line = Line { message_id: posted.message_id, speaker, text: posted.text };
        self.said(posted.seq, posted.epoch, line)
    }

    fn said(&mut self, seq: Option<u64>, epoch: Option<u64>, line: Line) -> Vec<Effect> {
        let shown = Effect::Show(format!("{}: {}", line.speaker.name(), line.text));
        let Some(seq) = seq else { return vec![shown] };
        self.advance(seq, epoch);
        if self.transcript.take_in(seq, line) { vec![shown] } else { Vec::new() }
    }

    fn acknowledged(&mut self, id: Option<&str>, message_id: String, seq: u64, epoch: u64) -> Vec<Effect> {
        let Some(text) = self.take_waiting(id) else { return Vec::new() };
        self.advance(seq, Some(epoch));
        self.transcript.take_in(seq, Line { message_id, speaker: Speaker::Me, text });
        self.send_next()
    }

    /// What may go well later is sent again later; anything else is dropped, and the person is told.
    fn refused(&mut self, message: &str, code: &str, id: Option<&str>) -> Vec<Effect> {
        if matches!(code, "service_unavailable" | "rate_limit_exceeded" | "internal_error") {
            return vec![Effect::SendLater];
        }
        match self.take_waiting(id) {
            Some(text) => {
                let mut effects = vec![Effect::Show(format!("-- not sent: {message}: {text}"))];
                effects.extend(self.send_next());
                effects
            }
            None => {
                self.wants_human = false;
                vec![Effect::Show(format!("-- refused: {message}"))]
            }
        }
    }

    /// The pause after a refusal is over: what was refused is sent again, with the same id.
    pub(super) fn try_again(&mut self) -> Vec<Effect> {
        self.in_flight = false;
        let mut effects = Vec::new();
        if self.wants_human && self.connected {
            effects.push(Effect::Send(Outgoing::HandoverRequest.json()));
        }
        effects.extend(self.send_next());
        effects
    }

    fn start_again(&mut self, position: Position) -> Vec<Effect> {
        self.log = Some(position.epoch);
        self.seen = 0;
        self.transcript.start_again();
        vec![Effect::Show("-- the conversation is read again from its start".to_owned())]
    }

    fn advance(&mut self, seq: u64, epoch: Option<u64>) {
        self.seen = self.seen.max(seq);
        if self.log.is_none() {
            self.log = epoch;
        }
    }

    fn is_waiting(&self, wanted: Option<&str>) -> bool {
        matches!(self.waiting.front(), Some(Waiting::Text { id, .. }) if Some(id.as_str()) == wanted)
    }

    /// Only the first may be on its way, so only the first can be answered.
    fn take_waiting(&mut self, id: Option<&str>) -> Option<String> {
        if !self.is_waiting(id) {
            return None;
        }
        self.in_flight = false;
        match self.waiting.pop_front() {
            Some(Waiting::Text { text, .. }) => Some(text),
            Some(Waiting::Human) | None => None,
        }
    }

    fn show_transcript(&self) -> Vec<Effect> {
        let begin = Effect::Show("-- transcript".to_owned());
        let line = |(seq, line): (u64, &Line)| Effect::Show(format!("#{seq} {}: {}", line.speaker.name(), line.text));
        let end = Effect::Show(format!("-- end of transcript ({} not acknowledged)", self.unacknowledged()));
        std::iter::once(begin).chain(self.transcript.lines().map(line)).chain([end]).collect()
    }
}

#[cfg(test)]
mod tests;
