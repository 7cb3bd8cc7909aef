//! The ledger, as reports tell it.

use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};
use switchboard::assistant::cost::{Ledger, Metered, Price, Prices};
use switchboard::assistant::{
    Builtin, Delta, Knowledge, OpenAi, OpenAiConfig, Responder, Style, Turn, Writing, Written,
};
use switchboard::clock::SystemClock;
use switchboard::domain::{OrganizationId, SessionId, SessionKey};
use switchboard::store::cost;
use tokio::sync::watch;

use super::{app_with, plain, read, say};
use crate::support::app::{API_KEY, Process};
use crate::support::llm::{self, Llm, done, event, finish, ok, refusal};
use crate::support::rest::{Model, SharedModel, accounts, get_as, key_of, message, post_as, send};

/// What one call of the test's model costs, in micro-units.
const CALL: u64 = 750_000;

fn micros(value: &Value) -> u64 {
    value["cost_micros"].as_u64().unwrap_or_else(|| panic!("{value}"))
}

#[tokio::test]
async fn every_report_of_the_same_days_adds_up_to_the_same_total() {
    let model = Arc::new(Model::new(plain));
    let app = app_with(&model, |_| {}).await;
    for (session, text) in [("one", "Hi there"), ("one", "And now?"), ("two", "Something else")] {
        assert_eq!(say(&app, session, text).await, "From the model.");
    }
    for (by, rows) in [("service", 1), ("model", 1), ("channel", 1), ("assistant", 1), ("day", 1), ("session", 2)] {
        let report = read(&app, &format!("/costs?group_by={by}")).await;
        assert_eq!((micros(&report["total"]), &report["currency"]), (3 * CALL, &json!("USD")), "{by}");
        let listed = report["rows"].as_array().unwrap();
        assert_eq!(listed.len(), rows, "{by}: {report}");
        assert_eq!(listed.iter().map(micros).sum::<u64>(), 3 * CALL, "{by}");
    }
    let report = read(&app, "/costs?group_by=session").await;
    assert_eq!((&report["rows"][0]["key"], &report["rows"][0]["percentage"]), (&json!("one"), &json!(66.7)));
    assert_eq!(read(&app, "/costs?from=2020-01-01&to=2020-12-31").await["total"]["calls"], 0);
    app.stop().await;
}

