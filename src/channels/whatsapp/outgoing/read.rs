//! What a program wants to be sent, in Meta's own JSON, as checked values; and in words, for the conversation that it stands in.

use serde_json::Value;

use super::{
    Button, Buttons, Emoji, List, MediaSource, OutgoingMedia, Parameter, Row, Section, Sending, Template,
    TemplateButton,
};
use crate::channels::json::Place;
use crate::channels::whatsapp::id::{MediaId, Wamid};
use crate::channels::whatsapp::incoming::MediaKind;
use crate::domain::Refusal;

/// What can be sent besides text, as its `type` and the field that holds it.
pub const KINDS: [&str; 7] = ["template", "image", "video", "audio", "document", "interactive", "reaction"];

/// Reads what a type's field holds.
///
/// # Errors
/// `Invalid` when the type is none of [`KINDS`], something is missing, or Meta would refuse it.
pub fn read(kind: &str, fields: &Value) -> Result<Sending, Refusal> {
    let place = Place::root(fields);
    match kind {
        "template" => template(place).map(Sending::Template),
        "image" => media(MediaKind::Image, place).map(Sending::Media),
        "video" => media(MediaKind::Video, place).map(Sending::Media),
        "audio" => media(MediaKind::Audio, place).map(Sending::Media),
        "document" => media(MediaKind::Document, place).map(Sending::Media),
        "interactive" => interactive(place),
        "reaction" => {
            let to = Wamid::parse(text(place, "message_id", "reaction.message_id")?)?;
            let emoji = place.at("emoji").text().map(Emoji::new).transpose()?;
            Ok(Sending::Reaction { to, emoji })
        }
        _ => Err(Refusal::invalid("type", format!("must be text or one of {}", KINDS.join(", ")))),
    }
}

/// What it says, for whoever reads the conversation: words as they are, anything else in brackets.
pub fn shown(kind: &str, fields: &Value) -> String {
    let place = Place::root(fields);
    let words = |field| place.at(field).text().unwrap_or_default();
    match kind {
        "template" => {
            let of_body = place.at("components").items().filter(|part| part.at("type").text() == Some("body"));
            let values = of_body.flat_map(|part| part.at("parameters").items());
            let values: Vec<&str> = values.filter_map(|value| value.at("text").text()).collect();
            format!("[template {}] {}", words("name"), values.join(", "))
        }
        "interactive" => {
            let action = place.at("action");
            let titles = action.at("buttons").items().map(|button| button.at("reply"));
            let rows = action.at("sections").items().flat_map(|section| section.at("rows").items());
            let titles = titles.chain(rows).filter_map(|choice| choice.at("title").text());
            let lines = titles.enumerate().map(|(at, title)| format!("{}. {title}", at + 1));
            let body = place.at("body").at("text").text().unwrap_or_default().to_owned();
            std::iter::once(body).chain(lines).collect::<Vec<_>>().join("\n")
        }
        "reaction" => match place.at("emoji").text() {
            Some(emoji) => format!("[reaction] {emoji}"),
            None => "[reaction removed]".to_owned(),
        },
        _ => match place.at("filename").text() {
            Some(name) => format!("[{kind}: {name}] {}", words("caption")),
            None => format!("[{kind}] {}", words("caption")),
        },
    }
    .trim()
    .to_owned()
}

/// A text that must be there; `name` is what the caller calls it.
fn text<'a>(place: Place<'a>, field: &str, name: &'static str) -> Result<&'a str, Refusal> {
    place.at(field).text().ok_or_else(|| Refusal::invalid(name, "is required"))
}

fn media(kind: MediaKind, place: Place<'_>) -> Result<OutgoingMedia, Refusal> {
    let source = match (place.at("id").text(), place.at("link").text()) {
        (Some(id), None) => MediaSource::Id(MediaId::parse(id)?),
        (None, Some(link)) => MediaSource::Link(link.to_owned()),
        _ => return Err(Refusal::invalid(kind.as_str(), "must have an id or a link")),
    };
    let mut media = OutgoingMedia::new(kind, source)?;
    if let Some(caption) = place.at("caption").text() {
        media = media.captioned(caption)?;
    }
    if let Some(name) = place.at("filename").text() {
        media = media.named(name)?;
    }
    if place.at("voice").is_true() { media.spoken() } else { Ok(media) }
}

