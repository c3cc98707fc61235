//! Received messages, decoded by a decoder that is not weir's.

use std::collections::{BTreeMap, HashMap};
use std::slice;

use netflow_parser::variable_versions::ipfix::{
    FlowSet, FlowSetBody, IPFixFieldPair, Template, TemplateField,
};
use netflow_parser::{FieldValue, NetflowPacket, NetflowParser};

use crate::sink::Datagram;

/// RFC 7011 section 3.3.2.
const TEMPLATE_SET_ID: u16 = 2;

/// A data record: the values by enterprise number (0 for IANA's) and element id, in the octets
/// that were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataRecord(BTreeMap<(u32, u16), Vec<u8>>);

impl DataRecord {
    /// The octets of a value.
    pub fn octets(&self, enterprise_number: u32, id: u16) -> Option<&[u8]> {
        self.0.get(&(enterprise_number, id)).map(Vec::as_slice)
    }

    /// An unsigned integer of any length.
    pub fn number(&self, id: u16) -> Option<u64> {
        let octets = self.octets(0, id)?;
        Some(octets.iter().fold(0, |number, octet| (number << 8) | u64::from(*octet)))
    }

    /// A string; the empty one counts as absent.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self, enterprise_number: u32, id: u16) -> Option<&str> {
        let octets = self.octets(enterprise_number, id).filter(|octets| !octets.is_empty())?;
        Some(str::from_utf8(octets).expect("IPFIX strings are UTF-8"))
    }

    /// How many elements the record has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One decoded message.
#[derive(Clone, Debug)]
pub struct Message {
    /// RFC 7011 section 3.1.
    pub sequence_number: u32,
    /// RFC 7011 section 3.1.
    pub observation_domain_id: u32,
    /// Octets of the message.
    pub length: usize,
    /// Whether it holds a template set.
    pub has_templates: bool,
    /// Its data records.
    pub records: Vec<DataRecord>,
}

/// Decodes the messages of one sender in their order.
#[derive(Default)]
pub struct Datagrams {
    /// Templates belong to an observation domain (RFC 7011 section 8).
    domains: HashMap<u32, Domain>,
}

#[derive(Default)]
struct Domain {
    parser: NetflowParser,
    /// Enterprise number (0 for IANA's) and element ids of each template.
    templates: HashMap<u16, Vec<(u32, u16)>>,
}

impl Datagrams {
    /// Decodes all of `datagrams`.
    ///
    /// # Panics
    /// When one is malformed or comes before its template.
    #[track_caller]
    pub fn decode(datagrams: &[Datagram]) -> Vec<Message> {
        let mut decoder = Self::default();
        datagrams.iter().map(|datagram| decoder.message(&datagram.payload)).collect()
    }

    /// Decodes one message.
    ///
    /// # Panics
    /// When it is malformed or comes before its template.
    #[track_caller]
    pub fn message(&mut self, payload: &[u8]) -> Message {
        let domain = payload.get(12..16).expect("a message has 16 octets of header");
        let domain = u32::from_be_bytes(domain.try_into().expect("four octets"));
        self.domains.entry(domain).or_default().message(payload)
    }
}

impl Domain {
    #[track_caller]
    fn message(&mut self, payload: &[u8]) -> Message {
        let parsed = self.parser.parse_bytes(payload);
        assert!(parsed.error.is_none(), "{:?}", parsed.error);
        let [NetflowPacket::IPFix(message)] = parsed.packets.as_slice() else {
            panic!("one datagram is one IPFIX message, not {:?}", parsed.packets)
        };
        assert_eq!(usize::from(message.header.length), payload.len(), "RFC 7011 section 3.1");
        let mut decoded = Message {
            sequence_number: message.header.sequence_number,
            observation_domain_id: message.header.observation_domain_id,
            length: usize::from(message.header.length),
            has_templates: false,
            records: Vec::new(),
        };
        for set in &message.flowsets {
            eprintln!("{:?}", set);
            self.take_set(set, &mut decoded);
        }
        decoded
    }

    #[track_caller]
    fn take_set(&mut self, set: &FlowSet, message: &mut Message) {
        match &set.body {
            FlowSetBody::Template(template) => self.take_templates(slice::from_ref(template)),
            FlowSetBody::Templates(templates) => self.take_templates(templates),
            FlowSetBody::Data(data) => {
                let elements = self.templates.get(&set.header.header_id);
                let elements = elements.expect("a template comes before its data");
                message.records.extend(data.fields.iter().map(|fields| record(elements, fields)));
            }
            FlowSetBody::OptionsTemplate(_)
            | FlowSetBody::OptionsTemplates(_)
            | FlowSetBody::OptionsData(_) => {}
            other => panic!("a set that cannot be decoded: {other:?}"),
        }
        message.has_templates |= set.header.header_id == TEMPLATE_SET_ID;
    }

    fn take_templates(&mut self, templates: &[Template]) {
        for template in templates {
            let element = |field: &TemplateField| {
                (field.enterprise_number.unwrap_or(0), field.field_type_number)
            };
            let elements = template.fields.iter().map(element).collect();
            self.templates.insert(template.template_id, elements);
        }
    }
}

#[track_caller]
fn record(elements: &[(u32, u16)], fields: &[IPFixFieldPair]) -> DataRecord {
    assert_eq!(elements.len(), fields.len(), "a record has a value for each element");
    let values = fields.iter().map(|(_, value)| octets(value));
    DataRecord(elements.iter().copied().zip(values).collect())
}

fn octets(value: &FieldValue) -> Vec<u8> {
    let mut octets = Vec::new();
    match value {
        FieldValue::String(text) => octets.extend_from_slice(&text.raw),
        value => value.write_be_bytes(&mut octets).expect("a Vec takes all"),
    }
    octets
}
