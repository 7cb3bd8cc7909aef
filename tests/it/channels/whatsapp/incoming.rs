//! Everything in a payload is read, and what is broken costs nothing but itself.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};
use switchboard::channels::whatsapp::incoming::{
    Broken, Content, ITEMS_MAX, Identity, Incoming, MediaKind, Notification, Origin, PAYLOAD_MAX_BYTES, Received,
    StatusUpdate, Unread, read,
};
use switchboard::channels::{Delivery, FailureClass, Scope};
use switchboard::domain::Timestamp;

const EVERY_TYPE: &str = include_str!("every_type.json");
const EVERY_TYPE_SHOWN: &str = include_str!("every_type.shown.txt");
const BATCH: &str = include_str!("batch.json");

fn messages(notification: &Notification) -> Vec<&Received> {
    let mut messages = Vec::new();
    for incoming in &notification.incoming {
        match incoming {
            Incoming::Message(message) => messages.push(message.as_ref()),
            Incoming::Status(_) | Incoming::Fault(_) => {}
        }
    }
    messages
}

fn statuses(notification: &Notification) -> Vec<&StatusUpdate> {
    let mut statuses = Vec::new();
    for incoming in &notification.incoming {
        match incoming {
            Incoming::Status(status) => statuses.push(status.as_ref()),
            Incoming::Message(_) | Incoming::Fault(_) => {}
        }
    }
    statuses
}

fn named<'a>(notification: &'a Notification, id: &str) -> &'a Received {
    messages(notification).into_iter().find(|message| message.id.as_str() == id).unwrap()
}

#[test]
fn every_type_is_taken_and_shown_and_none_is_lost() {
    let notification = read(EVERY_TYPE.as_bytes());
    let mut shown = String::new();
    for message in messages(&notification) {
        writeln!(shown, "{} | {}", message.id, message.content.shown().replace('\n', "\\n")).unwrap();
    }
    assert_eq!(shown, EVERY_TYPE_SHOWN);
    assert!(notification.passed_over.is_empty(), "{:?}", notification.passed_over);
}

#[test]
fn a_message_says_who_when_and_to_which_number() {
    let notification = read(EVERY_TYPE.as_bytes());
    let message = named(&notification, "wamid.text");
    assert_eq!((message.number.as_str(), message.display_number.as_deref()), ("900000000000001", Some("15550001111")));
    assert_eq!(message.account.as_deref(), Some("100000000000001"));
    assert_eq!(message.at, Timestamp::parse("2023-11-14T22:13:20Z"));
    assert_eq!(message.origin, Origin::Customer);
    let Identity { phone, user, parent } = &message.customer;
    assert_eq!(phone.as_ref().map(|phone| phone.as_str()), Some("+15550002222"));
    assert_eq!((user.as_ref().map(|user| user.as_str()), parent), (Some("US.1001"), &None));
    assert_eq!(message.name.as_ref().map(|name| name.as_str()), Some("Ann"));
}

#[test]
fn who_hides_their_number_is_known_by_their_id_and_a_name_is_cleaned() {
    let notification = read(EVERY_TYPE.as_bytes());
    let message = named(&notification, "wamid.hidden");
    assert_eq!(message.customer.phone, None);
    assert_eq!(message.customer.user.as_ref().map(|user| user.as_str()), Some("US.2002"));
    assert_eq!(message.name.as_ref().map(|name| name.as_str()), Some("Bo b"));
}

#[test]
fn a_file_is_a_reference_with_all_that_is_needed_to_fetch_and_check_it() {
    let notification = read(EVERY_TYPE.as_bytes());
    let voice = named(&notification, "wamid.voice").content.media().unwrap();
    assert_eq!((voice.kind, voice.id.as_str(), voice.voice), (MediaKind::Audio, "5002", true));
    assert_eq!((voice.mime.as_deref(), voice.sha256.as_deref()), (Some("audio/ogg; codecs=opus"), Some("abd=")));
    let document = named(&notification, "wamid.document").content.media().unwrap();
    assert_eq!((document.filename.as_deref(), document.caption.as_deref()), (Some("invoice.pdf"), Some("This one")));
    assert!(named(&notification, "wamid.sticker").content.media().unwrap().animated);
}

