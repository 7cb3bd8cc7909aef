//! The journal that indexes follow.

use switchboard::store::knowledge::{self, JOURNAL_ROWS_MAX};
use switchboard::store::{Batch, CommitError, record};

use super::support::{Scratch, chunk, document, organization, shop, text};

#[tokio::test]
async fn of_two_changes_made_at_the_same_version_one_is_refused() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    for expected in 1..4 {
        let (mut one, mut other) = (Batch::default(), Batch::default());
        let entries = [text(expected.into(), "a", "b")];
        let version = knowledge::put_entries(&scratch.store, &mut one, &shop_id, &entries).unwrap();
        assert_eq!(
            version,
            knowledge::remove_entries(&scratch.store, &mut other, &shop_id, &[entries[0].key]).unwrap()
        );
        assert_eq!(version, expected);
        scratch.store.commit(one).await.unwrap();
        assert!(matches!(scratch.store.commit(other).await, Err(CommitError::Conflict { .. })));
    }
    assert_eq!(knowledge::version(&scratch.store, &shop_id).unwrap(), 3);
}

#[tokio::test]
async fn each_change_says_what_it_put_and_what_is_gone() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    let entries = shop();
    scratch.put(&shop_id, &entries[..2]).await;
    scratch.remove(&shop_id, &[entries[0].key]).await;
    let rows = knowledge::changes(&scratch.store, &shop_id, 0, 10).unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.version, row.put.len(), row.gone.clone())).collect();
    assert_eq!(told, [(1, 2, vec![]), (2, 0, vec![entries[0].key])]);
    assert_ne!(rows[0].mark, rows[1].mark);
    assert_eq!(knowledge::changes(&scratch.store, &shop_id, 1, 10).unwrap(), rows[1..]);
    assert!(knowledge::entry(&scratch.store, &shop_id, entries[0].key).unwrap().is_none(), "it is gone at once");
    let kept = knowledge::entries(&scratch.store, &shop_id, None, 10).unwrap().items;
    assert_eq!(kept.iter().map(|kept| &kept.record.entry).collect::<Vec<_>>(), [&entries[1]]);
    assert!(knowledge::changes(&scratch.store, &organization("other"), 0, 10).unwrap().is_empty());
}

#[tokio::test]
async fn the_journal_keeps_so_many_changes() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    for _ in 0..JOURNAL_ROWS_MAX + 5 {
        scratch.put(&shop_id, &[text(1, "a", "b")]).await;
    }
    let rows = knowledge::changes(&scratch.store, &shop_id, 0, usize::MAX).unwrap();
    assert_eq!((rows.len() as u64, rows[0].version), (JOURNAL_ROWS_MAX, 6));
}

#[tokio::test]
async fn a_document_goes_with_all_its_readings_and_leaves_others() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    let (gone, stays) = (document(&shop_id, 1), document(&shop_id, 2));
    scratch.publish(&gone).await.unwrap();
    for document in [&gone, &stays] {
        let chunks: Vec<_> = (0..3).map(|n| chunk(document, 1 + n % 2, n, "text")).collect();
        scratch.put(&shop_id, &chunks).await;
    }
    let mut batch = Batch::default();
    let old = record::get(&scratch.store, &shop_id, &gone.id.to_string()).unwrap().unwrap();
    knowledge::remove_document(&scratch.store, &mut batch, &old).unwrap();
    scratch.store.commit(batch).await.unwrap();
    assert!(knowledge::chunks_of(&scratch.store, &shop_id, gone.id).unwrap().is_empty());
    assert_eq!(knowledge::chunks_of(&scratch.store, &shop_id, stays.id).unwrap().len(), 3);
}
