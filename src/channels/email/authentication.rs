//! What the server that took a mail found out about its sender (`Authentication-Results`, RFC 8601), as far as it can be believed.
//!
//! Anybody may write such a field. Only those of the server that is named as trusted count, and of these the topmost ones: servers put theirs
//! above what came, so from the first field that another server wrote on the way (`Received`) below them on, nothing is theirs.

use super::incoming::Incoming;
use super::mime::header::Headers;

/// The field.
const FIELD: &str = "authentication-results";

/// What each server on the way puts above everything.
const TRACE: &str = "received";

/// The most fields of the trusted server that are read.
const FIELDS_MAX: usize = 8;

/// The most results of one field that are read.
const RESULTS_MAX: usize = 32;

/// How deep comments are read.
const COMMENT_DEPTH_MAX: usize = 16;

/// What is known of the address that a mail says to be from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Nothing that can be believed.
    Unchecked,
    /// It is of that address's domain.
    Passed,
    /// It is not: its domain says so (DMARC), or neither its way (SPF) nor a signature of the domain's (DKIM) holds.
    Failed,
}

impl Authentication {
    /// Its name in the console.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }

    /// What a server with this name found out about a mail.
    pub fn of(mail: &Incoming, authserv_id: &str) -> Self {
        let Some(domain) = mail.from.as_ref().and_then(|from| from.address.as_str().rsplit_once('@')) else {
            return Self::Unchecked;
        };
        let fields = believed(&mail.headers, authserv_id);
        judged(&fields, domain.1)
    }
}

/// One result: `dkim=pass header.d=example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

impl Outcome {
    fn property(&self, names: &[&str]) -> Option<&str> {
        let named = |(name, _): &&(String, String)| names.contains(&name.as_str());
        self.properties.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// Whether it is about this domain, or one above or below it.
    fn is_aligned(&self, domain: &str) -> bool {
        let Some(of) = self.property(&["header.d", "header.i"]) else { return false };
        let of = of.rsplit('@').next().unwrap_or_default();
        let is_below = |one: &str, other: &str| {
            one.len() > other.len()
                && one.is_char_boundary(one.len() - other.len())
                && one[one.len() - other.len()..].eq_ignore_ascii_case(other)
                && one[..one.len() - other.len()].ends_with('.')
        };
        // A name without a dot has half the world below it.
        of.contains('.') && (of.eq_ignore_ascii_case(domain) || is_below(of, domain) || is_below(domain, of))
    }
}

/// The results of the trusted server, topmost first.
fn believed(headers: &Headers, authserv_id: &str) -> Vec<Outcome> {
    let (mut all, mut read) = (Vec::new(), 0);
    for (name, value) in headers.topmost_first() {
        if read > 0 && name == TRACE {
            break;
        }
        if name != FIELD || read >= FIELDS_MAX {
            continue;
        }
        let Some((id, outcomes)) = parsed(&String::from_utf8_lossy(value)) else { continue };
        if id.eq_ignore_ascii_case(authserv_id) {
            read += 1;
            all.extend(outcomes);
        }
    }
    all
}

/// Of each method the topmost result counts: whoever adds one below can not take another back.
fn judged(outcomes: &[Outcome], domain: &str) -> Authentication {
    let first = |method: &str| outcomes.iter().find(|outcome| outcome.method == method);
    let signed = |outcome: &&Outcome| outcome.method == "dkim";
    let is_signed = outcomes.iter().filter(signed).any(|one| one.result == "pass" && one.is_aligned(domain));
    let neither = first("spf").is_some_and(|spf| spf.result == "fail") && first("dkim").is_some() && !is_signed;
    match first("dmarc") {
        Some(dmarc) if dmarc.result == "fail" => Authentication::Failed,
        Some(dmarc) if dmarc.result == "pass" => {
            // With several addresses in From the server may have looked at another one than people see.
            let is_another = dmarc.property(&["header.from"]).is_some_and(|from| !is_of(from, domain));
            if is_another || neither { Authentication::Failed } else { Authentication::Passed }
        }
        _ if neither => Authentication::Failed,
        _ => Authentication::Unchecked,
    }
}

/// Whether an address or a domain is of this domain.
fn is_of(from: &str, domain: &str) -> bool {
    from.rsplit('@').next().is_some_and(|of| of.trim_matches(['<', '>']).eq_ignore_ascii_case(domain))
}

/// Whose field it is, and its results.
fn parsed(field: &str) -> Option<(String, Vec<Outcome>)> {
    let parts = parts(field);
    let mut parts = parts.iter();
    let id = parts.next()?.first()?.clone();
    let outcomes = parts.take(RESULTS_MAX).filter_map(|words| outcome(words));
    Some((id, outcomes.collect()))
}

/// `dkim=pass`, `reason="..."`, `header.d=example.com`. Only what stands as it should is a result.
fn outcome(words: &[String]) -> Option<Outcome> {
    let mut pairs = words.iter().filter_map(|word| word.split_once('='));
    let (method, result) = pairs.next()?;
    // `dkim/1`: with a version.
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let properties = pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Some(Outcome { method, result: result.to_ascii_lowercase(), properties })
}

/// The words of a field between its semicolons, without comments; what is quoted is part of its word, and space around `=` and `/` is none.
fn parts(field: &str) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    let (mut word, mut glued) = (String::new(), false);
    let mut chars = field.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted(&mut chars, &mut word);
                glued = false;
            }
            '(' => comment(&mut chars),
            ';' => {
                end(&mut parts, &mut word);
                parts.push(Vec::new());
                glued = false;
            }
            '=' | '/' if word.is_empty() && !glued => {
                // The word before it ended too early.
                word = parts.last_mut().and_then(Vec::pop).unwrap_or_default();
                word.push(c);
                glued = true;
            }
            '=' | '/' => {
                word.push(c);
                glued = true;
            }
            c if c.is_whitespace() => {
                if !glued {
                    end(&mut parts, &mut word);
                }
            }
            c => {
                word.push(c);
                glued = false;
            }
        }
    }
    end(&mut parts, &mut word);
    parts
}

