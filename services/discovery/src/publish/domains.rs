//! Observation domains: given to who is first seen, before enrichers hear of it.

use std::convert::Infallible;

use weir_control::UpdateError;
use weir_control::exporters::{Domains, domains};

use super::edition::Edition;
use super::publisher::{Ledger, PublishError, Publisher};

impl Publisher {
    /// Gives each VPC and transit gateway of `edition` its observation domain. A store that lost
    /// those that were given gets them again.
    pub(super) async fn give_domains(
        &self,
        edition: &Edition,
        ledger: &mut Ledger,
    ) -> Result<(), PublishError> {
        let known = &ledger.domains;
        let give = |domains: &mut Domains| {
            domains.give(known, edition.exporter_ids());
            Ok::<_, Infallible>(())
        };
        match domains().update(&*self.store, None, give).await {
            Ok(((), given)) => {
                ledger.domains = given.value;
                Ok(())
            }
            Err(UpdateError::Store(error)) => Err(error.into()),
            Err(UpdateError::Stale { .. }) => Err(PublishError::Contended),
            Err(UpdateError::Refused(never)) => match never {},
        }
    }
}

impl Edition {
    /// The ids of all VPCs and transit gateways.
    fn exporter_ids(&self) -> impl Iterator<Item = &str> {
        let inventories = self.snapshots().map(|(_, snapshot)| &snapshot.inventory);
        inventories.flat_map(|inventory| {
            let vpcs = inventory.vpcs.iter().map(|vpc| vpc.id.as_str());
            vpcs.chain(inventory.transit_gateways.iter().map(|gateway| gateway.id.as_str()))
        })
    }
}
