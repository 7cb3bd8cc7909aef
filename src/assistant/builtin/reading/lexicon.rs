//! Words as the reader compares them: without case and ending, with the groups of meaning that they belong to, and with how
//! much they say about a subject. General words of support only; nothing here knows an organization.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::text;
use super::language::{Table, Tongue};
use super::slips::{WORD_MAX, distance};

/// Words that mean nearly the same, a group a line.
const THESAURUS: &str = include_str!("thesaurus.txt");
/// What is said in several words, to what it means.
const PHRASES: &str = include_str!("phrases.txt");
/// Wider words, each to those that are a kind of it.
const BROADER: &str = include_str!("broader.txt");

/// Words that a question may hold beside its subject. They count, but little.
const LIGHT: &str = "\
    able accept advantage afraid afternoon ago allow allowed amount appear area ask available bad become begin belong best better big bring brother branch business buyer case \
    certain client clinic come company complete concern count couple cousin current customer dad daughter date day dear deal detail directly early easy enough evening exact exactly \
    example expect explain family firm father feel fine friend full general give good grandfather grandmother great guest guy handle happen happy hard have help \
    heard high hold hope hour hurry husband idea important include information inside instead issue keep kind last late later least leave less let life \
    little live lot love matter mean meant meantime mention middle minute moment month morning mother mum name new next nice night number offer office old option organisation organization own \
    parent part patient people person piece place please point possible practice prefer probably problem procedure process provide put rather ready reason recommend regular \
    request require rest rule run same say sell send serve set shop show sister side simple situation solution son soon sort sound special \
    specific standard start status stay step stop store stuff suggest support sure system talk thing think thought time today together tomorrow tonight top total turn \
    type understand usual usually visitor wait watch way week wife wish wonder word work working world worry wrong year yesterday young";

/// Words without a subject of their own, beside the common ones.
const FUNCTION: &str = "\
    id dont cant doesnt isnt wont until till since while without another own half whole enough elsewhere herself himself themselves each both during within \
    inside against between per every either neither quite rather off away yet else ourselves everything anything nothing anyone someone u plz \
    ones often once took says said goes went been being through back via onto upon toward towards along around used using uses something somebody someone far";

/// What questions begin with, as far as it is long enough to be mistyped.
const ASKING: &[&str] = &["what", "which", "when", "where", "does", "could", "would"];

/// Common verbs that headings are made of: they tell which of two places is meant, and little else.
const HEADING_WORDS: &[&str] = &["see", "find", "make", "use", "get", "work", "need", "open", "change"];

/// How much those weigh.
const HEADING_WEIGHT: f32 = 0.15;

/// How much a light word weighs beside a telling one.
const LIGHT_WEIGHT: f32 = 0.3;

/// How much a number weighs: a page names limits and ranges, and seldom the very number.
const NUMBER_WEIGHT: f32 = 0.4;

/// How much the name of something weighs: nothing else stands for it.
const NAME_WEIGHT: f32 = 1.6;

/// What another word of the same language and meaning is worth.
const SAME_MEANING_WORTH: f32 = 0.92;

/// What another word of the same meaning is worth.
const GROUP_WORTH: f32 = 0.85;

/// What a narrower word is worth for a wider one that was asked for: "pets" and `cat`.
const NARROWER_WORTH: f32 = 0.75;

/// What a wider word is worth for a narrower one: a rule for pets may hold for a cat.
const WIDER_WORTH: f32 = 0.55;

/// What a word of the same beginning is worth: `register`, `registration`.
const BEGINNING_WORTH: f32 = 0.8;

/// What a word is worth that another one is made of: `Lieferung`, `Lieferkosten`.
const PART_WORTH: f32 = 0.75;

/// The shortest part of a word, in letters.
const PART_MIN: usize = 4;

/// What a word that was probably mistyped is worth.
const TYPO_WORTH: f32 = 0.85;

/// Numbers that are words, from two on.
const NUMERALS: &[&str] = &["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// How many words ahead may belong to one saying of another language.
const SAYING_AHEAD: usize = 4;

/// The shortest beginning that two words must share, in letters.
const BEGINNING_MIN: usize = 5;

/// The shortest word in which one slip is forgiven, in letters; twice as many forgive two.
const TYPO_MIN: usize = 5;

/// A word ready to be compared.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Lower case, without apostrophes; in English where the table of its language knows it.
    pub text: String,
    /// Without its ending.
    pub stem: String,
    /// The stem of what stands there in another language.
    own: Option<String>,
    /// It carries no subject.
    pub is_function: bool,
    /// The groups of meaning.
    groups: Vec<u16>,
    /// The lines of [`BROADER`] that it heads.
    heads: Vec<u16>,
    /// Those that it is a kind in.
    kinds: Vec<u16>,
    /// Written like a name: a capital within a sentence, a code, several capitals.
    pub is_name: bool,
    /// Known to the lexicon, so it was not mistyped.
    is_known: bool,
}