fn end(parts: &mut [Vec<String>], word: &mut String) {
    if let Some(part) = parts.last_mut().filter(|_| !word.is_empty()) {
        part.push(std::mem::take(word));
    }
}

fn quoted(chars: &mut impl Iterator<Item = char>, word: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => word.extend(chars.next()),
            c => word.push(c),
        }
    }
}

/// Passes over a comment and those within it.
fn comment(chars: &mut impl Iterator<Item = char>) {
    let mut depth = 1;
    while let Some(c) = chars.next() {
        match c {
            '(' if depth < COMMENT_DEPTH_MAX => depth += 1,
            ')' => depth -= 1,
            '\\' => {
                chars.next();
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::email::Limits;

    fn of(fields: &str) -> Authentication {
        let mail = format!("{fields}From: Jo <jo@shop.test>\r\nSubject: x\r\n\r\nhello\r\n");
        Authentication::of(&Incoming::parse(mail.as_bytes(), &Limits::default()).unwrap(), "mx.here.test")
    }

    fn results(results: &str) -> Authentication {
        of(&format!("Authentication-Results: mx.here.test; {results}\r\n"))
    }

    #[test]
    fn what_the_server_found_is_read_whatever_way_it_is_written() {
        use Authentication::{Failed, Passed, Unchecked};
        for (said, expected) in [
            ("dmarc=pass header.from=shop.test", Passed),
            ("dmarc=fail (p=reject dis=none) header.from=shop.test", Failed),
            ("DMARC = FAIL", Failed),
            ("spf=pass smtp.mailfrom=jo@shop.test; dmarc /1 = (a (nested; comment\\)) here) fail", Failed),
            ("spf=pass reason=\"a; dmarc=fail\" smtp.mailfrom=shop.test", Unchecked),
            ("none", Unchecked),
            ("", Unchecked),
            ("dmarc=none; spf=fail smtp.mailfrom=x.test; dkim=none", Failed),
            ("spf=fail smtp.mailfrom=x.test; dkim=pass header.d=shop.test", Unchecked),
            ("spf=fail smtp.mailfrom=x.test; dkim=pass header.i=@mail.shop.test", Unchecked),
            ("spf=fail smtp.mailfrom=x.test; dkim=pass header.d=x.test", Failed),
            ("spf=fail smtp.mailfrom=x.test; dkim=pass header.d=notshop.test", Failed),
            ("spf=fail smtp.mailfrom=x.test; dkim=pass header.d=test", Failed),
            ("spf=fail smtp.mailfrom=x.test", Unchecked),
            ("spf=softfail smtp.mailfrom=x.test; dkim=none", Unchecked),
            ("dmarc=pass header.from=x.test", Failed),
            ("dmarc=temperror", Unchecked),
        ] {
            assert_eq!(results(said), expected, "{said}");
        }
    }

    #[test]
    fn only_the_topmost_fields_of_the_trusted_server_are_believed() {
        let field = |id: &str, said: &str| format!("Authentication-Results: {id}; {said}\r\n");
        let (fail, pass) = ("dmarc=fail", "dmarc=pass header.from=shop.test");
        let received = "Received: from x.test by mx.here.test\r\n";
        let (real, forged) = (field("mx.here.test", fail), field("mx.here.test", pass));
        assert_eq!(of(&format!("{real}{forged}")), Authentication::Failed);
        assert_eq!(of(&format!("{real}{received}{forged}")), Authentication::Failed);
        let split = field("mx.here.test", "spf=fail") + &field("MX.here.test", "dkim=fail");
        assert_eq!(of(&split), Authentication::Failed, "a server may write several");
        assert_eq!(of(&format!("{split}{forged}")), Authentication::Failed, "what contradicts itself proves nothing");
        assert_eq!(of(&format!("{}{received}{real}", field("mx.here.test", pass))), Authentication::Passed);
        for other in ["mx.there.test", "mx.here.test.evil.test", "\"mx.here.test evil\"", "(mx.here.test) evil"] {
            assert_eq!(of(&field(other, fail)), Authentication::Unchecked, "{other}");
        }
        assert_eq!(of(&field("\"mx.here.test\" 1", fail)), Authentication::Failed, "with a version");
        let many: String = (0..1_000).map(|_| field("mx.here.test", "x=y")).collect();
        assert_eq!(of(&format!("{real}{many}")), Authentication::Failed);
    }
}
