//! Turns runs of flow log lines into enriched IPFIX records.
