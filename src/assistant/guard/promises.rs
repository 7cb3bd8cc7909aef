//! Promises of money, gifts and days: sentences that bind whoever's assistant says them.
//!
//! A sentence promises when it speaks of a benefit or a day in words of giving or of the future, and does not deny it. It is
//! held up by a passage that speaks of the same benefit with the same numbers, and does not deny it either.

use std::sync::OnceLock;

use super::fold;

/// The most words of a sentence that are read.
const WORDS_MAX: usize = 200;

/// Beginnings of words for what is given: money back, less money, something else.
static BENEFITS: Words = Words::of(
    "\
    refund reimburs compensat discount voucher coupon rebate waive waiving goodwill replacement cashback erstatt \
    ruckerstatt gutschein gutschrift rabatt nachlass entschadig schadenersatz ersatzlieferung ersatzgerat reembols \
    descuento desconto compensa indemniz rembours remise dedommag indemnis rimbors sconto risarci terugbeta korting \
    vergoed schadevergoed",
);

/// Pairs of words for the same.
const BENEFIT_PAIRS: [(&str, &str); 16] = [
    ("money", "back"),
    ("free", "replacement"),
    ("free", "of"),
    ("for", "free"),
    ("store", "credit"),
    ("account", "credit"),
    ("credit", "your"),
    ("credited", "to"),
    ("new", "one"),
    ("geld", "zuruck"),
    ("ersetzen", "wir"),
    ("kostenlos", "ersetzt"),
    ("bon", "d"),
    ("dinero", "de"),
    ("gratis", "vervang"),
    ("off", "your"),
];

/// Words for giving, and for what will be; a star stands for any ending.
static GIVING: Words = Words::of(
    "\
    will ll shall going guarant* promis* assur* entitl* eligib* get receiv* offer* giv* issu* process* approv* \
    arrang* send sent grant* credit* provid* appl* waiv* replac* refunded reimburs* compensat* expect* arriv* \
    deliver* deserve* here have wird werden werde bekomm* erhalt* garantier* versprech* verspr* erstatten* gewahr* \
    biete bieten recibir recib* reembolsar* ofre* garantiz* sera recevr* rembourserons* offr* garanti* ricever* \
    rimborser* prometo recebera ontvang* krijg zullen zal gets sending krijgt gives",
);

/// Words of the future, and of promising: with a day they are a promise.
static FUTURE: Words = Words::of(
    "\
    will ll shall going guarantee guaranteed promise promised assure expect arrives arriving wird werden garantieren \
    garantiert versprechen verspreche kommt llegara estara recibira garantizamos sera arrivera recevrez garantissons \
    promets arrivera ricevera garantiamo chegara recebera zal zult komt",
);

/// Words that deny.
static DENIALS: Words = Words::of(
    "\
    not no never cannot cant can't won wont don dont doesn doesnt isn isnt aren arent unable without unfortunately \
    nor neither couldn wouldn nicht kein keine keinen keiner leider nie ohne nunca ni ne pas jamais aucun aucune non \
    mai nao niet geen nooit sin sem",
);

/// Words of a denial that denies nothing of the sentence: "no problem, we refund you".
const POLITE: [&[&str]; 26] = [
    &["no", "worries"],
    &["no", "problem"],
    &["no", "doubt"],
    &["no", "question"],
    &["no", "need"],
    &["not", "only"],
    &["not", "to", "worry"],
    &["don", "t", "worry"],
    &["don", "t", "hesitate"],
    &["dont", "worry"],
    &["do", "not", "worry"],
    &["do", "not", "hesitate"],
    &["never", "mind"],
    &["without", "delay"],
    &["without", "any", "delay"],
    &["without", "hesitation"],
    &["without", "question"],
    &["keine", "sorge"],
    &["kein", "problem"],
    &["nicht", "nur"],
    &["no", "se", "preocupe"],
    &["no", "hay", "problema"],
    &["ne", "vous", "inquietez", "pas"],
    &["pas", "de", "probleme"],
    &["geen", "probleem"],
    &["geen", "zorgen"],
];

