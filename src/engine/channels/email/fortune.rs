//! How the readings of a mailbox went of late: how long to wait before the next one, and which mails may be why they ended.
//!
//! A server may end the connection, fall silent or answer nonsense at one particular mail; so may a network at any. A mail that was asked for
//! alone and missed again, no further than before, is left for later, and those behind it are read. It is set aside when it is missed once more
//! right after another mail came, at the very place where it was missed before: then it is not the server, nor the way to it. Until such proof it
//! is asked for again and again, beside the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The pause before the mailbox is tried again, in milliseconds; it doubles with each failure in a row.
const PAUSE_MS: u64 = 500;

/// The longest such pause, in milliseconds.
const PAUSE_MAX_MS: u64 = 5 * 60 * 1_000;

/// The pause after a refused login, in milliseconds: servers lock out whoever tries too often.
const REFUSED_PAUSE_MS: u64 = 5 * 60 * 1_000;

/// Mails whose sizes are asked for at once.
const LISTED_AT_ONCE: usize = 500;

/// By how much fewer are asked for where that ends the reading.
const LISTED_SHRINKS_BY: usize = 8;

/// How often a mail that was asked for alone may be missed before those behind it are read.
const MISSES_MAX: u32 = 2;

/// The most mails that are left for later. Where there are more it is the server, and nothing behind them is asked for.
const LEFT_MAX: usize = 64;

/// How far apart two places may be that are the same, in bytes: servers tell of other things in between.
const SAME_PLACE_BYTES: u64 = 64;

/// Where a mail was missed: what was asked, and how many bytes came of the answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Missed {
    /// The server said that it does not give it, or something that does not read: the way to it held.
    Said,
    /// The connection broke or fell silent while its size was asked for.
    Listing(u64),
    /// The same, while it was fetched.
    Fetching(u64),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Fortune {
    failures: AtomicU32,
    refused: AtomicBool,
    listed_at_once: AtomicUsize,
    /// Mails that may be why a reading ended, by validity and UID: never more than are asked for at once.
    suspects: Mutex<BTreeMap<(u32, u32), Suspect>>,
    /// The mail that came last, by validity and UID.
    probe: Mutex<Option<(u32, u32)>>,
}

/// A mail that may be why a reading ended.
#[derive(Debug, Clone, Copy, Default)]
struct Suspect {
    misses: u32,
    /// The most bytes that came when its size was asked for.
    listed: Option<u64>,
    /// The most bytes that came of it, with what stands around it.
    fetched: Option<u64>,
    /// It was judged, which proved nothing: it waits until it is tried again.
    rests: bool,
    /// It is set aside.
    is_given_up: bool,
}

impl Default for Fortune {
    fn default() -> Self {
        Self {
            failures: AtomicU32::default(),
            refused: AtomicBool::default(),
            listed_at_once: AtomicUsize::new(LISTED_AT_ONCE),
            suspects: Mutex::default(),
            probe: Mutex::default(),
        }
    }
}

impl Fortune {
    /// It works.
    pub(super) fn works(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.refused.store(false, Ordering::Relaxed);
    }

