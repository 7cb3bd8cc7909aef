//! What sound files say.

use switchboard::knowledge::extract::{Extracted, Format};

use super::files::{docx, paragraph, pdf};
use super::readers;

async fn read(format: Format, bytes: Vec<u8>) -> Extracted {
    readers().read(format, None, bytes).await.unwrap()
}

#[tokio::test]
async fn a_pdf_gives_the_text_of_its_pages_and_what_it_says_of_itself() {
    let file = pdf(&[&["Parcels take three days.", "Express takes one."], &["Returns are free for thirty days."]]);
    let found = read(Format::Pdf, file).await;
    assert_eq!(found.text, "Parcels take three days.\nExpress takes one.\n\nReturns are free for thirty days.");
    assert_eq!(found.title.as_deref(), Some("Terms of delivery"));
    assert_eq!(found.author.as_deref(), Some("The shop"));
    let second: String = found.text.chars().skip(found.pages[1]).take(7).collect();
    assert_eq!((found.pages.len(), found.pages[0], second.as_str()), (2, 0, "Returns"));
}

#[tokio::test]
async fn a_word_document_gives_headings_lists_and_tables_and_leaves_out_what_was_deleted() {
    let body = [
        r#"<w:p><w:pPr><w:pStyle w:val="Mine"/></w:pPr><w:r><w:t>Returns</w:t></w:r></w:p>"#,
        r#"<w:p><w:r><w:t xml:space="preserve">Thirty </w:t></w:r><w:del><w:r><w:t>ten</w:t></w:r></w:del>
           <w:r><w:t>days &lt;30&gt;.</w:t></w:r></w:p>"#,
        r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>Keep the box</w:t></w:r></w:p>"#,
        r"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Land</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Price</w:t></w:r></w:p>
           </w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>DE</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>",
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p>\
         </w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>In a box</w:t></w:r></w:p></mc:Fallback>\
         </mc:AlternateContent><w:t>around it</w:t></w:r></w:p>",
    ];
    let found = read(Format::Docx, docx(&body.concat())).await;
    let expected = "# Returns\n\nThirty days <30>.\n- Keep the box\nLand | Price\nDE |\n\nIn a box\n\naround it";
    assert_eq!(found.text, expected);
    assert_eq!(found.title.as_deref(), Some("Terms & conditions"));
    assert_eq!(found.author.as_deref(), Some("The shop"));
}

#[tokio::test]
async fn pages_and_texts_are_read_with_their_language() {
    let page =
        b"<title>Versand</title><h1>Versand</h1><p>Wir verschicken Ihre Bestellung innerhalb von zwei Werktagen. Sie erhalten eine Nachricht, sobald das Paket unterwegs ist.";
    let found = read(Format::Html, page.to_vec()).await;
    assert_eq!(
        found.text,
        "# Versand\n\nWir verschicken Ihre Bestellung innerhalb von zwei Werktagen. Sie erhalten eine Nachricht, sobald das Paket unterwegs ist."
    );
    assert_eq!((found.title.as_deref(), found.language.as_deref()), (Some("Versand"), Some("de")));
    let found = read(Format::Markdown, "# Title\r\n\r\n* one\r\n".into()).await;
    assert_eq!(found.text, "# Title\n\n* one");
}

#[tokio::test]
async fn many_files_are_read_a_few_at_a_time() {
    let readers = readers();
    let file = docx(&paragraph("Parcels take three days."));
    let all = (0..8).map(|_| readers.read(Format::Docx, None, file.clone()));
    for found in futures_util::future::join_all(all).await {
        assert_eq!(found.unwrap().text, "Parcels take three days.");
    }
}
