//! New users, lists of users, and the walls between organizations.

use switchboard::domain::{OrganizationId, Refusal, Role, UserId};
use switchboard::engine::accounts::NewUser;

use super::{Installation, active, elsewhere, email, home, root_of, secret, somebody};

const NO_USER: Refusal = Refusal::NotFound { what: "user" };

#[tokio::test]
async fn an_e_mail_is_one_account_however_it_is_written() {
    let (at, _) = Installation::started().await;
    let made = at.accounts.register(somebody("jo@example.com", Role::Customer), None).await.unwrap();
    assert!(!made.replayed && made.value.active && made.value.last_login_at.is_none());
    let again = at.accounts.register(somebody("Jo@Example.COM", Role::Customer), None).await;
    assert!(matches!(again, Err(Refusal::Conflict { .. })), "{again:?}");
    assert_eq!(at.accounts.user_by_email(&email("jo@example.com")), Ok(made.value.clone()));
    assert_eq!(at.accounts.user(&home(), made.value.id), Ok(made.value));
}

#[tokio::test]
async fn of_many_who_take_one_e_mail_at_once_one_gets_it() {
    let (at, _) = Installation::started().await;
    let tries = (0..8).map(|_| at.accounts.register(somebody("jo@example.com", Role::Customer), None));
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(
        outcomes.iter().flat_map(|outcome| outcome.as_ref().err()).all(|why| matches!(why, Refusal::Conflict { .. }))
    );
    assert_eq!(at.accounts.list(&home(), Some(Role::Customer), 1, 10).unwrap().1, 1);
}

#[tokio::test]
async fn a_weak_password_or_an_unknown_organization_makes_nobody() {
    let (at, _) = Installation::started().await;
    let weak = NewUser { password: secret("short"), ..somebody("jo@example.com", Role::Customer) };
    assert!(
        matches!(at.accounts.register(weak, None).await, Err(Refusal::Invalid { field, .. }) if field == "password")
    );
    let lost = NewUser { organization: elsewhere(), ..somebody("jo@example.com", Role::Customer) };
    assert_eq!(at.accounts.register(lost, None).await, Err(Refusal::NotFound { what: "organization" }));
    assert_eq!(at.accounts.user_by_email(&email("jo@example.com")), Err(NO_USER));
}

#[tokio::test]
async fn a_user_of_another_organization_is_not_found() {
    let (at, _) = Installation::started().await;
    let id = at.accounts.register(somebody("jo@example.com", Role::Agent), None).await.unwrap().value.id;
    assert_eq!(at.accounts.user(&elsewhere(), id), Err(NO_USER));
    assert_eq!(at.accounts.change_user(&root_of(elsewhere()), id, active(false)).await, Err(NO_USER));
    assert_eq!(at.accounts.list(&elsewhere(), None, 1, 10), Ok((Vec::new(), 0)));
    let lookalike = OrganizationId::parse("defaul").unwrap();
    assert_eq!(at.accounts.list(&lookalike, None, 1, 10), Ok((Vec::new(), 0)));
    assert!(at.accounts.user(&home(), id).unwrap().active);
}

#[tokio::test]
async fn a_list_is_paged_in_the_order_people_came_and_can_be_had_by_role() {
    let (at, first) = Installation::started().await;
    for n in 0..5 {
        let role = if n % 2 == 0 { Role::Agent } else { Role::Customer };
        at.accounts.register(somebody(&format!("p{n}@example.com"), role), None).await.unwrap();
    }
    let emails = |role, page, limit| {
        let (users, total) = at.accounts.list(&home(), role, page, limit).unwrap();
        (users.iter().map(|user| user.email.as_str().to_owned()).collect::<Vec<_>>(), total)
    };
    assert_eq!(emails(None, 2, 4), (vec!["p3@example.com".to_owned(), "p4@example.com".to_owned()], 6));
    assert_eq!(emails(Some(Role::Agent), 2, 2), (vec!["p4@example.com".to_owned()], 3));
    assert_eq!(emails(Some(Role::Admin), 1, 10), (vec![first.email.as_str().to_owned()], 1));
    assert_eq!(emails(None, usize::MAX, 10), (Vec::new(), 6));
    assert_eq!(emails(None, 1, 0), (Vec::new(), 6));
}

#[tokio::test]
async fn an_administrator_makes_users_in_their_own_organization_and_none_above_themselves() {
    let (at, first) = Installation::started().await;
    let key = first.api_key.unwrap();
    let caller = at.accounts.authenticate(secrecy::ExposeSecret::expose_secret(&key)).await.unwrap();
    let create = async |new| at.accounts.create_user(&caller, new, None).await;
    assert!(create(somebody("agent@example.com", Role::Agent)).await.is_ok());
    assert_eq!(create(somebody("root@example.com", Role::PlatformAdmin)).await, Err(Refusal::Forbidden));
    let elsewhere = NewUser { organization: elsewhere(), ..somebody("x@example.com", Role::Agent) };
    assert_eq!(create(elsewhere).await, Err(Refusal::NotFound { what: "organization" }));
}

#[tokio::test]
async fn an_unknown_user_is_not_found() {
    let (at, _) = Installation::started().await;
    assert_eq!(at.accounts.user(&home(), UserId(uuid::Uuid::from_u128(1))), Err(NO_USER));
}
