//! The builtin assistant against the labelled questions of `eval/`: what it must reach on both halves of the set.

#[allow(dead_code, reason = "`make eval` prints all of it")]
mod asking;
#[allow(dead_code, reason = "`make eval` prints all of it")]
mod figures;

use asking::{Asked, DOMAINS, ask_all, questions};
use figures::Figures;

/// The least share of right answers among those that are given.
const PRECISION_MIN: f64 = 0.9;

/// The least share of the answerable questions that are answered.
const COVERAGE_MIN: f64 = 0.6;

/// The least share of the unanswerable questions that are refused.
const REFUSED_MIN: f64 = 0.9;

#[tokio::test]
async fn the_builtin_assistant_answers_what_it_knows_and_refuses_the_rest() {
    let asked = ask_all(None).await.unwrap();
    let reaches = |name: &str, figures: Figures| {
        let reached =
            figures.precision >= PRECISION_MIN && figures.coverage >= COVERAGE_MIN && figures.refused >= REFUSED_MIN;
        assert!(reached, "{name}: {figures:?}");
    };
    for split in ["dev", "test"] {
        reaches(split, figures::figures(&asked, |one| one.label.split == split));
    }
    reaches("a German organization", figures::figures(&asked, |one| one.label.domain == "studio"));
    let own = figures::figures(&asked, |one| one.label.kind == "own");
    assert!(own.questions > 0 && own.refused >= REFUSED_MIN, "the customer's own record: {own:?}");
    let confident = |one: &&Asked| one.answered && !one.cites.is_empty();
    assert!(asked.iter().filter(confident).all(|one| !one.reply.is_empty()));
}

#[test]
fn the_labelled_set_is_large_and_a_third_of_it_can_not_be_answered() {
    let all: Vec<_> = DOMAINS.iter().flat_map(|domain| questions(domain).unwrap()).collect();
    assert!(all.len() >= 300);
    let unanswerable = all.iter().filter(|one| !one.answerable).count();
    assert!(unanswerable * 3 >= all.len(), "{unanswerable} of {}", all.len());
    let mut ids: Vec<_> = all.iter().map(|one| &one.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all.len());
    for one in &all {
        assert_eq!(one.answerable, !one.source.is_empty() && !one.expect.is_empty(), "{}", one.id);
        assert!(!one.domain.is_empty() && !one.kind.is_empty() && !one.language.is_empty(), "{}", one.id);
    }
}
