//! Tools that organizations describe for their assistants, and the models that they bring along. Administrators write them;
//! secrets go in and never come out, and a secret does not follow an address that was changed.

use serde_json::Value;
use uuid::Uuid;

use super::audit::Acting;
use crate::assistant::cost::ModelOf;
use crate::auth::Caller;
use crate::clock::SharedClock;
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::schema::Schema;
use crate::domain::tool::{HttpTool, ModelSettings, Secret, TOOLS_MAX, ToolHeader, ToolMethod};
use crate::domain::{OrganizationId, Refusal, Timestamp};
use crate::store::record::{self, Versioned};
use crate::store::tool::{MODEL_ID, tools};
use crate::store::{Batch, Store, StoreError};

pub use crate::assistant::tools::{Answered, HttpTools};

/// See the module.
#[derive(Clone)]
pub struct Tools {
    store: Store,
    clock: SharedClock,
    http: HttpTools,
    model_of: ModelOf,
}

/// What a tool is to be.
#[derive(Debug, Clone)]
pub struct ToolDraft {
    /// What the model calls it.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// What it takes.
    pub arguments: Schema,
    /// How it is asked.
    pub method: ToolMethod,
    /// Where.
    pub url: String,
    /// What is sent along; without a value: the one that it has.
    pub headers: Vec<(String, Option<Secret>)>,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u32,
    /// How much of its answer is read, in bytes.
    pub response_max_bytes: u32,
    /// Whether the assistant may use it.
    pub enabled: bool,
    /// When what is changed was written, as whoever changes it has seen it; none: whatever it is.
    pub seen: Option<Timestamp>,
}

/// An organization's model.
#[derive(Debug, Clone)]
pub struct ModelReport {
    /// What the organization has set.
    pub settings: ModelSettings,
    /// The model that is asked now; none: nobody is asked, and the builtin assistant answers.
    pub asked: Option<String>,
}

/// A change of an organization's model; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ModelChange {
    /// Where its server is; `Some(None)`: the installation's.
    pub base_url: Option<Option<String>>,
    /// The key.
    pub api_key: Option<Option<Secret>>,
    /// The model's name.
    pub model: Option<Option<String>>,
    /// The temperature.
    pub temperature: Option<Option<f32>>,
    /// How much it may write, in tokens.
    pub answer_max_tokens: Option<Option<u32>>,
}

impl Tools {
    /// Wires the service; `model_of` knows whom the assistant asks.
    pub const fn new(store: Store, clock: SharedClock, http: HttpTools, model_of: ModelOf) -> Self {
        Self { store, clock, http, model_of }
    }

    /// All of the organization's, oldest first.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Unavailable`.
    pub fn all(&self, caller: &Caller) -> Result<Vec<HttpTool>, Refusal> {
        caller.require_admin()?;
        tools(&self.store, &caller.organization).map_err(unreadable)
    }

    /// Makes one.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` by field; `Conflict` when the name is taken or there are as many as there may be; `Busy`,
    /// `Unavailable`.
    pub async fn create(&self, acting: Acting<'_>, draft: ToolDraft) -> Result<HttpTool, Refusal> {
        let caller = acting.caller;
        caller.require_admin()?;
        let count = record::count::<HttpTool>(&self.store, &caller.organization, TOOLS_MAX).map_err(unreadable)?;
        if count >= TOOLS_MAX {
            return Err(Refusal::conflict("the organization has as many tools as it may"));
        }
        let tool = self.tool(caller, Uuid::now_v7(), draft, None)?;
        let mut batch = Batch::default();
        record::insert(&mut batch, &tool).map_err(unreadable)?;
        self.commit(acting, &tool, Act::ToolChanged, batch).await.map(|()| tool)
    }

