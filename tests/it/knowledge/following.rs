//! Indexes that are behind, missing, damaged, or of something else; and searches meanwhile.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use switchboard::domain::id::VectorId;
use switchboard::domain::knowledge::EntryKey;
use switchboard::knowledge::{Hashing, Library, LibrarySettings};
use uuid::Uuid;

use super::support::{DIMENSIONS, Scratch, ask, organization, shop, text, texts};

const QUESTION: &str = "How do I return an item?";

async fn first(library: &Library, name: &str) -> String {
    ask(library, &organization(name), QUESTION).await.first().map(|hit| hit.entry.title.clone()).unwrap_or_default()
}

/// A shop whose index is on disk, and closed.
async fn indexed() -> Scratch {
    let scratch = Scratch::new();
    scratch.put(&organization("shop"), &shop()).await;
    let library = scratch.library();
    library.caught_up(&organization("shop")).await.unwrap();
    library.close().await;
    scratch
}

#[tokio::test]
async fn a_restart_goes_on_with_the_index_on_disk() {
    let scratch = indexed().await;
    let before = scratch.generations();
    assert_eq!(first(&scratch.library(), "shop").await, "Return Policy");
    assert_eq!((before.len(), scratch.generations()), (1, before));
}

#[tokio::test]
async fn what_was_committed_and_not_indexed_at_a_crash_is_found_after_it() {
    let scratch = indexed().await;
    let (shop_id, before) = (organization("shop"), scratch.generations());
    scratch.put(&shop_id, &[text(11, "Umbrellas", "Umbrellas are in the attic.")]).await;
    scratch.remove(&shop_id, &[EntryKey::Vector(VectorId(Uuid::from_u128(3)))]).await;
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    assert_eq!(texts(&ask(&library, &shop_id, "where are umbrellas").await)[0], "Umbrellas are in the attic.");
    assert_eq!((library.indexed(&shop_id), scratch.generations()), (10, before), "it was followed on, not made anew");
}

#[tokio::test]
async fn a_missing_index_is_made_anew() {
    let scratch = indexed().await;
    fs::remove_dir_all(scratch.folder.path().join("index")).unwrap();
    assert_eq!(first(&scratch.library(), "shop").await, "Return Policy");
    assert_eq!(scratch.generations().len(), 1);
}

#[tokio::test]
async fn whichever_file_is_damaged_or_missing_the_index_is_made_anew() {
    let scratch = indexed().await;
    let names: Vec<_> = scratch.files().iter().filter_map(|file| file.extension().map(ToOwned::to_owned)).collect();
    assert!(names.len() >= 6, "{names:?}");
    for extension in names.into_iter().filter(|extension| extension != "lock") {
        for damage in [flip, cut, delete] {
            let files = scratch.files();
            let file = files.iter().find(|file| file.extension() == Some(&extension)).unwrap();
            damage(file).unwrap();
            let library = scratch.library();
            assert_eq!(first(&library, "shop").await, "Return Policy", "{extension:?}");
            library.caught_up(&organization("shop")).await.unwrap();
            assert_eq!(scratch.generations().len(), 1, "the damaged one is gone");
            library.close().await;
        }
    }
}

fn flip(file: &Path) -> std::io::Result<()> {
    let mut bytes = fs::read(file)?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0xFF;
    }
    fs::write(file, bytes)
}

fn delete(file: &Path) -> std::io::Result<()> {
    fs::remove_file(file)
}

fn cut(file: &Path) -> std::io::Result<()> {
    let bytes = fs::read(file)?;
    fs::write(file, &bytes[..bytes.len() / 2])
}

#[tokio::test]
async fn another_embedder_makes_the_index_anew_and_the_old_one_answers_meanwhile() {
    let scratch = indexed().await;
    let before = scratch.generations();
    let library = scratch.library_with(Arc::new(Hashing::new(DIMENSIONS * 2)));
    assert_eq!(first(&library, "shop").await, "Return Policy", "by words, which do not depend on the embedder");
    library.caught_up(&organization("shop")).await.unwrap();
    let hits = ask(&library, &organization("shop"), QUESTION).await;
    assert!(hits[0].similarity > 0.0 && hits[0].entry.title == "Return Policy");
    let after = scratch.generations();
    assert!(after.len() == 1 && after != before);
}

#[tokio::test]
async fn an_index_of_another_store_is_not_believed() {
    let (mine, others) = (indexed().await, Scratch::new());
    others.put(&organization("shop"), &[text(1, "Kites", "Kites are not returned by anybody.")]).await;
    fs::rename(mine.folder.path().join("index"), others.folder.path().join("index")).unwrap();
    let library = others.library();
    library.caught_up(&organization("shop")).await.unwrap();
    assert_eq!((first(&library, "shop").await, library.indexed(&organization("shop"))), ("Kites".to_owned(), 1));
}

