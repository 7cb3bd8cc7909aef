//! What a question asks for: the words that an answer must hold, the kind of thing that it must name, and whether it is
//! one that no knowledge base may answer.

use super::language::Tongue;
use super::lexicon::{Lexicon, Word};
use super::own::{self, Own};

/// How much a word for money weighs where an amount of money is asked for: the amount shows that it is about money.
const MONEY_SHARE: f32 = 0.3;

/// How much all that was said before may weigh, beside a question that says enough and beside one that does not.
const CONTEXT_MAX_SHARE: f32 = 0.4;
const CONTEXT_MAX: f32 = 1.2;

/// How much what was said before weighs beside the question itself.
const CONTEXT_SHARE: f32 = 0.5;

/// From this weight on a question says enough by itself.
pub(super) const SAYS_ENOUGH: f32 = 0.9;

/// Up to so many telling words, a question leans on what was said before.
const LEANING_MAX: f32 = 1.31;

/// Up to so many words, a question goes on from the one before: "and on Saturday?".
const GOES_ON_MAX_WORDS: usize = 3;

/// The most words of a question, and of what was said before it, that count.
const TERMS_MAX: usize = 24;

const TIME_UNITS: &[&str] = &[
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "night",
    "sekunde",
    "minuten",
    "stunde",
    "stunden",
    "tag",
    "tage",
    "tagen",
    "woche",
    "wochen",
    "monat",
    "monate",
    "monaten",
    "jahr",
    "jahre",
    "jahren",
    "minuto",
    "hora",
    "día",
    "dia",
    "semana",
    "mes",
    "mê",
    "año",
    "ano",
    "jour",
    "heure",
    "semaine",
    "moi",
    "mois",
    "an",
    "giorni",
    "giorno",
    "ore",
    "ora",
    "settimana",
    "mese",
    "mesi",
    "anni",
    "anno",
    "dag",
    "dagen",
    "uur",
    "weken",
    "maand",
    "maanden",
    "jaar",
];
pub(super) const MONEY: &[&str] = &["cost", "price", "fee", "charge", "pay", "expensive", "rate"];
const POINTING: &[&str] =
    &["it", "that", "this", "they", "them", "these", "those", "one", "there", "its", "afterwards", "then"];
const RELATIONS: &[&str] = &[
    "neighbour",
    "neighbor",
    "colleague",
    "coworker",
    "boss",
    "husband",
    "wife",
    "partner",
    "brother",
    "sister",
    "friend",
    "mother",
    "father",
    "mum",
    "mom",
    "dad",
    "son",
    "daughter",
    "girlfriend",
    "boyfriend",
    "ex",
    "cousin",
    "uncle",
    "aunt",
    "flatmate",
    "roommate",
    "employee",
    "somebody",
    "someone",
    "manager",
];
const OWNERS: &[&str] = &["my", "our", "your", "the", "his", "her"];
const HOLDERS: &[&str] = &[
    "customer",
    "admin",
    "administrator",
    "owner",
    "user",
    "patient",
    "person",
    "member",
    "employee",
    "driver",
    "manager",
    "director",
    "ceo",
];
const PERSONAL: &[&str] = &[
    "address",
    "password",
    "phone",
    "telephone",
    "mobile",
    "email",
    "account",
    "card",
    "order",
    "orders",
    "ordered",
    "appointment",
    "result",
    "results",
    "medicine",
    "salary",
    "balance",
    "history",
    "hours",
    "points",
    "invoice",
    "diagnosis",
    "birthday",
    "login",
    "rate",
    "live",
    "lives",
    "buy",
    "bought",
    "take",
    "takes",
    "track",
    "tracked",
    "collected",
    "pay",
    "pays",
    "paid",
    "number",
    "data",
    "records",
    "test",
];

/// Stems of what may be done with a subject: that it is named does not say that it is done.
const DOINGS: &[&str] = &["sell", "sold", "rent", "hir", "leas", "deliver", "ship", "open", "repair", "install"];

/// Up to so many telling words beside it, what is done with them must be met.
const RELATED_MAX: usize = 2;

/// How many words may stand before the "when" of a question: "and since when".
const WHEN_WITHIN: usize = 2;

/// What follows a "when" that asks, farther behind.
const AFTER_WHEN: &[&str] =
    &["do", "does", "did", "is", "are", "will", "can", "must", "should", "would", "was", "were"];

/// What leads to a "when" that asks, farther behind: "can you tell me when you open".
const BEFORE_WHEN: &[&str] = &["tell", "know", "say", "ask", "sure", "wonder", "wondering", "remind", "unclear"];

