//! New organizations.

use super::{Accounts, committed, unreadable};
use crate::domain::audit::{Act, Target};
use crate::domain::{Label, Organization, OrganizationId, Refusal, ZoneName};
use crate::engine::audit;
use crate::store::{Batch, record};

impl Accounts {
    /// Makes an organization, with nobody in it; the operator did it, as its audit log then says.
    ///
    /// # Errors
    /// `Conflict` when there is one with that id, `Busy`, `Unavailable`.
    pub async fn found(&self, id: OrganizationId, name: Label, zone: ZoneName) -> Result<Organization, Refusal> {
        if self.organization_if_any(&id)?.is_some() {
            return Err(Refusal::conflict("there is an organization with this id"));
        }
        let organization = Organization { time_zone: zone, ..Organization::new(id, name, self.now()) };
        let mut batch = Batch::default();
        record::insert(&mut batch, &organization).map_err(unreadable)?;
        let on = Target::new("organization", &organization.id).named(organization.name.as_str());
        let entry =
            audit::operators(&organization.id, organization.created_at, Act::OrganizationCreated, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        committed(self.store().commit(batch).await)?;
        Ok(organization)
    }
}
