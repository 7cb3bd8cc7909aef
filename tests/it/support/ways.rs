//! How the ways of channels do, in and out, as the console shows it.

use std::time::Instant;

use super::app::{API_KEY, PATIENCE, TestApp};
use super::rest::{get_as, send};

/// How an account does on its way `in` or `out`, and what was wrong last.
pub(crate) async fn way(app: &TestApp, account: &str, way: &str) -> (String, String) {
    way_as(app, API_KEY, account, way).await
}

/// The same, as another organization's administrator sees it.
pub(crate) async fn way_as(app: &TestApp, credential: &str, account: &str, way: &str) -> (String, String) {
    let system = send(get_as(app, credential, "/api/console/system")).await.body;
    let ways = system["channels"].as_array().unwrap_or_else(|| panic!("{system}"));
    let found = ways.iter().find(|one| one["account"] == account && one["way"] == way);
    let text = |name: &str| found.map_or("", |way| way[name].as_str().unwrap_or_default()).to_owned();
    (text("state"), text("error"))
}

/// Waits until a way of an account does so, and what is wrong with it has this in it.
pub(crate) async fn until_way(app: &TestApp, account: &str, direction: &str, state: &str, error: &str) {
    let began = Instant::now();
    loop {
        let found = way(app, account, direction).await;
        if found.0 == state && found.1.contains(error) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{account} {direction} is {found:?}, not {state} {error}");
    }
}
