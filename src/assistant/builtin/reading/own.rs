//! Whether a question asks for what only the customer's own records say: "when is my appointment", "how many points do I
//! have". No general fact answers that. What a rule or a way is asked for is not meant: "how long does my warranty last",
//! "how do I change my address".

use super::language::Tongue;

/// What a question about the customer's own record may be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// Only with where the customer finds it.
    Value,
    /// With that, or with a rule that names the very thing: "points expire after 24 months" for "when do my points expire".
    Course,
}

/// How long the name of something may be, in words.
const NAME_MAX_WORDS: usize = 3;

/// How many words may stand between the word that asks and the verb: "which plan".
const ASKED_MAX_WORDS: usize = 4;

/// The most words that follow a verb of state at the end: "ready for collection today".
const AFTER_STATE_MAX_WORDS: usize = 3;

const MINE: &[&str] = &["my", "our"];
const ME: &[&str] = &["i", "we"];
const IS: &[&str] = &["is", "are", "was", "were"];
const WHAT: &[&str] = &["what", "which", "when", "where", "who"];
const HOW_MUCH: &[&str] = &["much", "many", "high", "big", "large"];

/// Words that go on where the name of something has ended, and change nothing.
const NOW: &[&str] = &[
    "now",
    "today",
    "tomorrow",
    "tonight",
    "currently",
    "yet",
    "already",
    "still",
    "again",
    "exactly",
    "please",
    "right",
    "at",
    "the",
    "moment",
    "this",
    "next",
    "week",
    "month",
    "year",
    "on",
    "due",
    "over",
    "left",
    "remaining",
    "up",
    "then",
    "here",
    "so",
    "far",
    "with",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "for",
    "in",
    "scheduled",
    "booked",
    "last",
    "time",
];

/// Words that end the name of something and begin a condition or another thought.
const GOES_ON: &[&str] = &[
    "to", "if", "when", "for", "in", "on", "because", "that", "and", "or", "after", "before", "during", "while",
    "with", "from", "by", "as", "at", "once", "unless", "without", "until", "about", "like", "not",
];

/// What everybody has alike, so that asking for it asks for a rule.
const COMMON_TO_ALL: &[&str] = &[
    "option",
    "options",
    "right",
    "rights",
    "choice",
    "choices",
    "possibility",
    "possibilities",
    "alternative",
    "alternatives",
    "time",
    "warranty",
    "guarantee",
    "data",
    "information",
    "privacy",
    "chance",
    "chances",
    "attempt",
    "attempts",
    "try",
    "tries",
    "step",
    "steps",
    "zeit",
    "tiempo",
    "temps",
    "tempo",
    "tijd",
    "problem",
    "anspruch",
    "recht",
];

/// What one is, or is with.
const AM: &[&str] = &[
    "on",
    "in",
    "using",
    "paying",
    "registered",
    "booked",
    "subscribed",
    "enrolled",
    "signed",
    "logged",
    "with",
    "due",
    "scheduled",
    "at",
    "a",
    "an",
];

/// What one may be doing without a record of it.
const GENERAL_DOINGS: &[&str] = &["doing", "going", "being", "missing", "saving"];

/// How something of one's own may be just now.
const STATES: &[&str] = &[
    "ready",
    "back",
    "here",
    "done",
    "finished",
    "available",
    "active",
    "confirmed",
    "approved",
    "shipped",
    "sent",
    "dispatched",
    "paid",
    "booked",
    "processed",
    "received",
    "delivered",
    "arrived",
    "way",
    "yet",
    "already",
    "still",
    "repaired",
    "completed",
    "refunded",
    "locked",
    "blocked",
    "suspended",
];

const REQUESTS: &[&str] = &["can", "could", "would", "will", "please", "check", "look", "tell", "show", "give"];
const TELL: &[&str] = &["tell", "know", "check", "say", "see", "find"];

/// What kind of own record a question asks for, if any. Beside English, verbs stand before their subject too.
pub(super) fn own(said: &[&str], tongue: Tongue<'_>) -> Option<Own> {
    let said = written_out(said);
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let said = said.as_slice();
    if asks_for_a_way(said) || said.contains(&"if") || said.contains(&"why") {
        return None;
    }
    let asks =
        said.iter().position(|word| WHAT.contains(word)).filter(|_| !said.contains(&"how")).or_else(|| how_much(said));
    let is_value = asks.is_some_and(|at| is_mine(&said[at..]))
        || asks_what_i_have(said, asks)
        || asks_for_a_state(said)
        || asks_whether_it_came(said)
        || asks_to_be_told(said, asks);
    if is_value {
        return Some(Own::Value);
    }
    let at = asks?;
    let is_course = takes_its_course(&said[at..]) || tongue.0.is_some() && verb_before_mine(&said[at..]);
    is_course.then_some(Own::Course)
}

