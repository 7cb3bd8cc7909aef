//! Gathers tool calls from the pieces in which they are streamed: several at once, with or without index and id, whole or
//! by the character, with arguments as text or as an object.

use serde::Deserialize;
use serde_json::Value;

use crate::assistant::tools::Call;

/// The most calls of one answer that are kept.
const CALLS_MAX: usize = 8;

/// The longest name that is kept, in bytes; no tool has a longer one.
const NAME_MAX_BYTES: usize = 128;

/// The longest id that is kept, in bytes.
const ID_MAX_BYTES: usize = 128;

/// The longest arguments of a call, in bytes; longer ones are no whole JSON then.
const ARGUMENTS_MAX_BYTES: usize = 8 * 1024;

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    index: Option<usize>,
    call: Call,
}

/// A piece of a call.
#[derive(Debug, Deserialize)]
pub(super) struct CallPiece {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionPiece>,
}

#[derive(Debug, Deserialize)]
struct FunctionPiece {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

impl Calls {
    /// Whether there are any.
    pub(super) const fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Takes in a piece. What is too much is left out.
    pub(super) fn take(&mut self, piece: CallPiece) {
        let id = piece.id.filter(|id| !id.is_empty() && id.len() <= ID_MAX_BYTES);
        let (name, arguments) = piece.function.map_or((None, None), |function| (function.name, function.arguments));
        let name = name.filter(|name| !name.is_empty() && name.len() <= NAME_MAX_BYTES);
        let Some(at) = self.place(piece.index, id.as_deref(), name.is_some()) else { return };
        let call = &mut self.calls[at].call;
        if let Some(id) = id.filter(|_| call.id.is_empty()) {
            call.id = id;
        }
        if let Some(name) = name.filter(|_| call.name.is_empty()) {
            call.name = name;
        }
        let text = match arguments {
            None | Some(Value::Null) => return,
            Some(Value::String(text)) => text,
            Some(whole) => whole.to_string(),
        };
        if call.arguments.len() + text.len() <= ARGUMENTS_MAX_BYTES {
            call.arguments.push_str(&text);
        } else {
            // Not JSON any more, which the model is told.
            call.arguments.truncate(0);
            call.arguments.push('{');
        }
    }

    /// The calls, each with an id.
    pub(super) fn finish(self) -> Vec<Call> {
        let mut calls: Vec<Call> = self.calls.into_iter().map(|gathered| gathered.call).collect();
        for (n, call) in calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call_{n}");
            }
        }
        calls
    }

    /// Where a piece belongs: to the call of its index, unless its id says that another one begins; without an index a name
    /// or a new id begins one.
    fn place(&mut self, index: Option<usize>, id: Option<&str>, named: bool) -> Option<usize> {
        let found = match index {
            Some(_) => self.calls.iter().rposition(|gathered| gathered.index == index),
            None => self.calls.len().checked_sub(1),
        };
        let continues = found.filter(|at| {
            let call = &self.calls[*at].call;
            let other_id = id.is_some_and(|id| !call.id.is_empty() && call.id != id);
            let begins_again = index.is_none() && id.is_none() && named && !call.name.is_empty();
            !(other_id || begins_again)
        });
        if continues.is_some() || self.calls.len() >= CALLS_MAX {
            return continues;
        }
        self.calls.push(Gathered { index, call: Call::default() });
        Some(self.calls.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gather(pieces: &[Value]) -> Vec<(String, String, String)> {
        let mut calls = Calls::default();
        for piece in pieces {
            calls.take(serde_json::from_value(piece.clone()).unwrap());
        }
        calls.finish().into_iter().map(|call| (call.id, call.name, call.arguments)).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn pieces_of_several_calls_find_their_places() {
        let pieces = [
            json!({ "index": 0, "id": "a", "function": { "name": "ask", "arguments": "" } }),
            json!({ "index": 1, "id": "b", "function": { "name": "remember", "arguments": "{\"k" } }),
            json!({ "index": 0, "function": { "arguments": "{}" } }),
            json!({ "index": 1, "function": { "arguments": "\":1}" } }),
        ];
        assert_eq!(gather(&pieces), [call("a", "ask", "{}"), call("b", "remember", "{\"k\":1}")]);
    }

    #[test]
    fn servers_without_index_or_id_and_with_objects_are_understood() {
        let pieces = [
            json!({ "function": { "name": "ask", "arguments": { "slot": "x" } } }),
            json!({ "function": { "name": "ask", "arguments": "{}" } }),
        ];
        assert_eq!(gather(&pieces), [call("call_0", "ask", "{\"slot\":\"x\"}"), call("call_1", "ask", "{}")]);
        let same_index = [
            json!({ "index": 0, "id": "a", "function": { "name": "ask", "arguments": "{}" } }),
            json!({ "index": 0, "id": "b", "function": { "name": "remember", "arguments": "{}" } }),
        ];
        assert_eq!(gather(&same_index), [call("a", "ask", "{}"), call("b", "remember", "{}")]);
        let repeated = [
            json!({ "index": 0, "id": "a", "function": { "name": "ask", "arguments": "{" } }),
            json!({ "index": 0, "id": "a", "function": { "name": "ask", "arguments": "}" } }),
        ];
        assert_eq!(gather(&repeated), [call("a", "ask", "{}")]);
    }

    #[test]
    fn too_many_and_too_long_ones_do_not_grow() {
        let many: Vec<Value> = (0..99).map(|n| json!({ "index": n, "function": { "name": "ask" } })).collect();
        assert_eq!(gather(&many).len(), CALLS_MAX);
        let long = json!({ "index": 0, "function": { "name": "ask", "arguments": "x".repeat(ARGUMENTS_MAX_BYTES) } });
        let gathered = gather(&[long.clone(), long]);
        assert_eq!(gathered[0].2, "{");
    }
}
