//! The command line: `serve` (the default), `chat`, `user add`, `token`, `check-config`.
//!
//! Imports whatever a command needs: it stands above [`crate::app`].

mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

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
    /// Read the settings, say whether they can be used, and end.
    CheckConfig,
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match Config::load(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(why) => return fail(&why),
    };
    let ended = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(config),
        Command::CheckConfig => {
            println!("configuration: ok");
            Ok(())
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(&format_args!("{why:#}")),
    }
}

/// One line, and the exit code of a process that could not do what it was asked.
fn fail(why: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("switchboard: {why}");
    ExitCode::FAILURE
}
