//! A real S3-compatible server in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::app::free_port;

/// See the module.
pub(crate) struct RealS3 {
    process: Child,
    port: u16,
}

impl RealS3 {
    /// Starts it with an empty bucket; `None` where it is not installed and need not be.
    pub(crate) async fn start(bucket: &str) -> Option<Self> {
        let Some(python) = python() else {
            assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "moto is missing");
            eprintln!("skipped: moto is not installed");
            return None;
        };
        let port = free_port();
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/s3d.py")).arg(port.to_string());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("python starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("an output"))
            .read_line(&mut line)
            .expect("it says that it listens");
        let server = Self { process, port };
        let made = reqwest::Client::new().put(format!("{}/{bucket}", server.url())).send().await.expect("it answers");
        assert!(made.status().is_success(), "no bucket: {}", made.status());
        Some(server)
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// How many objects a bucket has.
    pub(crate) async fn objects(&self, bucket: &str) -> usize {
        let list = reqwest::Client::new().get(format!("{}/{bucket}?list-type=2", self.url())).send().await;
        list.expect("it answers").text().await.expect("a text").matches("<Contents>").count()
    }
}

/// The tests' own Python, or the system's, where it has what is needed.
fn python() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("test-tools/venv/bin/python");
    [own, PathBuf::from("python3")].into_iter().find(|python| {
        let tried = Command::new(python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    })
}

impl Drop for RealS3 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
