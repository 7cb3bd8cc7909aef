//! From what was heard to one action: hand over, ask for a value, answer, or say that it is not known.

use std::borrow::Cow;

use super::entity::BareNumber;
use super::intent::Match;
use super::listen::Heard;
use super::{AFFIRM, Builtin, DENY, HUMAN_OFFER, Texts, Topic, UNKNOWN, personal};
use crate::assistant::{Speaker, Turn};
use crate::domain::{Action, Answer, Entity, Reading};

/// The most topics that one reply answers.
const ANSWERS_MAX: usize = 3;

/// The similarity that a value counts for when it was asked for.
const FILLED_SLOT_SCORE: f32 = 0.95;

/// The similarity from which something else was asked beside the yes or the value that was waited for.
const ASKED_BESIDE_SCORE: f32 = 0.75;

/// The similarity from which it is the confidence too.
const SURE_SCORE: f32 = 0.8;

/// The least confidence of what is answered at all.
const ANSWERED_CONFIDENCE: f32 = 0.7;

const ORDER_NUMBER: &str = "order_number";
const GREET: &str = "greet";
const REQUEST_HUMAN: &str = "request_human";

/// One turn's reply in the making.
struct Draft<'a> {
    builtin: &'a Builtin,
    turn: &'a Turn,
    texts: Cow<'a, Texts>,
    heard: Heard,
    entities: Vec<Entity>,
    /// The customer's.
    language: String,
    /// That of the fixed texts: the one that the organization has set, or else the customer's.
    ours: String,
}

/// What the turn wants done.
pub(super) fn decide(builtin: &Builtin, turn: &Turn) -> Action {
    let consults = turn.has_knowledge || !turn.passages.is_empty();
    let language = builtin.language_of(turn);
    let heard = if consults { builtin.consult(turn, &language) } else { builtin.listen(turn) };
    let bare = if awaits(turn, ORDER_NUMBER) || heard.wants.iter().any(|want| builtin.topic(want).slot.is_some()) {
        BareNumber::IsOrder
    } else {
        BareNumber::IsOrderWhenAlone
    };
    let entities = builtin.patterns.find(turn.messages.iter().map(AsRef::as_ref), bare);
    let ours = turn.rules.language.clone().unwrap_or_else(|| language.clone());
    let texts = builtin.knowledge.texts_in(turn.rules.style.as_str(), &ours);
    Draft { builtin, turn, texts, heard, entities, language, ours }.action()
}

fn awaits(turn: &Turn, slot: &str) -> bool {
    turn.pending_slot.as_deref() == Some(slot)
}

