//! Questions and what they find.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use switchboard::domain::knowledge::{Document, DocumentState};
use switchboard::knowledge::{HITS_MAX, Query};

use super::support::{Scratch, ask, chunk, document, faq, organization, query, shop, text, texts};

#[tokio::test]
async fn the_entry_that_answers_comes_first_and_what_nothing_answers_is_hardly_relevant() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    scratch.put(&shop_id, &shop()).await;
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    for (question, title) in [
        ("How do I return an item?", "Return Policy"),
        ("how long does a refund take to be processed", "Refund Process"),
        ("Which countries do you ship to?", "Shipping"),
        ("can i pay with paypal", "Payment"),
        ("how long is the warrenty", "Warranty"),
        ("Are gift cards valid for ever?", "Gift cards"),
        ("Wann kann ich Artikel zurückgeben?", "Rückgabe"),
        ("I have forgotten my pasword", "How do I reset my password?"),
    ] {
        let hits = ask(&library, &shop_id, question).await;
        assert_eq!(hits[0].entry.title, title, "{question}: {hits:#?}");
        assert!(hits[0].relevance >= 0.4, "{question}: {}", hits[0].relevance);
        assert!(hits.windows(2).all(|pair| pair[0].relevance >= pair[1].relevance), "best first");
    }
    for question in [
        "What is the capital of France?",
        "How do I bake bread?",
        "who won the world cup in 1998",
        "how are you",
        "?!",
        "",
    ] {
        let hits = ask(&library, &shop_id, question).await;
        assert!(hits.iter().all(|hit| hit.relevance < 0.3), "{question}: {hits:#?}");
    }
}

#[tokio::test]
async fn the_very_question_of_an_faq_is_wholly_relevant_and_no_other() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    scratch.put(&shop_id, &shop()).await;
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    for question in ["Do you have a physical store?", "DO YOU HAVE A PHYSICAL STORE", "can I visit, your shop"] {
        let hits = ask(&library, &shop_id, question).await;
        assert!(hits[0].relevance >= 1.0 && hits[0].entry.text.contains("Lyon"), "{question}: {hits:#?}");
        assert!(hits[1..].iter().all(|hit| hit.relevance < 1.0));
    }
    let near = ask(&library, &shop_id, "Do you have a store?").await;
    assert!(near[0].entry.text.contains("Lyon") && near[0].relevance < 1.0 && near[0].relevance > 0.5, "{near:#?}");
}

#[tokio::test]
async fn hits_below_the_floor_and_beyond_the_limit_are_left_out() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    let entries: Vec<_> =
        (0..150).map(|n| text(n, "Returns", &format!("Return item number {n} within 30 days."))).collect();
    scratch.put(&shop_id, &entries).await;
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    let found = |limit, floor| {
        let (library, shop_id) = (library.clone(), shop_id.clone());
        async move { library.search(&shop_id, &Query { limit, floor, ..query("return items") }).await.unwrap().len() }
    };
    assert_eq!((found(7, 0.0).await, found(0, 0.0).await, found(7, 1.0).await), (7, 0, 0));
    assert_eq!(found(usize::MAX, 0.0).await, HITS_MAX);
}

#[tokio::test]
async fn no_question_breaks_anything() {
    let (scratch, shop_id) = (Scratch::new(), organization(".."));
    scratch.put(&shop_id, &shop()).await;
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    let long_word = "a".repeat(100_000);
    let many_words = "return ".repeat(100_000);
    let letters: String = (0_u32..0x3000).filter_map(char::from_u32).collect();
    let hostile = [
        "\0",
        "title:x AND (",
        "\"",
        "*",
        "\\",
        "a*b?c~3^9",
        "[1 TO 2]",
        "()",
        "\u{202e}return\u{0301}",
        "é\u{0300}\u{0301}",
        "退货政策",
        "ก".repeat(5_000).leak(),
        &long_word,
        &many_words,
        &letters,
    ];
    for question in hostile {
        let hits = ask(&library, &shop_id, question).await;
        assert!(hits.iter().all(|hit| (0.0..=1.0).contains(&hit.relevance) && hit.similarity.abs() <= 1.0));
    }
    assert_eq!(ask(&library, &shop_id, &many_words).await[0].entry.title, "Return Policy");
}