impl Word {
    /// Whether one is a part of the other, where a language writes words together: "Lieferzeit".
    fn is_in(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.own, &other.own) else { return false };
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        short.chars().count() >= PART_MIN && (long.starts_with(short.as_str()) || long.ends_with(short.as_str()))
    }

    /// Whether it stands in another language than English.
    pub(super) fn is_foreign(&self) -> bool {
        self.own.is_some()
    }

    /// Whether it is a number or begins as one.
    pub(super) fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }
}

/// The groups, the phrases and the words that are known.
#[derive(Debug)]
pub(super) struct Lexicon {
    groups: HashMap<String, Vec<u16>>,
    heads: HashMap<String, Vec<u16>>,
    kinds: HashMap<String, Vec<u16>>,
    phrases: HashMap<&'static str, Vec<Phrase>>,
    function: HashSet<&'static str>,
    light: HashSet<String>,
    known: HashSet<String>,
    /// Every word of the tables as it is written.
    written: BTreeSet<&'static str>,
}

/// What follows the first word, and what it all means.
type Phrase = (Vec<&'static str>, Vec<&'static str>);

impl Lexicon {
    /// Reads the tables that come with the program.
    pub(super) fn new() -> Self {
        let mut groups: HashMap<String, Vec<u16>> = HashMap::new();
        let function: HashSet<&'static str> = text::common_words().chain(FUNCTION.split_whitespace()).collect();
        let light: HashSet<String> = LIGHT.split_whitespace().map(|word| text::stem(word).to_owned()).collect();
        let mut known: HashSet<String> =
            function.iter().map(|word| (*word).to_owned()).chain(light.iter().cloned()).collect();
        for (number, line) in lines(THESAURUS).enumerate() {
            for word in line.split_whitespace() {
                let stem = text::stem(word).to_owned();
                known.insert(stem.clone());
                let groups = groups.entry(stem).or_default();
                if groups.last() != Some(&(number as u16)) {
                    groups.push(number as u16);
                }
            }
        }
        let (mut heads, mut kinds): (HashMap<String, Vec<u16>>, HashMap<String, Vec<u16>>) = Default::default();
        for (number, (wider, narrower)) in lines(BROADER).filter_map(|line| line.split_once(" : ")).enumerate() {
            for (list, words) in [(&mut heads, wider), (&mut kinds, narrower)] {
                for word in words.split_whitespace() {
                    let stem = text::stem(word).to_owned();
                    known.insert(stem.clone());
                    let lines = list.entry(stem).or_default();
                    if lines.last() != Some(&(number as u16)) {
                        lines.push(number as u16);
                    }
                }
            }
        }
        let marks = |c: char| c.is_whitespace() || matches!(c, '>' | ':');
        let tables = lines(THESAURUS).chain(lines(BROADER)).chain(lines(PHRASES)).flat_map(|line| line.split(marks));
        let written = tables.chain(LIGHT.split_whitespace()).chain(function.iter().copied());
        let written = written.filter(|word| word.chars().all(char::is_alphabetic) && !word.is_empty()).collect();
        Self { groups, heads, kinds, phrases: phrases(), function, light, known, written }
    }

    /// Whether a word in lower case is one of the tables, whatever its ending.
    pub(super) fn knows(&self, word: &str) -> bool {
        self.written.contains(word) || self.known.contains(text::stem(word))
    }

