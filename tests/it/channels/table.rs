//! The table of `docs/channels.md` is the one that replies are rendered by.

use std::fmt::Write as _;

use switchboard::channels::Delivery;
use switchboard::channels::capability::{ALL, Capability, Markup, Typing, Unit};

const PAGE: &str = include_str!("../../../docs/channels.md");

const MIB: u64 = 1024 * 1024;

fn row(channel: &Capability) -> String {
    let unit = match channel.text.unit {
        Unit::Bytes => "bytes",
        Unit::Utf16 => "UTF-16 units",
        Unit::Segments => "segments",
    };
    let markup = match channel.markup {
        Markup::Markdown => "Markdown",
        Markup::Whatsapp => "its own",
        Markup::Plain => "none",
    };
    let choices = match channel.choices {
        None => "numbered lines".to_owned(),
        Some(limit) if limit.rows > 0 => format!("{} buttons, or a list of {}", limit.buttons, limit.rows),
        Some(limit) => format!("{} buttons", limit.buttons),
    };
    let mut files = String::new();
    for rule in channel.files {
        let separator = if files.is_empty() { "" } else { ", " };
        write!(files, "{separator}{:?} {} MiB", rule.kind, rule.max_bytes / MIB).unwrap();
    }
    let files = if files.is_empty() { "names".to_owned() } else { files.to_lowercase().replace("mib", "MiB") };
    let receipts = match channel.receipts {
        None => "none",
        Some(Delivery::Accepted) => "accepted",
        Some(Delivery::Sent) => "sent",
        Some(Delivery::Failed) => "failed",
        Some(Delivery::Delivered) => "delivered",
        Some(Delivery::Read) => "read",
        Some(Delivery::Played) => "played",
    };
    let typing = match channel.typing {
        Typing::Both => "both",
        Typing::Ours => "ours",
        Typing::Neither => "no",
    };
    let window = channel.window_ms.map_or_else(|| "always".to_owned(), |ms| format!("{} h", ms / 3_600_000));
    let text = format!("{} {unit}", channel.text.max);
    let waits = if channel.is_live { "yes" } else { "no" };
    format!(
        "| {} | {text} | {markup} | {choices} | {files} | {receipts} | {typing} | {window} | {waits} |",
        channel.name
    )
}

#[test]
fn the_page_tells_what_each_channel_can_carry() {
    for channel in &ALL {
        let row = row(channel);
        assert!(PAGE.lines().any(|line| line == row), "docs/channels.md lacks the row\n{row}");
    }
}
