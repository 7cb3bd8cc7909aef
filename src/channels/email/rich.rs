//! A text as HTML, for programs that show it nicer than text: the same words, paragraphs and lines, with addresses of pages that can be clicked.
//! Nothing else, so nothing in a text can become markup.

/// How addresses of pages begin.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// The longest address that can be clicked, in bytes.
const LINK_MAX_BYTES: usize = 2_000;

/// How a page begins.
const BEGINS: &str = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n";

/// How a page ends.
const ENDS: &str = "</body></html>";

/// The page whose body this HTML is.
pub(super) fn framed(html: &str) -> String {
    format!("{BEGINS}{html}\n{ENDS}")
}

/// The text as a page.
pub(super) fn page(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2 + 256);
    out.push_str(BEGINS);
    for paragraph in text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')) {
        if paragraph.trim().is_empty() {
            continue;
        }
        out.push_str("<p>");
        for (at, line) in paragraph.split('\n').enumerate() {
            if at > 0 {
                out.push_str("<br>\n");
            }
            linked(&mut out, line);
        }
        out.push_str("</p>\n");
    }
    out.push_str(ENDS);
    out
}

/// A line with its addresses as links.
fn linked(out: &mut String, line: &str) {
    let mut rest = line;
    while let Some(at) = SCHEMES.iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, found) = rest.split_at(at);
        let link = address(found);
        escaped(out, before);
        // Within a word it is part of something else.
        let begins = !before.ends_with(char::is_alphanumeric);
        if begins && has_host(link) && link.len() <= LINK_MAX_BYTES {
            out.push_str("<a href=\"");
            escaped(out, link);
            out.push_str("\">");
            escaped(out, link);
            out.push_str("</a>");
        } else {
            escaped(out, link);
        }
        rest = &found[link.len()..];
    }
    escaped(out, rest);
}

/// The address at the beginning of a text, without what belongs to the sentence around it.
fn address(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"`{}|\\^".contains(c);
    let mut link = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = link.chars().next_back() {
        let is_of_sentence = ".,;:!?'*_".contains(last)
            || (last == ')' && link.matches(')').count() > link.matches('(').count())
            || (last == ']' && link.matches(']').count() > link.matches('[').count());
        if !is_of_sentence {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    // At least the scheme, so that whoever looks for the next one gets on.
    if link.len() < SCHEMES[1].len() { &text[..SCHEMES[1].len()] } else { link }
}

fn has_host(link: &str) -> bool {
    let host = SCHEMES.iter().find_map(|scheme| link.strip_prefix(scheme));
    host.is_some_and(|host| host.starts_with(|c: char| c.is_alphanumeric() || c == '['))
}

/// Writes text so that it is no markup, in an attribute neither.
pub(super) fn escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> String {
        let page = page(text);
        let (_, body) = page.split_once("<body>\n").unwrap();
        body.strip_suffix("</body></html>").unwrap().to_owned()
    }

    #[test]
    fn paragraphs_and_lines_stay_and_nothing_becomes_markup() {
        assert_eq!(body("Hello\nyou\n\n\n\nBye"), "<p>Hello<br>\nyou</p>\n<p>Bye</p>\n");
        let evil = body("<script>alert(\"1\")</script> & 'x' </p><img src=x onerror=y>");
        assert!(!evil.contains("<script") && !evil.contains("<img") && evil.matches("</p>").count() == 1, "{evil}");
        assert_eq!(body(""), "");
    }

    #[test]
    fn addresses_of_pages_can_be_clicked_and_end_where_they_do() {
        let link = |url: &str| format!("<a href=\"{url}\">{url}</a>");
        for (text, expected) in [
            ("see https://a.test/x.", format!("see {}.", link("https://a.test/x"))),
            ("(http://a.test/b_(c))", format!("({})", link("http://a.test/b_(c)"))),
            ("https://a.test/?q=1&r=2, ok", format!("{}, ok", link("https://a.test/?q=1&amp;r=2"))),
            ("https:// and http://", "https:// and http://".to_owned()),
            ("xhttps://a.test javascript:alert(1)", "xhttps://a.test javascript:alert(1)".to_owned()),
            ("https://a.test/\"onclick=x", format!("{}&quot;onclick=x", link("https://a.test/"))),
            ("http://a.test http://b.test", format!("{} {}", link("http://a.test"), link("http://b.test"))),
        ] {
            assert_eq!(body(text), format!("<p>{expected}</p>\n"), "{text}");
        }
    }
}
