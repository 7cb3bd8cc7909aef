//! What an organization sets while everything runs.

use std::sync::Arc;

use futures_util::FutureExt;
use switchboard::actors::Policies;
use switchboard::auth::{Caller, Who};
use switchboard::clock::SystemClock;
use switchboard::domain::{OrganizationId, PersonName, Policy, Role, Settings as Record, UserId};
use switchboard::engine::Settings;
use switchboard::store::{Store, StoreLimits, record, settings};

use crate::support::app::PATIENCE;
use crate::support::kv::MemoryKv;

fn administrator() -> Caller {
    let name = PersonName::parse("name", "Kim Lee").unwrap();
    let who = Who::User { id: UserId(uuid::Uuid::from_u128(1)), role: Role::Admin, name };
    Caller { organization: OrganizationId::default_organization(), who }
}

#[tokio::test]
async fn a_change_whose_caller_went_away_governs_once_it_is_durable() {
    let (store, completions) = Store::over(Arc::new(MemoryKv::default()), StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    let policies = Arc::new(Policies::new(store.clone(), Arc::new(Policy::default())));
    let (changed, admin) = (Settings::new(store.clone(), policies, Arc::new(SystemClock)), administrator());
    assert!(changed.assistant(&admin.organization).auto_reply, "it is known before the change");
    let change = changed.change_assistant(&admin, |assistant| {
        assistant.auto_reply = false;
        Ok(())
    });
    assert!(change.now_or_never().is_none(), "the caller goes away in the middle of it");
    let stored = || record::get::<Record>(&store, &admin.organization, settings::ID).unwrap();
    let durable_and_governing = async {
        while stored().is_none() || changed.assistant(&admin.organization).auto_reply {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, durable_and_governing).await.expect("what is durable governs");
}
