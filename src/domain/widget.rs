//! What an organization sets of its widget: how it looks, what it says first, and the pages that may embed it.

use serde::{Deserialize, Serialize};

use super::Refusal;

/// The most pages' origins that may be named.
const DOMAINS_MAX: usize = 50;

/// The longest origin, in bytes: a host of 253 and what stands around it.
const DOMAIN_MAX_BYTES: usize = 270;

/// The longest first words, in characters.
const GREETING_MAX_CHARS: usize = 500;

/// The longest title, in characters.
const TITLE_MAX_CHARS: usize = 60;

/// See the module. What is stored was checked by [`WidgetSettings::checked`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WidgetSettings {
    /// Origins of pages that may embed it, such as `https://shop.example` or `https://*.shop.example`, besides those that the
    /// installation allows.
    pub domains: Vec<String>,
    /// Its colour, `#rrggbb`.
    pub color: String,
    /// What it says before anybody wrote; nothing where empty.
    pub greeting: String,
    /// On which side of the page it is.
    pub position: Side,
    /// What stands above it.
    pub title: String,
}

/// A side of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    #[default]
    Right,
}

impl Default for WidgetSettings {
    fn default() -> Self {
        Self {
            domains: Vec::new(),
            color: "#1864ab".to_owned(),
            greeting: "Hi! How can we help?".to_owned(),
            position: Side::Right,
            title: "Support".to_owned(),
        }
    }
}

impl WidgetSettings {
    /// The same, trimmed and in lower case where case means nothing.
    ///
    /// # Errors
    /// `Invalid` with the field's name: `domains[1]`, `color`, `greeting`, `title`.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.domains.len() > DOMAINS_MAX {
            return Err(Refusal::invalid("domains", format!("must be at most {DOMAINS_MAX}")));
        }
        let mut domains: Vec<String> = Vec::with_capacity(self.domains.len());
        for (at, domain) in self.domains.iter().enumerate() {
            let refused = |why: &str| Refusal::invalid(format!("domains[{at}]"), why.to_owned());
            let domain = Origin::pattern(domain).ok_or_else(|| {
                refused("must be the origin of a page, like https://shop.example or https://*.shop.example")
            })?;
            let text = domain.to_string();
            if domains.contains(&text) {
                return Err(refused("is there twice"));
            }
            domains.push(text);
        }
        let title = self.title.trim().to_owned();
        if title.is_empty() {
            return Err(Refusal::invalid("title", "must not be empty"));
        }
        Ok(Self {
            domains,
            color: color(&self.color)?,
            greeting: line("greeting", self.greeting.trim(), GREETING_MAX_CHARS)?,
            title: line("title", &title, TITLE_MAX_CHARS)?,
            position: self.position,
        })
    }

    /// Whether a page of this origin may embed it.
    pub fn admits(&self, origin: &str) -> bool {
        let Some(page) = Origin::of_page(origin) else { return false };
        self.domains.iter().filter_map(|domain| Origin::pattern(domain)).any(|domain| domain.holds(&page))
    }
}

/// The scheme, host and port of pages; of all hosts below one where it is a pattern with `*.`.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    scheme: &'static str,
    below: bool,
    host: String,
    port: Option<u16>,
}

impl Origin {
    fn of_page(text: &str) -> Option<Self> {
        Self::pattern(text).filter(|origin| !origin.below)
    }

