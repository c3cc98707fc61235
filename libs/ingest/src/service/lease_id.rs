//! What callers call a lease.

use std::fmt;
use std::sync::Arc;

use tonic::{Code, Status};
use weir_lease::{Table, UnitId};
use weir_rpc::status::{Failure, Violations};
use weir_store::Store;

use crate::input::InputKind;

/// The kinds of sources whose workers share their parts, in the order in which they are listed.
pub(super) const KINDS: [LeaseKind; 2] = [LeaseKind::CloudWatch, LeaseKind::Kinesis];

/// A kind of source whose workers share its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeaseKind {
    CloudWatch,
    Kinesis,
}

impl LeaseKind {
    /// Its name, which its table has too.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CloudWatch => InputKind::CloudWatch.name(),
            Self::Kinesis => InputKind::Kinesis.name(),
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.name() == name)
    }

    /// Its leases.
    pub(super) fn table(self, store: &Arc<dyn Store>) -> Table {
        Table::new(Arc::clone(store), self.name())
    }
}

/// A lease: `KIND/INPUT/PART`. Neither a kind nor a part has a `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeaseId {
    pub(super) kind: LeaseKind,
    pub(super) unit: UnitId,
}

impl LeaseId {
    /// The lease that a caller names.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT when he names none, NOT_FOUND when there is none that is called so.
    pub(super) fn given(id: &str) -> Result<Self, Status> {
        match id.trim() {
            "" => {
                Err(Violations::of("id", "empty: give the id of a lease, from ListLeases").into())
            }
            id => Self::parse(id).ok_or_else(|| Self::unknown(id)),
        }
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let (kind, rest) = id.split_once('/')?;
        let (set, name) = rest.rsplit_once('/')?;
        let kind = LeaseKind::by_name(kind)?;
        (!set.is_empty() && !name.is_empty()).then(|| Self { kind, unit: UnitId::new(set, name) })
    }

    /// There is no such lease.
    pub(super) fn unknown(id: &str) -> Status {
        let shown: String = id.chars().take(200).collect();
        let message = format!("there is no lease {shown:?}: ListLeases has those that there are");
        Failure::new(Code::NotFound, "LEASE_UNKNOWN", message).into()
    }
}

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for id in [
            "kinesis/111122223333:eu-west-1:flows:1700000000/shardId-000000000000",
            "cloudwatch/111122223333/eu-west-1//vpc/flows/all",
        ] {
            assert_eq!(LeaseId::parse(id).unwrap().to_string(), id);
        }
    }

    #[test]
    fn what_is_no_id_names_no_lease() {
        for id in ["", "kinesis", "kinesis/", "kinesis/stream", "kinesis//", "s3/queue/message"] {
            assert_eq!(LeaseId::parse(id), None, "{id}");
        }
    }
}
