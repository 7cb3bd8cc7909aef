//! Notes that are being written down: whoever brings one under the same id meanwhile gets the same words, from one call.

use std::sync::{Arc, Weak};

use dashmap::DashMap;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

use crate::domain::{ClientMessageId, Refusal, SessionKey, UserId};

/// What a note says, or why nobody can tell.
pub(super) type Words = Result<Arc<str>, Refusal>;

/// What makes two notes the same: their session, who sent them, and the sender's own id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub session: SessionKey,
    pub user: Option<UserId>,
    pub client_id: ClientMessageId,
}

/// All that are under way.
#[derive(Default)]
pub(super) struct Hearings(DashMap<Name, Weak<Hearing>>);

/// One that is under way, as long as somebody holds it.
pub(super) struct Hearing {
    name: Name,
    among: Arc<Hearings>,
    words: Shared<BoxFuture<'static, Words>>,
}

impl Hearings {
    /// The one that is under way under this name, or `begin`.
    pub(super) fn join(
        self: &Arc<Self>,
        name: Name,
        begin: impl FnOnce() -> BoxFuture<'static, Words>,
    ) -> Arc<Hearing> {
        let mut place = self.0.entry(name.clone()).or_default();
        if let Some(under_way) = place.upgrade() {
            return under_way;
        }
        let begun = Arc::new(Hearing { name, among: Arc::clone(self), words: begin().shared() });
        *place = Arc::downgrade(&begun);
        begun
    }
}

impl Hearing {
    pub(super) async fn words(&self) -> Words {
        self.words.clone().await
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.among.0.remove_if(&self.name, |_, known| known.strong_count() == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    fn name(id: &str) -> Name {
        let session = SessionId::parse("s").unwrap();
        let session = SessionKey { organization: OrganizationId::default_organization(), session };
        Name { session, user: None, client_id: ClientMessageId::parse(id).unwrap() }
    }

    fn says(words: &str) -> BoxFuture<'static, Words> {
        std::future::ready(Ok(Arc::from(words))).boxed()
    }

    #[tokio::test]
    async fn what_is_under_way_is_joined_and_what_nobody_holds_is_forgotten() {
        let hearings = Arc::<Hearings>::default();
        let first = hearings.join(name("a"), || says("first"));
        let second = hearings.join(name("a"), || says("second"));
        let other = hearings.join(name("b"), || says("other"));
        assert_eq!(second.words().await.as_deref(), Ok("first"));
        assert_eq!(other.words().await.as_deref(), Ok("other"));
        drop((first, other));
        assert_eq!(hearings.join(name("a"), || says("third")).words().await.as_deref(), Ok("first"), "one holds it");
        drop(second);
        assert!(hearings.0.is_empty());
        assert_eq!(hearings.join(name("a"), || says("third")).words().await.as_deref(), Ok("third"));
    }
}
