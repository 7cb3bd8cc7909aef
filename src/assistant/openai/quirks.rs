//! What a server was found not to understand. It says so with a refusal, is asked again without it, and is not asked with it
//! any more. Each can be found once, so nothing is asked again without end.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;
use serde_json::Value;

/// Something that servers differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// Tools.
    Tools,
    /// `stream_options`, which asks for the count of tokens.
    StreamOptions,
    /// The name of the limit on what is written.
    TokensField,
    /// A temperature; some models have only one.
    Temperature,
}

/// What one server does not understand.
#[derive(Debug, Default)]
pub(super) struct Quirks {
    no_tools: AtomicBool,
    no_stream_options: AtomicBool,
    other_tokens_field: AtomicBool,
    no_temperature: AtomicBool,
}

/// By which words a refusal says that something is not understood, and not that it is wrong.
const NOT_UNDERSTOOD: [&str; 8] =
    ["support", "unrecognized", "unknown", "unexpected", "not permitted", "require", "extra", "not allowed"];

impl Quirks {
    /// Whether tools may be offered.
    pub(super) fn takes_tools(&self) -> bool {
        !self.no_tools.load(Ordering::Relaxed)
    }

    /// Whether the count of tokens may be asked for.
    pub(super) fn takes_stream_options(&self) -> bool {
        !self.no_stream_options.load(Ordering::Relaxed)
    }

    /// Whether a temperature may be named.
    pub(super) fn takes_temperature(&self) -> bool {
        !self.no_temperature.load(Ordering::Relaxed)
    }

    /// The hosted API wants the new name; most local servers read only the old one.
    pub(super) fn tokens_field(&self, base_url: &str) -> &'static str {
        let hosted = base_url.contains("api.openai.com");
        if hosted == self.other_tokens_field.load(Ordering::Relaxed) { "max_tokens" } else { "max_completion_tokens" }
    }

    /// Takes in what a server does not understand; whether that is news.
    pub(super) fn learn(&self, feature: Feature) -> bool {
        let flag = match feature {
            Feature::Tools => &self.no_tools,
            Feature::StreamOptions => &self.no_stream_options,
            Feature::TokensField => &self.other_tokens_field,
            Feature::Temperature => &self.no_temperature,
        };
        !flag.swap(true, Ordering::Relaxed)
    }
}

/// What a refusal is about, if it is about something that servers differ in.
pub(super) fn refused(status: StatusCode, body: &Value) -> Option<Feature> {
    if !matches!(status.as_u16(), 400 | 404 | 422 | 500 | 501) {
        return None;
    }
    let error = body.get("error").unwrap_or(body);
    let words = ["message", "param", "detail"].iter().filter_map(|field| error.get(field)?.as_str());
    let said = words.chain(error.as_str()).collect::<Vec<_>>().join(" ").to_lowercase();
    if said.contains("context") || !NOT_UNDERSTOOD.iter().any(|word| said.contains(word)) {
        return None;
    }
    let about = [
        ("stream_options", Feature::StreamOptions),
        ("max_tokens", Feature::TokensField),
        ("max_completion_tokens", Feature::TokensField),
        ("temperature", Feature::Temperature),
        ("tool", Feature::Tools),
        ("function", Feature::Tools),
    ];
    about.into_iter().find(|(word, _)| said.contains(word)).map(|(_, feature)| feature)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn about(status: u16, body: &Value) -> Option<Feature> {
        refused(StatusCode::from_u16(status).unwrap(), body)
    }

    #[test]
    fn the_refusals_of_known_servers_are_understood() {
        let said = |text: &str| json!({ "error": { "message": text } });
        for (status, body, feature) in [
            (400, said("registry.ollama.ai/library/gemma:2b does not support tools"), Feature::Tools),
            (400, said("\"auto\" tool choice requires --enable-auto-tool-choice"), Feature::Tools),
            (500, said("tools param requires --jinja flag"), Feature::Tools),
            (
                400,
                json!({ "object": "error", "message": "extra fields not permitted: stream_options" }),
                Feature::StreamOptions,
            ),
            (
                400,
                said("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
                Feature::TokensField,
            ),
            (400, said("'temperature' does not support 0.2 with this model."), Feature::Temperature),
            (422, json!({ "error": "unknown field `tools`" }), Feature::Tools),
        ] {
            assert_eq!(about(status, &body), Some(feature), "{body}");
        }
        assert_eq!(about(400, &said("maximum context length exceeded, max_tokens not supported")), None);
        assert_eq!(about(401, &said("tools are not supported")), None);
        assert_eq!(about(400, &said("bad request")), None);
    }

    #[test]
    fn each_is_news_once_and_the_limit_has_the_name_that_the_server_reads() {
        let quirks = Quirks::default();
        assert_eq!(quirks.tokens_field("https://api.openai.com/v1"), "max_completion_tokens");
        assert_eq!(quirks.tokens_field("http://127.0.0.1:11434/v1"), "max_tokens");
        assert!(quirks.learn(Feature::TokensField) && !quirks.learn(Feature::TokensField));
        assert_eq!(quirks.tokens_field("https://api.openai.com/v1"), "max_tokens");
        assert_eq!(quirks.tokens_field("http://127.0.0.1:11434/v1"), "max_completion_tokens");
        assert!(quirks.takes_tools() && quirks.learn(Feature::Tools) && !quirks.takes_tools());
    }
}
