//! A named pipe by which a program tells a test that it has begun, and that it and all that it started are gone: they hold its end.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::app::PATIENCE;

/// What comes by the pipe.
enum Told {
    Line(String),
    End,
}

/// See the module.
pub(crate) struct Pipe {
    path: PathBuf,
    told: mpsc::Receiver<Told>,
}

impl Pipe {
    /// A pipe in a folder.
    pub(crate) fn within(folder: &Path) -> Self {
        let path = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (tell, told) = mpsc::channel(16);
        let opened = path.clone();
        // A thread that nobody waits for: where no program comes, its opening never ends.
        std::thread::spawn(move || {
            while let Ok(file) = File::open(&opened) {
                let (mut file, mut line) = (BufReader::new(file), String::new());
                let read = file.read_line(&mut line).and_then(|_| {
                    tell.blocking_send(Told::Line(line)).map_err(std::io::Error::other)?;
                    file.read_to_end(&mut Vec::new())
                });
                if read.is_err() || tell.blocking_send(Told::End).is_err() {
                    return;
                }
            }
        });
        Self { path, told }
    }

    /// What a shell's script begins with, to tell that it has begun; it and what it starts then hold the pipe.
    pub(crate) fn held(&self) -> String {
        format!("exec 9>{}; echo begun >&9", self.path.display())
    }

    /// Waits until a script has begun.
    pub(crate) async fn begun(&mut self) {
        assert!(matches!(self.next().await, Told::Line(line) if line == "begun\n"), "it begins");
    }

    /// Waits until nobody holds the pipe any more.
    pub(crate) async fn ended(&mut self) {
        assert!(matches!(self.next().await, Told::End), "they are gone");
    }

    async fn next(&mut self) -> Told {
        timeout(PATIENCE, self.told.recv()).await.expect("it happens in time").expect("the pipe is read")
    }
}