#[tokio::test]
async fn an_index_that_the_journal_no_longer_reaches_is_made_anew() {
    let scratch = indexed().await;
    let (shop_id, before) = (organization("shop"), scratch.generations());
    for number in 0..1_010_u128 {
        scratch.put(&shop_id, &[text(100 + number % 3, "Umbrellas", &format!("Umbrella number {number}."))]).await;
    }
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    assert_eq!(library.indexed(&shop_id), 13);
    assert_ne!(scratch.generations(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_put_and_search_at_the_same_time() {
    let scratch = indexed().await;
    let (shop_id, library) = (organization("shop"), scratch.library());
    let writers = (0..4_u128).map(|writer| {
        let (store, library, shop_id) = (scratch.store.clone(), library.clone(), shop_id.clone());
        tokio::spawn(async move {
            for number in 0..10 {
                let entry =
                    text(1_000 + writer * 100 + number, "Parts", &format!("Part w{writer}n{number} costs ten."));
                put_until_taken(&store, &shop_id, &entry).await;
                library.caught_up(&shop_id).await.unwrap();
                let hits = ask(&library, &shop_id, &format!("part w{writer}n{number}")).await;
                assert_eq!(hits[0].entry.key, entry.key, "what was waited for is found");
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    while writers.iter().any(|writer| !writer.is_finished()) {
        assert_eq!(first(&library, "shop").await, "Return Policy");
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(library.indexed(&shop_id), 50);
}

async fn put_until_taken(
    store: &switchboard::store::Store,
    organization: &switchboard::domain::OrganizationId,
    entry: &switchboard::domain::Entry,
) {
    loop {
        let mut batch = switchboard::store::Batch::default();
        switchboard::store::knowledge::put_entries(store, &mut batch, organization, std::slice::from_ref(entry))
            .unwrap();
        if store.commit(batch).await.is_ok() {
            return;
        }
    }
}

#[tokio::test]
async fn only_so_many_indexes_are_open_and_all_answer() {
    let scratch = Scratch::new();
    let folder = Some(scratch.folder.path().join("index"));
    let settings = LibrarySettings { folder, open_max: 2, ..LibrarySettings::default() };
    let library = Library::new(scratch.store.clone(), Arc::new(Hashing::new(DIMENSIONS)), settings);
    for round in 0..2 {
        for name in ["a", "b", "c", "d"] {
            if round == 0 {
                scratch.put(&organization(name), &[text(1, &format!("Shop {name}"), "Return an item here.")]).await;
            }
            library.caught_up(&organization(name)).await.unwrap();
            assert_eq!(first(&library, name).await, format!("Shop {name}"));
        }
    }
    assert_eq!(scratch.generations().len(), 4);
}

#[tokio::test]
async fn after_a_purge_no_file_holds_a_word_of_what_was_taken_away() {
    let scratch = indexed().await;
    let (shop_id, library) = (organization("shop"), scratch.library());
    let planted = text(77, "Zanzibarplanted", "The zanzibarplanted word is here only.");
    // Among others, so that their segment stays when it is taken away.
    let others = (100..120).map(|n| text(n, "Umbrellas", "Umbrellas are in the attic."));
    scratch.put(&shop_id, &others.chain([planted.clone()]).collect::<Vec<_>>()).await;
    library.caught_up(&shop_id).await.unwrap();
    assert!(scratch.stems().iter().any(|stem| stem.starts_with("zanzibarpl")), "the dictionary holds its stem");
    let key = planted.key.to_string();
    assert_eq!((scratch.holds(&key), scratch.holds("word is here only")), (true, false), "its key, and not its text");
    assert_eq!(library.purge_all().await, 0, "nothing was taken away");
    scratch.remove(&shop_id, &[planted.key]).await;
    library.caught_up(&shop_id).await.unwrap();
    assert_eq!((library.purge_all().await, library.purge_all().await), (1, 0));
    assert!(scratch.stems().iter().all(|stem| !stem.starts_with("zanzibarpl")));
    assert!(!scratch.holds(&key));
    assert_eq!((first(&library, "shop").await, library.indexed(&shop_id)), ("Return Policy".to_owned(), 30));
}

#[tokio::test]
async fn without_a_folder_indexes_are_in_memory() {
    let scratch = indexed().await;
    let embedder = Arc::new(Hashing::new(DIMENSIONS));
    let library = Library::new(scratch.store.clone(), embedder, LibrarySettings::default());
    assert_eq!(first(&library, "shop").await, "Return Policy");
    library.purge(&organization("shop")).await.unwrap();
    assert_eq!(first(&library, "shop").await, "Return Policy");
}
