//! `switchboard analytics rebuild`: makes the figures anew from the session logs, while no server runs.

use anyhow::Result;
use clap::Subcommand;
use indicatif::ProgressBar;

use super::offline;
use crate::config::Config;
use crate::engine::Analytics;

/// What can be done to the figures.
#[derive(Debug, Subcommand)]
pub(super) enum AnalyticsCommand {
    /// Delete all figures and count every session's log again.
    Rebuild,
}

/// Does it, and says how many sessions were counted. After an interruption the next start goes on.
pub(super) fn run(config: &Config, command: AnalyticsCommand) -> Result<()> {
    let AnalyticsCommand::Rebuild = command;
    let sessions = offline::on_store(config, async |store| {
        let (progress, mut counted) = (ProgressBar::new_spinner(), 0);
        let (_, projector) = Analytics::new(store);
        let told = |sessions: usize| {
            progress.set_message(format!("{sessions} sessions"));
            progress.tick();
            counted = sessions;
        };
        projector.rebuild(told).await?;
        progress.finish_and_clear();
        Ok(counted)
    })?;
    println!("analytics: {sessions} sessions counted");
    Ok(())
}
