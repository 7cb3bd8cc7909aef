//! Files that mean harm, or were cut, or are anything at all: each is an error that says so, and nothing else happens.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use switchboard::knowledge::extract::reader::ReadError;
use switchboard::knowledge::extract::{Extracted, Fault, Format, ReaderConfig, Readers};

use super::files::{docx, page_object, paragraph, pdf, pdf_of, stream, zip};
use super::{config, readers};

async fn fault(format: Format, bytes: Vec<u8>) -> Fault {
    match readers().read(format, None, bytes).await {
        Err(ReadError::File(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// What came of a file that may be read or not, but must end in one of the two.
async fn outcome(readers: &Readers, format: Format, bytes: Vec<u8>) -> Result<Extracted, Fault> {
    match readers.read(format, None, bytes).await {
        Ok(found) => Ok(found),
        Err(ReadError::File(fault)) => Err(fault),
        Err(ReadError::Machine(why)) => panic!("{why}"),
    }
}

/// A packed stream that unpacks to so many megabytes. A block that was flushed stands for itself, so it can be repeated.
fn packed_spaces(megabytes: usize) -> Vec<u8> {
    let mut block = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    block.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    block.flush().unwrap();
    let block = block.get_ref().clone();
    [&[0x78, 0x01][..], &block.repeat(megabytes), &[0x03, 0x00]].concat()
}

#[tokio::test]
async fn a_bomb_in_a_word_document_unpacks_no_further_than_may_be() {
    let bomb = vec![b' '; 64 * 1024 * 1024];
    let file = zip(&[("word/document.xml", &bomb)]);
    assert!(file.len() < 200_000);
    assert_eq!(fault(Format::Docx, file.clone()).await, Fault::UnpacksTooLarge(8 * 1024 * 1024));
    let nested = zip(&[("word/document.xml", &file), ("word/embeddings/a.zip", &file)]);
    assert!(matches!(fault(Format::Docx, nested).await, Fault::Damaged(_)));
}

#[tokio::test]
async fn entities_of_a_files_own_are_not_expanded() {
    let laughs = r#"<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>
        <w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body></w:document>"#;
    let file = zip(&[("word/document.xml", laughs.as_bytes())]);
    assert!(matches!(fault(Format::Docx, file).await, Fault::Damaged(why) if why.contains("document type")));
    let found = readers().read(Format::Docx, None, docx(&paragraph("a &lol; b"))).await.unwrap();
    assert_eq!(found.text, "a  b");
}

#[tokio::test]
async fn nesting_without_an_end_is_no_crash() {
    let deep = format!("{}{}", "<w:p>".repeat(100_000), "</w:p>".repeat(100_000));
    assert!(matches!(fault(Format::Docx, docx(&deep)).await, Fault::Damaged(why) if why.contains("nested")));
    let page = format!("{}deep{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
    assert_eq!(readers().read(Format::Html, None, page.into()).await.unwrap().text, "deep");
    let deep = format!("<< /Type /Catalog /Pages 2 0 R /X {}{} >>", "[".repeat(200_000), "]".repeat(200_000));
    let mut objects = vec![deep.into_bytes(), b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec()];
    objects.extend([page_object(4), stream("", b"BT (x) Tj ET")]);
    let read = outcome(&readers(), Format::Pdf, pdf_of(&objects, "")).await;
    assert!(matches!(read, Err(Fault::Broke | Fault::Damaged(_))), "{read:?}");
}

#[tokio::test]
async fn pages_that_lead_back_to_themselves_have_an_end() {
    let catalog = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    let ring = b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 /Parent 3 0 R >>".to_vec();
    let back = b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 /Parent 2 0 R >>".to_vec();
    let read = outcome(&readers(), Format::Pdf, pdf_of(&[catalog, ring, back], "")).await;
    assert!(matches!(read, Err(Fault::Damaged(_))), "{read:?}");
    // What a page inherits is looked for upwards, and upwards never ends here.
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 2 0 R >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>".to_vec(),
        stream("", b"BT (x) Tj ET"),
    ];
    let quick = ReaderConfig {
        bounds: switchboard::knowledge::extract::Bounds { cpu_max_s: 2, ..config().bounds },
        ..config()
    };
    let read = outcome(&Readers::new(quick), Format::Pdf, pdf_of(&objects, "")).await;
    assert!(matches!(read, Err(Fault::Damaged(_) | Fault::TooSlow | Fault::Broke)), "{read:?}");
}

#[tokio::test]
async fn what_wants_more_memory_than_it_may_have_is_ended() {
    let catalog = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    let pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec();
    let content = stream("/Filter /FlateDecode", &packed_spaces(1024));
    let file = pdf_of(&[catalog, pages, page_object(4), content], "");
    assert_eq!(fault(Format::Pdf, file).await, Fault::Broke);
}

#[tokio::test]
async fn a_pdf_that_was_cut_anywhere_is_read_or_refused() {
    let readers = readers();
    let whole = pdf(&[&["Parcels take three days."], &["Returns are free."]]);
    let mut refused = 0;
    for part in 0..24 {
        let cut = whole[..whole.len() * part / 24].to_vec();
        match outcome(&readers, Format::Pdf, cut).await {
            Ok(found) => assert!(found.text.contains("Parcels"), "{part}: {found:?}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused >= 12, "{refused} of 24 were refused");
}

#[tokio::test]
async fn rubbish_of_every_kind_is_refused() {
    let readers = readers();
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let headed = |head: &[u8]| [head, &noise].concat();
    for bytes in
        [Vec::new(), noise.clone(), headed(b"%PDF-1.7\n"), headed(b"PK\x03\x04"), headed(b"\x7fELF"), vec![0; 4096]]
    {
        for format in [Format::Text, Format::Html, Format::Pdf, Format::Docx] {
            let read = outcome(&readers, format, bytes.clone()).await;
            assert!(read.is_err(), "{format:?}: {read:?}");
        }
    }
    assert_eq!(
        fault(Format::Docx, b"\xd0\xcf\x11\xe0 old".to_vec()).await.to_string(),
        "it is not a Word document of 2007 or later"
    );
    assert_eq!(fault(Format::Pdf, pdf(&[&[" "]])).await, Fault::Empty);
    assert_eq!(fault(Format::Pdf, pdf(&[&["x"][..]; 201])).await, Fault::TooManyPages(200));
    assert_eq!(fault(Format::Text, "a ".repeat(100_001).into()).await, Fault::TextTooLong(200_000));
}

/// Readers whose reading process does something else.
fn with_program(folder: &tempfile::TempDir, script: &str) -> Readers {
    let program = folder.path().join("reader");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Readers::new(ReaderConfig { program, deadline: Duration::from_millis(800), ..config() })
}

#[tokio::test]
async fn a_reader_that_hangs_floods_dies_or_is_missing_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = || docx(&paragraph("x"));
    let hanging = with_program(&folder, "while :; do :; done");
    assert_eq!(outcome(&hanging, Format::Docx, file()).await, Err(Fault::TooSlow));
    let dying = with_program(&folder, "kill -SEGV $$");
    assert_eq!(outcome(&dying, Format::Docx, vec![b'x'; 4_000_000]).await, Err(Fault::Broke));
    let babbling = with_program(&folder, "echo '{\"no\":1}'");
    assert_eq!(outcome(&babbling, Format::Docx, file()).await, Err(Fault::Broke));
    let flooding = with_program(&folder, "exec /usr/bin/yes");
    assert!(matches!(outcome(&flooding, Format::Docx, file()).await, Err(Fault::Broke | Fault::TooSlow)));
    let missing = Readers::new(ReaderConfig { program: folder.path().join("nothing"), ..config() });
    assert!(matches!(missing.read(Format::Docx, None, file()).await, Err(ReadError::Machine(_))));
}

#[tokio::test]
async fn the_reading_process_knows_nothing_of_the_servers_surroundings() {
    let folder = tempfile::tempdir().unwrap();
    let tell = "text=\"$(/usr/bin/env | /bin/grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | /usr/bin/wc -l) $(pwd)\"\n\
                printf '\\n{\"read\":{\"text\":\"%s\",\"title\":null,\"author\":null,\"language\":null,\"pages\":[]}}' \"$text\"";
    let found = outcome(&with_program(&folder, tell), Format::Docx, docx("")).await.unwrap();
    assert_eq!(found.text.trim(), "0 /");
}