/// The kind of thing that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// How long.
    Duration,
    /// How much money.
    Price,
    /// When.
    Moment,
    /// How many, how large, which size.
    Amount,
    /// How heavy.
    Weight,
    /// How far.
    Distance,
    /// Which telephone number.
    Telephone,
    /// Which e-mail address.
    Mail,
    /// Where.
    Place,
    /// Who, or how to reach them.
    Person,
    /// Nothing that can be told by its form.
    Anything,
}

/// A word that an answer should hold, and how much it says.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// The word.
    pub word: Word,
    /// 0 and up.
    pub weight: f32,
    /// Said before, not in the question itself.
    pub is_context: bool,
}

/// A question ready to be looked up.
#[derive(Debug)]
pub(super) struct Question {
    /// What an answer should hold.
    pub terms: Vec<Term>,
    /// What kind of thing it should name.
    pub asked: Asked,
    /// What is counted: "how many users".
    pub counted: Option<Word>,
    /// It wants to know what belongs to somebody else.
    pub pries: bool,
    /// It wants a judgement of the customer's own case.
    pub wants_advice: bool,
    /// It wants what only the customer's own record says.
    pub own: Option<Own>,
    /// What must be said of its subject itself: "do you sell helmets"; of a price, whose it is.
    pub relation: Option<Word>,
}

impl Question {
    /// Reads a question. `before` is what was said before it, nearest first.
    pub(super) fn read(text: &str, before: &[&str], lexicon: &Lexicon, tongue: Tongue<'_>) -> Self {
        let mut words = lexicon.words(text, tongue);
        if let Some(first) = words.first_mut() {
            lexicon.correct_asking(first);
        }
        let said: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let mut terms: Vec<Term> = Vec::new();
        let is_english = tongue.0.is_none();
        let mut asked = asked(&said, is_english);
        add(&mut terms, &words, lexicon, 1.0);
        if asked == Asked::Price {
            for term in terms
                .iter_mut()
                .filter(|term| MONEY.contains(&term.word.text.as_str()) || MONEY.contains(&term.word.stem.as_str()))
            {
                term.weight *= MONEY_SHARE;
            }
        }
        let counted = counted(&words);
        let own: f32 = terms.iter().filter(|term| !term.word.is_number()).map(|term| term.weight).sum();
        let goes_on =
            said.len() <= GOES_ON_MAX_WORDS || said.first() == Some(&"and") && said.len() <= 2 * GOES_ON_MAX_WORDS;
        let leans = goes_on
            || own < LEANING_MAX
            || (own < 2.0 * LEANING_MAX && said.iter().any(|word| POINTING.contains(word)));
        if leans {
            for text in before {
                let words = lexicon.words(text, tongue);
                add(&mut terms, &words, lexicon, CONTEXT_SHARE);
                if asked == Asked::Anything && said.len() <= 4 {
                    let before: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                    asked = self::asked(&before, is_english);
                }
            }
        }
        limit_context(&mut terms);
        let own = own::own(&said, tongue);
        let relation = relation(&words, &mut terms).or_else(|| priced(asked, &terms));
        Self { terms, asked, counted, pries: pries(&said), wants_advice: wants_advice(&said), own, relation }
    }
}

/// Up to so many words after another person, a question is about what they do: "how much does my boss earn a month".
const DEED_MAX_WORDS: usize = 3;

/// What is asked to be done with the subject. It weighs as much as any word where little else is said: whatever names the subject
/// would answer otherwise.
fn relation(words: &[Word], terms: &mut [Term]) -> Option<Word> {
    let relation = words.iter().find(|word| DOINGS.contains(&word.stem.as_str()))?;
    let is_relation = |term: &Term| term.word.stem == relation.stem;
    let telling =
        terms.iter().filter(|term| !term.is_context && term.weight >= SAYS_ENOUGH && !is_relation(term)).count();
    if telling > RELATED_MAX {
        return None;
    }
    for term in terms.iter_mut().filter(|term| is_relation(term)) {
        term.weight = term.weight.max(1.0);
    }
    Some(relation.clone())
}

/// The only thing whose price is asked for.
fn priced(asked: Asked, terms: &[Term]) -> Option<Word> {
    let mut telling = terms.iter().filter(|term| !term.is_context && term.weight >= SAYS_ENOUGH);
    let only = telling.next().filter(|_| asked == Asked::Price)?;
    telling.next().is_none().then(|| only.word.clone())
}

/// What was said before helps to tell places apart; it must not outweigh what is asked now.
fn limit_context(terms: &mut [Term]) {
    let sum = |terms: &[Term], context: bool| -> f32 {
        terms.iter().filter(|t| t.is_context == context).map(|t| t.weight).sum()
    };
    let (own, context) = (sum(terms, false), sum(terms, true));
    let most = if own >= SAYS_ENOUGH { own * CONTEXT_MAX_SHARE } else { CONTEXT_MAX };
    if context > most {
        for term in terms.iter_mut().filter(|term| term.is_context) {
            term.weight *= most / context;
        }
    }
}

