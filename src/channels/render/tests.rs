//! Replies as each channel carries them.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;
use crate::channels::capability::{ALL, EMAIL, SMS, WEB, WEBHOOK, WHATSAPP};

fn says(text: &str) -> Reply {
    Reply { text: text.to_owned(), ..Reply::default() }
}

fn choices(titles: &[&str]) -> Vec<Choice> {
    titles.iter().map(|title| Choice { id: format!("id-{title}"), title: (*title).to_owned() }).collect()
}

fn file(name: &str, mime: &str, bytes: u64) -> File {
    File { name: name.to_owned(), mime: mime.to_owned(), bytes, caption: None }
}

fn texts(rendered: &Rendered) -> Vec<&str> {
    rendered
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) | Part::Choices { text, .. } => Some(text.as_str()),
            Part::File { .. } => None,
        })
        .collect()
}

#[test]
fn a_short_reply_is_one_message_everywhere() {
    for channel in ALL {
        let rendered = render(&says("We open at nine."), &channel);
        assert_eq!(rendered.parts, [Part::Text("We open at nine.".to_owned())], "{}", channel.name);
        assert!(rendered.degraded.is_empty());
        assert_eq!(render(&says(" \n"), &channel), Rendered::default(), "nothing is said by nothing");
    }
}

#[test]
fn a_long_reply_is_cut_after_a_sentence_else_after_a_word() {
    let limit = TextLimit { max: 20, unit: Unit::Utf16 };
    let cut = |text| split(text, limit).parts;
    assert_eq!(cut("It is open. Come in whenever you like."), ["It is open. ", "Come in whenever you", " like."]);
    assert_eq!(cut("Yes. one two three four five"), ["Yes. one two three ", "four five"], "too early to be worth it");
    assert_eq!(cut("abcdefghijklmnopqrstuvwxyz"), ["abcdefghijklmnopqrst", "uvwxyz"]);
    assert_eq!(cut("first line\nsecond line\nthird"), ["first line\n", "second line\nthird"]);
    assert_eq!(
        cut("exactly twenty chars and"),
        ["exactly twenty chars", " and"],
        "a space that does not fit begins the next"
    );
    assert_eq!(
        cut("営業時間は九時からです。土日も同じです。よろしく"),
        ["営業時間は九時からです。土日も同じです。", "よろしく"]
    );
    assert_eq!(cut(""), [""]);
}

#[test]
fn what_people_see_as_one_character_stays_whole() {
    let family = "👨‍👩‍👧‍👦";
    let limit = TextLimit { max: 13, unit: Unit::Utf16 };
    let text = format!("abc{family}d");
    assert_eq!(split(&text, limit).parts, ["abc", &format!("{family}d")]);
    let flags = "🇩🇪🇫🇷🇪🇸🇮🇹";
    assert_eq!(split(flags, limit).parts, ["🇩🇪🇫🇷🇪🇸", "🇮🇹"]);
    let zalgo = format!("e{}", "\u{301}".repeat(50));
    let Split { parts, cut_character } = split(&zalgo, limit);
    assert!(cut_character && parts.concat() == zalgo && parts.iter().all(|part| limit.fits(part)));
}

#[test]
fn an_sms_is_cut_by_what_is_paid_for() {
    let gsm = "Your order is on its way. ".repeat(100);
    let rendered = render(&says(&gsm), &SMS);
    assert_eq!(texts(&rendered).concat(), gsm);
    assert_eq!(texts(&rendered).len(), 2);
    let other = "Ваш заказ уже в пути. ".repeat(100);
    let rendered = render(&says(&other), &SMS);
    assert_eq!((texts(&rendered).len(), texts(&rendered).concat() == other), (4, true));
    assert_eq!(rendered.degraded, [Degraded::Split { parts: 4 }]);
    // A sign outside the alphabet makes the part that it is in dearer, not the others.
    let mixed = format!("{}🙂", "a".repeat(1_530));
    assert_eq!(texts(&render(&says(&mixed), &SMS)), [&"a".repeat(1_530), "🙂"]);
}

