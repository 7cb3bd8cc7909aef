//! The command line: `serve` (the default), `chat`, `organization add`, `user add`, `token`,
//! `check-config`, `analytics rebuild`, `customer export`, `customer erase`, `compact`.
//!
//! Imports everything, as the program's outermost shell. `chat` shares nothing with the server but the wire.

mod accounts;
mod analytics;
mod chat;
mod customers;
mod offline;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::knowledge::extract;
use accounts::{OrganizationCommand, TokenArguments, UserCommand};
use analytics::AnalyticsCommand;
use chat::ChatArguments;
use customers::CustomerCommand;

#[derive(Debug, Parser)]
#[command(name = "switchboard", version, about = "A realtime conversation engine for customer support")]
struct Arguments {
    /// A settings file on top of the defaults.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve,
    /// Be a customer of a running server, in the terminal.
    Chat(ChatArguments),
    /// Make organizations while no server runs.
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// Make users while no server runs.
    #[command(subcommand)]
    User(UserCommand),
    /// Print an access token while no server runs.
    Token(TokenArguments),
    /// Look after the figures while no server runs.
    #[command(subcommand)]
    Analytics(AnalyticsCommand),
    /// Hand out or erase what is kept of customers while no server runs.
    #[command(subcommand)]
    Customer(CustomerCommand),
    /// Write the store anew while no server runs, so that what was deleted leaves the disk.
    Compact,
    /// Read the settings, say whether they can be used, and end.
    CheckConfig,
    /// Read one document for the server, which starts this by itself.
    #[command(hide = true)]
    Extract,
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    if let Some(Command::Extract) = command {
        return extract::child::run();
    }
    match execute(config.as_deref(), command.unwrap_or(Command::Serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(&format!("{why:#}")),
    }
}

fn execute(config: Option<&Path>, command: Command) -> Result<()> {
    let load = || Config::load(config);
    match command {
        Command::Serve => serve::run(load()?),
        Command::Chat(arguments) => chat::run(arguments),
        Command::Organization(command) => accounts::organization(&load()?, command),
        Command::User(command) => accounts::user(&load()?, command),
        Command::Token(arguments) => accounts::token(&load()?, arguments),
        Command::Analytics(command) => analytics::run(&load()?, command),
        Command::Customer(command) => customers::run(&load()?, command),
        Command::Compact => customers::compact(&load()?),
        Command::CheckConfig => {
            load()?;
            println!("configuration: ok");
            Ok(())
        }
        // It has no settings, and ends in its own way.
        Command::Extract => Ok(()),
    }
}

/// One line, and the exit code of a process that could not do what it was asked.
fn fail(why: &str) -> ExitCode {
    eprintln!("switchboard: {}", why.split_whitespace().collect::<Vec<_>>().join(" "));
    ExitCode::FAILURE
}
