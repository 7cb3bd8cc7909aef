//! E-mail: a corpus of mails as they come, threads of them, and bytes of people who mean harm.

mod corpus;
mod hostile;
mod threads;

use std::path::Path;

use switchboard::channels::email::{Incoming, Limits, Ours};
use switchboard::domain::Email;

/// What our addresses are in the corpus.
fn ours() -> Ours {
    let address = |text| Email::parse(text).unwrap();
    Ours { addresses: vec![address("support@shop.example.test")], marker: "installation-1".to_owned() }
}

/// The bytes of a mail of the corpus.
fn bytes(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/channels/email/corpus").join(format!("{file}.eml"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn parsed(file: &str) -> Incoming {
    Incoming::parse(&bytes(file), &Limits::default()).unwrap_or_else(|error| panic!("{file}: {error}"))
}
