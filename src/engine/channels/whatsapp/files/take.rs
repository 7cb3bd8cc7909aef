//! Puts a fetched file into the conversation: kept first, then with a message of its sender's, and what was spoken as another, under
//! ids that follow from the one that announced it. Whatever breaks off in between is done again and is the same.

use bytes::Bytes;

use super::fetcher::FetcherParts;
use super::list::{Sender, What};
use super::{ToFetch, fetch, list};
use crate::assistant::transcribe::Audio;
use crate::channels::failure::Failure;
use crate::domain::attachment::stand_in;
use crate::domain::{Attachment, Body, Command, Draft, Refusal, Visitor};
use crate::engine::files::{Upload, Uploader};

/// How often it is tried to write down what was spoken, before the customer is told that nobody understood them.
const HEARINGS_MAX: u32 = 3;

/// What became of files, by outcome.
const FILES: &str = "switchboard_whatsapp_files_total";

/// What became of one.
#[derive(Debug)]
pub(super) enum Became {
    /// It is over, well or not.
    Done,
    /// It is to be tried again, as Meta's failure says.
    Failed(Failure),
    /// It is to be tried again: something of ours could not do its part.
    Refused(Refusal),
}

/// Does all that is to be done about a file.
pub(super) async fn take(parts: &FetcherParts, to_fetch: &ToFetch) -> Became {
    match follow_up(parts, to_fetch).await {
        Ok(became) => became,
        Err(why @ (Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. })) => Became::Refused(why),
        // The session is gone, or takes nothing of the kind, for ever.
        Err(why) => {
            tracing::warn!(session = ?to_fetch.key, %why, "a file of WhatsApp's has no place in its conversation");
            Became::Done
        }
    }
}

async fn follow_up(parts: &FetcherParts, to_fetch: &ToFetch) -> Result<Became, Refusal> {
    if is_told(parts, to_fetch)? {
        return Ok(Became::Done);
    }
    // Nobody is to bring a session back that was erased.
    parts.sessions.read(&to_fetch.key, &Visitor::Customer(to_fetch.customer.clone()))?;
    let most = fetch::most_of(&to_fetch.kind).min(parts.files.limits().file_max_bytes);
    let mut room = parts.files.room(&to_fetch.key.organization);
    room.hold(usize::try_from(most).unwrap_or(usize::MAX))?;
    let bytes = match fetch::fetch(&parts.graph, to_fetch, most, parts.clock.now()).await {
        Ok(bytes) => bytes,
        Err(fetch::NotFetched::Failed(failure)) => return Ok(Became::Failed(failure)),
        Err(fetch::NotFetched::Lost(why)) => return lose(parts, to_fetch, why).await,
    };
    let file = match keep(parts, to_fetch, bytes.clone()).await {
        Ok(file) => file,
        Err(Refusal::TooLarge { .. }) => return lose(parts, to_fetch, "too large").await,
        Err(Refusal::Invalid { .. }) => return lose(parts, to_fetch, "refused").await,
        Err(Refusal::Conflict { .. }) => return lose(parts, to_fetch, "too many files").await,
        Err(why) => return Err(why),
    };
    let words = if to_fetch.spoken { words(parts, to_fetch, bytes).await? } else { None };
    match post_file(parts, to_fetch, file).await {
        // It was found meanwhile that it does harm.
        Err(Refusal::Invalid { .. }) => return lose(parts, to_fetch, "refused").await,
        posted => posted?,
    }
    match words {
        Some(words) => answer(parts, to_fetch, words).await?,
        None => tell(parts, to_fetch).await?,
    }
    Ok(Became::Done)
}

/// Posts what was spoken. It is answered, unless its customer was asked to write meanwhile.
async fn answer(parts: &FetcherParts, to_fetch: &ToFetch, words: Body) -> Result<(), Refusal> {
    let _alone = parts.to_do.answering.lock().await;
    let what = if is_posted(parts, to_fetch, What::Notice)? { What::LateWords } else { What::Words };
    post(parts, to_fetch, what, words, Vec::new()).await
}

/// Asks whoever spoke to write, because their words have not come for long; not where they came just now.
pub(super) async fn tell_unheard(parts: &FetcherParts, to_fetch: &ToFetch) -> Result<(), Refusal> {
    // Nobody is to bring a session back that was erased.
    parts.sessions.read(&to_fetch.key, &Visitor::Customer(to_fetch.customer.clone()))?;
    let _alone = parts.to_do.answering.lock().await;
    if is_posted(parts, to_fetch, What::Words)? {
        return Ok(());
    }
    tracing::warn!(session = ?to_fetch.key, tries = to_fetch.tries, "a voice note of WhatsApp's is not heard for long");
    tell(parts, to_fetch).await
}

