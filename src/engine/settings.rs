//! What organizations set while everything runs. A change is durable before it is answered, and governs each turn that is
//! decided after it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::audit::Acting;
use crate::actors::Policies;
use crate::clock::SharedClock;
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::desk::DeskSettings;
use crate::domain::desk::event::TeamId;
use crate::domain::{AssistantSettings, OrganizationId, Refusal, Settings as Record, WidgetSettings};
use crate::store::{self, Batch, CommitError, Store, StoreError, record, settings};

/// How often a change is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

/// See the module.
#[derive(Debug, Clone)]
pub struct Settings {
    store: Store,
    policies: Arc<Policies>,
    clock: SharedClock,
}

impl Settings {
    /// Wires the service.
    pub const fn new(store: Store, policies: Arc<Policies>, clock: SharedClock) -> Self {
        Self { store, policies, clock }
    }

    /// How an organization's assistant answers now.
    pub fn assistant(&self, organization: &OrganizationId) -> Arc<AssistantSettings> {
        Arc::clone(&self.policies.of(organization).assistant)
    }

    /// How an organization's people work now.
    pub fn desk(&self, organization: &OrganizationId) -> Arc<DeskSettings> {
        Arc::clone(&self.policies.of(organization).desk)
    }

    /// Changes how the assistant of the caller's organization answers, and gives what holds then. `change` may run again,
    /// when somebody else changed something meanwhile.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; what `change` refuses; `Busy`, `Unavailable`.
    pub async fn change_assistant(
        &self,
        acting: impl Into<Acting<'_>>,
        change: impl Fn(&mut AssistantSettings) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<AssistantSettings, Refusal> {
        let changed = self.change(acting.into(), "assistant", |record| change(&mut record.assistant)).await?;
        Ok(changed.assistant)
    }

    /// Changes how the people of the caller's organization work, and gives what holds then. `change` may run again, as
    /// above; what it leaves is checked.
    ///
    /// # Errors
    /// As above, and `Invalid` for what is outside of its limits, by the names that the settings have in their stored form.
    pub async fn change_desk(
        &self,
        acting: impl Into<Acting<'_>>,
        change: impl Fn(&mut DeskSettings) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<DeskSettings, Refusal> {
        let acting = acting.into();
        let checked = |record: &mut Record| {
            let before: BTreeSet<TeamId> = record.desk.rules.iter().filter_map(|rule| rule.team).collect();
            change(&mut record.desk)?;
            record.desk.check()?;
            self.check_teams(&acting.caller.organization, &record.desk, &before)
        };
        Ok(self.change(acting, "desk", checked).await?.desk)
    }

    /// How an organization's widget looks, and where it may be.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn widget(&self, organization: &OrganizationId) -> Result<WidgetSettings, Refusal> {
        let found = record::get::<Record>(&self.store, organization, settings::ID).map_err(unreadable)?;
        Ok(found.map(|found| found.record.widget).unwrap_or_default())
    }

    /// Changes how the widget of the caller's organization looks and where it may be, and gives what holds then. `change`
    /// may run again, as above; what it leaves is checked.
    ///
    /// # Errors
    /// As above, and `Invalid` for what is outside of its limits.
    pub async fn change_widget(
        &self,
        acting: impl Into<Acting<'_>>,
        change: impl Fn(&mut WidgetSettings) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<WidgetSettings, Refusal> {
        let checked = |record: &mut Record| {
            change(&mut record.widget)?;
            record.widget = std::mem::take(&mut record.widget).checked()?;
            Ok(())
        };
        Ok(self.change(acting.into(), "widget", checked).await?.widget)
    }

    /// Rules name teams of the organization. One that was named before may be gone since; then nobody is kept waiting for it.
    fn check_teams(
        &self,
        organization: &OrganizationId,
        desk: &DeskSettings,
        before: &BTreeSet<TeamId>,
    ) -> Result<(), Refusal> {
        for (n, rule) in desk.rules.iter().enumerate() {
            if let Some(team) = rule.team.filter(|team| !before.contains(team))
                && !store::desk::has_team(&self.store, organization, team).map_err(unreadable)?
            {
                return Err(Refusal::invalid(format!("rules[{n}].team"), "must be a team of the organization"));
            }
        }
        Ok(())
    }

    async fn change(
        &self,
        acting: Acting<'_>,
        section: &str,
        change: impl Fn(&mut Record) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<Record, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        for _ in 0..TRIES_MAX {
            let found = record::get::<Record>(&self.store, organization, settings::ID).map_err(unreadable)?;
            let mut changed = match &found {
                Some(found) => found.record.clone(),
                None => self.unset(organization),
            };
            let before = changed.clone();
            change(&mut changed)?;
            let mut batch = Batch::default();
            record::replace(&mut batch, found.as_ref(), &changed).map_err(unreadable)?;
            let (on, changes) = (Target::new("settings", section), differences(&before, &changed));
            if !changes.is_empty() {
                let entry = acting.entry(organization, self.clock.now(), Act::SettingsChanged, on, changes);
                record::insert(&mut batch, &entry).map_err(unreadable)?;
            }
            match self.commit(organization, batch).await {
                Ok(()) => return Ok(changed),
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Busy) => break,
                Err(CommitError::Unavailable) => return Err(Refusal::Unavailable { part: "store" }),
            }
        }
        Err(Refusal::Busy)
    }

    /// What holds for an organization that has set nothing.
    fn unset(&self, organization: &OrganizationId) -> Record {
        let base = self.policies.base();
        let (assistant, desk) = (AssistantSettings::clone(&base.assistant), DeskSettings::clone(&base.desk));
        Record { organization: organization.clone(), assistant, desk, widget: WidgetSettings::default() }
    }

    /// Makes a change durable and has it govern, also when the caller does not wait for the end of it.
    async fn commit(&self, organization: &OrganizationId, batch: Batch) -> Result<(), CommitError> {
        let (store, policies, organization) = (self.store.clone(), Arc::clone(&self.policies), organization.clone());
        let committing = tokio::spawn(async move {
            let committed = store.commit(batch).await;
            policies.forget(&organization);
            committed
        });
        committing.await.unwrap_or(Err(CommitError::Unavailable))
    }
}

/// What changed, by field.
fn differences(from: &Record, to: &Record) -> Vec<FieldChange> {
    let (was, is) = (&from.assistant, &to.assistant);
    let assistant = [
        FieldChange::of("auto_reply", &was.auto_reply, &is.auto_reply),
        FieldChange::of("reply_max_chars", &was.reply_max_chars, &is.reply_max_chars),
        FieldChange::of("confidence_floor", &was.confidence_floor, &is.confidence_floor),
        FieldChange::of("style", &was.style.as_str(), &is.style.as_str()),
    ];
    let named = ["auto_reply", "reply_max_chars", "confidence_floor", "style"];
    let guardrails = by_field(was, is).into_iter().filter(|change| !named.contains(&change.field.as_str()));
    let assistant = assistant.into_iter().flatten().chain(guardrails);
    assistant.chain(by_field(&from.desk, &to.desk)).chain(by_field(&from.widget, &to.widget)).collect()
}

/// The fields of a section that differ, as they are stored. Of an address that is called only that it changed: it may
/// hold a secret.
fn by_field(from: &impl Serialize, to: &impl Serialize) -> Vec<FieldChange> {
    let fields = |section: Option<Value>| match section {
        Some(Value::Object(fields)) => fields,
        Some(_) | None => Map::new(),
    };
    let (was, is) = (fields(serde_json::to_value(from).ok()), fields(serde_json::to_value(to).ok()));
    let names = was.keys().chain(is.keys().filter(|name| !was.contains_key(*name)));
    let text = |value: Option<&Value>| value.map_or_else(String::new, Value::to_string);
    let change = |name: &String| {
        let change = FieldChange::of(name, &text(was.get(name)), &text(is.get(name)))?;
        Some(if name.ends_with("_url") { FieldChange { from: None, to: None, ..change } } else { change })
    };
    names.filter_map(change).collect()
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "settings do not read or write");
    Refusal::Unavailable { part: "store" }
}
