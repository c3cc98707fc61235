//! Received messages, decoded by a plain reading of RFC 7011 that shares nothing with weir.

use std::collections::{BTreeMap, HashMap};

use crate::sink::Datagram;

/// RFC 7011 section 3.1.
const MESSAGE_HEADER: usize = 16;
/// RFC 7011 section 3.3.2.
const SET_HEADER: usize = 4;
const TEMPLATE_SET_ID: u16 = 2;
const OPTIONS_TEMPLATE_SET_ID: u16 = 3;
const FIRST_DATA_SET_ID: u16 = 256;
/// RFC 7011 section 7.
const VARIABLE_LENGTH: u16 = 65535;

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
    /// Its data records, those of options left out.
    pub records: Vec<DataRecord>,
    /// Its options data records: what describes elements and exporters.
    pub options: Vec<DataRecord>,
}

/// Decodes the messages of one sender in their order.
#[derive(Debug, Default)]
pub struct Datagrams {
    /// Templates belong to an observation domain (RFC 7011 section 8).
    templates: HashMap<(u32, u16), Template>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    is_options: bool,
    fields: Vec<Field>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    enterprise_number: u32,
    id: u16,
    length: u16,
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
        let mut octets = Octets(payload);
        assert_eq!(octets.u16(), 10, "the version of IPFIX");
        assert_eq!(usize::from(octets.u16()), payload.len(), "one datagram is one message");
        let _export_time = octets.u32();
        let mut message = Message {
            sequence_number: octets.u32(),
            observation_domain_id: octets.u32(),
            length: payload.len(),
            has_templates: false,
            records: Vec::new(),
            options: Vec::new(),
        };
        assert!(payload.len() > MESSAGE_HEADER, "a message without a set");
        while !octets.0.is_empty() {
            let (id, length) = (octets.u16(), usize::from(octets.u16()));
            let set = Octets(octets.take(length.checked_sub(SET_HEADER).expect("a set's length")));
            self.take_set(id, set, &mut message);
        }
        message
    }

    #[track_caller]
    fn take_set(&mut self, id: u16, set: Octets<'_>, message: &mut Message) {
        let domain = message.observation_domain_id;
        match id {
            TEMPLATE_SET_ID | OPTIONS_TEMPLATE_SET_ID => {
                message.has_templates = true;
                self.take_templates(domain, set, id == OPTIONS_TEMPLATE_SET_ID);
            }
            FIRST_DATA_SET_ID.. => {
                let template = self.templates.get(&(domain, id));
                let template = template.expect("a template comes before its data");
                let into =
                    if template.is_options { &mut message.options } else { &mut message.records };
                into.extend(records(&template.fields, set));
            }
            id => panic!("set id {id} is not assigned"),
        }
    }

    #[track_caller]
    fn take_templates(&mut self, domain: u32, mut set: Octets<'_>, is_options: bool) {
        // Padding is shorter than any template.
        while set.0.len() >= SET_HEADER {
            let (id, count) = (set.u16(), set.u16());
            assert!(id >= FIRST_DATA_SET_ID && count > 0, "template {id} of {count} fields");
            // RFC 7011 section 3.4.2.2.
            let scopes = if is_options { set.u16() } else { 1 };
            assert!(scopes > 0 && scopes <= count, "{scopes} scope fields of {count}");
            let fields = (0..count).map(|_| set.field()).collect();
            let template = Template { is_options, fields };
            if let Some(before) = self.templates.insert((domain, id), template.clone()) {
                assert_eq!(before, template, "template {id} is never another one");
            }
        }
    }
}

/// The records of a data set; what is shorter than the shortest record is padding.
#[track_caller]
fn records(template: &[Field], mut set: Octets<'_>) -> Vec<DataRecord> {
    let length = |field: &Field| match field.length {
        VARIABLE_LENGTH => 1,
        length => usize::from(length),
    };
    let shortest: usize = template.iter().map(length).sum();
    let mut records = Vec::new();
    while set.0.len() >= shortest {
        let value =
            |field: &Field| ((field.enterprise_number, field.id), set.value(field.length).to_vec());
        records.push(DataRecord(template.iter().map(value).collect()));
    }
    assert!(set.0.iter().all(|octet| *octet == 0), "padding is zeros");
    records
}

/// What is left to read.
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    #[track_caller]
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length).expect("the message is cut off");
        self.0 = rest;
        taken
    }

    #[track_caller]
    fn u8(&mut self) -> u8 {
        self.take(1)[0]
    }

    #[track_caller]
    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take(2).try_into().expect("two octets"))
    }

    #[track_caller]
    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().expect("four octets"))
    }

    /// A field specifier (RFC 7011 section 3.2).
    #[track_caller]
    fn field(&mut self) -> Field {
        let (id, length) = (self.u16(), self.u16());
        let is_enterprise = id & 0x8000 != 0;
        let enterprise_number = if is_enterprise { self.u32() } else { 0 };
        Field { enterprise_number, id: id & 0x7fff, length }
    }

    #[track_caller]
    fn value(&mut self, length: u16) -> &'a [u8] {
        let length = match length {
            VARIABLE_LENGTH => match self.u8() {
                255 => self.u16(),
                length => u16::from(length),
            },
            length => length,
        };
        self.take(usize::from(length))
    }
}
