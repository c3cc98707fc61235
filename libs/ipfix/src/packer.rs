//! Packs records into messages: templates, sequence numbers and size limits of one session.

mod templates;

use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::description::Descriptions;
use crate::element::{FieldSpecifier, InformationElement};
use crate::layout::{Layout, LayoutRevision, revision_of};
use crate::message::{
    FIRST_TEMPLATE_ID, MAX_MESSAGE_LENGTH, MESSAGE_HEADER_LENGTH, Messages, SET_HEADER_LENGTH,
    template_record_length,
};
use crate::projection::Projection;
use crate::record::{MalformedGroup, RecordGroup, RecordView};

const HEADERS_LENGTH: usize = MESSAGE_HEADER_LENGTH + SET_HEADER_LENGTH;

/// How a session packs.
#[derive(Clone, Copy, Debug)]
pub struct PackerOptions {
    /// The most octets of a message, header included; 512 to 65535, more counts as 65535.
    pub max_message_length: usize,
    /// The most data records of a message; at least 1, 0 counts as 1.
    pub max_records_per_message: u32,
    /// How often templates are repeated. RFC 7011 section 8.4 wants this over UDP; collectors
    /// keep a template for at least three intervals.
    pub template_interval: Duration,
    /// Whether messages are filled up to `max_message_length` with paddingOctets.
    pub padded: bool,
}

/// The exporting side of one transport session (RFC 7011): what is sent over one UDP port pair
/// or one TCP connection.
///
/// Keeps these promises: a template goes before its data and again each interval; a template id
/// is never redefined; the sequence number of a message is the count of data records before it
/// in its observation domain, modulo 2^32; no message is longer than the limit; records keep
/// their order and none is dropped.
#[derive(Debug)]
pub struct Packer {
    options: PackerOptions,
    templates: Vec<Template>,
    descriptions: Option<Descriptions>,
    domains: HashMap<u32, Domain, FixedState>,
    open: Option<OpenMessage>,
    messages: Messages,
    strings_cut: u64,
    /// Where a description is written to be compared.
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Template {
    id: u16,
    revision: LayoutRevision,
    projection: Projection,
}

#[derive(Debug, Default)]
struct Domain {
    sequence: u32,
    templates_sent_at: Option<Duration>,
    templates_sent: usize,
    /// Its options data record, as the first record of the last group told it.
    description: Vec<u8>,
    /// Whether it is another than was sent last.
    is_description_new: bool,
}

#[derive(Debug)]
struct OpenMessage {
    observation_domain_id: u32,
    template: usize,
    records: u32,
}

/// Why records cannot be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The layout asks for more than a message can hold.
    #[error(
        "a message of {limit} octets cannot hold the template and an empty record: {needed} \
         octets are needed, raise the maximum packet size or export fewer fields"
    )]
    LimitTooLow {
        /// The configured limit.
        limit: usize,
        /// The lowest limit that would do.
        needed: usize,
    },
    /// The projection has no elements: a template without fields would be a withdrawal
    /// (RFC 7011 section 8.1).
    #[error("no elements are left for layout {revision}: export at least one of its fields")]
    NoElements {
        /// The layout's revision.
        revision: LayoutRevision,
    },
    /// A group follows a layout that the session was not told of.
    #[error("no template for layout {revision}")]
    UnknownLayout {
        /// The group's revision.
        revision: LayoutRevision,
    },
    /// A group is damaged.
    #[error("malformed record group")]
    Malformed(#[from] MalformedGroup),
}

impl Packer {
    /// A new session: nothing sent yet.
    pub fn new(mut options: PackerOptions) -> Self {
        options.max_message_length = options.max_message_length.min(MAX_MESSAGE_LENGTH);
        Self {
            options,
            templates: Vec::new(),
            descriptions: None,
            domains: HashMap::default(),
            open: None,
            messages: Messages::default(),
            strings_cut: 0,
            scratch: Vec::new(),
        }
    }

