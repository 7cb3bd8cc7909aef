//! Mails of ours, read back by our own reader and looked at as bytes.

use proptest::prelude::*;

use super::*;
use crate::channels::email::{Limits, SubjectKind, reply_text};

fn mailbox(address: &str, name: Option<&str>) -> Mailbox {
    Mailbox::new(Email::parse(address).unwrap(), name)
}

fn question() -> Incoming {
    let raw = "Message-ID: <q@mail.example.test>\nFrom: Jö <jo@example.test>\nTo: support@shop.example.test\nSubject: AW: Größe\n\
               References: <a@mail.example.test>\n\nquestion";
    Incoming::parse(raw.as_bytes(), &Limits::default()).unwrap()
}

fn answer() -> Outgoing {
    let id = MessageId::ours("01890a5d", "shop.example.test").unwrap();
    let from = mailbox("support@shop.example.test", Some("Shop Support"));
    let answer = Outgoing::answer(&question(), id, Timestamp::parse("2026-11-02T09:00:00Z").unwrap(), from).unwrap();
    Outgoing { text: "Hello".to_owned(), marker: "m1".to_owned(), ..answer }
}

fn lines(mail: &Outgoing) -> Vec<String> {
    String::from_utf8(mail.to_bytes().unwrap()).unwrap().split("\r\n").map(str::to_owned).collect()
}

fn read(mail: &Outgoing) -> Incoming {
    Incoming::parse(&mail.to_bytes().unwrap(), &Limits::default()).unwrap()
}

#[test]
fn an_answer_has_the_headers_that_threads_are_made_of() {
    let mut answer = answer();
    answer.reply_to = Some(Email::parse("support+token@shop.example.test").unwrap());
    let found = lines(&answer);
    for line in [
        "Date: Mon, 2 Nov 2026 09:00:00 +0000",
        "Message-ID: <01890a5d@shop.example.test>",
        "From: \"Shop Support\" <support@shop.example.test>",
        "To: =?utf-8?B?SsO2?= <jo@example.test>",
        "Reply-To: <support+token@shop.example.test>",
        "Subject: =?utf-8?B?UmU6IEdyw7bDn2U=?=",
        "In-Reply-To: <q@mail.example.test>",
        "References: <a@mail.example.test> <q@mail.example.test>",
        "X-Switchboard-Id: m1",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "Hello",
    ] {
        assert!(found.iter().any(|found| found == line), "{line} is not in\n{}", found.join("\n"));
    }
    assert_eq!(lines(&answer), found, "the same mail is the same bytes");
}

