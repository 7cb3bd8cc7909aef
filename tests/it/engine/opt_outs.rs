//! Who wants no messages is known without the store of whoever never left, and is right at every edge.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use secrecy::SecretString;
use switchboard::auth::Vault;
use switchboard::channels::sms::Keyword;
use switchboard::clock::SystemClock;
use switchboard::domain::{Channel, OrganizationId};
use switchboard::engine::channels::{Occasion, OptOuts};
use switchboard::store::{Direction, KeyRange, Kv, Pair, Store, StoreError, StoreLimits, Write};

use crate::support::app::SECRETS_KEY;
use crate::support::kv::MemoryKv;

const ANN: &str = "+15550002222";
const BO: &str = "+15550003333";

/// A backend that counts how often it is asked for somebody's mark.
#[derive(Default)]
struct CountedKv {
    inner: MemoryKv,
    looks: AtomicUsize,
}

impl CountedKv {
    fn note(&self, key: &[u8]) {
        self.looks.fetch_add(usize::from(key.starts_with(b"opt_out/")), Ordering::Relaxed);
    }

    /// How often it was asked while something was done.
    fn looks_for<T>(&self, done: impl FnOnce() -> T) -> (T, usize) {
        let before = self.looks.load(Ordering::Relaxed);
        let done = done();
        (done, self.looks.load(Ordering::Relaxed) - before)
    }
}

impl Kv for CountedKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.note(key);
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "counted"
    }
}

/// What a process that starts on this store knows.
fn opened(kv: &Arc<CountedKv>) -> OptOuts {
    let (store, completions) = Store::over(Arc::clone(kv) as Arc<dyn Kv>, StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    let vault = Vault::new(&SecretString::from(SECRETS_KEY)).unwrap();
    OptOuts::new(store, Arc::new(SystemClock), Arc::new(vault))
}

fn may_get(opt_outs: &OptOuts, whom: &str) -> bool {
    let home = OrganizationId::default_organization();
    opt_outs.permits(&home, whom, Channel::Whatsapp, Occasion::Unasked).unwrap()
}

async fn says(opt_outs: &OptOuts, keyword: Keyword, id: &str) {
    opt_outs.obey(&OrganizationId::default_organization(), ANN, keyword, (id, None)).await.unwrap();
}

#[tokio::test]
async fn nobody_is_looked_up_who_never_left_and_nobody_who_did_is_missed() {
    let kv = Arc::new(CountedKv::default());
    let coming_in = opened(&kv);
    let going_out = coming_in.clone();
    let of = |opt_outs: &OptOuts, whom: &str| kv.looks_for(|| may_get(opt_outs, whom));
    assert_eq!((of(&going_out, ANN), of(&going_out, BO), going_out.any()), ((true, 0), (true, 0), false));

    says(&coming_in, Keyword::Stop, "1").await;
    assert_eq!((of(&going_out, ANN), of(&going_out, BO)), ((false, 1), (true, 0)), "who sends knows it at once");

    let restarted = opened(&kv);
    assert_eq!((of(&restarted, ANN), of(&restarted, BO)), ((false, 1), (true, 0)));
    says(&restarted, Keyword::Start, "2").await;
    assert_eq!(of(&restarted, ANN), (true, 1));

    let restarted = opened(&kv);
    says(&restarted, Keyword::Stop, "1").await;
    assert!(of(&restarted, ANN).0, "the first word was obeyed before");
    says(&restarted, Keyword::Stop, "3").await;
    assert!(!of(&restarted, ANN).0);
}

#[tokio::test]
async fn another_organizations_customer_of_the_same_number_is_not_meant() {
    let kv = Arc::new(CountedKv::default());
    let opt_outs = opened(&kv);
    says(&opt_outs, Keyword::Stop, "1").await;
    let other = OrganizationId::parse("other").unwrap();
    let permitted = || opt_outs.permits(&other, ANN, Channel::Sms, Occasion::Conversation).unwrap();
    assert_eq!(kv.looks_for(permitted), (true, 0));
}
