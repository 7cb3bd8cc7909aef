//! Puts each made-up organization's knowledge into a fresh store, asks every labelled question, and says what was right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use switchboard::assistant::{Builtin, Finder, Knowledge, Line, Speaker, Turn};
use switchboard::domain::knowledge::{Chunking, Document, DocumentKind, DocumentState, Entry, EntryKey, Faq};
use switchboard::domain::{
    Action, Answer, AssistantSettings, DocumentId, FaqId, OrganizationId, SessionId, SessionKey, Source, Timestamp,
};
use switchboard::knowledge::chunk::{Markup, chunks};
use switchboard::knowledge::{Hashing, Library, LibrarySettings};
use switchboard::store::{Batch, Store, StoreLimits, StoreUrl, knowledge, record};
use uuid::Uuid;

pub(crate) const DOMAINS: [&str; 15] = [
    "shop",
    "clinic",
    "software",
    "studio",
    "provider",
    "hotel",
    "stadtwerke",
    "roastery",
    "dentist",
    "invoicing",
    "furniture",
    "backup",
    "outdoor",
    "physio",
    "camping",
];

/// The size of the vectors that the server makes where nothing else is configured.
const DIMENSIONS: usize = 1_536;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A labelled question; `eval/README.md` says what the fields mean.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Labelled {
    pub id: String,
    pub domain: String,
    pub question: String,
    #[serde(default)]
    pub before: Vec<String>,
    pub answerable: bool,
    pub expect: Vec<Vec<String>>,
    pub source: Vec<String>,
    pub intent: String,
    pub kind: String,
    pub language: String,
    pub split: String,
}

/// What came of one question.
#[derive(Debug)]
pub(crate) struct Asked {
    pub label: Labelled,
    /// What the customer would read.
    pub reply: String,
    /// Documents and pairs that it cites, by their names in the set.
    pub cites: Vec<String>,
    pub intent: String,
    pub confidence: f32,
    /// It rests on a source, and is sure enough to be given.
    pub answered: bool,
    pub right: bool,
    pub took: Duration,
}

#[derive(Deserialize)]
struct FaqFile {
    faq: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    id: String,
    question: String,
    #[serde(default)]
    variants: Vec<String>,
    answer: String,
}

/// One organization with its knowledge.
struct Room {
    _directory: tempfile::TempDir,
    organization: OrganizationId,
    library: Library,
    store: Store,
    /// Document ids and source ids to the names that the set has for them.
    names: BTreeMap<String, String>,
}

/// Asks everything. `floor` is the confidence from which answers are given; none is the shipped one.
pub(crate) async fn ask_all(floor: Option<f32>) -> Result<Vec<Asked>, Failure> {
    let mut starter = Knowledge::starter();
    starter.answer_floor = floor.unwrap_or(starter.answer_floor);
    let builtin = Arc::new(Builtin::new(starter));
    let rules = Arc::new(AssistantSettings {
        confidence_floor: floor.unwrap_or(AssistantSettings::default().confidence_floor),
        ..AssistantSettings::default()
    });
    let mut asked = Vec::new();
    for domain in DOMAINS {
        let room = Room::furnished(domain).await?;
        let finder = Finder::new(room.library.clone(), room.store.clone(), Arc::clone(&builtin));
        for label in questions(domain)? {
            asked.push(room.ask(&builtin, &finder, &rules, label).await?);
        }
    }
    Ok(asked)
}

