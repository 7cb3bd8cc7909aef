//! What the person sees. On a terminal "is typing" is a line that goes away; into a pipe everything is plain lines.

use std::io::{IsTerminal, Write, stdout};

const TYPING: &str = "... is typing";

/// Back to the line's start, and the line is empty.
const CLEAR_LINE: &str = "\r\x1b[2K";

/// See the module.
#[derive(Debug)]
pub(super) struct Screen {
    is_terminal: bool,
    typing: bool,
}

impl Screen {
    /// The process's own output.
    pub(super) fn open() -> Self {
        Self { is_terminal: stdout().is_terminal(), typing: false }
    }

    /// Shows a line of the conversation.
    pub(super) fn show(&self, line: &str) {
        let text = printable(line);
        match (self.is_terminal, self.typing) {
            (true, true) => write(&format!("{CLEAR_LINE}{text}\n{TYPING}")),
            (true, false) | (false, _) => write(&format!("{text}\n")),
        }
    }

    /// Shows that somebody types, or stopped.
    pub(super) fn typing(&mut self, active: bool) {
        if active == self.typing {
            return;
        }
        self.typing = active;
        match (self.is_terminal, active) {
            (true, true) => write(TYPING),
            (true, false) => write(CLEAR_LINE),
            (false, true) => write(&format!("{TYPING}\n")),
            (false, false) => {}
        }
    }
}

/// A reader that went away ends the client soon enough: its input ends too.
fn write(text: &str) {
    let mut out = stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Without what could steer the terminal; further lines are set in.
fn printable(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\n' => text.push_str("\n    "),
            '\t' => text.push(' '),
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_writes_steers_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\nc\u{9b}d\te"), "a[2Jb\n    cd e");
    }
}
