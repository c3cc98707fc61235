//! Decoding of IPFIX messages under any template (RFC 7011).

mod bounded;
mod elements;
mod error;
mod names;
mod reader;
mod record;
mod template;
mod value;

use bounded::BoundedMap;
use elements::Elements;
use reader::Reader;
use template::{FIRST_TEMPLATE_ID, Template, TemplateKind, TemplateRecord};

pub use elements::{Element, ElementName};
pub use error::DecodeError;
pub use record::{Field, Fields, Record};
pub use template::MAX_FIELDS;
pub use value::{Value, ValueType};

/// The most templates that a [`Decoder`] holds, over all sessions and domains; beyond it, those
/// not used for the longest time are forgotten.
pub const MAX_TEMPLATES: usize = 4096;

/// The most pairs of session and observation domain whose sequence numbers are followed.
const MAX_DOMAINS: usize = 4096;

const VERSION: u16 = 10;
const MESSAGE_HEADER_LENGTH: u16 = 16;
const SET_HEADER_LENGTH: u16 = 4;

/// The templates that a collector has learnt, bounded, per transport session and observation
/// domain.
#[derive(Debug)]
pub struct Decoder {
    templates: BoundedMap<TemplateKey, Template>,
    /// The sequence number that the next message of a session and domain should have.
    expected_sequence_numbers: BoundedMap<(u64, u32), u32>,
    elements: Elements,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct TemplateKey {
    session: u64,
    observation_domain_id: u32,
    template_id: u16,
}

/// What a message held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageSummary {
    /// From the message header.
    pub observation_domain_id: u32,
    /// From the message header: data records sent before this message, mod 2^32.
    pub sequence_number: u32,
    /// When the message left, in seconds since the Unix epoch.
    pub export_time: u32,
    /// Data records that were visited, options data records included.
    pub records: u32,
    /// Template records, withdrawals included.
    pub templates: u32,
    /// Data sets that were skipped since their template is not known.
    pub without_template: u32,
    /// Sets with a reserved id (RFC 7011 section 3.3.2), which were skipped.
    pub reserved_sets: u32,
    /// How far the sequence number is from the expected one (RFC 7011 section 3.1): 0 in order,
    /// above it the records missed before this message, below it a message that is late, doubled
    /// or sent by a restarted exporter. Over late messages the sum of the gaps comes out right.
    ///
    /// `None` when nothing can be expected: at the first message of a session and domain, and
    /// after one whose records could not all be counted.
    pub sequence_gap: Option<i64>,
}

/// The length of the message that begins with `header`, for framing in a byte stream.
///
/// `None` as long as fewer than four octets are there.
///
/// # Errors
/// When it is not IPFIX, or the length is less than a message header's: the stream cannot be
/// followed any further.
pub fn message_length(header: &[u8]) -> Result<Option<usize>, DecodeError> {
    let mut reader = Reader::new(header);
    let (Ok(version), Ok(stated)) = (reader.u16("version"), reader.u16("length")) else {
        return Ok(None);
    };
    if version != VERSION {
        return Err(DecodeError::Version { found: version });
    }
    if stated < MESSAGE_HEADER_LENGTH {
        return Err(DecodeError::MessageTooShort { stated });
    }
    Ok(Some(usize::from(stated)))
}

impl Decoder {
    /// A decoder that knows no template; `enterprise_number` is the one under which weir's own
    /// elements come.
    pub fn new(enterprise_number: u32) -> Self {
        Self {
            templates: BoundedMap::new(MAX_TEMPLATES),
            expected_sequence_numbers: BoundedMap::new(MAX_DOMAINS),
            elements: Elements::new(enterprise_number),
        }
    }

