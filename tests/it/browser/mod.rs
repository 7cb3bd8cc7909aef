//! The console and the widget in a real browser: the Playwright tests of `tests/browser`, on the program as it was built.
//! `SWITCHBOARD_SPECS="mail story"` runs those whose names hold one of the words.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::dovecot::{Dovecot, PASSWORD};
use crate::support::smtp::RealSmtp;

/// `make test` sets it: then a missing tool is a failure.
const REQUIRED: &str = "SWITCHBOARD_REQUIRE_TOOLS";

#[tokio::test(flavor = "multi_thread")]
async fn customers_and_agents_in_browsers_live_through_the_whole_story() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some(missing) = missing(root) {
        assert!(std::env::var_os(REQUIRED).is_none(), "there is no {missing}; scripts/install-test-tools.sh gets it");
        eprintln!("skipped: there is no {missing}");
        return;
    }
    let dovecot = Dovecot::start().await;
    let smtp = dovecot.as_ref().and_then(RealSmtp::start);
    let mut playwright = Command::new("node_modules/.bin/playwright");
    playwright.arg("test").current_dir(root.join("tests/browser")).stdin(Stdio::null());
    playwright.env("SWITCHBOARD_BIN", env!("CARGO_BIN_EXE_switchboard"));
    playwright.args(std::env::var("SWITCHBOARD_SPECS").unwrap_or_default().split_whitespace());
    if let (Some(dovecot), Some(smtp)) = (&dovecot, &smtp) {
        playwright.env("SWITCHBOARD_TEST_IMAP_URL", dovecot.imap_url());
        playwright.env("SWITCHBOARD_TEST_SMTP_URL", smtp.url(PASSWORD));
    }
    let run = tokio::task::spawn_blocking(move || playwright.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains(" passed"), "nothing ran: {said}");
}

/// The first of the things that the tests need and that is not there.
fn missing(root: &Path) -> Option<&'static str> {
    let has_chromium = || {
        let tried = Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    if !root.join("tests/browser/node_modules/.bin/playwright").exists() {
        return Some("Playwright");
    }
    if !root.join("web/dist/.built").exists() {
        return Some("console in the program (`make web`)");
    }
    (!has_chromium()).then_some("chromium")
}
