//! In-band descriptions: weir's own elements (RFC 5610) and the exporters' names.
//!
//! They are options data records, so that a collector that knows neither can still show names.

use crate::element::{self as ie, FieldSpecifier, InformationElement, Registry, VARIABLE_LENGTH};
use crate::layout::{LayoutRevision, revision_of, standard};
use crate::message::push_options_template;
use crate::record::RecordView;
use crate::string::{cut_at_character, push_prefix};

/// informationElementSemantics "default" (RFC 5610 section 3.2).
const DEFAULT_SEMANTICS: u8 = 0;

/// The longest name in a description, in octets: every description fits a message of 512.
const MAX_NAME_LENGTH: usize = 250;

/// An options template: the first `scope` fields say what the others are about.
#[derive(Debug)]
pub(crate) struct OptionsTemplate {
    pub(crate) id: u16,
    specifiers: Vec<FieldSpecifier>,
    scope: u16,
}

impl OptionsTemplate {
    fn new(elements: &[InformationElement], scope: u16) -> Self {
        Self { id: 0, specifiers: elements.iter().map(|each| each.specifier(0)).collect(), scope }
    }

    pub(crate) fn revision(&self) -> LayoutRevision {
        revision_of(&self.specifiers)
    }

    pub(crate) fn push(&self, out: &mut Vec<u8>) {
        push_options_template(out, self.id, &self.specifiers, self.scope);
    }
}

/// What a session describes.
#[derive(Debug)]
pub(crate) struct Descriptions {
    /// Describes elements: RFC 5610 section 3.9's scope, and data type, semantics and name.
    pub(crate) elements: OptionsTemplate,
    /// Describes observation domains.
    pub(crate) domains: OptionsTemplate,
    /// The records under [`Self::elements`].
    pub(crate) element_records: Vec<Vec<u8>>,
}

impl Descriptions {
    /// Descriptions of those of `elements` that are weir's own.
    pub(crate) fn new(elements: &[InformationElement], enterprise_number: u32) -> Self {
        let own = elements.iter().filter(|element| element.registry == Registry::Weir);
        Self {
            elements: OptionsTemplate::new(
                &[
                    ie::PRIVATE_ENTERPRISE_NUMBER,
                    ie::INFORMATION_ELEMENT_ID,
                    ie::INFORMATION_ELEMENT_DATA_TYPE,
                    ie::INFORMATION_ELEMENT_SEMANTICS,
                    ie::INFORMATION_ELEMENT_NAME,
                ],
                2,
            ),
            domains: OptionsTemplate::new(
                &[
                    ie::OBSERVATION_DOMAIN_ID,
                    ie::EXPORTER_IPV4_ADDRESS,
                    ie::OBSERVATION_DOMAIN_NAME,
                ],
                1,
            ),
            element_records: own.map(|each| element_record(each, enterprise_number)).collect(),
        }
    }
}

fn element_record(element: &InformationElement, enterprise_number: u32) -> Vec<u8> {
    let mut record = enterprise_number.to_be_bytes().to_vec();
    record.extend_from_slice(&element.id.to_be_bytes());
    record.extend_from_slice(&[element.data_type.number(), DEFAULT_SEMANTICS]);
    push_name(&mut record, element.name.as_bytes());
    record
}

/// Appends the description of an observation domain as one of its records shows it.
pub(crate) fn push_domain_record(
    description: &mut Vec<u8>,
    observation_domain_id: u32,
    record: &RecordView<'_>,
) {
    let address = record.unsigned(standard::EXPORTER_ADDRESS).unwrap_or(0);
    description.extend_from_slice(&observation_domain_id.to_be_bytes());
    description.extend_from_slice(&u32::try_from(address).unwrap_or(0).to_be_bytes());
    // observationDomainName is the first string of every layout.
    push_name(description, record.strings().next().unwrap_or_default());
}

fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    let name = cut_at_character(name, MAX_NAME_LENGTH);
    push_prefix(out, name.len());
    out.extend_from_slice(name);
}

const _: () = assert!(ie::OBSERVATION_DOMAIN_NAME.wire_length() == VARIABLE_LENGTH);
