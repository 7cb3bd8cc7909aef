//! The figures as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::asking::Asked;
use super::figures::{bins, calibration_error, curve, figures, latency};

/// All tables. `given` was answered as shipped, `unbounded` without a floor.
pub(crate) fn all(given: &[Asked], unbounded: &[Asked]) -> String {
    let mut out = String::new();
    headline(&mut out, given);
    kinds(&mut out, given);
    points(&mut out, unbounded);
    calibration(&mut out, unbounded);
    out
}

fn headline(out: &mut String, given: &[Asked]) {
    line(out, "\n| questions | asked | answerable | precision | coverage | unanswerable refused | intents right |");
    line(out, "|---|---|---|---|---|---|---|");
    let mut row = |name: &str, part: &dyn Fn(&Asked) -> bool| {
        let f = figures(given, part);
        let cells = format!("{:.3} | {:.3} | {:.3} | {:.3}", f.precision, f.coverage, f.refused, f.intents);
        line(out, &format!("| {name} | {} | {} | {cells} |", f.questions, f.answerable));
    };
    row("all", &|_| true);
    for split in ["dev", "test", "held", "again", "seen"] {
        row(split, &|one| one.label.split == split);
    }
    for domain in super::asking::DOMAINS {
        row(domain, &|one| one.label.domain == domain);
    }
    let ms = |share| latency(given, share).as_secs_f64() * 1_000.0;
    line(
        out,
        &format!("\nTime for finding and answering, one question: p50 {:.1} ms, p99 {:.1} ms.", ms(0.5), ms(0.99)),
    );
}

fn kinds(out: &mut String, given: &[Asked]) {
    line(out, "\n| kind of question | asked | answered | right |\n|---|---|---|---|");
    let names: BTreeSet<&str> = given.iter().map(|one| one.label.kind.as_str()).collect();
    for kind in names {
        let of: Vec<&Asked> = given.iter().filter(|one| one.label.kind == kind).collect();
        let answered = of.iter().filter(|one| one.answered).count();
        let right = of.iter().filter(|one| one.right).count();
        line(out, &format!("| {kind} | {} | {answered} | {right} |", of.len()));
    }
}

fn points(out: &mut String, unbounded: &[Asked]) {
    line(out, "\n| floor | precision | coverage | unanswerable refused | precision, test half | coverage, test half |");
    line(out, "|---|---|---|---|---|---|");
    let test = curve(unbounded, |one| one.label.split == "test");
    for (all, test) in curve(unbounded, |_| true).iter().zip(&test) {
        let whole = format!("{:.2} | {:.3} | {:.3} | {:.3}", all.floor, all.precision, all.coverage, all.refused);
        line(out, &format!("| {whole} | {:.3} | {:.3} |", test.precision, test.coverage));
    }
}

fn calibration(out: &mut String, unbounded: &[Asked]) {
    let bins = bins(unbounded);
    line(out, "\n| confidence | answers | mean confidence | right |\n|---|---|---|---|");
    for (number, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.answers > 0) {
        let from = number as f64 / bins.len() as f64;
        let range = format!("{from:.1} to {:.1}", from + 1.0 / bins.len() as f64);
        line(out, &format!("| {range} | {} | {:.2} | {:.2} |", bin.answers, bin.confidence, bin.right));
    }
    line(out, &format!("\nExpected calibration error: {:.3}.", calibration_error(&bins)));
}

fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _written = writeln!(out, "{text}");
}
