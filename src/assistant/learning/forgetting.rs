//! That a customer wants something forgotten that is remembered of them: everything, or one thing.
//!
//! It must be what a sentence begins with: "don't forget me" wants the opposite, and "forget my order" a cancellation.

use regex::Regex;

use super::{DIET, EMAIL, LANGUAGE, NAME, ORDER_NUMBER, PHONE, PREFERRED, sentences};

/// What is said before the wish and changes nothing about it.
const BEFORE: &str = concat!(
    r"(?i)^(?:(?:please|ok(?:ay)?|hi|hello|hey|now|so|and|just|then|bitte|por favor|s['’]il (?:te|vous) pla[iî]t|",
    r"(?:can|could|would|will) you(?: please)?|i (?:want|need) you to|i(?:['’]d| would) like you to|you (?:should|must|can)(?: now)?)[\s,]+)*"
);

const EVERYTHING: &str = concat!(
    r"(?:forget (?:about )?(?:me|everything|all)(?: (?:about|of) me| (?:that )?you (?:know|remember|have)(?: stored| saved)? (?:about|of) me)?|",
    r"forget (?:all )?(?:what|whatever|that)(?: you (?:know|remember|have)(?: stored| saved)?)? (?:about|of) me|",
    r"(?:delete|erase|remove|wipe|clear) (?:everything|all|what(?:ever)?)(?: (?:that |what )?you(?:['’]ve| have)? (?:remember(?:ed)?|know|stored|saved|kept|learn(?:ed|t)|have))?(?: (?:about|of|on) me)|",
    r"(?:delete|erase|wipe|clear) (?:all )?your memor(?:y|ies) (?:of|about) me|",
    r"(?:vergiss|vergessen sie)(?: bitte)? (?:mich|alles)(?: über mich|,? was .+ über mich .+)?|",
    r"(?:lösche?|löschen sie)(?: bitte)? (?:alles|was).* über mich.*|",
    r"oublie(?:z)?[- ]moi|(?:oublie|oubliez|efface|effacez|supprime|supprimez) tout(?: ce que .+)? (?:sur|de) moi|",
    r"olv[ií]dame|olv[ií]dese de mí|(?:olvida|olvide|borra|borre) todo(?: lo que .+)? (?:sobre|de) m[ií])"
);

const ONE_THING: &str = concat!(
    r"(?:forget (?:about )?|(?:delete|erase|remove) )my (order numbers?|name|e-?mail(?: address)?|(?:tele|mobile )?phone(?: number)?|language|preferences?|diet)",
    r"(?: from (?:your )?memory)?$"
);

const REMOVES: &str = r"(?i)^(?:delete|erase|remove)\b";

/// What a customer wants forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForgetWish {
    /// What.
    pub about: About,
    /// What they are told once it is done.
    pub done: &'static str,
}

/// What is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Everything that is remembered of them.
    Everything,
    /// What they are called.
    Name,
    /// Their order numbers.
    OrderNumber,
    /// Their e-mail address.
    Email,
    /// Their telephone number.
    Phone,
    /// Their language.
    Language,
    /// What they prefer.
    Preferences,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Patterns {
    before: Regex,
    everything: Regex,
    one_thing: Regex,
    removes: Regex,
}

impl Patterns {
    pub(super) fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self {
            before: compile(BEFORE),
            everything: compile(&format!("(?i)^{EVERYTHING}$")),
            one_thing: compile(&format!("(?i)^{ONE_THING}")),
            removes: compile(REMOVES),
        }
    }

    pub(super) fn wish(&self, text: &str) -> Option<ForgetWish> {
        sentences(text).find_map(|sentence| self.wish_of(sentence))
    }

    fn wish_of(&self, sentence: &str) -> Option<ForgetWish> {
        let wish = self.before.replace(sentence, "");
        let wish = wish.trim().trim_end_matches([',', ' ']);
        let wish = wish.strip_suffix(" please").or_else(|| wish.strip_suffix(" now")).unwrap_or(wish).trim();
        if self.everything.is_match(wish) {
            return Some(ForgetWish { about: About::Everything, done: done(wish) });
        }
        let thing = self.one_thing.captures(wish)?;
        // Who wants their number "removed" may mean it of their account; "from memory" says which.
        if self.removes.is_match(wish) && !wish.ends_with("memory") {
            return None;
        }
        let about = About::named(&thing[1].to_lowercase())?;
        Some(ForgetWish { about, done: about.done() })
    }
}

