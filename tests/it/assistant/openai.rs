//! The assistant that asks a model, against a real server on a port that does not always behave.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use switchboard::assistant::{
    Builtin, Delta, Knowledge, Line, OpenAi, OpenAiConfig, Responder, Service, Speaker, Turn, Usage,
};
use switchboard::clock::SystemClock;
use switchboard::domain::{Action, Answer, Failure, OrganizationId, SessionId, SessionKey, TurnResult};

use super::operators;
use crate::support::llm::{Llm, Move, Script, answer, done, event, finish, ok, refusal, text, tool};

/// Far more than any of these tests takes.
const TEST_DEADLINE: Duration = Duration::from_secs(20);

const QUESTION: &str = "What is your return policy?";

/// How the builtin assistant answers [`QUESTION`].
const BUILTIN_ANSWER: &str = "You can return an item within 30 days";

struct Scene {
    llm: Llm,
    openai: OpenAi,
}

impl Scene {
    async fn new(scripts: Vec<Script>) -> Self {
        Self::with(scripts, |config| config).await
    }

    async fn with(scripts: Vec<Script>, change: impl FnOnce(OpenAiConfig) -> OpenAiConfig) -> Self {
        let llm = Llm::start(scripts).await;
        let config = change(OpenAiConfig {
            base_url: llm.base_url.clone(),
            api_key: Some("sk-test".to_owned().into()),
            first_token_timeout_ms: 5_000,
            idle_timeout_ms: 5_000,
            retry_base_ms: 1,
            ..OpenAiConfig::default()
        });
        let builtin = Arc::new(Builtin::new(operators()));
        let openai = OpenAi::new(config, Arc::clone(&builtin), builtin, Arc::new(SystemClock)).unwrap();
        Self { llm, openai }
    }

    /// The streamed texts and the outcome.
    async fn ask(&self, question: &str) -> (Vec<String>, TurnResult) {
        self.ask_turn(turn(question)).await
    }

    async fn ask_turn(&self, turn: Turn) -> (Vec<String>, TurnResult) {
        let deltas: Vec<Delta> =
            tokio::time::timeout(TEST_DEADLINE, self.openai.reply(turn).collect()).await.expect("a turn always ends");
        let mut texts = Vec::new();
        let mut outcomes = Vec::new();
        for delta in deltas {
            match delta {
                Delta::Understood(_) => assert!(texts.is_empty() && outcomes.is_empty(), "it comes first"),
                Delta::Text(text) => texts.push(text),
                Delta::Withdrawn => texts.clear(),
                Delta::Used(_) | Delta::FallsBack => {}
                Delta::Done(result) => outcomes.push(result),
            }
        }
        assert_eq!(outcomes.len(), 1, "exactly one outcome");
        (texts, outcomes.remove(0))
    }

    async fn falls_back(&self) {
        let (_, result) = self.ask(QUESTION).await;
        let answer = replied(&result);
        assert!(answer.text.starts_with(BUILTIN_ANSWER), "{}", answer.text);
    }
}

fn turn(question: &str) -> Turn {
    let session =
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() };
    Turn { messages: vec![question.into()], ..Turn::new(session, Arc::default()) }
}

fn replied(result: &TurnResult) -> &Answer {
    match result {
        Ok(Action::Reply(answer)) => answer,
        other => panic!("not a reply: {other:?}"),
    }
}

const fn is_used(delta: &Delta) -> bool {
    matches!(delta, Delta::Used(_))
}

fn stalls_soon(config: OpenAiConfig) -> OpenAiConfig {
    OpenAiConfig { first_token_timeout_ms: 40, idle_timeout_ms: 40, ..config }
}

#[tokio::test]
async fn how_the_turn_is_understood_comes_first_and_is_what_the_outcome_says() {
    let scene = Scene::new(vec![answer(&["Let me see."])]).await;
    let deltas: Vec<Delta> = scene.openai.reply(turn(QUESTION)).filter(|delta| ready(!is_used(delta))).collect().await;
    let [Delta::Understood(reading), Delta::Text(_), Delta::Text(_), Delta::Done(result)] = &deltas[..] else {
        panic!("{deltas:?}")
    };
    assert_eq!(reading, &replied(result).reading);
}

