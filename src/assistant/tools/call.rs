//! What a model asks a tool for, made into a checked wish. Models write broken JSON, leave things out and make tools up; each
//! is said in words that a model can act on.

use serde_json::{Value, json};

use super::{ASK, HAND_OVER, Offer, REMEMBER, SEARCH};

/// The longest reason for a handover that an agent reads, in characters.
const REASON_MAX_CHARS: usize = 200;

/// The longest name of a value, in characters.
const KEY_MAX_CHARS: usize = 64;

/// The longest question to the customer, in characters.
const QUESTION_MAX_CHARS: usize = 600;

/// The longest text that is searched for, in characters.
const QUERY_MAX_CHARS: usize = 500;

/// The longest value that is remembered, in characters.
const VALUE_MAX_CHARS: usize = 500;

const DEFAULT_REASON: &str = "The assistant asked for a human.";

/// A call as the model wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// The model's name for this call; ours where it gave none.
    pub id: String,
    /// The tool.
    pub name: String,
    /// JSON, if the model did well.
    pub arguments: String,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A human.
    HandOver {
        /// Why, for the agent.
        reason: String,
    },
    /// A value from the customer.
    Ask {
        /// Its name.
        slot: String,
        /// The question.
        question: String,
    },
    /// More of the knowledge.
    Search {
        /// What is looked for.
        query: String,
    },
    /// To remember something of the customer.
    Remember {
        /// What it is about.
        key: String,
        /// What.
        value: String,
    },
    /// A service of the organization's.
    Own {
        /// What it is given; it fits the tool's schema.
        arguments: Value,
    },
}

impl Call {
    /// Reads the call.
    ///
    /// # Errors
    /// What is wrong with it, for the model.
    pub fn read(&self, offer: &Offer) -> Result<Wanted, String> {
        if self.name == HAND_OVER {
            // The wish for a human counts, however it is written.
            return Ok(Wanted::HandOver { reason: self.reason() });
        }
        if !offer.has(&self.name) {
            return Err("there is no such tool".to_owned());
        }
        let text = if self.arguments.trim().is_empty() { "{}" } else { self.arguments.as_str() };
        let arguments: Value =
            serde_json::from_str(text).map_err(|_| "the arguments are not whole, valid JSON".to_owned())?;
        match self.name.as_str() {
            ASK => Ok(Wanted::Ask {
                slot: key(&arguments, "slot")?,
                question: words(&arguments, "question", QUESTION_MAX_CHARS)?,
            }),
            SEARCH => Ok(Wanted::Search { query: words(&arguments, "query", QUERY_MAX_CHARS)? }),
            REMEMBER => Ok(Wanted::Remember {
                key: key(&arguments, "key")?,
                value: words(&arguments, "value", VALUE_MAX_CHARS)?,
            }),
            own => {
                let tool = offer.own(own).ok_or_else(|| "there is no such tool".to_owned())?;
                tool.arguments.check(&arguments)?;
                Ok(Wanted::Own { arguments })
            }
        }
    }

    /// The call as it stands in the conversation with the model. Arguments that are no JSON are left out: some servers
    /// refuse to read them again.
    pub fn repeated(&self) -> Value {
        let arguments = if serde_json::from_str::<Value>(&self.arguments).is_ok() { &self.arguments } else { "{}" };
        json!({ "id": self.id, "type": "function", "function": { "name": self.name, "arguments": arguments } })
    }

    fn reason(&self) -> String {
        let said: Value = serde_json::from_str(&self.arguments).unwrap_or_default();
        let said = said.get("reason").and_then(Value::as_str).unwrap_or_default();
        let reason: String = said.trim().chars().filter(|c| !c.is_control()).take(REASON_MAX_CHARS).collect();
        if reason.is_empty() { DEFAULT_REASON.to_owned() } else { reason }
    }
}

fn words(arguments: &Value, name: &str, max_chars: usize) -> Result<String, String> {
    let text = arguments.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if text.is_empty() || text.chars().count() > max_chars {
        return Err(format!("{name} must be a text of 1 to {max_chars} characters"));
    }
    Ok(text.to_owned())
}

fn key(arguments: &Value, name: &str) -> Result<String, String> {
    let text = words(arguments, name, KEY_MAX_CHARS)?;
    let plain = text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    if plain { Ok(text) } else { Err(format!("{name} must be in snake case")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Offer {
        Offer { own: Vec::new(), searches: true, remembers: false }
    }

    fn read(name: &str, arguments: &str) -> Result<Wanted, String> {
        let call = Call { id: "c".to_owned(), name: name.to_owned(), arguments: arguments.to_owned() };
        call.read(&offer())
    }

    #[test]
    fn calls_are_checked_and_what_is_wrong_is_said() {
        let ask = read("ask", r#"{"slot":"order_number","question":" Which order? "}"#).unwrap();
        assert_eq!(ask, Wanted::Ask { slot: "order_number".to_owned(), question: "Which order?".to_owned() });
        assert_eq!(
            read("search_knowledge", r#"{"query":"fees"}"#).unwrap(),
            Wanted::Search { query: "fees".to_owned() }
        );
        for (name, arguments) in [
            ("ask", r#"{"slot":"Order Number","question":"?"}"#),
            ("ask", r#"{"slot":"order_number"}"#),
            ("search_knowledge", r#"{"query":"fe"#),
            ("search_knowledge", ""),
            ("remember", r#"{"key":"name","value":"Ana"}"#),
            ("launch_rocket", "{}"),
        ] {
            assert!(read(name, arguments).is_err(), "{name} {arguments}");
        }
    }

    #[test]
    fn the_wish_for_a_human_counts_however_it_is_written() {
        let reason = |arguments: &str| match read("hand_over", arguments) {
            Ok(Wanted::HandOver { reason }) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(r#"{"reason":"angry"}"#), "angry");
        assert_eq!(reason("{oops"), DEFAULT_REASON);
        assert_eq!(reason(&format!(r#"{{"reason":"{}"}}"#, "x".repeat(999))).len(), REASON_MAX_CHARS);
    }
}
