//! People and teams, as administrators look after them.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::Role;

use super::{Colleague, Desk, ask, code, colleague, colleague_of, get, say, staffed};
use crate::support::app::TestApp;

/// A new team's id.
async fn team(app: &TestApp, who: &Colleague, name: &str) -> String {
    let made = ask(app, who, Method::POST, "/team/teams", Some(json!({ "name": name }))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_team_counts_from_the_moment_it_is_made() {
    let app = staffed().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let (jane, kim) = (colleague(&app, "Jane Smith", Role::Agent).await, colleague(&app, "Kim Ray", Role::Agent).await);
    let mut taker = Desk::hello(&app, &ada, json!({ "status": "busy" })).await.0;
    let mut outsider = Desk::open(&app, &kim).await;
    let billing = team(&app, &ada, "Billing").await;
    let member = format!("/team/agents/{}", jane.id);
    assert_eq!(ask(&app, &ada, Method::PUT, &member, Some(json!({ "teams": [&billing] }))).await.status, 200);

    say(&app, "s1", "Hello").await;
    let epoch = outsider.frame("offer").await["session"]["epoch"].clone();
    taker.done("claim", json!({ "session": "s1", "epoch": epoch })).await;
    taker.done("transfer", json!({ "session": "s1", "to": { "team": &billing } })).await;
    let waits = taker.summary("s1", |summary| summary["team"] == billing.as_str()).await;
    assert_eq!((&waits["owner"], &waits["offered_to"]), (&json!("queue"), &Value::Null), "nobody of the team is there");
    let mut desk = Desk::open(&app, &jane).await;
    let offer = desk.frame("offer").await;
    assert_eq!((&offer["session"]["id"], &offer["session"]["offered_to"]), (&json!("s1"), &json!(jane.id)));
    app.stop().await;
}

#[tokio::test]
async fn who_may_not_log_in_is_still_listed_and_can_be_let_in_again() {
    let app = staffed().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let path = format!("/team/agents/{}", jane.id);
    let listed = async || {
        let team = get(&app, &ada, "/team").await;
        let agents = team["agents"].as_array().unwrap();
        let jane = agents.iter().find(|agent| agent["id"] == jane.id.as_str()).expect("she is listed");
        (jane["active"].clone(), jane["online"].clone())
    };
    assert_eq!(listed().await, (json!(true), json!(false)));
    for active in [false, true] {
        assert_eq!(ask(&app, &ada, Method::PATCH, &path, Some(json!({ "active": active }))).await.status, 200);
        assert_eq!(listed().await, (json!(active), json!(false)));
    }
    app.stop().await;
}

#[tokio::test]
async fn another_organizations_team_is_no_team() {
    let app = staffed().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let (ours, theirs) = (team(&app, &ada, "Billing").await, team(&app, &eve, "Billing").await);
    let member = format!("/team/agents/{}", ada.id);
    let refused = ask(&app, &ada, Method::PUT, &member, Some(json!({ "teams": [&theirs] }))).await;
    assert_eq!(code(&refused, 404), "not_found");

    let reply = |team: &str| Some(json!({ "shortcut": "bye", "title": "Bye", "text": "Good bye!", "team": team }));
    let refused = ask(&app, &ada, Method::POST, "/canned", reply(&theirs)).await;
    assert_eq!((code(&refused, 400).as_str(), &refused.body["error"]["field"]), ("invalid", &json!("team")));
    let made = ask(&app, &ada, Method::POST, "/canned", reply(&ours)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let canned = format!("/canned/{}", made.body["id"].as_str().unwrap());
    assert_eq!(code(&ask(&app, &ada, Method::PUT, &canned, reply(&theirs)).await, 400), "invalid");

    let rules = |teams: &[&str]| Some(json!({ "rules": teams.iter().map(|team| rule(team)).collect::<Vec<_>>() }));
    let refused = ask(&app, &ada, Method::PUT, "/settings/desk", rules(&[&ours, &theirs])).await;
    assert_eq!((code(&refused, 400).as_str(), &refused.body["error"]["field"]), ("invalid", &json!("rules[1].team")));
    assert_eq!(ask(&app, &ada, Method::PUT, "/settings/desk", rules(&[&ours])).await.status, 200);

    // What was said of a team that is gone since may stay: it is no reason to refuse another change.
    let path = format!("/team/teams/{ours}");
    assert_eq!(ask(&app, &ada, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(ask(&app, &ada, Method::PUT, &canned, reply(&ours)).await.status, 200);
    assert_eq!(ask(&app, &ada, Method::PUT, "/settings/desk", rules(&[&ours])).await.status, 200);
    assert_eq!(code(&ask(&app, &ada, Method::PUT, &canned, reply(&theirs)).await, 400), "invalid");
    app.stop().await;
}

fn rule(team: &str) -> Value {
    json!({ "intent": null, "channel": null, "language": null, "skills": [], "priority": null, "team": team })
}
