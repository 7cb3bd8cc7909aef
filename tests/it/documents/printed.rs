//! A page that a browser printed: composite fonts with ranges of widths, letters drawn as one, justified lines, columns.

use std::process::Stdio;
use std::time::Duration;

use switchboard::knowledge::extract::Format;
use tokio::process::Command;

use super::readers;

/// How long the browser may print; most of it is its start on a busy machine.
const PRINT_WITHIN: Duration = Duration::from_secs(60);

const PARAGRAPHS: [&str; 4] = [
    "Studio kiln hire: terms for members",
    "A bisque firing takes three days from drop-off to collection. Glaze firing takes about fourteen hours, and the \
     kiln stays shut until it is below 90 °C; questions go to our workshop between breakfast and twelve o’clock.",
    "Fees: a half shelf costs €18.50, a full kiln €145.00. Difficult or efflorescent pieces, AVAILABLE only by \
     request, are refused; different fluxes affect the finish. Wavy edges jut from the shelf by 3/8 of an inch.",
    "Members who cancel fewer than two days before their slot pay half of the fee. A slot that the studio cancels is \
     offered again within a week.",
];

/// The PDF that Chromium prints of a page with these paragraphs; none where there is no Chromium.
async fn printed(paragraphs: [&str; 4]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let [title, first, justified, columns] = paragraphs;
    let page = format!(
        "<meta charset=utf-8><style>.j {{ text-align: justify; font-family: serif }} .c {{ columns: 2 }}</style>\
         <h1>{title}</h1><p>{first}<p class=j>{justified}<p class=c>{columns}"
    );
    std::fs::write(folder.path().join("page.html"), page).unwrap();
    let run = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--print-to-pdf={}", folder.path().join("page.pdf").display()))
        .arg(folder.path().join("page.html"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PRINT_WITHIN, run).await.expect("the browser prints in time") {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "chromium is missing");
            eprintln!("skipped: there is no chromium");
            None
        }
        run => {
            let said = String::from_utf8_lossy(&run.unwrap().stderr).into_owned();
            Some(std::fs::read(folder.path().join("page.pdf")).unwrap_or_else(|why| panic!("{why}: {said}")))
        }
    }
}

#[tokio::test]
async fn every_word_that_a_browser_printed_is_read_as_it_was_written() {
    let Some(file) = printed(PARAGRAPHS).await else { return };
    let found = readers().read(Format::Pdf, None, file).await.unwrap();
    let read: Vec<&str> = found.text.split_whitespace().collect();
    let written = PARAGRAPHS.iter().flat_map(|paragraph| paragraph.split_whitespace());
    assert_eq!(read, ["#"].into_iter().chain(written).collect::<Vec<_>>(), "its title is a heading");
    assert!(!found.text.contains("  "), "one space stands between words: {}", found.text);
}