    /// Decodes one message of a transport session and calls `visit` for each data record.
    ///
    /// The caller numbers its sessions: by peer address for UDP, by connection for TCP.
    ///
    /// # Errors
    /// When the message is malformed. What came before the fault has been visited or learnt.
    pub fn decode(
        &mut self,
        session: u64,
        message: &[u8],
        mut visit: impl FnMut(&Record<'_>),
    ) -> Result<MessageSummary, DecodeError> {
        let mut sets = Reader::new(message);
        let mut summary = read_header(&mut sets, message)?;
        let domain = (session, summary.observation_domain_id);
        // Taken out, so that it stays unknown when the message's records cannot be counted.
        let expected = self.expected_sequence_numbers.remove(&domain);
        summary.sequence_gap = expected.map(|expected| distance(expected, summary.sequence_number));
        while sets.remaining() > 0 {
            self.decode_set(session, &mut sets, &mut summary, &mut visit)?;
        }
        if summary.without_template == 0 {
            let next = summary.sequence_number.wrapping_add(summary.records);
            self.expected_sequence_numbers.insert(domain, next);
        }
        Ok(summary)
    }

    /// Forgets the templates and sequence numbers of a session that has ended.
    pub fn forget_session(&mut self, session: u64) {
        self.templates.retain(|key, _| key.session != session);
        self.expected_sequence_numbers.retain(|(of, _), _| *of != session);
    }

    fn decode_set(
        &mut self,
        session: u64,
        sets: &mut Reader<'_>,
        summary: &mut MessageSummary,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), DecodeError> {
        let (set_id, mut body) = read_set(sets)?;
        let observation_domain_id = summary.observation_domain_id;
        let key = TemplateKey { session, observation_domain_id, template_id: set_id };
        if let Some(kind) = TemplateKind::of_set(set_id) {
            self.decode_templates(key, kind, &mut body, summary)
        } else if set_id >= FIRST_TEMPLATE_ID {
            self.decode_data(key, &mut body, summary, visit)
        } else {
            summary.reserved_sets += 1;
            Ok(())
        }
    }

    fn decode_templates(
        &mut self,
        key: TemplateKey,
        kind: TemplateKind,
        body: &mut Reader<'_>,
        summary: &mut MessageSummary,
    ) -> Result<(), DecodeError> {
        while body.remaining() >= usize::from(SET_HEADER_LENGTH) {
            match TemplateRecord::read(body, kind)? {
                TemplateRecord::Definition { template_id, template } => {
                    self.templates.insert(TemplateKey { template_id, ..key }, template);
                }
                TemplateRecord::Withdrawal { template_id } => {
                    self.templates.remove(&TemplateKey { template_id, ..key });
                }
                TemplateRecord::WithdrawalOfAll => self.templates.retain(|of, template| {
                    TemplateKey { template_id: of.template_id, ..key } != *of
                        || template.kind != kind
                }),
                TemplateRecord::Padding => return Ok(()),
            }
            summary.templates += 1;
        }
        Ok(())
    }

    fn decode_data(
        &mut self,
        key: TemplateKey,
        body: &mut Reader<'_>,
        summary: &mut MessageSummary,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), DecodeError> {
        let Some(template) = self.templates.get(&key) else {
            summary.without_template += 1;
            return Ok(());
        };
        while let Some(octets) = template.next_record(body)? {
            let record = Record {
                session: key.session,
                observation_domain_id: key.observation_domain_id,
                export_time: summary.export_time,
                template_id: key.template_id,
                template,
                elements: &self.elements,
                octets,
            };
            visit(&record);
            summary.records += 1;
            if let Some((enterprise_number, id, learnt)) = record.type_information() {
                self.elements.learn(enterprise_number, id, learnt);
            }
        }
        Ok(())
    }
}

fn read_header(sets: &mut Reader<'_>, message: &[u8]) -> Result<MessageSummary, DecodeError> {
    // Before all else, so that a message of another protocol is told as such.
    let stated = message_length(message)?;
    let mut header = sets.part(usize::from(MESSAGE_HEADER_LENGTH), "message header")?;
    if let Some(stated) = stated.filter(|stated| *stated != message.len()) {
        return Err(DecodeError::MessageLength { stated, received: message.len() });
    }
    header.u32("version and length")?;
    Ok(MessageSummary {
        export_time: header.u32("export time")?,
        sequence_number: header.u32("sequence number")?,
        observation_domain_id: header.u32("observation domain id")?,
        ..MessageSummary::default()
    })
}

/// The next set's id and its octets without the header.
fn read_set<'a>(sets: &mut Reader<'a>) -> Result<(u16, Reader<'a>), DecodeError> {
    let (octet, available) = (sets.octet(), sets.remaining());
    let mut header = sets.part(usize::from(SET_HEADER_LENGTH), "set header")?;
    let set_id = header.u16("set id")?;
    let stated = header.u16("set length")?;
    let length_error = DecodeError::SetLength { set_id, octet, stated, available };
    let Some(length) = stated.checked_sub(SET_HEADER_LENGTH).map(usize::from) else {
        return Err(length_error);
    };
    let body = sets.part(length, "set").map_err(|_| length_error)?;
    Ok((set_id, body))
}

/// How far `found` is ahead of `expected`, mod 2^32: at most half the circle either way.
fn distance(expected: u32, found: u32) -> i64 {
    i64::from(found.wrapping_sub(expected).cast_signed())
}
