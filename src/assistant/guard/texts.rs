//! What is said in the place of what may not be said, in a few languages; English where the customer's is none of them.

/// The most subjects that a refusal names.
const SUBJECTS_NAMED: usize = 5;

/// The fixed texts of one language.
pub(super) struct Texts {
    /// A topic is not spoken of, or an answer could not be sent.
    pub declined: &'static str,
    /// A promise was held back; it asks whether a human should be fetched.
    pub human: &'static str,
    /// Offers a human.
    pub offer: &'static str,
    /// Before the subjects that it is for.
    scope: &'static str,
    /// Between the last two subjects.
    and: &'static str,
}

/// The texts in a language (ISO 639-1).
pub(super) fn of(language: &str) -> &'static Texts {
    match language {
        "de" => &GERMAN,
        "es" => &SPANISH,
        "fr" => &FRENCH,
        "it" => &ITALIAN,
        "pt" => &PORTUGUESE,
        "nl" => &DUTCH,
        _ => &ENGLISH,
    }
}

impl Texts {
    /// A polite refusal that names what it is for.
    pub(super) fn out_of_scope(&self, subjects: &[String]) -> String {
        let named = &subjects[..subjects.len().min(SUBJECTS_NAMED)];
        let list = match named {
            [] => return self.declined.to_owned(),
            [only] => only.clone(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.and),
        };
        format!("{} {list}.", self.scope)
    }
}

static ENGLISH: Texts = Texts {
    declined: "I'm sorry, I can't help with that here.",
    human: "I can't promise that myself. Would you like me to connect you with a human agent?",
    offer: "Would you like me to connect you with a human agent?",
    scope: "I'm sorry, I can only help with questions about",
    and: "and",
};

static GERMAN: Texts = Texts {
    declined: "Dabei kann ich hier leider nicht helfen.",
    human: "Das kann ich selbst nicht zusagen. Soll ich Sie mit einer Mitarbeiterin oder einem Mitarbeiter verbinden?",
    offer: "Soll ich Sie mit einer Mitarbeiterin oder einem Mitarbeiter verbinden?",
    scope: "Leider kann ich nur bei Fragen zu diesen Themen helfen:",
    and: "und",
};

static SPANISH: Texts = Texts {
    declined: "Lo siento, no puedo ayudarle con eso aquí.",
    human: "Eso no puedo prometerlo yo. ¿Quiere que le ponga en contacto con un agente?",
    offer: "¿Quiere que le ponga en contacto con un agente?",
    scope: "Lo siento, solo puedo ayudarle con preguntas sobre",
    and: "y",
};

static FRENCH: Texts = Texts {
    declined: "Je suis désolé, je ne peux pas vous aider à ce sujet ici.",
    human: "Je ne peux pas le promettre moi-même. Souhaitez-vous que je vous mette en relation avec un conseiller ?",
    offer: "Souhaitez-vous que je vous mette en relation avec un conseiller ?",
    scope: "Je suis désolé, je ne peux répondre qu'aux questions sur",
    and: "et",
};

static ITALIAN: Texts = Texts {
    declined: "Mi dispiace, qui non posso aiutarla con questo.",
    human: "Questo non posso prometterlo io. Desidera che la metta in contatto con un operatore?",
    offer: "Desidera che la metta in contatto con un operatore?",
    scope: "Mi dispiace, posso rispondere solo a domande su",
    and: "e",
};

static PORTUGUESE: Texts = Texts {
    declined: "Lamento, não posso ajudar com isso aqui.",
    human: "Isso eu não posso prometer. Deseja que eu o ponha em contacto com um agente?",
    offer: "Deseja que eu o ponha em contacto com um agente?",
    scope: "Lamento, só posso ajudar com perguntas sobre",
    and: "e",
};

static DUTCH: Texts = Texts {
    declined: "Het spijt me, daar kan ik hier niet mee helpen.",
    human: "Dat kan ik zelf niet toezeggen. Zal ik u doorverbinden met een medewerker?",
    offer: "Zal ik u doorverbinden met een medewerker?",
    scope: "Het spijt me, ik kan alleen helpen met vragen over",
    and: "en",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_what_it_is_for() {
        let subjects: Vec<String> = ["orders", "returns", "shipping"].map(str::to_owned).into();
        assert_eq!(
            of("en").out_of_scope(&subjects),
            "I'm sorry, I can only help with questions about orders, returns and shipping."
        );
        assert_eq!(of("de").out_of_scope(&subjects[..1]), format!("{} orders.", GERMAN.scope));
        assert_eq!(of("xx").out_of_scope(&[]), ENGLISH.declined);
    }
}
