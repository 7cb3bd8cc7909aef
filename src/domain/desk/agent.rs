//! A person of the staff as the desk sees them: what they can do, how much of it, and whether they are there.

use serde::{Deserialize, Serialize};

use super::event::{SKILLS_MAX, Skill, TeamId};
use crate::domain::{Label, OrganizationId, PersonName, Refusal, UserId};

/// The most teams that one person may be in.
pub const TEAMS_OF_ONE_MAX: usize = 32;

/// The most sessions that one person may be given at a time.
pub const CAPACITY_MAX: u32 = 100;

/// What an administrator sets of a person. Who has none gets the organization's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentProfile {
    /// Where they belong.
    pub organization: OrganizationId,
    /// Their account.
    pub user: UserId,
    /// How many sessions they may have at a time; the organization's default where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// What they can do; sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// The teams they are in; sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
}

/// People who take sessions together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Where it belongs.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: Label,
}

/// What a person says of themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// They get offers.
    #[default]
    Available,
    /// They get none and keep what they have.
    Busy,
    /// They are not there.
    Away,
}

/// How a person stands: what they say, or that they are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// A connection of theirs is open, and they say so.
    There(Availability),
    /// Their last connection is gone and their grace time runs.
    Vanished,
    /// They are not at work.
    Offline(Availability),
}

/// A person in lists of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCard {
    /// Their account.
    pub user: UserId,
    /// What they are called.
    pub name: PersonName,
    /// Whether they are there.
    pub presence: Presence,
    /// The sessions that count against their capacity: those that they have, are offered, or are about to get.
    pub load: u32,
    /// How many that may be.
    pub capacity: u32,
    /// What they can do.
    pub skills: Vec<Skill>,
    /// Their teams.
    pub teams: Vec<TeamId>,
}

/// How much a connection of a person hears of sessions that are not theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Who has what, and the queue. What is said only in sessions that they have, are offered or watch.
    #[default]
    Mine,
    /// Everything of the organization.
    All,
}

impl AgentProfile {
    /// A profile that leaves everything to the organization's defaults.
    pub const fn plain(organization: OrganizationId, user: UserId) -> Self {
        Self { organization, user, capacity: None, skills: Vec::new(), teams: Vec::new() }
    }

    /// Checks the limits, and puts skills and teams in order, each once.
    ///
    /// # Errors
    /// `Invalid` on `capacity`, `skills` or `teams`.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        if self.capacity.is_some_and(|capacity| !(1..=CAPACITY_MAX).contains(&capacity)) {
            return Err(Refusal::invalid("capacity", format!("must be between 1 and {CAPACITY_MAX}")));
        }
        self.skills.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        self.skills.dedup();
        if self.skills.len() > SKILLS_MAX {
            return Err(Refusal::invalid("skills", format!("must be at most {SKILLS_MAX}")));
        }
        self.teams.sort_unstable();
        self.teams.dedup();
        if self.teams.len() > TEAMS_OF_ONE_MAX {
            return Err(Refusal::invalid("teams", format!("must be at most {TEAMS_OF_ONE_MAX}")));
        }
        Ok(self)
    }
}
