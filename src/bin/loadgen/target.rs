//! What is measured: a child process with a port and a folder of its own, ended when it is dropped.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Failure;
use crate::machine::{self, Process};

/// How long a server may take until it is ready; one with many sessions on disk too.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long a server may take to end when asked.
const END_MAX: Duration = Duration::from_secs(15);
/// How often it is asked whether it is ready.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// Which program, and how it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This program as an echo server.
    Floor,
    /// A server that people use now, to compare with: a program of the bench tools, and its script.
    Peer(Peer),
    /// The release server, with these settings on top of the ones that all measures use.
    Engine(&'static [(&'static str, &'static str)]),
}

impl Kind {
    /// Whose figures they are, if not ours.
    pub(crate) const fn other(self) -> Option<&'static str> {
        match self {
            Self::Floor => Some("bare echo"),
            Self::Peer(Peer::Node) => Some("Node, socket.io"),
            Self::Peer(Peer::Python) => Some("FastAPI, python-socketio"),
            Self::Engine(_) => None,
        }
    }
}

/// A Socket.IO server of another stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Node and socket.io.
    Node,
    /// FastAPI and python-socketio.
    Python,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Target {
    child: Child,
    port: u16,
    /// How long it took until it was ready.
    pub(crate) ready_ms: f64,
}

impl Target {
    /// Starts a server on the first core and waits until it is ready. `folder` keeps its log and, below, its store.
    pub(crate) async fn start(kind: Kind, folder: &Path, store: &str) -> Result<Self, Failure> {
        fs::create_dir_all(folder)?;
        let port = free_port()?;
        let mut command = command(kind, port, folder, store)?;
        let log = folder.join("server.log");
        command.stdin(Stdio::null()).stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let begun = Instant::now();
        let mut target = Self { child: command.spawn()?, port, ready_ms: 0.0 };
        while !is_ready(kind, port).await {
            if target.child.try_wait()?.is_some() || begun.elapsed() > READY_MAX {
                return Err(format!("the server did not become ready:\n{}", tail(&log)).into());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        target.ready_ms = begun.elapsed().as_secs_f64() * 1e3;
        Ok(target)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn rss_mib(&self) -> Result<f64, Failure> {
        Ok(Process::of(self.pid()).rss_kib()? as f64 / 1024.0)
    }

    /// Asks the server to end, and ends it if it does not.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        let _asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            if begun.elapsed() > END_MAX {
                return Err(format!("the server did not end within {} s of SIGTERM", END_MAX.as_secs()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs on one core, where that can be had.
pub(crate) fn on_core(core: u8, program: &Path) -> Command {
    if machine::can_pin() {
        let mut command = Command::new("taskset");
        command.args(["-c", &core.to_string()]).arg(program);
        return command;
    }
    Command::new(program)
}

fn command(kind: Kind, port: u16, folder: &Path, store: &str) -> Result<Command, Failure> {
    let own = std::env::current_exe()?;
    let listen = format!("127.0.0.1:{port}");
    let settings = match kind {
        Kind::Engine(settings) => settings,
        Kind::Peer(peer) => return peer.command(port),
        Kind::Floor => {
            let mut command = on_core(0, &own);
            command.args(["echo", "--listen", &listen]);
            return Ok(command);
        }
    };
    let program = own.with_file_name("switchboard");
    if !program.exists() {
        return Err("there is no server beside loadgen; build it: cargo build --release --bins".into());
    }
    let mut command = on_core(0, &program);
    command.arg("serve").env("SWITCHBOARD_SERVER__LISTEN", listen);
    command.env("SWITCHBOARD_STORE__URL", format!("{store}:{}", folder.join("store").display()));
    command.env("SWITCHBOARD_LIMITS__ENABLED", "false");
    // While thousands of sockets are being opened, those that are open already are not read and answer no ping.
    command.env("SWITCHBOARD_LIVE__PING_EVERY_S", "600").env("SWITCHBOARD_LIVE__PONG_TIMEOUT_S", "600");
    command.envs(settings.iter().copied());
    Ok(command)
}

impl Peer {
    /// Run from the root of the repository, where the bench tools and the scripts are.
    fn command(self, port: u16) -> Result<Command, Failure> {
        let tools =
            Path::new(&std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned())).join("bench-tools");
        let (program, script, needs) = match self {
            Self::Node => ("node".into(), "benches/peers/socketio.js", tools.join("node_modules/socket.io")),
            Self::Python => {
                let python = tools.join("venv/bin/python");
                (python.clone(), "benches/peers/socketio_server.py", python)
            }
        };
        if !needs.exists() {
            return Err(format!("{} is not here; scripts/install-bench-tools.sh gets it", needs.display()).into());
        }
        let program: PathBuf = program;
        let mut command = on_core(0, &program);
        command.arg(script).arg(port.to_string());
        command.env("NODE_PATH", std::path::absolute(tools.join("node_modules"))?);
        Ok(command)
    }
}

async fn is_ready(kind: Kind, port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let path = match kind {
        Kind::Floor => return true,
        Kind::Engine(_) => "/readyz",
        Kind::Peer(_) => "/socket.io/?EIO=4&transport=polling",
    };
    let mut answer = Vec::new();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let asked = stream.write_all(request.as_bytes()).await;
    asked.is_ok() && stream.read_to_end(&mut answer).await.is_ok() && answer.starts_with(b"HTTP/1.1 200")
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn tail(log: &PathBuf) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
