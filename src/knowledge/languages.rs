//! Languages that texts are read in, and the words of them that say little.

use tantivy::tokenizer::Language as Stemming;
use whatlang::Lang;

/// The most of a text that its language is told by, in bytes; more says nothing more, and costs time.
const SAMPLE_MAX_BYTES: usize = 1_000;

/// A language, or none that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

/// What is taken where a text is too short to tell: questions are read in it too, so both are cut the same way.
const ENGLISH: Language = Language(0);

const TABLE: &[(&str, Lang, Option<Stemming>)] = &[
    ("en", Lang::Eng, Some(Stemming::English)),
    ("ar", Lang::Ara, Some(Stemming::Arabic)),
    ("da", Lang::Dan, Some(Stemming::Danish)),
    ("nl", Lang::Nld, Some(Stemming::Dutch)),
    ("fi", Lang::Fin, Some(Stemming::Finnish)),
    ("fr", Lang::Fra, Some(Stemming::French)),
    ("de", Lang::Deu, Some(Stemming::German)),
    ("el", Lang::Ell, Some(Stemming::Greek)),
    ("hu", Lang::Hun, Some(Stemming::Hungarian)),
    ("it", Lang::Ita, Some(Stemming::Italian)),
    ("no", Lang::Nob, Some(Stemming::Norwegian)),
    ("pt", Lang::Por, Some(Stemming::Portuguese)),
    ("ro", Lang::Ron, Some(Stemming::Romanian)),
    ("ru", Lang::Rus, Some(Stemming::Russian)),
    ("es", Lang::Spa, Some(Stemming::Spanish)),
    ("sv", Lang::Swe, Some(Stemming::Swedish)),
    ("tr", Lang::Tur, Some(Stemming::Turkish)),
    ("zh", Lang::Cmn, None),
    ("ja", Lang::Jpn, None),
    ("ko", Lang::Kor, None),
    ("pl", Lang::Pol, None),
    ("uk", Lang::Ukr, None),
    ("cs", Lang::Ces, None),
    ("vi", Lang::Vie, None),
    ("th", Lang::Tha, None),
    ("he", Lang::Heb, None),
    ("hi", Lang::Hin, None),
];

/// Words of questions that do not say what is asked about, in the languages that most of our readers write.
const COMMON: &str = "\
    a about after again all also am an and any are as at be because been before being but by can cant could did do does doing \
    dont for from get give go got had has have having he hello help her here hey hi him his how i id if ill im in into is isnt \
    it its ive just know let like long make many may me might more most much must my need no not now of off ok okay on one only \
    or other our out over please pls possible question really see she should so some such take tell than thank thanks that the \
    their them then there these they this those through to too try u up us use very want was way we well were what whats when \
    where which while who why will with without would yes yet you your \
    aber als am an auch auf aus bei bin bis bitte da das dass dein dem den der des die dies diese dir doch du ein eine einem \
    einen einer es euch für gibt habe haben hallo hat hier ich ihr ihre im in ist ja kann kein keine können man mein meine meinen \
    meiner mich mir mit muss müssen nach nicht noch nur ob oder ohne sehr sein sich sie sind so über um und uns unser vom von vor \
    wann war warum was welche welcher wenn wer werden wie wieso will wir wird wo zu zum zur \
    alors au aux avec avez bonjour ce ces cette comme comment dans de des du elle elles en est et être faire fait faut il ils je \
    la le les leur mais me merci mes moi mon ne nos notre nous on ou où par pas peut peux plus pour pourquoi puis quand que quel \
    quelle quelles quels qui quoi sans se ses si son sont suis sur ta te tes ton tu un une vos votre vous \
    al algo ante como cómo con cual cuál cuando cuándo de del desde donde dónde el ella ellos en entre era es esa ese eso esta \
    este esto está estoy favor gracias ha hace hacer hay he hola la las le lo los más me mi mis muy no nos o para pero por porque \
    puede puedo que qué quiero quien se ser si sin sobre son su sus también te tengo tiene tu tus un una unos y ya yo \
    agli ai alla alle anche che chi ci ciao come con cosa cui da dal dalla degli dei del della delle di dove e è ed essere gli ha \
    hanno ho i il io la le lei lo loro ma mi mia mio nel nella noi non o per perché più posso può quale quando quanto questa \
    questo sei si sono su suo tra tu un una uno vi voglio \
    aan alle als ben bij dan dat de deze die dit dus een en er ga geen hallo heb hebben heeft het hij hoe ik in is je jij kan kunnen \
    maar me met mij mijn moet naar niet nog of om onze ook op over te tot u uit uw van veel voor waar waarom wanneer wat we welke wie \
    wij wil worden wordt zijn zo \
    ao aos as até com como da das de dele desde do dos e é ela ele eles em entre era essa esse esta este está eu foi há isso isto já \
    lhe mais mas me meu minha muito na não nas nem no nos o obrigado olá onde os ou para pela pelo por porque pode posso qual quando \
    que quem quero se sem ser seu sua são também te tem tenho um uma você";

impl Language {
    /// The language that a text is most likely written in.
    pub fn detect(text: &str) -> Self {
        let sample = text.get(..text.floor_char_boundary(SAMPLE_MAX_BYTES)).unwrap_or_default();
        match whatlang::detect(sample) {
            Some(info) if info.is_reliable() => Self::of(info.lang()).unwrap_or(ENGLISH),
            Some(_) | None => ENGLISH,
        }
    }

    /// The two letters that it is called by.
    pub fn code(self) -> &'static str {
        TABLE.get(usize::from(self.0)).map_or("en", |(code, ..)| code)
    }

    /// The language with these two letters.
    pub fn parse(code: &str) -> Option<Self> {
        TABLE.iter().position(|(known, ..)| *known == code).map(Self::at)
    }

    /// All that are known.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(Self::at)
    }

    pub(super) fn stemmer(self) -> Option<Stemming> {
        TABLE.get(usize::from(self.0)).and_then(|(_, _, stemmer)| *stemmer)
    }

    fn of(lang: Lang) -> Option<Self> {
        TABLE.iter().position(|(_, known, _)| *known == lang).map(Self::at)
    }

    fn at(place: usize) -> Self {
        Self(u8::try_from(place).unwrap_or(ENGLISH.0))
    }
}

impl Default for Language {
    fn default() -> Self {
        ENGLISH
    }
}

/// Whether a word, in small letters, says little about what is asked.
pub fn is_common(word: &str) -> bool {
    static WORDS: std::sync::LazyLock<std::collections::HashSet<&'static str>> =
        std::sync::LazyLock::new(|| COMMON.split(' ').collect());
    WORDS.contains(word)
}
