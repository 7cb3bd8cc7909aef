//! Uploads a file of a message to Meta, before the message that names the upload goes. It is read piece by piece while it goes. What an
//! upload is called is good for a month; nobody sees it before, so it is done again wherever it is not sure that it was done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::TryStreamExt;
use uuid::Uuid;

use super::outlet::WhatsappOutlet;
use crate::channels::capability::FileKind;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::Part;
use crate::channels::whatsapp::outgoing::{UploadForm, is_opus};
use crate::channels::whatsapp::{MediaId, NumberId, response};
use crate::domain::{Attachment, Refusal};
use crate::engine::channels::Occasion;
use crate::engine::channels::outward::{Letter, NotPlaced, Placed};
use crate::engine::files::OpenFile;

/// How long an upload is taken to be known at Meta, in milliseconds: it is for 30 days.
const GOOD_FOR_MS: u64 = 29 * 24 * 60 * 60 * 1_000;

/// How much of a file says what is in it, in bytes.
const HEAD_BYTES: u64 = 64;

impl WhatsappOutlet {
    /// Whether the file of a letter's part is known to be at Meta.
    pub(super) fn is_uploaded(&self, letter: &Letter) -> bool {
        let now = self.clock.now();
        letter.placed.as_ref().is_some_and(|placed| now.since_ms(placed.at) < GOOD_FOR_MS)
    }

    /// Uploads the file of a letter's part, and says where it is.
    pub(super) async fn upload(&self, letter: &Letter) -> Result<Placed, NotPlaced> {
        let now = self.clock.now();
        let Part::File { index, kind, .. } = &letter.part else { return Err(never("it is none of the message's")) };
        let file = letter.message.attachments.get(*index).ok_or_else(|| never("it is none of the message's"))?;
        // Where the message may not go the file need not.
        self.check_window(letter).map_err(NotPlaced::Failed)?;
        self.permit(letter, Occasion::Conversation).map_err(NotPlaced::Failed)?;
        let open = self.files.open(&letter.session, file.id).map_err(|why| not_at_hand(&why))?;
        let kind = shown_as(*kind, file, &open).await?;
        let id = self.go_up(letter, file, &open).await?;
        Ok(Placed { id: id.as_str().to_owned(), kind, at: now })
    }

    async fn go_up(&self, letter: &Letter, file: &Attachment, open: &OpenFile) -> Result<MediaId, NotPlaced> {
        let (Some(graph), Ok(number)) = (&self.graph, NumberId::parse(&letter.account.name)) else {
            let failure = Failure::new(FailureClass::Credentials, None, "the channel is not set up");
            return Err(NotPlaced::Failed(failure));
        };
        let form = UploadForm::new(Uuid::new_v4(), file.media_type.as_str(), &file.name.ending());
        let is_broken = Arc::<AtomicBool>::default();
        let breaks = Arc::clone(&is_broken);
        let bytes = open.stream(0..open.len()).inspect_err(move |_| breaks.store(true, Ordering::SeqCst));
        let answered = graph.upload(&number, form, open.len(), bytes).await;
        if is_broken.load(Ordering::SeqCst) {
            return Err(NotPlaced::NotAtHand("its bytes can not be read now"));
        }
        let read = answered.and_then(|answered| response::read_upload(&answered.as_answer(self.clock.now())));
        read.map_err(refused)
    }
}

/// What a refusal of an upload means: nobody saw it, so what is not clear is done again.
fn refused(mut failure: Failure) -> NotPlaced {
    if failure.class == FailureClass::Permanent {
        return match failure.code {
            Some(code) => NotPlaced::Never(format!("WhatsApp does not take it ({code})")),
            None => never("WhatsApp does not take it"),
        };
    }
    if failure.class == FailureClass::Unclear {
        failure.class = FailureClass::Retry;
    }
    NotPlaced::Failed(failure)
}

/// As what a file goes: sound that Meta would not play goes as a file to open.
async fn shown_as(kind: FileKind, file: &Attachment, open: &OpenFile) -> Result<FileKind, NotPlaced> {
    if kind != FileKind::Audio || file.media_type.as_str() != "audio/ogg" {
        return Ok(kind);
    }
    let head = std::pin::pin!(open.stream(0..HEAD_BYTES)).try_next().await;
    let head = head.map_err(|_| NotPlaced::NotAtHand("its bytes can not be read now"))?;
    Ok(if is_opus(&head.unwrap_or_default()) { FileKind::Audio } else { FileKind::Document })
}

fn not_at_hand(why: &Refusal) -> NotPlaced {
    match why {
        Refusal::Unavailable { part: "file scanner" } => NotPlaced::NotAtHand("whether it does harm is not known"),
        Refusal::Unavailable { .. } | Refusal::Busy => NotPlaced::NotAtHand("its bytes can not be read now"),
        Refusal::NotFound { .. } => never("it is there no longer"),
        _ => never("it was found to do harm"),
    }
}

fn never(why: &str) -> NotPlaced {
    NotPlaced::Never(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::failure::Scope;

    #[test]
    fn an_upload_that_may_have_been_taken_is_done_again_and_a_refused_one_is_not() {
        let class = |class| match refused(Failure::new(class, Some(131_053), "")) {
            NotPlaced::Failed(failure) => Some(failure.class),
            NotPlaced::Never(why) => {
                assert_eq!(why, "WhatsApp does not take it (131053)");
                None
            }
            NotPlaced::NotAtHand(why) => panic!("{why}"),
        };
        assert_eq!(class(FailureClass::Unclear), Some(FailureClass::Retry));
        assert_eq!(class(FailureClass::Media), Some(FailureClass::Media));
        assert_eq!(class(FailureClass::SlowDown(Scope::Number)), Some(FailureClass::SlowDown(Scope::Number)));
        assert_eq!(class(FailureClass::Permanent), None);
    }
}