    /// Every word of the tables as it is written, in lower case, by the alphabet.
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = &'static str> {
        self.written.iter().copied()
    }

    /// Whether the word carries no subject.
    fn is_function(&self, word: &str) -> bool {
        self.function.contains(word) || (word.chars().count() == 1 && !word.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// How much a word says about the subject, 0 and up.
    pub(super) fn weight(&self, word: &Word) -> f32 {
        if HEADING_WORDS.contains(&word.text.as_str()) && word.is_function {
            HEADING_WEIGHT
        } else if word.is_function {
            0.0
        } else if word.is_name {
            NAME_WEIGHT
        } else if word.is_number() {
            NUMBER_WEIGHT
        } else if self.light.contains(&word.stem) {
            LIGHT_WEIGHT
        } else {
            1.0
        }
    }

    /// The text's words, phrases put as what they mean.
    pub(super) fn words(&self, text: &str, tongue: Tongue<'_>) -> Vec<Word> {
        let tokens = tokens(text, tongue);
        let shouts = tokens.iter().all(|token| !token.has_small);
        let is_name = |token: &Token| !shouts && token.is_name(tongue);
        let mut words = Vec::with_capacity(tokens.len());
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += match tongue.0 {
                Some(table) => self.push_foreign(&tokens[at..], table, is_name(token), &mut words),
                None => self.push_english(&tokens[at..], is_name(token), &mut words),
            };
        }
        words
    }

    /// Adds what the tokens begin with; gives how many that took.
    fn push_english(&self, tokens: &[Token], is_name: bool, words: &mut Vec<Word>) -> usize {
        let Some(token) = tokens.first() else { return 1 };
        let said = |(rest, _): &&Phrase| {
            rest.iter()
                .enumerate()
                .all(|(n, word)| tokens.get(1 + n).is_some_and(|t| t.text == *word && !t.begins_sentence))
        };
        match self.phrases.get(token.text.as_str()).and_then(|phrases| phrases.iter().find(said)) {
            Some((rest, meant)) => {
                words.extend(meant.iter().map(|word| self.word((*word).to_owned(), false)));
                1 + rest.len()
            }
            None => {
                words.push(self.word(token.text.clone(), is_name));
                1
            }
        }
    }

    /// The same in another language: what its table knows is taken in English, and everything else as it is.
    fn push_foreign(&self, tokens: &[Token], table: &Table, is_name: bool, words: &mut Vec<Word>) -> usize {
        let Some(token) = tokens.first() else { return 1 };
        let ahead: Vec<&str> = tokens.iter().take(SAYING_AHEAD).map(|token| token.text.as_str()).collect();
        if let Some((length, meaning)) = table.saying(&ahead) {
            words.extend(meaning.split(' ').map(|word| self.word(word.to_lowercase(), false)));
            return length;
        }
        let own = table.stem(&token.text);
        if let Some(meaning) = table.meaning(&token.text) {
            let meant = |word: &str| Word { own: Some(own.clone()), ..self.word(word.to_lowercase(), false) };
            words.extend(meaning.split(' ').map(meant));
            return 1;
        }
        let is_function = table.is_function(&token.text) || token.text.chars().count() < 2 && !token.has_digit();
        let english = text::stem(&token.text);
        let groups = self.groups.get(english).cloned().unwrap_or_default();
        words.push(Word {
            is_name: is_name && !is_function,
            is_known: false,
            heads: Vec::new(),
            kinds: Vec::new(),
            groups: if is_function { Vec::new() } else { groups },
            stem: own.clone(),
            own: Some(own).filter(|_| !token.has_digit()),
            is_function,
            text: token.text.clone(),
        });
        1
    }

    /// Puts the question word in the place of an unknown word that lies one slip from it.
    pub(super) fn correct_asking(&self, word: &mut Word) {
        if word.is_known || word.is_function || word.is_foreign() {
            return;
        }
        let letters: Vec<char> = word.text.chars().collect();
        let meant = ASKING.iter().find(|asking| {
            letters.first() == asking.chars().next().as_ref()
                && distance(&letters, &asking.chars().collect::<Vec<_>>()) == 1
        });
        if let Some(meant) = meant {
            *word = self.word((*meant).to_owned(), false);
        }
    }

    fn word(&self, text: String, is_name: bool) -> Word {
        let numeral = NUMERALS.iter().position(|numeral| *numeral == text);
        let stem = numeral.map_or_else(|| text::stem(&text).to_owned(), |at| (at + 2).to_string());
        let of = |list: &HashMap<String, Vec<u16>>| list.get(&stem).cloned().unwrap_or_default();
        let (groups, heads, kinds) = (of(&self.groups), of(&self.heads), of(&self.kinds));
        let is_known = self.known.contains(&stem) || self.known.contains(&text);
        let is_function = self.is_function(&text);
        let is_name = is_name && !self.function.contains(text.as_str());
        Word { is_name, is_known, is_function, own: None, groups, heads, kinds, stem, text }
    }

    /// How well one word stands for another, 0..1.
    pub(super) fn worth(&self, asked: &Word, said: &Word) -> f32 {
        if asked.stem == said.stem {
            let otherwise = asked.own.is_some() && said.own.is_some() && asked.own != said.own;
            return if otherwise { SAME_MEANING_WORTH } else { 1.0 };
        }
        if asked.is_number() || said.is_number() {
            return 0.0;
        }
        if asked.groups.iter().any(|group| said.groups.contains(group)) {
            return GROUP_WORTH;
        }
        let shares = |a: &[u16], b: &[u16]| a.iter().any(|line| b.contains(line));
        if shares(&asked.heads, &said.kinds) {
            return NARROWER_WORTH;
        }
        if shares(&asked.kinds, &said.heads) {
            return WIDER_WORTH;
        }
        if is_same_beginning(&asked.stem, &said.stem) || asked.own.is_some() && asked.own == said.own {
            return BEGINNING_WORTH;
        }
        if asked.is_in(said) {
            return PART_WORTH;
        }
        if !asked.is_known && is_typo(&asked.text, &said.text) { TYPO_WORTH } else { 0.0 }
    }
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

fn phrases() -> HashMap<&'static str, Vec<Phrase>> {
    let mut phrases: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for (said, meant) in lines(PHRASES).filter_map(|line| line.split_once(" > ")) {
        let mut said = said.split_whitespace();
        if let Some(first) = said.next() {
            phrases.entry(first).or_default().push((said.collect(), meant.split_whitespace().collect()));
        }
    }
    for list in phrases.values_mut() {
        list.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }
    phrases
}