/// "what's" as two words.
fn written_out(said: &[&str]) -> Vec<String> {
    let short = |word: &str| ["whats", "wheres", "whens", "whos", "hows"].contains(&word);
    let parts = said.iter().flat_map(|word| match word.strip_suffix('s').filter(|_| short(word)) {
        Some(asks) => vec![asks.to_owned(), "is".to_owned()],
        None => vec![(*word).to_owned()],
    });
    parts.collect()
}

fn follows(said: &[&str], first: &[&str], second: &[&str]) -> Option<usize> {
    said.windows(2).position(|two| first.contains(&two[0]) && second.contains(&two[1]))
}

/// "How do I", "where can I", "can I", "what happens to".
fn asks_for_a_way(said: &[&str]) -> bool {
    let may = &["can", "could", "may", "might", "should", "must", "would"];
    let open = follows(said, &["how", "where"], &["do", "can", "could", "to", "would", "should", "may"]).is_some();
    open || follows(said, may, ME).is_some() || follows(said, &["what"], &["happens", "if"]).is_some()
}

/// Where "how much" or "how many" begins.
fn how_much(said: &[&str]) -> Option<usize> {
    follows(said, &["how"], HOW_MUCH)
}

/// "When is my appointment", "how much is left on my card".
fn is_mine(said: &[&str]) -> bool {
    let Some(mine) = said.iter().position(|word| MINE.contains(word)) else { return false };
    let before = &said[..mine];
    let Some(is) = before.iter().position(|word| IS.contains(word)) else { return false };
    let between = &before[is + 1..];
    let joins = match between {
        [] => true,
        [.., "of"] => between.len() <= NAME_MAX_WORDS,
        [.., "on" | "in"] => between.len() <= NAME_MAX_WORDS && said.first() == Some(&"how"),
        _ => false,
    };
    let subject = &before[1..is];
    is <= ASKED_MAX_WORDS
        && joins
        && !subject.iter().any(|word| ME.contains(word) || *word == "you")
        && names_one_thing(&said[mine + 1..])
}

/// Whether the rest is the name of something and no more than when.
fn names_one_thing(rest: &[&str]) -> bool {
    let end = rest.iter().rposition(|word| !NOW.contains(word)).map_or(0, |at| at + 1);
    let name = &rest[..end];
    let is_done = name.len() > 1 && name.last().is_some_and(|last| is_participle(last));
    (1..=NAME_MAX_WORDS).contains(&name.len())
        && !is_done
        && !name.iter().any(|word| GOES_ON.contains(word) || COMMON_TO_ALL.contains(word))
}

fn is_participle(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed")
        || ["kept", "sent", "held", "taken", "done", "made", "paid", "used"].contains(&word)
}

/// "How many points do I have", "what did I pay", "which plan am I on", "have I paid".
fn asks_what_i_have(said: &[&str], asks: Option<usize>) -> bool {
    let Some(at) = follows(said, &["do", "did", "have", "had", "am", "are", "was", "were"], ME) else { return false };
    let opens = at == 0 || asks.is_some_and(|asks| asks < at && at - asks <= ASKED_MAX_WORDS + 1);
    let asked = &said[asks.filter(|asks| *asks < at).unwrap_or(at)..at];
    let rest: Vec<&str> = said[at + 2..]
        .iter()
        .copied()
        .filter(|word| !["currently", "still", "already", "now"].contains(word))
        .collect();
    let common = asked.iter().chain(rest.iter().take(NAME_MAX_WORDS)).any(|word| COMMON_TO_ALL.contains(word));
    if !opens || common || rest.contains(&"when") {
        return false;
    }
    let left = rest.contains(&"left") || rest.contains(&"remaining");
    match (said[at], rest.as_slice()) {
        ("do", ["owe", ..]) => true,
        ("do", ["have" | "get", "to", ..]) | ("have" | "had", ["to" | "any", ..]) => false,
        ("have", ["got", after @ ..]) => is_end(after),
        ("do", ["have", after @ ..]) => (left || !counts_time(asked)) && (is_end(after) || at == 0 && takes_one(after)),
        ("have" | "had" | "did", _) => true,
        ("am" | "are" | "was" | "were", [first, ..]) => {
            AM.contains(first) || first.ends_with("ing") && !GENERAL_DOINGS.contains(first)
        }
        _ => false,
    }
}

fn counts_time(asked: &[&str]) -> bool {
    asked.iter().any(|word| super::question::is_time_unit(word.trim_end_matches('s')))
}

/// Nothing more, or only on what of one's own: "on my account".
fn is_end(rest: &[&str]) -> bool {
    rest.iter().all(|word| NOW.contains(word)) || rest.iter().any(|word| MINE.contains(word))
}

fn takes_one(rest: &[&str]) -> bool {
    rest.first().is_some_and(|word| ["a", "an", "any", "another", "some", "open"].contains(word))
}

/// "Is my bike ready", "has my refund been sent", "was my payment taken".
fn asks_for_a_state(said: &[&str]) -> bool {
    match said {
        [_, mine, ..] if !MINE.contains(mine) => false,
        ["has" | "have" | "had" | "did" | "was" | "were", ..] => true,
        ["is" | "are", _, rest @ ..] => {
            let at = rest.iter().rposition(|word| STATES.contains(word));
            at.is_some_and(|at| at > 0 && rest.len() - at <= AFTER_STATE_MAX_WORDS + 1)
        }
        _ => false,
    }
}

