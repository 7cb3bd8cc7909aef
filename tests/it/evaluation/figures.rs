//! Figures over what was asked: precision, coverage, refusals, intents, calibration.

use std::time::Duration;

use super::asking::Asked;

/// How many bins the confidences fall into for the calibration.
pub(crate) const BINS: usize = 10;

/// The figures of one part of the set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub questions: usize,
    pub answerable: usize,
    /// Right answers of all that were given.
    pub precision: f64,
    /// Answers given of the answerable.
    pub coverage: f64,
    /// The unanswerable that were refused.
    pub refused: f64,
    /// Intents that are as labelled, of the answerable that were answered.
    pub intents: f64,
}

/// A point of the curve: all answers down to a confidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub floor: f32,
    pub precision: f64,
    pub coverage: f64,
    pub refused: f64,
}

/// Answers of about the same confidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bin {
    pub answers: usize,
    pub confidence: f64,
    pub right: f64,
}

/// The figures of what `part` lets through.
pub(crate) fn figures(asked: &[Asked], part: impl Fn(&Asked) -> bool) -> Figures {
    let asked: Vec<&Asked> = asked.iter().filter(|one| part(one)).collect();
    let count = |test: &dyn Fn(&Asked) -> bool| asked.iter().filter(|one| test(one)).count();
    let answerable = count(&|one| one.label.answerable);
    let answered_answerable = count(&|one| one.answered && one.label.answerable);
    Figures {
        questions: asked.len(),
        answerable,
        precision: share(count(&|one| one.right), count(&|one| one.answered)),
        coverage: share(answered_answerable, answerable),
        refused: share(count(&|one| !one.answered && !one.label.answerable), asked.len() - answerable),
        intents: share(
            count(&|one| one.answered && one.label.answerable && one.intent == one.label.intent),
            answered_answerable,
        ),
    }
}

/// The curve over falling confidence. `asked` was answered without a floor.
pub(crate) fn curve(asked: &[Asked], part: impl Fn(&Asked) -> bool) -> Vec<Point> {
    let asked: Vec<&Asked> = asked.iter().filter(|one| part(one)).collect();
    let answerable = asked.iter().filter(|one| one.label.answerable).count();
    let unanswerable = asked.len() - answerable;
    (1..20)
        .rev()
        .map(|step| {
            let floor = step as f32 / 20.0;
            let given: Vec<&&Asked> = asked.iter().filter(|one| one.answered && one.confidence >= floor).collect();
            let right = given.iter().filter(|one| one.right).count();
            let covered = given.iter().filter(|one| one.label.answerable).count();
            Point {
                floor,
                precision: share(right, given.len()),
                coverage: share(covered, answerable),
                refused: share(unanswerable - (given.len() - covered), unanswerable),
            }
        })
        .collect()
}

/// How often answers of a confidence are right.
pub(crate) fn bins(asked: &[Asked]) -> [Bin; BINS] {
    std::array::from_fn(|bin| {
        let within = |one: &&Asked| one.answered && ((one.confidence * BINS as f32) as usize).min(BINS - 1) == bin;
        let held: Vec<&Asked> = asked.iter().filter(within).collect();
        let sum: f64 = held.iter().map(|one| f64::from(one.confidence)).sum();
        let right = held.iter().filter(|one| one.right).count();
        Bin {
            answers: held.len(),
            confidence: if held.is_empty() { 0.0 } else { sum / held.len() as f64 },
            right: share(right, held.len()),
        }
    })
}

/// The expected calibration error: how far confidence is from being right, on average over answers.
pub(crate) fn calibration_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.answers).sum();
    bins.iter().map(|bin| (bin.confidence - bin.right).abs() * share(bin.answers, all)).sum()
}

/// The time below which this share of the questions was answered.
pub(crate) fn latency(asked: &[Asked], share: f64) -> Duration {
    let mut times: Vec<Duration> = asked.iter().map(|one| one.took).collect();
    times.sort_unstable();
    let at = (times.len() as f64 * share) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// 1 of nothing is 1: who gave no answer gave no wrong one.
fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}
