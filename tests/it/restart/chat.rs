//! `switchboard chat` as a process, driven through pipes.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::support::app::PATIENCE;

/// A customer in a terminal.
pub(super) struct Chat {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

/// A line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) seq: u64,
    pub(super) who: String,
    pub(super) text: String,
}

impl Chat {
    /// Starts the client against the server at `address`.
    pub(super) fn start(address: &str, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.arg("chat").arg("--url").arg(format!("ws://{address}/ws")).args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, output, seen: Vec::new() }
    }

    /// Types a line.
    pub(super) async fn types(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Reads on until a line holds `part`; gives that line.
    pub(super) async fn reads(&mut self, part: &str) -> String {
        loop {
            let line = match timeout(PATIENCE, self.output.next_line()).await {
                Ok(line) => line.unwrap().unwrap_or_else(|| panic!("it ended before {part:?}: {:#?}", self.seen)),
                Err(_) => panic!("no {part:?} came: {:#?}", self.seen),
            };
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Everything that was read so far.
    pub(super) fn seen(&self) -> &[String] {
        &self.seen
    }

    /// What the client has, once all that was typed is acknowledged.
    pub(super) async fn transcript(&mut self) -> Vec<Said> {
        loop {
            self.types("/transcript").await;
            self.reads("-- transcript").await;
            let from = self.seen.len();
            if self.reads("-- end of transcript").await.contains("(0 not acknowledged)") {
                let lines = &self.seen[from..self.seen.len() - 1];
                return lines.iter().filter(|line| line.starts_with('#')).map(|line| said(line)).collect();
            }
        }
    }

    /// Ends the input, and gives the exit code.
    pub(super) async fn ends(&mut self) -> Option<i32> {
        self.input = None;
        while let Some(line) = timeout(PATIENCE, self.output.next_line()).await.expect("it ends").unwrap() {
            self.seen.push(line);
        }
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap().code()
    }

    /// Ends the client as a closed terminal does.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

fn said(line: &str) -> Said {
    let (seq, rest) = line[1..].split_once(' ').unwrap();
    let (who, text) = rest.split_once(": ").unwrap();
    Said { seq: seq.parse().unwrap(), who: who.to_owned(), text: text.to_owned() }
}