#[test]
fn only_the_assistants_mail_asks_machines_for_silence() {
    let with = |voice| Outgoing { voice, ..answer() };
    let has = |mail: &Outgoing, name: &str| read(mail).header(name);
    assert_eq!(has(&with(Voice::Assistant), "Auto-Submitted").as_deref(), Some("auto-replied"));
    assert_eq!(has(&with(Voice::Assistant), "X-Auto-Response-Suppress").as_deref(), Some("All"));
    assert_eq!(has(&with(Voice::Notice), "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(has(&with(Voice::Person), "Auto-Submitted"), None);
    assert_eq!(has(&with(Voice::Person), "X-Auto-Response-Suppress"), None);
}

#[test]
fn long_references_keep_the_first_and_the_last_twenty() {
    let ids: Vec<MessageId> = (0..50).map(|n| MessageId::parse(&format!("r{n}@x.test")).unwrap()).collect();
    let found = read(&Outgoing { references: ids.clone(), ..answer() }).references;
    assert_eq!(found.len(), 21);
    assert_eq!((&found[0], &found[1], found.last()), (&ids[0], &ids[30], ids.last()));
}

#[test]
fn no_value_can_begin_a_line_of_its_own() {
    let evil = "x\r\nBcc: evil@example.test\r\n\r\nbody";
    let mail = Outgoing {
        subject: evil.to_owned(),
        marker: evil.to_owned(),
        from: mailbox("support@shop.example.test", Some(evil)),
        in_reply_to: MessageId::parse(evil),
        files: vec![File { name: evil.to_owned(), media_type: evil.to_owned(), bytes: b"x".to_vec() }],
        ..answer()
    };
    assert!(lines(&mail).iter().all(|line| !line.starts_with("Bcc")));
    assert_eq!(read(&mail).header("bcc"), None);
    assert_eq!(read(&mail).subject.text(), "x Bcc: evil@example.test body");
}

#[test]
fn what_cannot_be_sent_is_said_so() {
    assert_eq!(Outgoing { to: Vec::new(), ..answer() }.to_bytes(), Err(Unsendable::NoRecipient));
    for address in ["a,b@x.test", "<a>@x.test", "a\"b@x.test", "ü@x.test", "a..b@x.test", "a@x_.-y.test"] {
        let to = vec![mailbox(address, None)];
        assert_eq!(Outgoing { to, ..answer() }.to_bytes(), Err(Unsendable::Address), "{address}");
    }
    let foreign = MessageId::parse("ü@x.test").unwrap();
    assert_eq!(Outgoing { id: foreign.clone(), ..answer() }.to_bytes(), Err(Unsendable::Id));
    assert_eq!(read(&Outgoing { in_reply_to: Some(foreign), ..answer() }).in_reply_to, []);
}

#[test]
fn files_arrive_with_their_names_and_bytes() {
    let file =
        |name: &str| File { name: name.to_owned(), media_type: "image/png".to_owned(), bytes: (0..=255).collect() };
    let names =
        ["a.png", "Größe 42 — mit einem sehr langen Namen, der in mehrere Stücke geteilt wird.png", "a\"b;c.png"];
    let found = read(&Outgoing { files: names.iter().map(|name| file(name)).collect(), ..answer() });
    let read_names: Vec<&str> = found.attachments.iter().map(|attachment| attachment.name.as_str()).collect();
    assert_eq!(read_names, [names[0], names[1], "a_b;c.png"]);
    assert!(found.attachments.iter().all(|attachment| attachment.bytes == file("").bytes));
    assert_eq!(found.body.as_str().trim(), "Hello");
}

#[test]
fn a_text_goes_as_itself_and_as_html_with_the_same_words() {
    let mail = Outgoing { text: "Look: https://shop.example.test/1?a=b&c=d\n<b>no</b>".to_owned(), ..answer() };
    let sent = String::from_utf8(mail.to_bytes().unwrap()).unwrap().replace("=\r\n", "");
    let (plain, html) = sent.split_once("Content-Type: text/html; charset=utf-8").unwrap();
    assert!(plain.contains("Content-Type: multipart/alternative;") && plain.contains("text/plain"), "{sent}");
    assert!(html.contains("<a href=3D\"https://shop.example.test/1?a=3Db&amp;c=3Dd\">"), "{html}");
    assert!(html.contains("&lt;b&gt;no&lt;/b&gt;"), "{html}");
    assert_eq!(read(&mail).body.as_str().trim(), mail.text);
    let nothing = Outgoing { text: String::new(), ..answer() };
    assert!(!String::from_utf8(nothing.to_bytes().unwrap()).unwrap().contains("multipart"), "no words, no alternative");
}

proptest! {
    #[test]
    fn any_text_and_subject_come_back(text in "[ -~äß\u{4e00}\n\t]{0,300}", subject in any::<String>(), name in any::<String>()) {
        let mail = Outgoing {
            text: text.clone(), subject: subject.clone(), from: mailbox("support@shop.example.test", Some(&name)), ..answer()
        };
        let sent = mail.to_bytes().unwrap();
        prop_assert!(sent.is_ascii());
        prop_assert!(sent.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        let found = read(&mail);
        prop_assert_eq!(found.body.as_str().trim_end_matches('\n'), text.trim_end_matches('\n'));
        let wanted = Subject::new(&subject);
        prop_assert_eq!(found.subject.text(), wanted.text());
        let from = found.from.unwrap();
        prop_assert_eq!(from.address.as_str(), "support@shop.example.test");
        prop_assert!(reply_text(&found.body, SubjectKind::Reply).whole() == found.body.as_str());
    }
}