    /// Adds a template for the records of `layout`: the elements of `projection`. A layout's
    /// first template is the one that its records use.
    ///
    /// # Errors
    ///
    /// [`PackError::LimitTooLow`] when a message has no room for the template or for a record,
    /// [`PackError::NoElements`] when the projection is empty.
    pub fn add_template(
        &mut self,
        layout: &Layout,
        projection: Projection,
    ) -> Result<(), PackError> {
        let revision = layout.revision();
        if projection.specifiers().is_empty() {
            return Err(PackError::NoElements { revision });
        }
        let projection = if self.options.padded { projection.padded() } else { projection };
        let needed = needed(&projection);
        let limit = self.options.max_message_length;
        if needed > limit {
            return Err(PackError::LimitTooLow { limit, needed });
        }
        let id = self.template_id(revision_of(projection.specifiers()));
        self.templates.push(Template { id, revision, projection });
        Ok(())
    }

    /// Lets the session describe weir's own among `elements`, and its observation domains, with
    /// every repetition of the templates (RFC 5610). Said again it describes others; the ids of
    /// its options templates, which are always the same, stay.
    pub fn describe(&mut self, elements: &[InformationElement], enterprise_number: u32) {
        let mut descriptions = Descriptions::new(elements, enterprise_number);
        let ids = self.descriptions.as_ref().map(|known| (known.elements.id, known.domains.id));
        (descriptions.elements.id, descriptions.domains.id) = ids.unwrap_or_else(|| {
            let of = |revision| self.template_id(revision);
            (of(descriptions.elements.revision()), of(descriptions.domains.revision()))
        });
        self.descriptions = Some(descriptions);
    }

    /// Packs within other limits from the next message on: the same as
    /// [`PackerOptions::max_message_length`] and [`PackerOptions::max_records_per_message`].
    ///
    /// # Errors
    ///
    /// [`PackError::LimitTooLow`] when a message would have no room for a template or a record;
    /// the limits stay then.
    pub fn set_limits(
        &mut self,
        max_message_length: usize,
        max_records_per_message: u32,
    ) -> Result<(), PackError> {
        let limit = max_message_length.min(MAX_MESSAGE_LENGTH);
        let needed = self.templates.iter().map(|each| needed(&each.projection)).max();
        if let Some(needed) = needed.filter(|needed| *needed > limit) {
            return Err(PackError::LimitTooLow { limit, needed });
        }
        // The open message was begun, and is filled, under the old ones.
        self.flush();
        self.options.max_message_length = limit;
        self.options.max_records_per_message = max_records_per_message;
        Ok(())
    }

    /// Packs all records of `group`, which follows `layout`. The last message stays open for
    /// more records of the same domain until [`Self::flush`]. `now` is monotonic time.
    ///
    /// # Errors
    ///
    /// [`PackError::UnknownLayout`] and [`PackError::Malformed`]; nothing is packed then.
    pub fn pack(
        &mut self,
        group: &RecordGroup,
        layout: &Layout,
        now: Duration,
    ) -> Result<(), PackError> {
        let (domain, revision) = (group.observation_domain_id, group.revision);
        self.pack_records(domain, revision, group.records(layout)?, now)
    }

