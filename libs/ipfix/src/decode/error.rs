//! What can be wrong with a message, and at which octet.

use super::template::MAX_FIELDS;

/// Why a message cannot be decoded; octets are counted from the message's start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not IPFIX, but perhaps NetFlow version 5 or 9.
    #[error("version {found} at octet 0, but IPFIX is version 10: check what the exporter sends")]
    Version {
        /// The version that the message states.
        found: u16,
    },
    /// The stated message length and the octets received differ (RFC 7011 section 3.1).
    #[error("message length {stated} at octet 2, but there are {received} octets")]
    MessageLength {
        /// The length in the message header.
        stated: usize,
        /// The octets at hand.
        received: usize,
    },
    /// The stated message length does not even hold a message header.
    #[error("message length {stated} at octet 2, but a message has at least 16 octets")]
    MessageTooShort {
        /// The length in the message header.
        stated: u16,
    },
    /// The octets end inside something.
    #[error("{what} at octet {octet} needs {needed} octets, but {available} are left")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where it begins.
        octet: usize,
        /// Its length.
        needed: usize,
        /// The octets left in the set or message.
        available: usize,
    },
    /// A set is shorter than its header or longer than its message (RFC 7011 section 3.3.2).
    #[error("set {set_id} at octet {octet} states {stated} octets, not 4 to {available}")]
    SetLength {
        /// The set id.
        set_id: u16,
        /// Where the set begins.
        octet: usize,
        /// The length in the set header.
        stated: u16,
        /// The octets left in the message.
        available: usize,
    },
    /// Ids below 256 are reserved for sets (RFC 7011 section 3.4.1).
    #[error("template id {template_id} at octet {octet}, but templates are numbered from 256")]
    TemplateId {
        /// The id found.
        template_id: u16,
        /// Where the template record begins.
        octet: usize,
    },
    /// More fields than any sensible template has.
    #[error(
        "template {template_id} at octet {octet} has {fields} fields, the limit is {MAX_FIELDS}"
    )]
    TooManyFields {
        /// The template's id.
        template_id: u16,
        /// Where the template record begins.
        octet: usize,
        /// The field count that it states.
        fields: u16,
    },
    /// An options template has one scope field at least (RFC 7011 section 3.4.2.1).
    #[error(
        "options template {template_id} at octet {octet} has {scope_fields} scope fields, not 1 to {fields}"
    )]
    ScopeFields {
        /// The template's id.
        template_id: u16,
        /// Where the template record begins.
        octet: usize,
        /// The scope field count that it states.
        scope_fields: u16,
        /// The field count that it states.
        fields: u16,
    },
    /// Records of such a template could not be told apart or counted.
    #[error("template {template_id} at octet {octet} describes records without any octet")]
    EmptyRecords {
        /// The template's id.
        template_id: u16,
        /// Where the template record begins.
        octet: usize,
    },
}