    /// The login was refused.
    pub(super) fn is_refused(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// How many mails' sizes are asked for at once.
    pub(super) fn listed_at_once(&self) -> usize {
        self.listed_at_once.load(Ordering::Relaxed)
    }

    /// The sizes of so many mails could not be had: from now on fewer are asked for at once.
    pub(super) fn lists_fewer(&self, than: usize) {
        self.listed_at_once.store((than / LISTED_SHRINKS_BY).max(1), Ordering::Relaxed);
    }

    /// Everything is read that can be.
    pub(super) fn is_through(&self) {
        self.listed_at_once.store(LISTED_AT_ONCE, Ordering::Relaxed);
    }

    /// One of these is why the reading ended: they are asked for one by one from now on.
    pub(super) fn suspect(&self, validity: u32, uids: impl IntoIterator<Item = u32>) {
        let mut suspects = self.suspects();
        for uid in uids {
            suspects.entry((validity, uid)).or_default();
        }
    }

    /// A mail that was asked for alone could not be had. Where more came of it than ever before, it is the way to the server that breaks, and
    /// nothing is counted.
    pub(super) fn misses(&self, validity: u32, uid: u32, missed: Missed) {
        let mut suspects = self.suspects();
        let suspect = suspects.entry((validity, uid)).or_default();
        let is_further = suspect.furthest(missed).is_some_and(|(furthest, bytes)| bytes > furthest);
        suspect.misses += u32::from(!is_further);
        suspect.note(missed);
    }

    /// Whether a mail that is missed once more is missed where it was before. Elsewhere it is noted, and proves nothing.
    pub(super) fn is_missed_there(&self, validity: u32, uid: u32, missed: Missed) -> bool {
        let mut suspects = self.suspects();
        let suspect = suspects.entry((validity, uid)).or_default();
        let is_there = match (missed, suspect.furthest(missed)) {
            (Missed::Said, _) => true,
            (_, Some((furthest, bytes))) => furthest.abs_diff(bytes) <= SAME_PLACE_BYTES,
            (_, None) => false,
        };
        suspect.note(missed);
        suspect.rests = !is_there;
        is_there
    }

    /// The mails that are left for later and may be judged, in order.
    pub(super) fn to_judge(&self, validity: u32) -> Vec<u32> {
        let suspects = self.suspects();
        let left = suspects.iter().filter(|((of, _), suspect)| *of == validity && suspect.is_left() && !suspect.rests);
        left.map(|((_, uid), _)| *uid).collect()
    }

    /// Whether a mail is to be asked for alone.
    pub(super) fn is_suspect(&self, validity: u32, uid: u32) -> bool {
        self.suspects().contains_key(&(validity, uid))
    }

    /// Whether a mail is not read with the others: it is left for later, or set aside.
    pub(super) fn is_passed_over(&self, validity: u32, uid: u32) -> bool {
        self.suspects().get(&(validity, uid)).is_some_and(|suspect| suspect.is_given_up || suspect.is_left())
    }

    /// The mails that are left for later, in order.
    pub(super) fn left(&self, validity: u32) -> Vec<u32> {
        let suspects = self.suspects();
        let left = suspects.iter().filter(|((of, _), suspect)| *of == validity && suspect.is_left());
        left.map(|((_, uid), _)| *uid).collect()
    }

    /// Whether so many are left for later that those behind them are not asked for.
    pub(super) fn has_left_enough(&self, validity: u32) -> bool {
        self.left(validity).len() >= LEFT_MAX
    }

    /// A mail came.
    pub(super) fn came(&self, validity: u32, uid: u32) {
        self.suspects().remove(&(validity, uid));
        *self.probe.lock().unwrap_or_else(PoisonError::into_inner) = Some((validity, uid));
    }

    /// A mail that came before, by which it shows whether the server gives any: once, until another comes.
    pub(super) fn probe(&self, validity: u32) -> Option<u32> {
        let probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner).take();
        probe.filter(|(of, _)| *of == validity).map(|(_, uid)| uid)
    }

    /// A mail is set aside.
    pub(super) fn gives_up(&self, validity: u32, uid: u32) {
        self.suspects().entry((validity, uid)).or_default().is_given_up = true;
    }

    /// Whether anything is left for later, in whatever mailbox it was.
    pub(super) fn has_left(&self) -> bool {
        self.suspects().values().any(Suspect::is_left)
    }

    /// Somebody says that it may work again: nothing is held against any mail.
    pub(super) fn forgives(&self) {
        self.suspects().retain(|_, suspect| suspect.is_given_up);
    }

    /// What was left for later is asked for once more.
    pub(super) fn tries_again(&self, validity: u32) {
        let mut suspects = self.suspects();
        for (_, suspect) in suspects.iter_mut().filter(|((of, _), suspect)| *of == validity && suspect.is_left()) {
            (suspect.misses, suspect.rests) = (MISSES_MAX - 1, false);
        }
    }

    /// The mailbox was read up to a mail.
    pub(super) fn passes(&self, validity: u32, uid: u32) {
        self.suspects().retain(|(of, suspect), _| *of == validity && *suspect > uid);
        self.works();
    }

    fn suspects(&self) -> MutexGuard<'_, BTreeMap<(u32, u32), Suspect>> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It failed once more; so long is the pause, a part of which is chance.
    pub(super) fn pause(&self) -> Duration {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        let grown = PAUSE_MS.saturating_mul(1 << failures.min(16)).min(PAUSE_MAX_MS);
        let pause = if self.refused.load(Ordering::Relaxed) { REFUSED_PAUSE_MS } else { grown };
        Duration::from_millis(pause / 2 + rand::random_range(0..=pause / 2))
    }
}

