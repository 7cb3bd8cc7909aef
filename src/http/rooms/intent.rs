//! The document's six intents.

/// The six words of the document, in its order.
pub(super) const WORDS: [&str; 6] = ["greeting", "complaint", "inquiry", "support", "feedback", "uncategorized"];

/// Which of the document's six words an intent is. Wishes that somebody must act on are support, whatever else has a topic of
/// its own is an inquiry about it.
pub(super) fn word(name: &str) -> &'static str {
    match name {
        "greet" | "greeting" | "goodbye" => "greeting",
        "complaint" | "damaged_item" | "payment_problem" => "complaint",
        "feedback" | "thanks" => "feedback",
        "support" | "request_human" | "order_number_help" | "cancel_order" | "change_order" | "exchange" | "refund"
        | "password_reset" | "account_details" => "support",
        "" | "unknown" | "other" | "none" | "uncategorized" | "affirm" | "deny" => "uncategorized",
        _ => "inquiry",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the starter knowledge can understand, by the document's word for it.
    const EXPECTED: [(&str, &[&str]); 6] = [
        ("greeting", &["greet", "goodbye"]),
        ("complaint", &["complaint", "damaged_item", "payment_problem"]),
        (
            "inquiry",
            &[
                "capabilities",
                "bot_identity",
                "contact_details",
                "order_inquiry",
                "order_status",
                "return_policy",
                "shipping_time",
                "shipping_cost",
                "international_shipping",
                "warranty",
                "payment_methods",
                "discount",
                "invoice",
                "privacy",
                "opening_hours",
                "contact",
            ],
        ),
        (
            "support",
            &[
                "request_human",
                "order_number_help",
                "refund",
                "exchange",
                "cancel_order",
                "change_order",
                "password_reset",
                "account_details",
            ],
        ),
        ("feedback", &["thanks", "feedback"]),
        ("uncategorized", &["affirm", "deny", "unknown", ""]),
    ];

    #[test]
    fn every_intent_of_the_starter_knowledge_has_one_of_the_six_words() {
        for (expected, intents) in EXPECTED {
            assert!(WORDS.contains(&expected));
            for name in intents {
                assert_eq!(word(name), expected, "{name}");
            }
        }
        let knowledge: toml::Table = include_str!("../../../knowledge.toml").parse().unwrap();
        for topic in knowledge["topic"].as_array().unwrap() {
            for key in ["intent", "filled"] {
                let Some(name) = topic.get(key).and_then(toml::Value::as_str) else { continue };
                assert!(EXPECTED.iter().any(|(_, known)| known.contains(&name)), "{name} is in no list");
            }
        }
    }

    #[test]
    fn a_word_of_the_document_is_itself_and_anything_else_is_an_inquiry() {
        for name in WORDS {
            assert_eq!(word(name), name);
        }
        assert_eq!(word("whatever_a_model_says"), "inquiry");
    }
}
