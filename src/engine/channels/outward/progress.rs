//! How far a session's messages came, in the words that the staff reads.

use super::dispatch::{Dispatch, Dispatches, Sent, Step};
use super::placing::why_without_file;
use super::why;
use crate::channels::delivery::Delivery as Reach;
use crate::channels::failure::{Failure, FailureClass};
use crate::domain::{Channel, SessionKey, Timestamp};
use crate::store::StoreError;

/// How far one message came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The message's place in the session.
    pub seq: u64,
    /// By which channel.
    pub channel: Channel,
    /// How far, as a whole.
    pub stage: ProgressStage,
    /// Why it waits or failed, or why a file of it did not go.
    pub why: Option<String>,
    /// In how many messages of the channel it goes, and how many of them went.
    pub parts: (usize, usize),
    /// When anything of it changed.
    pub at: Timestamp,
}

/// How far a message came as a whole: as far as the part that came least far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressStage {
    /// It is to go, or it is not known whether it went.
    Waiting,
    /// It will not arrive.
    Failed,
    /// The provider says how far.
    Reached(Reach),
}

impl ProgressStage {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed | Self::Reached(Reach::Failed) => "failed",
            Self::Reached(Reach::Accepted) => "accepted",
            Self::Reached(Reach::Sent) => "sent",
            Self::Reached(Reach::Delivered) => "delivered",
            Self::Reached(Reach::Read) => "read",
            Self::Reached(Reach::Played) => "played",
        }
    }
}

impl Dispatches {
    /// How far the newest messages of a session came, the newest first, up to `limit`. Another organization's session has none.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn progress(&self, key: &SessionKey, limit: usize) -> Result<Vec<Progress>, StoreError> {
        Ok(self.newest(key, limit)?.iter().map(progress).collect())
    }
}

fn progress(dispatch: &Dispatch) -> Progress {
    let gone = dispatch.parts.iter().filter(|part| part.step == Step::Gone).count();
    let failure = dispatch.failure.as_ref();
    let lost = dispatch.parts.iter().find(|part| part.reach == Some(Reach::Failed));
    let stage = match dispatch.reach() {
        // The others may be on their way still.
        _ if lost.is_some() => ProgressStage::Failed,
        Some(reach) => ProgressStage::Reached(reach),
        None if failure.is_some_and(is_final) => ProgressStage::Failed,
        None => ProgressStage::Waiting,
    };
    let is_well = matches!(stage, ProgressStage::Reached(_));
    let why_lost = lost.and_then(|part| why_lost(dispatch, part));
    Progress {
        seq: dispatch.seq,
        channel: dispatch.channel,
        stage,
        why: why_lost.or_else(|| failure.filter(|_| !is_well).map(why)).or_else(|| why_without_file(&dispatch.parts)),
        parts: (dispatch.parts.len(), gone),
        at: dispatch.at,
    }
}

/// Why a part did not arrive that the provider had taken. Of a message that is more than its file it is said that it is the file.
fn why_lost(dispatch: &Dispatch, part: &Sent) -> Option<String> {
    let why = why(part.failure.as_ref()?);
    let is_file = part.file.as_ref().is_some_and(|file| file.left_out.is_none());
    Some(if is_file && dispatch.parts.len() > 1 { format!("a file did not arrive: {why}") } else { why })
}

/// Whether it is not tried again by itself. An account that somebody has to mend goes on once they have.
const fn is_final(failure: &Failure) -> bool {
    matches!(
        failure.class,
        FailureClass::WindowClosed
            | FailureClass::OtherAddress
            | FailureClass::OptedOut
            | FailureClass::TooOld
            | FailureClass::Permanent
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::placing::SentFile;
    use super::*;
    use crate::domain::{MessageId, OrganizationId, SessionId};

    fn told(parts: &[(Step, Option<Reach>)], failure: Option<FailureClass>) -> (&'static str, Option<String>) {
        let sent = |(step, reach): &(Step, Option<Reach>)| Sent { step: *step, reach: *reach, ..Sent::default() };
        let dispatch = Dispatch {
            id: Uuid::nil(),
            organization: OrganizationId::default_organization(),
            session: SessionId::parse("s").unwrap(),
            seq: 3,
            message: MessageId(Uuid::nil()),
            channel: Channel::Sms,
            account: "+15550001111".to_owned(),
            parts: parts.iter().map(sent).collect(),
            failure: failure.map(|class| Failure::new(class, None, "+15550002222 is off")),
            streak: None,
            at: Timestamp::from_ms(0),
        };
        let progress = progress(&dispatch);
        (progress.stage.as_str(), progress.why)
    }

    #[test]
    fn a_message_without_one_of_its_files_says_so_however_far_it_came() {
        let file = |held: Option<&str>, left_out: Option<&str>| SentFile {
            held: held.map(str::to_owned),
            left_out: left_out.map(str::to_owned),
            ..SentFile::default()
        };
        let part = |file| Sent { step: Step::Gone, reach: Some(Reach::Read), file: Some(file), ..Sent::default() };
        let why = |files: Vec<SentFile>| why_without_file(&files.into_iter().map(part).collect::<Vec<_>>());
        assert_eq!(why(vec![file(None, None)]), None);
        assert_eq!(why(vec![file(Some("held"), None)]).as_deref(), Some("a file is waited for: held"));
        let both = vec![file(Some("held"), None), file(Some("held"), Some("harm"))];
        assert_eq!(why(both).as_deref(), Some("a file did not go: harm"));
    }

    #[test]
    fn a_message_is_as_far_as_its_last_part_and_says_why_it_is_not_further() {
        use Step::{Gone, Waiting};
        assert_eq!(told(&[(Waiting, None)], None), ("waiting", None));
        assert_eq!(told(&[(Gone, Some(Reach::Read)), (Waiting, None)], None), ("waiting", None));
        assert_eq!(told(&[(Gone, Some(Reach::Read)), (Gone, Some(Reach::Sent))], None), ("sent", None));
        assert_eq!(told(&[(Gone, Some(Reach::Delivered))], Some(FailureClass::Retry)), ("delivered", None));
        let (word, why) = told(&[(Waiting, None)], Some(FailureClass::OptedOut));
        assert_eq!((word, why.as_deref()), ("failed", Some("the customer does not want it")));
        let (word, why) = told(&[(Waiting, None)], Some(FailureClass::Credentials));
        assert_eq!((word, why.as_deref()), ("waiting", Some("the credentials do not hold")));
        assert_eq!(told(&[(Gone, Some(Reach::Failed)), (Waiting, None)], None).0, "failed");
        let (word, why) = told(&[(Gone, Some(Reach::Sent)), (Gone, Some(Reach::Failed))], Some(FailureClass::Media));
        assert_eq!((word, why.as_deref()), ("failed", Some("a file is not taken")), "though the rest is on its way");
    }
}