#[tokio::test]
async fn a_streamed_answer_arrives_in_pieces_and_whole() {
    let pieces = ["You have ", "30 ", "days [1: \"within 30", " days of purchase\"]", ".", " Anything", " else?"];
    let scene = Scene::new(vec![answer(&pieces)]).await;
    let (texts, result) = scene.ask(QUESTION).await;
    assert_eq!((texts[0].as_str(), texts.len() > 3), ("You have", true), "whole words: {texts:?}");
    assert_eq!(texts.concat(), "You have 30 days. Anything else?");
    let answer = replied(&result);
    assert_eq!(answer.text, "You have 30 days. Anything else?");
    assert_eq!(answer.reading.intent, "return_policy");
    assert!(answer.reading.confidence >= 0.9, "{:?}", answer.reading);
    assert_eq!(answer.sources[0].id, "kb-returns");
    assert!(scene.openai.healthy());
}

#[tokio::test]
async fn the_request_holds_persona_passages_history_and_the_tool() {
    let scene = Scene::new(vec![answer(&["Yes."])]).await;
    let mut turn = turn(QUESTION);
    turn.history = vec![
        Line { speaker: Speaker::Customer, text: "hi".into() },
        Line { speaker: Speaker::Marker, text: "An agent handed back.".into() },
    ];
    assert_eq!(replied(&scene.ask_turn(turn).await.1).text, "Yes.");
    let asked = scene.llm.asked();
    assert!(asked[0].head.starts_with("post /v1/chat/completions"));
    assert!(asked[0].head.contains("authorization: bearer sk-test"));
    let body = &asked[0].body;
    assert_eq!((&body["stream"], &body["tools"][0]["function"]["name"]), (&json!(true), &json!("hand_over")));
    let system = body["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("\"passage\":1") && system.contains("You can return an item within"), "{system}");
    let note = json!({ "note": "An agent handed back." }).to_string();
    assert_eq!(body["messages"][2], json!({ "role": "user", "content": note }));
    assert_eq!(body["messages"][3], json!({ "role": "user", "content": QUESTION }));
}

#[tokio::test]
async fn the_facts_of_the_starter_file_are_nobodys_and_no_model_is_told_them() {
    let llm = Llm::start(vec![answer(&["Yes."])]).await;
    let config = OpenAiConfig { base_url: llm.base_url.clone(), ..OpenAiConfig::default() };
    let builtin = Arc::new(Builtin::new(Knowledge::starter()));
    let openai = OpenAi::new(config, Arc::clone(&builtin), builtin, Arc::new(SystemClock)).unwrap();
    let deltas: Vec<Delta> = openai.reply(turn(QUESTION)).collect().await;
    assert!(matches!(deltas.last(), Some(Delta::Done(Ok(_)))), "{deltas:?}");
    let prompt = llm.asked()[0].body["messages"].to_string();
    assert!(prompt.contains(QUESTION) && !prompt.contains("You can return an item within"), "{prompt}");
}

#[tokio::test]
async fn what_still_comes_after_the_end_of_an_answer_is_not_waited_for() {
    // Each comment comes sooner than the wait for the count of tokens is over, and all of them later than the turn is.
    let comments = Move::Drip(b": still here\n\n".repeat(2_000));
    let scene = Scene::with(vec![vec![ok(), text("Yes."), finish("stop"), comments]], |config| OpenAiConfig {
        total_timeout_ms: 3_000,
        ..config
    })
    .await;
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "Yes.");
}

