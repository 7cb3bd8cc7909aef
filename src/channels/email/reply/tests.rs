//! What is new in a mail, case by case. The corpus has whole mails; here are the shapes of texts.

use proptest::prelude::*;

use super::*;

fn split(text: &str) -> (String, String, String) {
    let split = reply_text(&BodyText::plain(text), SubjectKind::Reply);
    let whole: String = split.pieces().map(|(_, piece)| piece).collect();
    assert_eq!(whole, split.whole());
    (split.reply(), split.quoted(), split.signature())
}

#[test]
fn an_answer_above_a_quote_is_the_answer_alone() {
    let text = "It works, thanks!\n\n-- \nJo\n\nOn Mon, Nov 2, 2026 at 10:00 AM Shop <shop@example.test> wrote:\n\n> Try again.\n>\n> Kim\n";
    let (reply, quoted, signature) = split(text);
    assert_eq!(reply, "It works, thanks!");
    assert!(quoted.starts_with("On Mon") && quoted.ends_with("> Kim"));
    assert_eq!(signature, "-- \nJo");
}

#[test]
fn an_answer_below_a_quote_is_the_answer_alone() {
    let (reply, quoted, _) = split("On 2 Nov 2026 at 10:00, Shop wrote:\n> Did it help?\n\nYes it did.\n");
    assert_eq!(reply, "Yes it did.");
    assert!(quoted.ends_with("> Did it help?"));
}

#[test]
fn answers_between_quotes_keep_their_quotes() {
    let text = "Hello,\n\n> Which colour?\nRed.\n\n> Which size?\nLarge.\n\n> Thank you\n> Kim\n";
    let (reply, quoted, _) = split(text);
    assert_eq!(reply, "Hello,\n\n> Which colour?\nRed.\n\n> Which size?\nLarge.");
    assert_eq!(quoted, "> Thank you\n> Kim");
}

#[test]
fn a_forward_is_content_with_and_without_a_line_that_says_so() {
    let forwarded = "See below.\n\n---------- Forwarded message ---------\nFrom: a <a@example.test>\nDate: x\nSubject: y\nTo: z\n\nThe text.\n> quoted";
    assert_eq!(split(forwarded).0, forwarded);
    let block = "See below.\n\nFrom: a\nSent: x\nTo: z\nSubject: y\n\nThe text.";
    let read = |kind| reply_text(&BodyText::plain(block), kind).reply();
    assert_eq!(read(SubjectKind::Forward), block);
    assert_eq!(read(SubjectKind::Reply), "See below.");
}

#[test]
fn what_stands_below_our_marker_or_a_separator_is_quoted() {
    for below in [
        format!("On Monday at 10:00 Shop wrote:\n\n{REPLY_ABOVE}\n\nHello"),
        "-----Original Message-----\nFrom: a\n\nHello".to_owned(),
        "________________________________\nVon: a\nGesendet: b\nAn: c\nBetreff: d\n\nHello".to_owned(),
        "On Mon, Nov 2, 2026, 10:00 Shop <shop@example.test> wrote:\n\nHello\n".to_owned(),
    ] {
        let (reply, quoted, _) = split(&format!("Yes.\n\n{below}"));
        assert_eq!(reply, "Yes.", "{below}");
        assert_eq!(quoted, below.trim());
    }
}

#[test]
fn where_nothing_would_be_left_everything_is_shown() {
    for text in ["> only a quote", "-- \nJo", "On 2 Nov 2026 at 10:00, Jo wrote:\n> a", "Sent from my iPhone", ""] {
        assert_eq!(split(text).0, text);
    }
}

proptest! {
    #[test]
    fn the_pieces_are_always_the_whole(lines in proptest::collection::vec(prop_oneof![
        Just("text".to_owned()), Just("> quote".to_owned()), Just(String::new()), Just("-- ".to_owned()),
        Just("On 2 Nov 2026 at 10:00, Jo <jo@example.test> wrote:".to_owned()), Just("-----Original Message-----".to_owned()),
        Just("From: a".to_owned()), Just("Sent: a".to_owned()), Just("To: a".to_owned()), Just("Subject: a".to_owned()),
        Just("---------- Forwarded message".to_owned()), Just("Sent from my iPhone".to_owned()), any::<String>(),
    ], 0..40)) {
        let text = lines.join("\n");
        let (reply, _, _) = split(&text);
        prop_assert_eq!(reply.trim().is_empty(), BodyText::plain(&text).is_blank());
    }
}