#[test]
fn replies_forwards_products_and_adverts_are_told() {
    let notification = read(EVERY_TYPE.as_bytes());
    let context = |id: &str| named(&notification, id).context.clone().unwrap();
    assert_eq!(context("wamid.button").id.unwrap().as_str(), "wamid.template");
    assert_eq!(context("wamid.reply").product.unwrap().id, "sku-1");
    let forward = context("wamid.forward");
    assert!(forward.forwarded && forward.frequently_forwarded && forward.id.is_none());
    let referral = named(&notification, "wamid.advert").referral.clone().unwrap();
    assert_eq!((referral.kind.as_deref(), referral.click.as_deref()), (Some("ad"), Some("click-1")));
    assert_eq!(named(&notification, "wamid.text").context, None);
}

#[test]
fn a_change_of_number_names_the_old_and_the_new_identity() {
    let notification = read(EVERY_TYPE.as_bytes());
    let message = named(&notification, "wamid.system");
    let Content::System(change) = &message.content else { panic!("{:?}", message.content) };
    assert_eq!(message.customer.phone.as_ref().map(|phone| phone.as_str()), Some("+15550002222"));
    assert_eq!(change.phone.as_ref().map(|phone| phone.as_str()), Some("+15550009999"));
    assert_eq!(change.user.as_ref().map(|user| user.as_str()), Some("US.1009"));
    assert!(change.moves() && !message.content.is_turn());
}

#[test]
fn only_what_somebody_said_asks_for_an_answer_and_opens_the_window() {
    let notification = read(EVERY_TYPE.as_bytes());
    let ids = |holds: fn(&Content) -> bool| {
        let ids = messages(&notification).into_iter().filter(|message| !holds(&message.content));
        ids.map(|message| message.id.as_str().trim_start_matches("wamid.").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Content::is_turn), ["reaction", "unreaction", "system", "edit", "revoke"]);
    let closed = ["call", "reaction", "unreaction", "system", "edit", "revoke", "welcome", "future", "hollow"];
    assert_eq!(ids(Content::opens_window), closed);
}

#[test]
fn every_entry_change_message_and_status_is_read_and_the_broken_ones_cost_nothing_else() {
    let notification = read(BATCH.as_bytes());
    let ids: Vec<&str> = messages(&notification).iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids, ["wamid.1", "wamid.2", "wamid.echo"]);
    let passed = &notification.passed_over;
    assert_eq!((passed.whole, passed.broken_total, passed.beyond_limit), (None, 4, 0));
    let broken: Vec<(&str, &str, Option<&str>)> =
        passed.broken.iter().map(|Broken { what, why, id }| (*what, *why, id.as_ref().map(|id| id.as_str()))).collect();
    let expected = [
        ("message", "id", None),
        ("message", "id", None),
        ("status", "id", None),
        ("message", "sender", Some("wamid.nobody")),
    ];
    assert_eq!(broken, expected);
    assert_eq!(passed.fields.get("account_update"), Some(&2));
    assert_eq!(passed.fields.get("messages"), Some(&1), "a change without anything in it");
}

#[test]
fn a_colleague_who_writes_in_the_phones_app_is_not_the_customer() {
    let notification = read(BATCH.as_bytes());
    let echo = named(&notification, "wamid.echo");
    assert_eq!((echo.origin, echo.number.as_str()), (Origin::PhoneApp, "900000000000002"));
    assert_eq!(echo.customer.phone.as_ref().map(|phone| phone.as_str()), Some("+15550002222"));
    assert_eq!(echo.content.words(), Some("I take over"));
    assert_eq!(echo.at, Timestamp::parse("2023-11-14T22:13:28Z"));
}

#[test]
fn statuses_say_how_far_a_message_came_and_what_helps() {
    let notification = read(BATCH.as_bytes());
    let [read, failed, odd] = statuses(&notification)[..] else { panic!("{notification:?}") };
    assert_eq!((read.delivery, read.our_id.as_deref()), (Some(Delivery::Read), Some("m-1")));
    assert_eq!(
        read.pricing.as_ref().map(|pricing| (pricing.billable, pricing.category.as_str())),
        Some((false, "service"))
    );
    assert_eq!(read.failure(), None);
    assert!(failed.recipient.is_empty(), "failed ones name nobody");
    assert_eq!(
        failed.failure().map(|failure| (failure.class, failure.code)),
        Some((FailureClass::WindowClosed, Some(131_047)))
    );
    assert_eq!((odd.delivery, odd.word.as_str()), (None, "teleported"));
    let fault = notification.incoming.iter().find_map(|incoming| match incoming {
        Incoming::Fault(fault) => Some(fault),
        Incoming::Message(_) | Incoming::Status(_) => None,
    });
    let fault = fault.unwrap();
    assert_eq!(fault.number.as_ref().map(|number| number.as_str()), Some("900000000000002"));
    assert_eq!(fault.fault.failure().class, FailureClass::SlowDown(Scope::Number));
}

