//! Accounts over a real store on disk.

mod changing;
mod first_start;
mod founding;
mod keys;
mod login;
mod registering;
mod request_keys;
mod signing;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use switchboard::auth::{Caller, LoginAttempts, Passwords, Permissions, Who};
use switchboard::domain::{Email, FullName, OrganizationId, PersonName, Role};
use switchboard::engine::accounts::{Accounts, Bootstrap, FirstStart, NewUser, RequestKey, UserChange};
use switchboard::store::{Store, StoreLimits, StoreUrl};
use tempfile::TempDir;

use crate::support::clock::HandClock;

const TOKEN_TTL_S: u64 = 3600;
const PASSWORD: &str = "securepassword123";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An installation in a directory that goes away with it.
struct Installation {
    accounts: Accounts,
    store: Store,
    clock: Arc<HandClock>,
    directory: TempDir,
}

impl Installation {
    /// An empty store.
    async fn empty() -> Self {
        Self::open(tempfile::tempdir().unwrap(), Arc::new(HandClock::at_ms(1_800_000_000_000))).await
    }

    /// After the first start.
    async fn started() -> (Self, FirstStart) {
        let installation = Self::empty().await;
        let first = installation.accounts.bootstrap(Bootstrap::default()).await.unwrap().unwrap();
        (installation, first)
    }

    /// The same store after a stop and a start.
    async fn restarted(self) -> Self {
        let Self { accounts, store, clock, directory } = self;
        store.close();
        drop((accounts, store));
        Self::open(directory, clock).await
    }

    async fn open(directory: TempDir, clock: Arc<HandClock>) -> Self {
        let store = open_store(directory.path());
        let accounts =
            Accounts::new(store.clone(), clock.clone(), Passwords::new(2), LoginAttempts::new(), TOKEN_TTL_S);
        Self { accounts: accounts.await.unwrap(), store, clock, directory }
    }
}

fn open_store(directory: &Path) -> Store {
    let (store, completions) = Store::open(&StoreUrl::Fjall(directory.to_owned()), StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    store
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn home() -> OrganizationId {
    OrganizationId::default_organization()
}

fn elsewhere() -> OrganizationId {
    OrganizationId::parse("elsewhere").unwrap()
}

/// A program that may do everything in an organization.
fn root_of(organization: OrganizationId) -> Caller {
    Caller { organization, who: Who::Key { id: uuid::Uuid::nil(), permissions: Permissions::all() } }
}

/// Whether the user may log in, from now on.
const fn active(active: bool) -> UserChange {
    UserChange { active: Some(active), first_name: None, last_name: None, role: None }
}

/// A user of the default organization with the usual password.
fn somebody(address: &str, role: Role) -> NewUser {
    let name = FullName::whole(PersonName::parse("name", "John Doe").unwrap());
    NewUser { organization: home(), email: email(address), username: None, password: secret(PASSWORD), name, role }
}

fn request(header: &str, body: &str) -> RequestKey {
    let scope = "default/anonymous/POST /auth/register".to_owned();
    RequestKey::new(header, scope, RequestKey::fingerprint_of("/auth/register", body.as_bytes())).unwrap()
}