impl Suspect {
    /// How far it came at most in what was asked, and how far now.
    fn furthest(&self, missed: Missed) -> Option<(u64, u64)> {
        match missed {
            Missed::Said => None,
            Missed::Listing(bytes) => self.listed.map(|furthest| (furthest, bytes)),
            Missed::Fetching(bytes) => self.fetched.map(|furthest| (furthest, bytes)),
        }
    }

    fn note(&mut self, missed: Missed) {
        match missed {
            Missed::Said => {}
            Missed::Listing(bytes) => self.listed = self.listed.max(Some(bytes)),
            Missed::Fetching(bytes) => self.fetched = self.fetched.max(Some(bytes)),
        }
    }

    fn is_left(&self) -> bool {
        self.misses >= MISSES_MAX && !self.is_given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least and the most that a pause may take, in milliseconds.
    fn is_within(pause: Duration, most_ms: u64) -> bool {
        (most_ms / 2..=most_ms).contains(&u64::try_from(pause.as_millis()).unwrap())
    }

    #[test]
    fn the_pause_doubles_up_to_five_minutes_and_begins_anew_once_it_works() {
        let fortune = Fortune::default();
        for doubled in 0..30_u32 {
            let most_ms = (PAUSE_MS << doubled.min(20)).min(PAUSE_MAX_MS);
            assert!(is_within(fortune.pause(), most_ms), "after {doubled} failures");
        }
        fortune.works();
        assert!(is_within(fortune.pause(), PAUSE_MS));
        fortune.is_refused();
        assert!(is_within(fortune.pause(), REFUSED_PAUSE_MS), "nobody is locked out for our haste");
    }

    #[test]
    fn a_mail_is_left_for_later_when_it_is_missed_at_the_same_place_again_and_again() {
        let fortune = Fortune::default();
        fortune.suspect(1, [7, 8]);
        for further in 1..10 {
            fortune.misses(1, 7, Missed::Fetching(further * 100));
        }
        assert!(!fortune.is_passed_over(1, 7), "more comes of it each time");
        fortune.misses(1, 7, Missed::Fetching(900));
        assert!(fortune.is_passed_over(1, 7) && !fortune.is_passed_over(1, 8));
        assert_eq!((fortune.left(1), fortune.left(2)), (vec![7], Vec::new()));
        fortune.tries_again(1);
        assert!(!fortune.is_passed_over(1, 7));
        fortune.misses(1, 7, Missed::Fetching(900));
        assert_eq!(fortune.left(1), [7], "once more is enough");
        fortune.gives_up(1, 7);
        assert_eq!((fortune.left(1).len(), fortune.is_passed_over(1, 7)), (0, true));
        fortune.passes(1, 7);
        assert!(!fortune.is_suspect(1, 7) && fortune.is_suspect(1, 8));
        fortune.passes(2, 1);
        assert!(!fortune.is_suspect(1, 8), "what a mailbox was before it was made anew is forgotten");
    }

    #[test]
    fn only_at_the_same_place_a_mail_is_missed_for_what_it_is() {
        let fortune = Fortune::default();
        fortune.misses(1, 7, Missed::Fetching(900));
        fortune.misses(1, 7, Missed::Fetching(300));
        assert_eq!(fortune.left(1), [7], "no further than before");
        assert!(!fortune.is_missed_there(1, 7, Missed::Fetching(300)), "earlier: the way broke");
        assert!(!fortune.is_missed_there(1, 7, Missed::Listing(900)), "in another answer");
        assert!(!fortune.is_missed_there(1, 7, Missed::Fetching(2_000)), "further: it may come yet");
        assert_eq!(
            (fortune.left(1), fortune.to_judge(1)),
            (vec![7], vec![]),
            "what proved nothing is not judged again and again"
        );
        fortune.tries_again(1);
        fortune.misses(1, 7, Missed::Fetching(100));
        assert_eq!(fortune.to_judge(1), [7]);
        assert!(fortune.is_missed_there(1, 7, Missed::Fetching(1_990)));
        assert!(fortune.is_missed_there(1, 8, Missed::Said), "the server says so itself");
    }

    #[test]
    fn fewer_are_listed_where_many_end_the_reading() {
        let fortune = Fortune::default();
        assert_eq!(fortune.listed_at_once(), LISTED_AT_ONCE);
        for (than, then) in [(LISTED_AT_ONCE, 62), (62, 7), (7, 1), (1, 1)] {
            fortune.lists_fewer(than);
            assert_eq!(fortune.listed_at_once(), then);
        }
        fortune.is_through();
        assert_eq!(fortune.listed_at_once(), LISTED_AT_ONCE);
    }
}
