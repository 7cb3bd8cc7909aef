//! The requests that Meta takes, to the letter, and what is refused before it is sent.

use serde_json::{Value, json};
use switchboard::channels::whatsapp::incoming::{Card, Location, MediaKind};
use switchboard::channels::whatsapp::outgoing::{
    Button, Buttons, Cards, Emoji, List, MediaSource, OutgoingMedia, Parameter, Preview, Row, Section, Sending,
    Template, TemplateButton, Text, Typing, mark_read,
};
use switchboard::channels::whatsapp::{Bsuid, MediaId, Outgoing, Recipient, Wamid};
use switchboard::domain::Phone;

fn ann() -> Recipient {
    Recipient::Phone(Phone::parse("to", "+15550002222").unwrap())
}

fn wamid(id: &str) -> Wamid {
    Wamid::parse(id).unwrap()
}

fn sent(sending: Sending) -> Value {
    Outgoing::new(ann(), "m-1", None, sending).unwrap().json()
}

fn words(text: &str) -> Sending {
    Sending::Text(Text::new(text, Preview::Hidden).unwrap())
}

fn button(id: &str, title: &str) -> Button {
    Button { id: id.to_owned(), title: title.to_owned() }
}

fn row(id: &str) -> Row {
    Row { id: id.to_owned(), title: format!("Row {id}"), description: None }
}

#[test]
fn a_text_carries_our_id_and_what_it_answers() {
    let outgoing = Outgoing::new(ann(), "m-1", Some(wamid("wamid.in")), words("We open at nine.")).unwrap();
    assert_eq!(
        outgoing.json(),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "15550002222",
            "type": "text",
            "text": { "body": "We open at nine.", "preview_url": false },
            "context": { "message_id": "wamid.in" },
            "biz_opaque_callback_data": "m-1",
        })
    );
    let hidden =
        Outgoing::new(Recipient::User(Bsuid::parse("US.1001").unwrap()), "m-2", None, words("Hi")).unwrap().json();
    assert_eq!((hidden.get("to"), &hidden["recipient"]), (None, &json!("US.1001")));
}

#[test]
fn lengths_are_refused_before_they_are_sent() {
    assert!(Text::new(&"x".repeat(4_096), Preview::Shown).is_ok());
    assert!(Text::new(&"x".repeat(4_097), Preview::Shown).is_err());
    assert!(Text::new(&"🙂".repeat(2_049), Preview::Shown).is_err(), "two units each");
    assert!(Text::new(" \n", Preview::Shown).is_err());
    assert!(Outgoing::new(ann(), "", None, words("x")).is_err());
    assert!(Outgoing::new(ann(), &"x".repeat(513), None, words("x")).is_err());
    let reaction = Sending::Reaction { to: wamid("wamid.in"), emoji: None };
    assert!(Outgoing::new(ann(), "m", Some(wamid("wamid.x")), reaction).is_err());
    assert!(Emoji::new("👨‍👩‍👧‍👦").is_ok() && Emoji::new("").is_err());
}

#[test]
fn a_file_goes_by_id_or_by_link_with_what_its_kind_shows() {
    let by_id = |kind| OutgoingMedia::new(kind, MediaSource::Id(MediaId::parse("5001").unwrap())).unwrap();
    let image = sent(Sending::Media(by_id(MediaKind::Image).captioned("The box").unwrap()));
    assert_eq!((&image["type"], &image["image"]), (&json!("image"), &json!({"id": "5001", "caption": "The box"})));
    let link = MediaSource::Link("https://files.example.test/invoice.pdf".to_owned());
    let document = OutgoingMedia::new(MediaKind::Document, link).unwrap().named("invoice.pdf").unwrap();
    assert_eq!(
        sent(Sending::Media(document))["document"],
        json!({"link": "https://files.example.test/invoice.pdf", "filename": "invoice.pdf"})
    );
    let voice = sent(Sending::Media(by_id(MediaKind::Audio).spoken().unwrap()));
    assert_eq!(voice["audio"], json!({"id": "5001", "voice": true}));
    assert!(by_id(MediaKind::Audio).captioned("x").is_err());
    assert!(by_id(MediaKind::Image).captioned(&"x".repeat(1_025)).is_err());
    assert!(by_id(MediaKind::Image).named("x.png").is_err() && by_id(MediaKind::Video).spoken().is_err());
    for link in ["http://files.example.test/a", "https://a b", "file:///etc/passwd"] {
        assert!(OutgoingMedia::new(MediaKind::Image, MediaSource::Link(link.to_owned())).is_err(), "{link}");
    }
}

#[test]
fn buttons_and_lists_keep_to_metas_limits() {
    let buttons =
        Buttons::new("What is it about?", Some("Shop"), vec![button("o", "Order"), button("r", "Return")]).unwrap();
    let sent = sent(Sending::Buttons(buttons));
    assert_eq!(
        (&sent["type"], &sent["interactive"]),
        (
            &json!("interactive"),
            &json!({
                "type": "button",
                "body": { "text": "What is it about?" },
                "footer": { "text": "Shop" },
                "action": { "buttons": [
                    { "type": "reply", "reply": { "id": "o", "title": "Order" } },
                    { "type": "reply", "reply": { "id": "r", "title": "Return" } },
                ] },
            })
        )
    );
    let make = |body: &str, buttons: Vec<Button>| Buttons::new(body, None, buttons);
    assert!(make("x", vec![]).is_err());
    assert!(make("x", (0..4).map(|n| button(&n.to_string(), &format!("B{n}"))).collect()).is_err());
    assert!(make("x", vec![button("a", "Same"), button("b", "Same")]).is_err());
    assert!(make("x", vec![button("a", &"x".repeat(21))]).is_err());
    assert!(make(&"x".repeat(1_025), vec![button("a", "A")]).is_err());
}

