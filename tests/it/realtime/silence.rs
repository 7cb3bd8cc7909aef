//! No turn ends in silence, whatever the assistant does.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use switchboard::app::World;
use switchboard::assistant::{Delta, Responder, Turn};
use switchboard::domain::Action;
use switchboard::domain::Answer;

use super::{HandClock, follower, post, say};
use crate::support::app::TestApp;

const FALLBACK: &str = "Sorry, I could not work out an answer just now.";

/// How it fails.
#[derive(Clone, Copy)]
enum Failing {
    AtOnce,
    InTheMiddle,
    ByHanging,
    ByEnding,
    ByTalkingForEver,
    BySayingNothing,
}

impl Responder for Failing {
    fn reply(&self, _: Turn) -> BoxStream<'static, Delta> {
        let word = || Delta::Text("and ".to_owned());
        match self {
            Self::AtOnce => panic!("injected"),
            Self::InTheMiddle => {
                stream::iter(0..2).map(move |n| if n == 0 { word() } else { panic!("injected") }).boxed()
            }
            Self::ByHanging => stream::iter([word()]).chain(stream::pending()).boxed(),
            Self::ByEnding => stream::iter([word()]).boxed(),
            Self::ByTalkingForEver => stream::repeat_with(word).boxed(),
            Self::BySayingNothing => stream::iter([Delta::Done(Ok(Action::Reply(Answer::default())))]).boxed(),
        }
    }

    fn name(&self) -> &'static str {
        "failing"
    }
}

async fn falls_back(failing: Failing) {
    let world = World { responder: Some(Arc::new(failing)), ..World::default() };
    let app = TestApp::start_in_world(|config| config.assistant.deadline_ms = 300, world).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    say(&mut client, "Hello", "m").await;
    assert_eq!(client.wait_for_type("message").await["text"], FALLBACK);
    client.wait_for_type("handover_initiated").await;
    let (status, answer) = post(&app, "bob", "t", "Hello", "m").await;
    assert_eq!((status, answer["response"]["text"].as_str()), (200, Some(FALLBACK)));
}

#[tokio::test]
async fn an_assistant_that_panics_ends_in_the_fallback_and_a_handover() {
    falls_back(Failing::AtOnce).await;
    falls_back(Failing::InTheMiddle).await;
}

#[tokio::test]
async fn an_assistant_that_hangs_ends_in_the_fallback_and_a_handover() {
    falls_back(Failing::ByHanging).await;
}

#[tokio::test]
async fn an_assistant_that_talks_for_ever_ends_in_the_fallback_and_a_handover() {
    falls_back(Failing::ByTalkingForEver).await;
}

#[tokio::test]
async fn an_assistant_that_says_nothing_ends_in_the_fallback_and_a_handover() {
    falls_back(Failing::ByEnding).await;
    falls_back(Failing::BySayingNothing).await;
}

#[tokio::test]
async fn a_hanging_assistant_and_a_clock_that_jumps_back_end_in_the_fallback() {
    let clock = HandClock::new();
    let world = World { responder: Some(Arc::new(Failing::ByHanging)), clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|config| config.assistant.deadline_ms = 300, world).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    say(&mut client, "Hello", "m").await;
    clock.forward_ms(-3_600_000);
    assert_eq!(client.wait_for_type("message").await["text"], FALLBACK);
}
