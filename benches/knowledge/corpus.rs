//! Made-up texts, the same at each run.

/// What every chunk is called.
pub(crate) const TITLE: &str = "Handbook";

const VOCABULARY: usize = 40_000;
const TOPICS: usize = 2_000;
const WORDS_PER_TOPIC: usize = 40;
const WORDS_PER_CHUNK: usize = 120;
const SMALL_WORDS: &[&str] =
    &["the", "of", "and", "to", "in", "is", "you", "that", "it", "for", "on", "with", "can", "your"];

/// Chunks, and questions about some of them.
pub(crate) struct Corpus {
    pub chunks: Vec<String>,
    pub questions: Vec<String>,
}

struct Random(u64);

impl Corpus {
    pub(crate) fn new(chunks: usize, questions: usize) -> Self {
        let mut random = Random(7);
        let words: Vec<String> = (0..VOCABULARY).map(|n| word(n, &mut random)).collect();
        let topics: Vec<Vec<usize>> =
            (0..TOPICS).map(|_| (0..WORDS_PER_TOPIC).map(|_| random.below(VOCABULARY)).collect()).collect();
        let chunks: Vec<String> = (0..chunks).map(|n| chunk(&words, &topics[n % TOPICS], &mut random)).collect();
        let questions = (0..questions).map(|_| question(&chunks[random.below(chunks.len())], &mut random)).collect();
        Self { chunks, questions }
    }

    pub(crate) fn mean_chars(&self) -> usize {
        self.chunks.iter().map(String::len).sum::<usize>() / self.chunks.len().max(1)
    }
}

fn chunk(words: &[String], topic: &[usize], random: &mut Random) -> String {
    let mut text = String::new();
    for n in 0..WORDS_PER_CHUNK {
        let word = match random.below(10) {
            0..=3 => SMALL_WORDS[random.below(SMALL_WORDS.len())],
            4..=6 => &words[topic[random.below(topic.len())]],
            _ => &words[zipf(random)],
        };
        text.push_str(word);
        text.push_str(if n % 14 == 13 { ". " } else { " " });
    }
    text
}

/// Some neighbouring words of a chunk, as a question.
fn question(chunk: &str, random: &mut Random) -> String {
    let words: Vec<&str> = chunk.split_whitespace().collect();
    let start = random.below(words.len().saturating_sub(9).max(1));
    let some = words.iter().skip(start).take(6 + random.below(4)).copied().collect::<Vec<_>>().join(" ");
    format!("how do i {some}?")
}

/// A rank: the first is twice as often as the second.
fn zipf(random: &mut Random) -> usize {
    let share = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    ((VOCABULARY as f64).powf(share) as usize).min(VOCABULARY - 1)
}

fn word(number: usize, random: &mut Random) -> String {
    const FIRST: &[&str] = &["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pl"];
    const THEN: &[&str] = &["a", "e", "i", "o", "u", "ea", "ou"];
    let syllables = 2 + number * 3 / VOCABULARY;
    (0..syllables).map(|_| [FIRST[random.below(FIRST.len())], THEN[random.below(THEN.len())]].concat()).collect()
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
