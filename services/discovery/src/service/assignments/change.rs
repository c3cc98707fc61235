//! A change of one exporter.

use tonic::Status;
use weir_inventory::AssignedExporter;
use weir_rpc::pb;
use weir_rpc::status::Violations;

use super::values;

/// Which fields are changed, and to what; `None` for a field that is left as it is.
#[derive(Debug, Default)]
pub(super) struct Change {
    ipv4: Option<Option<std::net::Ipv4Addr>>,
    ipv6: Option<Option<std::net::Ipv6Addr>>,
    name: Option<Option<String>>,
}

impl Change {
    /// Reads a request.
    pub(super) fn of(request: &pb::SetAssignmentRequest) -> Result<Self, Status> {
        let mut violations = Violations::new();
        let given = request.exporter.clone().unwrap_or_default();
        let mask = request.update_mask.as_ref().map(|mask| mask.paths.as_slice());
        let is_masked = mask.is_some_and(|paths| !paths.is_empty());
        let is_field = |path: &&String| ["*", "ipv4", "ipv6", "name"].contains(&path.as_str());
        if let Some(path) = mask.unwrap_or_default().iter().find(|path| !is_field(path)) {
            let advice = "there is no such field: give `ipv4`, `ipv6`, `name` or `*`";
            violations.add("update_mask", format!("`{}`: {advice}", values::shown(path)));
        }
        let is_changed = |field: &str, text: &str| match mask {
            Some(paths) if is_masked => paths.iter().any(|path| path == field || path == "*"),
            _ => !text.trim().is_empty(),
        };
        let mut change = Self::default();
        if is_changed("ipv4", &given.ipv4) {
            change.ipv4 = value("exporter.ipv4", values::ipv4(&given.ipv4), &mut violations);
        }
        if is_changed("ipv6", &given.ipv6) {
            change.ipv6 = value("exporter.ipv6", values::ipv6(&given.ipv6), &mut violations);
        }
        if is_changed("name", &given.name) {
            change.name = value("exporter.name", values::name(&given.name), &mut violations);
        }
        let is_nothing = change.ipv4.is_none() && change.ipv6.is_none() && change.name.is_none();
        if violations.is_empty() && is_nothing {
            let advice = "give an address or a name, or name in update_mask what is taken back";
            violations.add("exporter", advice);
        }
        violations.into_result()?;
        Ok(change)
    }

    /// What is assigned after it.
    pub(super) fn apply(&self, assigned: Option<&AssignedExporter>) -> AssignedExporter {
        let mut assigned = assigned.cloned().unwrap_or_default();
        if let Some(ipv4) = self.ipv4 {
            assigned.ipv4 = ipv4;
        }
        if let Some(ipv6) = self.ipv6 {
            assigned.ipv6 = ipv6;
        }
        if let Some(name) = &self.name {
            assigned.name.clone_from(name);
        }
        assigned
    }
}

fn value<T>(field: &str, read: Result<T, String>, violations: &mut Violations) -> Option<T> {
    read.map_err(|problem| violations.add(field, problem)).ok()
}
