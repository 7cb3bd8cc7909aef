//! Everything in one go: each row of the plan against a server of its own, server on one core and client on another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;

use crate::Failure;
use crate::console;
use crate::measured::Measured;
use crate::page::{self, Line};
use crate::plan::{Goal, ROWS, Row};
use crate::target::{self, Kind, Target};

const START_GOALS: &[Goal] = &[Goal::ReadyMsAtMost(2_000.0), Goal::RssMibAtMost(150.0)];
const CONSOLE_GOALS: &[Goal] = &[Goal::DownloadKibAtMost(300.0)];
const START_KIND: Kind = Kind::Engine(&[("SWITCHBOARD_ASSISTANT__PROVIDER", "none")]);

/// Everything in one go, beside the floor; writes a page.
#[derive(Debug, Clone, Args)]
pub(crate) struct Report {
    /// The page to write.
    #[arg(long, default_value = "docs/benchmarks.md")]
    page: PathBuf,
    /// Where the servers keep what they write while they are measured; emptied after each row.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// The store to measure with: sled or fjall.
    #[arg(long, default_value = "fjall")]
    store: String,
    /// Only rows whose name starts with one of these; the page is then not written.
    #[arg(long)]
    only: Vec<String>,
    /// Sessions on disk for the measure of a start; a million takes some minutes to make. 0: leave it out.
    #[arg(long, default_value_t = 100_000)]
    start_sessions: usize,
    /// One short run of each row, to see whether it works.
    #[arg(long)]
    quick: bool,
}

impl Report {
    pub(crate) async fn write(&self) -> Result<(), Failure> {
        let mut lines: Vec<Line> = Vec::new();
        for row in ROWS.iter().filter(|row| self.wants(row.key)) {
            let found = self.measure(row).await;
            let line = Line::of(row.key, row.floor, row.goals, found);
            println!("{}", line.said());
            lines.push(line);
        }
        if self.start_sessions > 0 && self.wants("start") {
            let line = Line::of("start", None, START_GOALS, self.measure_start().await);
            println!("{}", line.said());
            lines.push(line);
        }
        if self.wants("console") {
            let line = Line::of("console", None, CONSOLE_GOALS, console::weigh());
            println!("{}", line.said());
            lines.push(line);
        }
        println!("\n{}", page::table(&lines));
        if self.only.is_empty() && !self.quick {
            if let Some(parent) = self.page.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&self.page, page::page(&lines, &self.store))?;
            println!("written to {}", self.page.display());
        }
        Ok(())
    }

    fn wants(&self, key: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| key.starts_with(start.as_str()))
    }

    /// The median of a row's runs by throughput; all of them against one server.
    async fn measure(&self, row: &Row) -> Result<Measured, Failure> {
        let folder = self.fresh_folder(row.key)?;
        let target = Target::start(row.kind, &folder, &self.store).await?;
        let mut found = Vec::new();
        for _ in 0..if self.quick { 1 } else { row.runs } {
            found.push(self.run_client(row, &target).await?);
        }
        target.stop().await?;
        fs::remove_dir_all(&folder)?;
        found.sort_by(|a, b| a.per_s.total_cmp(&b.per_s));
        let mut median = found.swap_remove(found.len() / 2);
        if let Some(who) = row.kind.other() {
            median.name = format!("{who}: {}", median.name);
        }
        Ok(median)
    }

    /// A measure is a process of its own, so that it starts with an empty memory and a core to itself.
    async fn run_client(&self, row: &Row, target: &Target) -> Result<Measured, Failure> {
        let mut command = target::on_core(1, &std::env::current_exe()?);
        command.args(row.arguments.split(' ')).args([
            "--json",
            "--url",
            &target.url(row.path()),
            "--pid",
            &target.pid().to_string(),
        ]);
        if row.kind == Kind::Floor {
            command.args(["--peer", "echo"]);
        }
        if self.quick && !row.arguments.contains("--seconds") {
            command.args(["--seconds", "2"]);
        }
        let output = tokio::process::Command::from(command).stderr(Stdio::piped()).output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        match said.lines().last() {
            Some(json) if output.status.success() => Ok(serde_json::from_str(json)?),
            _ => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into()),
        }
    }

    /// From the start of the process to `/readyz`, with sessions on disk.
    async fn measure_start(&self) -> Result<Measured, Failure> {
        let folder = self.fresh_folder("start")?;
        let target = Target::start(START_KIND, &folder, &self.store).await?;
        let mut command = target::on_core(1, &std::env::current_exe()?);
        let sessions = self.start_sessions.to_string();
        command.args(["seed", "--sessions", &sessions, "--url", &target.url("/ws")]);
        if !tokio::process::Command::from(command).status().await?.success() {
            return Err("the sessions could not be made".into());
        }
        target.stop().await?;

        let target = Target::start(START_KIND, &folder, &self.store).await?;
        let mut measured = Measured::new(&format!("start with {sessions} sessions on disk"));
        measured.ready_ms = Some(target.ready_ms);
        measured.rss_mib = Some(target.rss_mib()?);
        target.stop().await?;
        fs::remove_dir_all(&folder)?;
        Ok(measured)
    }

    fn fresh_folder(&self, key: &str) -> Result<PathBuf, Failure> {
        let folder: &Path = &self.folder.join(key);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        Ok(folder.to_owned())
    }
}
