//! What administrators set of people and teams. Each act is one batch with its entry in the audit log.

use super::{Desk, colleague};
use crate::auth::Caller;
use crate::domain::audit::{Act, AuditEntry, FieldChange, Target};
use crate::domain::desk::agent::{Presence, Team};
use crate::domain::desk::event::{Skill, TeamId};
use crate::domain::desk::settings::DeskSettings;
use crate::domain::desk::{AgentCard, AgentProfile, Availability};
use crate::domain::{Label, OrganizationId, PersonName, Refusal, Role, User, UserId};
use crate::engine::accounts::{USERS_PAGE_MAX, UserChange};
use crate::engine::audit::Acting;
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Direction, StoreError};

/// The most teams of an organization.
pub const TEAMS_MAX: usize = 500;

/// The most people of the staff that lists show.
pub const STAFF_LISTED_MAX: usize = 2_000;

/// How often a change is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

const NO_TEAM: Refusal = Refusal::NotFound { what: "team" };

/// What is to be changed of a profile; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// How many sessions at a time; `Some(None)` is the organization's default.
    pub capacity: Option<Option<u32>>,
    /// What they can do.
    pub skills: Option<Vec<Skill>>,
    /// Their teams.
    pub teams: Option<Vec<TeamId>>,
}

impl Desk {
    /// Changes a person's profile; it governs at once.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound` for a person or team that is not; `Invalid`; `Busy`,
    /// `Unavailable`.
    pub async fn set_profile(
        &self,
        acting: Acting<'_>,
        user: UserId,
        change: ProfileChange,
    ) -> Result<AgentCard, Refusal> {
        let caller = acting.caller;
        caller.require_admin()?;
        if change.teams.as_ref().is_some_and(|teams| teams.len() > TEAMS_MAX) {
            return Err(Refusal::invalid("teams", format!("must be at most {TEAMS_MAX}")));
        }
        let name = self.name_of(&caller.organization, user)?;
        for team in change.teams.iter().flatten() {
            self.team(caller, *team)?;
        }
        let profile = self.changed_profile(acting, (user, &name), &change).await?;
        let plain = card_of(&profile, name.clone());
        let told = self.desks.profile_changed(&caller.organization, profile).await;
        let seen = match told {
            Ok(()) => self.desks.cards(&caller.organization, vec![(user, name)]).await,
            Err(refusal) => Err(refusal),
        };
        // It is committed: what the desk does with it is no error of the caller's.
        let cards = seen.inspect_err(|refusal| tracing::warn!(%refusal, "the desk has not heard of a profile"));
        Ok(cards.unwrap_or_default().into_iter().next().unwrap_or(plain))
    }

    /// Changes a person's account. Whoever answers customers no more is nobody at the desk: what they have waits for others at
    /// once. That the desk can not be told takes nothing back, since their connections end anyway.
    ///
    /// # Errors
    /// As [`Accounts::change_user`](crate::engine::Accounts::change_user).
    pub async fn change_user(&self, acting: Acting<'_>, id: UserId, change: UserChange) -> Result<User, Refusal> {
        let user = self.accounts.change_user(acting, id, change).await?;
        if !(user.active && user.role.is_staff())
            && let Err(why) = self.desks.dismiss(&user.organization, user.id).await
        {
            tracing::warn!(user = %user.id, %why, "the desk does not know that somebody is gone");
        }
        Ok(user)
    }

    /// The organization's teams, oldest first.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn teams(&self, caller: &Caller) -> Result<Vec<Team>, Refusal> {
        let who = colleague(caller)?;
        let page = record::all(&self.store, who.organization, None, TEAMS_MAX, Direction::Forward);
        Ok(page.map_err(unreadable)?.items.into_iter().map(|found| found.record).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub fn team(&self, caller: &Caller, id: TeamId) -> Result<Team, Refusal> {
        self.team_at(&caller.organization, id).map(|found| found.record)
    }

    /// Makes a team.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Conflict` when the name is taken or there are [`TEAMS_MAX`] teams.
    pub async fn create_team(&self, acting: Acting<'_>, name: Label) -> Result<Team, Refusal> {
        acting.caller.require_admin()?;
        let organization = acting.caller.organization.clone();
        if record::count::<Team>(&self.store, &organization, TEAMS_MAX).map_err(unreadable)? >= TEAMS_MAX {
            return Err(Refusal::conflict("the organization has as many teams as it may"));
        }
        let team = Team { id: TeamId(uuid::Uuid::now_v7()), organization, name };
        let mut batch = Batch::default();
        record::insert(&mut batch, &team).map_err(unreadable)?;
        let change = FieldChange::set("name", team.name.as_str());
        self.commit_team(acting, &team, batch, Some(change)).await?;
        self.tell_of_teams(&team.organization).await;
        Ok(team)
    }

    /// Gives a team another name.
    ///
    /// # Errors
    /// As [`Desk::create_team`]; `NotFound`.
    pub async fn rename_team(&self, acting: Acting<'_>, id: TeamId, name: Label) -> Result<Team, Refusal> {
        acting.caller.require_admin()?;
        let old = self.team_at(&acting.caller.organization, id)?;
        let team = Team { name, ..old.record.clone() };
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &team).map_err(unreadable)?;
        let change = FieldChange::of("name", &old.record.name.as_str(), &team.name.as_str());
        self.commit_team(acting, &team, batch, change).await.map(|()| team)
    }

