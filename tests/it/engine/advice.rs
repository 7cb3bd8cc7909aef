//! What the assistant makes of a text that nobody sent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use switchboard::actors::Policies;
use switchboard::assistant::{Delta, Responder, Turn};
use switchboard::clock::SystemClock;
use switchboard::domain::{Action, Answer, AssistantSettings, Body, OrganizationId, Policy};
use switchboard::engine::{Advice, Settings};
use switchboard::store::{Store, StoreLimits};

use crate::support::kv::MemoryKv;

/// Says more than it is allowed to.
struct Talkative;

impl Responder for Talkative {
    fn reply(&self, _: Turn) -> BoxStream<'static, Delta> {
        let answer = Answer { text: "It is open. Come in whenever you like.".to_owned(), ..Answer::default() };
        futures_util::stream::iter([Delta::Done(Ok(Action::Reply(answer)))]).boxed()
    }

    fn name(&self) -> &'static str {
        "talkative"
    }
}

#[tokio::test]
async fn advice_is_no_longer_than_the_organization_allows() {
    let (store, _completions) = Store::over(Arc::new(MemoryKv::default()), StoreLimits::default()).unwrap();
    let assistant = AssistantSettings { reply_max_chars: 20, ..AssistantSettings::default() };
    let policy = Arc::new(Policy { assistant: Arc::new(assistant), ..Policy::default() });
    let settings = Settings::new(store.clone(), Arc::new(Policies::new(store, policy)), Arc::new(SystemClock));
    let advice = Advice::new(Some(Arc::new(Talkative)), settings, Duration::from_secs(60));
    let text = Body::parse("text", "When?").unwrap();
    let advised = advice.on(&OrganizationId::default_organization(), &text).await.unwrap();
    assert_eq!(advised.text.as_deref(), Some("It is open."));
}
