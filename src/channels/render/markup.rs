//! Markdown as lesser markups show it. Only what is certainly meant as markup is touched; everything else stays as it is.

use crate::channels::capability::Markup;

/// How far a closing mark is looked for, in bytes: emphasis and links are short, and the work stays in proportion.
const REACH_BYTES: usize = 1_000;

/// How deep emphasis may hold emphasis.
const DEPTH_MAX: usize = 4;

/// What a pair of marks means.
#[derive(Clone, Copy)]
enum Meaning {
    Bold,
    Italic,
    Struck,
    Code,
}

/// Marks, the longer ones first.
const MARKS: [(&str, Meaning); 6] = [
    ("**", Meaning::Bold),
    ("__", Meaning::Bold),
    ("~~", Meaning::Struck),
    ("`", Meaning::Code),
    ("*", Meaning::Italic),
    ("_", Meaning::Italic),
];

/// The text in a lesser markup. Line breaks stay; code blocks stay as they are, in plain text without their fences.
pub(super) fn lowered(text: &str, to: Markup) -> String {
    let (mut lowered, mut in_code) = (String::with_capacity(text.len()), false);
    for line in text.split_inclusive('\n') {
        if is_fence(line) {
            in_code = !in_code;
            match to {
                Markup::Whatsapp => lowered.push_str(if line.ends_with('\n') { "```\n" } else { "```" }),
                Markup::Plain | Markup::Markdown => {}
            }
        } else if in_code || to == Markup::Markdown {
            lowered.push_str(line);
        } else {
            block(line, to, &mut lowered);
        }
    }
    lowered
}

/// Whether a line begins or ends a block of code. What stands behind the ticks names the block's language and is not shown.
fn is_fence(line: &str) -> bool {
    line.trim().strip_prefix("```").is_some_and(|language| !language.contains(['`', ' ']))
}

/// A line outside of code: headings and items of lists, then what is within.
fn block(line: &str, to: Markup, lowered: &mut String) {
    let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
    let indent = content.len() - content.trim_start_matches([' ', '\t']).len();
    let (space, rest) = content.split_at(indent);
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    lowered.push_str(space);
    if let Some(heading) = rest[hashes..].strip_prefix(' ').filter(|_| (1..=6).contains(&hashes)) {
        let heading = heading.trim();
        let plain = inline(heading, Markup::Plain, 0);
        match to {
            Markup::Whatsapp if !plain.trim().is_empty() => wrap(&plain, "*", lowered),
            Markup::Whatsapp | Markup::Plain | Markup::Markdown => lowered.push_str(&plain),
        }
    } else if let Some(item) = rest.strip_prefix("* ").or_else(|| rest.strip_prefix("+ ")) {
        lowered.push_str("- ");
        lowered.push_str(&inline(item, to, 0));
    } else {
        lowered.push_str(&inline(rest, to, 0));
    }
    lowered.push_str(end);
}

/// Emphasis, code and links within a line.
fn inline(text: &str, to: Markup, depth: usize) -> String {
    let (mut lowered, mut at, mut before) = (String::with_capacity(text.len()), 0, None);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let taken = if depth < DEPTH_MAX { taken(rest, before, to, depth, &mut lowered) } else { 0 };
        if taken == 0 {
            lowered.push(c);
        }
        // A longer mark that is none as a whole is passed as a whole: its half is none either.
        let run = rest.len() - rest.trim_start_matches(c).len();
        let step = if matches!(c, '*' | '_' | '~') { run } else { c.len_utf8() };
        if taken == 0 && step > c.len_utf8() {
            lowered.push_str(&rest[c.len_utf8()..step]);
        }
        let end = at + if taken == 0 { step } else { taken };
        before = text[..end].chars().next_back();
        at = end;
    }
    lowered
}

/// Writes what stands here in the lesser markup and returns how many bytes it took; 0 if no markup begins here.
fn taken(rest: &str, before: Option<char>, to: Markup, depth: usize, lowered: &mut String) -> usize {
    if let Some((words, address, length)) = link(rest) {
        let words = inline(words, to, depth + 1);
        lowered.push_str(&if words == address { words } else { format!("{words} ({address})") });
        return length;
    }
    for (mark, meaning) in MARKS {
        if let Some((inner, length)) = pair(rest, before, mark) {
            let inner = if matches!(meaning, Meaning::Code) { inner.to_owned() } else { inline(inner, to, depth + 1) };
            match (to, meaning) {
                (Markup::Whatsapp, Meaning::Bold) => wrap(&inner, "*", lowered),
                (Markup::Whatsapp, Meaning::Italic) => wrap(&inner, "_", lowered),
                (Markup::Whatsapp, Meaning::Struck) => wrap(&inner, "~", lowered),
                (Markup::Whatsapp, Meaning::Code) => wrap(&inner, "`", lowered),
                (Markup::Plain | Markup::Markdown, _) => lowered.push_str(&inner),
            }
            return length;
        }
    }
    0
}

