//! Tools and models as JSON, without their secrets.

use crate::domain::tool::{HttpTool, ToolMethod};
use crate::engine::tools::{Answered, ModelReport};
use crate::http::console::wire::{HeaderName, Method, Model, Tool, ToolAnswer};

/// A tool.
pub(crate) fn tool(tool: &HttpTool) -> Tool {
    let name = |header: &crate::domain::tool::ToolHeader| HeaderName { name: header.name.clone() };
    Tool {
        id: tool.id.to_string(),
        name: tool.name.clone(),
        description: tool.description.clone(),
        arguments: tool.arguments.json().clone(),
        method: match tool.method {
            ToolMethod::Get => Method::Get,
            ToolMethod::Post => Method::Post,
            ToolMethod::Put => Method::Put,
            ToolMethod::Patch => Method::Patch,
            ToolMethod::Delete => Method::Delete,
        },
        url: tool.url.clone(),
        headers: tool.headers.iter().map(name).collect(),
        timeout_ms: tool.timeout_ms,
        response_max_bytes: tool.response_max_bytes,
        enabled: tool.enabled,
        updated_at: tool.updated_at.to_string(),
    }
}

/// What a tool answered.
pub(crate) fn tool_answer(answered: Answered) -> ToolAnswer {
    ToolAnswer { succeeded: answered.succeeded, status: answered.status, result: answered.result }
}

/// An organization's model.
pub(crate) fn model(report: &ModelReport) -> Model {
    let model = &report.settings;
    Model {
        base_url: model.base_url.clone(),
        model: model.model.clone(),
        // As it was typed: 0.7, not 0.699999988079071.
        temperature: model.temperature.and_then(|temperature| temperature.to_string().parse().ok()),
        answer_max_tokens: model.answer_max_tokens,
        has_key: model.api_key.is_some(),
        asked: report.asked.clone(),
    }
}
