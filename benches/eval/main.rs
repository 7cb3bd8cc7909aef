//! Asks the builtin assistant the labelled questions of `eval/`, prints the figures, and puts them into `docs/evaluation.md`
//! with the plot beside it. `make eval`; `EVAL_MISTAKES=1` prints the mistakes on the development half and on what is
//! `seen` too.

#[allow(dead_code, reason = "the test of the whole set reads all of it")]
#[path = "../../tests/it/evaluation/asking.rs"]
mod asking;
#[path = "../../tests/it/evaluation/figures.rs"]
mod figures;
mod plot;
mod tables;

use std::path::Path;

use asking::{Asked, Failure};

/// Between these two lines of the page stand the figures.
const BEGIN: &str = "<!-- figures: made by `make eval` -->";
const END: &str = "<!-- end of the figures -->";

/// The parts of the set whose mistakes may be looked at.
const SHOWN: &[&str] = &["dev", "seen"];

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let given = runtime.block_on(asking::ask_all(None))?;
    let unbounded = runtime.block_on(asking::ask_all(Some(0.0)))?;
    let figures = tables::all(&given, &unbounded);
    println!("{figures}");
    if std::env::var_os("EVAL_MISTAKES").is_some() {
        given.iter().filter(|one| SHOWN.contains(&one.label.split.as_str()) && is_mistake(one)).for_each(show);
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = std::fs::read_to_string(docs.join("evaluation.md"))?;
    let (head, rest) = page.split_once(BEGIN).ok_or("docs/evaluation.md: no place for the figures")?;
    let (_, tail) = rest.split_once(END).ok_or("docs/evaluation.md: no end of the figures")?;
    std::fs::write(docs.join("evaluation.md"), format!("{head}{BEGIN}\n{figures}{END}{tail}"))?;
    std::fs::write(docs.join("evaluation.svg"), plot::svg(&unbounded))?;
    Ok(())
}

fn is_mistake(one: &Asked) -> bool {
    one.answered != one.label.answerable || (one.answered && !one.right)
}

fn show(one: &Asked) {
    println!(
        "{} ({}) {:.2} cites {:?}, expected {:?}",
        one.label.id, one.label.kind, one.confidence, one.cites, one.label.source
    );
    println!("  asked: {}\n  said: {}", one.label.question.replace('\n', " / "), one.reply.replace('\n', " / "));
}
