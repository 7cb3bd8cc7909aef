//! `switchboard customer export`, `customer erase`, `switchboard compact`: what an operator does with what is kept, while no
//! server runs.

use std::io::Write as _;

use anyhow::{Result, anyhow, bail};
use clap::Subcommand;

use super::offline;
use crate::app::operator;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::{CustomerId, OrganizationId};
use crate::engine::accounts::CustomersAccounts;
use crate::engine::privacy::export::{Cut, Subject, write};
use crate::engine::privacy::{kept, people};

/// What can be done with what is kept of customers.
#[derive(Debug, Subcommand)]
pub(super) enum CustomerCommand {
    /// Write everything that is kept of a customer, under all of their ids, to the standard output as JSON.
    Export {
        /// The organization's id.
        organization: String,
        /// Any of the customer's ids.
        id: String,
    },
    /// Erase everything that is kept of a customer, under all of their ids, write the store anew, and print the receipt.
    Erase {
        /// The organization's id.
        organization: String,
        /// Any of the customer's ids.
        id: String,
        /// The same id once more: there is no way back.
        #[arg(long)]
        confirm: String,
    },
}

/// Does it.
pub(super) fn run(config: &Config, command: CustomerCommand) -> Result<()> {
    match command {
        CustomerCommand::Export { organization, id } => export(config, &organization, &id),
        CustomerCommand::Erase { organization, id, confirm } if id == confirm => erase(config, &organization, &id),
        CustomerCommand::Erase { .. } => bail!("--confirm must be the customer's id"),
    }
}

fn erase(config: &Config, organization: &str, id: &str) -> Result<()> {
    let (organization, id) = (OrganizationId::parse(organization)?, CustomerId::parse_any(id)?);
    let receipt = offline::on_store(config, async |store| operator::erase(config, &store, &organization, &id).await)?;
    println!("{}", serde_json::to_string(&receipt)?);
    Ok(())
}

fn export(config: &Config, organization: &str, id: &str) -> Result<()> {
    let organization = OrganizationId::parse(organization)?;
    let id = CustomerId::parse_any(id)?;
    offline::on_store(config, async |store| {
        let ids = people::ids_of(&store, &organization, &id)?;
        let ids = ids.ok_or_else(|| anyhow!("{organization} knows no customer {id}"))?;
        let subject = Subject { organization: organization.clone(), ids, at: SystemClock.now() };
        let mut kinds = kept::all();
        kinds.push(Box::new(CustomersAccounts { accounts: None }));
        let mut out = std::io::stdout().lock();
        write(&store, &kinds, &subject, |piece| out.write_all(&piece).map_err(|_closed| Cut::Gone))?;
        out.write_all(b"\n").and_then(|()| out.flush())?;
        Ok(())
    })
}

/// Writes the store anew, so that what was deleted leaves the disk.
pub(super) fn compact(config: &Config) -> Result<()> {
    offline::on_store(config, async |store| Ok(store.compact().await?))?;
    println!("store: written anew");
    Ok(())
}