    /// Takes a team away. Sessions that wait for it wait for anybody from then on.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`, `Busy`, `Unavailable`.
    pub async fn delete_team(&self, acting: Acting<'_>, id: TeamId) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        let old = self.team_at(organization, id)?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &old);
        let change = FieldChange::unset("name", old.record.name.as_str());
        self.commit_team(acting, &old.record, batch, Some(change)).await?;
        self.tell_of_teams(organization).await;
        Ok(())
    }

    /// The desk asks anybody where a team is asked for that it does not know: it must hear of each one that comes or goes. It
    /// is committed, so that the desk can not be told is no error of the caller's.
    async fn tell_of_teams(&self, organization: &OrganizationId) {
        if let Err(refusal) = self.desks.teams_changed(organization).await {
            tracing::warn!(%refusal, "the desk has not heard of a change of teams");
        }
    }

    /// Everybody who may answer customers, also those who may not log in now: an administrator lets them in again.
    pub(super) fn staff(&self, organization: &OrganizationId) -> Result<Vec<(UserId, PersonName)>, Refusal> {
        let mut staff = Vec::new();
        for role in [Role::Admin, Role::Agent] {
            for page in 1..=STAFF_LISTED_MAX.div_ceil(USERS_PAGE_MAX) {
                let (users, total) = self.accounts.list(organization, Some(role), page, USERS_PAGE_MAX)?;
                staff.extend(users.into_iter().map(|user| (user.id, user.name.full().clone())));
                if page * USERS_PAGE_MAX >= total {
                    break;
                }
            }
        }
        Ok(staff)
    }

    fn name_of(&self, organization: &OrganizationId, user: UserId) -> Result<PersonName, Refusal> {
        let user = self.accounts.user(organization, user)?;
        if user.role.is_staff() { Ok(user.name.full().clone()) } else { Err(Refusal::NotFound { what: "user" }) }
    }

    fn team_at(&self, organization: &OrganizationId, id: TeamId) -> Result<Versioned<Team>, Refusal> {
        record::get::<Team>(&self.store, organization, &id.0.to_string()).map_err(unreadable)?.ok_or(NO_TEAM)
    }

    /// Writes a profile with what is to be changed of it; nothing where that is how it is already.
    async fn changed_profile(
        &self,
        acting: Acting<'_>,
        (user, name): (UserId, &PersonName),
        change: &ProfileChange,
    ) -> Result<AgentProfile, Refusal> {
        let organization = &acting.caller.organization;
        for _ in 0..TRIES_MAX {
            let found =
                record::get::<AgentProfile>(&self.store, organization, &user.to_string()).map_err(unreadable)?;
            let plain = || AgentProfile::plain(organization.clone(), user);
            let old = found.as_ref().map_or_else(plain, |found| found.record.clone());
            let new = AgentProfile {
                capacity: change.capacity.unwrap_or(old.capacity),
                skills: change.skills.clone().unwrap_or_else(|| old.skills.clone()),
                teams: change.teams.clone().unwrap_or_else(|| old.teams.clone()),
                ..plain()
            }
            .checked()?;
            if new == old {
                return Ok(new);
            }
            let on = Target::new("user", user).named(name.as_str());
            let entry = self.entry(acting, Act::AgentChanged, on, differences(&old, &new));
            let mut batch = Batch::default();
            record::insert(&mut batch, &entry).map_err(unreadable)?;
            record::replace(&mut batch, found.as_ref(), &new).map_err(unreadable)?;
            match self.store.commit(batch).await {
                Err(CommitError::Conflict { .. }) => {}
                outcome => return committed(outcome).map(|()| new),
            }
        }
        Err(Refusal::Busy)
    }

    /// Commits what was done to a team with its entry in the audit log.
    async fn commit_team(
        &self,
        acting: Acting<'_>,
        team: &Team,
        mut batch: Batch,
        change: Option<FieldChange>,
    ) -> Result<(), Refusal> {
        let on = Target::new("team", team.id.0).named(team.name.as_str());
        let entry = self.entry(acting, Act::TeamChanged, on, change.into_iter().collect());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        committed(self.store.commit(batch).await)
    }

    fn entry(&self, acting: Acting<'_>, act: Act, on: Target, changes: Vec<FieldChange>) -> AuditEntry {
        acting.entry(&acting.caller.organization, self.accounts.now(), act, on, changes)
    }
}

/// What changed of a profile.
fn differences(from: &AgentProfile, to: &AgentProfile) -> Vec<FieldChange> {
    let capacity = |profile: &AgentProfile| profile.capacity.map_or_else(String::new, |number| number.to_string());
    let skills = |profile: &AgentProfile| profile.skills.iter().map(Label::as_str).collect::<Vec<_>>().join(", ");
    let teams =
        |profile: &AgentProfile| profile.teams.iter().map(|team| team.0.to_string()).collect::<Vec<_>>().join(", ");
    let changes = [
        FieldChange::of("capacity", &capacity(from), &capacity(to)),
        FieldChange::of("skills", &skills(from), &skills(to)),
        FieldChange::of("teams", &teams(from), &teams(to)),
    ];
    changes.into_iter().flatten().collect()
}

/// A person as they are while the desk says nothing of them.
fn card_of(profile: &AgentProfile, name: PersonName) -> AgentCard {
    AgentCard {
        user: profile.user,
        name,
        presence: Presence::Offline(Availability::default()),
        load: 0,
        capacity: profile.capacity.unwrap_or_else(|| DeskSettings::default().capacity),
        skills: profile.skills.clone(),
        teams: profile.teams.clone(),
    }
}

fn committed(outcome: Result<(), CommitError>) -> Result<(), Refusal> {
    outcome.map_err(|why| why.refused("the name is taken, or it was changed meanwhile"))
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "profiles and teams do not read or write");
    Refusal::Unavailable { part: "store" }
}
