//! `switchboard organization add`, `user add` and `token`: what an operator does on the store itself, while no server runs.

use std::io::{BufRead, Read, stdin};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};

use super::offline;
use crate::auth::{LoginAttempts, Passwords};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::text::PersonName;
use crate::domain::{CustomerId, Email, FullName, Label, OrganizationId, Role, ZoneName};
use crate::engine::Accounts;
use crate::engine::accounts::NewUser;

/// Random bytes in a generated password; 24 characters.
const PASSWORD_BYTES: usize = 18;

/// The most that is read of a password; longer ones are refused anyway.
const PASSWORD_READ_MAX_BYTES: u64 = 4096;

/// What can be done to users.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make a user; the password is generated and printed once unless it is given on the standard input.
    Add(NewUserArguments),
}

/// Who is to be made.
#[derive(Debug, Args)]
pub(super) struct NewUserArguments {
    /// What they log in with.
    #[arg(long)]
    email: String,
    /// What they are called.
    #[arg(long)]
    name: String,
    /// `platform_admin`, `admin`, `agent` or `customer`.
    #[arg(long)]
    role: String,
    /// Where they belong.
    #[arg(long, default_value = "default")]
    organization: String,
    /// Read the password from the first line of the standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// What can be done with organizations.
#[derive(Debug, Subcommand)]
pub(super) enum OrganizationCommand {
    /// Make an organization; `user add --organization` puts people in it.
    Add(NewOrganizationArguments),
}

/// The organization that is to be made.
#[derive(Debug, Args)]
pub(super) struct NewOrganizationArguments {
    /// Its id, for ever.
    #[arg(long)]
    id: String,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// Where its days begin, as in the IANA database.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
}

/// Whom a token is for.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct TokenHolder {
    /// A customer, by their id; they need no account.
    #[arg(long)]
    customer: Option<String>,
    /// A user, by their e-mail.
    #[arg(long)]
    user: Option<String>,
}

/// The options of `token`.
#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    #[command(flatten)]
    holder: TokenHolder,
    /// The customer's organization.
    #[arg(long, default_value = "default")]
    organization: String,
}

/// Makes an organization and says so.
pub(super) fn organization(config: &Config, command: OrganizationCommand) -> Result<()> {
    let OrganizationCommand::Add(arguments) = command;
    let id = OrganizationId::parse(&arguments.id).context("--id")?;
    let name = Label::parse("name", &arguments.name).context("--name")?;
    let zone = ZoneName::parse("time zone", &arguments.time_zone).context("--time-zone")?;
    let made = on_store(config, async |accounts: Accounts| Ok(accounts.found(id, name, zone).await?))?;
    println!("organization {}: {}, days in {}", made.id, made.name.as_str(), made.time_zone.as_str());
    Ok(())
}

/// Makes a user and says who they are.
pub(super) fn user(config: &Config, command: UserCommand) -> Result<()> {
    let UserCommand::Add(arguments) = command;
    let given = if arguments.password_stdin { Some(first_line()?) } else { None };
    let generated = given.is_none();
    let password = given.unwrap_or_else(random_password);
    let new = NewUser {
        organization: OrganizationId::parse(&arguments.organization).context("--organization")?,
        email: Email::parse(&arguments.email).context("--email")?,
        username: None,
        password: password.clone(),
        name: FullName::whole(PersonName::parse("name", &arguments.name).context("--name")?),
        role: Role::parse(&arguments.role)
            .ok_or_else(|| anyhow!("--role must be platform_admin, admin, agent or customer"))?,
    };
    let made = on_store(config, async |accounts: Accounts| Ok(accounts.register(new, None).await?.value))?;
    println!("{} {} in {}: {}", made.role, made.email.as_str(), made.organization.as_str(), made.id);
    if generated {
        println!("password (shown once): {}", password.expose_secret());
    }
    Ok(())
}

/// Prints a token, and nothing else.
pub(super) fn token(config: &Config, arguments: TokenArguments) -> Result<()> {
    let TokenArguments { holder, organization } = arguments;
    let organization = OrganizationId::parse(&organization).context("--organization")?;
    let customer = holder.customer.map(|id| CustomerId::parse(&id)).transpose().context("--customer")?;
    let user = holder.user.map(|email| Email::parse(&email)).transpose().context("--user")?;
    let issued = on_store(config, async |accounts: Accounts| {
        Ok(match (customer, user) {
            (Some(customer), _) => accounts.issue_customer_token(&organization, &customer)?,
            (None, Some(email)) => accounts.issue_user_token(&email)?,
            (None, None) => bail!("--customer or --user is required"),
        })
    })?;
    println!("{}", issued.token);
    Ok(())
}

/// Does one thing with the accounts of the configured store.
fn on_store<T>(config: &Config, act: impl AsyncFnOnce(Accounts) -> Result<T>) -> Result<T> {
    offline::on_store(config, async |store| {
        let passwords = Passwords::new(config.auth.parallel_hashes_max);
        let clock = Arc::new(SystemClock);
        let accounts = Accounts::new(store, clock, passwords, LoginAttempts::off(), config.auth.token_ttl_s).await?;
        act(accounts).await
    })
}

fn first_line() -> Result<SecretString> {
    let mut line = String::new();
    stdin().lock().take(PASSWORD_READ_MAX_BYTES).read_line(&mut line).context("standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}

fn random_password() -> SecretString {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; PASSWORD_BYTES]>()).into()
}
