//! What the assistant is given of a customer's memories with a turn.

use super::Memories;
use crate::assistant::Remembered;
use crate::assistant::recalling::{self, Recall};
use crate::domain::customer::ContactField;
use crate::domain::memories::{Memory, Wanted};
use crate::domain::{CustomerId, OrganizationId, Refusal};
use crate::store::record::Versioned;

impl Recall for Memories {
    fn recall(&self, organization: &OrganizationId, customer: &CustomerId, asked: &str) -> Vec<Remembered> {
        match self.recalled(organization, customer, asked) {
            Ok(recalled) => recalled,
            Err(why) => {
                tracing::warn!(%why, "nothing is remembered in this turn");
                Vec::new()
            }
        }
    }
}

impl Memories {
    fn recalled(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        asked: &str,
    ) -> Result<Vec<Remembered>, Refusal> {
        let all = self.found(organization, customer, &Wanted::default())?;
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<Memory> = all.iter().map(|found| found.record.clone()).collect();
        let chosen = recalling::choose(&records, asked);
        let used: Vec<Versioned<Memory>> = chosen.iter().filter_map(|at| all.get(*at).cloned()).collect();
        self.touch(&used);
        let mut recalled: Vec<Remembered> = used.iter().map(|found| recalling::remembered(&found.record)).collect();
        if let Some(name) = self.name_by_staff(organization, customer)?
            && let Some(said) = recalled.iter_mut().find(|one| one.key == recalling::NAME)
        {
            said.value = name;
        }
        Ok(recalled)
    }

    /// What the staff has set is what a customer is called, whatever they said once.
    fn name_by_staff(&self, organization: &OrganizationId, customer: &CustomerId) -> Result<Option<String>, Refusal> {
        let noted = self.person(organization, customer)?.noted;
        let set = noted.filter(|noted| noted.set_by_staff.contains(&ContactField::Name));
        Ok(set.and_then(|noted| noted.name).map(|name| name.as_str().to_owned()))
    }
}