/// Whether all was said before: the process may have ended just then. Words are looked for also where their customer was asked to write.
fn is_told(parts: &FetcherParts, to_fetch: &ToFetch) -> Result<bool, Refusal> {
    let is_posted = |what| is_posted(parts, to_fetch, what);
    let is_understood = !to_fetch.spoken || is_posted(What::Words)? || (!to_fetch.told && is_posted(What::Notice)?);
    Ok(is_understood && is_posted(What::File)?)
}

fn is_posted(parts: &FetcherParts, to_fetch: &ToFetch, what: What) -> Result<bool, Refusal> {
    let (_, client_id) = to_fetch.message(what);
    let user = if what == What::Notice { None } else { to_fetch.visitor()?.user() };
    parts.sessions.posted_as(&to_fetch.key, user, &client_id).map(|posted| posted.is_some())
}

async fn keep(parts: &FetcherParts, to_fetch: &ToFetch, bytes: Bytes) -> Result<Attachment, Refusal> {
    let upload = Upload {
        id: Some(to_fetch.file()),
        name: to_fetch.name.clone(),
        declared: to_fetch.mime.clone(),
        bytes,
        by: Uploader::Channel,
        // Meta vouches for the number.
        vouched: true,
    };
    parts.files.put(&to_fetch.key, upload).await
}

/// What was spoken; nothing where nobody can understand it.
async fn words(parts: &FetcherParts, to_fetch: &ToFetch, bytes: Bytes) -> Result<Option<Body>, Refusal> {
    let heard = match Audio::new(bytes) {
        Ok(audio) => parts.voice.words_of(&to_fetch.key, audio).await,
        Err(why) => Err(why),
    };
    match heard.and_then(|words| Body::parse("audio", &words)) {
        Ok(words) => Ok(Some(words)),
        Err(why @ (Refusal::Busy | Refusal::Unavailable { .. })) if to_fetch.hearings + 1 < HEARINGS_MAX => {
            if let Err(error) = list::heard_in_vain(&parts.to_do.store, to_fetch).await {
                tracing::error!(%error, "that a voice note could not be heard can not be written down");
            }
            Err(why)
        }
        Err(why) => {
            tracing::warn!(session = ?to_fetch.key, %why, "a voice note of WhatsApp's could not be written down");
            Ok(None)
        }
    }
}

/// It never comes: so much is said in its place.
pub(super) async fn lose(parts: &FetcherParts, to_fetch: &ToFetch, why: &'static str) -> Result<Became, Refusal> {
    tracing::warn!(session = ?to_fetch.key, why, "a file of WhatsApp's can not be had");
    metrics::counter!(FILES, "outcome" => "lost").increment(1);
    let body = Body::clipped(&format!("[{} is lost: {why}]", to_fetch.kind));
    post(parts, to_fetch, What::File, body, Vec::new()).await?;
    tell(parts, to_fetch).await?;
    Ok(Became::Done)
}

async fn post_file(parts: &FetcherParts, to_fetch: &ToFetch, file: Attachment) -> Result<(), Refusal> {
    let files = parts.files.claim(&to_fetch.key, Uploader::Channel, &[file.id]).await?;
    post(parts, to_fetch, What::File, stand_in(&files), files).await?;
    metrics::counter!(FILES, "outcome" => "kept").increment(1);
    Ok(())
}

/// Posts a message of its sender's, of which only words want an answer.
async fn post(
    parts: &FetcherParts,
    to_fetch: &ToFetch,
    what: What,
    body: Body,
    attachments: Vec<Attachment>,
) -> Result<(), Refusal> {
    let (id, client_id) = to_fetch.message(what);
    let draft = Draft {
        id,
        body,
        client_id: Some(client_id),
        metadata: Some(to_fetch.facts()),
        quiet: what != What::Words,
        sent_at: to_fetch.sent_at,
        attachments,
    };
    let draft = match to_fetch.by {
        Sender::Customer => parts.to_do.braking.hold("whatsapp", &to_fetch.key, draft, parts.clock.now()),
        Sender::Colleague => draft,
    };
    parts.sessions.post(&to_fetch.key, to_fetch.visitor()?, None, draft).await.map(drop)
}

/// Tells the customer that nobody understood them, where they spoke.
async fn tell(parts: &FetcherParts, to_fetch: &ToFetch) -> Result<(), Refusal> {
    let Some(text) = parts.unheard_text.as_ref().filter(|_| to_fetch.spoken) else { return Ok(()) };
    let (id, client_id) = to_fetch.message(What::Notice);
    let draft = Draft {
        id,
        body: text.clone(),
        client_id: Some(client_id),
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    let announced = Command::Announce { visitor: Visitor::Service, draft };
    parts.sessions.receipt_of(&to_fetch.key, announced).await.map(drop)
}
