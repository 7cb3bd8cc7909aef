//! Reads a streamed chat completion: bytes to lines, lines to chunks, chunks to one finished answer. A server that streams
//! nothing and sends one completion is read too.

use serde::Deserialize;

use super::calls::{CallPiece, Calls};
use super::fault::Fault;
use crate::assistant::tools::Call;

/// Cuts bytes into lines. A character that is cut between two reads comes out whole.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    start: usize,
    line_max_bytes: usize,
}

/// What the model said in one answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Its text, as it was streamed.
    pub text: String,
    /// The tools that it calls.
    pub calls: Vec<Call>,
}

/// The answer so far.
#[derive(Debug, Default)]
pub(super) struct Answering {
    text: String,
    calls: Calls,
    finish_reason: Option<String>,
    done: bool,
    /// Tokens that the server counted.
    pub usage: Option<Counted>,
}

/// What the server counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Counted {
    /// Tokens read.
    #[serde(default)]
    pub prompt_tokens: u64,
    /// Tokens written.
    #[serde(default)]
    pub completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Counted>,
    #[serde(default)]
    error: Option<serde_json::Value>,
    #[serde(default)]
    object: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: usize,
    #[serde(default)]
    delta: Option<Piece>,
    /// In the place of a delta where the server does not stream.
    #[serde(default)]
    message: Option<Piece>,
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

impl Counted {
    /// Of the tokens read, those that the server had read before.
    pub(super) fn cached_tokens(&self) -> u64 {
        self.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or_default()
    }
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
    /// Takes one line of the stream; gives back the text in it.
    ///
    /// # Errors
    /// An error object in the stream, or what is no chunk at all.
    pub(super) fn take_line(&mut self, line: &str) -> Result<Option<String>, Fault> {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else {
            // A whole completion on one line; what else is not data is a comment or an event's name.
            return if line.starts_with('{') { self.take_chunk(line) } else { Ok(None) };
        };
        if data == "[DONE]" {
            self.done = true;
            return Ok(None);
        }
        self.take_chunk(data)
    }

    fn take_chunk(&mut self, data: &str) -> Result<Option<String>, Fault> {
        let chunk: Chunk =
            serde_json::from_str(data).map_err(|_| Fault::garbage("a chunk is not JSON of the documented shape"))?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(Fault::in_stream(&error));
        }
        if chunk.object.as_deref() == Some("error") {
            return Err(Fault::garbage("the server sent an error in the stream"));
        }
        self.usage = chunk.usage.or(self.usage);
        let first = chunk.choices.into_iter().find(|choice| choice.index == 0);
        Ok(first.and_then(|choice| self.take_choice(choice)))
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

    /// The text so far, in bytes.
    pub(super) const fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Ends an answer that has become longer than anybody reads.
    pub(super) fn clip(&mut self, max_bytes: usize) {
        self.done |= self.text.len() > max_bytes;
    }

    /// The finished answer.
    ///
    /// # Errors
    /// A stream that ended early, an empty answer, or a filtered one.
    pub(super) fn finish(self) -> Result<Said, Fault> {
        if !self.is_complete() {
            return Err(Fault::cut("the stream ended early"));
        }
        if self.finish_reason.as_deref() == Some("content_filter") {
            return Err(Fault::garbage("the provider filtered the answer"));
        }
        if self.text.trim().is_empty() && self.calls.is_empty() {
            return Err(Fault::garbage("the answer is empty"));
        }
        Ok(Said { text: self.text, calls: self.calls.finish() })
    }

    /// What comes after the end of an answer is none of it.
    fn take_choice(&mut self, choice: Choice) -> Option<String> {
        let ended = self.finish_reason.is_some();
        self.finish_reason = self.finish_reason.take().or(choice.finish_reason);
        let piece = choice.delta.or(choice.message).filter(|_| !ended)?;
        for call in piece.tool_calls.into_iter().flatten() {
            self.calls.take(call);
        }
        let text = piece.content.filter(|text| !text.is_empty()).or(piece.refusal).filter(|text| !text.is_empty())?;
        self.text.push_str(&text);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&[u8]]) -> Result<Said, Fault> {
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

    fn text(content: &str) -> Result<Said, Fault> {
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
            assert_eq!(read(&[a, b]).unwrap().text, "Grüße 🎉", "{cut}");
        }
    }

    #[test]
    fn tool_calls_come_beside_text() {
        let said = text(&format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"One moment\",\"tool_calls\":[{{\"index\":0,\"id\":\"c\",\"function\":{{\"name\":\"hand_over\",\"arguments\":\"{{\\\"rea\"}}}}]}}}}]}}\n\
             data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":\"son\\\":\\\"angry\\\"}}\"}}}}]}}}}]}}\n{STOP}"
        ))
        .unwrap();
        assert_eq!(said.text, "One moment");
        assert_eq!((said.calls[0].id.as_str(), said.calls[0].arguments.as_str()), ("c", "{\"reason\":\"angry\"}"));
    }

    #[test]
    fn only_the_first_choice_counts_and_nothing_after_its_end() {
        let said = text(&format!(
            "data: {{\"choices\":[{{\"index\":1,\"delta\":{{\"content\":\"No\"}}}},{{\"index\":0,\"delta\":{{\"content\":\"Yes\"}}}}]}}\n\
             {STOP}data: {{\"choices\":[{{\"delta\":{{\"content\":\" and more\"}},\"finish_reason\":\"length\"}}]}}\n{STOP}"
        ));
        assert_eq!(said.unwrap().text, "Yes");
    }

    #[test]
    fn a_completion_that_is_not_streamed_is_read() {
        let said = text("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}");
        assert!(said.is_err(), "a line without an end is not whole yet");
        let said =
            text("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n");
        assert_eq!(said.unwrap().text, "Hello");
        assert!(text("{\"error\":{\"message\":\"boom\"}}\n").is_err());
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
        let counted = answering.usage.unwrap();
        assert_eq!((counted.prompt_tokens, counted.completion_tokens, counted.cached_tokens()), (7, 3, 0));
    }

    #[test]
    fn an_endless_answer_is_ended() {
        let mut answering = Answering { text: "One. Two. Three".to_owned(), ..Answering::default() };
        answering.clip(15);
        assert!(!answering.is_done());
        answering.clip(14);
        assert!(answering.is_done());
    }
}
