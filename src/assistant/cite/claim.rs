//! Which sentences claim something that an organization could be held to: numbers, prices, durations, dates, and what is
//! allowed, offered or free. Decided by plain signs, so that anybody can say beforehand what will be checked; a sentence
//! without them is talk. A question, an offer and an admission of not knowing claim nothing.

use std::sync::LazyLock;

use regex::Regex;

use super::words::Folded;

/// What is said of an organization's rules, prices and services.
static RULES: LazyLock<Regex> = LazyLock::new(|| {
    let subject = r"(?:we|our (?:\w+ ){1,3}|the (?:\w+ ){1,3}|it|they|this|these|returns?|refunds?|orders?|items?|deliver(?:y|ies)|shipping|exchanges?)";
    let does = r"(?:accept|offer|ship|deliver|refund|charge|provide|support|guarantee|allow|cover|include|open|close|replace|repair|require|exchange)s?";
    let nouns = r"(?:return|refund|exchange|cancel|warrant|guarantee|ship|deliver|discount|subscription|pay|charge|fee|cost|replace|repair|coupon|voucher)";
    let patterns = [
        format!(r"\b{subject} ?(?:also |only |always |never |can |will |may |do |does |do not |don.?t |cannot |can.?t |won.?t )*{does}\b"),
        format!(r"\byou (?:can|may|must|cannot|can.?t|have to|need to|are (?:not )?(?:allowed|eligible|entitled))\b.*\b{nouns}"),
        r"\b(?:is|are|comes?|was|were) (?:not |always |also |completely )?(?:free|included|covered|refundable|non.?refundable|guaranteed|allowed|eligible|waterproof|compatible|open|closed)\b".to_owned(),
        r"\b(?:policy|warranty|guarantee)\b.*\b(?:is|are|covers?|lasts?|allows?|states?|says?)\b".to_owned(),
        r"\b(?:euros?|dollars?|percent|prozent)\b".to_owned(),
        r"\b(?:kostenlos|kostenfrei|gratis|gratuite?s?|garantie|garantía|rückgabe(?:recht|frist)|umtausch|erstatte[nt]|rembours\w+|reembols\w+|devoluci\w+ (?:es|son)|livraison (?:est|gratuite))\b".to_owned(),
    ];
    Regex::new(&format!("(?i){}", patterns.join("|"))).expect("the pattern is read by a test")
});

/// What is not known, offered or wished claims nothing.
static TALK: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        r"\bi (?:do not|don.?t|can ?not|can.?t|could ?n.?t|could not) (?:\w+ )?(?:know|find|have|see|say|confirm|tell|help|answer)",
        r"\bi.?(?:m| am) (?:not (?:sure|certain|able)|unable)\b",
        r"\b(?:would|shall|should) (?:you|i)\b",
        r"\b(?:i|we) can (?:connect|transfer|hand|pass|check|look)\b",
        r"\bi.?(?:ll|d| will| would) (?:be |gladly |happily )*(?:glad|happy|check|look|connect|need|help|ask)\b",
        r"\bplease (?:tell|share|give|send|provide|wait|hold|confirm|describe)\b",
        r"\b(?:could you|can you|let me|let us)\b",
        r"\bich (?:weiß|kann|habe) .*(?:nicht|leider|keine)\b",
        r"\bno (?:lo )?sé\b|\bje ne (?:sais|trouve) pas\b",
    ];
    Regex::new(&format!("(?i){}", patterns.join("|"))).expect("the pattern is read by a test")
});

/// Words for money, and for what an organization gives and does: no customer's own word makes such a thing true.
static OURS: LazyLock<Regex> = LazyLock::new(|| {
    let begins = concat!(
        "return|refund|reimburs|exchange|cancel|warrant|guarant|ship|deliver|discount|rebate|coupon|voucher|promo|promis|",
        "subscri|pay|paid|charge|fee|cost|pric|amount|sum|total|money|cash|credit|balance|points|bonus|compensat|replac|",
        "repair|invoice|bill|owe|entitl|eligib|agree|grant|receiv|waive|gift|reward|worth|euro|eur|dollar|usd|pound|gbp|",
        "percent|erstatt|rückerstatt|rückgabe|rabatt|gutschein|gutschrift|guthaben|preis|kost|gebühr|betrag|versand|",
        "liefer|zahl|bezahl|garant|versproch|prozent|umtausch|rembours|prix|remise|livraison|frais|montant|pourcent|",
        "reembols|devoluc|preci|descuent|envío|importe|pago|rimbors|prezzo|sconto|terugbetal|korting|prijs"
    );
    Regex::new(&format!(r"(?i)\b(?:{begins})|\b(?:gets?|got|give|back|free|off)\b|[$€£¥%]"))
        .expect("the pattern is read by a test")
});

/// Marks before an item of a list.
static LIST_MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:(?:[-*•]|\d{1,2}[.)])\s+)+").expect("the pattern is read by a test"));

/// Whether a sentence, or as much of one as is there, names a number that nobody has told yet.
pub(super) fn names_news(sentence: &str, known: impl Fn(&str) -> bool) -> bool {
    !asks(sentence) && Folded::new(without_list_mark(sentence)).numbers().any(|number| !known(number))
}

/// Whether it says what the organization's rules, prices or services are.
pub(super) fn states_rule(sentence: &str) -> bool {
    !asks(sentence) && RULES.is_match(sentence) && !TALK.is_match(sentence)
}

/// Whether a text speaks of money, or of what an organization gives or does for its customers.
pub(super) fn is_our_matter(text: &str) -> bool {
    OURS.is_match(text)
}

/// The sentence without the number that it has in a list.
pub(super) fn without_list_mark(sentence: &str) -> &str {
    LIST_MARK.find(sentence).map_or(sentence, |mark| sentence.get(mark.end()..).unwrap_or_default())
}

fn asks(sentence: &str) -> bool {
    sentence.trim_end().ends_with('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims_something(sentence: &str) -> bool {
        names_news(sentence, |number| number == "88112") || states_rule(sentence)
    }

    #[test]
    fn numbers_prices_durations_and_rules_are_claims() {
        for claim in [
            "You have 30 days.",
            "You have thirty days.",
            "It costs €5.",
            "There is a ten percent fee.",
            "Our return policy is simple and allows everything.",
            "Yes, we ship to Norway.",
            "You can return worn shoes.",
            "Shipping is free.",
            "Orders are refundable.",
            "We offer refunds for all items.",
            "They also deliver on Sundays.",
            "Der Versand ist kostenlos.",
            "I'm happy to say that you get 20 % off.",
            "The store is open on Sunday.",
        ] {
            assert!(claims_something(claim), "{claim}");
        }
    }

    #[test]
    fn talk_questions_and_what_was_told_before_are_none() {
        for talk in [
            "Hello! How can I help you?",
            "I'd be happy to help with your refund.",
            "I do not know whether we ship to Norway.",
            "Could you tell me your order number?",
            "Let me connect you with a colleague who can refund you.",
            "Do you mean the 30 days?",
            "Your order is 88112.",
            "Thank you for waiting!",
            "I can connect you with a human agent.",
            "- Sure.",
            "I'm sorry, I couldn't find our warranty in what I have.",
        ] {
            assert!(!claims_something(talk), "{talk}");
        }
    }
}