/// What parts of a sentence begin with that speak of something else than the part before.
static PART_BEGINS: Words =
    Words::of("but so however though still yet therefore then aber also doch dann pero mais donc alors ma maar dus");

/// Words for days.
static DAYS: Words = Words::of(
    "\
    today tonight tomorrow monday tuesday wednesday thursday friday saturday sunday january february april june july \
    august september october november december heute morgen montag dienstag mittwoch donnerstag freitag samstag \
    sonntag hoy manana lunes martes miercoles jueves viernes sabado domingo demain lundi mardi mercredi jeudi \
    vendredi samedi dimanche domani lunedi martedi mercoledi giovedi venerdi amanha segunda terca quarta quinta \
    sexta maandag dinsdag woensdag donderdag vrijdag zaterdag",
);

/// Beginnings of words for spans of time; with a number before them they name a day.
static SPANS: Words = Words::of(
    "\
    minute hour day week month business working stunde tag woche monat werktag hora dia semana heure jour semaine \
    ora ore giorn settiman dagen uur",
);

/// A list of words with spaces between them, taken apart when it is first read.
struct Words {
    list: &'static str,
    apart: OnceLock<Vec<&'static str>>,
}

impl Words {
    const fn of(list: &'static str) -> Self {
        Self { list, apart: OnceLock::new() }
    }

    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.apart.get_or_init(|| self.list.split(' ').collect()).iter().copied()
    }

    /// Whether a word is one of them.
    fn hold(&self, word: &str) -> bool {
        self.all().any(|known| known == word)
    }

    /// Whether a word begins with one of them.
    fn begin(&self, word: &str) -> bool {
        self.all().any(|known| word.starts_with(known))
    }
}

/// What a sentence promises.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Promise {
    /// The benefit that it speaks of, or nothing where it is a day only.
    benefits: Vec<&'static str>,
    /// Its numbers, and its words for days.
    details: Vec<String>,
    plain: String,
}

/// The sentences of a text that promise something.
pub(super) fn in_text(text: &str) -> Vec<Promise> {
    sentences(text).filter_map(promise).collect()
}

impl Promise {
    /// Whether one of the passages says so.
    pub(super) fn is_held_up<'p>(&self, mut passages: impl Iterator<Item = &'p str>) -> bool {
        passages.any(|passage| self.is_said_in(passage))
    }

    /// Whether its sentence stands in a text word for word.
    pub(super) fn is_quoted_from(&self, text: &str) -> bool {
        format!(" {} ", fold::plain_words(text, usize::MAX).join(" ")).contains(&self.plain)
    }

    fn is_said_in(&self, passage: &str) -> bool {
        if self.is_quoted_from(passage) {
            return true;
        }
        let all = fold::plain_words(passage, usize::MAX);
        let said = sentences(passage).any(|sentence| {
            let words = fold::plain_words(sentence, WORDS_MAX);
            let speaks =
                |benefit: &&str| words.iter().any(|word| word.starts_with(benefit)) || has_pair(&words, benefit);
            self.benefits.iter().all(speaks) && !denies(&words)
        });
        said && self.details.iter().all(|detail| all.contains(detail))
    }
}

fn promise(sentence: &str) -> Option<Promise> {
    let words = fold::plain_words(sentence, WORDS_MAX);
    let single = BENEFITS.all().filter(|benefit| words.iter().any(|word| word.starts_with(benefit)));
    let pairs = BENEFIT_PAIRS.iter().map(|(first, _)| *first).filter(|first| has_pair(&words, first));
    let mut benefits: Vec<&'static str> = single.chain(pairs).collect();
    let percent_off = sentence.contains('%') && words.iter().any(|word| word == "off");
    if percent_off {
        benefits.push("off");
    }
    let days = days(&words);
    // Most sentences speak of neither, and the rest takes longest.
    if (benefits.is_empty() && days.is_empty()) || is_denied(sentence) {
        return None;
    }
    let gives = || percent_off || words.iter().any(|word| GIVING.all().any(|giving| gives(word, giving)));
    let dated = !days.is_empty() && words.iter().any(|word| FUTURE.hold(word));
    if !(dated || (!benefits.is_empty() && gives())) {
        return None;
    }
    let numbers = words.iter().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).cloned();
    let details = numbers.chain(days).collect();
    Some(Promise { benefits, details, plain: format!(" {} ", words.join(" ")) })
}