    fn pattern(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let (scheme, rest) = text.split_once("://").filter(|_| text.len() <= DOMAIN_MAX_BYTES)?;
        let (scheme, usual) = match scheme {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _ => return None,
        };
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?)),
            None => (rest, None),
        };
        let (below, host) = host.strip_prefix("*.").map_or((false, host), |host| (true, host));
        let label = |label: &str| {
            let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
        };
        // All hosts below a top-level domain are no organization's.
        let whole = host.split('.').all(label) && (!below || host.contains('.'));
        whole.then(|| Self { scheme, below, host: host.to_owned(), port: port.filter(|port| *port != usual) })
    }

    fn holds(&self, page: &Self) -> bool {
        let host = if self.below {
            page.host.strip_suffix(self.host.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            page.host == self.host
        };
        host && self.scheme == page.scheme && self.port == page.port
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme, if self.below { "*." } else { "" }, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn color(text: &str) -> Result<String, Refusal> {
    let digits = text.trim().strip_prefix('#').unwrap_or_default();
    let is_color = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_color {
        Ok(format!("#{}", digits.to_ascii_lowercase()))
    } else {
        Err(Refusal::invalid("color", "must be a colour like #1864ab"))
    }
}

fn line(field: &'static str, text: &str, max_chars: usize) -> Result<String, Refusal> {
    if text.chars().count() > max_chars {
        return Err(Refusal::invalid(field, format!("must be at most {max_chars} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Refusal::invalid(field, "must not hold control characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(domains: &[&str]) -> WidgetSettings {
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        WidgetSettings { domains, ..WidgetSettings::default() }
    }

    fn fault(settings: WidgetSettings) -> String {
        match settings.checked() {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_domain_is_the_origin_of_pages_or_of_all_below_one() {
        let good =
            ["HTTPS://Shop.Example/", "https://*.shop.example", "http://localhost:3000", "https://a.example:443"];
        let known = ["https://shop.example", "https://*.shop.example", "http://localhost:3000", "https://a.example"];
        assert_eq!(with(&good).checked().unwrap().domains, known);
        for bad in [
            "",
            "*",
            "shop.example",
            "ftp://shop.example",
            "https://",
            "https://*",
            "https://*.example",
            "https://shop.*.example",
            "https://sh*p.example",
            "https://shop.example/path",
            "https://shop.example:0",
            "https://shop.example:99999",
            "https://user@shop.example",
            "https://-shop.example",
            "https://shop..example",
            "https://shöp.example",
            "null",
        ] {
            assert_eq!(fault(with(&["https://good.example", bad])), "domains[1]", "{bad:?}");
        }
        assert_eq!(fault(with(&["https://a.example", "https://A.example"])), "domains[1]");
        assert_eq!(fault(with(&["https://a.example"; DOMAINS_MAX + 1])), "domains");
    }

    #[test]
    fn only_pages_of_a_domain_are_admitted() {
        let widget = with(&["https://shop.example", "https://*.corp.example:8443"]);
        for page in ["https://shop.example", "https://a.corp.example:8443", "https://a.b.corp.example:8443"] {
            assert!(widget.admits(page), "{page}");
        }
        for page in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://www.shop.example",
            "https://shop.example.evil.example",
            "https://corp.example:8443",
            "https://evilcorp.example:8443",
            "https://*.corp.example:8443",
            "null",
            "",
        ] {
            assert!(!widget.admits(page), "{page}");
        }
    }

    #[test]
    fn texts_and_colour_have_limits_and_are_kept_as_written() {
        let words = "<b>Hi</b>\n\"you\"".to_owned();
        let kept = WidgetSettings { greeting: words.clone(), color: "#ABCDEF".to_owned(), ..WidgetSettings::default() };
        let kept = kept.checked().unwrap();
        assert_eq!((kept.greeting, kept.color), (words, "#abcdef".to_owned()));
        let title = |title: &str| fault(WidgetSettings { title: title.to_owned(), ..WidgetSettings::default() });
        assert_eq!(
            (title(" "), title(&"x".repeat(61)), title("a\u{7}")),
            ("title".into(), "title".into(), "title".into())
        );
        let greeting = WidgetSettings { greeting: "x".repeat(501), ..WidgetSettings::default() };
        assert_eq!(fault(greeting), "greeting");
        for bad in ["", "red", "#12345", "#1234567", "#12345g", "url(x)"] {
            assert_eq!(fault(WidgetSettings { color: bad.to_owned(), ..WidgetSettings::default() }), "color", "{bad}");
        }
    }
}
