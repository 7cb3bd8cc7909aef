//! What a person does: each wish becomes a command of the session, or a question to the desk. Commands of one session are put
//! in their order; what has to be asked of several is worked on beside the connection.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;

use super::catch_up::EVENTS_MAX;
use super::decode::{CommandId, Files, Route, Wish};
use super::frame::{self, Fields};
use super::{AgentSocket, Stage};
use crate::bus::Item;
use crate::domain::attachment::body_with;
use crate::domain::desk::Scope;
use crate::domain::typing::Typist;
use crate::domain::{Command, DeskCommand, Draft, MessageId, Outcome, Refusal, SessionId, SessionKey, Visitor};
use crate::http::console::render;
use crate::http::files::uploader;
use crate::http::live::Frames;

/// A command that was sent and not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    tag: u64,
    id: CommandId,
    /// Under which name its answer gives the id of what was written.
    written: Option<&'static str>,
}

impl AgentSocket {
    /// Does what a frame wants.
    pub(super) fn wish(&mut self, id: CommandId, wish: Wish, out: &mut Frames) {
        debug_assert!(matches!(self.stage, Stage::Works), "hello came first");
        let done = match wish {
            Wish::Scope(scope) => self.set_scope(scope, id.as_deref(), out),
            Wish::Watch { session, after } => self.watch(&id, session, after, out),
            Wish::Unwatch(session) => {
                self.shut(&session);
                out.extend(frame::ack(id.as_deref(), Fields::new()));
                Ok(())
            }
            Wish::Typing { session, active } => {
                let key = self.key(session);
                let (who, origin) = (Typist::Agent(self.person.user), self.outbox.id());
                self.exists(&key).map(|()| self.doors.engine.sessions.typing(&key, who, active, Some(origin)))
            }
            other => self.serve(&id, other),
        };
        if let Err(refusal) = done {
            out.extend(frame::error(id.as_deref(), &refusal));
        }
    }

    /// An answer of a session.
    pub(super) fn answered(&mut self, tag: u64, result: Result<Outcome, Refusal>, out: &mut Frames) {
        let Some(pending) = self.take_pending(tag) else { return };
        let id = pending.id.as_deref();
        out.extend(match result {
            Ok(Outcome::Posted(receipt)) => {
                frame::ack(id, frame::receipt(pending.written.unwrap_or("message_id"), &receipt))
            }
            Ok(Outcome::Entered { .. } | Outcome::Done) => frame::ack(id, Fields::new()),
            Err(refusal) => frame::error(id, &refusal),
        });
    }

    /// A frame that was made beside the connection.
    pub(super) fn ready(&mut self, answers: Option<u64>, bytes: Bytes, out: &mut Frames) {
        if answers.is_none_or(|tag| self.take_pending(tag).is_some()) {
            out.push(bytes);
        }
    }

    /// The answers that were on their way are lost: nobody knows what became of the commands.
    pub(super) fn forget_pending(&mut self, out: &mut Frames) {
        for pending in std::mem::take(&mut self.pending) {
            let unknown = Refusal::Unavailable { part: "the answer" };
            out.extend(frame::error(pending.id.as_deref(), &unknown));
        }
    }

    fn serve(&mut self, id: &CommandId, wish: Wish) -> Result<(), Refusal> {
        let visitor = self.visitor();
        match wish {
            Wish::Send { session, body, client_id } => {
                let draft = Draft {
                    id: MessageId(uuid::Uuid::now_v7()),
                    body,
                    client_id,
                    metadata: None,
                    quiet: false,
                    sent_at: None,
                    attachments: Vec::new(),
                };
                self.order(id, session, Command::Post { visitor, opening: None, draft }, Some("message_id"));
            }
            Wish::SendFiles(sent) => self.send_files(id, *sent),
            Wish::Note { session, body, client_id } => {
                let note = DeskCommand::Note { visitor, id: uuid::Uuid::now_v7(), body, client_id };
                self.order(id, session, Command::Desk(note), Some("note_id"));
            }
            Wish::Read { session, upto } => self.desk_order(id, session, DeskCommand::Read { visitor, upto }),
            Wish::Hold(session) => self.desk_order(id, session, DeskCommand::Hold { visitor }),
            Wish::Unhold(session) => self.desk_order(id, session, DeskCommand::Unhold { visitor }),
            Wish::HandBack { session, epoch: if_epoch } => {
                self.order(id, session, Command::HandBack { visitor, if_epoch }, None);
            }
            Wish::Return { session, note, epoch: if_epoch } => {
                let note = note.map(|body| (uuid::Uuid::now_v7(), body));
                self.order(id, session, Command::ReturnToQueue { visitor, note, if_epoch }, None);
            }
            Wish::Close { session, reason, summary, epoch: if_epoch } => {
                self.desk_order(id, session, DeskCommand::WrapUp { visitor, reason, summary, if_epoch });
            }
            Wish::Route(route) => {
                let Route { session, priority, skills, team } = *route;
                if let Some(Some(team)) = team {
                    self.doors.engine.desk.team(&self.person.caller, team)?;
                }
                self.desk_order(id, session, DeskCommand::Route { visitor, priority, skills, team });
            }
            other => self.ask(id, other)?,
        }
        Ok(())
    }

