//! Templates and descriptions: their ids, when they go, and in which messages.

use std::time::Duration;

use super::Packer;
use crate::description::{Descriptions, push_domain_record};
use crate::layout::LayoutRevision;
use crate::message::{
    FIRST_TEMPLATE_ID, OPTIONS_TEMPLATE_SET_ID, TEMPLATE_SET_ID, push_template,
    template_record_length,
};
use crate::record::RecordView;

/// How long a domain's changed description waits for the one before: senders that do not agree
/// on it must not fill the session with templates.
const DESCRIPTION_PAUSE: Duration = Duration::from_secs(1);

impl Packer {
    /// A template id that depends on the template's content, the next free one on a clash.
    pub(super) fn template_id(&self, revision: LayoutRevision) -> u16 {
        let span = u64::from(u16::MAX - FIRST_TEMPLATE_ID) + 1;
        let offset = u16::try_from(revision.0 % span).unwrap_or(0);
        let mut id = FIRST_TEMPLATE_ID + offset;
        let described = |id| {
            let templates =
                self.descriptions.iter().flat_map(|each| [&each.elements, &each.domains]);
            templates.into_iter().any(|template| template.id == id)
        };
        while self.templates.iter().any(|template| template.id == id) || described(id) {
            id = id.checked_add(1).unwrap_or(FIRST_TEMPLATE_ID);
        }
        id
    }

    pub(super) fn send_templates_when_due(&mut self, observation_domain_id: u32, now: Duration) {
        let count = self.templates.len();
        let domain = self.domains.entry(observation_domain_id).or_default();
        let interval = match domain.is_description_new {
            true => self.options.template_interval.min(DESCRIPTION_PAUSE),
            false => self.options.template_interval,
        };
        let is_fresh =
            domain.templates_sent_at.is_some_and(|sent_at| now.saturating_sub(sent_at) < interval);
        if is_fresh && domain.templates_sent == count {
            return;
        }
        domain.templates_sent_at = Some(now);
        domain.templates_sent = count;
        domain.is_description_new = false;
        self.flush();
        self.pack_templates(observation_domain_id);
        self.pack_descriptions(observation_domain_id);
    }

    /// Packs all templates into as few messages as the limit allows.
    fn pack_templates(&mut self, observation_domain_id: u32) {
        let sequence = self.domains.get(&observation_domain_id).map_or(0, |domain| domain.sequence);
        let mut is_open = false;
        for template in &self.templates {
            let specifiers = template.projection.specifiers();
            let length = self.messages.unfinished_octets() + template_record_length(specifiers);
            if is_open && length > self.options.max_message_length {
                self.messages.end(0);
                is_open = false;
            }
            // `add_template` made sure that a message holds any one template.
            if !is_open {
                self.messages.start(sequence, observation_domain_id, TEMPLATE_SET_ID);
                is_open = true;
            }
            push_template(self.messages.buffer(), template.id, specifiers);
        }
        if is_open {
            self.messages.end(0);
        }
    }

    pub(super) fn note_description(&mut self, observation_domain_id: u32, record: &RecordView<'_>) {
        if self.descriptions.is_some() {
            let domain = self.domains.entry(observation_domain_id).or_default();
            self.scratch.clear();
            push_domain_record(&mut self.scratch, observation_domain_id, record);
            if domain.description != self.scratch {
                domain.description.clone_from(&self.scratch);
                domain.is_description_new = true;
            }
        }
    }

    /// Packs the options templates and their records. These count as data records (RFC 7011
    /// section 3.1).
    fn pack_descriptions(&mut self, observation_domain_id: u32) {
        let Some(Descriptions { elements, domains, element_records }) = &self.descriptions else {
            return;
        };
        let domain = self.domains.entry(observation_domain_id).or_default();
        let messages = &mut self.messages;
        // nfacctd 1.7.7 reads one options template of a set and rejects the set for the rest.
        for template in [elements, domains] {
            messages.start(domain.sequence, observation_domain_id, OPTIONS_TEMPLATE_SET_ID);
            template.push(messages.buffer());
            messages.end(0);
        }
        let described = element_records.iter().map(|record| (elements.id, record));
        let described = described.chain([(domains.id, &domain.description)]);
        let mut open = None;
        for (id, record) in described.filter(|(_, record)| !record.is_empty()) {
            let length = messages.unfinished_octets() + record.len();
            if open.is_some_and(|open| open != id) || length > self.options.max_message_length {
                messages.end(0);
                open = None;
            }
            if open.is_none() {
                messages.start(domain.sequence, observation_domain_id, id);
                open = Some(id);
            }
            messages.buffer().extend_from_slice(record);
            domain.sequence = domain.sequence.wrapping_add(1);
        }
        if open.is_some() {
            messages.end(0);
        }
    }
}
