//! Puts values back into a text that comes in pieces. Only what may still become a token waits for the next piece.

use super::token::{self, Read};
use super::vault::{Meaning, Vault};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Restorer {
    waiting: String,
    last: Option<char>,
    /// A token is gone that had a space before it: the one after it goes too.
    drops_space: bool,
}

impl Restorer {
    /// Takes more text; gives what can be read.
    pub(super) fn push(&mut self, vault: &Vault, text: &str) -> String {
        self.waiting.push_str(text);
        let waiting = std::mem::take(&mut self.waiting);
        let mut out = String::with_capacity(waiting.len());
        let mut rest = waiting.as_str();
        while let Some(at) = rest.find('<') {
            self.tell(&rest[..at], &mut out);
            rest = &rest[at..];
            match token::read(rest, &|name| vault.has_name(name)) {
                Read::Token(length, name) => {
                    match vault.meaning(&name) {
                        Meaning::Value(value) => self.tell(&value, &mut out),
                        Meaning::Itself => self.tell(&rest[..length], &mut out),
                        Meaning::Nothing => self.drops_space = self.last.is_none_or(char::is_whitespace),
                    }
                    rest = &rest[length..];
                }
                Read::Open => {
                    rest.clone_into(&mut self.waiting);
                    return out;
                }
                Read::Other => {
                    self.tell("<", &mut out);
                    rest = &rest[1..];
                }
            }
        }
        self.tell(rest, &mut out);
        out
    }

    /// What waited for more: it became nothing.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.waiting)
    }

    fn tell(&mut self, text: &str, out: &mut String) {
        let text = if self.drops_space { text.strip_prefix(' ').unwrap_or(text) } else { text };
        if let Some(last) = text.chars().next_back() {
            self.last = Some(last);
            self.drops_space = false;
        }
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::assistant::guard::Scanner;
    use crate::domain::AssistantSettings;

    #[test]
    fn however_a_text_is_cut_it_comes_out_the_same() {
        let vault = Vault::of(Arc::new(Scanner::new(&AssistantSettings::default())));
        let masked = vault.mask("jo@x.io 4111111111111111").into_owned();
        let text = format!("Grüße, {masked}: 1 < 2 <b>x</b> <card_9> <email\\_1> <<email_1>> <email_");
        let whole = vault.restore(&text).into_owned();
        assert_eq!(whole, "Grüße, jo@x.io 4111111111111111: 1 < 2 <b>x</b> jo@x.io <jo@x.io> <email_",);
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let mut restorer = Restorer::default();
            let mut out = restorer.push(&vault, &text[..cut]);
            out.push_str(&restorer.push(&vault, &text[cut..]));
            out.push_str(&restorer.finish());
            assert_eq!(out, whole, "{cut}");
        }
    }

    #[test]
    fn nothing_waits_that_cannot_become_a_token() {
        let vault = Vault::of(Arc::new(Scanner::new(&AssistantSettings::default())));
        let mut restorer = Restorer::default();
        assert_eq!(restorer.push(&vault, "a < b"), "a < b");
        assert_eq!(restorer.push(&vault, " <em"), " ");
        assert_eq!(restorer.push(&vault, "pty and more"), "<empty and more");
        assert_eq!(restorer.push(&vault, &format!("<{}", "x".repeat(60))).len(), 61);
    }
}
