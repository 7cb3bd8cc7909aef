//! What [`switchboard::store::Kv`] promises, on every backend.

use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};

use switchboard::store::{Direction, KeyRange, Kv, VALUE_MAX_BYTES, Write};

use super::support::{Backend, Scratch};

super::on_every_backend!(
    what_was_applied_is_read,
    what_was_applied_is_there_after_reopening,
    keys_order_as_bytes_in_both_directions,
    ranges_keep_their_bounds,
    a_range_that_holds_nothing_is_empty,
    counting_agrees_with_scanning_and_stops_at_its_limit,
    a_value_of_the_largest_size_survives_reopening,
    an_empty_value_is_not_an_absent_one,
    a_reader_never_sees_half_a_batch,
);

fn put(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Write {
    Write::Put(key.into(), value.into())
}

fn keys(kv: &dyn Kv, range: KeyRange, limit: usize, direction: Direction) -> Vec<Vec<u8>> {
    kv.scan(range, limit, direction).unwrap().into_iter().map(|(key, _)| key).collect()
}

fn what_was_applied_is_read(backend: Backend) {
    let scratch = Scratch::new(backend);
    let kv = scratch.kv();
    kv.apply(vec![put("a", "1"), put("b", "2")]).unwrap();
    kv.apply(vec![put("a", "3"), Write::Delete(b"b".to_vec()), Write::Delete(b"never".to_vec())]).unwrap();
    assert_eq!(kv.get(b"a").unwrap(), Some(b"3".to_vec()));
    assert_eq!(kv.get(b"b").unwrap(), None);
    assert_eq!(kv.scan(KeyRange::all(), 10, Direction::Forward).unwrap(), [(b"a".to_vec(), b"3".to_vec())]);
}

fn what_was_applied_is_there_after_reopening(backend: Backend) {
    let scratch = Scratch::new(backend);
    for round in 0_u8..3 {
        let kv = scratch.kv();
        assert_eq!(kv.count(KeyRange::all(), 10).unwrap(), usize::from(round));
        kv.apply(vec![put([round], "there")]).unwrap();
    }
}

fn keys_order_as_bytes_in_both_directions(backend: Backend) {
    let scratch = Scratch::new(backend);
    let kv = scratch.kv();
    let ordered: Vec<Vec<u8>> =
        [&b"\0"[..], b"\0\0", b"\0\xFF", b"a", b"a\0", b"a/", b"a0", b"b", b"\x80", b"\xFF\xFF"]
            .into_iter()
            .map(<[u8]>::to_vec)
            .collect();
    kv.apply(ordered.iter().rev().map(|key| put(key.clone(), "v")).collect()).unwrap();
    assert_eq!(keys(kv.as_ref(), KeyRange::all(), 100, Direction::Forward), ordered);
    let mut backward = keys(kv.as_ref(), KeyRange::all(), 100, Direction::Backward);
    backward.reverse();
    assert_eq!(backward, ordered);
    assert_eq!(keys(kv.as_ref(), KeyRange::all(), 2, Direction::Backward), [b"\xFF\xFF".to_vec(), b"\x80".to_vec()]);
}

fn ranges_keep_their_bounds(backend: Backend) {
    let scratch = Scratch::new(backend);
    let kv = scratch.kv();
    kv.apply(["a", "b", "c", "d"].map(|key| put(key, "v")).to_vec()).unwrap();
    let cases: [(Bound<&str>, Bound<&str>, &[&str]); 5] = [
        (Bound::Included("b"), Bound::Included("c"), &["b", "c"]),
        (Bound::Excluded("b"), Bound::Included("c"), &["c"]),
        (Bound::Included("b"), Bound::Excluded("c"), &["b"]),
        (Bound::Excluded("aa"), Bound::Unbounded, &["b", "c", "d"]),
        (Bound::Unbounded, Bound::Excluded("bb"), &["a", "b"]),
    ];
    for (start, end, expected) in cases {
        let owned = |bound: Bound<&str>| bound.map(|key| key.as_bytes().to_vec());
        let range = KeyRange { start: owned(start), end: owned(end) };
        let expected: Vec<Vec<u8>> = expected.iter().map(|key| key.as_bytes().to_vec()).collect();
        assert_eq!(keys(kv.as_ref(), range.clone(), 10, Direction::Forward), expected, "{range:?}");
        let mut backward = keys(kv.as_ref(), range.clone(), 10, Direction::Backward);
        backward.reverse();
        assert_eq!(backward, expected, "{range:?}");
    }
}

fn a_range_that_holds_nothing_is_empty(backend: Backend) {
    let scratch = Scratch::new(backend);
    let kv = scratch.kv();
    kv.apply(vec![put("b", "v")]).unwrap();
    let reversed = KeyRange::between(b"c".to_vec(), b"a".to_vec());
    let nowhere = KeyRange { start: Bound::Excluded(b"b".to_vec()), end: Bound::Excluded(b"b".to_vec()) };
    for range in [reversed, nowhere, KeyRange::prefix("x")] {
        assert!(kv.scan(range.clone(), 10, Direction::Forward).unwrap().is_empty(), "{range:?}");
        assert_eq!(kv.count(range, 10).unwrap(), 0);
    }
    assert!(kv.scan(KeyRange::all(), 0, Direction::Backward).unwrap().is_empty());
}

fn counting_agrees_with_scanning_and_stops_at_its_limit(backend: Backend) {
    let scratch = Scratch::new(backend);
    let kv = scratch.kv();
    kv.apply((0..100_u8).map(|number| put([b'k', number], "v")).collect()).unwrap();
    assert_eq!(kv.count(KeyRange::prefix("k"), 1000).unwrap(), 100);
    assert_eq!(kv.count(KeyRange::prefix("k"), 7).unwrap(), 7);
    assert_eq!(kv.count(KeyRange::between(vec![b'k', 10], vec![b'k', 20]), 1000).unwrap(), 10);
}

fn a_value_of_the_largest_size_survives_reopening(backend: Backend) {
    let scratch = Scratch::new(backend);
    let value: Vec<u8> = (0..VALUE_MAX_BYTES).map(|place| place.to_le_bytes()[0]).collect();
    scratch.kv().apply(vec![put("big", value.clone())]).unwrap();
    assert_eq!(scratch.kv().get(b"big").unwrap(), Some(value));
}

fn an_empty_value_is_not_an_absent_one(backend: Backend) {
    let scratch = Scratch::new(backend);
    scratch.kv().apply(vec![put("empty", "")]).unwrap();
    assert_eq!(scratch.kv().get(b"empty").unwrap(), Some(Vec::new()));
}

fn a_reader_never_sees_half_a_batch(backend: Backend) {
    const BATCHES: u32 = 150;
    const KEYS: u8 = 40;
    let scratch = Scratch::new(backend);
    let kv = scratch.kv();
    let finished = AtomicBool::new(false);
    let round = |number: u32| (0..KEYS).map(|key| put([b'k', key], number.to_be_bytes())).collect::<Vec<_>>();
    kv.apply(round(0)).unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 1..=BATCHES {
                // Every third batch deletes, so that old values must come back in the middle of a scan.
                let writes = if number % 3 == 0 {
                    (0..KEYS).map(|key| Write::Delete(vec![b'k', key])).collect()
                } else {
                    round(number)
                };
                kv.apply(writes).unwrap();
            }
            finished.store(true, Ordering::Release);
        });
        for direction in [Direction::Forward, Direction::Backward] {
            threads.spawn({
                let (kv, finished) = (&kv, &finished);
                move || {
                    let mut newest = 0;
                    while !finished.load(Ordering::Acquire) {
                        let pairs = kv.scan(KeyRange::prefix("k"), 100, direction).unwrap();
                        assert!(pairs.is_empty() || pairs.len() == usize::from(KEYS), "{} of {KEYS} keys", pairs.len());
                        let Some((_, first)) = pairs.first() else { continue };
                        assert!(pairs.iter().all(|(_, value)| value == first), "values of two batches");
                        let seen = u32::from_be_bytes(first.as_slice().try_into().unwrap());
                        assert!(seen >= newest, "back from {newest} to {seen}");
                        newest = seen;
                    }
                }
            });
        }
    });
}
