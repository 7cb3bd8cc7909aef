//! Lines as they are typed, read on a thread of their own: the end of the process does not wait for a keyboard.

use std::io::{BufRead, Read, stdin};

use tokio::sync::mpsc;

/// The longest line; a longer one comes in pieces, and the server refuses messages well below this.
const LINE_MAX_BYTES: u64 = 256 * 1024;

/// Lines that may wait to be taken; beyond it the input is not read.
const LINES_WAITING_MAX: usize = 16;

/// Reads the process's input until it ends.
pub(super) fn lines() -> mpsc::Receiver<String> {
    let (typed, lines) = mpsc::channel(LINES_WAITING_MAX);
    std::thread::spawn(move || {
        let mut input = stdin().lock();
        let mut bytes = Vec::new();
        while input.by_ref().take(LINE_MAX_BYTES).read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
            if typed.blocking_send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    lines
}
