//! Templates and sequence numbers of each transport session.

use std::collections::{BTreeMap, BTreeSet};

use weir_ipfix::decode::MessageSummary;

use super::verdict::FAULTS;

/// What each session and domain has had.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    next: BTreeMap<(u64, u32), u32>,
}

impl Sessions {
    /// Holds a message against RFC 7011: the first of a session and domain has the sequence
    /// number 0, each after it the number of the data records before (section 3.1), and no data
    /// comes before its template (section 8).
    pub(super) fn take(
        &mut self,
        session: u64,
        message: &MessageSummary,
        faults: &mut Vec<String>,
    ) {
        let domain = message.observation_domain_id;
        let expected = self.next.get(&(session, domain)).copied().unwrap_or(0);
        let found = message.sequence_number;
        let mut fault = |fault: String| {
            if faults.len() < FAULTS {
                faults.push(fault);
            }
        };
        if found != expected {
            fault(format!("session {session}, domain {domain}: sequence {found}, not {expected}"));
        }
        if message.without_template > 0 {
            fault(format!("session {session}, domain {domain}: data before its template"));
        }
        self.next.insert((session, domain), found.wrapping_add(message.records));
    }

    /// How many sessions there were.
    pub(super) fn count(&self) -> usize {
        self.next.keys().map(|(session, _)| session).collect::<BTreeSet<_>>().len()
    }
}
