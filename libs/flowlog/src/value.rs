//! The values of fields that have a closed list of them.

/// What happened to the traffic: the field `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `ACCEPT`.
    Accept,
    /// `REJECT`: refused by a security group or a network ACL, or after the connection's close.
    Reject,
}

impl Action {
    pub(crate) fn read(text: &[u8]) -> Option<Action> {
        match text {
            b"ACCEPT" => Some(Action::Accept),
            b"REJECT" => Some(Action::Reject),
            _ => None,
        }
    }
}

/// The direction of a flow as its network interface sees it: the field `flow-direction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `ingress`.
    Ingress,
    /// `egress`.
    Egress,
}

impl Direction {
    pub(crate) fn read(text: &[u8]) -> Option<Direction> {
        match text {
            b"ingress" => Some(Direction::Ingress),
            b"egress" => Some(Direction::Egress),
            _ => None,
        }
    }
}

/// How the logging went: the field `log-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogStatus {
    Ok,
    NoData,
    SkipData,
}

impl LogStatus {
    pub(crate) fn read(text: &[u8]) -> Option<LogStatus> {
        match text {
            b"OK" => Some(LogStatus::Ok),
            b"NODATA" => Some(LogStatus::NoData),
            b"SKIPDATA" => Some(LogStatus::SkipData),
            _ => None,
        }
    }
}