#[tokio::test]
async fn a_tool_call_hands_over_even_beside_text() {
    let script = vec![
        ok(),
        text("One moment."),
        tool(Some("hand_over"), "{\"reason\":\"wants"),
        tool(None, " a person\"}"),
        finish("tool_calls"),
        done(),
    ];
    let scene = Scene::new(vec![script]).await;
    let (_, result) = scene.ask("I have a very special case").await;
    assert!(matches!(result, Ok(Action::HandOver { reason, .. }) if reason == "wants a person"));
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up_and_left() {
    let scene = Scene::with(vec![vec![Move::Stall]], stalls_soon).await;
    scene.falls_back().await;
    tokio::time::timeout(TEST_DEADLINE, scene.llm.client_left()).await.unwrap();
    assert_eq!(scene.llm.asked().len(), 1, "the time for another try is gone");
}

#[tokio::test]
async fn keepalives_are_no_first_token() {
    let comments = Move::Drip(b": still thinking\n\n".repeat(200));
    let scene = Scene::with(vec![vec![ok(), comments, Move::Stall]], stalls_soon).await;
    scene.falls_back().await;
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_replaced() {
    let scene = Scene::with(vec![vec![ok(), text("You can "), Move::Stall]], |config| OpenAiConfig {
        idle_timeout_ms: 40,
        ..config
    })
    .await;
    let (texts, result) = scene.ask(QUESTION).await;
    assert_eq!(texts, [""; 0], "what was shown is withdrawn, and nothing is shown after it but the outcome");
    assert!(replied(&result).text.starts_with(BUILTIN_ANSWER));
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_only_before_the_first_text() {
    let scene = Scene::new(vec![vec![Move::Cut], vec![ok(), Move::Cut], answer(&["Third time."])]).await;
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "Third time.");
    assert_eq!(scene.llm.asked().len(), 3);

    let scene = Scene::new(vec![vec![ok(), text("You "), Move::Cut], answer(&["Never asked."])]).await;
    scene.falls_back().await;
    assert_eq!(scene.llm.asked().len(), 1);
}

#[tokio::test]
async fn an_end_without_a_finish_reason_is_a_failure() {
    let scene = Scene::new(vec![vec![ok(), text("You can return it within")]]).await;
    scene.falls_back().await;
}

#[tokio::test]
async fn too_many_requests_waits_as_told_and_asks_again() {
    let limited = refusal(429, &[("retry-after", "0.03")], json!({ "error": { "code": "rate_limit_exceeded" } }));
    let scene = Scene::new(vec![limited, answer(&["Now."])]).await;
    let started = tokio::time::Instant::now();
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "Now.");
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn a_wait_beyond_the_turns_time_is_not_waited() {
    let scene = Scene::new(vec![refusal(429, &[("retry-after", "60")], json!({}))]).await;
    scene.falls_back().await;
    assert_eq!(scene.llm.asked().len(), 1);
}

#[tokio::test]
async fn a_spent_account_is_said_and_never_retried() {
    let spent = refusal(429, &[("retry-after", "0.01")], json!({ "error": { "code": "insufficient_quota" } }));
    let scene = Scene::new(vec![spent]).await;
    assert_eq!(scene.ask(QUESTION).await.1, Err(Failure::OverBudget));
    assert_eq!(scene.llm.asked().len(), 1);
}

#[tokio::test]
async fn a_server_error_is_retried_as_often_as_allowed() {
    let scene = Scene::new(vec![refusal(500, &[], json!({ "error": "boom" }))]).await;
    scene.falls_back().await;
    assert_eq!(scene.llm.asked().len(), 3);
    let scene = Scene::new(vec![refusal(401, &[], json!({ "error": { "code": "invalid_api_key" } }))]).await;
    scene.falls_back().await;
    assert_eq!(scene.llm.asked().len(), 1);
}

#[tokio::test]
async fn garbage_errors_in_the_stream_and_endless_lines_are_failures() {
    let garbage: Vec<Script> = vec![
        vec![Move::Head(200, vec![("content-type", "text/html")]), Move::Send(b"<html>Bad gateway</html>".to_vec())],
        vec![ok(), Move::Send(b"data: {\"choices\":[{\"del\n\n".to_vec())],
        vec![ok(), Move::Send(b"data: \xff\xfe\xfd\n\n".to_vec())],
        vec![ok(), text("You"), event(&json!({ "error": { "message": "overloaded" } }))],
        vec![ok(), Move::Send(vec![b'x'; 1024 * 1024]), Move::Stall],
        vec![ok(), finish("stop"), done()],
        vec![ok(), text("I must not say"), finish("content_filter"), done()],
        vec![ok(), tool(Some("launch_rocket"), "{}"), finish("tool_calls"), done()],
        vec![ok(), tool(Some("ask"), "{\"slot\":"), Move::Cut],
        vec![ok(), text(&"x".repeat(1024 * 1024)), finish("stop"), done()],
        vec![
            Move::Head(200, vec![("content-type", "application/json")]),
            Move::Send(b"{\"error\":{\"code\":1}}".to_vec()),
        ],
        vec![Move::Head(200, vec![]), Move::Send(b"{\"object\":\"error\",\"message\":\"no\"}".to_vec())],
        vec![Move::Head(200, vec![("content-type", "application/octet-stream")]), Move::Send(vec![0; 4096])],
        vec![Move::Head(204, vec![])],
        vec![Move::Head(302, vec![("location", "/elsewhere")])],
    ];
    for script in garbage {
        Scene::new(vec![script]).await.falls_back().await;
    }
}

#[tokio::test]
async fn what_servers_do_otherwise_is_understood() {
    let whole =
        json!({ "choices": [{ "index": 0, "message": { "content": "Hello there." }, "finish_reason": "stop" }] });
    let pretty = serde_json::to_string_pretty(&whole).unwrap().into_bytes();
    let again =
        || event(&json!({ "choices": [{ "index": 0, "delta": { "content": " and more" }, "finish_reason": "stop" }] }));
    let odd: Vec<Script> = vec![
        vec![Move::Head(200, vec![("content-type", "application/json")]), Move::Send(pretty.clone())],
        vec![Move::Head(200, vec![]), Move::Drip(pretty)],
        vec![Move::Head(200, vec![("content-type", "application/json")]), text("Hello there."), finish("stop"), done()],
        vec![Move::Head(200, vec![("content-type", "text/plain")]), text("Hello there."), finish("stop")],
        vec![ok(), text("Hello there."), finish("stop"), again(), finish("length"), done()],
        vec![ok(), text("Hello there."), finish("stop"), Move::Stall],
        vec![
            ok(),
            event(&json!({ "choices": [] })),
            text("<think>No!</think>\n"),
            text("Hello there."),
            finish("stop"),
        ],
    ];
    for script in odd {
        let scene = Scene::new(vec![script.clone()]).await;
        assert_eq!(replied(&scene.ask("hm").await.1).text, "Hello there.", "{script:?}");
    }
}

#[tokio::test]
async fn what_a_server_does_not_know_is_left_out_and_not_tried_again() {
    let refused = |why: &str| refusal(400, &[], json!({ "error": { "message": why } }));
    let scripts = vec![
        refused("this model does not support tools"),
        refused("Unrecognized request argument supplied: stream_options"),
        refused("'temperature' does not support 0.2 with this model"),
        refused("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        answer(&["Yes."]),
    ];
    let scene = Scene::new(scripts).await;
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "Yes.");
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "Yes.");
    let asked = scene.llm.asked();
    assert_eq!(asked.len(), 6);
    for field in ["tools", "stream_options", "temperature", "max_tokens"] {
        assert_eq!(asked[5].body.get(field), None, "{field}");
    }
    assert_eq!(asked[5].body["max_completion_tokens"], 600);
    let system = asked[5].body["messages"][0]["content"].as_str().unwrap();
    assert!(!system.contains("hand_over"), "it is not told of tools that it has not");
    let (_, result) = scene.ask("I want to talk to a human").await;
    assert!(matches!(result, Ok(Action::HandOver { .. })), "{result:?}");
    assert_eq!(scene.llm.asked().len(), 6, "without tools the model could not hand over");
}

#[tokio::test]
async fn every_request_says_what_it_took_failed_ones_too() {
    let counted = event(&json!({ "choices": [], "usage": { "prompt_tokens": 70, "completion_tokens": 9,
        "prompt_tokens_details": { "cached_tokens": 64 } } }));
    let scripts = vec![
        refusal(503, &[], json!({})),
        vec![ok(), Move::Cut],
        vec![ok(), text("Yes."), finish("stop"), counted, done()],
    ];
    let scene = Scene::new(scripts).await;
    let used = |deltas: Vec<Delta>| {
        let used = |delta: Delta| if let Delta::Used(usage) = delta { Some(usage) } else { None };
        deltas.into_iter().filter_map(used).collect::<Vec<_>>()
    };
    let [refused, cut, whole]: [Usage; 3] =
        used(scene.openai.reply(turn(QUESTION)).collect().await).try_into().unwrap();
    assert_eq!((refused.prompt_tokens, refused.completion_tokens, refused.estimated), (0, 0, true));
    assert!(cut.estimated && cut.prompt_tokens > 100 && cut.completion_tokens == 0, "{cut:?}");
    assert_eq!((whole.prompt_tokens, whole.completion_tokens, whole.cached_tokens), (70, 9, 64));
    assert!(!whole.estimated && whole.model == "gpt-4o-mini" && whole.service == Service::Chat);
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_total_deadline() {
    let drip = Move::Drip("data: {\"choices\":[]}\n\n".repeat(500).into_bytes());
    let scene =
        Scene::with(vec![vec![ok(), text("You "), drip]], |config| OpenAiConfig { total_timeout_ms: 80, ..config })
            .await;
    scene.falls_back().await;
}

#[tokio::test]
async fn text_cut_within_a_character_comes_out_whole() {
    let Move::Send(bytes) = text("Grüße 🎉") else { unreachable!() };
    let scene = Scene::new(vec![vec![ok(), Move::Drip(bytes), finish("stop"), done()]]).await;
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "Grüße 🎉");
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_a_sentence() {
    let mut script = vec![ok()];
    script.extend(std::iter::repeat_n(text("More of it. "), 100));
    script.push(Move::Stall);
    let scene = Scene::with(vec![script], |config| OpenAiConfig { answer_max_chars: 50, ..config }).await;
    assert_eq!(replied(&scene.ask(QUESTION).await.1).text, "More of it. More of it. More of it. More of it.");
}

#[tokio::test]
async fn a_failing_server_is_left_alone_and_then_probed() {
    let failing = refusal(503, &[], json!({}));
    let scripts = vec![failing.clone(), failing, answer(&["Back again."])];
    let change = |config| OpenAiConfig { retries_max: 0, breaker_failures_max: 2, breaker_open_ms: 500, ..config };
    let scene = Scene::with(scripts, change).await;
    scene.falls_back().await;
    scene.falls_back().await;
    assert!(!scene.openai.healthy());
    scene.falls_back().await;
    assert_eq!(scene.llm.asked().len(), 2, "an open breaker asks nobody");
    let back_again = async {
        while replied(&scene.ask(QUESTION).await.1).text != "Back again." {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TEST_DEADLINE, back_again).await.unwrap();
    assert!(scene.openai.healthy());
    assert_eq!(scene.llm.asked().len(), 3);
}

#[tokio::test]
async fn dropping_the_reply_leaves_the_server() {
    let scene = Scene::new(vec![vec![ok(), text("You "), Move::Stall]]).await;
    let mut deltas = scene.openai.reply(turn(QUESTION));
    assert!(matches!(deltas.next().await, Some(Delta::Understood(_))));
    assert_eq!(deltas.next().await, Some(Delta::Text("You".to_owned())));
    drop(deltas);
    tokio::time::timeout(TEST_DEADLINE, scene.llm.client_left()).await.unwrap();
    assert!(scene.openai.healthy());
}

#[tokio::test]
async fn nobody_listening_is_a_failure_like_any_other() {
    let scene =
        Scene::with(vec![], |config| OpenAiConfig { base_url: "http://127.0.0.1:1/v1".to_owned(), ..config }).await;
    scene.falls_back().await;
}

#[test]
fn an_address_that_is_none_is_refused_at_the_start() {
    for bad in ["", "api.openai.com/v1", "ftp://example.com", "http://"] {
        let builtin = Arc::new(Builtin::new(Knowledge::starter()));
        let config = OpenAiConfig { base_url: bad.to_owned(), ..OpenAiConfig::default() };
        assert!(OpenAi::new(config, Arc::clone(&builtin), builtin, Arc::new(SystemClock)).is_err(), "{bad:?}");
    }
}
