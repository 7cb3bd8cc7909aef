//! What an administrator makes of users: who may, whom they may not, and what is written down of it.

use secrecy::ExposeSecret;
use switchboard::auth::Caller;
use switchboard::clock::Clock;
use switchboard::domain::audit::{Act, Actor};
use switchboard::domain::{AuditEntry, Label, Organization, Refusal, Role, UserId};
use switchboard::engine::accounts::{NewUser, UserChange};
use switchboard::store::{Batch, Direction, KeyRange, record};

use super::{HERE, Installation, PASSWORD, active, elsewhere, email, home, root_of, secret, somebody};

/// A user who is logged in.
async fn logged_in(at: &Installation, address: &str, role: Role) -> (UserId, Caller) {
    let made = at.accounts.register(somebody(address, role), None).await.unwrap().value;
    let token = at.accounts.login(address, secret(PASSWORD), HERE).await.unwrap().issued.token;
    (made.id, at.accounts.authenticate(&token).await.unwrap())
}

fn role(role: Role) -> UserChange {
    UserChange { role: Some(role), ..UserChange::default() }
}

fn audited(at: &Installation) -> Vec<AuditEntry> {
    let page = record::all::<AuditEntry>(&at.store, &home(), None, 1_000, Direction::Forward).unwrap();
    page.items.into_iter().map(|found| found.record).collect()
}

#[tokio::test]
async fn nobody_changes_their_own_rights_or_those_of_somebody_above_them() {
    let (at, first) = Installation::started().await;
    let (own, admin) = logged_in(&at, "jo@example.com", Role::Admin).await;
    let conflict = |outcome| matches!(outcome, Err(Refusal::Conflict { .. }));
    assert!(conflict(at.accounts.change_user(&admin, own, active(false)).await));
    assert!(conflict(at.accounts.change_user(&admin, own, role(Role::Agent)).await));
    let renamed = UserChange { first_name: Some("Joan".to_owned()), ..UserChange::default() };
    assert_eq!(at.accounts.change_user(&admin, own, renamed).await.unwrap().name.full().as_str(), "Joan Doe");
    let above = at.accounts.user_by_email(&first.email).unwrap().id;
    assert_eq!(at.accounts.change_user(&admin, above, active(false)).await, Err(Refusal::Forbidden));
    assert_eq!(at.accounts.change_user(&admin, own, role(Role::PlatformAdmin)).await, Err(Refusal::Forbidden));
    let (_, agent) = logged_in(&at, "ada@example.com", Role::Agent).await;
    assert_eq!(at.accounts.change_user(&agent, own, active(false)).await, Err(Refusal::Forbidden));
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let (at, _) = Installation::started().await;
    let mut batch = Batch::default();
    let theirs = Organization::new(elsewhere(), Label::parse("name", "Elsewhere").unwrap(), at.clock.now());
    record::insert(&mut batch, &theirs).unwrap();
    at.store.commit(batch).await.unwrap();
    let admin = async |address: &str| {
        let new = NewUser { organization: elsewhere(), ..somebody(address, Role::Admin) };
        at.accounts.register(new, None).await.unwrap().value.id
    };
    let (one, key) = (admin("one@example.com").await, root_of(elsewhere()));
    for change in [active(false), role(Role::Agent), role(Role::Customer)] {
        let refused = at.accounts.change_user(&key, one, change).await;
        assert!(matches!(refused, Err(Refusal::Conflict { .. })), "{refused:?}");
    }
    let two = admin("two@example.com").await;
    assert!(!at.accounts.change_user(&key, one, active(false)).await.unwrap().active);
    let refused = at.accounts.change_user(&key, two, active(false)).await;
    assert!(matches!(refused, Err(Refusal::Conflict { .. })), "one who can not log in is none: {refused:?}");
    assert_eq!(at.accounts.change_user(&key, one, role(Role::PlatformAdmin)).await, Err(Refusal::Forbidden));
}