/// Where the first word stands with which a sentence may become a promise, in bytes.
pub(super) fn first_telling_word(sentence: &str) -> Option<usize> {
    let mut from = 0;
    let mut last = String::new();
    while let Some(found) = fold::next_word(sentence, from) {
        let word = fold::plain(&sentence[found.start..found.end]);
        let numbered = word.starts_with(|c: char| c.is_ascii_digit()) || sentence[found.end..].starts_with('%');
        let paired = BENEFIT_PAIRS.iter().any(|(a, b)| last == *a && word.starts_with(b));
        let telling = BENEFITS.begin(&word) || DAYS.hold(&word);
        if numbered || paired || telling {
            return Some(found.start);
        }
        from = found.end;
        last = word;
    }
    None
}

fn gives(word: &str, giving: &str) -> bool {
    giving.strip_suffix('*').map_or(word == giving, |stem| word.starts_with(stem))
}

fn has_pair(words: &[String], first: &str) -> bool {
    let wanted = BENEFIT_PAIRS.iter().filter(|(begins, _)| *begins == first);
    wanted.clone().count() > 0
        && words.windows(2).any(|two| wanted.clone().any(|(a, b)| two[0] == *a && two[1].starts_with(b)))
}

/// Whether a sentence denies what it speaks of: wherever it speaks of a benefit, or wherever it speaks of giving or of what
/// will be, that part of it denies. "Sorry, we can not see it, but we will refund you" denies something else.
fn is_denied(sentence: &str) -> bool {
    let parts: Vec<Vec<String>> = parts(sentence);
    let of_benefits = |words: &&Vec<String>| {
        words.iter().any(|word| BENEFITS.begin(word)) || BENEFIT_PAIRS.iter().any(|(first, _)| has_pair(words, first))
    };
    let tells = |word: &String| FUTURE.hold(word) || GIVING.all().any(|giving| gives(word, giving));
    let of_giving = |words: &&Vec<String>| words.iter().any(tells);
    let all_deny = |mut about: Vec<&Vec<String>>| {
        let said = !about.is_empty();
        about.retain(|words| !denies(words));
        said && about.is_empty()
    };
    all_deny(parts.iter().filter(of_benefits).collect()) || all_deny(parts.iter().filter(of_giving).collect())
}

/// The words of the parts of a sentence, without polite denials.
fn parts(sentence: &str) -> Vec<Vec<String>> {
    let mut parts = Vec::new();
    for piece in sentence.split([',', ';', ':', '\u{2013}', '\u{2014}', '\u{3001}', '\u{ff0c}']) {
        let mut part = Vec::new();
        for word in fold::plain_words(piece, WORDS_MAX) {
            if PART_BEGINS.hold(&word) {
                parts.push(std::mem::take(&mut part));
            }
            part.push(word);
        }
        parts.push(part);
    }
    parts.into_iter().map(without_politeness).filter(|part| !part.is_empty()).collect()
}

fn without_politeness(mut words: Vec<String>) -> Vec<String> {
    for polite in POLITE {
        while let Some(at) = words.windows(polite.len()).position(|said| said.iter().zip(polite).all(|(a, b)| a == b)) {
            words.drain(at..at + polite.len());
        }
    }
    words
}

/// Whether words deny; "can't" is read as two words.
fn denies(words: &[String]) -> bool {
    words.iter().any(|word| DENIALS.hold(word)) || words.windows(2).any(|two| two[1] == "t" && two[0].ends_with('n'))
}