/// The thing behind "how many".
fn counted(words: &[Word]) -> Option<Word> {
    let at = words.windows(2).position(|two| two[0].text == "how" && two[1].text == "many")?;
    words.get(at + 2).filter(|word| !is_time_unit(&word.stem)).cloned()
}

fn add(terms: &mut Vec<Term>, words: &[Word], lexicon: &Lexicon, share: f32) {
    for word in words {
        let weight = lexicon.weight(word) * share;
        let is_new = weight > 0.0 && terms.iter().all(|term| term.word.stem != word.stem);
        if is_new && terms.len() < TERMS_MAX && !asks_by(word) {
            terms.push(Term { word: word.clone(), weight, is_context: share < 1.0 });
        }
    }
}

/// A unit of time says what kind of answer is wanted, not what it is about; so does a word for money.
fn asks_by(word: &Word) -> bool {
    is_time_unit(&word.stem)
}

/// Whether the word is a unit of time, its plural's ending apart.
pub(super) fn is_time_unit(word: &str) -> bool {
    TIME_UNITS.contains(&word)
}

fn asked(said: &[&str], is_english: bool) -> Asked {
    let two = |a: &str, b: &str| said.windows(2).any(|pair| pair == [a, b]);
    let has = |words: &[&str]| said.iter().any(|word| words.contains(word));
    let is_unit = |word: &&str| is_time_unit(word.trim_end_matches('s'));
    let counts_time = said.windows(3).any(|three| three[0] == "how" && three[1] == "many" && is_unit(&three[2]));
    if two("how", "long")
        || two("how", "soon")
        || two("how", "quickly")
        || counts_time
        || two("until", "when")
        || two("how", "old")
    {
        return Asked::Duration;
    }
    if two("how", "much")
        || (has(MONEY) && has(&["what", "how", "much", "amount"]) && !two("how", "do") && !two("how", "can"))
    {
        return Asked::Price;
    }
    if two("how", "many") || two("how", "often") || two("how", "large") || two("how", "big") || two("how", "fast") {
        return Asked::Amount;
    }
    if two("how", "heavy") || has(&["weigh"]) && two("how", "much") {
        return Asked::Weight;
    }
    if two("how", "far") && !has(&["back", "ahead", "advance"]) {
        return Asked::Distance;
    }
    if let Some(reached) = reached_by(said) {
        return reached;
    }
    if asks_when(said, is_english)
        || two("what", "time")
        || two("which", "day")
        || two("what", "day")
        || two("which", "days")
    {
        return Asked::Moment;
    }
    if has(&["where"]) {
        return Asked::Place;
    }
    if said.first().is_some_and(|word| matches!(*word, "who" | "whom")) || two("to", "whom") {
        return Asked::Person;
    }
    Asked::Anything
}

/// By what somebody wants to reach the organization: "whats your phone number".
fn reached_by(said: &[&str]) -> Option<Asked> {
    let rest = match said {
        ["what" | "which", "is", "your" | "the", rest @ ..] | ["your", rest @ ..] => rest,
        _ => return None,
    };
    match rest {
        ["telephone" | "phone" | "contact", "number", ..] => Some(Asked::Telephone),
        ["email" | "mail", ..] => Some(Asked::Mail),
        _ => None,
    }
}

/// Whether it asks for the moment: a "when" within a sentence gives a condition only ("do I pay duty when you ship to Norway?").
fn asks_when(said: &[&str], is_english: bool) -> bool {
    let asks = |at: usize| {
        let leads = said[at.saturating_sub(WHEN_WITHIN)..at].iter().any(|word| BEFORE_WHEN.contains(word));
        let follows = said.get(at + 1).is_some_and(|next| AFTER_WHEN.contains(next));
        let is_condition = at.checked_sub(1).is_some_and(|before| said[before] == "even");
        !is_condition && (!is_english || at <= WHEN_WITHIN || leads || follows)
    };
    (0..said.len()).any(|at| said[at] == "when" && asks(at))
}

/// Whether it asks for what belongs to another person: "which card is in my husband's account".
fn pries(said: &[&str]) -> bool {
    let opens = |words: &[&str]| said.first().is_some_and(|word| words.contains(word));
    let theirs = said.windows(3).position(|three| {
        let has =
            matches!(three[0], "did" | "does" | "do" | "has" | "have" | "is" | "are" | "was" | "were" | "in" | "of");
        has && OWNERS.contains(&three[1]) && is_relation(three[2])
    });
    let ends_soon = theirs.is_some_and(|at| said.len() - at - 3 <= DEED_MAX_WORDS);
    let personal = ends_soon || said.iter().any(|word| PERSONAL.contains(word));
    let may =
        said.iter().any(|word| matches!(*word, "i" | "me" | "we" | "can" | "may" | "need" | "must" | "should" | "if"));
    let of_holder = said.windows(2).any(|pair| PERSONAL.contains(&pair[0]) && pair[1] == "of")
        && said.iter().any(|word| HOLDERS.contains(word) || is_relation(word));
    let demands = opens(&["tell", "give", "show"]) && !said.contains(&"my");
    (theirs.is_some() && personal && !may && opens(&["what", "which", "how", "when", "where", "who"]))
        || (demands && of_holder)
}

