//! The loop that every ingest service shares.
