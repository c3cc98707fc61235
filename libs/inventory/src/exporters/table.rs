//! All exporters of an inventory.

use std::sync::Arc;

use hashbrown::HashTable;

use super::known::KnownExporter;
use super::{AssignedExporters, ExporterKind, FallbackExporter, VpcEntry, VpcIndex};
use crate::counts::SnapshotCounts;
use crate::error::InventoryError;
use crate::model::{TransitGateway, Vpc};
use crate::observation_domain::{FALLBACK_OBSERVATION_DOMAIN, observation_domains};
use crate::strings::{hash_of, position};

/// All exporters of an inventory; the first is the fallback. What people assign makes another
/// table of the same exporters, under the same indexes.
pub struct ExporterTable {
    known: Arc<Known>,
    entries: Vec<VpcEntry>,
    names_cut: u64,
}

/// What the inventory says, whatever is assigned.
struct Known {
    exporters: Vec<KnownExporter>,
    by_id: HashTable<u32>,
    fallback: FallbackExporter,
    duplicates: u64,
}

impl ExporterTable {
    /// The exporters of these VPCs and transit gateways, with nothing assigned. Of two with the
    /// same id the first one counts.
    ///
    /// # Errors
    ///
    /// When there are more than 32-bit positions reach.
    pub fn build<'i>(
        vpcs: impl IntoIterator<Item = &'i Vpc>,
        transit_gateways: impl IntoIterator<Item = &'i TransitGateway>,
        fallback: &FallbackExporter,
    ) -> Result<ExporterTable, InventoryError> {
        let mut known = Known {
            exporters: vec![KnownExporter::fallback()],
            by_id: HashTable::new(),
            fallback: fallback.clone(),
            duplicates: 0,
        };
        let gateways = transit_gateways.into_iter().map(KnownExporter::transit_gateway);
        for exporter in vpcs.into_iter().map(KnownExporter::vpc).chain(gateways) {
            known.add(exporter)?;
        }
        Ok(ExporterTable::of(Arc::new(known), &AssignedExporters::default()))
    }

    /// The same exporters with these assignments and observation domains.
    pub fn with(&self, assigned: &AssignedExporters) -> ExporterTable {
        ExporterTable::of(Arc::clone(&self.known), assigned)
    }

    fn of(known: Arc<Known>, assigned: &AssignedExporters) -> ExporterTable {
        let ids = known.exporters.iter().skip(1).map(|exporter| exporter.id.as_str());
        let domains = observation_domains(&assigned.domains, ids);
        let mut names_cut = 0;
        let entry = |exporter: &KnownExporter| {
            let of_exporter = assigned.exporters.get(&exporter.id);
            let of_exporter = of_exporter.filter(|_| exporter.kind != ExporterKind::Fallback);
            let (mut entry, was_cut) = exporter.entry(of_exporter, &known.fallback);
            let domain = domains.get(exporter.id.as_str()).copied();
            entry.observation_domain_id = domain.unwrap_or(FALLBACK_OBSERVATION_DOMAIN);
            names_cut += u64::from(was_cut);
            entry
        };
        let entries = known.exporters.iter().map(entry).collect();
        drop(domains);
        ExporterTable { known, entries, names_cut }
    }

    /// The VPCs and transit gateways in the order of the inventory, without the fallback.
    pub fn entries(&self) -> &[VpcEntry] {
        self.entries.get(1..).unwrap_or_default()
    }

    /// The VPC or transit gateway with this id.
    pub fn by_id(&self, id: &str) -> Option<&VpcEntry> {
        Some(self.get(self.known.find(id.as_bytes())?))
    }

    pub(crate) fn find_kind(&self, id: &[u8], kind: ExporterKind) -> Option<VpcIndex> {
        self.known.find(id).filter(|index| self.get(*index).kind == kind)
    }

    /// The entry under `index`; the fallback for an index of another snapshot.
    pub(crate) fn get(&self, index: VpcIndex) -> &VpcEntry {
        self.entries.get(index.0 as usize).unwrap_or(&self.entries[0])
    }

    /// The index of each, the fallback's first.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = VpcIndex> + use<> {
        // No table has more than 32-bit positions reach.
        (0..self.entries.len() as u32).map(VpcIndex)
    }

    /// How many there are, the fallback included.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many names were cut.
    pub(crate) fn names_cut(&self) -> u64 {
        self.names_cut
    }

    /// Adds what there is to count of them, but for names that were cut.
    pub(crate) fn count(&self, counts: &mut SnapshotCounts) {
        let of_kind = |kind| self.entries.iter().filter(|entry| entry.kind == kind).count() as u64;
        counts.vpcs += of_kind(ExporterKind::Vpc);
        counts.transit_gateways += of_kind(ExporterKind::TransitGateway);
        counts.duplicate_ids += self.known.duplicates;
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let known = &self.known.exporters;
        let texts = self.entries.iter().map(VpcEntry::text_bytes).sum::<usize>();
        let known_texts = known.iter().map(KnownExporter::text_bytes).sum::<usize>();
        self.entries.capacity() * size_of::<VpcEntry>()
            + known.capacity() * size_of::<KnownExporter>()
            + self.known.by_id.allocation_size()
            + texts
            + known_texts
    }
}

impl Known {
    fn add(&mut self, exporter: KnownExporter) -> Result<(), InventoryError> {
        if self.find(exporter.id.as_bytes()).is_some() {
            self.duplicates += 1;
            return Ok(());
        }
        let at = position(self.exporters.len(), "VPCs")?;
        let hash = hash_of(exporter.id.as_bytes());
        self.exporters.push(exporter);
        let exporters = &self.exporters;
        let rehash = |at: &u32| exporters.get(*at as usize).map_or(0, |e| hash_of(e.id.as_bytes()));
        self.by_id.insert_unique(hash, at, rehash);
        Ok(())
    }

    fn find(&self, id: &[u8]) -> Option<VpcIndex> {
        let is_id = |at: &u32| {
            self.exporters.get(*at as usize).is_some_and(|known| known.id.as_bytes() == id)
        };
        self.by_id.find(hash_of(id), is_id).copied().map(VpcIndex)
    }
}

// === impl VpcEntry ===

impl VpcEntry {
    fn text_bytes(&self) -> usize {
        let texts = [&self.id, &self.account_id, &self.region, &self.exporter_name];
        texts.iter().map(|text| text.capacity()).sum::<usize>() + self.encoded_exporter_name.len()
    }
}
