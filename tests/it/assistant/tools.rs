//! Models that use tools: well, badly, and without end.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use switchboard::assistant::tools::Means;
use switchboard::assistant::{Builtin, Delta, Equipment, OpenAi, OpenAiConfig, Passage, Responder, Turn};
use switchboard::clock::SystemClock;
use switchboard::domain::{Action, CustomerId, OrganizationId, SessionId, SessionKey, Source, TurnResult};

use super::operators;
use crate::support::llm::{Llm, Move, Script, answer, call, calls, done, finish, ok, text, tool};

const FEES: &str = "Express delivery to islands costs 14 euros and takes 3 days.";

/// What was remembered: key and value.
type Remembered = Arc<Mutex<Vec<(String, String)>>>;

struct Scene {
    llm: Llm,
    openai: OpenAi,
    remembered: Remembered,
}

impl Scene {
    async fn new(scripts: Vec<Script>) -> Self {
        Self::with(scripts, |config| config).await
    }

    async fn with(scripts: Vec<Script>, change: impl FnOnce(OpenAiConfig) -> OpenAiConfig) -> Self {
        let llm = Llm::start(scripts).await;
        let config =
            change(OpenAiConfig { base_url: llm.base_url.clone(), retry_base_ms: 1, ..OpenAiConfig::default() });
        let builtin = Arc::new(Builtin::new(operators()));
        let remembered = Remembered::default();
        let mut equipment = Equipment::plain(Arc::new(SystemClock));
        equipment.means = means(&remembered);
        let openai = OpenAi::equipped(config, Arc::clone(&builtin), builtin, equipment).unwrap();
        Self { llm, openai, remembered }
    }

    async fn ask(&self) -> (Vec<Delta>, TurnResult) {
        let session = SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::parse("s").unwrap(),
        };
        let turn = Turn {
            messages: vec!["What does express delivery to an island cost?".into()],
            customer: Some(CustomerId::parse("ana").unwrap()),
            ..Turn::new(session, Arc::default())
        };
        let mut deltas: Vec<Delta> = self
            .openai
            .reply(turn)
            .filter(|delta| std::future::ready(!matches!(delta, Delta::Used(_))))
            .collect()
            .await;
        match deltas.pop() {
            Some(Delta::Done(result)) => (deltas, result),
            other => panic!("{other:?}"),
        }
    }

    async fn text(&self) -> String {
        match self.ask().await.1 {
            Ok(Action::Reply(answer) | Action::AskFor { answer, .. }) => answer.text,
            other => panic!("{other:?}"),
        }
    }

    /// What the tools told in the newest request, by call.
    fn told(&self) -> Vec<(String, Value)> {
        let asked = self.llm.asked();
        let messages = asked.last().unwrap().body["messages"].as_array().unwrap().clone();
        let told = |message: &Value| {
            let content = message["content"].as_str()?;
            let told = serde_json::from_str(content).unwrap_or_else(|_| content.into());
            Some((message["tool_call_id"].as_str()?.to_owned(), told))
        };
        messages.iter().filter(|message| message["role"] == "tool").filter_map(told).collect()
    }
}

fn means(remembered: &Remembered) -> Means {
    let kept = Arc::clone(remembered);
    Means {
        search: Some(Arc::new(|_, query, _| {
            let source = Source::titled("fees".to_owned(), "Fees".to_owned());
            let found = Passage { source, question: None, text: FEES.to_owned(), score: 0.8 };
            std::future::ready(if query.contains("island") { vec![found] } else { Vec::new() }).boxed()
        })),
        remember: Some(Arc::new(move |_, customer, key, value| {
            assert_eq!(customer.as_str(), "ana");
            kept.lock().unwrap().push((key, value));
            std::future::ready(Ok(())).boxed()
        })),
        store: None,
    }
}

fn search(query: &str) -> Script {
    calls(vec![call(0, "c1", "search_knowledge", &json!({ "query": query }))])
}

#[tokio::test]
async fn what_a_search_finds_can_be_cited() {
    let said = answer(&["That is 14 euros [5: \"islands costs 14 euros\"]."]);
    let scene = Scene::new(vec![search("express island"), said]).await;
    let (_, result) = scene.ask().await;
    let Ok(Action::Reply(reply)) = result else { panic!("{result:?}") };
    assert_eq!((reply.text.as_str(), reply.sources[0].id.as_str()), ("That is 14 euros.", "fees"));
    let told = scene.told();
    assert_eq!(told[0].0, "c1");
    assert_eq!(told[0].1["passages"][0], json!({ "passage": 5, "title": "Fees", "text": FEES }));
    let asked = scene.llm.asked();
    let messages = asked[1].body["messages"].as_array().unwrap();
    let called = &messages[messages.len() - 2];
    assert_eq!((&called["role"], &called["tool_calls"][0]["id"]), (&json!("assistant"), &json!("c1")));
}