/// The labelled questions of one organization.
pub(crate) fn questions(domain: &str) -> Result<Vec<Labelled>, Failure> {
    let text = std::fs::read_to_string(folder(domain).join("questions.jsonl"))?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn folder(domain: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("eval").join(domain)
}

impl Room {
    async fn furnished(domain: &str) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let (store, completions) = Store::open(&StoreUrl::Fjall(directory.path().to_owned()), StoreLimits::default())?;
        tokio::spawn(completions.run());
        let library = Library::new(store.clone(), Arc::new(Hashing::new(DIMENSIONS)), LibrarySettings::default());
        let organization = OrganizationId::default_organization();
        let mut room = Self { _directory: directory, organization, library, store, names: BTreeMap::new() };
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder(domain).join("knowledge"))?
            .map(|file| Ok(file?.path()))
            .collect::<Result<_, Failure>>()?;
        files.sort();
        for file in files {
            room.add_document(&file).await?;
        }
        let pairs: FaqFile = toml::from_str(&std::fs::read_to_string(folder(domain).join("faq.toml"))?)?;
        for pair in pairs.faq {
            room.add_pair(pair).await?;
        }
        room.library.caught_up(&room.organization).await.map_err(|refusal| format!("{refusal:?}"))?;
        Ok(room)
    }

    async fn add_document(&mut self, file: &Path) -> Result<(), Failure> {
        let text = std::fs::read_to_string(file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let title = text.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_owned();
        let id = DocumentId(Uuid::now_v7());
        let cut: Vec<_> = chunks(&text, Markup::Markdown, Chunking::default()).collect();
        let entries: Vec<Entry> = (0..)
            .zip(&cut)
            .map(|(number, chunk)| Entry {
                key: EntryKey::Chunk { document: id, version: 1, number },
                title: title.clone(),
                questions: Vec::new(),
                text: chunk.text.to_owned(),
                url: None,
                span: Some(chunk.span),
                external_id: None,
                source: None,
            })
            .collect();
        let now = Timestamp::from_ms(1_763_800_000_000);
        let document = Document {
            id,
            organization: self.organization.clone(),
            title,
            author: None,
            kind: DocumentKind::Markdown,
            url: None,
            state: DocumentState::Ready,
            fault: None,
            version: 1,
            live: Some(1),
            chunking: Chunking::default(),
            bytes: text.len() as u64,
            chars: text.chars().count() as u64,
            chunks: entries.len() as u32,
            chunks_done: entries.len() as u32,
            created_at: now,
            updated_at: now,
        };
        let mut batch = Batch::default();
        record::insert(&mut batch, &document)?;
        knowledge::put_entries(&self.store, &mut batch, &self.organization, &entries)?;
        self.store.commit(batch).await?;
        self.names.insert(id.to_string(), name);
        Ok(())
    }

    async fn add_pair(&mut self, pair: Pair) -> Result<(), Failure> {
        let now = Timestamp::from_ms(1_763_800_000_000);
        let faq = Faq {
            id: FaqId(Uuid::now_v7()),
            organization: self.organization.clone(),
            question: pair.question,
            variants: pair.variants,
            answer: pair.answer,
            url: None,
            created_at: now,
            updated_at: now,
        };
        let entry = faq.entry();
        let mut batch = Batch::default();
        record::insert(&mut batch, &faq)?;
        self.names.insert(entry.key.to_string(), format!("faq:{}", pair.id));
        knowledge::put_entries(&self.store, &mut batch, &self.organization, &[entry])?;
        self.store.commit(batch).await?;
        Ok(())
    }

    async fn ask(
        &self,
        builtin: &Builtin,
        finder: &Finder,
        rules: &Arc<AssistantSettings>,
        label: Labelled,
    ) -> Result<Asked, Failure> {
        let session = SessionId::parse(&label.id).map_err(|refusal| format!("{refusal:?}"))?;
        let key = SessionKey { organization: self.organization.clone(), session };
        let mut turn = Turn::new(key, Arc::clone(rules));
        for before in &label.before {
            turn.messages = vec![before.as_str().into()];
            let reply = answer_of(&builtin.decide(&finder.informed(turn.clone()).await)).text;
            turn.history.push(Line { speaker: Speaker::Customer, text: before.as_str().into() });
            turn.history.push(Line { speaker: Speaker::Assistant, text: reply.as_str().into() });
        }
        turn.messages = label.question.lines().map(Into::into).collect();
        let began = Instant::now();
        let action = builtin.decide(&finder.informed(turn).await);
        let took = began.elapsed();
        let answer = answer_of(&action);
        let cites: Vec<String> = answer.sources.iter().map(|source| self.name(source)).collect();
        let answered = !cites.is_empty() && rules.gives(&answer.reading);
        let right = answered && is_right(&label, &answer.text, &cites);
        let Answer { text, reading, .. } = answer;
        Ok(Asked {
            label,
            reply: text,
            cites,
            intent: reading.intent,
            confidence: reading.confidence,
            answered,
            right,
            took,
        })
    }

    fn name(&self, source: &Source) -> String {
        let id = source.cited.map_or_else(|| source.id.clone(), |cited| cited.document.to_string());
        self.names.get(&id).cloned().unwrap_or(id)
    }
}

fn answer_of(action: &Action) -> Answer {
    match action {
        Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => answer.clone(),
        Action::HandOver { reading, .. } => Answer { reading: reading.clone(), ..Answer::default() },
    }
}

fn is_right(label: &Labelled, reply: &str, cites: &[String]) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let reply = plain(reply);
    label.answerable
        && label.expect.iter().all(|alternatives| alternatives.iter().any(|words| reply.contains(&plain(words))))
        && label.source.iter().all(|source| cites.contains(source))
}
