//! What can be wrong with an inventory.

/// Why an inventory could not be read or indexed.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The document is JSON of another kind, or nothing at all.
    #[error(
        "inventory must be one JSON object with lists such as `vpcs` and `interfaces`, but it is \
         {found}; give the file that discovery or `weir generate` wrote"
    )]
    NotAnObject {
        /// What was found in place of an object.
        found: &'static str,
    },
    /// The document ends before its last bracket.
    #[error(
        "inventory ends early at line {line}, column {column}; the file was cut off, copy or \
         write it again"
    )]
    CutOff {
        /// Where it ends, counted from 1.
        line: usize,
        /// Byte within the line, counted from 1.
        column: usize,
        /// What the parser expected there.
        source: serde_json::Error,
    },
    /// The document is not JSON from some place on.
    #[error("inventory is not JSON at line {line}, column {column}; correct the file there")]
    Syntax {
        /// Line of the error, counted from 1.
        line: usize,
        /// Byte within the line, counted from 1.
        column: usize,
        /// What the parser expected there.
        source: serde_json::Error,
    },
    /// The document is JSON, but a key or a value is not one of an inventory.
    #[error(
        "inventory has a wrong key or value at line {line}, column {column}; correct it there, or \
         write the file again with a matching version"
    )]
    Content {
        /// Line of the error, counted from 1.
        line: usize,
        /// Byte within the line, counted from 1.
        column: usize,
        /// Which key or value, and what was expected.
        source: serde_json::Error,
    },
    /// The document is longer than any that weir writes.
    #[error(
        "inventory has {length} octets, {limit} are allowed; give an inventory of fewer accounts \
         or regions"
    )]
    TooLong {
        /// Its octets, or as many of them as were looked at.
        length: usize,
        /// The largest number of them.
        limit: usize,
    },
    /// Another version of weir wrote the document.
    #[error(
        "inventory is in format {found}, this version of weir knows format {known}; run one \
         version of weir"
    )]
    Format {
        /// Its format.
        found: u32,
        /// [`crate::region::FORMAT`].
        known: u32,
    },
    /// The inventory is larger than the index's positions reach.
    #[error(
        "inventory has too many {what}, an index holds at most {limit}; give an inventory of fewer \
         accounts or regions"
    )]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The largest number of it.
        limit: u32,
    },
}
