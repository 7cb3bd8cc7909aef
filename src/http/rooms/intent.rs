//! The document's six intents.

/// Which of the document's intents one of the assistant's is. Whatever has a topic of its own is an inquiry about it.
pub(super) fn word(intent: &str) -> &'static str {
    match intent {
        "greet" | "greeting" => "greeting",
        "complaint" | "damaged_item" | "payment_problem" => "complaint",
        "feedback" | "thanks" => "feedback",
        "request_human" | "support" | "technical_support" => "support",
        "" | "unknown" | "other" | "goodbye" | "affirm" | "deny" => "uncategorized",
        _ => "inquiry",
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn every_intent_is_one_of_the_documents() {
        for (intent, expected) in [
            ("greet", "greeting"),
            ("damaged_item", "complaint"),
            ("return_policy", "inquiry"),
            ("order_status", "inquiry"),
            ("request_human", "support"),
            ("thanks", "feedback"),
            ("unknown", "uncategorized"),
        ] {
            assert_eq!(word(intent), expected, "{intent}");
        }
    }
}
