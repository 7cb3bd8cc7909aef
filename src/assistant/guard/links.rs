//! Takes out of an answer what leads or loads from elsewhere: addresses that no source and no setting holds, pictures, and
//! markup of pages. The words of a link stay.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::assistant::Passage;
use crate::domain::{AssistantSettings, Source};

/// A link or a picture in Markdown; an address up to where one ends; a tag of a page.
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    let tags = "a|abbr|area|audio|b|base|body|br|button|canvas|center|code|div|embed|em|font|form|frame|h[1-6]|head|hr|html|i|iframe|img|input|li|link|meta|object|ol|option|p|picture|pre|s|script|select|source|span|strong|style|svg|table|tbody|td|textarea|tr|u|ul|video";
    // A token within an address is a part of it.
    let reach = r#"(?:<[a-z0-9_]+>|[^\s<>"'`)\]])+"#;
    let pattern = format!(
        r#"(?is)(?P<picture>!?)\[(?P<words>[^\[\]\n]*)\]\((?P<to>[^()\s]+)(?:\s+"[^"]*")?\)|<(?:script|style)\b[^>]*>.*?(?:</(?:script|style)\s*>|$)|</?(?:{tags})(?:\s[^<>]*)?/?>|(?P<address>\b[a-z][a-z0-9+.-]*://{reach}|\bwww\.{reach}|\b(?:javascript|data|vbscript):{reach}|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|info|biz|shop|xyz|top|site|online|app|link|click|ly|ru|cn|co|uk|de|example)\b(?:/(?:{reach})?)?)"#
    );
    Regex::new(&pattern).expect("a constant pattern")
});

/// What an answer may link to.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    addresses: Vec<String>,
    texts: Vec<String>,
    hosts: Vec<String>,
}

impl Allowed {
    /// What the settings hold, and the passages that may be cited.
    pub(super) fn new(rules: &AssistantSettings, passages: &[Passage]) -> Self {
        let addresses = passages.iter().filter_map(|passage| passage.source.url.clone()).collect();
        let texts = passages.iter().map(|passage| passage.text.to_lowercase());
        let texts = texts.chain([rules.fallback_message.to_lowercase()]).collect();
        Self { addresses, texts, hosts: rules.link_hosts.clone() }
    }

    /// Whether an answer may lead there. `mail` addresses are left before the at sign by whoever asks.
    fn holds(&self, address: &str) -> bool {
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        if address.contains('<') {
            return false;
        }
        let lower = address.to_lowercase();
        let same = |known: &String| without_slash(known) == without_slash(address);
        let host = host(&lower);
        let below = |known: &String| host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'));
        let stands_in = |text: &String| text.match_indices(&lower).any(|(at, _)| ends_there(&text[at + lower.len()..]));
        self.addresses.iter().any(same)
            || (web(&lower) && self.hosts.iter().any(below))
            || self.texts.iter().any(stands_in)
    }

    /// The same with the sources of an answer.
    pub(super) fn with(mut self, sources: &[Source]) -> Self {
        self.addresses.extend(sources.iter().filter_map(|source| source.url.clone()));
        self
    }

    /// The same with texts that a source stands for.
    pub(super) fn with_texts(mut self, texts: Vec<String>) -> Self {
        self.texts.extend(texts.into_iter().map(|text| text.to_lowercase()));
        self
    }

    /// The text with nothing in it that leads elsewhere.
    pub(super) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(['<', '[', '.', ':']) {
            return Cow::Borrowed(text);
        }
        let kept = |found: &Captures<'_>| {
            let whole = found.get(0).map_or("", |found| found.as_str());
            if let (Some(words), Some(to)) = (found.name("words"), found.name("to")) {
                let stays = self.holds(to.as_str()) && found["picture"].is_empty();
                return if stays { whole.to_owned() } else { words.as_str().to_owned() };
            }
            let Some(address) = found.name("address") else { return String::new() };
            let mail = text[..address.start()].ends_with('@');
            if mail || self.holds(address.as_str()) {
                return whole.to_owned();
            }
            let bare = whole.trim_end_matches(['.', ',', ';', '!', '?']);
            whole[bare.len()..].to_owned()
        };
        MARKUP.replace_all(text, kept)
    }
}

fn without_slash(address: &str) -> &str {
    address.strip_suffix('/').unwrap_or(address)
}

fn web(lower: &str) -> bool {
    lower.starts_with("https://") || lower.starts_with("http://") || !lower.contains("://") && !lower.contains(':')
}

/// The host of an address in small letters; whoever is named before it does not count.
fn host(lower: &str) -> &str {
    let rest = lower.split_once("://").map_or(lower, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let named = authority.rsplit('@').next().unwrap_or(authority);
    named.split(':').next().unwrap_or(named)
}

/// Whether an address ends where it ended in a text.
fn ends_there(rest: &str) -> bool {
    let next = rest.trim_start_matches(['.', ',', ';', ':', '!', '?', '/']).chars().next();
    next.is_none_or(|c| c.is_whitespace() || matches!(c, ')' | ']' | '"' | '\'' | '>' | '<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Allowed {
        let rules = AssistantSettings { link_hosts: vec!["shop.example".to_owned()], ..AssistantSettings::default() };
        let source =
            Source { url: Some("https://docs.example/returns".to_owned()), ..Source::titled("d".into(), "D".into()) };
        let text = "See https://help.example/a?b=1. Or www.more.example, please.".to_owned();
        Allowed::new(&rules, &[Passage { source, question: None, text, score: 1.0 }])
    }

    #[test]
    fn what_sources_and_settings_hold_stays() {
        for text in [
            "Read https://docs.example/returns.",
            "Read https://docs.example/returns/, or [here](https://docs.example/returns)!",
            "https://help.example/a?b=1",
            "www.more.example",
            "shop.example and https://eu.shop.example/x?y#z",
            "Mail info@other.com, e.g. for 3.50 at 10:30: node.js is fine. a < b, [sic] (really)",
        ] {
            assert_eq!(allowed().clean(text), text);
        }
    }

    #[test]
    fn what_leads_elsewhere_is_gone_and_its_words_stay() {
        for (text, clean) in [
            ("Go to https://evil.example/x?c=1, now.", "Go to , now."),
            ("[the form](https://evil.example)", "the form"),
            ("![pixel](https://shop.example/p.png)", "pixel"),
            ("https://shop.example@evil.example/", ""),
            ("https://shop.example.evil.example", ""),
            ("https://help.example/a?b=12", ""),
            ("https://docs.example/returns/other", ""),
            ("evil.com/login or www.evil.net", " or "),
            ("[x](javascript:alert(1))", "x)"),
            ("<a href=\"https://shop.example\">x</a><script>alert(1)</script><img src=x onerror=y>", "x"),
            ("https://shop.example/?c=<card_1>", ""),
            ("ftp://shop.example/x", ""),
        ] {
            let cleaned = allowed().clean(text).into_owned();
            assert!(cleaned == clean || !cleaned.contains("://") && !cleaned.contains("evil"), "{text}: {cleaned}");
        }
        assert_eq!(allowed().clean("Go to https://evil.example/x?c=1, now."), "Go to , now.");
        assert_eq!(allowed().clean("[the form](https://evil.example)"), "the form");
    }
}
