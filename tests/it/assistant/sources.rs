//! A model's answer is sent only if what it claims really stands where it says.

use std::sync::Arc;

use futures_util::StreamExt;
use switchboard::assistant::{
    Builtin, Delta, Knowledge, Line, OpenAi, OpenAiConfig, Passage, Remembered, Responder, Speaker, Turn,
};
use switchboard::clock::SystemClock;
use switchboard::domain::{
    Action, Answer, Cited, DocumentId, OrganizationId, SessionId, SessionKey, Source, TurnResult,
};

use crate::support::llm::{Llm, answer};

const WARRANTY: &str =
    "Kettles have a warranty of 24 months. It covers the heating element; it does not cover limescale.";

/// Where the passage begins in its document.
const STARTS_AT: u32 = 1_000;

fn turn(question: &str) -> Turn {
    let session =
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() };
    let end = STARTS_AT + u32::try_from(WARRANTY.chars().count()).unwrap();
    let cited = Some(Cited { document: DocumentId(uuid::Uuid::nil()), version: 3, start: STARTS_AT, end });
    let source = Source { cited, ..Source::titled("w".to_owned(), "Warranty".to_owned()) };
    Turn {
        messages: vec![question.into()],
        passages: vec![Passage { source, question: None, text: WARRANTY.to_owned(), score: 0.9 }],
        ..Turn::new(session, Arc::default())
    }
}

/// What comes of a model that answers so: what was shown, and the outcome.
async fn answered(turn: Turn, says: &str) -> (String, TurnResult) {
    let pieces: Vec<&str> = says.split_inclusive(' ').collect();
    let llm = Llm::start(vec![answer(&pieces)]).await;
    let config = OpenAiConfig { base_url: llm.base_url.clone(), ..OpenAiConfig::default() };
    let builtin = Arc::new(Builtin::new(Knowledge::starter()));
    let openai = OpenAi::new(config, Arc::clone(&builtin), builtin, Arc::new(SystemClock)).unwrap();
    let (mut shown, mut result) = (String::new(), None);
    let mut deltas = openai.reply(turn);
    while let Some(delta) = deltas.next().await {
        match delta {
            Delta::Text(text) => shown.push_str(&text),
            Delta::Withdrawn => shown.clear(),
            Delta::Done(done) => result = Some(done),
            Delta::Understood(_) | Delta::Used(_) | Delta::FallsBack => {}
        }
    }
    (shown, result.unwrap())
}

fn replied(result: TurnResult) -> Answer {
    match result {
        Ok(Action::Reply(answer)) => answer,
        other => panic!("not a reply: {other:?}"),
    }
}

const QUESTION: &str = "How long does the zeppelin kettle have a warranty?";

#[tokio::test]
async fn a_quote_is_kept_with_its_place_in_the_document() {
    let says = "It has a warranty of 24 months [1: \"Warranty of 24  MONTHS\"], for the heating element [1: \"covers the heating element\"].";
    let (shown, result) = answered(turn(QUESTION), says).await;
    let answer = replied(result);
    assert_eq!(answer.text, "It has a warranty of 24 months, for the heating element.");
    assert_eq!(shown, answer.text);
    assert!(answer.reading.confidence >= 0.9);
    let cited: Vec<&str> = answer
        .sources
        .iter()
        .map(|source| {
            let cited = source.cited.unwrap();
            assert_eq!(cited.version, 3);
            let at = |chars: u32| usize::try_from(chars - STARTS_AT).unwrap();
            &WARRANTY[at(cited.start)..at(cited.end)]
        })
        .collect();
    assert_eq!(cited, ["warranty of 24 months", "covers the heating element"]);
}

#[tokio::test]
async fn an_answer_with_an_invented_source_or_none_is_not_sent_as_fact() {
    for says in [
        "It has a warranty of 36 months.",
        "It has a warranty of 36 months [1: \"warranty of 36 months\"].",
        "It has a warranty of 36 months [1: \"warranty of 24 months\"].",
        "It has a warranty of 36 months [9: \"warranty of 24 months\"].",
        "Of course! Our warranty covers limescale too.",
        "We refund every kettle.",
        "You get thirty-six months.",
    ] {
        let (shown, result) = answered(turn(QUESTION), says).await;
        let text = match result {
            Ok(Action::Reply(answer) | Action::AskFor { answer, .. }) => answer.text,
            other => panic!("{says}: {other:?}"),
        };
        assert!(
            !text.contains("36") && !text.contains("limescale too") && !text.contains("refund every"),
            "{says}: {text}"
        );
        assert_eq!(shown, "", "{says}: what was shown is withdrawn");
    }
}

#[tokio::test]
async fn talk_needs_no_source_and_gets_none() {
    for says in ["Hello! How can I help you?", "I do not know that. Would you like to talk to a human agent?"] {
        let answer = replied(answered(turn("Hello"), says).await.1);
        assert_eq!((answer.text.as_str(), answer.sources.len()), (says, 0));
    }
}

#[tokio::test]
async fn what_was_told_before_may_be_said_again() {
    let mut turn = turn("Where is it?");
    turn.history.push(Line { speaker: Speaker::Agent, text: "It arrives on 24 December.".into() });
    turn.memories = vec![Remembered { key: "floor".to_owned(), value: "3rd floor, flat 17".to_owned() }];
    turn.known.insert("order_number".to_owned(), "771".to_owned());
    let says = "Order 771 arrives on 24 December at flat 17.";
    assert_eq!(replied(answered(turn, says).await.1).text, says);
}
