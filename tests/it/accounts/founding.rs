//! New organizations.

use switchboard::domain::audit::Act;
use switchboard::domain::{AuditEntry, Label, OrganizationId, Refusal, ZoneName};
use switchboard::store::{Direction, record};

use super::Installation;

#[tokio::test]
async fn an_organization_is_founded_once_and_keeps_its_name_and_days() {
    let (installation, _) = Installation::started().await;
    let found = async |name: &str| {
        let zone = ZoneName::parse("time zone", "Europe/Berlin").unwrap();
        let id = OrganizationId::parse("shop").unwrap();
        installation.accounts.found(id, Label::parse("name", name).unwrap(), zone).await
    };
    let made = found("Shop").await.unwrap();
    assert!(matches!(found("Another").await, Err(Refusal::Conflict { .. })));
    assert_eq!(installation.accounts.organization(&made.id).unwrap(), made);
    let audited = record::all::<AuditEntry>(&installation.store, &made.id, None, 10, Direction::Forward).unwrap().items;
    let acts: Vec<_> = audited.iter().map(|found| (found.record.act, found.record.on.name.as_deref())).collect();
    assert_eq!(acts, [(Act::OrganizationCreated, Some("Shop"))], "once, and not for the one that was refused");
    assert_eq!((made.name.as_str(), made.time_zone.as_str()), ("Shop", "Europe/Berlin"));
}
