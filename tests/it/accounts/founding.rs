//! New organizations.

use switchboard::domain::{Label, OrganizationId, Refusal, ZoneName};

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
    assert_eq!((made.name.as_str(), made.time_zone.as_str()), ("Shop", "Europe/Berlin"));
}
