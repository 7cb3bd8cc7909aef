//! The first start happens once.

use secrecy::ExposeSecret;
use switchboard::domain::{Refusal, Role};
use switchboard::engine::accounts::Bootstrap;

use super::{HERE, Installation, email, home, secret};

#[tokio::test]
async fn the_first_start_gives_an_administrator_and_a_key_that_work() {
    let (at, first) = Installation::started().await;
    let login = at.accounts.login(first.email.as_str(), first.password.unwrap(), HERE).await.unwrap();
    assert_eq!((login.user.role, &login.user.organization), (Role::PlatformAdmin, &home()));
    let caller = at.accounts.authenticate(first.api_key.unwrap().expose_secret()).await.unwrap();
    assert!(caller.is_admin() && caller.organization == home());
    assert_eq!(at.accounts.organization(&home()).unwrap().id, home());
}

#[tokio::test]
async fn what_the_operator_chose_is_taken_and_not_told_again() {
    let at = Installation::empty().await;
    let wanted = Bootstrap {
        admin_email: Some(email("root@example.com")),
        admin_password: Some(secret("correct horse")),
        api_key: Some(secret("a-key-of-my-own-choice")),
    };
    let first = at.accounts.bootstrap(wanted).await.unwrap().unwrap();
    assert!(first.password.is_none() && first.api_key.is_none());
    assert!(at.accounts.login("root@example.com", secret("correct horse"), HERE).await.is_ok());
    assert!(at.accounts.authenticate("a-key-of-my-own-choice").await.unwrap().is_admin());
}

#[tokio::test]
async fn of_several_first_starts_at_once_one_makes_everything() {
    let at = Installation::empty().await;
    let starts = (0..4).map(|_| at.accounts.bootstrap(Bootstrap::default()));
    let mut made: Vec<_> =
        futures_util::future::join_all(starts).await.into_iter().filter_map(Result::unwrap).collect();
    let first = made.pop().unwrap();
    assert!(made.is_empty());
    assert!(at.accounts.login(first.email.as_str(), first.password.unwrap(), HERE).await.is_ok());
    assert_eq!(at.accounts.list(&home(), None, 1, 10).unwrap().1, 1);
    assert_eq!(at.accounts.keys(&home()).unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_is_no_first_start() {
    let (at, first) = Installation::started().await;
    let at = at.restarted().await;
    let other = Bootstrap { admin_password: Some(secret("another password")), ..Bootstrap::default() };
    assert!(at.accounts.bootstrap(other).await.unwrap().is_none());
    let refused = at.accounts.login(first.email.as_str(), secret("another password"), HERE).await.unwrap_err();
    assert_eq!(refused, Refusal::Unauthenticated);
    assert!(at.accounts.login(first.email.as_str(), first.password.unwrap(), HERE).await.is_ok());
}

#[tokio::test]
async fn a_first_start_that_was_refused_leaves_nothing_behind() {
    let at = Installation::empty().await;
    let weak = Bootstrap { admin_password: Some(secret("short")), ..Bootstrap::default() };
    assert!(matches!(at.accounts.bootstrap(weak).await, Err(Refusal::Invalid { field, .. }) if field == "password"));
    let short = Bootstrap { api_key: Some(secret("short")), ..Bootstrap::default() };
    assert!(matches!(at.accounts.bootstrap(short).await, Err(Refusal::Invalid { field, .. }) if field == "api_key"));
    assert_eq!(at.accounts.organization(&home()), Err(Refusal::NotFound { what: "organization" }));
    assert!(at.accounts.bootstrap(Bootstrap::default()).await.unwrap().is_some());
}