    /// Writes one anew.
    ///
    /// # Errors
    /// As [`Tools::create`]; `Conflict` when it is no longer as it was seen; `NotFound`; `Invalid` on `headers` where a value is
    /// missing: there is none, or the address is another one now.
    pub async fn change(&self, acting: Acting<'_>, id: Uuid, draft: ToolDraft) -> Result<HttpTool, Refusal> {
        let caller = acting.caller;
        caller.require_admin()?;
        let old = self.at(&caller.organization, id)?;
        if draft.seen.is_some_and(|seen| seen != old.record.updated_at) {
            return Err(Refusal::conflict("somebody else changed the tool meanwhile"));
        }
        let tool = self.tool(caller, id, draft, Some(&old.record))?;
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &tool).map_err(unreadable)?;
        self.commit(acting, &tool, Act::ToolChanged, batch).await.map(|()| tool)
    }

    /// Takes one away.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`, `Busy`, `Unavailable`.
    pub async fn delete(&self, acting: Acting<'_>, id: Uuid) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let old = self.at(&acting.caller.organization, id)?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &old);
        self.commit(acting, &old.record, Act::ToolChanged, batch).await
    }

    /// Uses one, as an assistant would. That somebody did stands in the audit log before the service is asked; what they
    /// asked does not.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Invalid` on `arguments` that do not fit; `Busy`, `Unavailable`.
    pub async fn try_out(&self, acting: Acting<'_>, id: Uuid, arguments: &Value) -> Result<Answered, Refusal> {
        acting.caller.require_admin()?;
        let tool = self.at(&acting.caller.organization, id)?.record;
        tool.arguments.check(arguments).map_err(|why| Refusal::invalid("arguments", why))?;
        self.commit(acting, &tool, Act::ToolTried, Batch::default()).await?;
        Ok(self.http.ask(&tool, arguments).await)
    }

    /// The organization's model.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Unavailable`.
    pub fn model(&self, caller: &Caller) -> Result<ModelReport, Refusal> {
        caller.require_admin()?;
        let found = record::get::<ModelSettings>(&self.store, &caller.organization, MODEL_ID).map_err(unreadable)?;
        let settings = found.map_or_else(|| ModelSettings::unset(caller.organization.clone()), |found| found.record);
        Ok(self.told(settings))
    }

    /// Changes it. A key does not follow to another server: with a new address it must be given again. `seen` refuses where what
    /// is set now is not what the caller has seen.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` by field; `Conflict` when somebody else changed it meanwhile; `Busy`, `Unavailable`; what `seen`
    /// refuses.
    pub async fn change_model(
        &self,
        acting: Acting<'_>,
        change: ModelChange,
        seen: impl FnOnce(&ModelReport) -> Result<(), Refusal>,
    ) -> Result<ModelReport, Refusal> {
        let caller = acting.caller;
        caller.require_admin()?;
        let organization = &caller.organization;
        let found = record::get::<ModelSettings>(&self.store, organization, MODEL_ID).map_err(unreadable)?;
        let unset = ModelSettings::unset(organization.clone());
        let before = found.as_ref().map_or(&unset, |found| &found.record);
        seen(&self.told(before.clone()))?;
        let after = changed(before, change);
        after.check()?;
        let mut batch = Batch::default();
        record::replace(&mut batch, found.as_ref(), &after).map_err(unreadable)?;
        let (on, changes) = (Target::new("settings", "model"), differences(before, &after));
        if !changes.is_empty() {
            let entry = acting.entry(organization, self.clock.now(), Act::SettingsChanged, on, changes);
            record::insert(&mut batch, &entry).map_err(unreadable)?;
        }
        let committed = self.store.commit(batch).await;
        committed.map_err(|why| why.refused("it was changed meanwhile"))?;
        Ok(self.told(after))
    }

    fn told(&self, settings: ModelSettings) -> ModelReport {
        ModelReport { asked: (self.model_of)(&settings.organization), settings }
    }

    fn tool(&self, caller: &Caller, id: Uuid, draft: ToolDraft, old: Option<&HttpTool>) -> Result<HttpTool, Refusal> {
        let same_place = old.filter(|old| origin(&old.url) == origin(&draft.url));
        let kept = |name: &str| {
            let header = same_place?.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            Some(header.value.clone())
        };
        let header = |(name, value): (String, Option<Secret>)| {
            let missing = || Refusal::invalid("headers", format!("`{name}` must have a value"));
            let value = value.or_else(|| kept(&name)).ok_or_else(missing)?;
            Ok(ToolHeader { name, value })
        };
        let headers = draft.headers.into_iter().map(header).collect::<Result<_, Refusal>>()?;
        let tool = HttpTool {
            id,
            organization: caller.organization.clone(),
            name: draft.name,
            description: draft.description,
            arguments: draft.arguments,
            method: draft.method,
            url: draft.url,
            headers,
            timeout_ms: draft.timeout_ms,
            response_max_bytes: draft.response_max_bytes,
            enabled: draft.enabled,
            updated_at: self.clock.now(),
        };
        tool.check()?;
        Ok(tool)
    }

    fn at(&self, organization: &OrganizationId, id: Uuid) -> Result<Versioned<HttpTool>, Refusal> {
        let found = record::get(&self.store, organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "tool" })
    }

    /// Commits what was done to a tool with its entry in the audit log.
    async fn commit(&self, acting: Acting<'_>, tool: &HttpTool, act: Act, mut batch: Batch) -> Result<(), Refusal> {
        let on = Target::new("tool", tool.id).named(&tool.name);
        let entry = acting.entry(&tool.organization, self.clock.now(), act, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        let committed = self.store.commit(batch).await;
        committed.map_err(|why| why.refused("the name is taken, or it was changed meanwhile"))
    }
}

fn changed(before: &ModelSettings, change: ModelChange) -> ModelSettings {
    let moves = change.base_url.as_ref().is_some_and(|url| *url != before.base_url);
    let kept_key = before.api_key.clone().filter(|_| !moves);
    ModelSettings {
        organization: before.organization.clone(),
        base_url: change.base_url.unwrap_or_else(|| before.base_url.clone()),
        api_key: change.api_key.unwrap_or(kept_key),
        model: change.model.unwrap_or_else(|| before.model.clone()),
        temperature: change.temperature.unwrap_or(before.temperature),
        answer_max_tokens: change.answer_max_tokens.unwrap_or(before.answer_max_tokens),
    }
}

/// What changed; of the address and the key only that they did.
fn differences(was: &ModelSettings, is: &ModelSettings) -> Vec<FieldChange> {
    let text = |value: Option<String>| value.unwrap_or_default();
    let quietly =
        |name: &str, differs: bool| differs.then(|| FieldChange { from: None, ..FieldChange::unset(name, "") });
    let number = |value: Option<f32>| text(value.map(|value| value.to_string()));
    let whole = |value: Option<u32>| text(value.map(|value| value.to_string()));
    [
        quietly("base_url", was.base_url != is.base_url),
        quietly("api_key", was.api_key != is.api_key),
        FieldChange::of("model", &text(was.model.clone()), &text(is.model.clone())),
        FieldChange::of("temperature", &number(was.temperature), &number(is.temperature)),
        FieldChange::of("answer_max_tokens", &whole(was.answer_max_tokens), &whole(is.answer_max_tokens)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Scheme, host and port, as they are written.
fn origin(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(after..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| after + at);
    url.get(..end).unwrap_or(url)
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "tools do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Tools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tools").field("store", &self.store).finish_non_exhaustive()
    }
}
