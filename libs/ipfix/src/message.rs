//! IPFIX messages as octets (RFC 7011 section 3).

use std::ops::Range;

use crate::element::FieldSpecifier;

/// The version number of IPFIX (RFC 7011 section 3.1).
pub(crate) const VERSION: u16 = 10;
/// The most octets of a message, whose length has 16 bits (RFC 7011 section 3.1).
pub(crate) const MAX_MESSAGE_LENGTH: usize = 65535;
/// Octets of the message header.
pub const MESSAGE_HEADER_LENGTH: usize = 16;
/// Octets of a set header.
pub const SET_HEADER_LENGTH: usize = 4;
/// The set id of template sets (RFC 7011 section 3.3.2).
pub(crate) const TEMPLATE_SET_ID: u16 = 2;
/// The set id of options template sets.
pub(crate) const OPTIONS_TEMPLATE_SET_ID: u16 = 3;
/// The lowest id of a template and its data sets.
pub(crate) const FIRST_TEMPLATE_ID: u16 = 256;

const LENGTH: usize = 2;
const EXPORT_TIME: usize = 4;

/// Packed messages, one after another in one buffer, ready to be sent.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    bytes: Vec<u8>,
    ends: Vec<MessageEnd>,
}

#[derive(Clone, Copy, Debug)]
struct MessageEnd {
    end: usize,
    records: u32,
}

impl Messages {
    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Octets of all messages.
    pub fn octets(&self) -> usize {
        self.ends.last().map_or(0, |last| last.end)
    }

    /// The data records in message `index`.
    pub fn records(&self, index: usize) -> u32 {
        self.ends.get(index).map_or(0, |message| message.records)
    }

    /// Writes the export time into the messages of `range`: the time at which they leave
    /// (RFC 7011 section 3.1), in seconds since the Unix epoch.
    pub fn stamp(&mut self, range: Range<usize>, export_time: u32) {
        for index in range {
            let place = self.start_of(index) + EXPORT_TIME;
            if let Some(place) = self.bytes.get_mut(place..place + 4) {
                place.copy_from_slice(&export_time.to_be_bytes());
            }
        }
    }

    /// The octets of the messages of `range`, one after another.
    pub fn octets_of(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(self.start_of(range.start)..self.start_of(range.end)).unwrap_or_default()
    }

    /// Message `index` with its export time; empty where there is none.
    pub fn stamped(&mut self, index: usize, export_time: u32) -> &[u8] {
        if index >= self.len() {
            return &[];
        }
        self.stamp(index..index + 1, export_time);
        self.octets_of(index..index + 1)
    }

    /// Where message `index` starts, which is where the one before ends.
    fn start_of(&self, index: usize) -> usize {
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |before| before.end)
    }

    /// Forgets the finished messages and keeps the buffer. A message that is not finished stays.
    pub fn clear(&mut self) {
        self.bytes.drain(..self.octets());
        self.ends.clear();
    }

    /// Where the set of the unfinished message grows.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Octets of the unfinished message.
    pub(crate) fn unfinished_octets(&self) -> usize {
        self.bytes.len() - self.octets()
    }

    /// Starts a message of one set with headers whose lengths are still to come.
    pub(crate) fn start(&mut self, sequence: u32, observation_domain_id: u32, set_id: u16) {
        self.bytes.extend_from_slice(&VERSION.to_be_bytes());
        self.bytes.extend_from_slice(&[0; 6]);
        self.bytes.extend_from_slice(&sequence.to_be_bytes());
        self.bytes.extend_from_slice(&observation_domain_id.to_be_bytes());
        self.bytes.extend_from_slice(&set_id.to_be_bytes());
        self.bytes.extend_from_slice(&[0; 2]);
    }

    /// Ends the message that was started.
    pub(crate) fn end(&mut self, records: u32) {
        let start = self.octets();
        self.write_length(start);
        self.write_length(start + MESSAGE_HEADER_LENGTH);
        self.ends.push(MessageEnd { end: self.bytes.len(), records });
    }

    /// Both headers count from their own start to the end of the message and have the length at
    /// the same place.
    fn write_length(&mut self, header: usize) {
        let length = u16::try_from(self.bytes.len() - header).unwrap_or(u16::MAX);
        if let Some(place) = self.bytes.get_mut(header + LENGTH..header + LENGTH + 2) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }
}

/// Octets of a template record with these fields (RFC 7011 section 3.4.1).
pub(crate) fn template_record_length(specifiers: &[FieldSpecifier]) -> usize {
    4 + specifiers.iter().map(FieldSpecifier::encoded_length).sum::<usize>()
}

/// Appends a template record.
pub(crate) fn push_template(out: &mut Vec<u8>, id: u16, specifiers: &[FieldSpecifier]) {
    out.extend_from_slice(&id.to_be_bytes());
    let count = u16::try_from(specifiers.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    push_specifiers(out, specifiers);
}

/// Appends an options template record; the first `scope` fields are its scope (RFC 7011
/// section 3.4.2.2).
pub(crate) fn push_options_template(
    out: &mut Vec<u8>,
    id: u16,
    specifiers: &[FieldSpecifier],
    scope: u16,
) {
    out.extend_from_slice(&id.to_be_bytes());
    let count = u16::try_from(specifiers.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&scope.to_be_bytes());
    push_specifiers(out, specifiers);
}

fn push_specifiers(out: &mut Vec<u8>, specifiers: &[FieldSpecifier]) {
    const ENTERPRISE_BIT: u16 = 0x8000;
    for specifier in specifiers {
        let bit = if specifier.enterprise_number.is_some() { ENTERPRISE_BIT } else { 0 };
        out.extend_from_slice(&(specifier.id | bit).to_be_bytes());
        out.extend_from_slice(&specifier.length.to_be_bytes());
        if let Some(number) = specifier.enterprise_number {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}
