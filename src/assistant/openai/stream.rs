//! Reads a streamed chat completion: bytes to lines, lines to chunks, chunks to one finished answer.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::fault::Fault;
use super::request::HAND_OVER;

/// The longest reason for a handover that an agent reads, in characters.
const REASON_MAX_CHARS: usize = 200;

/// The most tool calls of one answer that are kept; we offer a single tool.
const TOOL_CALLS_MAX: usize = 8;

/// The longest arguments of a tool call, in bytes.
const ARGUMENTS_MAX_BYTES: usize = 8 * 1024;

const DEFAULT_REASON: &str = "The assistant asked for a human.";

/// Cuts bytes into lines. A character that is cut between two reads comes out whole.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    start: usize,
    line_max_bytes: usize,
}

/// What the model made of the turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finished {
    /// A text.
    Text(String),
    /// A human should take over.
    HandOver {
        /// Why.
        reason: String,
    },
}

/// The answer so far.
#[derive(Debug, Default)]
pub(super) struct Answering {
    text: String,
    calls: BTreeMap<usize, Call>,
    finish_reason: Option<String>,
    done: bool,
    /// Tokens that the server counted.
    pub usage: Option<Usage>,
}

/// What the server counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Usage {
    /// Tokens read.
    #[serde(default)]
    pub prompt_tokens: u64,
    /// Tokens written.
    #[serde(default)]
    pub completion_tokens: u64,
}

#[derive(Debug, Default)]
struct Call {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
    #[serde(default)]
    object: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Piece>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    function: Option<FunctionPiece>,
}

#[derive(Deserialize)]
struct FunctionPiece {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Arguments {
    reason: String,
}

impl Lines {
    /// Refuses lines longer than `line_max_bytes`.
    pub(super) const fn new(line_max_bytes: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, line_max_bytes }
    }

    /// Takes what was read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line without its end; `None` when more must be read.
    ///
    /// # Errors
    /// A line above the limit, or one that is not UTF-8.
    pub(super) fn next_line(&mut self) -> Result<Option<String>, Fault> {
        let rest = &self.buffer[self.start..];
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            return if rest.len() > self.line_max_bytes { Err(Fault::garbage("a line is too long")) } else { Ok(None) };
        };
        if length > self.line_max_bytes {
            return Err(Fault::garbage("a line is too long"));
        }
        self.start += length + 1;
        let line = rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length]);
        String::from_utf8(line.to_vec()).map(Some).map_err(|_| Fault::garbage("a line is not UTF-8"))
    }

    /// What is left at the end of the stream, as if a line end followed.
    pub(super) fn close(&mut self) {
        self.buffer.push(b'\n');
    }
}

impl Answering {
    /// Takes one line of the stream; gives back text that can be shown.
    ///
    /// # Errors
    /// An error object in the stream, or what is no chunk at all.
    pub(super) fn take_line(&mut self, line: &str) -> Result<Option<String>, Fault> {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else { return Ok(None) };
        if data == "[DONE]" {
            self.done = true;
            return Ok(None);
        }
        let chunk: Chunk =
            serde_json::from_str(data).map_err(|_| Fault::garbage("a chunk is not JSON of the documented shape"))?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(Fault::in_stream(&error));
        }
        if chunk.object.as_deref() == Some("error") {
            return Err(Fault::garbage("the server sent an error in the stream"));
        }
        self.usage = chunk.usage.or(self.usage);
        Ok(chunk.choices.into_iter().next().and_then(|choice| self.take_choice(choice)))
    }

    /// Whether anything of the answer has arrived.
    pub(super) fn has_begun(&self) -> bool {
        !self.text.is_empty() || !self.calls.is_empty()
    }

    /// Whether the model said that it is finished; what follows is only book-keeping.
    pub(super) const fn is_complete(&self) -> bool {
        self.done || self.finish_reason.is_some()
    }

    /// Whether the server said that nothing follows.
    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    /// Ends an answer that has become as long as it may be.
    pub(super) fn clip(&mut self, max_chars: usize) -> bool {
        let Some((end, _)) = self.text.char_indices().nth(max_chars) else { return false };
        let head = &self.text[..end];
        let cut = head.rfind(['.', '!', '?', '\n']).map(|at| at + 1).or_else(|| head.rfind(' ')).unwrap_or(end);
        self.text.truncate(cut);
        self.done = true;
        true
    }

    /// The finished answer. A tool call wins over text.
    ///
    /// # Errors
    /// A stream that ended early, an empty answer, a filtered one, or a call of a tool that does not exist.
    pub(super) fn finish(self) -> Result<Finished, Fault> {
        if !self.is_complete() {
            return Err(Fault::cut("the stream ended early"));
        }
        if self.finish_reason.as_deref() == Some("content_filter") {
            return Err(Fault::garbage("the provider filtered the answer"));
        }
        if let Some(call) = self.calls.values().find(|call| call.name == HAND_OVER) {
            return Ok(Finished::HandOver { reason: call.reason() });
        }
        if self.text.trim().is_empty() {
            return Err(Fault::garbage("the answer is empty"));
        }
        Ok(Finished::Text(self.text.trim().to_owned()))
    }

    fn take_choice(&mut self, choice: Choice) -> Option<String> {
        self.finish_reason = choice.finish_reason.or_else(|| self.finish_reason.take());
        let piece = choice.delta?;
        for call in piece.tool_calls.into_iter().flatten() {
            self.take_call(call);
        }
        let text = piece.content.filter(|text| !text.is_empty()).or(piece.refusal).filter(|text| !text.is_empty())?;
        self.text.push_str(&text);
        Some(text)
    }

    /// Some servers leave the index out and send whole calls: a name then starts a new one.
    fn take_call(&mut self, piece: CallPiece) {
        let Some(function) = piece.function else { return };
        let names = function.name.as_ref().is_some_and(|name| !name.is_empty());
        let last = self.calls.keys().next_back().copied();
        let index = piece.index.unwrap_or_else(|| last.map_or(0, |last| if names { last + 1 } else { last }));
        if !self.calls.contains_key(&index) && self.calls.len() >= TOOL_CALLS_MAX {
            return;
        }
        let call = self.calls.entry(index).or_default();
        if let Some(name) = function.name.filter(|name| call.name.is_empty() && name.len() <= HAND_OVER.len()) {
            call.name = name;
        }
        if let Some(arguments) = function.arguments
            && call.arguments.len() + arguments.len() <= ARGUMENTS_MAX_BYTES
        {
            call.arguments.push_str(&arguments);
        }
    }
}