/// A word as it stands in the text.
#[derive(Debug, Default)]
struct Token {
    text: String,
    capitals: usize,
    has_small: bool,
    begins_sentence: bool,
    is_code: bool,
}

impl Token {
    fn is_name(&self, tongue: Tongue<'_>) -> bool {
        self.is_code
            || self.capitals > 1
            || (tongue.capitals_name() && self.capitals == 1 && !self.begins_sentence && self.text.chars().count() > 1)
    }

    fn has_digit(&self) -> bool {
        self.text.contains(|c: char| c.is_ascii_digit())
    }
}

/// Words and numbers; `14.90`, `2,000` and `E-204` are one each, `8 a.m.` is `8 am`.
fn tokens(text: &str, tongue: Tongue<'_>) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let mut found: Vec<Token> = Vec::new();
    let mut token = Token::default();
    let mut begins = true;
    for (at, c) in letters.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or(' ');
        let after = letters.get(at + 1).copied().unwrap_or(' ');
        if c.is_alphanumeric() {
            token.capitals += usize::from(c.is_uppercase());
            token.has_small |= c.is_lowercase();
            token.text.extend(c.to_lowercase());
            continue;
        }
        let in_number = matches!(c, '.' | ',') && before.is_ascii_digit() && after.is_ascii_digit();
        let in_code = c == '-' && before.is_ascii_uppercase() && after.is_ascii_digit() && token.text.len() <= 3;
        let in_half_day = c == '.' && matches!(token.text.as_str(), "a" | "p") && after == 'm';
        if in_number && c == '.' {
            token.text.push('.');
        } else if in_code {
            token.is_code = true;
        } else if !(in_number || in_half_day || is_apostrophe(c) && !tongue.parts_at_apostrophe()) {
            push(&mut token, &mut begins, &mut found);
            let counts = found.last().is_some_and(|number| number.text.ends_with(|c: char| c.is_ascii_digit()));
            if c == '%' && counts && (before.is_ascii_digit() || before.is_whitespace()) && !after.is_alphanumeric() {
                found.push(Token { text: "percent".to_owned(), has_small: true, ..Token::default() });
            }
            begins |= matches!(c, '.' | '!' | '?' | ':' | '\n');
        }
    }
    push(&mut token, &mut begins, &mut found);
    found
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

fn push(token: &mut Token, begins: &mut bool, found: &mut Vec<Token>) {
    if token.text.is_empty() {
        return;
    }
    let mut token = std::mem::take(token);
    let letters = token.text.chars().any(char::is_alphabetic);
    token.is_code |= letters && token.capitals > 0 && token.text.contains(|c: char| c.is_ascii_digit());
    token.begins_sentence = std::mem::take(begins);
    found.push(token);
}

fn is_same_beginning(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let longest = a.chars().count().max(b.chars().count());
    shared >= BEGINNING_MIN && shared + 4 >= longest && shared * 3 >= longest * 2
}

/// Whether the words are one slip apart, or two where they are long.
fn is_typo(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let shorter = a.len().min(b.len());
    if shorter > WORD_MAX || shorter + 1 < TYPO_MIN || a.len().abs_diff(b.len()) > 2 || a.first() != b.first() {
        return false;
    }
    let allowed = if shorter >= 2 * TYPO_MIN - 3 { 2 } else { 1 };
    distance(&a, &b) <= allowed
}

#[cfg(test)]
mod tests {
    use super::super::language::Languages;
    use super::*;

