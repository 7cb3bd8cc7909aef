//! What the organization sets. Everybody of the staff reads it, administrators change a section at a time: what is not sent
//! stays, and what is no longer as `was` says is not written over.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Colleague;
use super::seen::unchanged;
use crate::domain::Refusal;
use crate::domain::desk::DeskSettings;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{self, Sent};
use crate::http::console::wire::{AllSettings, Assistant};
use crate::http::guard::{Administrator, Fault};

/// Every section.
#[utoipa::path(
    get, path = "/api/console/settings", operation_id = "getSettings",
    summary = "Get the Settings", tag = "Settings",
    responses((status = 200, body = AllSettings, description = "Every section"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
) -> Result<Response, Fault> {
    let settings = &doors.engine.settings;
    let desk = settings.desk(&caller.organization);
    let assistant = Assistant::from(&*settings.assistant(&caller.organization));
    let widget = settings.widget(&caller.organization)?;
    json(StatusCode::OK, &AllSettings { desk: whole(&desk), assistant, widget })
}

/// How people work.
#[utoipa::path(
    put, path = "/api/console/settings/desk", operation_id = "changeDesk",
    summary = "Change the Desk's Settings", tag = "Settings",
    request_body = Object,
    responses((status = 200, body = Object, description = "The section as it is now"))
)]
pub(crate) async fn desk(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(sent): Sent<Map<String, Value>>,
) -> Result<Response, Fault> {
    let change = |desk: &mut _| {
        unchanged(&whole(desk), sent.get("was"))?;
        overlaid(desk, &sent).map(|new| *desk = new)
    };
    let changed = doors.engine.settings.change_desk(admin.acting(), change).await?;
    json(StatusCode::OK, &whole(&changed))
}

/// How the assistant answers.
#[utoipa::path(
    put, path = "/api/console/settings/assistant", operation_id = "changeAssistant",
    summary = "Change the Assistant's Settings", tag = "Settings",
    request_body = Object,
    responses((status = 200, body = Assistant, description = "The section as it is now"))
)]
pub(crate) async fn assistant(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(sent): Sent<Map<String, Value>>,
) -> Result<Response, Fault> {
    let change = |settings: &mut _| {
        unchanged(&serde_json::to_value(Assistant::from(&*settings)).unwrap_or_default(), sent.get("was"))?;
        let new: crate::domain::AssistantSettings = overlaid(settings, &sent)?;
        crate::domain::Label::parse("style", new.style.as_str())?;
        new.check(["reply_max_chars", "confidence_floor", "style"])?;
        *settings = new;
        Ok(())
    };
    let changed = doors.engine.settings.change_assistant(admin.acting(), change).await?;
    json(StatusCode::OK, &Assistant::from(&changed))
}

/// How the widget looks, and where it may be.
#[utoipa::path(
    put, path = "/api/console/settings/widget", operation_id = "changeWidget",
    summary = "Change the Widget's Settings", tag = "Settings",
    request_body = Object,
    responses((status = 200, body = Object, description = "The section as it is now"))
)]
pub(crate) async fn widget(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(sent): Sent<Map<String, Value>>,
) -> Result<Response, Fault> {
    let change = |widget: &mut _| {
        unchanged(&serde_json::to_value(&*widget).unwrap_or_default(), sent.get("was"))?;
        overlaid(widget, &sent).map(|new| *widget = new)
    };
    json(StatusCode::OK, &doors.engine.settings.change_widget(admin.acting(), change).await?)
}

/// The section with every field, also with those that are not stored where they are empty.
fn whole(desk: &DeskSettings) -> Value {
    let mut section = serde_json::to_value(desk).unwrap_or_default();
    if let Some(hours) = section.get_mut("hours").and_then(Value::as_object_mut) {
        hours.entry("exceptions").or_insert_with(|| Value::Array(Vec::new()));
    }
    section
}

/// A section with what was sent in the place of what was there. A wrong field is named with its path.
fn overlaid<T: Serialize + DeserializeOwned>(section: &T, sent: &Map<String, Value>) -> Result<T, Refusal> {
    let mut fields = match serde_json::to_value(section) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => return Err(Refusal::Unavailable { part: "settings" }),
    };
    for (name, value) in sent {
        if fields.contains_key(name) {
            fields.insert(name.clone(), value.clone());
        }
    }
    body::parse(Value::Object(fields).to_string().as_bytes())
}