impl Call {
    /// Models write broken JSON; the wish for a human counts all the same.
    fn reason(&self) -> String {
        let said =
            serde_json::from_str::<Arguments>(&self.arguments).map(|arguments| arguments.reason).unwrap_or_default();
        let reason: String = said.trim().chars().filter(|c| !c.is_control()).take(REASON_MAX_CHARS).collect();
        if reason.is_empty() { DEFAULT_REASON.to_owned() } else { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&[u8]]) -> Result<Finished, Fault> {
        let mut lines = Lines::new(1024);
        let mut answering = Answering::default();
        for part in parts {
            lines.push(part);
            while let Some(line) = lines.next_line()? {
                answering.take_line(&line)?;
            }
        }
        answering.finish()
    }

    fn text(content: &str) -> Result<Finished, Fault> {
        read(&[content.as_bytes()])
    }

    const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

    #[test]
    fn a_character_cut_between_reads_and_odd_line_ends_are_no_matter() {
        let whole = format!(
            ": keepalive\r\n\r\ndata:{{\"choices\":[{{\"delta\":{{\"content\":\"Grüße 🎉\"}}}}]}}\r\n\r\n{STOP}data: [DONE]\n\n"
        );
        for cut in 1..whole.len() {
            let (a, b) = whole.as_bytes().split_at(cut);
            assert_eq!(read(&[a, b]).unwrap(), Finished::Text("Grüße 🎉".to_owned()), "{cut}");
        }
    }

    #[test]
    fn a_tool_call_in_fragments_wins_over_text() {
        let said = text(&format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"One moment\",\"tool_calls\":[{{\"index\":0,\"id\":\"c\",\"function\":{{\"name\":\"hand_over\",\"arguments\":\"{{\\\"rea\"}}}}]}}}}]}}\n\
             data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":\"son\\\":\\\"angry\\\"}}\"}}}}]}}}}]}}\n{STOP}"
        ));
        assert_eq!(said.unwrap(), Finished::HandOver { reason: "angry".to_owned() });
        let broken = text(&format!(
            "data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"function\":{{\"name\":\"hand_over\",\"arguments\":\"{{oops\"}}}}]}}}}]}}\n{STOP}"
        ));
        assert_eq!(broken.unwrap(), Finished::HandOver { reason: DEFAULT_REASON.to_owned() });
    }

    #[test]
    fn what_is_not_a_finished_answer_is_a_fault() {
        assert!(text("data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n").is_err());
        assert!(text("data: {\"error\":{\"message\":\"boom\"}}\n").is_err());
        assert!(text("data: {\"object\":\"error\",\"message\":\"boom\"}\n").is_err());
        assert!(text("data: <html>\n").is_err());
        assert!(text(STOP).is_err());
        assert!(text(&format!("data: {}\n", "x".repeat(2000))).is_err());
        assert!(read(&[&[b'd'; 2000]]).is_err());
        assert!(read(&[b"data: \xff\xfe\n"]).is_err());
    }

    #[test]
    fn usage_comes_in_a_chunk_without_choices() {
        let mut answering = Answering::default();
        answering.take_line("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}").unwrap();
        answering.take_line("data: {\"choices\":[],\"usage\":null}").unwrap();
        assert_eq!(answering.usage, Some(Usage { prompt_tokens: 7, completion_tokens: 3 }));
    }

    #[test]
    fn a_long_answer_ends_with_a_sentence() {
        let mut answering = Answering { text: "One. Two. Three and more".to_owned(), ..Answering::default() };
        assert!(!answering.clip(24));
        assert!(answering.clip(20));
        assert_eq!(answering.finish().unwrap(), Finished::Text("One. Two.".to_owned()));
    }
}