    fn english(text: &str) -> Vec<Word> {
        Lexicon::new().words(text, Tongue::default())
    }

    #[test]
    fn words_stand_for_others_of_their_meaning_ending_and_spelling() {
        let lexicon = Lexicon::new();
        let worth = |a: &str, b: &str| lexicon.worth(&english(a)[0], &english(b)[0]);
        assert_eq!(worth("returning", "returned"), 1.0);
        assert!(worth("price", "fees") > 0.8);
        assert!(worth("registration", "registered") > 0.7);
        assert!(worth("perscription", "prescription") > 0.8);
        assert_eq!(worth("pets", "cat"), NARROWER_WORTH);
        assert_eq!(worth("cat", "pets"), WIDER_WORTH);
        assert_eq!(worth("cat", "dog"), 0.0, "one kind of pet says nothing of another");
        assert_eq!(worth("charge", "change"), 0.0, "a word that is known was not mistyped");
        assert_eq!(worth("E-999", "E-204"), 0.0);
        assert_eq!(worth("14.90", "14.9"), 0.0);
    }

    #[test]
    fn every_line_of_the_tables_says_something() {
        let of_one_stem: Vec<&str> = lines(THESAURUS)
            .filter(|line| line.split_whitespace().map(text::stem).collect::<HashSet<_>>().len() < 2)
            .collect();
        assert!(of_one_stem.is_empty(), "{of_one_stem:?}");
        for (table, mark) in [(PHRASES, " > "), (BROADER, " : ")] {
            for line in lines(table) {
                let (left, right) = line.split_once(mark).unwrap_or_default();
                assert!(!left.trim().is_empty() && !right.trim().is_empty(), "{line}");
            }
        }
        let twice: Vec<&str> = lines(PHRASES).filter_map(|line| line.split_once(" > ")).map(|(said, _)| said).collect();
        let once: HashSet<&str> = twice.iter().copied().collect();
        assert_eq!(once.len(), twice.len());
    }

    #[test]
    fn a_share_in_percent_is_read_as_a_word() {
        let texts: Vec<String> = english("Students get 50 % off.").into_iter().map(|word| word.text).collect();
        assert_eq!(texts, ["students", "get", "50", "discount", "percent"]);
        assert!(english("see /a%20b%C3%A9 or 100%ig, %").iter().all(|word| word.text != "percent"));
    }

    #[test]
    fn a_saying_ends_with_its_sentence() {
        let texts: Vec<String> = english("Take it. Back pain?").into_iter().map(|word| word.text).collect();
        assert_eq!(texts, ["take", "it", "back", "pain"]);
    }

    #[test]
    fn names_codes_and_numbers_are_seen_as_such() {
        let words = english("What does E-204 cost in Japan, 2,000 euros? Money back by 8 a.m.");
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["what", "does", "e204", "cost", "in", "japan", "2000", "euros", "refund", "by", "8", "am"]);
        let names: Vec<&str> = words.iter().filter(|word| word.is_name).map(|word| word.text.as_str()).collect();
        assert_eq!(names, ["e204", "japan"]);
    }

    #[test]
    fn another_language_has_its_own_function_words_endings_and_capitals() {
        let lexicon = Lexicon::new();
        let languages = Languages::new(lexicon.vocabulary());
        let german = |text: &str| lexicon.words(text, languages.tongue("de"));
        let telling = |text: &str| -> Vec<String> {
            let words = german(text).into_iter();
            words.filter(|word| lexicon.weight(word) >= 1.0).map(|word| word.text).collect()
        };
        assert_eq!(telling("Wie lange haben Sie die Sauna am Sonntag offen?"), ["sauna", "sunday", "open"]);
        assert!(german("Gilt das auch für den Kurs von DHL?").iter().all(|w| w.is_name == (w.text == "dhl")));
        let worth = |a: &str, b: &str| lexicon.worth(&german(a)[0], &german(b)[0]);
        assert_eq!(worth("Kurse", "Kursen"), 1.0);
        assert!(worth("Liegestuhl", "Liegestühle") > 0.7);
        assert!(worth("Lieferung", "Lieferkosten") > 0.7);
        assert!(worth("Mitgliedschaft", "Mitglied") > 0.7);
        assert_eq!(worth("Sauna", "Dusche"), 0.0);
        let to_english = |a: &str, b: &str| lexicon.worth(&german(a)[0], &english(b)[0]);
        assert_eq!(to_english("Garantie", "warranty"), 1.0);
        let french = lexicon.words("J'ai perdu l'ordinateur", languages.tongue("fr"));
        assert!(french.iter().any(|word| word.text == "ordinateur"));
    }
}