#[tokio::test]
async fn text_before_a_call_is_withdrawn() {
    let first = vec![
        ok(),
        text("Let me look "),
        text("that up."),
        call(0, "c", "search_knowledge", &json!({ "query": "x" })),
        finish("tool_calls"),
    ];
    let scene = Scene::new(vec![first, answer(&["I do not know."])]).await;
    let (deltas, result) = scene.ask().await;
    let texts = |deltas: &[Delta]| -> String {
        deltas
            .iter()
            .filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None })
            .collect()
    };
    let at = deltas.iter().position(|delta| *delta == Delta::Withdrawn).unwrap();
    assert_eq!((texts(&deltas[..at]).as_str(), texts(&deltas[at..]).as_str()), ("Let me look that", "I do not know."));
    assert!(matches!(result, Ok(Action::Reply(reply)) if reply.text == "I do not know."));
}

#[tokio::test]
async fn several_calls_at_once_are_all_answered() {
    let both = calls(vec![
        call(0, "a", "remember", &json!({ "key": "preferred_shipping", "value": "express" })),
        call(1, "b", "search_knowledge", &json!({ "query": "island" })),
    ]);
    let scene = Scene::new(vec![both, answer(&["Noted."])]).await;
    assert_eq!(scene.text().await, "Noted.");
    assert_eq!(*scene.remembered.lock().unwrap(), [("preferred_shipping".to_owned(), "express".to_owned())]);
    let told = scene.told();
    assert_eq!(told.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(told[0].1, json!({ "remembered": true }));
}

#[tokio::test]
async fn a_value_is_asked_for_and_the_question_claims_nothing() {
    let ask =
        |question: &str| calls(vec![call(0, "c", "ask", &json!({ "slot": "order_number", "question": question }))]);
    let scene = Scene::new(vec![ask("Which order is it?")]).await;
    let (_, result) = scene.ask().await;
    assert!(
        matches!(&result, Ok(Action::AskFor { slot, answer }) if slot == "order_number" && answer.text == "Which order is it?"),
        "{result:?}"
    );
    let scene = Scene::new(vec![ask("We refund 90 days. Which order is it?"), answer(&["Sorry."])]).await;
    assert_eq!(scene.text().await, "Sorry.");
    assert!(scene.told()[0].1["error"].is_string());
}

#[tokio::test]
async fn a_handover_wins_over_whatever_is_called_beside_it() {
    let both = calls(vec![
        call(0, "a", "launch_rocket", &json!({})),
        call(1, "b", "hand_over", &json!({ "reason": "is angry" })),
    ]);
    let scene = Scene::new(vec![both]).await;
    assert!(matches!(scene.ask().await.1, Ok(Action::HandOver { reason, .. }) if reason == "is angry"));
}

#[tokio::test]
async fn a_wrong_call_is_told_to_the_model_once_and_then_it_has_failed() {
    let wrong: Vec<Script> = vec![
        calls(vec![call(0, "c", "launch_rocket", &json!({}))]),
        calls(vec![tool(Some("search_knowledge"), "{\"query\": \"isl")]),
        calls(vec![call(0, "c", "remember", &json!({ "key": "Not Snake", "value": "x" }))]),
        calls(vec![call(0, "c", "ask", &json!(["order_number"]))]),
    ];
    for script in wrong {
        let scene = Scene::new(vec![script.clone(), answer(&["I do not know."])]).await;
        assert_eq!(scene.text().await, "I do not know.", "{script:?}");
        assert!(scene.told()[0].1["error"].is_string(), "{script:?}");
        let scene = Scene::new(vec![script.clone(), script, answer(&["Never asked."])]).await;
        assert_ne!(scene.text().await, "Never asked.");
        assert_eq!(scene.llm.asked().len(), 2);
    }
}

#[tokio::test]
async fn calls_without_end_are_ended() {
    let scene = Scene::new(vec![search("island")]).await;
    assert!(!scene.text().await.is_empty(), "the fallback answers");
    let asked = scene.llm.asked();
    assert_eq!(asked.len(), 5);
    assert_eq!(asked[4].body.get("tools"), None, "in the end it is offered none");
    let many =
        calls((0..8).map(|n| call(n, &format!("c{n}"), "search_knowledge", &json!({ "query": "island" }))).collect());
    let scene = Scene::new(vec![many.clone(), many, answer(&["I do not know."])]).await;
    assert_eq!(scene.text().await, "I do not know.");
    let told = scene.told();
    assert_eq!(told.len(), 16);
    assert!(told[8..].iter().all(|(_, told)| told["error"].is_string()), "{told:?}");
    let bytes: usize = told.iter().map(|(_, told)| told.to_string().len()).sum();
    assert!(bytes < 16 * 1024, "{bytes}");
}

#[tokio::test]
async fn a_tool_that_takes_too_long_ends_with_the_turns_time() {
    let slow = vec![ok(), call(0, "c", "search_knowledge", &json!({ "query": "island" })), Move::Stall];
    let scene = Scene::with(vec![slow], |config| OpenAiConfig { total_timeout_ms: 60, ..config }).await;
    assert!(!scene.text().await.is_empty());
    let scene = Scene::new(vec![vec![ok(), call(0, "c", "ask", &json!({})), done()], answer(&["Hm."])]).await;
    assert_eq!(scene.text().await, "Hm.");
}
