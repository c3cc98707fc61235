//! What a collector makes of messages.

use weir_ipfix::DEFAULT_ENTERPRISE_NUMBER;
use weir_ipfix::decode::{Decoder, MessageSummary};
use weir_ipfix::element::{OCTET_DELTA_COUNT, PADDING_OCTETS};

/// Enterprise number, element id and octets.
pub(crate) type Field = (Option<u32>, u16, Vec<u8>);

/// Decodes the messages of one transport session and keeps the flows.
pub(crate) struct Collector {
    decoder: Decoder,
    /// The flows' fields, options records left out.
    pub(crate) flows: Vec<Vec<Field>>,
    pub(crate) messages: Vec<Message>,
}

pub(crate) struct Message {
    pub(crate) octets: usize,
    /// How many flows it held.
    pub(crate) flows: usize,
    pub(crate) summary: MessageSummary,
}

impl Collector {
    pub(crate) fn new() -> Self {
        let decoder = Decoder::new(DEFAULT_ENTERPRISE_NUMBER);
        Self { decoder, flows: Vec::new(), messages: Vec::new() }
    }

    pub(crate) fn take(&mut self, message: &[u8]) {
        let before = self.flows.len();
        let flows = &mut self.flows;
        let summary = self.decoder.decode(0, message, |record| {
            if !record.is_options() {
                let fields = record.fields().map(|field| {
                    let element = field.element;
                    (element.enterprise_number, element.id, field.octets.to_vec())
                });
                flows.push(fields.collect());
            }
        });
        let summary = summary.expect("a well-formed message");
        let flows = self.flows.len() - before;
        self.messages.push(Message { octets: message.len(), flows, summary });
    }

    /// The numbers of the flows, in order of arrival.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let number = |flow: &Vec<Field>| {
            let count =
                flow.iter().find(|field| (field.0, field.1) == (None, OCTET_DELTA_COUNT.id));
            count.map(|(_, _, octets)| {
                octets.iter().fold(0, |value, octet| value << 8 | u64::from(*octet))
            })
        };
        self.flows.iter().filter_map(number).collect()
    }

    /// The flows without paddingOctets.
    pub(crate) fn flows_without_padding(&self) -> Vec<Vec<Field>> {
        let is_content = |field: &&Field| (field.0, field.1) != (None, PADDING_OCTETS.id);
        let flows = self.flows.iter();
        flows.map(|flow| flow.iter().filter(is_content).cloned().collect()).collect()
    }

    /// Nothing is missing, nothing came before its template, and each domain counts from 0.
    pub(crate) fn assert_unbroken(&self) {
        let mut known = std::collections::HashSet::new();
        for Message { summary, .. } in &self.messages {
            assert_eq!(summary.without_template, 0, "{summary:?}");
            if known.insert(summary.observation_domain_id) {
                assert_eq!(summary.sequence_number, 0, "{summary:?}");
                assert!(summary.templates > 0, "{summary:?}");
            } else {
                assert_eq!(summary.sequence_gap, Some(0), "{summary:?}");
            }
        }
    }
}
