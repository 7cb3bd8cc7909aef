//! Sessions in lists, one by one, and what happened in them.

use reqwest::Method;
use serde_json::Value;
use switchboard::domain::Role;

use super::{Colleague, ask, code, colleague, colleague_of, get, say, staffed};
use crate::support::app::TestApp;

async fn ids(app: &TestApp, who: &Colleague, query: &str) -> Vec<String> {
    let listed = get(app, who, &format!("/sessions{query}")).await;
    listed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn seqs(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn sessions_are_listed_by_activity_and_found_by_owner_and_words() {
    let app = staffed().await;
    let (jane, eve) =
        (colleague(&app, "Jane Smith", Role::Agent).await, colleague_of(&app, "acme", "Eve Oh", Role::Admin).await);
    for (session, text) in [("s1", "Where is my refund?"), ("s2", "Hello"), ("s3", "Good day")] {
        say(&app, session, text).await;
    }
    say(&app, "s1", "Anybody there about my REFUND?").await;
    assert_eq!(ids(&app, &jane, "").await, ["s1", "s3", "s2"]);
    assert_eq!(ids(&app, &jane, "?owner=queue&q=refund").await, ["s1"]);
    assert_eq!(ids(&app, &jane, "?customer=user123&channel=web").await.len(), 3);
    for nothing in
        ["?owner=mine", "?owner=human", "?owner=assistant", "?owner=closed", "?channel=sms", "?customer=nobody"]
    {
        assert_eq!(ids(&app, &jane, nothing).await, [""; 0], "{nothing}");
    }
    let mut pages = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let page = get(&app, &jane, &format!("/sessions{query}")).await;
        pages.push(page["items"][0]["id"].as_str().unwrap().to_owned());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=1&cursor={next}");
    }
    assert_eq!(pages, ["s1", "s3", "s2"]);
    let read = get(&app, &jane, "/sessions/s1").await;
    assert_eq!((&read["session"]["owner"], &read["session"]["unread"]), (&Value::from("queue"), &Value::from(2)));
    assert_eq!((&read["customer"]["id"], &read["viewers"]), (&Value::from("user123"), &Value::Array(Vec::new())));

    assert_eq!(ids(&app, &eve, "").await, [""; 0]);
    for path in ["/sessions/s1", "/sessions/s1/events"] {
        assert_eq!(code(&ask(&app, &eve, Method::GET, path, None).await, 404), "not_found");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_log_is_read_in_both_directions_without_a_gap() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    for n in 0..20 {
        say(&app, "s1", &format!("<b>{n}</b>")).await;
    }
    let all = get(&app, &jane, "/sessions/s1/events?limit=500").await;
    let every = seqs(&all);
    let last = *every.last().unwrap();
    assert_eq!((every.clone(), &all["more"]), ((1..=last).collect(), &Value::from(false)));
    let text = |n: usize| format!("<b>{n}</b>");
    let said: Vec<_> = all["items"].as_array().unwrap().iter().filter(|event| event["from"] == "customer").collect();
    assert!(said.iter().enumerate().all(|(n, event)| event["text"] == text(n).as_str()), "stored as typed");
    let first = get(&app, &jane, "/sessions/s1/events?limit=5").await;
    assert_eq!((seqs(&first), &first["more"]), ((1..=5).collect::<Vec<_>>(), &Value::from(true)));
    let next = get(&app, &jane, "/sessions/s1/events?after=5&limit=5").await;
    assert_eq!(seqs(&next), (6..=10).collect::<Vec<_>>());
    let newest = get(&app, &jane, &format!("/sessions/s1/events?before={}&limit=4", last + 1)).await;
    assert_eq!((seqs(&newest), &newest["more"]), ((last - 3..=last).collect::<Vec<_>>(), &Value::from(true)));
    let oldest = get(&app, &jane, "/sessions/s1/events?before=4&limit=10").await;
    assert_eq!((seqs(&oldest), &oldest["more"]), (vec![1, 2, 3], &Value::from(false)));
    app.stop().await;
}