impl Draft<'_> {
    fn action(mut self) -> Action {
        if let Some(action) = self.human() {
            return action;
        }
        self.fill_slot();
        if !self.heard.found.is_empty() {
            return self.answer_found();
        }
        if self.heard.wants.iter().any(|want| !self.builtin.topic(want).small_talk) {
            self.heard.wants.retain(|want| !self.builtin.topic(want).small_talk);
            return self.answer_topics();
        }
        if self.heard.missed_question {
            return self.unknown();
        }
        self.small_talk().unwrap_or_else(|| self.unknown())
    }

    /// The customer asks for a human, or answers the offer of one.
    fn human(&self) -> Option<Action> {
        if let Some((want, reason)) =
            self.heard.wants.iter().find_map(|want| Some((want, self.builtin.topic(want).hand_over.as_ref()?)))
        {
            return Some(Action::HandOver {
                reason: reason.clone(),
                reading: self.reading(self.intent(want), confidence(want)),
            });
        }
        if !self.human_was_offered() {
            return None;
        }
        let asks_else = self.heard.missed_question || self.heard.wants.iter().any(|want| self.is_asked_beside(want));
        if (self.wants(AFFIRM).is_some() || self.heard.says_yes) && !asks_else {
            let reason = "The customer accepted the offer of a human.".to_owned();
            return Some(Action::HandOver { reason, reading: self.reading(REQUEST_HUMAN, FILLED_SLOT_SCORE) });
        }
        let declined = self.wants(DENY).filter(|_| self.heard.wants.len() == 1)?;
        Some(Action::Reply(Answer {
            text: self.texts.declined.clone(),
            reading: self.reading(DENY, confidence(declined)),
            ..Answer::default()
        }))
    }

    fn is_asked_beside(&self, want: &Match) -> bool {
        want.score >= ASKED_BESIDE_SCORE && !self.builtin.topic(want).small_talk
    }

    fn human_was_offered(&self) -> bool {
        let last = self.turn.history.last().filter(|line| line.speaker == Speaker::Assistant);
        let offers = |text: &str| self.builtin.knowledge.offers().any(|offer| text.ends_with(offer));
        awaits(self.turn, HUMAN_OFFER) || last.is_some_and(|line| offers(&line.text))
    }

    /// A value that came alone belongs to the topic that asks for it.
    fn fill_slot(&mut self) {
        self.take_guess();
        if self.named(ORDER_NUMBER).is_none() {
            return;
        }
        let builtin = self.builtin;
        let topics = &builtin.knowledge.topics;
        self.heard.wants.retain(|want| builtin.topic(want).unless.as_deref() != Some(ORDER_NUMBER));
        if awaits(self.turn, ORDER_NUMBER) {
            self.heard.wants.retain(|want| want.score >= ASKED_BESIDE_SCORE || builtin.topic(want).slot.is_some());
        }
        if self.heard.wants.iter().any(|want| !builtin.topic(want).small_talk) {
            return;
        }
        if let Some(topic) = topics.iter().position(|topic| topic.slot.as_deref() == Some(ORDER_NUMBER)) {
            self.heard.wants.push(Match { topic, score: FILLED_SLOT_SCORE, runner_up: 0.0 });
        }
    }

    /// A yes to the order that is remembered from before names it.
    fn take_guess(&mut self) {
        let says_yes = self.wants(AFFIRM).is_some() || self.heard.says_yes;
        if !says_yes || !awaits(self.turn, ORDER_NUMBER) || self.named(ORDER_NUMBER).is_some() {
            return;
        }
        if let Some(number) = personal::asked_order(self.turn) {
            self.entities.push(Entity { kind: ORDER_NUMBER.to_owned(), value: Some(number.to_owned()) });
        }
    }

    /// What the organization's own knowledge holds, then what topics add.
    fn answer_found(mut self) -> Action {
        let found = std::mem::take(&mut self.heard.found);
        let confidence = found.iter().map(|found| found.confidence).fold(1.0, f32::min);
        let intent = self.builtin.intent_of(self.turn, &self.language);
        let mut answer = Answer { reading: self.reading(&intent, confidence), ..Answer::default() };
        let mut in_english = false;
        for found in found.into_iter().take(ANSWERS_MAX) {
            in_english |= found.language == self.builtin.knowledge.language;
            push_paragraph(&mut answer.text, &found.text);
            if answer.sources.iter().all(|source| source.id != found.source.id) {
                answer.sources.push(found.source);
            }
        }
        let mut offers = false;
        let wants: Vec<Match> =
            self.heard.wants.iter().copied().filter(|want| !self.builtin.topic(want).small_talk).collect();
        self.heard.wants = wants;
        self.merge_slots();
        let mut asked = None;
        for want in &self.heard.wants {
            let topic = self.builtin.topic(want);
            match (&topic.slot, topic.ask_in(&self.ours), self.value_for(topic)) {
                (Some(slot), Some(ask), None) => asked = Some((slot.clone(), ask.clone())),
                _ => push_text(&mut answer.text, &self.filled_answer(topic)),
            }
            offers |= topic.offer_human;
        }
        if self.heard.missed_question {
            push_paragraph(&mut answer.text, &self.texts.also_unknown);
            offers = true;
        }
        if in_english {
            self.note_language(&mut answer);
        }
        self.finish(answer, asked, offers)
    }

    fn answer_topics(mut self) -> Action {
        self.merge_slots();
        self.heard.wants.truncate(ANSWERS_MAX);
        let Some(primary) = self.primary() else { return self.unknown() };
        let mut answer =
            Answer { reading: self.reading(self.intent(&primary), confidence(&primary)), ..Answer::default() };
        let mut asked = None;
        let (mut offers, mut translated) = (false, true);
        for want in &self.heard.wants {
            let topic = self.builtin.topic(want);
            let is_ours = topic.answers.contains_key(&self.ours);
            translated &= is_ours;
            if let (Some(slot), Some(ask), None) = (&topic.slot, topic.ask_in(&self.ours), self.value_for(topic)) {
                let is_own = topic.asks.contains_key(&self.ours);
                let ask = if is_own { ask.clone() } else { personal::ask_for_order(self.turn, slot, ask.clone()) };
                asked = Some((slot.clone(), ask));
                continue;
            }
            push_text(&mut answer.text, &self.filled_answer(topic));
            answer.sources.extend(topic.source());
            offers |= topic.offer_human;
        }
        if self.heard.missed_question {
            push_text(&mut answer.text, &self.texts.also_unknown);
            offers = true;
        }
        if !translated && !answer.text.is_empty() {
            self.note_language(&mut answer);
        }
        self.finish(answer, asked, offers)
    }

    fn finish(&self, mut answer: Answer, asked: Option<(String, String)>, offers: bool) -> Action {
        let offer = offers.then(|| (HUMAN_OFFER.to_owned(), self.texts.offer.clone()));
        let question = asked.or(offer);
        if let Some((_, question)) = &question {
            push_text(&mut answer.text, question);
        }
        if self.heard.greeted && !self.turn.history.iter().any(|line| line.speaker == Speaker::Assistant) {
            let greeting = personal::greeting(self.turn, &self.texts.greeting);
            answer.text = format!("{greeting} {}", answer.text).trim_start().to_owned();
        }
        match question {
            Some((slot, _)) => Action::AskFor { slot, answer },
            None => Action::Reply(answer),
        }
    }

    /// Says before an answer in the file's language that it is in another than the customer's.
    fn note_language(&self, answer: &mut Answer) {
        if let Some(note) = self.builtin.knowledge.answers_in.get(&self.language) {
            answer.text = format!("{note} {}", answer.text);
        }
    }

    /// Two topics that wait for the same value are one question.
    fn merge_slots(&mut self) {
        let topics = &self.builtin.knowledge.topics;
        let mut kept: Vec<Match> = Vec::new();
        for want in &self.heard.wants {
            let slot = &topics[want.topic].slot;
            match kept.iter_mut().find(|other| slot.is_some() && topics[other.topic].slot == *slot) {
                Some(other) if other.score < want.score => *other = *want,
                Some(_) => {}
                None => kept.push(*want),
            }
        }
        self.heard.wants = kept;
    }

    fn small_talk(&self) -> Option<Action> {
        let want = self.primary()?;
        let topic = self.builtin.topic(&want);
        let is_greeting = topic.intent == GREET;
        let answer = self.answer_of(topic);
        let text = if is_greeting { personal::greeting(self.turn, answer) } else { answer.to_owned() };
        Some(Action::Reply(Answer {
            text,
            reading: self.reading(self.intent(&want), confidence(&want)),
            ..Answer::default()
        }))
    }

    fn unknown(&self) -> Action {
        let text = self.texts.unknown.clone();
        let answer = Answer { text, reading: self.reading(UNKNOWN, self.heard.best_miss), ..Answer::default() };
        self.finish(answer, None, true)
    }

    fn primary(&self) -> Option<Match> {
        self.heard.wants.iter().copied().reduce(|best, want| if want.score > best.score { want } else { best })
    }

    fn wants(&self, intent: &str) -> Option<&Match> {
        self.heard.wants.iter().find(|want| self.builtin.topic(want).intent == intent)
    }

    fn intent<'b>(&'b self, want: &Match) -> &'b str {
        let topic = self.builtin.topic(want);
        topic.filled.as_ref().filter(|_| self.value_for(topic).is_some()).unwrap_or(&topic.intent)
    }

    fn reading(&self, intent: &str, confidence: f32) -> Reading {
        let mut entities: Vec<Entity> = Vec::with_capacity(self.entities.len() + 1);
        for want in &self.heard.wants {
            let Some(kind) = &self.builtin.topic(want).mentions else { continue };
            if entities.iter().all(|entity| entity.kind != *kind) {
                entities.push(Entity { kind: kind.clone(), value: None });
            }
        }
        entities.extend(self.entities.iter().cloned());
        Reading { intent: intent.to_owned(), confidence: (confidence * 100.0).round() / 100.0, entities }
    }

    fn named(&self, kind: &str) -> Option<&str> {
        self.entities.iter().rev().find(|entity| entity.kind == kind)?.value.as_deref()
    }

    /// The value that the topic waits for: named now, or known from before unless another one is meant.
    fn value_for(&self, topic: &Topic) -> Option<&str> {
        let slot = topic.slot.as_deref()?;
        let known = || self.turn.known.get(slot).map(String::as_str).filter(|_| !self.means_another());
        self.named(slot).or_else(known)
    }

    fn means_another(&self) -> bool {
        let says = |message: &str| {
            message
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| ["another", "different", "other", "second"].iter().any(|w| word.eq_ignore_ascii_case(w)))
        };
        self.turn.messages.iter().any(|message| says(message))
    }

    fn answer_of<'b>(&self, topic: &'b Topic) -> &'b str {
        topic.answer_in(&self.ours, self.turn.has_knowledge)
    }

    fn filled_answer(&self, topic: &Topic) -> String {
        match (&topic.slot, self.value_for(topic)) {
            (Some(slot), Some(value)) => self.answer_of(topic).replace(&format!("{{{slot}}}"), value),
            _ => self.answer_of(topic).to_owned(),
        }
    }
}