#[tokio::test]
async fn another_organization_sees_nothing_of_it_and_only_administrators_see_any() {
    let model = Arc::new(Model::new(plain));
    let app = app_with(&model, |_| {}).await;
    let key = key_of(&app, "acme", &["*"]).await;
    let said = send(post_as(&app, &key, "/api/core/messages").json(&message("s", "Hi there"))).await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!(read(&app, "/costs").await["total"]["calls"], 0);
    let theirs = send(get_as(&app, &key, "/api/console/costs")).await;
    assert_eq!(micros(&theirs.body["total"]), CALL, "a key with all permissions is an administrator: {}", theirs.body);
    let organization = OrganizationId::default_organization();
    let customer = switchboard::domain::CustomerId::parse("user123").unwrap();
    let token = accounts(&app).await.issue_customer_token(&organization, &customer).unwrap().token;
    assert_eq!(send(get_as(&app, &token, "/api/console/costs")).await.status, 403);
    for bad in ["group_by=weather", "from=x", "from=2026-02-01&to=2026-01-01"] {
        assert_eq!(
            super::console(&app, reqwest::Method::GET, &format!("/costs?{bad}"), None).await.status,
            400,
            "{bad}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn what_an_answer_cost_outlives_a_kill_right_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let llm = Llm::start(vec![llm::answer(&["You have ", "thirty days."])]).await;
    let settings = [("ASSISTANT__PROVIDER", "openai"), ("ASSISTANT__OPENAI_BASE_URL", llm.base_url.as_str())];
    let mut server = Process::start(folder.path(), &settings).await;
    for round in 1..=3_u64 {
        let url = format!("http://{}/api/core/messages", server.address());
        let request = reqwest::Client::new().post(url).header("X-API-Key", API_KEY);
        let said = send(request.json(&message("s", "May I return this?"))).await;
        assert_eq!(said.status, 200, "{}", said.body);
        server.kill();
        server.start_again().await;
        let url = format!("http://{}/api/console/costs?group_by=session", server.address());
        let report = send(reqwest::Client::new().get(url).header("X-API-Key", API_KEY)).await.body;
        assert_eq!(report["total"]["calls"], round, "{report}");
        assert!(micros(&report["total"]) > 0);
    }
}

#[tokio::test]
async fn what_is_written_for_the_staff_costs_what_the_server_says_and_nothing_where_nobody_was_asked() {
    let app = app_with(&Arc::new(Model::new(plain)), |_| {}).await;
    let price = Price { prompt_micros: 1_000_000, completion_micros: 1_000_000 };
    let prices = Prices::new("USD".to_owned(), std::collections::BTreeMap::new(), price);
    let (ledger, writer) = Ledger::new(app.store().clone(), Arc::new(SystemClock), prices);
    let (stop, stopping) = watch::channel(false);
    let writing = tokio::spawn(writer.run(stopping));
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 70, "completion_tokens": 9 } });
    let written = vec![ok(), llm::text("Dear customer."), finish("stop"), event(&usage), done()];
    let llm = Llm::start(vec![written, refusal(401, &[], json!({}))]).await;
    let config = OpenAiConfig { base_url: llm.base_url.clone(), ..OpenAiConfig::default() };
    let builtin = Arc::new(Builtin::new(Knowledge::starter()));
    let openai = OpenAi::new(config, Arc::clone(&builtin), builtin.clone(), Arc::new(SystemClock)).unwrap();
    let metered = Metered::new(Arc::new(openai), builtin, ledger.clone(), Arc::new(|_| Some("m".to_owned())));
    let organization = OrganizationId::default_organization();
    for text in ["Dear customer.", "hi"] {
        let rules = Arc::default();
        let rewrite =
            Writing::Rewrite { organization: organization.clone(), text: "hi".into(), style: Style::Grammar, rules };
        let Ok(Written::Text(written)) = metered.write(rewrite).await else { panic!("it is written") };
        assert!(written.to_lowercase().contains(&text.to_lowercase()), "{written}");
        let spending = ledger.spending(&organization).unwrap();
        assert_eq!((spending.spent_micros, spending.reserved_micros), (79, 0), "{text}");
    }
    stop.send_replace(true);
    writing.await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn work_that_is_thrown_away_is_estimated_and_a_session_can_be_taken_out_of_the_ledger() {
    let model = Arc::new(Model::together(2, plain));
    let app = app_with(&model, |_| {}).await;
    let price = Price { prompt_micros: 1_000_000, completion_micros: 1_000_000 };
    let prices = Prices::new("USD".to_owned(), std::collections::BTreeMap::new(), price);
    let (ledger, writer) = Ledger::new(app.store().clone(), Arc::new(SystemClock), prices);
    let (stop, stopping) = watch::channel(false);
    let writing = tokio::spawn(writer.run(stopping));
    let inner: Arc<dyn Responder> = Arc::new(SharedModel(Arc::clone(&model)));
    let metered = Metered::new(Arc::clone(&inner), inner, ledger.clone(), Arc::new(|_| Some("m".to_owned())));
    let organization = OrganizationId::default_organization();
    let session = SessionKey { organization: organization.clone(), session: SessionId::parse("s").unwrap() };
    let mut turn = Turn::new(session.clone(), Arc::default());
    turn.messages.push("x".repeat(400).into());
    let mut deltas = metered.reply(turn);
    assert!(matches!(deltas.next().await, Some(Delta::Understood(_))));
    assert_ne!(ledger.spending(&organization).unwrap().reserved_micros, 0);
    drop(deltas);
    let spending = ledger.spending(&organization).unwrap();
    assert_eq!((spending.reserved_micros, spending.spent_micros), (0, 600), "a frame of 2000 and 400 characters");
    stop.send_replace(true);
    writing.await.unwrap();
    let (calls, _) = cost::of_session(app.store(), &session, None, 10).unwrap();
    assert_eq!(calls.iter().map(|call| (call.estimated, call.prompt_tokens)).collect::<Vec<_>>(), [(true, 600)]);

    let mut batch = switchboard::store::Batch::default();
    assert!(!cost::erase_session(app.store(), &mut batch, &session).unwrap().1, "there is no more of it");
    app.store().commit(batch).await.unwrap();
    assert!(cost::of_session(app.store(), &session, None, 10).unwrap().0.is_empty());
    assert!(cost::sessions(app.store(), &organization, "2000", "9999", 10).unwrap().is_empty());
    assert_eq!(cost::days(app.store(), &organization, "2000", "9999").unwrap()[0].total().cost_micros, 600);
    app.stop().await;
}
