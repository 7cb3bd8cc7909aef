//! API keys.

use secrecy::ExposeSecret;
use switchboard::auth::{Access, Permissions};
use switchboard::domain::{Label, Refusal};

use super::{Installation, elsewhere, home, root_of};

#[tokio::test]
async fn a_key_opens_what_its_permissions_say_until_it_is_taken_back() {
    let (at, _) = Installation::started().await;
    let name = Label::parse("name", "Reports").unwrap();
    let permissions = Permissions::parse(&["analytics:read"]).unwrap();
    let (record, text) = at.accounts.create_key(&root_of(home()), name, permissions).await.unwrap();
    let caller = at.accounts.authenticate(text.expose_secret()).await.unwrap();
    assert_eq!(caller.organization, home());
    assert_eq!(caller.require_scope("analytics", Access::Read), Ok(()));
    assert_eq!(caller.require_scope("analytics", Access::Write), Err(Refusal::Forbidden));
    assert!(at.accounts.keys(&home()).unwrap().contains(&record));
    at.accounts.revoke_key(&root_of(home()), record.id).await.unwrap();
    assert_eq!(at.accounts.authenticate(text.expose_secret()).await, Err(Refusal::Unauthenticated));
    assert!(!at.accounts.keys(&home()).unwrap().contains(&record));
}

#[tokio::test]
async fn a_key_of_another_organization_is_not_found() {
    let (at, first) = Installation::started().await;
    let id = at.accounts.keys(&home()).unwrap()[0].id;
    assert_eq!(at.accounts.keys(&elsewhere()), Ok(Vec::new()));
    assert_eq!(at.accounts.revoke_key(&root_of(elsewhere()), id).await, Err(Refusal::NotFound { what: "API key" }));
    assert!(at.accounts.authenticate(first.api_key.unwrap().expose_secret()).await.is_ok());
}

#[tokio::test]
async fn neither_a_keys_text_nor_its_hash_is_enough_when_it_is_the_wrong_one() {
    let (at, first) = Installation::started().await;
    let record = at.accounts.keys(&home()).unwrap().remove(0);
    let text = first.api_key.unwrap();
    assert!(!format!("{record:?}").contains(text.expose_secret()));
    for bad in [record.hash.to_string(), record.hint, format!("{}x", text.expose_secret())] {
        assert_eq!(at.accounts.authenticate(&bad).await, Err(Refusal::Unauthenticated), "{bad}");
    }
}