/// Words for days, and spans that have a number.
fn days(words: &[String]) -> Vec<String> {
    let named = words.iter().filter(|word| DAYS.hold(word)).cloned();
    let counted =
        words.windows(2).filter(|two| two[0].starts_with(|c: char| c.is_ascii_digit()) && SPANS.begin(&two[1]));
    named.chain(counted.map(|two| two[0].clone())).collect()
}

/// The sentences of a text; a point within a number ends none.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sentence, after) = rest.split_at(sentence_end(rest).unwrap_or(rest.len()));
        rest = after;
        Some(sentence)
    })
}

/// Where the first sentence ends, behind its mark; `None` where it goes on.
pub(super) fn sentence_end(text: &str) -> Option<usize> {
    text.char_indices().find_map(|(at, c)| {
        let end = at + c.len_utf8();
        let next = text[end..].chars().next();
        match c {
            '\n' | '\u{3002}' | '\u{ff01}' | '\u{ff1f}' => Some(end),
            '.' | '!' | '?' => next.is_some_and(char::is_whitespace).then_some(end),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promises(text: &str) -> bool {
        !in_text(text).is_empty()
    }

    #[test]
    fn promises_are_told_from_talk_of_the_same() {
        for said in [
            "We will refund you the full amount.",
            "Sure! I have issued a refund of $50.",
            "You'll get your money back.",
            "You are entitled to compensation.",
            "I can offer you a 20% discount.",
            "Enjoy 10% off your next order!",
            "We'll send a free replacement right away.",
            "Your parcel will arrive by Friday.",
            "It will be delivered within 2 days.",
            "I guarantee delivery tomorrow.",
            "Wir erstatten Ihnen den Betrag, das verspreche ich.",
            "Sie erhalten einen Gutschein über 10 Euro.",
            "Le ofrecemos un descuento del 10 %.",
            "Vous recevrez un remboursement demain.",
            "Ihr Paket wird am Freitag geliefert.",
            "U krijgt 10 euro korting.",
            "Don't worry, I'll refund you the full amount!",
            "No problem, we will refund you.",
            "No worries we'll send you a voucher.",
            "I cannot see your order, but we will refund you.",
            "If you do not have the receipt, we will still give you a refund.",
            "You will get, of course, a full refund.",
            "You will receive your money back without delay.",
            "Keine Sorge, wir erstatten Ihnen den Betrag, das verspreche ich.",
        ] {
            assert!(promises(said), "{said}");
        }
        for said in [
            "I cannot promise a refund.",
            "Unfortunately we will not be able to refund you.",
            "Is your question about a refund?",
            "Refunds are described on our page.",
            "Hello! How can I help you today?",
            "Could you please provide your order number?",
            "Would you like me to connect you with a human agent?",
            "An agent will look at your order.",
            "We are open Monday to Friday.",
            "Eine Rückerstattung kann ich nicht zusagen.",
            "We can't give you a refund.",
            "We will not, under any circumstances, refund you.",
            "Es kommt nicht am Freitag.",
            "I'm sorry, but we cannot offer a discount.",
            "We do not give refunds, vouchers or discounts.",
        ] {
            assert!(!promises(said), "{said}");
        }
    }

    #[test]
    fn a_passage_holds_up_what_it_says_and_no_more() {
        let held =
            |said: &str, passage: &str| in_text(said).iter().all(|promise| promise.is_held_up([passage].into_iter()));
        let policy = "You can return an item within 30 days. We refund the price to your card within 5 business days.";
        assert!(held("You will get a refund within 5 business days.", policy));
        assert!(held("We refund the price to your card within 5 business days.", policy));
        assert!(!held("You will get a refund within 2 business days.", policy));
        assert!(!held("You will get a refund and a voucher of 20 euros.", policy));
        assert!(!held("We will refund you.", "We do not refund opened items."));
        assert!(!held("We will refund you.", "We ship worldwide."));
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        let all: Vec<&str> = sentences("It is 3.50. Really? Yes!\nOk").collect();
        assert_eq!(all, ["It is 3.50.", " Really?", " Yes!", "\n", "Ok"]);
    }
}