fn template(place: Place<'_>) -> Result<Template, Refusal> {
    let name = text(place, "name", "template.name")?;
    let language = place.at("language").at("code").text().or_else(|| place.at("language").text());
    let language = language.ok_or_else(|| Refusal::invalid("template.language", "is required"))?;
    let (mut header, mut body, mut buttons) = (Vec::new(), Vec::new(), Vec::new());
    for part in place.at("components").items() {
        let parameters = || part.at("parameters").items();
        match part.at("type").text().map(str::to_ascii_lowercase).as_deref() {
            Some("header") => header = parameters().map(parameter).collect::<Result<_, _>>()?,
            Some("body") => body = parameters().map(parameter).collect::<Result<_, _>>()?,
            Some("button") => {
                let index = part.at("index").integer().unwrap_or(0);
                let first =
                    parameters().next().ok_or_else(|| Refusal::invalid("template.button", "has no parameter"))?;
                buttons.push((index, template_button(part.at("sub_type").text(), first)?));
            }
            _ => return Err(Refusal::invalid("template.components.type", "must be header, body or button")),
        }
    }
    buttons.sort_by_key(|(index, _)| *index);
    // Meta counts a template's buttons from 0; what is left out in between has no value here.
    if buttons.iter().enumerate().any(|(at, (index, _))| i64::try_from(at) != Ok(*index)) {
        return Err(Refusal::invalid("template.button.index", "must count from 0 without a gap"));
    }
    Template::new(name, language, header, body, buttons.into_iter().map(|(_, button)| button).collect())
}

fn parameter(place: Place<'_>) -> Result<Parameter, Refusal> {
    let kind = place.at("type").text().unwrap_or("text");
    let of_media =
        [MediaKind::Image, MediaKind::Video, MediaKind::Document].into_iter().find(|one| one.as_str() == kind);
    match of_media {
        Some(of_media) => media(of_media, place.at(kind)).map(Parameter::Media),
        None if kind == "text" => {
            let value = text(place, "text", "template.parameter.text")?.to_owned();
            Ok(Parameter::Text { name: place.at("parameter_name").clipped(usize::MAX), value })
        }
        None => Err(Refusal::invalid("template.parameter.type", "must be text, image, video or document")),
    }
}

fn template_button(kind: Option<&str>, place: Place<'_>) -> Result<TemplateButton, Refusal> {
    match kind {
        Some("quick_reply") => {
            text(place, "payload", "template.button.payload").map(|text| TemplateButton::QuickReply(text.to_owned()))
        }
        Some("url") => text(place, "text", "template.button.text").map(|text| TemplateButton::Url(text.to_owned())),
        _ => Err(Refusal::invalid("template.button.sub_type", "must be quick_reply or url")),
    }
}

fn interactive(place: Place<'_>) -> Result<Sending, Refusal> {
    if place.at("header").is_there() {
        return Err(Refusal::invalid("interactive.header", "is not taken"));
    }
    let body = text(place.at("body"), "text", "interactive.body.text")?;
    let footer = place.at("footer").at("text").text();
    let action = place.at("action");
    match place.at("type").text() {
        Some("button") => {
            let buttons = action.at("buttons").items().map(|button| choice(button.at("reply")));
            let buttons = buttons.map(|choice| choice.map(|(id, title)| Button { id, title }));
            Buttons::new(body, footer, buttons.collect::<Result<_, _>>()?).map(Sending::Buttons)
        }
        Some("list") => {
            let opener = text(action, "button", "interactive.action.button")?;
            let sections = action.at("sections").items().map(section).collect::<Result<_, _>>()?;
            List::new(body, footer, opener, sections).map(Sending::List)
        }
        _ => Err(Refusal::invalid("interactive.type", "must be button or list")),
    }
}

fn section(place: Place<'_>) -> Result<Section, Refusal> {
    let row = |row: Place<'_>| {
        let (id, title) = choice(row)?;
        Ok(Row { id, title, description: row.at("description").clipped(usize::MAX) })
    };
    let rows = place.at("rows").items().map(row).collect::<Result<_, Refusal>>()?;
    Ok(Section { title: place.at("title").clipped(usize::MAX), rows })
}

