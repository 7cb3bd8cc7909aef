//! The console and the widget in a real browser: the Playwright tests of `tests/browser`, on the program as it was built.

use std::path::Path;
use std::process::{Command, Stdio};

/// `make test` sets it: then a missing tool is a failure.
const REQUIRED: &str = "SWITCHBOARD_REQUIRE_TOOLS";

#[test]
fn customers_and_agents_in_browsers_live_through_the_whole_story() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some(missing) = missing(root) {
        assert!(std::env::var_os(REQUIRED).is_none(), "there is no {missing}; scripts/install-test-tools.sh gets it");
        eprintln!("skipped: there is no {missing}");
        return;
    }
    let run = Command::new("node_modules/.bin/playwright")
        .arg("test")
        .current_dir(root.join("tests/browser"))
        .env("SWITCHBOARD_BIN", env!("CARGO_BIN_EXE_switchboard"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
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
