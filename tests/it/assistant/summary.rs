//! A long conversation keeps a running summary: it outlives a restart, and a reset empties it.

use serde_json::Value;
use switchboard::config::Provider;
use switchboard::domain::{Event, OrganizationId, SessionId, SessionKey};

use crate::support::app::{PATIENCE, TestApp};
use crate::support::llm::{Llm, answer};
use crate::support::rest::{message, post, send};

/// What the model says to everything, summaries included.
const SAYS: &str = "Fine.";

/// How prompts name it.
const SUMMARY: &str = r#"{"earlier_in_this_conversation":"Fine."}"#;

/// Messages whose replies make the short-term memory three quarters full.
const LONG: usize = 15;

async fn say(app: &TestApp, text: &str) {
    let said = send(post(app, "/api/core/messages").json(&message("s1", text))).await;
    assert_eq!((said.status, &said.body["response"]["text"]), (200, &Value::from(SAYS)), "{}", said.body);
}

/// What the model was told first in its newest answer.
fn told(llm: &Llm) -> String {
    let asked = llm.asked();
    let prompt = |body: &Value| body["messages"][0]["content"].as_str().unwrap_or_default().to_owned();
    asked.iter().rev().map(|asked| prompt(&asked.body)).find(|text| text.contains("numbered passages")).unwrap()
}

async fn condensed(app: &TestApp) -> Vec<u64> {
    let key =
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s1").unwrap() };
    let began = tokio::time::Instant::now();
    loop {
        let events = app.sessions().events_after(&key, 0, 1_000).unwrap();
        let found: Vec<u64> = events
            .iter()
            .filter_map(
                |logged| if let Event::Condensed(condensed) = &logged.event { Some(condensed.upto) } else { None },
            )
            .collect();
        if !found.is_empty() || began.elapsed() > PATIENCE {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_leaves_the_memory_stays_in_short_and_outlives_a_restart_but_no_reset() {
    let llm = Llm::start(vec![answer(&[SAYS])]).await;
    let base_url = llm.base_url.clone();
    let app = TestApp::start_with(|config| {
        config.assistant.provider = Provider::Openai;
        config.assistant.openai_base_url = base_url;
    })
    .await;
    for n in 0..LONG {
        say(&app, &format!("And another thing, {n}")).await;
    }
    assert!(!told(&llm).contains(SUMMARY), "nothing has left the memory yet");
    let upto = condensed(&app).await;
    assert_eq!(upto.len(), 1);
    let given = llm
        .asked()
        .iter()
        .map(|asked| asked.body["messages"].to_string())
        .find(|text| text.contains("Write one summary"));
    let given = given.unwrap();
    assert!(given.contains("another thing, 0") && !given.contains("another thing, 14"), "{given}");
    say(&app, "Do you still know?").await;
    assert!(told(&llm).contains(SUMMARY), "{}", told(&llm));

    let app = app.restart_with(|_| {}).await;
    say(&app, "And now?").await;
    assert!(told(&llm).contains(SUMMARY));

    let reset = send(post(&app, "/api/core/sessions/s1/reset")).await;
    assert!(reset.status < 300, "{}", reset.body);
    say(&app, "And after that?").await;
    assert!(!told(&llm).contains(SUMMARY));
    app.stop().await;
}

#[tokio::test]
async fn without_a_model_too_what_leaves_the_memory_stays_in_short() {
    let app = TestApp::start().await;
    for n in 0..LONG {
        let said =
            send(post(&app, "/api/core/messages").json(&message("s1", &format!("And another thing, {n}")))).await;
        assert_eq!(said.status, 200, "{}", said.body);
    }
    assert_eq!(condensed(&app).await.len(), 1, "a model or a person who comes later finds it");
    app.stop().await;
}