#[test]
fn what_is_not_for_us_is_passed_over_and_never_an_error() {
    let whole = |body: &[u8]| {
        let notification = read(body);
        assert!(notification.incoming.is_empty());
        notification.passed_over.whole
    };
    assert_eq!(whole(b""), Some(Unread::NotJson));
    assert_eq!(whole(b"\xff\xfe"), Some(Unread::NotJson));
    assert_eq!(whole(b"[]"), Some(Unread::OtherObject));
    assert_eq!(whole(br#"{"object":"instagram","entry":[{}]}"#), Some(Unread::OtherObject));
    assert_eq!(whole(br#"{"object":"whatsapp_business_account"}"#), None);
    assert_eq!(whole(br#"{"object":"whatsapp_business_account","entry":{"id":1}}"#), None);
}

#[test]
fn depth_length_and_number_are_bounded() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read(deep.as_bytes()).passed_over.whole, Some(Unread::NotJson));
    let long = vec![b' '; PAYLOAD_MAX_BYTES + 1];
    assert_eq!(read(&long).passed_over.whole, Some(Unread::TooLarge));

    let payload = |messages: Value| {
        json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {
            "metadata": {"phone_number_id": "9"}, "messages": messages}}]}]})
        .to_string()
    };
    let many: Value =
        (0..ITEMS_MAX + 7).map(|n| json!({"from": "15550002222", "id": format!("w{n}"), "type": "x"})).collect();
    let notification = read(payload(many).as_bytes());
    assert_eq!((notification.incoming.len(), notification.passed_over.beyond_limit), (ITEMS_MAX, 7));

    let edits = (0..30).fold(json!({"type": "text", "text": {"body": "x"}}), |message, _| {
        json!({"type": "edit", "edit": {"original_message_id": "w", "message": message}, "from": "15550002222", "id": "w"})
    });
    let notification = read(payload(json!([edits])).as_bytes());
    let Content::Edit { content, .. } = &messages(&notification)[0].content else { panic!("{notification:?}") };
    assert_eq!(**content, Content::Unknown { kind: "edit".to_owned() }, "edits of edits are not followed");

    let wordy = json!([{"from": "15550002222", "id": "w", "type": "text", "text": {"body": "é".repeat(100_000)}}]);
    assert!(messages(&read(payload(wordy).as_bytes()))[0].content.shown().len() <= 32 * 1024);
}

/// JSON of any shape, with the names that the reader looks for more often than chance would have it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        proptest::sample::select(
            &["text", "image", "edit", "system", "interactive", "nfm_reply", "failed", "15550002222", "{\"a\":1}"][..]
        )
        .prop_map(Value::from),
    ];
    let names = proptest::sample::select(
        &[
            "id",
            "from",
            "type",
            "text",
            "image",
            "edit",
            "message",
            "system",
            "order",
            "interactive",
            "body",
            "timestamp",
            "status",
            "errors",
            "code",
            "contacts",
            "name",
            "context",
            "referral",
            "latitude",
            "nfm_reply",
            "response_json",
            "product_items",
        ][..],
    );
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_the_reader_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..300), messages in any_json(), statuses in any_json()) {
        read(&bytes);
        let payload = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {
            "metadata": {"phone_number_id": "9"}, "contacts": [messages], "messages": [messages, messages], "statuses": [statuses], "errors": statuses}}]}]});
        let notification = read(payload.to_string().as_bytes());
        for incoming in &notification.incoming {
            if let Incoming::Message(message) = incoming {
                prop_assert!(!message.content.shown().trim().is_empty());
                prop_assert!(!message.customer.is_empty());
            }
        }
    }

    #[test]
    fn a_payload_that_is_cut_or_bent_is_still_read_without_stumbling(at in 0_usize..9_000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = EVERY_TYPE.as_bytes().to_vec();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let notification = read(&bytes);
        prop_assert!(notification.incoming.len() <= EVERY_TYPE_SHOWN.lines().count());
    }
}