    /// Packs `records` of a group that was found to be well formed: all of them, or some so that
    /// templates are repeated in time while a long group goes out slowly. As [`Self::pack`]
    /// otherwise.
    ///
    /// # Errors
    ///
    /// [`PackError::UnknownLayout`]; nothing is packed then.
    pub fn pack_records<'r>(
        &mut self,
        observation_domain_id: u32,
        revision: LayoutRevision,
        records: impl Iterator<Item = RecordView<'r>>,
        now: Duration,
    ) -> Result<(), PackError> {
        let template = self.templates.iter().position(|template| template.revision == revision);
        let template = template.ok_or(PackError::UnknownLayout { revision })?;
        let mut records = records.peekable();
        if let Some(first) = records.peek() {
            self.note_description(observation_domain_id, first);
        }
        self.send_templates_when_due(observation_domain_id, now);
        for record in records {
            self.push(observation_domain_id, template, record.data());
        }
        Ok(())
    }

    /// The templates of data records: id, the revision of the layout, and fields.
    pub fn templates(
        &self,
    ) -> impl Iterator<Item = (u16, LayoutRevision, &[FieldSpecifier])> + use<'_> {
        self.templates.iter().map(|each| (each.id, each.revision, each.projection.specifiers()))
    }

    /// Repeats the templates of every domain in which they are due, also of silent ones, so
    /// that a collector that starts late can decode what comes next.
    pub fn repeat_templates(&mut self, now: Duration) {
        let known: Vec<u32> = self.domains.keys().copied().collect();
        for observation_domain_id in known {
            self.send_templates_when_due(observation_domain_id, now);
        }
    }

    /// Ends the open message.
    pub fn flush(&mut self) {
        let Some(open) = self.open.take() else { return };
        if self.templates.get(open.template).is_some_and(|each| each.projection.is_padded()) {
            self.fill();
        }
        self.messages.end(open.records);
        let domain = self.domains.entry(open.observation_domain_id).or_default();
        domain.sequence = domain.sequence.wrapping_add(open.records);
    }

    /// Begins a new transport session: templates first, sequence numbers from 0. What is packed
    /// and was not sent is forgotten.
    pub fn restart(&mut self) {
        self.flush();
        self.messages.clear();
        self.domains.clear();
    }

    /// The finished messages, in the order in which they must be sent.
    pub fn messages(&mut self) -> &mut Messages {
        &mut self.messages
    }

    /// How many strings were cut so that a record fits a message.
    pub fn strings_cut(&self) -> u64 {
        self.strings_cut
    }

    fn push(&mut self, observation_domain_id: u32, template: usize, data: &[u8]) {
        let Some(Template { projection, .. }) = self.templates.get(template) else {
            return;
        };
        let padding = usize::from(projection.is_padded());
        let length = projection.length_of(data) + padding;
        let room = self.options.max_message_length - HEADERS_LENGTH;
        self.make_room(observation_domain_id, template, length.min(room));
        let Some(Template { projection, .. }) = self.templates.get(template) else {
            return;
        };
        let buffer = self.messages.buffer();
        if length <= room {
            projection.append(data, buffer);
        } else {
            let limit = projection.string_limit(data, room - padding);
            self.strings_cut += u64::from(projection.append_cut(data, limit, buffer));
        }
        buffer.extend(std::iter::repeat_n(0, padding));
        if let Some(open) = &mut self.open {
            open.records += 1;
        }
    }

    /// Makes sure that a message with a set of `template` is open and has `length` octets left.
    fn make_room(&mut self, domain: u32, template: usize, length: usize) {
        if let Some(open) = &self.open {
            let octets = self.messages.unfinished_octets() + length;
            let is_full = octets > self.options.max_message_length
                || open.records >= self.options.max_records_per_message;
            if !is_full && open.observation_domain_id == domain && open.template == template {
                return;
            }
            self.flush();
        }
        let sequence = self.domains.get(&domain).map_or(0, |domain| domain.sequence);
        let id = self.templates.get(template).map_or(FIRST_TEMPLATE_ID, |template| template.id);
        self.messages.start(sequence, domain, id);
        self.open = Some(OpenMessage { observation_domain_id: domain, template, records: 0 });
    }

    /// Lets the last record's paddingOctets fill the message up to the limit.
    ///
    /// The record ends in an empty value, a length octet of 0. A fill of 255 octets and more
    /// needs the long form of the length prefix (RFC 7011 section 7).
    fn fill(&mut self) {
        let end = self.messages.octets() + self.options.max_message_length;
        let buffer = self.messages.buffer();
        let missing = end.saturating_sub(buffer.len());
        buffer.pop();
        match u8::try_from(missing).ok().filter(|missing| *missing < 255) {
            Some(missing) => buffer.push(missing),
            None => {
                buffer.push(255);
                let length = u16::try_from(missing - 2).unwrap_or(u16::MAX);
                buffer.extend_from_slice(&length.to_be_bytes());
            }
        }
        buffer.resize(end, 0);
    }
}

/// The lowest limit of a message that holds the template and an empty record.
fn needed(projection: &Projection) -> usize {
    let template = template_record_length(projection.specifiers());
    HEADERS_LENGTH + template.max(projection.shortest_record())
}