/// What stands between a mark and the next like it: not blank at its ends, and no letter on the mark's other side, so that
/// `2*3*4`, `snake_case` and a lone asterisk are none.
fn pair<'a>(rest: &'a str, before: Option<char>, mark: &str) -> Option<(&'a str, usize)> {
    let after_mark = rest.strip_prefix(mark).filter(|_| before.is_none_or(|c| !c.is_alphanumeric()))?;
    let reach = &after_mark[..after_mark.floor_char_boundary(REACH_BYTES)];
    let inner = &reach[..reach.find(mark)?];
    let is_tight =
        !inner.is_empty() && !inner.starts_with(char::is_whitespace) && !inner.ends_with(char::is_whitespace);
    let length = 2 * mark.len() + inner.len();
    let next = rest[length..].chars().next();
    let is_end = next.is_none_or(|c| !c.is_alphanumeric() && !mark.starts_with(c));
    (is_tight && is_end && !inner.starts_with(mark)).then_some((inner, length))
}

/// `[words](address)`, and how long that is.
fn link(rest: &str) -> Option<(&str, &str, usize)> {
    let reach = &rest[..rest.floor_char_boundary(REACH_BYTES)];
    let (words, after) = reach.strip_prefix('[')?.split_once("](")?;
    let address = &after[..after.find(')')?];
    let is_address = !address.is_empty() && !address.contains(char::is_whitespace) && !words.trim().is_empty();
    (is_address && !words.contains(['[', ']'])).then_some((words, address, words.len() + address.len() + 4))
}

fn wrap(inner: &str, mark: &str, lowered: &mut String) {
    lowered.push_str(mark);
    lowered.push_str(inner);
    lowered.push_str(mark);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn emphasis_headings_and_links_are_shown_as_whatsapp_does() {
        let shown = |text| lowered(text, Markup::Whatsapp);
        assert_eq!(shown("**Open** from *nine*, ~~ten~~ `9:00`."), "*Open* from _nine_, ~ten~ `9:00`.");
        assert_eq!(shown("# Our **hours**\n* one\n+ two\n- three"), "*Our hours*\n- one\n- two\n- three");
        assert_eq!(shown("See [the page](https://a.test/x)."), "See the page (https://a.test/x).");
        assert_eq!(shown("[https://a.test](https://a.test)"), "https://a.test");
        assert_eq!(shown("**very *much* so**"), "*very _much_ so*");
        assert_eq!(shown("```sh\na **b**\n```\nc"), "```\na **b**\n```\nc");
    }

    #[test]
    fn plain_text_loses_the_marks_and_no_word() {
        let shown = |text| lowered(text, Markup::Plain);
        assert_eq!(shown("**Open** from *nine*, ~~ten~~ `9:00`."), "Open from nine, ten 9:00.");
        assert_eq!(shown("## Hours\n* one\n```\ncode\n```\n"), "Hours\n- one\ncode\n");
        assert_eq!(shown("*a* *b* __c__ _d_"), "a b c d");
        assert_eq!(shown("[**Shop**](https://a.test)"), "Shop (https://a.test)");
    }

    #[test]
    fn what_is_no_markup_stays_as_it_is() {
        for text in [
            "2*3*4 = 24",
            "snake_case_name and _private",
            "a * b * c",
            "** not bold **",
            "[1] and [x](",
            "#hashtag",
            "*****",
            "5 < 6 ~ 7",
            "one `tick",
            "x ** y ** z",
        ] {
            for to in [Markup::Whatsapp, Markup::Plain] {
                assert_eq!(lowered(text, to), text);
            }
        }
    }

    proptest! {
        #[test]
        fn letters_are_never_lost(text in "[a-c *_~`#\\[\\]()\n]{0,80}") {
            // The name of a block's language is lost on purpose.
            let text = text.replace("```", "``");
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            for to in [Markup::Whatsapp, Markup::Plain] {
                prop_assert_eq!(letters(&lowered(&text, to)), letters(&text));
            }
        }
    }
}
