//! Signing keys change without anybody being logged out.

use switchboard::domain::{CustomerId, Refusal};
use switchboard::engine::accounts::OlderTokens;

use super::{Installation, home};

fn key_id(token: &str) -> &str {
    token.split('.').next().unwrap()
}

#[tokio::test]
async fn an_older_keys_tokens_hold_after_a_rotation_and_a_restart() {
    let (at, _) = Installation::started().await;
    let customer = CustomerId::parse("user-1").unwrap();
    let before = at.accounts.issue_customer_token(&home(), &customer).unwrap().token;
    at.accounts.rotate_signing_key(OlderTokens::Hold).await.unwrap();
    let after = at.accounts.issue_customer_token(&home(), &customer).unwrap().token;
    assert_ne!(key_id(&before), key_id(&after));
    let at = at.restarted().await;
    for token in [&before, &after] {
        assert!(at.accounts.authenticate(token).await.is_ok());
    }
    let restarted = at.accounts.issue_customer_token(&home(), &customer).unwrap().token;
    assert_eq!(key_id(&restarted), key_id(&after));
}

#[tokio::test]
async fn after_a_leak_older_tokens_are_refused() {
    let (at, _) = Installation::started().await;
    let customer = CustomerId::parse("user-1").unwrap();
    let before = at.accounts.issue_customer_token(&home(), &customer).unwrap().token;
    at.accounts.rotate_signing_key(OlderTokens::AreRefused).await.unwrap();
    assert_eq!(at.accounts.authenticate(&before).await, Err(Refusal::Unauthenticated));
    let at = at.restarted().await;
    assert_eq!(at.accounts.authenticate(&before).await, Err(Refusal::Unauthenticated));
}

#[tokio::test]
async fn rotations_at_once_lose_nobodys_token() {
    let (at, _) = Installation::started().await;
    let customer = CustomerId::parse("user-1").unwrap();
    let mut tokens = vec![at.accounts.issue_customer_token(&home(), &customer).unwrap().token];
    let rotations = (0..4).map(|_| at.accounts.rotate_signing_key(OlderTokens::Hold));
    for outcome in futures_util::future::join_all(rotations).await {
        outcome.unwrap();
        tokens.push(at.accounts.issue_customer_token(&home(), &customer).unwrap().token);
    }
    let at = at.restarted().await;
    for token in tokens {
        assert!(at.accounts.authenticate(&token).await.is_ok());
    }
}