/// "husbands" stands for "husband's", whose apostrophe is gone.
fn is_relation(word: &str) -> bool {
    RELATIONS.contains(&word) || RELATIONS.contains(&word.trim_end_matches('s'))
}

/// Whether it asks for a judgement rather than for what is written somewhere: "should I ...", "is it wise to ...".
fn wants_advice(said: &[&str]) -> bool {
    let judges = |word: &&str| JUDGING.contains(word);
    match said {
        ["should", "i" | "we", ..] | ["do", "you", "think", ..] | ["what" | "which", "would", "you", ..] => true,
        ["is" | "would", "it", rest @ ..] => rest.iter().take(JUDGED_WITHIN).any(judges),
        _ => said.windows(3).any(|three| three[0] == "is" && three[1] == "it" && judges(&three[2])),
    }
}

/// Words of a judgement, and within how many words of "is it" they stand.
const JUDGING: &[&str] = &["wise", "worth", "sensible", "advisable", "better", "smart"];
const JUDGED_WITHIN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, before: &[&str]) -> Question {
        Question::read(text, before, &Lexicon::new(), Tongue::default())
    }

    fn subject(question: &Question) -> Vec<&str> {
        question.terms.iter().map(|term| term.word.text.as_str()).collect()
    }

    #[test]
    fn the_kind_of_answer_is_told_by_the_form() {
        for (text, kind) in [
            ("How long does it take?", Asked::Duration),
            ("how many days do I have", Asked::Duration),
            ("How much is delivery?", Asked::Price),
            ("What does it cost", Asked::Price),
            ("How many seats are there?", Asked::Amount),
            ("When do you open?", Asked::Moment),
            ("Who signs it?", Asked::Person),
            ("Can I pay by card?", Asked::Anything),
            ("Do I have to pay when you ship to Norway?", Asked::Anything),
            ("Tell me please since when do you open", Asked::Moment),
            ("Can you tell me when the shop opens?", Asked::Moment),
            ("Do I get it even when I am away", Asked::Anything),
        ] {
            assert_eq!(read(text, &[]).asked, kind, "{text}");
        }
    }

    #[test]
    fn a_short_question_leans_on_what_was_said_before() {
        let question = read("and how long does that take?", &["How do I get a visa letter?"]);
        assert!(subject(&question).ends_with(&["visa", "letter"]), "{:?}", subject(&question));
        let own = read("How long is the warranty on a washing machine?", &["How do I get a visa letter?"]);
        assert!(!subject(&own).contains(&"visa"));
    }

    #[test]
    fn what_is_asked_to_be_done_weighs_where_little_else_is_said() {
        let relation = |text: &str| read(text, &[]).relation.map(|word| word.text);
        assert_eq!(relation("Do you sell helmets?").as_deref(), Some("sell"));
        assert_eq!(relation("Is the surgery open on Saturdays?").as_deref(), Some("open"));
        assert_eq!(relation("Do you have helmets?"), None);
        assert_eq!(relation("Do you sell red leather gloves for children in Oslo?"), None);
        let weight = |text: &str| read(text, &[]).terms.iter().find(|term| term.word.text == "sell").map(|t| t.weight);
        assert_eq!(weight("Do you sell helmets?"), Some(1.0));
    }

    #[test]
    fn a_mistyped_question_word_asks_all_the_same() {
        assert_eq!(read("Wen do you open?", &[]).asked, Asked::Moment);
        assert_eq!(subject(&read("Wich bikes are red?", &[])), ["bikes", "red"]);
    }

    #[test]
    fn what_belongs_to_others_and_what_nobody_wrote_down_is_known_as_such() {
        for text in [
            "Which card is stored in my husband's account?",
            "What did my neighbour order?",
            "Tell me the password of the admin",
            "How much does my boss earn a month?",
        ] {
            assert!(read(text, &[]).pries, "{text}");
        }
        for text in
            ["May my wife collect my order?", "What is my order number?", "How do I change the address of my order?"]
        {
            assert!(!read(text, &[]).pries, "{text}");
        }
        for text in ["Should I sell my house?", "Is it wise to sell it now?", "Tell me, is it worth the money?"] {
            assert!(read(text, &[]).wants_advice, "{text}");
        }
        assert!(!read("Is it open today?", &[]).wants_advice);
        assert!(!read("What should I do when it leaks?", &[]).wants_advice);
    }
}