#[tokio::test]
async fn two_organizations_never_see_each_others() {
    let scratch = Scratch::new();
    let (one, other, nobody) = (organization("one"), organization("other"), organization("nobody"));
    scratch.put(&one, &[text(1, "Secret", "The code of the safe is in the drawer.")]).await;
    scratch.put(&other, &[text(1, "Returns", "Returns are free."), faq(2, &["Is it free?"], "Yes.")]).await;
    let library = scratch.library();
    library.caught_up(&one).await.unwrap();
    library.caught_up(&other).await.unwrap();
    assert_eq!(texts(&ask(&library, &one, "code of the safe").await), ["The code of the safe is in the drawer."]);
    assert!(
        ask(&library, &other, "code of the safe drawer secret").await.iter().all(|hit| hit.entry.title != "Secret")
    );
    assert_eq!(texts(&ask(&library, &one, "is it free returns").await), ["The code of the safe is in the drawer."]);
    assert!(ask(&library, &nobody, "code of the safe").await.is_empty());
    assert_eq!((library.is_empty(&one), library.is_empty(&nobody)), (Ok(false), Ok(true)));
    assert_eq!(scratch.generations().len(), 2, "who knows nothing has no index");
}

#[tokio::test]
async fn what_was_taken_away_is_gone_at_once() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    let entries = shop();
    scratch.put(&shop_id, &entries).await;
    let library = scratch.library();
    library.caught_up(&shop_id).await.unwrap();
    let before = library.version(&shop_id).unwrap();
    scratch.remove(&shop_id, &[entries[0].key]).await;
    assert_ne!(library.version(&shop_id).unwrap(), before, "an answer from before is not good any more");
    let hits = ask(&library, &shop_id, "How do I return an item?").await;
    assert!(hits.iter().all(|hit| hit.entry.key != entries[0].key), "the index may still have it, and it is not told");
    library.caught_up(&shop_id).await.unwrap();
    assert_eq!(library.indexed(&shop_id), 9);
}

#[tokio::test]
async fn the_same_knowledge_gives_the_same_hits() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let (scratch, shop_id) = (Scratch::new(), organization("shop"));
        for entries in shop().chunks(3) {
            scratch.put(&shop_id, entries).await;
        }
        let library = scratch.library();
        library.caught_up(&shop_id).await.unwrap();
        for question in ["return an item", "two years", "delivery in Europe", "open on Saturday"] {
            let hits = ask(&library, &shop_id, question).await;
            told.push(hits.iter().map(|hit| (hit.entry.key, hit.relevance.to_bits())).collect::<Vec<_>>());
        }
    }
    let (once, again) = told.split_at(4);
    assert_eq!(once, again);
}

#[tokio::test]
async fn a_new_reading_of_a_document_takes_the_old_ones_place_in_one_step() {
    let (scratch, shop_id) = (Scratch::new(), organization("shop"));
    let library = scratch.library();
    let first = Document { live: Some(1), ..document(&shop_id, 5) };
    scratch.put(&shop_id, &[chunk(&first, 1, 0, "Returns are accepted within 14 days.")]).await;
    library.caught_up(&shop_id).await.unwrap();
    assert!(ask(&library, &shop_id, "returns accepted").await.is_empty(), "no document says that this reading is live");
    scratch.publish(&first).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (library, shop_id, stop) = (library.clone(), shop_id.clone(), Arc::clone(&stop));
        async move {
            let mut seen = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let hits = ask(&library, &shop_id, "are returns accepted").await;
                assert_eq!(hits.len(), 1, "never both, never neither: {hits:#?}");
                seen.push(hits[0].entry.text.clone());
                tokio::task::yield_now().await;
            }
            seen
        }
    });
    for version in 2..8_u32 {
        let next = Document { version, live: Some(version), state: DocumentState::Ready, ..first.clone() };
        let days = format!("Returns are accepted within {} days.", version * 10);
        scratch.put(&shop_id, &[chunk(&next, version, 0, &days)]).await;
        library.caught_up(&shop_id).await.unwrap();
        scratch.publish(&next).await.unwrap();
        assert_eq!(texts(&ask(&library, &shop_id, "are returns accepted").await), [days]);
    }
    stop.store(true, Ordering::Relaxed);
    let mut seen = reader.await.unwrap();
    seen.dedup();
    let mut sorted = seen.clone();
    sorted.sort();
    assert_eq!(seen, sorted, "nobody sees an older reading after a newer one");
    library.caught_up(&shop_id).await.unwrap();
    assert_eq!(library.indexed(&shop_id), 1, "older readings leave the index");
}
