//! What a mail of a conversation that goes on by mail says: what was said since the customer left, in one mail, and below it how they go on.

use super::record::{Bundle, Continuation};
use super::rule::OnwardRule;
use crate::channels::capability::EMAIL;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::Part;
use crate::domain::message::{Author, Message, Notice};
use crate::domain::{Event, SessionKey};
use crate::engine::channels::outward::{Letter, parts};
use crate::store::{Batch, CommitError, Logged, Store, StoreError, log};

/// The most messages of one mail.
const BUNDLE_MAX: usize = 20;

/// The most events among which they are looked for.
const EVENTS_MAX: usize = 200;

/// The most bytes of what is said of one mail, but for the first message, which goes whole.
const BUNDLE_MAX_BYTES: usize = 32 * 1024;

/// How often it is tried to keep what goes with one mail.
const TRIES_MAX: usize = 8;

/// Whether a message is one that goes by mail while the customer is away. What is said of the mails themselves is told on the page alone, and
/// who is away does not wait in a queue.
pub(super) fn goes_onward(message: &Message) -> bool {
    !matches!(message.author, Author::Customer | Author::Notice(Notice::Subscription | Notice::Queued))
}

/// Whether somebody said that it is to go as a mail, under a subject of its own.
pub(super) fn is_told_by_mail(message: &Message) -> bool {
    message.metadata.as_ref().is_some_and(|facts| facts.get("email").is_some())
}

impl OnwardRule {
    /// The text of a part of a session that goes on by mail; nothing for others'. What goes with one mail is kept before the first try, so each
    /// try is the same mail. Where nobody reads the mailbox the footer does not ask for answers.
    pub(in crate::engine::channels::email) async fn text(
        &self,
        letter: &Letter,
        own: &str,
        is_read: bool,
    ) -> Result<Option<String>, Failure> {
        let (store, session) = (self.store.clone(), letter.session.clone());
        let goes = apart(move || {
            let is_onward = super::is_onward(&store, &session)?;
            Ok(is_onward && Continuation::of(&store, &session)?.is_some_and(|found| found.record.proven.is_some()))
        });
        if is_told_by_mail(&letter.message) || !goes.await? {
            return Ok(None);
        }
        let texts = &self.settings.texts;
        let footer = if is_read { texts.footer.trim() } else { texts.footer_unread.trim() };
        let with_footer = |text: &str| if footer.is_empty() { text.to_owned() } else { format!("{text}\n\n{footer}") };
        let (place, all) = letter.place;
        if all != 1 {
            return Ok(Some(if place + 1 == all { with_footer(own) } else { own.to_owned() }));
        }
        let bundle = self.bundled(&letter.session, letter.seq).await?;
        let (store, session) = (self.store.clone(), letter.session.clone());
        let others = apart(move || said(&store, &session, bundle)).await?;
        Ok(Some(with_footer(&joined(&letter.message, own, &others))))
    }

    /// What goes with the message at a place, as it was decided, or is now.
    async fn bundled(&self, session: &SessionKey, first: u64) -> Result<Bundle, Failure> {
        let store = &self.store;
        let retry = |why: &str| Failure::noted(FailureClass::Retry, why);
        for _ in 0..TRIES_MAX {
            let (reader, of) = (store.clone(), session.clone());
            let found = apart(move || {
                let Some(old) = Continuation::of(&reader, &of)? else { return Ok(None) };
                let bundle = match decided(old.record.bundle, first) {
                    Some(bundle) => bundle,
                    None => {
                        let upto = said(&reader, &of, Bundle { first, upto: u64::MAX })?;
                        Bundle { first, upto: upto.last().map_or(first, |last| last.seq) }
                    }
                };
                Ok(Some((old, bundle)))
            });
            // It was parted with meanwhile.
            let Some((old, bundle)) = found.await? else { return Ok(Bundle { first, upto: first }) };
            if decided(old.record.bundle, first).is_some() {
                return Ok(bundle);
            }
            let mut batch = Batch::default();
            let new = Continuation { bundle: Some(bundle), ..old.record.clone() };
            new.put(&mut batch, Some(&old)).map_err(|_| retry("the store does not read"))?;
            match store.commit(batch).await {
                Ok(()) => return Ok(bundle),
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => return Err(retry("the store does not write")),
            }
        }
        Err(retry("its conversation is changed all the time"))
    }
}

/// What goes with a message, where that was decided. One that comes after a later mail, as when a person has it sent again, goes alone: what
/// was said behind it may have gone with that one.
fn decided(known: Option<Bundle>, first: u64) -> Option<Bundle> {
    let known = known.filter(|known| first <= known.first)?;
    Some(if known.first == first { known } else { Bundle { first, upto: first } })
}

/// Reads on a thread where reading may take its time.
async fn apart<T: Send + 'static>(read: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, Failure> {
    let failed = || Failure::new(FailureClass::Retry, None, "the store does not read");
    tokio::task::spawn_blocking(read).await.map_err(|_| failed())?.map_err(|_| failed())
}

/// A message behind the first, and its place.
struct Said {
    seq: u64,
    message: Message,
}

/// What goes in one mail behind its first message: up to the next word of the customer's, or message with files, which has a mail of its own.
fn said(store: &Store, session: &SessionKey, bundle: Bundle) -> Result<Vec<Said>, StoreError> {
    let mut found = Vec::new();
    let mut bytes = 0;
    for Logged { seq, event, .. } in log::read::<Event>(store, session, bundle.first, EVENTS_MAX)? {
        if seq > bundle.upto || found.len() + 1 >= BUNDLE_MAX {
            break;
        }
        let Event::Posted(message) = event else { continue };
        if message.author == Author::Customer || !message.attachments.is_empty() || is_told_by_mail(&message) {
            break;
        }
        if !goes_onward(&message) {
            continue;
        }
        bytes += message.body.as_str().len();
        if bytes > BUNDLE_MAX_BYTES {
            break;
        }
        found.push(Said { seq, message });
    }
    Ok(found)
}

/// All of it, each as it would go alone; with the names of the people where there are several messages.
fn joined(first: &Message, own: &str, others: &[Said]) -> String {
    if others.is_empty() {
        return own.to_owned();
    }
    let mut text = named(first, own);
    for Said { message, .. } in others {
        let written = parts(message, &EMAIL, false).into_iter().map(|part| match part {
            Part::Text(text) | Part::Choices { text, .. } => text,
            Part::File { caption, .. } => caption.unwrap_or_default(),
        });
        text.push_str("\n\n");
        text.push_str(&named(message, &written.collect::<Vec<_>>().join("\n")));
    }
    text
}

fn named(message: &Message, text: &str) -> String {
    match &message.author {
        Author::Agent { name, .. } => format!("{}:\n{text}", name.as_str()),
        Author::Customer | Author::Assistant | Author::Notice(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_message_that_goes_again_takes_nothing_of_a_later_mail_with_it() {
        let later = Bundle { first: 7, upto: 9 };
        assert_eq!(decided(Some(later), 7), Some(later), "each try is the same mail");
        assert_eq!(decided(Some(later), 3), Some(Bundle { first: 3, upto: 3 }));
        assert_eq!(decided(Some(later), 10), None, "what comes behind it is a mail of its own");
        assert_eq!(decided(None, 3), None);
    }
}