/// Two administrators who take each other's access at once: one of them is faster, and one remains.
#[tokio::test]
async fn of_two_administrators_who_dismiss_each_other_one_remains() {
    for round in 0..8 {
        let (at, _) = Installation::started().await;
        let (one, first) = logged_in(&at, &format!("a{round}@example.com"), Role::Admin).await;
        let (two, second) = logged_in(&at, &format!("b{round}@example.com"), Role::Admin).await;
        let (by_first, by_second) = tokio::join!(
            at.accounts.change_user(&first, two, active(false)),
            at.accounts.change_user(&second, one, active(false)),
        );
        assert!(by_first.is_ok() != by_second.is_ok(), "{by_first:?} {by_second:?}");
        let left = [one, two].map(|id| at.accounts.user(&home(), id).unwrap().active);
        assert_eq!(left.iter().filter(|active| **active).count(), 1);
    }
}

#[tokio::test]
async fn each_act_is_written_down_once_with_who_and_what_and_without_a_secret() {
    let (at, first) = Installation::started().await;
    let before = audited(&at).len();
    let (_, admin) = logged_in(&at, "jo@example.com", Role::Admin).await;
    let made = at.accounts.create_user(&admin, somebody("ada@example.com", Role::Agent), None).await.unwrap().value;
    for _ in 0..2 {
        at.accounts.change_user(&admin, made.id, active(false)).await.unwrap();
    }
    at.accounts.change_user(&admin, made.id, UserChange { active: Some(true), ..role(Role::Admin) }).await.unwrap();
    let refused = at.accounts.create_user(&admin, somebody("ada@example.com", Role::Agent), None).await;
    assert!(matches!(refused, Err(Refusal::Conflict { .. })));
    at.accounts.register(somebody("kim@example.com", Role::Customer), None).await.unwrap();
    let entries = audited(&at).split_off(before);
    let acts: Vec<Act> = entries.iter().map(|entry| entry.act).collect();
    assert_eq!(acts, [Act::UserCreated, Act::UserCreated, Act::UserDeactivated, Act::UserReactivated]);
    assert_eq!(entries[0].by, Actor::Operator);
    assert!(matches!(&entries[1].by, Actor::User { name, .. } if name.as_str() == "John Doe"));
    assert_eq!(entries[2].on.id, made.id.to_string());
    let changes = entries[3].changes.iter().map(|change| (change.field.as_str(), change.to.as_deref().unwrap()));
    assert_eq!(changes.collect::<Vec<_>>(), [("role", "admin"), ("active", "true")]);
    let stored = at.store.scan(KeyRange::prefix("audit/"), 1_000, Direction::Forward).unwrap();
    let key = first.api_key.unwrap();
    for (_, value) in stored {
        let text = String::from_utf8(value).unwrap();
        assert!(!text.contains(PASSWORD) && !text.contains("argon2") && !text.contains(key.expose_secret()), "{text}");
    }
    assert_eq!(at.accounts.user_by_email(&email("kim@example.com")).unwrap().role, Role::Customer);
}

#[tokio::test]
async fn a_connection_hears_that_its_credential_holds_no_more_and_no_other_does() {
    use futures_util::FutureExt;

    let (at, _) = Installation::started().await;
    let (one, first) = logged_in(&at, "a@example.com", Role::Agent).await;
    let (two, second) = logged_in(&at, "b@example.com", Role::Agent).await;
    let mut outlived = at.accounts.outlived(&first).unwrap();
    let mut stays = at.accounts.outlived(&second).unwrap();
    assert!((&mut outlived).now_or_never().is_none());
    at.accounts.change_user(&root_of(home()), one, active(false)).await.unwrap();
    tokio::time::timeout(crate::support::app::PATIENCE, outlived).await.expect("it is told");
    assert!((&mut stays).now_or_never().is_none());
    at.accounts.change_user(&root_of(home()), two, role(Role::Customer)).await.unwrap();
    tokio::time::timeout(crate::support::app::PATIENCE, stays).await.expect("another role is another credential");
    assert!(at.accounts.outlived(&first).unwrap().now_or_never().is_some(), "also when it came too late");
}
