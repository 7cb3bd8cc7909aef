//! Passwords for tokens, tokens for callers, and who is kept out.

use switchboard::auth::Who;
use switchboard::clock::Clock;
use switchboard::domain::{CustomerId, Refusal, Role};

use super::{HERE, Installation, PASSWORD, TOKEN_TTL_S, active, elsewhere, home, root_of, secret, somebody};

#[tokio::test]
async fn a_password_gives_a_token_that_says_who_it_is_and_ends_in_time() {
    let (at, _) = Installation::started().await;
    let made = at.accounts.register(somebody("jo@example.com", Role::Agent), None).await.unwrap().value;
    at.clock.forward_s(60);
    let login = at.accounts.login(" JO@example.com", secret(PASSWORD), HERE).await.unwrap();
    assert_eq!(login.issued.expires_in_s, TOKEN_TTL_S);
    assert_eq!(login.user.last_login_at, Some(at.clock.now()));
    assert_eq!(at.accounts.user(&home(), made.id).unwrap(), login.user);
    let caller = at.accounts.authenticate(&login.issued.token).await.unwrap();
    assert_eq!(caller.organization, home());
    assert_eq!(caller.who, Who::User { id: made.id, role: Role::Agent, name: made.name.full().clone() });
    at.clock.forward_s(TOKEN_TTL_S);
    assert_eq!(at.accounts.authenticate(&login.issued.token).await, Err(Refusal::Unauthenticated));
}

#[tokio::test]
async fn a_wrong_password_an_unknown_account_and_a_malformed_address_look_the_same() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), None).await.unwrap();
    for (email, password) in [("jo@example.com", "securepassword124"), ("no@example.com", PASSWORD), ("jo", PASSWORD)] {
        let refused = at.accounts.login(email, secret(password), HERE).await.unwrap_err();
        assert_eq!(refused, Refusal::Unauthenticated, "{email}");
    }
}

#[tokio::test]
async fn guessing_locks_the_account_and_waiting_as_told_opens_it() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), None).await.unwrap();
    let retry_after_s = loop {
        match at.accounts.login("jo@example.com", secret("a wrong password"), HERE).await.unwrap_err() {
            Refusal::Unauthenticated => {}
            Refusal::TooMany { retry_after_s } => break retry_after_s,
            other => panic!("{other:?}"),
        }
    };
    let locked = at.accounts.login("jo@example.com", secret(PASSWORD), HERE).await;
    assert!(matches!(locked, Err(Refusal::TooMany { .. })), "{locked:?}");
    at.clock.forward_s(retry_after_s);
    assert!(at.accounts.login("jo@example.com", secret(PASSWORD), HERE).await.is_ok());
}

#[tokio::test]
async fn a_deactivated_user_can_neither_log_in_nor_use_the_token_they_have() {
    let (at, _) = Installation::started().await;
    let made = at.accounts.register(somebody("jo@example.com", Role::Agent), None).await.unwrap().value;
    let token = at.accounts.login("jo@example.com", secret(PASSWORD), HERE).await.unwrap().issued.token;
    assert!(at.accounts.authenticate(&token).await.is_ok());
    for _ in 0..2 {
        assert!(!at.accounts.change_user(&root_of(home()), made.id, active(false)).await.unwrap().active);
    }
    assert_eq!(at.accounts.authenticate(&token).await, Err(Refusal::Unauthenticated));
    let refused = at.accounts.login("jo@example.com", secret(PASSWORD), HERE).await.unwrap_err();
    assert_eq!(refused, Refusal::Unauthenticated);
    at.accounts.change_user(&root_of(home()), made.id, active(true)).await.unwrap();
    assert!(at.accounts.authenticate(&token).await.is_ok());
}

#[tokio::test]
async fn logins_at_once_all_succeed() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), None).await.unwrap();
    let logins = (0..8).map(|_| at.accounts.login("jo@example.com", secret(PASSWORD), HERE));
    let outcomes = futures_util::future::join_all(logins).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

#[tokio::test]
async fn a_customer_without_an_account_is_who_their_token_says() {
    let (at, _) = Installation::started().await;
    let customer = CustomerId::parse("user-1").unwrap();
    let issued = at.accounts.issue_customer_token(&home(), &customer).unwrap();
    let caller = at.accounts.authenticate(&issued.token).await.unwrap();
    assert_eq!((caller.organization.clone(), caller.customer()), (home(), Some(customer.clone())));
    assert!(!caller.is_staff());
    let nowhere = at.accounts.issue_customer_token(&elsewhere(), &customer).unwrap_err();
    assert_eq!(nowhere, Refusal::NotFound { what: "organization" });
}

#[tokio::test]
async fn what_is_no_credential_of_ours_opens_nothing() {
    let (at, _) = Installation::started().await;
    let issued = at.accounts.issue_customer_token(&home(), &CustomerId::parse("user-1").unwrap()).unwrap();
    let (message, signature) = issued.token.rsplit_once('.').unwrap();
    let (_, payload) = message.split_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let tampered = format!("{message}.{}", signature.chars().rev().collect::<String>());
    let (other, _) = Installation::started().await;
    let foreign = other.accounts.issue_customer_token(&home(), &CustomerId::parse("user-1").unwrap()).unwrap();
    for bad in ["", "x", "sb_000000_secretsecretsecret", &unsigned, &tampered, &foreign.token, &"a".repeat(100_000)] {
        assert_eq!(at.accounts.authenticate(bad).await, Err(Refusal::Unauthenticated), "{bad:.80}");
    }
}

#[tokio::test]
async fn nothing_secret_is_in_what_a_log_would_show() {
    let (at, first) = Installation::started().await;
    let new = somebody("jo@example.com", Role::Customer);
    assert!(!format!("{new:?}").contains(PASSWORD));
    at.accounts.register(new, None).await.unwrap();
    let login = at.accounts.login("jo@example.com", secret(PASSWORD), HERE).await.unwrap();
    assert!(!format!("{login:?}").contains(&login.issued.token));
    assert!(!format!("{:?}", at.accounts).contains("secret"));
    let shown = format!("{first:?}");
    for generated in [first.password.unwrap(), first.api_key.unwrap()] {
        assert!(!shown.contains(secrecy::ExposeSecret::expose_secret(&generated)));
    }
}
