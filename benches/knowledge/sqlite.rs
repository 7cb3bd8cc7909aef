//! The same texts and questions in SQLite's FTS5, by Python's sqlite3; "not measured" where that is absent.

use std::process::Command;

use super::Failure;
use super::corpus::Corpus;

const SCRIPT: &str = r#"
import json, os, re, sqlite3, sys, time
folder = sys.argv[1]
chunks = json.load(open(os.path.join(folder, "chunks.json")))
questions = json.load(open(os.path.join(folder, "questions.json")))
db = sqlite3.connect(os.path.join(folder, "fts.db"))
db.execute("create virtual table t using fts5(text, tokenize='porter unicode61')")
began = time.perf_counter(); cpu = time.process_time()
with db: db.executemany("insert into t(text) values (?)", ((c,) for c in chunks))
took, used = time.perf_counter() - began, time.process_time() - cpu
times = []
for q in questions:
    match = " OR ".join('"%s"' % w for w in re.findall(r"\w+", q))
    began = time.perf_counter()
    db.execute("select rowid from t where t match ? order by rank limit 10", (match,)).fetchall()
    times.append((time.perf_counter() - began) * 1000)
times.sort()
at = lambda p: times[min(len(times) - 1, int(len(times) * p))]
print("| SQLite %s FTS5: ingest, chunks a second of one core (words only) | %.3f |" % (sqlite3.sqlite_version, len(chunks) / used))
print("| SQLite FTS5: search, words only: p50 / p99 / longest ms | %.2f / %.2f / %.2f |" % (at(.5), at(.99), times[-1]))
print("| SQLite FTS5: on disk with the texts, MiB | %.3f |" % (os.path.getsize(os.path.join(folder, "fts.db")) / 1048576))
"#;

/// Questions that it is asked: at 100,000 chunks each takes it a good part of a second.
const ASKED: usize = 200;

pub(crate) fn measure(corpus: &Corpus) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in("target")?;
    std::fs::write(folder.path().join("chunks.json"), serde_json::to_vec(&corpus.chunks)?)?;
    std::fs::write(
        folder.path().join("questions.json"),
        serde_json::to_vec(&corpus.questions[..corpus.questions.len().min(ASKED)])?,
    )?;
    match Command::new("python3").arg("-c").arg(SCRIPT).arg(folder.path()).output() {
        Ok(said) if said.status.success() => print!("{}", String::from_utf8_lossy(&said.stdout)),
        Ok(_) | Err(_) => println!("| SQLite FTS5 | not measured: no python3 with sqlite3 and FTS5 |"),
    }
    Ok(())
}