impl About {
    /// Whether what is remembered under this key is meant.
    pub fn covers(self, key: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Name => key == NAME,
            Self::OrderNumber => key == ORDER_NUMBER,
            Self::Email => key == EMAIL,
            Self::Phone => key == PHONE,
            Self::Language => key == LANGUAGE,
            Self::Preferences => key == DIET || key.starts_with(PREFERRED),
        }
    }

    fn named(thing: &str) -> Option<Self> {
        Some(match thing {
            "order number" | "order numbers" => Self::OrderNumber,
            "name" => Self::Name,
            "language" => Self::Language,
            "preference" | "preferences" | "diet" => Self::Preferences,
            thing if thing.contains("mail") => Self::Email,
            thing if thing.contains("phone") => Self::Phone,
            _ => return None,
        })
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Everything => {
                "Done. I no longer remember anything about you. What was written here stays in the record of our conversations."
            }
            Self::Name => "Done. I no longer remember your name.",
            Self::OrderNumber => "Done. I no longer remember your order number.",
            Self::Email => "Done. I no longer remember your e-mail address.",
            Self::Phone => "Done. I no longer remember your phone number.",
            Self::Language => "Done. I no longer remember your language.",
            Self::Preferences => "Done. I no longer remember your preferences.",
        }
    }
}

/// In the language of the wish.
fn done(wish: &str) -> &'static str {
    let begins = |words: &[&str]| words.iter().any(|word| wish.to_lowercase().starts_with(word));
    if begins(&["verg", "lösch"]) {
        "Erledigt. Ich erinnere mich an nichts mehr über Sie. Was hier geschrieben wurde, bleibt im Verlauf unserer Gespräche."
    } else if begins(&["oubl", "effac", "supprim"]) {
        "C’est fait. Je ne me souviens plus de rien à votre sujet. Ce qui a été écrit ici reste dans l’historique de nos conversations."
    } else if begins(&["olv", "borr"]) {
        "Hecho. Ya no recuerdo nada sobre usted. Lo que se ha escrito aquí queda en el historial de nuestras conversaciones."
    } else {
        About::Everything.done()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Patterns;
    use super::*;

    fn wish(text: &str) -> Option<About> {
        Patterns::shared().wish_to_forget(text).map(|wish| wish.about)
    }

    #[test]
    fn whoever_wants_to_be_forgotten_is_understood() {
        for said in [
            "Forget me",
            "please forget me.",
            "Hi, can you please forget everything you know about me?",
            "Delete what you remember about me",
            "delete everything you have stored about me please",
            "I want you to erase all you know about me",
            "wipe your memory of me",
            "Forget everything about me!",
            "Bitte vergiss mich",
            "Löschen Sie alles, was Sie über mich wissen",
            "Oubliez-moi",
            "Olvida todo lo que sabes sobre mí",
        ] {
            assert_eq!(wish(said), Some(About::Everything), "{said}");
        }
        for (said, about) in [
            ("forget my order number", About::OrderNumber),
            ("Please forget my name.", About::Name),
            ("could you forget my phone number?", About::Phone),
            ("delete my email address from your memory", About::Email),
            ("forget my preferences", About::Preferences),
        ] {
            assert_eq!(wish(said), Some(about), "{said}");
        }
    }

    #[test]
    fn other_wishes_are_not_mistaken_for_it() {
        for said in [
            "don't forget me",
            "did you forget me?",
            "you forgot me",
            "I forgot my password",
            "forget my order",
            "Forget it",
            "forget about it",
            "delete my account",
            "remove my phone number",
            "delete all my items",
            "everyone forgets about me",
            "forget me not seeds",
        ] {
            assert_eq!(wish(said), None, "{said}");
        }
    }

    #[test]
    fn the_answer_is_in_the_language_of_the_wish() {
        let answer = |said| Patterns::shared().wish_to_forget(said).unwrap().done;
        assert!(answer("vergiss mich").starts_with("Erledigt"));
        assert!(answer("forget me").starts_with("Done"));
        assert!(About::Preferences.covers("preferred_shipping") && !About::Preferences.covers(NAME));
    }
}
