//! The same request twice has one effect.

use switchboard::clock::Clock;
use switchboard::domain::{Refusal, Role};
use switchboard::engine::accounts::request_key::{self, Earlier, OTHER_REQUEST, REMEMBERED_S};
use switchboard::store::Batch;

use super::{Installation, home, request, somebody};

#[tokio::test]
async fn a_request_that_is_repeated_gets_the_first_answer() {
    let (at, _) = Installation::started().await;
    let new = || somebody("jo@example.com", Role::Customer);
    let first = at.accounts.register(new(), Some(request("k1", "{}"))).await.unwrap();
    let at = at.restarted().await;
    let again = at.accounts.register(new(), Some(request("\"k1\"", "{}"))).await.unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.value, again.value);
    let without = at.accounts.register(new(), Some(request("k2", "{}"))).await;
    assert!(matches!(without, Err(Refusal::Conflict { why }) if why != OTHER_REQUEST));
}

#[tokio::test]
async fn a_key_with_another_body_is_a_conflict_and_makes_nobody() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), Some(request("k1", "a"))).await.unwrap();
    let other = at.accounts.register(somebody("mo@example.com", Role::Customer), Some(request("k1", "b"))).await;
    assert_eq!(other, Err(Refusal::conflict(OTHER_REQUEST)));
    assert_eq!(at.accounts.list(&home(), Some(Role::Customer), 1, 10).unwrap().1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_requests_at_once_one_makes_the_user_and_the_others_get_them_too() {
    let (at, _) = Installation::started().await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let accounts = at.accounts.clone();
            let new = somebody("jo@example.com", Role::Customer);
            tokio::spawn(async move { accounts.register(new, Some(request("k1", "{}"))).await })
        })
        .collect();
    let mut made = Vec::new();
    for tried in tries {
        made.push(tried.await.unwrap().unwrap());
    }
    assert_eq!(made.iter().filter(|made| !made.replayed).count(), 1);
    assert!(made.iter().all(|other| other.value.id == made[0].value.id));
    assert_eq!(at.accounts.list(&home(), Some(Role::Customer), 1, 10).unwrap().1, 1);
}

#[tokio::test]
async fn after_a_day_a_key_is_as_good_as_new() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), Some(request("k1", "a"))).await.unwrap();
    at.clock.forward_s(REMEMBERED_S - 1);
    let early = at.accounts.register(somebody("mo@example.com", Role::Customer), Some(request("k1", "b"))).await;
    assert_eq!(early, Err(Refusal::conflict(OTHER_REQUEST)));
    at.clock.forward_s(1);
    let new = || somebody("mo@example.com", Role::Customer);
    let made = at.accounts.register(new(), Some(request("k1", "b"))).await.unwrap();
    assert!(!made.replayed);
    let again = at.accounts.register(new(), Some(request("k1", "b"))).await.unwrap();
    assert_eq!((again.replayed, again.value), (true, made.value));
}

#[tokio::test]
async fn of_two_claims_on_an_old_key_one_holds() {
    let at = Installation::empty().await;
    let claimed = async |id: &str| {
        let Earlier::Nothing(claim) = request_key::find(&at.store, &request("k1", "{}"), at.clock.now()).unwrap()
        else {
            panic!("it should be as good as new");
        };
        let mut batch = Batch::default();
        request_key::claim(&mut batch, claim, id).unwrap();
        batch
    };
    at.store.commit(claimed("old").await).await.unwrap();
    at.clock.forward_s(REMEMBERED_S);
    let (one, other) = (claimed("one").await, claimed("other").await);
    at.store.commit(one).await.unwrap();
    assert!(at.store.commit(other).await.is_err());
    let found = request_key::find(&at.store, &request("k1", "{}"), at.clock.now()).unwrap();
    assert!(matches!(found, Earlier::Made(id) if id == "one"));
}

#[tokio::test]
async fn requests_that_are_too_old_to_count_are_swept_and_younger_ones_are_not() {
    let (at, _) = Installation::started().await;
    for n in 0..3 {
        let new = somebody(&format!("p{n}@example.com"), Role::Customer);
        at.accounts.register(new, Some(request(&format!("k{n}"), "{}"))).await.unwrap();
        at.clock.forward_s(REMEMBERED_S / 2);
    }
    assert_eq!(request_key::sweep(&at.store, at.clock.now()).await, Ok(2));
    assert_eq!(request_key::sweep(&at.store, at.clock.now()).await, Ok(0));
    let kept = request_key::find(&at.store, &request("k2", "{}"), at.clock.now()).unwrap();
    assert!(matches!(kept, Earlier::Made(_)));
}
