//! Every place where the store keeps something has a line in `docs/privacy.md` that says what erasing does with it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use switchboard::store::KeyRange;

use super::{console, erase, plant, say};
use crate::support::app::TestApp;

/// The first column of the inventory.
fn known() -> BTreeSet<String> {
    let page = include_str!("../../../docs/privacy.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| space |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cell = |row: &str| row.split('|').nth(1).unwrap_or_default().trim().to_owned();
    rows.flat_map(|row| cell(row).split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The first part of a key; parts of large values belong to the key that they are of.
fn space(key: &[u8]) -> String {
    let key = key.strip_prefix(b"~/").unwrap_or(key);
    let space = key.split(|byte| *byte == b'/').next().unwrap_or_default();
    // An index belongs to its record.
    let name = String::from_utf8_lossy(space).into_owned();
    if name.starts_with("analytics.") || name.starts_with("feed.") {
        return name;
    }
    name.split('.').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_store_holds_is_in_the_inventory() {
    let app = TestApp::start().await;
    let customer = plant(&app).await;
    say(&app, &json!({ "userId": "kim", "sessionId": "kim-1", "message": { "text": "A human, please" } })).await;
    assert_eq!(console(&app, Method::PUT, "/customers/kim/hold", Some(json!({}))).await.status, 200);
    assert_eq!(console(&app, Method::PUT, "/settings/retention", Some(json!({ "days": 900 }))).await.status, 200);
    crate::support::rest::set_desk(&app, &json!({ "capacity": 3 })).await;
    erase(&app, &customer).await;
    let keys = app.store().keys(KeyRange::all(), usize::MAX).unwrap();
    let spaces: BTreeSet<String> = keys.iter().map(|key| space(key)).collect();
    let known = known();
    let unknown: Vec<&String> = spaces.difference(&known).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "say in docs/privacy.md what erasing does with it");
    assert!(spaces.len() > 20 && known.len() >= spaces.len(), "{spaces:?}");
}
