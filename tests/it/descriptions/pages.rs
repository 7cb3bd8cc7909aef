//! Swagger UI and ReDoc, from this server alone: by their text, and in a browser where there is one.

use std::process::Stdio;
use std::time::Duration;

use regex::Regex;
use tokio::process::Command;

use super::{dialects, document, operations, page};
use crate::support::app::TestApp;

/// The longest that a browser may take for a page.
const LONG: Duration = Duration::from_secs(60);

/// Every file that a page of ours names.
fn named(html: &str) -> Vec<String> {
    let link = Regex::new(r#"(?:href|src|data-url)="([^"]+)""#).unwrap();
    link.captures_iter(html).map(|found| found[1].to_owned()).collect()
}

#[tokio::test]
async fn the_pages_name_no_other_host_and_all_that_they_name_is_there() {
    let app = TestApp::start().await;
    for path in ["/docs", "/redoc"] {
        let (status, headers, html) = page(&app, path).await;
        assert_eq!((status, &headers["content-type"]), (200, &"text/html; charset=utf-8".parse().unwrap()));
        assert!(!html.contains("://") && !html.contains("=\"//"), "{html}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains('*'), "{policy}");
        assert!(!html.contains("<script>"), "{path}: a script in the page itself");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let named = named(&html);
        assert!(named.len() > 4, "{named:?}");
        for file in named {
            let (status, _, text) = page(&app, &file).await;
            assert_eq!(status, 200, "{path} names {file}");
            // Ours; the makers' have addresses in their comments and name spaces.
            let own = ["/docs/swagger.js", "/docs/redoc.js", "/docs/pages.css"].contains(&file.as_str());
            assert!(!own || !text.contains("://"), "{file}");
        }
        for dialect in dialects() {
            assert!(html.contains(&format!("/openapi/{dialect}.json")), "{path} does not show {dialect}");
        }
    }
    let (status, _, _) = page(&app, "/docs/nothing.js").await;
    assert_eq!(status, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_every_operation_without_a_failing_request() {
    let app = TestApp::start().await;
    for dialect in dialects() {
        let Some((shown, said)) = in_browser(&app, &format!("/redoc?api={dialect}")).await else { return };
        quiet(&dialect, &said);
        for (_, _, operation) in operations(&document(&app, &dialect).await) {
            let summary = operation["summary"].as_str().unwrap().split(['\'', '&', '`']).next().unwrap();
            assert!(shown.contains(summary), "ReDoc does not show {dialect}: {summary}");
        }
    }
    let (shown, said) = in_browser(&app, "/docs").await.unwrap();
    quiet("/docs", &said);
    for (_, path, _) in operations(&document(&app, "").await) {
        assert!(shown.contains(&format!("data-path=\"{path}\"")), "Swagger UI does not show {path}");
    }
    app.stop().await;
}

/// Nothing failed to load, nothing was forbidden by the policy, no script broke.
fn quiet(name: &str, said: &str) {
    let bad = ["Failed to load", "Refused to", "violates", "ERR_", "Uncaught"];
    let found: Vec<_> =
        said.lines().filter(|line| line.contains("CONSOLE") && bad.iter().any(|b| line.contains(b))).collect();
    assert!(found.is_empty(), "{name}: {found:#?}");
}

/// What a page is after its scripts ran, and what the browser's console said. The browser can not reach another host.
async fn in_browser(app: &TestApp, path: &str) -> Option<(String, String)> {
    let profile = tempfile::tempdir().unwrap();
    let run = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args([
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--virtual-time-budget=20000",
        ])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(app.url(path))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let run = match tokio::time::timeout(LONG, run).await.expect("the page loads in time") {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: there is no chromium");
            return None;
        }
        run => run.unwrap(),
    };
    let shown = String::from_utf8_lossy(&run.stdout).into_owned();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success() && shown.contains("<html"), "{path}: {said}");
    Some((shown, said))
}

#[tokio::test]
async fn a_page_that_is_not_there_is_refused_in_an_envelope() {
    let app = TestApp::start().await;
    for path in ["/docs/nothing", "/docs/nothing.js", "/openapi/nothing.json"] {
        let (status, headers, text) = page(&app, path).await;
        assert_eq!(status, 404, "{path}");
        assert!(headers.contains_key("x-request-id") && text.contains("resource_not_found"), "{path}: {text}");
    }
    app.stop().await;
}
