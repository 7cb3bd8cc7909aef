//! Bytes that nobody should send: whatever they are, nothing panics, and time grows with the size and no faster.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use switchboard::channels::email::nature;
use switchboard::channels::email::{Incoming, Limits, Outgoing, reply_text};
use switchboard::channels::email::{Mailbox, MessageId};
use switchboard::domain::{Email, Timestamp};

use super::{bytes, ours};

/// How long a mail of some megabytes may take in an unoptimized build on a busy machine. What is quadratic takes hours.
const DEADLINE: Duration = Duration::from_secs(30);

/// Everything that is done with a mail.
fn through_everything(raw: &[u8]) {
    let Ok(mail) = Incoming::parse(raw, &Limits::default()) else { return };
    let split = reply_text(&mail.body, mail.subject.kind());
    let whole: String = split.pieces().map(|(_, piece)| piece).collect();
    assert_eq!(whole, mail.body.as_str());
    let judged = nature::assess(&mail, &ours());
    assert!(judged.signs.iter().all(|sign| !sign.to_string().is_empty()));
    let id = MessageId::ours("answer", "shop.example.test").unwrap();
    let from = Mailbox::new(Email::parse("support@shop.example.test").unwrap(), Some("Shop"));
    if let Some(mut answer) = Outgoing::answer(&mail, id, Timestamp::from_ms(0), from) {
        answer.text = split.reply();
        if let Ok(sent) = answer.to_bytes() {
            let read = Incoming::parse(&sent, &Limits::default()).unwrap();
            assert_eq!(read.id.as_str(), "answer@shop.example.test");
            assert!(sent.is_ascii() && sent.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        }
    }
}

fn some_mail() -> impl Strategy<Value = Vec<u8>> {
    let files = [
        "gmail-html",
        "bounce-standard",
        "smime-signed",
        "name-rfc2231",
        "flowed",
        "inline-picture",
        "charset-iso-2022-jp",
    ];
    proptest::sample::select(files.to_vec()).prop_map(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_at_all_are_read_or_refused(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        through_everything(&raw);
        through_everything(&[b"From: a@x.test\nContent-Type: text/html\n\n".as_slice(), &raw].concat());
        through_everything(&[b"From: ".as_slice(), &raw].concat());
    }

    #[test]
    fn mails_with_damage_are_read(mut raw in some_mail(), damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40)) {
        for (at, byte) in damage {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        through_everything(&raw);
    }

    #[test]
    fn mails_with_pieces_moved_or_missing_are_read(raw in some_mail(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let (from, to) = (from.index(raw.len()), to.index(raw.len()));
        let (from, to) = (from.min(to), from.max(to));
        through_everything(&[&raw[..from], &raw[to..]].concat());
        through_everything(&[&raw[..to], &raw[from..]].concat());
    }

    #[test]
    fn headers_of_any_text_are_read(name in "[A-Za-z-]{1,20}", value in any::<String>()) {
        through_everything(format!("From: a@x.test\n{name}: {value}\nSubject: {value}\nContent-Type: {value}\n\n{value}").as_bytes());
    }
}

#[test]
fn what_grows_faster_than_it_is_long_would_be_seen_here() {
    const BYTES: usize = 4 * 1024 * 1024;
    let fill = |piece: &str| piece.repeat(BYTES / piece.len());
    let top = "From: a@x.test\nMIME-Version: 1.0\n";
    let numbered = |form: &dyn Fn(usize) -> String, count: usize| (0..count).map(form).collect::<String>();
    for (what, raw) in [
        (
            "boundaries that never come",
            format!(
                "{top}Content-Type: multipart/mixed; boundary=a\n\n{}",
                numbered(&|n| format!("--a\nContent-Type: multipart/mixed; boundary=n{n}\n\n"), 80_000)
            ),
        ),
        ("mails in mails", format!("{top}{}", fill("Content-Type: message/rfc822\n\n"))),
        (
            "multiparts in multiparts",
            format!(
                "{top}{}",
                numbered(&|n| format!("Content-Type: multipart/mixed; boundary=n{n}\n\n--n{n}\n"), 60_000)
            ),
        ),
        ("encoded words without end", format!("{top}Subject: {}\n\n", fill("=?utf-8?q?a"))),
        ("addresses in comments", format!("{top}To: {}\n\n", fill("(<\"a"))),
        ("ids without end", format!("{top}References: {}\n\n", fill("<a"))),
        (
            "parameters in pieces",
            format!(
                "{top}Content-Disposition: attachment; {}\n\n",
                numbered(&|n| format!("filename*{n}*=a;"), 200_000)
            ),
        ),
        ("a header without end", format!("{top}{}", fill("A: b\n"))),
        ("tags without end", format!("{top}Content-Type: text/html\n\n{}", fill("<div style='"))),
        ("tags within tags", format!("{top}Content-Type: text/html\n\n{}", fill("<blockquote>a"))),
        ("links without end", format!("{top}Content-Type: text/html\n\n{}", fill("<a href=x>&"))),
        ("attributions that are none", format!("{top}\n{}", fill("On 2 Nov 2026 at 10:00 a@b wrote\n"))),
        ("blocks of headers that are none", format!("{top}\n{}", fill("From: a\n"))),
        ("quotes", format!("{top}\n{}", fill("> a\nb\n"))),
    ] {
        let begun = Instant::now();
        through_everything(raw.as_bytes());
        assert!(begun.elapsed() < DEADLINE, "{what}: {:?}", begun.elapsed());
    }
}