#[test]
fn choices_are_buttons_then_a_list_then_numbered_lines() {
    let reply = |titles: &[&str]| Reply { choices: choices(titles), ..says("What is it about?") };
    let form = |titles: &[&str]| match render(&reply(titles), &WHATSAPP).parts.last() {
        Some(Part::Choices { form, .. }) => Some(*form),
        _ => None,
    };
    assert_eq!(form(&["Order", "Return", "Other"]), Some(ChoiceForm::Buttons));
    assert_eq!(form(&["Order", "Return", "Invoice", "Other"]), Some(ChoiceForm::List));
    assert_eq!(form(&["A title of 22 letters!", "Other"]), Some(ChoiceForm::List));
    assert_eq!(form(&["A title that no list of theirs can show", "Other"]), None);
    assert_eq!(form(&["Same", "Same"]), None);
    for channel in [SMS, EMAIL, WEB] {
        let rendered = render(&reply(&["Order", "Return"]), &channel);
        assert_eq!(texts(&rendered), ["What is it about?\n\n1. Order\n2. Return"], "{}", channel.name);
        assert_eq!(rendered.degraded, [Degraded::ChoicesNumbered]);
    }
    assert!(render(&reply(&["Order", "Return"]), &WEBHOOK).degraded.is_empty());
}

#[test]
fn a_numbered_choice_is_understood_by_its_number_or_its_words() {
    let choices = choices(&["Order", "Return"]);
    for answer in ["2", " 2. ", "#2", "2)", "return", "RETURN!"] {
        assert_eq!(chosen(answer, &choices).map(|choice| choice.id.as_str()), Some("id-Return"), "{answer:?}");
    }
    for answer in ["0", "3", "", "my return", "-1"] {
        assert_eq!(chosen(answer, &choices), None, "{answer:?}");
    }
}

#[test]
fn words_too_long_for_buttons_go_before_them() {
    let text = "This is a sentence of some length. ".repeat(60);
    let rendered = render(&Reply { choices: choices(&["Yes", "No"]), ..says(&text) }, &WHATSAPP);
    assert_eq!(texts(&rendered).concat(), text);
    let buttons = rendered.parts.iter().filter(|part| matches!(part, Part::Choices { .. })).count();
    assert_eq!((buttons, matches!(rendered.parts.last(), Some(Part::Choices { .. }))), (1, true));
    let only = render(&Reply { choices: choices(&["Yes", "No"]), ..Reply::default() }, &WHATSAPP);
    assert_eq!(texts(&only), ["Yes / No"], "no channel takes buttons without words");
}

#[test]
fn files_go_as_they_can_and_it_is_told_how() {
    const MIB: u64 = 1024 * 1024;
    let reply = Reply {
        files: vec![
            file("photo.jpg", "image/jpeg", MIB),
            file("large.jpg", "image/jpeg", 7 * MIB),
            file("film.mov", "video/quicktime", 200 * MIB),
            file("huge.zip", "application/zip", 200 * MIB),
            File { caption: Some("Listen".to_owned()), ..file("a.ogg", "audio/ogg; codecs=opus", MIB) },
        ],
        ..says("Here:")
    };
    let rendered = render(&reply, &WHATSAPP);
    let part = |index, kind| Part::File { index, kind, caption: None };
    let expected = [
        Part::Text("Here:".to_owned()),
        part(0, FileKind::Image),
        part(1, FileKind::Document),
        Part::Text("[file: film.mov] (can not be sent here)".to_owned()),
        Part::Text("[file: huge.zip] (can not be sent here)".to_owned()),
        part(4, FileKind::Audio),
        Part::Text("Listen".to_owned()),
    ];
    assert_eq!(rendered.parts, expected);
    let told = [
        Degraded::FileAsDocument { index: 1 },
        Degraded::FileLeftOut { index: 2 },
        Degraded::FileLeftOut { index: 3 },
        Degraded::CaptionApart { index: 4 },
    ];
    assert_eq!(rendered.degraded, told);
    let sms = render(&reply, &SMS);
    assert!(sms.parts.iter().all(|part| matches!(part, Part::Text(_))), "an SMS carries no files: {:?}", sms.parts);
}

