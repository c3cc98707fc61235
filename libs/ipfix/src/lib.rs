//! IPFIX elements, layouts, records, messages and their decoding.

pub mod decode;
mod description;
pub mod element;
mod layout;
mod message;
mod octets;
mod packer;
mod places;
mod projection;
mod record;
mod string;

pub use element::{
    DEFAULT_ENTERPRISE_NUMBER, DataType, FieldSpecifier, InformationElement, Registry,
    VARIABLE_LENGTH,
};
pub use layout::{
    AddressFamily, Layout, LayoutPair, LayoutRevision, PREFIX_LENGTH, Slot, standard,
};
pub use message::{MESSAGE_HEADER_LENGTH, Messages, SET_HEADER_LENGTH};
pub use octets::Octets;
pub use packer::{PackError, Packer, PackerOptions};
pub use places::Places;
pub use projection::Projection;
pub use record::{
    Ends, FixedPart, InterfaceSide, MalformedGroup, RecordGroup, RecordView, RecordWriter,
};
pub use string::{MAX_STRING_LENGTH, cut_at_character, push_string, split_string};
