//! Whether the desk is work-conserving, from the frames alone: from the moment that a customer begins to connect until
//! somebody is offered the session. Time in which nobody had room is not counted against the desk.

use std::collections::HashMap;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::measured::DeskFigures;

/// Whoever waits longer while somebody has room waits too long, in microseconds.
const WAIT_MAX_US: u64 = 1_000_000;
/// The longest wait that is told apart, in microseconds.
const LONGEST_US: u64 = 600_000_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Waits {
    /// Sessions that all people together may have.
    places: usize,
    /// Sessions that people have or are offered.
    held: usize,
    most_held: usize,
    /// The last moment at which nobody had room.
    full_at: Option<Instant>,
    waiting: HashMap<String, Instant>,
    counts: bool,
    offers: Option<Histogram<u64>>,
    too_long: u64,
}

impl Waits {
    pub(super) fn new(places: usize) -> Self {
        let offers = Histogram::new_with_bounds(1, LONGEST_US, 3).ok();
        Self {
            places,
            held: 0,
            most_held: 0,
            full_at: None,
            waiting: HashMap::new(),
            counts: false,
            offers,
            too_long: 0,
        }
    }

    /// From now on it counts. What was before was the filling.
    pub(super) fn begin(&mut self) {
        self.counts = true;
    }

    /// Somebody asks for a human.
    pub(super) fn asks(&mut self, session: &str, now: Instant) {
        self.waiting.insert(session.to_owned(), now);
    }

    /// Somebody is asked to take them.
    pub(super) fn is_offered(&mut self, session: &str, now: Instant) {
        if let Some(since) = self.waiting.remove(session) {
            self.count(since, now);
        }
        self.held += 1;
        self.most_held = self.most_held.max(self.held);
        self.note_full(now);
    }

    /// The one who was asked does not take them: they wait again.
    pub(super) fn is_not_taken(&mut self, session: &str, now: Instant) {
        self.is_free(now);
        self.asks(session, now);
    }

    /// A place is free again.
    pub(super) fn is_free(&mut self, now: Instant) {
        self.note_full(now);
        self.held = self.held.saturating_sub(1);
    }

    /// Those who wait now have waited so long at least.
    pub(super) fn end(&mut self, now: Instant) {
        for since in std::mem::take(&mut self.waiting).into_values() {
            self.count(since, now);
        }
        self.counts = false;
    }

    pub(super) fn figures(&self) -> DeskFigures {
        let ms = |us: u64| us as f64 / 1e3;
        let of = |quantile| self.offers.as_ref().map(|offers| ms(offers.value_at_quantile(quantile)));
        DeskFigures {
            offers: self.offers.as_ref().map_or(0, Histogram::len),
            offer_p50_ms: of(0.5),
            offer_p99_ms: of(0.99),
            offer_max_ms: self.offers.as_ref().map(|offers| ms(offers.max())),
            waited_too_long: self.too_long,
            places_free_min: self.places.saturating_sub(self.most_held) as u64,
            ..DeskFigures::default()
        }
    }

    fn note_full(&mut self, now: Instant) {
        if self.held >= self.places {
            self.full_at = Some(now);
        }
    }

    fn count(&mut self, since: Instant, now: Instant) {
        if !self.counts {
            return;
        }
        if self.held >= self.places {
            self.full_at = Some(now);
        }
        let from = self.full_at.map_or(since, |full| full.max(since));
        let us = u64::try_from(now.saturating_duration_since(from).as_micros()).unwrap_or(LONGEST_US);
        self.too_long += u64::from(us > WAIT_MAX_US);
        if let Some(offers) = &mut self.offers {
            offers.saturating_record(us);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn who_waits_while_somebody_has_room_is_counted() {
        let (mut waits, begun) = (Waits::new(2), Instant::now());
        waits.begin();
        waits.asks("a", begun);
        waits.is_offered("a", begun + ms(10));
        waits.asks("b", begun + ms(10));
        waits.is_offered("b", begun + ms(1_510));
        let figures = waits.figures();
        assert_eq!((figures.offers, figures.waited_too_long, figures.places_free_min), (2, 1, 0));
    }

    #[test]
    fn time_in_which_nobody_has_room_is_nobodys_fault() {
        let (mut waits, begun) = (Waits::new(1), Instant::now());
        waits.begin();
        waits.is_offered("a", begun);
        waits.asks("b", begun);
        waits.is_free(begun + ms(30_000));
        waits.is_offered("b", begun + ms(30_200));
        assert_eq!(waits.figures().waited_too_long, 0);
        assert!(waits.figures().offer_max_ms.unwrap() < 202.0);
    }

    #[test]
    fn who_is_never_offered_to_anybody_counts_at_the_end() {
        let (mut waits, begun) = (Waits::new(1), Instant::now());
        waits.begin();
        waits.asks("a", begun);
        waits.end(begun + ms(3_000));
        assert_eq!((waits.figures().offers, waits.figures().waited_too_long), (1, 1));
    }
}