fn choice(place: Place<'_>) -> Result<(String, String), Refusal> {
    let id = text(place, "id", "interactive.action.id")?;
    Ok((id.to_owned(), text(place, "title", "interactive.action.title")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What Meta would be sent again, where it is what came.
    fn comes_back(kind: &str, fields: &Value) {
        let sending = read(kind, fields).unwrap();
        let (told, json) = sending.json();
        assert_eq!((told, &json), (kind, fields));
    }

    #[test]
    fn what_is_in_metas_own_form_goes_out_as_it_came() {
        comes_back("image", &json!({ "link": "https://shop.example/a.png", "caption": "Yours" }));
        comes_back("document", &json!({ "id": "5001", "caption": "Yours", "filename": "bill.pdf" }));
        comes_back("audio", &json!({ "id": "5001", "voice": true }));
        comes_back("reaction", &json!({ "message_id": "wamid.1", "emoji": "\u{1f44d}" }));
        comes_back(
            "template",
            &json!({ "name": "order_shipped", "language": { "code": "en_US" }, "components": [
                { "type": "header", "parameters": [{ "type": "image", "image": { "link": "https://shop.example/a.png" } }] },
                { "type": "body", "parameters": [{ "type": "text", "text": "12345" }] },
                { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{ "type": "payload", "payload": "p" }] },
                { "type": "button", "sub_type": "url", "index": "1", "parameters": [{ "type": "text", "text": "12345" }] },
            ] }),
        );
        let buttons = json!({ "buttons": [{ "type": "reply", "reply": { "id": "y", "title": "Yes" } }] });
        comes_back(
            "interactive",
            &json!({ "type": "button", "body": { "text": "Well?" }, "footer": { "text": "-" }, "action": buttons }),
        );
        let rows = json!([{ "title": "Mail", "rows": [{ "id": "a", "title": "A", "description": "First" }] }]);
        comes_back(
            "interactive",
            &json!({ "type": "list", "body": { "text": "Which?" }, "action": { "button": "Choose", "sections": rows } }),
        );
    }

    #[test]
    fn what_meta_would_refuse_is_refused_by_its_field() {
        let refused = |kind: &str, fields: Value| match read(kind, &fields) {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => panic!("{kind}: {other:?}"),
        };
        assert_eq!(refused("hologram", json!({})), "type");
        assert_eq!(refused("image", json!({})), "image");
        assert_eq!(refused("image", json!({ "link": "http://shop.example/a.png" })), "link");
        assert_eq!(refused("image", json!({ "id": "1", "link": "https://shop.example/a.png" })), "image");
        assert_eq!(refused("template", json!({ "name": "a" })), "template.language");
        let gap = json!([{ "type": "button", "sub_type": "url", "index": 1, "parameters": [{ "text": "x" }] }]);
        assert_eq!(
            refused("template", json!({ "name": "a", "language": "en", "components": gap })),
            "template.button.index"
        );
        assert_eq!(
            refused("interactive", json!({ "type": "list", "body": { "text": "x" } })),
            "interactive.action.button"
        );
        assert_eq!(refused("interactive", json!({ "type": "button", "header": {}, "body": {} })), "interactive.header");
        assert_eq!(refused("reaction", json!({ "emoji": "x" })), "reaction.message_id");
    }

    #[test]
    fn it_is_shown_in_words() {
        let template = json!({ "name": "order_shipped", "components": [{ "type": "body", "parameters": [{ "text": "12345" }, { "text": "today" }] }] });
        assert_eq!(shown("template", &template), "[template order_shipped] 12345, today");
        assert_eq!(shown("template", &json!({ "name": "hello" })), "[template hello]");
        assert_eq!(shown("image", &json!({ "caption": "Yours" })), "[image] Yours");
        assert_eq!(shown("document", &json!({ "filename": "a.pdf" })), "[document: a.pdf]");
        let buttons = json!({ "body": { "text": "Well?" }, "action": { "buttons": [{ "reply": { "title": "Yes" } }, { "reply": { "title": "No" } }] } });
        assert_eq!(shown("interactive", &buttons), "Well?\n1. Yes\n2. No");
    }
}