fn push_paragraph(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

fn push_text(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

/// Similarity, a little lower when another intent is near; never quite certain. What is just above the knowledge's floor
/// is right more often than its similarity says, so the span below [`SURE_SCORE`] is brought up to [`ANSWERED_CONFIDENCE`].
fn confidence(want: &Match) -> f32 {
    let near = want.score * (0.98 - 0.05 * want.runner_up / want.score.max(f32::MIN_POSITIVE));
    let span = (SURE_SCORE - ANSWERED_CONFIDENCE) / SURE_SCORE;
    if near < SURE_SCORE { ANSWERED_CONFIDENCE + near * span } else { near }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::LazyLock;

    use super::super::Knowledge;
    use super::*;
    use crate::assistant::Line;
    use crate::assistant::fixture::turn;

    static BUILTIN: LazyLock<Builtin> = LazyLock::new(|| Builtin::new(Knowledge::starter()));

    fn line(speaker: Speaker, text: &str) -> Line {
        Line { speaker, text: text.into() }
    }

    fn decide(turn: &Turn) -> Action {
        BUILTIN.decide(turn)
    }

    fn answer(action: &Action) -> &Answer {
        match action {
            Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => answer,
            Action::HandOver { .. } => panic!("no text: {action:?}"),
        }
    }

    fn named(answer: &Answer) -> Vec<(&str, Option<&str>)> {
        answer.reading.entities.iter().map(|entity| (entity.kind.as_str(), entity.value.as_deref())).collect()
    }

    fn hands_over(turn: &Turn) -> bool {
        matches!(decide(turn), Action::HandOver { .. })
    }

    #[test]
    fn an_order_without_a_number_is_asked_for_it() {
        let action = decide(&turn(&["Hello, I need help with my order"]));
        let Action::AskFor { slot, answer } = &action else { panic!("{action:?}") };
        assert_eq!(slot, "order_number");
        assert_eq!(
            answer.text,
            "Hi there! I'd be happy to help with your order. Could you please provide your order number?"
        );
        assert_eq!(answer.reading.intent, "order_inquiry");
        assert_eq!(named(answer), [("order", None)]);
        assert!((0.93..=0.97).contains(&answer.reading.confidence), "{}", answer.reading.confidence);
    }

    #[test]
    fn an_order_with_a_number_is_named_and_no_status_is_invented() {
        for said in
            ["I need help with my recent order number 12345", "Where is my order #12345?", "help with order 12345"]
        {
            let action = decide(&turn(&[said]));
            let answer = answer(&action);
            assert_eq!(answer.reading.intent, "order_status", "{said}");
            assert_eq!(named(answer), [("order", None), ("order_number", Some("12345"))], "{said}");
            assert!(answer.text.starts_with("I'll help you with your order #12345."), "{}", answer.text);
            assert!(answer.text.contains("no access to the order system"), "{}", answer.text);
            assert!(answer.reading.confidence > 0.6, "{said} {}", answer.reading.confidence);
        }
    }

    #[test]
    fn a_number_alone_fills_the_slot_that_was_asked_for() {
        for said in ["12345", "#12345", "it is 12345", "It's 12345, thanks", "my number is 12345"] {
            let mut turn = turn(&[said]);
            turn.pending_slot = Some("order_number".to_owned());
            let action = decide(&turn);
            assert_eq!(answer(&action).reading.intent, "order_status", "{said}");
            assert!(answer(&action).text.contains("#12345"), "{said}");
        }
    }

    #[test]
    fn a_number_known_from_before_is_not_asked_for_again() {
        let mut again = turn(&["so where is my order?"]);
        again.known.insert("order_number".to_owned(), "777".to_owned());
        assert!(answer(&decide(&again)).text.contains("#777"));
        again.messages = vec!["where is my other order?".into()];
        assert!(matches!(decide(&again), Action::AskFor { slot, .. } if slot == "order_number"));
    }

    #[test]
    fn a_greeting_is_greeted() {
        for said in ["Hello", "hi!", "Hello, how can I help you today?", "Hello, bot!", "good morning"] {
            let action = decide(&turn(&[said]));
            let Action::Reply(answer) = &action else { panic!("{said}: {action:?}") };
            assert_eq!(answer.reading.intent, "greet", "{said}");
            assert!(answer.reading.entities.is_empty());
            assert!(answer.reading.confidence >= 0.93, "{said} {}", answer.reading.confidence);
        }
    }

    #[test]
    fn a_question_that_the_knowledge_answers_is_answered_with_its_source() {
        let action = decide(&turn(&["What is your return policy?"]));
        let Action::Reply(answer) = &action else { panic!("{action:?}") };
        assert_eq!(answer.reading.intent, "return_policy");
        assert_eq!(answer.sources[0].title, "Return Policy");
        assert!(answer.text.contains("30 days"));
    }

    #[test]
    fn what_is_not_known_is_said_and_a_human_offered() {
        let action = decide(&turn(&["What is the capital of Peru?"]));
        let Action::AskFor { slot, answer } = &action else { panic!("{action:?}") };
        assert_eq!(slot, HUMAN_OFFER);
        assert_eq!(answer.reading.intent, "unknown");
        assert!(answer.reading.confidence < 0.5 && answer.sources.is_empty());
        assert!(answer.text.ends_with("human agent?"), "{}", answer.text);
    }

    #[test]
    fn yes_to_the_offer_hands_over_and_no_does_not() {
        for said in ["yes please", "Yes", "sure", "ok", "yes, that would be nice", "please do", "yeah go ahead"] {
            let mut turn = turn(&[said]);
            assert!(!hands_over(&turn), "{said}");
            turn.pending_slot = Some(HUMAN_OFFER.to_owned());
            assert!(hands_over(&turn), "{said}");
        }
        let mut turn = turn(&["no thanks"]);
        turn.history =
            vec![line(Speaker::Assistant, "I'm sorry. Would you like me to connect you with a human agent?")];
        assert_eq!(answer(&decide(&turn)).reading.intent, "deny");
        turn.messages = vec!["yes".into()];
        assert!(hands_over(&turn));
    }

    #[test]
    fn only_the_customers_own_words_hand_over() {
        let mut turn = turn(&["ok"]);
        turn.history = vec![
            line(Speaker::Assistant, "Would you like me to connect you with a human agent?"),
            line(Speaker::Customer, "I want to talk to a human"),
            line(Speaker::Marker, "The customer asked for a human. A human agent took over and handed back."),
        ];
        assert!(!hands_over(&turn));
        turn.messages = vec!["what is your return policy?".into()];
        assert!(!hands_over(&turn));
    }

    #[test]
    fn a_human_is_had_for_the_asking() {
        for said in [
            "I want to talk to a human",
            "agent please",
            "Can I speak to a real person?",
            "human",
            "get me an agent!!!",
            "let me speak with your manager",
            "please transfer me to a representative",
            "I'd like to chat with someone from your team",
            "is there a human i can talk to?",
            "AGENT",
            "put me through to an operator",
        ] {
            assert!(hands_over(&turn(&[said])), "{said}");
        }
        for said in ["are you human?", "I don't want to talk to a human", "what is your return policy"] {
            assert!(!hands_over(&turn(&[said])), "{said}");
        }
    }

    #[test]
    fn one_reply_takes_the_whole_burst_in() {
        let action = decide(&turn(&["hi", "what is your return policy?", "and how long does shipping take?"]));
        let both = answer(&action);
        assert!(
            both.text.starts_with("Hi there! You can return") && both.text.contains("3-5 business days"),
            "{}",
            both.text
        );
        assert_eq!(both.sources.len(), 2);
        let action = decide(&turn(&["where is", "my order"]));
        assert_eq!(answer(&action).reading.intent, "order_status");
        let action = decide(&turn(&["I need help with my order", "12345"]));
        assert!(answer(&action).text.contains("#12345"), "{action:?}");
        let action = decide(&turn(&["what is your return policy?", "and do you like jazz?"]));
        let part = answer(&action);
        assert!(part.text.contains("30 days") && part.text.contains("other part"), "{}", part.text);
    }

    #[test]
    fn a_burst_that_nothing_answers_is_not_answered_by_its_greeting() {
        let mut cats = turn(&["hi", "we want to come with 2 cats", "is that ok?"]);
        cats.has_knowledge = true;
        assert!(matches!(decide(&cats), Action::AskFor { slot, .. } if slot == HUMAN_OFFER));
        let mut greeting = turn(&["hi", "how are you?"]);
        greeting.has_knowledge = true;
        assert!(matches!(decide(&greeting), Action::Reply(_)));
    }

    #[test]
    fn two_wishes_in_one_sentence_are_both_answered() {
        let action = decide(&turn(&["I can't access my account and I was charged twice"]));
        assert!(answer(&action).text.contains("Forgot password") && answer(&action).text.contains("charged twice"));
        let action = decide(&turn(&["Thanks for your help. My order number is #12345."]));
        assert!(answer(&action).text.contains("#12345"), "{action:?}");
    }

    #[test]
    fn who_has_no_order_number_is_helped_to_find_it() {
        let mut lost = turn(&["I don't know my order number"]);
        lost.pending_slot = Some(ORDER_NUMBER.to_owned());
        let action = decide(&lost);
        assert_eq!(answer(&action).sources[0].id, "kb-order-number");
    }

    #[test]
    fn complaints_and_praise_are_told_apart() {
        let complaint = decide(&turn(&["This is the worst service ever, I'm so angry"]));
        assert_eq!(answer(&complaint).reading.intent, "complaint");
        assert!(matches!(complaint, Action::AskFor { slot, .. } if slot == HUMAN_OFFER));
        assert_eq!(answer(&decide(&turn(&["I love your shop, great service!"]))).reading.intent, "feedback");
    }

    #[test]
    fn any_text_gets_a_reply() {
        let long = "where is my order ".repeat(2_000);
        for said in [
            "?",
            "",
            "\u{0}\u{1F600}",
            "....",
            "ÄÖÜ ß",
            "#",
            "@@@@",
            "12",
            "#\u{a0}12345",
            long.as_str(),
            &"é".repeat(10_000),
        ] {
            let turn = Turn { messages: vec![Arc::from(said)], ..turn(&["x"]) };
            assert!(!answer(&decide(&turn)).text.is_empty());
        }
    }

    fn informed(said: &str, title: &str, text: &str) -> Turn {
        let source = crate::domain::Source::titled("d1".to_owned(), title.to_owned());
        let passage = crate::assistant::Passage { source, question: None, text: text.to_owned(), score: 0.9 };
        Turn { has_knowledge: true, passages: vec![passage], ..turn(&[said]) }
    }

    const GERMAN: &str =
        "# Sauna\n\nDie Sauna ist montags bis freitags von 14 bis 22 Uhr geöffnet. Der Eintritt kostet 12 Euro.\n";
    const ENGLISH: &str =
        "# Sauna\n\nThe sauna is open from Monday to Friday from 2 p.m. to 10 p.m. Admission costs 12 euros.\n";

    #[test]
    fn who_writes_german_reads_german() {
        let text = |said: &str, passage: &str| answer(&decide(&informed(said, "Sauna", passage))).text.clone();
        let own = text("Was kostet der Eintritt in die Sauna?", GERMAN);
        assert!(own.starts_with("Die Sauna ist"), "{own}");
        let foreign = text("Was kostet der Eintritt in die Sauna?", ENGLISH);
        assert!(foreign.starts_with("Ich kann auf Englisch antworten: The sauna is"), "{foreign}");
        let refused = text("Gibt es bei euch auch eine Kletterwand?", GERMAN);
        assert!(
            refused.starts_with("Darauf habe ich leider keine Antwort.") && refused.ends_with("verbinden?"),
            "{refused}"
        );
        assert!(text("Vielen Dank!", GERMAN).starts_with("Gern geschehen"));
        assert!(text("How much is admission to the sauna?", ENGLISH).starts_with("The sauna is"));
    }

    #[test]
    fn the_language_that_is_set_is_that_of_the_fixed_texts() {
        let mut turn = informed("Do you have a climbing wall?", "Sauna", GERMAN);
        let rules = crate::domain::AssistantSettings { language: Some("de".to_owned()), ..(*turn.rules).clone() };
        turn.rules = Arc::new(rules);
        assert!(answer(&decide(&turn)).text.starts_with("Darauf habe ich"));
        turn.history = vec![line(Speaker::Assistant, &answer(&decide(&turn)).text)];
        turn.messages = vec!["Ja, bitte".into()];
        assert!(hands_over(&turn));
    }

    #[test]
    fn what_is_in_the_customers_own_record_is_not_guessed_from_a_rule() {
        let plans = "# Plans\n\nThe plan Home costs 20 euros a month. The trial of a plan lasts 14 days.\n";
        for said in
            ["What plan am I on?", "When does my trial end?", "How many points do I have?", "Is my plan active yet?"]
        {
            let action = decide(&informed(said, "Plans", plans));
            assert!(matches!(&action, Action::AskFor { slot, .. } if slot == HUMAN_OFFER), "{said}: {action:?}");
            assert_eq!(answer(&action).reading.intent, UNKNOWN, "{said}");
        }
        let told = format!("{plans}\nYou find your plan in the app under \"Account\".\n");
        assert!(answer(&decide(&informed("What plan am I on?", "Plans", &told))).text.contains("Account"));
    }

    #[test]
    fn a_shops_topics_are_promised_to_shops_alone() {
        let text = |said: &str, passage: &str| answer(&decide(&informed(said, "Info", passage))).text.clone();
        assert!(!text("What can you do?", ENGLISH).contains("order"));
        assert!(text("I have a problem with my order", ENGLISH).starts_with("I'm sorry"));
        assert!(
            text("I have a problem with my order", "You can change your order for one hour.").contains("order number")
        );
        assert!(text("I have a problem with my order #12345", ENGLISH).contains("#12345"));
    }
}
