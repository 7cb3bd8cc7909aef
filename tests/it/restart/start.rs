//! Starts that can not go well end in one line, and accounts are made from the command line.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::app::Process;

/// What a short command said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    /// The lines of its standard error.
    pub(super) lines: Vec<String>,
}

/// Runs the program on the store in `data` until it ends.
pub(super) fn command(data: &Path, arguments: &[&str]) -> Ended {
    run(program(data).args(arguments))
}

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env("SWITCHBOARD_STORE__URL", format!("fjall:{}", data.display())).env("SWITCHBOARD_LOG__FILTER", "error");
    command
}

fn run(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code(),
        stdout: text(output.stdout),
        lines: text(output.stderr).lines().map(str::to_owned).collect(),
    }
}

/// The server is refused its settings: one line that names the key, before the port is bound. It is taken by the test: a
/// server that came as far as to bind it would complain about that instead.
fn refuses(key: &str, settings: &[(&str, &str)], file: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = program(&folder.path().join("db"));
    command.env("SWITCHBOARD_SERVER__LISTEN", taken.local_addr().unwrap().to_string());
    for (name, value) in settings {
        command.env(format!("SWITCHBOARD_{name}"), value);
    }
    if let Some(text) = file {
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        command.arg("--config").arg(path);
    }
    let ended = run(command.arg("serve"));
    assert!(ended.code.is_some_and(|code| code != 0), "{key}: {ended:?}");
    assert_eq!(ended.lines.len(), 1, "{key}: {ended:?}");
    assert!(ended.lines[0].contains(key), "{key}: {ended:?}");
    assert!(!folder.path().join("db").exists(), "{key}: nothing is made on disk");
}

#[test]
fn a_bad_setting_in_the_environment_ends_with_one_line_that_names_it() {
    refuses("listn", &[("SERVER__LISTN", "127.0.0.1:1")], None);
    refuses("server.drain_s", &[("SERVER__DRAIN_S", "soon")], None);
    refuses("assistant.provider", &[("ASSISTANT__PROVIDER", "magic")], None);
    refuses("store.url", &[("STORE__URL", "magic:here")], None);
    refuses("assistant.deadline_ms", &[("ASSISTANT__DEADLINE_MS", "0")], None);
    refuses("server.listen", &[("SERVER__LISTEN", "nowhere")], None);
}

#[test]
fn a_bad_setting_in_the_file_ends_with_one_line_that_names_it() {
    refuses("port", &[], Some("[server]\nport = 3\n"));
    refuses("live.pending_max", &[], Some("[live]\npending_max = \"many\"\n"));
    refuses("settings.toml", &[], Some("[live\n"));
}

#[tokio::test]
async fn a_second_server_on_the_same_data_ends_with_one_line() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("db");
    let _first = Process::start(&place, &[]).await;
    let second = run(program(&place).env("SWITCHBOARD_SERVER__LISTEN", "127.0.0.1:0").arg("serve"));
    assert_eq!((second.code, second.lines.len()), (Some(1), 1), "{second:?}");
    assert!(second.lines[0].contains("in use by another server"), "{second:?}");
}

#[tokio::test]
async fn a_taken_port_does_not_cost_the_secrets_of_the_first_start() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = data.path().join("db");
    let ended = run(program(&place).env("SWITCHBOARD_SERVER__LISTEN", address).arg("serve"));
    assert_eq!((ended.code, ended.lines.len()), (Some(1), 1), "{ended:?}");
    assert!(ended.lines[0].contains("server.listen"), "{ended:?}");
    let user = ["user", "add", "--email", "a@example.com", "--name", "A B", "--role", "agent"];
    assert!(command(&place, &user).lines[0].contains("organization"), "the first start is still to come");
}

#[tokio::test]
async fn a_user_from_the_command_line_gets_a_token_and_may_use_it() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("db");
    let mut server = Process::start(&place, &[]).await;
    assert_eq!(server.terminate(), Some(0));
    let add = |email: &'static str| ["user", "add", "--email", email, "--name", "Ann Other", "--role", "admin"];
    let made = command(&place, &add("ann@example.com"));
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.stdout.contains("password (shown once): "), "{made:?}");
    let again = command(&place, &add("ann@example.com"));
    assert_eq!((again.code, again.lines.len()), (Some(1), 1), "{again:?}");
    let mut piped = program(&place);
    piped.args(add("other@example.com")).arg("--password-stdin").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut piped = piped.spawn().unwrap();
    piped.stdin.take().unwrap().write_all(b"Own-password-1\n").unwrap();
    let output = piped.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(!String::from_utf8_lossy(&output.stdout).contains("assword"), "what was given is not shown");
    let token = command(&place, &["token", "--user", "ann@example.com"]).stdout;
    server.start_again().await;
    let body = json!({ "message": { "text": "hello", "type": "text" }, "userId": "u1" });
    let url = format!("http://{}/api/core/messages", server.address());
    let request = reqwest::Client::new().post(url).bearer_auth(token.trim()).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_password_of_digits_from_the_environment_keeps_its_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("BOOTSTRAP__ADMIN_PASSWORD", "0012345678"),
        ("SERVER__ALLOWED_ORIGINS", "https://a.example, https://b.example"),
    ];
    let server = Process::start(&folder.path().join("db"), &settings).await;
    let login = json!({ "email": "admin@example.com", "password": "0012345678" });
    let answer =
        reqwest::Client::new().post(format!("http://{}/auth/login", server.address())).json(&login).send().await;
    assert_eq!(answer.unwrap().status(), 200);
}
