//! The first start: the default organization, its administrator and an API key, all in one batch or not at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::key::{self, ApiKeyRecord};
use super::user::Account;
use super::{Accounts, committed, register, unreadable};
use crate::auth::{self, NewKey, Passwords, Permissions};
use crate::domain::audit::Act;
use crate::domain::{
    Email, FullName, Label, Organization, OrganizationId, Refusal, Role, Timestamp, User, UserId, Username,
};
use crate::engine::audit;
use crate::store::{Batch, CommitError, record};

/// The administrator's address when none is configured.
const ADMIN_EMAIL: &str = "admin@switchboard.local";

/// What they may log in with besides, where a door asks for a username.
const ADMIN_USERNAME: &str = "admin";

/// Random bytes in a generated password; 24 characters.
const PASSWORD_BYTES: usize = 18;

/// What the operator wants the first start to make; the rest is generated.
#[derive(Debug, Clone, Default)]
pub struct Bootstrap {
    /// The administrator's address.
    pub admin_email: Option<Email>,
    /// The administrator's password.
    pub admin_password: Option<SecretString>,
    /// An API key with every permission.
    pub api_key: Option<SecretString>,
}

/// What the first start made. Generated secrets are here and nowhere else: show them once.
#[derive(Debug)]
pub struct FirstStart {
    /// The administrator's address.
    pub email: Email,
    /// The administrator's password, if it was generated.
    pub password: Option<SecretString>,
    /// The API key, if it was generated.
    pub api_key: Option<SecretString>,
}

impl Accounts {
    /// Makes what an empty store needs; `None` when the default organization exists already.
    ///
    /// # Errors
    /// `Invalid` on `password` or `api_key` when a wanted one can not be taken, `Unavailable` when it is not stored.
    pub async fn bootstrap(&self, wanted: Bootstrap) -> Result<Option<FirstStart>, Refusal> {
        let id = OrganizationId::default_organization();
        if self.organization_if_any(&id)?.is_some() {
            return Ok(None);
        }
        let email = wanted.admin_email.map_or_else(|| Email::parse(ADMIN_EMAIL), Ok)?;
        let (password, password_made) = given_or(wanted.admin_password, random_password);
        let (key, key_made) = match wanted.api_key {
            Some(text) => (auth::key::chosen(text.expose_secret())?, false),
            None => (auth::key::generate(), true),
        };
        Passwords::check_policy(password.expose_secret())?;
        let hash = self.passwords().hash(password.clone()).await?;
        let now = self.now();
        let admin = Account { user: administrator(&id, email.clone(), now)?, password: hash };
        let api_key = key_made.then(|| key.text.clone());
        let batch = first_batch(&id, &admin, key, now)?;
        match self.store().commit(batch).await {
            Ok(()) => Ok(Some(FirstStart { email, password: password_made.then_some(password), api_key })),
            // Somebody else was faster with the same batch, or the store holds half of what it should.
            Err(CommitError::Conflict { .. }) if self.organization_if_any(&id)?.is_some() => Ok(None),
            other => committed(other).map(|()| None),
        }
    }
}

fn first_batch(id: &OrganizationId, admin: &Account, key: NewKey, now: Timestamp) -> Result<Batch, Refusal> {
    let organization = Organization::new(id.clone(), Label::parse("name", "Default")?, now);
    let key = ApiKeyRecord {
        id: Uuid::now_v7(),
        organization: id.clone(),
        name: Label::parse("name", "First start")?,
        hint: key.hint,
        hash: key.hash,
        permissions: Permissions::all(),
        created_at: now,
    };
    let mut batch = Batch::default();
    record::insert(&mut batch, &organization).map_err(unreadable)?;
    register::add(&mut batch, admin).map_err(unreadable)?;
    key::add(&mut batch, &key).map_err(unreadable)?;
    for (act, on) in [(Act::UserCreated, register::target(&admin.user)), (Act::KeyCreated, key::target(&key))] {
        record::insert(&mut batch, &audit::operators(id, now, act, on, Vec::new())).map_err(unreadable)?;
    }
    Ok(batch)
}

fn administrator(organization: &OrganizationId, email: Email, now: Timestamp) -> Result<User, Refusal> {
    Ok(User {
        id: UserId(Uuid::now_v7()),
        organization: organization.clone(),
        email,
        username: Some(Username::parse(ADMIN_USERNAME)?),
        name: FullName::parse_parts("Platform", "Administrator")?,
        role: Role::PlatformAdmin,
        active: true,
        created_at: now,
        last_login_at: None,
    })
}

/// What was given, or one that is made now; and whether it was made.
fn given_or(given: Option<SecretString>, make: impl FnOnce() -> SecretString) -> (SecretString, bool) {
    match given {
        Some(given) => (given, false),
        None => (make(), true),
    }
}

fn random_password() -> SecretString {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; PASSWORD_BYTES]>()).into()
}
