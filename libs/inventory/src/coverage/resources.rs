//! What is part of what: interfaces of subnets of VPCs, attachments of transit gateways.

use std::collections::HashMap;

use crate::region::RegionSnapshot;

/// Knows the wholes of each part.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// The next larger: the subnet or the VPC, the transit gateway. An interface whose subnet is
    /// not listed has its VPC here.
    parents: HashMap<String, String>,
}

/// How many steps lead from an interface to its VPC at most.
const MAX_STEPS: usize = 3;

impl Resources {
    /// What is part of what in these regions.
    pub fn of<'s>(snapshots: impl IntoIterator<Item = &'s RegionSnapshot>) -> Self {
        let mut resources = Self::default();
        for snapshot in snapshots {
            let found = &snapshot.inventory;
            for subnet in &found.subnets {
                resources.add(&subnet.id, &subnet.vpc_id);
            }
            for attachment in &found.transit_gateway_attachments {
                resources.add(&attachment.id, &attachment.transit_gateway_id);
            }
        }
        resources
    }

    /// Adds the interfaces that have flow logs of their own: others are never asked for.
    pub fn add_interfaces<'s>(
        &mut self,
        snapshots: impl IntoIterator<Item = &'s RegionSnapshot>,
        is_wanted: impl Fn(&str) -> bool,
    ) {
        let inventories = snapshots.into_iter().map(|snapshot| &snapshot.inventory);
        let interfaces = inventories.flat_map(|inventory| &inventory.interfaces);
        for interface in interfaces.filter(|interface| is_wanted(&interface.id)) {
            let subnet = interface.subnet_id.as_ref().filter(|id| self.parents.contains_key(*id));
            let parent = subnet.unwrap_or(&interface.vpc_id).clone();
            self.add(&interface.id, &parent);
        }
    }

    /// Adds that `part` is a part of `whole`.
    pub fn add(&mut self, part: &str, whole: &str) {
        self.parents.insert(part.to_owned(), whole.to_owned());
    }

    /// The largest that it is part of.
    pub(super) fn root<'r>(&'r self, part: &'r str) -> &'r str {
        let mut root = part;
        for _ in 0..MAX_STEPS {
            match self.parents.get(root) {
                Some(parent) => root = parent,
                None => break,
            }
        }
        root
    }

    /// Whether `part` is `whole`, or a part of it.
    pub fn contains(&self, whole: &str, part: &str) -> bool {
        let mut next = Some(part);
        for _ in 0..MAX_STEPS {
            match next {
                Some(it) if it == whole => return true,
                Some(it) => next = self.parents.get(it).map(String::as_str),
                None => return false,
            }
        }
        false
    }
}