#[test]
fn a_list_has_at_most_ten_rows_over_all_sections() {
    let section = |title: Option<&str>, rows: std::ops::Range<usize>| Section {
        title: title.map(str::to_owned),
        rows: rows.map(|n| row(&n.to_string())).collect(),
    };
    let list = List::new("Pick", None, "Open", vec![section(Some("A"), 0..5), section(Some("B"), 5..10)]).unwrap();
    let json = sent(Sending::List(list));
    assert_eq!(json["interactive"]["action"]["button"], "Open");
    assert_eq!(json["interactive"]["action"]["sections"][1]["rows"][4], json!({"id": "9", "title": "Row 9"}));
    for sections in [
        vec![section(Some("A"), 0..5), section(Some("B"), 5..11)],
        vec![section(None, 0..1), section(Some("B"), 1..2)],
        vec![section(Some("A"), 0..1), section(Some("B"), 0..1)],
        vec![section(Some("A"), 0..1), section(Some("B"), 0..0)],
        vec![],
    ] {
        assert!(List::new("Pick", None, "Open", sections.clone()).is_err(), "{sections:?}");
    }
}

#[test]
fn a_template_takes_its_values_by_place_or_by_name() {
    let text =
        |name: Option<&str>, value: &str| Parameter::Text { name: name.map(str::to_owned), value: value.to_owned() };
    let image =
        OutgoingMedia::new(MediaKind::Image, MediaSource::Link("https://a.example.test/x.png".to_owned())).unwrap();
    let template = Template::new(
        "order_update",
        "en_US",
        vec![Parameter::Media(image)],
        vec![text(None, "Ann"), text(None, "12345")],
        vec![TemplateButton::QuickReply("track-1".to_owned()), TemplateButton::Url("12345".to_owned())],
    )
    .unwrap();
    let outgoing = Outgoing::new(ann(), "m-1", None, Sending::Template(template)).unwrap();
    assert!(outgoing.is_template());
    assert_eq!(
        outgoing.json()["template"],
        json!({
            "name": "order_update",
            "language": { "code": "en_US" },
            "components": [
                { "type": "header", "parameters": [{ "type": "image", "image": { "link": "https://a.example.test/x.png" } }] },
                { "type": "body", "parameters": [{ "type": "text", "text": "Ann" }, { "type": "text", "text": "12345" }] },
                { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{ "type": "payload", "payload": "track-1" }] },
                { "type": "button", "sub_type": "url", "index": "1", "parameters": [{ "type": "text", "text": "12345" }] },
            ],
        })
    );
    let make = |name: &str, language: &str, body: Vec<Parameter>| Template::new(name, language, vec![], body, vec![]);
    let named = sent(Sending::Template(make("t", "de", vec![text(Some("first_name"), "Ann")]).unwrap()));
    let parameter = json!({"type": "text", "parameter_name": "first_name", "text": "Ann"});
    assert_eq!(named["template"]["components"][0]["parameters"][0], parameter);
    assert!(make("Order Update", "en_US", vec![]).is_err() && make("t", "english!", vec![]).is_err());
    assert!(make("t", "en", vec![text(Some("a"), "x"), text(None, "y")]).is_err());
    assert!(make("t", "en", vec![text(None, "two\nlines")]).is_err());
    assert!(make("t", "en", vec![text(Some("First"), "x")]).is_err());
}

#[test]
fn reactions_places_cards_and_receipts_are_as_meta_wants_them() {
    let emoji = Some(Emoji::new("👍").unwrap());
    let reaction = sent(Sending::Reaction { to: wamid("wamid.in"), emoji });
    assert_eq!(reaction["reaction"], json!({"message_id": "wamid.in", "emoji": "👍"}));
    let removed = sent(Sending::Reaction { to: wamid("wamid.in"), emoji: None });
    assert_eq!(removed["reaction"]["emoji"], "");
    let place = Location { latitude: 52.52, longitude: 13.405, name: Some("Shop".to_owned()), address: None };
    assert_eq!(
        sent(Sending::Location(place))["location"],
        json!({"latitude": 52.52, "longitude": 13.405, "name": "Shop"})
    );
    let card = Card { name: "Cleo".to_owned(), phones: vec!["+15550003333".to_owned()], emails: vec![] };
    assert_eq!(
        sent(Sending::Contacts(Cards::new(vec![card]).unwrap()))["contacts"],
        json!([{"name": {"formatted_name": "Cleo", "first_name": "Cleo"}, "phones": [{"phone": "+15550003333"}], "emails": []}])
    );
    assert!(Cards::new(vec![]).is_err() && Cards::new(vec![Card::default()]).is_err());
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.in"});
    assert_eq!(mark_read(&wamid("wamid.in"), Typing::Hidden), read);
    assert_eq!(mark_read(&wamid("wamid.in"), Typing::Shown)["typing_indicator"], json!({"type": "text"}));
}