#[test]
fn words_with_one_file_go_below_it_where_they_are_shown_there() {
    let with = |file| Reply { files: vec![file], ..says("**Your** bill") };
    let pdf = || file("bill.pdf", "application/pdf", 9);
    let below = Part::File { index: 0, kind: FileKind::Document, caption: Some("**Your** bill".to_owned()) };
    assert_eq!(render(&with(pdf()), &WHATSAPP).parts, [below]);
    let marked = Reply { written: Written::Markdown, ..with(pdf()) };
    let below = Part::File { index: 0, kind: FileKind::Document, caption: Some("*Your* bill".to_owned()) };
    assert_eq!(render(&marked, &WHATSAPP).parts, [below]);
    // Sound shows no words, and neither does a reply with several files.
    let apart = |reply: &Reply| matches!(render(reply, &WHATSAPP).parts.first(), Some(Part::Text(_)));
    assert!(apart(&with(file("a.mp3", "audio/mpeg", 9))));
    assert!(apart(&Reply { files: vec![pdf(), pdf()], ..says("Both:") }));
    let chosen = render(&Reply { choices: choices(&["Yes", "No"]), ..with(pdf()) }, &WHATSAPP);
    assert!(matches!(chosen.parts.first(), Some(Part::Choices { .. })));
    assert!(apart(&Reply { files: vec![pdf()], ..says(&"long ".repeat(300)) }));
}

#[test]
fn an_assistants_markup_is_shown_as_the_channel_can() {
    let reply = Reply { written: Written::Markdown, ..says("**Open** from nine.") };
    assert_eq!(texts(&render(&reply, &WEB)), ["**Open** from nine."]);
    assert_eq!(texts(&render(&reply, &WHATSAPP)), ["*Open* from nine."]);
    let sms = render(&reply, &SMS);
    assert_eq!((texts(&sms), sms.degraded.as_slice()), (vec!["Open from nine."], &[Degraded::Markup][..]));
    assert_eq!(texts(&render(&says("**mine**"), &SMS)), ["**mine**"], "a person's words are left as they are");
}

/// Texts with everything that makes cutting hard.
fn hard_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,12}",
        "[ \n\t]{1,3}",
        Just(". ".to_owned()),
        Just("。".to_owned()),
        Just("👨‍👩‍👧‍👦".to_owned()),
        Just("🇩🇪".to_owned()),
        Just("e\u{301}\u{302}".to_owned()),
        Just("\r\n".to_owned()),
        Just("€".to_owned()),
        "\\PC{1,8}",
    ];
    proptest::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_fit_and_together_are_the_text(
        text in hard_text(),
        max in 4_usize..120,
        unit in proptest::sample::select(&[Unit::Bytes, Unit::Utf16, Unit::Segments][..]),
    ) {
        let limit = TextLimit { max: if unit == Unit::Segments { max % 3 + 1 } else { max }, unit };
        let Split { parts, cut_character } = split(&text, limit);
        prop_assert_eq!(parts.concat(), text.clone());
        prop_assert!(parts.iter().all(|part| limit.fits(part)));
        if !cut_character {
            let clusters: usize = parts.iter().map(|part| part.graphemes(true).count()).sum();
            prop_assert_eq!(clusters, text.graphemes(true).count());
        }
        let full = parts.iter().rev().skip(1).all(|part| !part.is_empty());
        prop_assert!(full, "no part is empty before the last");
    }

    #[test]
    fn no_channel_loses_a_word(text in hard_text(), repeat in 1_usize..20) {
        let text = text.repeat(repeat);
        for channel in ALL {
            let rendered = render(&says(&text), &channel);
            let joined = texts(&rendered).concat();
            if rendered.degraded.contains(&Degraded::BlanksLeftOut) {
                let words = |text: &str| text.split_whitespace().collect::<String>();
                prop_assert_eq!(words(&joined), words(&text));
            } else if !text.trim().is_empty() {
                prop_assert_eq!(&joined, &text);
            }
            prop_assert!(texts(&rendered).iter().all(|part| channel.text.fits(part)));
        }
    }
}
