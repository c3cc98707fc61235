//! One flow log line and the inventory make one IPFIX record.