/// "Have you received my letter", "did you get the bike that I sent", "do you have my address".
fn asks_whether_it_came(said: &[&str]) -> bool {
    let own = |rest: &[&str]| rest.iter().any(|word| MINE.contains(word) || ME.contains(word) || *word == "me");
    match said {
        ["have", "you", "any" | "a" | "an" | "got", ..] => false,
        ["did" | "have" | "has", "you" | "they" | "anyone" | "anybody" | "someone" | "somebody", rest @ ..] => {
            own(rest)
        }
        ["do", "you", "have", mine, ..] => MINE.contains(mine),
        _ => false,
    }
}

/// "Tell me my balance", "can you check my order", "do you know when my appointment is", "any news about my claim".
fn asks_to_be_told(said: &[&str], asks: Option<usize>) -> bool {
    let Some(mine) = said.iter().position(|word| MINE.contains(word)) else { return false };
    let requests = said.first().is_some_and(|first| REQUESTS.contains(first));
    let told = match &said[..mine] {
        [.., "status" | "state" | "balance" | "news" | "update" | "updates", "of" | "on" | "about"] => true,
        [.., "tell" | "show" | "give", "me"] | [.., "check" | "up"] => requests,
        _ => false,
    };
    let before = asks.filter(|asks| *asks < mine && said[..*asks].iter().any(|word| TELL.contains(word)));
    let rest = &said[mine + 1..];
    let embedded = before.is_some()
        && rest
            .iter()
            .rposition(|word| IS.contains(word))
            .is_some_and(|is| is > 0 && rest[is + 1..].iter().all(|word| NOW.contains(word)));
    told && names_one_thing(rest) || embedded
}

/// "When does my trial end", "how much will my plan cost".
fn takes_its_course(said: &[&str]) -> bool {
    let timed = matches!(said, ["when", ..] | ["what", "time", ..] | ["which", "day", ..] | ["how", "much", ..]);
    let does = follows(said, &["does", "do", "will", "would", "did"], MINE);
    timed && does.is_some_and(|at| !said[at + 2..].iter().any(|word| ["if", "when", "after", "before"].contains(word)))
}

/// "Wann endet mein Vertrag": the verb comes before what it is about.
fn verb_before_mine(said: &[&str]) -> bool {
    let timed = matches!(said, ["when" | "where", ..] | ["what", "time", ..] | ["how", "much", ..]);
    let mine = said.iter().position(|word| MINE.contains(word));
    timed
        && mine.is_some_and(|at| {
            at <= ASKED_MAX_WORDS
                && !said[..at].iter().any(|word| ME.contains(word))
                && names_one_thing(&said[at + 1..])
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Own> {
        let text = text.to_lowercase().replace('\'', "");
        let said: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        own(&said, Tongue::default())
    }

    #[test]
    fn what_only_the_customers_own_record_says_is_known_as_such() {
        for text in [
            "When is my appointment?",
            "What is my customer number?",
            "What's my balance?",
            "What time is my appointment tomorrow?",
            "Who is the owner of our workspace?",
            "How much is left on my gift card?",
            "How many points do I have?",
            "how many points have i got",
            "What plan am I on?",
            "Which doctor am I registered with?",
            "What medicines am I taking?",
            "What was my blood pressure last time?",
            "How many users do we have?",
            "How many hours did I track this week?",
            "How many days of vacation do I have left?",
            "Do I have an appointment tomorrow?",
            "Have I paid the last invoice?",
            "Am I an administrator?",
            "Where is my refund?",
            "Is my bike ready for collection?",
            "Has my refund been sent?",
            "Have you received my letter?",
            "Did you get the helmet that I sent back?",
            "Can you tell me when my contract is over?",
            "Please check my points",
            "Any news about my claim?",
        ] {
            assert_eq!(asked(text), Some(Own::Value), "{text}");
        }
        for text in ["When does my trial end?", "When will my parcel arrive?", "How much does my plan cost?"] {
            assert_eq!(asked(text), Some(Own::Course), "{text}");
        }
    }

    #[test]
    fn a_rule_or_a_way_is_nobodys_own_record() {
        for text in [
            "How do I change my address?",
            "Can I return my bike?",
            "What happens to my points when I leave?",
            "How long does my warranty last?",
            "How many days do I have to return it?",
            "How long do I have to pay my bill?",
            "Do I have to pay for my luggage?",
            "Do I have a right to a refund?",
            "Where do I find my invoices?",
            "Where is my data stored?",
            "What is included in our plan?",
            "When is my card charged?",
            "What should I do when my payment fails?",
            "Is my data encrypted?",
            "Why was my payment declined?",
            "How can I check my balance?",
            "What are my options?",
            "Does my insurance pay for that?",
            "Have you got anything for my knee?",
            "How many users can I have on the free plan?",
            "I forgot my password",
        ] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
