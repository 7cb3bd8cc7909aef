//! A real recogniser on this machine writes down a voice note in Ogg and Opus, as telephones record it.

use std::path::PathBuf;

use super::{PATH, note_of};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, post};

/// "I want to return the blue jacket. My order number is four two seven.", spoken by espeak-ng.
const JACKET: &[u8] = include_bytes!("jacket.ogg");

/// How long it may take on a busy machine.
const LONG_S: u64 = 120;

/// Where `scripts/install-recogniser.sh` puts it.
fn installed() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(target).join("tools/recogniser/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let required = std::env::var_os("SWITCHBOARD_REQUIRE_RECOGNISER").is_some();
    assert!(!required, "{} is missing", python.display());
    eprintln!("skipped: {} is missing; scripts/install-recogniser.sh installs it", python.display());
    None
}

#[tokio::test]
async fn a_real_recogniser_hears_what_is_said_in_a_voice_note() {
    let Some(python) = installed() else { return };
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/voice/recogniser.py");
    let app = TestApp::start_with(|config| {
        config.transcription.command.0 =
            vec![python.display().to_string(), script.display().to_string(), "{file}".to_owned()];
        config.transcription.timeout_s = LONG_S;
        config.server.request_timeout_s = 2 * LONG_S;
    })
    .await;
    let answer = post(&app, PATH).json(&note_of(JACKET, "s")).send().await.unwrap();
    let reply = Reply {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer.json().await.unwrap(),
    };
    assert_eq!(reply.status, 200, "{}", reply.body);
    let heard = reply.body["transcription"].as_str().unwrap();
    println!("heard: {heard}");
    let heard = heard.to_lowercase();
    for word in ["return", "blue jacket", "order"] {
        assert!(heard.contains(word), "{word}: {heard}");
    }
    app.stop().await;
}
