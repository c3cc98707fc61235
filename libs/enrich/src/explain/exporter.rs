//! The rules behind the exporter of a record.

use weir_inventory::{AddressSource, NameSource, VpcIndex};

use super::elements::Elements;
use super::explanation::ExplainedExporter;
use super::rule::Rule;
use crate::decision::ExporterDecision;

impl Elements<'_> {
    pub(super) fn exporter(&self) -> ExplainedExporter {
        let exporter = self.flow.snapshot.vpc(self.flow.found.exporter);
        ExplainedExporter {
            observation_domain_id: exporter.observation_domain_id,
            kind: exporter.kind,
            id: exporter.id.clone(),
            address: exporter.exporter_address,
            name: exporter.exporter_name.clone(),
            rule: self.exporter_rule(),
        }
    }

    fn exporter_rule(&self) -> Rule {
        let is_known = self.flow.found.exporter != VpcIndex::FALLBACK;
        match (self.flow.decisions.exporter, is_known) {
            (ExporterDecision::TransitGatewayOfLine, true) => Rule::TransitGatewayOfLine,
            (ExporterDecision::TransitGatewayOfLine, false) => Rule::UnknownTransitGateway,
            (ExporterDecision::VpcOfLine, true) => Rule::VpcOfLine,
            (ExporterDecision::VpcOfLine, false) => Rule::UnknownVpc,
            (ExporterDecision::VpcOfInterface, true) => Rule::VpcOfInterface,
            (ExporterDecision::VpcOfInterface, false) => Rule::UnknownInterface,
        }
    }

    pub(super) fn exporter_address(&self) -> Rule {
        match self.flow.snapshot.vpc(self.flow.found.exporter).address_source {
            AddressSource::Assigned => Rule::ExporterAssigned,
            AddressSource::FirstBlock => Rule::ExporterFirstBlock,
            AddressSource::Fallback => Rule::ExporterFallback,
        }
    }

    pub(super) fn exporter_name(&self) -> Rule {
        match self.flow.snapshot.vpc(self.flow.found.exporter).name_source {
            NameSource::Assigned => Rule::ExporterAssigned,
            NameSource::NameTag => Rule::ExporterNameTag,
            NameSource::Id => Rule::ExporterId,
            NameSource::Fallback => Rule::ExporterFallback,
        }
    }
}