    /// Has the session keep the files, then posts.
    fn send_files(&mut self, id: &CommandId, sent: Files) {
        let (doors, visitor, origin) = (Arc::clone(&self.doors), self.visitor(), self.outbox.id());
        let key = self.key(sent.session);
        self.in_turn(id, async move {
            let attachments = doors.engine.files.claim(&key, uploader(&visitor), &sent.ids).await?;
            let draft = Draft {
                id: MessageId(uuid::Uuid::now_v7()),
                body: body_with("text", &sent.text, &attachments)?,
                client_id: sent.client_id,
                metadata: None,
                quiet: false,
                sent_at: None,
                attachments,
            };
            let receipt = doors.engine.sessions.post_from(&key, visitor, draft, origin).await?;
            Ok(frame::receipt("message_id", &receipt))
        });
    }

    /// What has to be asked of more than one session.
    fn ask(&mut self, id: &CommandId, wish: Wish) -> Result<(), Refusal> {
        let (desk, caller) = (self.doors.engine.desk.clone(), self.person.caller.clone());
        let none = |()| Fields::new();
        match wish {
            Wish::Status(status) => self.beside(id, async move { desk.set_status(&caller, status).await.map(none) }),
            Wish::Accept { session, epoch } => self.in_turn(id, async move {
                desk.accept(&caller, &session, epoch).await?;
                Ok(frame::field("session", &render::summary(&desk.listed(&caller, &session).await?)))
            }),
            Wish::Claim { session, epoch, insistence } => self.in_turn(id, async move {
                desk.claim(&caller, &session, epoch, insistence).await?;
                Ok(frame::field("session", &render::summary(&desk.listed(&caller, &session).await?)))
            }),
            Wish::Decline(session) => self.in_turn(id, async move { desk.decline(&caller, &session).await.map(none) }),
            Wish::Transfer { session, to, note, epoch } => {
                self.in_turn(id, async move { desk.transfer(&caller, &session, to, note, epoch).await.map(none) });
            }
            Wish::Facts { customer, set } => {
                let customers = self.doors.engine.customers.clone();
                self.beside(id, async move {
                    let changed = customers.set_facts(&caller.organization, &customer, set).await?;
                    Ok(frame::field("customer", &render::customer(&changed)))
                });
            }
            Wish::Summarize(session) => self.summarize(id, session)?,
            Wish::Rewrite { text, style } => {
                let advice = self.doors.engine.advice.clone();
                self.beside(id, async move {
                    Ok(frame::field("text", &advice.rewrite(&caller.organization, &text, style).await?))
                });
            }
            Wish::Hello(_)
            | Wish::Scope(_)
            | Wish::Watch { .. }
            | Wish::Unwatch(_)
            | Wish::Typing { .. }
            | Wish::Send { .. }
            | Wish::SendFiles(_)
            | Wish::Note { .. }
            | Wish::Read { .. }
            | Wish::Hold(_)
            | Wish::Unhold(_)
            | Wish::Return { .. }
            | Wish::HandBack { .. }
            | Wish::Close { .. }
            | Wish::Route(_) => {}
        }
        Ok(())
    }

    /// A summary is kept in the session, so that whoever takes it has it too.
    fn summarize(&mut self, id: &CommandId, session: SessionId) -> Result<(), Refusal> {
        let (sessions, advice) = (self.doors.engine.sessions.clone(), self.doors.engine.advice.clone());
        let key = self.key(session);
        let state = sessions.read(&key, &self.visitor())?;
        self.beside(id, async move {
            let summary = advice.summarize(&state).await?;
            let fields = frame::field("summary", &summary);
            let command = DeskCommand::Summarize { summary, upto: state.position().seq };
            if let Err(refusal) = sessions.act(&key, Command::Desk(command)).await {
                tracing::debug!(%refusal, "a summary is not kept");
            }
            Ok(fields)
        });
        Ok(())
    }

