//! Exporters: the addresses and names that people assign, and the observation domains that are
//! given for good.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use weir_inventory::{AssignedExporter, AssignedExporters, observation_domains};
use weir_store::{Key, Store};

use crate::document::Document;
use crate::following::Followed;

const ASSIGNMENTS: Key = Key::from_static("control/assignments");
const DOMAINS: Key = Key::from_static("control/domains");

/// How many observation domains are kept at most. A VPC above that has the one that follows from
/// its id, as long as no other has it.
pub const MAX_DOMAINS: usize = 200_000;

/// What people assigned to exporters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignments {
    /// By the id of the VPC or transit gateway; none of them is empty.
    #[serde(default)]
    pub exporters: BTreeMap<String, AssignedExporter>,
}

/// The observation domain ids of all VPCs and transit gateways that were ever seen. An id that was
/// given stays with whom it was given to: also when that is gone, nobody else gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domains {
    /// By the id of the VPC or transit gateway.
    #[serde(default)]
    pub domains: BTreeMap<String, u32>,
}

/// The document of [`Assignments`], which discovery writes when it is called.
pub fn assignments() -> Document<Assignments> {
    Document::new(ASSIGNMENTS)
}

/// The document of [`Domains`], which discovery writes before it publishes an inventory.
pub fn domains() -> Document<Domains> {
    Document::new(DOMAINS)
}

/// Follows both until the receiver is dropped. `None` until both were read.
pub fn follow(store: &Arc<dyn Store>) -> watch::Receiver<Option<Arc<AssignedExporters>>> {
    let mut assignments = assignments().follow(Arc::clone(store));
    let mut domains = domains().follow(Arc::clone(store));
    let (publisher, receiver) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let known =
                assignments.borrow_and_update().clone().zip(domains.borrow_and_update().clone());
            if let Some(known) = known {
                publisher.send_replace(Some(Arc::new(together(&known))));
            }
            tokio::select! {
                () = publisher.closed() => return,
                Ok(()) = assignments.changed() => {}
                Ok(()) = domains.changed() => {}
                else => return,
            }
        }
    });
    receiver
}

fn together(
    (assignments, domains): &(Followed<Assignments>, Followed<Domains>),
) -> AssignedExporters {
    AssignedExporters {
        exporters: assignments.value.exporters.clone(),
        domains: domains.value.domains.clone(),
    }
}

impl Domains {
    /// Gives each of `ids` that has none a domain that nobody has had, and takes back what
    /// `known` has of others: a store that lost its data gets it again from who knows it. What
    /// has a domain keeps it.
    pub fn give<'i>(&mut self, known: &Domains, ids: impl Iterator<Item = &'i str>) {
        let mut taken: HashSet<u32> = self.domains.values().copied().collect();
        for (id, domain) in &known.domains {
            if !self.domains.contains_key(id) && taken.insert(*domain) {
                self.domains.insert(id.clone(), *domain);
            }
        }
        let new = ids.filter(|id| !self.domains.contains_key(*id));
        let mut new: Vec<_> = observation_domains(&self.domains, new).into_iter().collect();
        new.sort_unstable();
        new.truncate(MAX_DOMAINS.saturating_sub(self.domains.len()));
        self.domains.extend(new.into_iter().map(|(id, domain)| (id.to_owned(), domain)));
    }
}