    fn set_scope(&mut self, scope: Scope, id: Option<&str>, out: &mut Frames) -> Result<(), Refusal> {
        self.scope = scope;
        if let Some(listening) = &mut self.listening {
            listening.desk.set_scope(scope);
            let watch = || self.doors.engine.sessions.watch(&self.person.caller.organization, &self.outbox);
            listening.whole = (scope == Scope::All).then(watch);
        }
        out.extend(frame::ack(id, Fields::new()));
        Ok(())
    }

    /// Opens a session: listening comes first, then what was missed, then the acknowledgement.
    fn watch(
        &mut self,
        id: &CommandId,
        session: SessionId,
        after: Option<u64>,
        out: &mut Frames,
    ) -> Result<(), Refusal> {
        let key = self.key(session);
        self.exists(&key)?;
        self.open(&key, out)?;
        let mut more = false;
        if let Some(after) = after {
            let mut logged = self.doors.engine.sessions.log(&key, after, EVENTS_MAX + 1)?;
            more = logged.len() > EVENTS_MAX;
            logged.truncate(EVENTS_MAX);
            self.give_again(&key, &logged, out);
        }
        let position = self.watermark.to_string();
        let (desk, caller) = (self.doors.engine.desk.clone(), self.person.caller.clone());
        self.beside(id, async move {
            let mut fields = frame::field("session", &render::summary(&desk.listed(&caller, &key.session).await?));
            fields.insert("position".to_owned(), position.into());
            if more {
                fields.insert("more".to_owned(), true.into());
            }
            Ok(fields)
        });
        Ok(())
    }

    fn exists(&self, key: &SessionKey) -> Result<(), Refusal> {
        self.doors.engine.sessions.exists(key)
    }

    fn desk_order(&mut self, id: &CommandId, session: SessionId, command: DeskCommand) {
        self.order(id, session, Command::Desk(command), None);
    }

    /// Sends a command to a session, behind what is posted beside the connection; its answer comes as an item.
    fn order(&mut self, id: &CommandId, session: SessionId, command: Command, written: Option<&'static str>) {
        let (tag, key) = (self.expect(id, written), self.key(session));
        if !self.posting.is_busy() {
            return self.doors.engine.sessions.send(&key, command, &self.outbox, tag);
        }
        let mut turn = self.posting.line_up();
        let (sessions, outbox) = (self.doors.engine.sessions.clone(), Arc::clone(&self.outbox));
        tokio::spawn(async move {
            turn.comes().await;
            sessions.send(&key, command, &outbox, tag);
        });
    }

    /// Works on something beside the connection that has its place among what is posted: a conversation that is passed on with its file
    /// behind it would come back to whoever sent the file.
    fn in_turn(&mut self, id: &CommandId, work: impl Future<Output = Result<Fields, Refusal>> + Send + 'static) {
        let mut turn = self.posting.line_up();
        self.beside(id, async move {
            turn.comes().await;
            work.await
        });
    }

    /// Works on something beside the connection; its answer comes as an item.
    fn beside(&mut self, id: &CommandId, work: impl Future<Output = Result<Fields, Refusal>> + Send + 'static) {
        let (tag, id, outbox) = (self.expect(id, None), id.clone(), self.outbox.clone());
        tokio::spawn(async move {
            // Nobody else would answer the frame.
            let done = AssertUnwindSafe(work).catch_unwind().await;
            let bytes = match done.unwrap_or(Err(Refusal::Unavailable { part: "desk" })) {
                Ok(fields) => frame::ack(id.as_deref(), fields),
                Err(refusal) => frame::error(id.as_deref(), &refusal),
            };
            outbox.push(Item::Frame { answers: Some(tag), bytes: bytes.unwrap_or_default() });
        });
    }

    fn expect(&mut self, id: &CommandId, written: Option<&'static str>) -> u64 {
        self.last_tag += 1;
        self.pending.push(Pending { tag: self.last_tag, id: id.clone(), written });
        self.last_tag
    }

    fn take_pending(&mut self, tag: u64) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.tag == tag)?;
        Some(self.pending.remove(at))
    }

    fn visitor(&self) -> Visitor {
        Visitor::Staff { user: self.person.user, name: self.person.name.clone() }
    }
}
