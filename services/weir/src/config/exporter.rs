//! Section `[exporter]`: what is exported, to whom.

use std::path::Path;

use weir_control::settings::SettingValues;
use weir_delivery::Shards;
use weir_enrich::NativeField;
use weir_exporter::{CollectorConfig, ExporterConfig, FileTarget, OutputConfig};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, InformationElement, LayoutPair};
use weir_report::{GEO_FIELDS, Report, ReportField, WindowOptions};
use weir_runtime::config::Section;

use super::fields::{GEO_ELEMENTS, added_element, added_field, push_missing, standard_elements};
use super::outputs::{OutputSettings, collector, output};
use super::{accepted, conflicts};

/// Collectors and outputs as they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct ExporterSettings {
    /// The private enterprise number of weir's own elements.
    pub(crate) enterprise_number: u32,
    /// Fields of the flow log for every collector and output without a list of its own.
    pub(crate) add_fields: Vec<&'static NativeField>,
    /// Whether records hold the geographic regions of their addresses.
    pub(crate) adds_geo_regions: bool,
    /// Where IPFIX goes. Without a list of elements a collector gets those of every record and
    /// the added fields.
    pub(crate) collectors: Vec<CollectorConfig>,
    /// Where text goes.
    pub(crate) outputs: Vec<OutputSettings>,
}

impl Default for ExporterSettings {
    fn default() -> Self {
        Self {
            enterprise_number: DEFAULT_ENTERPRISE_NUMBER,
            add_fields: Vec::new(),
            adds_geo_regions: false,
            collectors: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

impl ExporterSettings {
    /// Reads what an exporter that is one of `exporters` is asked.
    pub(super) fn read(
        section: &mut Section<'_>,
        adds_geo_regions: bool,
        exporters: Shards,
    ) -> Self {
        let default = Self::default();
        let number = section.number("enterprise_number", &accepted::ENTERPRISE_NUMBERS);
        let add_fields = section.texts("add_fields", accepted::native_field).unwrap_or_default();
        let collectors = section.sections("collectors", collector).unwrap_or_default();
        let outputs = section.sections("outputs", output).unwrap_or_default();
        conflicts::same_address(&collectors, section);
        conflicts::same_target(&outputs, section);
        let windows = collectors.iter().map(|each| each.as_ref()?.window.clone());
        conflicts::across_exporters("collectors", windows, exporters, section);
        let windows = outputs.iter().map(|each| each.as_ref()?.window.clone());
        conflicts::across_exporters("outputs", windows, exporters, section);
        let number = number.and_then(|number| number.try_into().ok());
        let settings = Self {
            enterprise_number: number.unwrap_or(default.enterprise_number),
            add_fields,
            adds_geo_regions,
            collectors: collectors.iter().flatten().cloned().collect(),
            outputs: outputs.into_iter().flatten().collect(),
        };
        settings.check_templates(&collectors, section);
        settings
    }

    /// Reports collectors whose messages cannot hold what they ask for.
    fn check_templates(&self, asked: &[Option<CollectorConfig>], section: &mut Section<'_>) {
        let config = self.resolve(None);
        let layouts = LayoutPair::with_extras(config.enterprise_number, &config.extra_elements);
        let places = asked.iter().enumerate().filter(|(_, collector)| collector.is_some());
        for ((place, _), collector) in places.zip(&config.collectors) {
            let number = config.enterprise_number;
            let rows = collector.window.as_ref().map(|window| window.row_layouts(number));
            let layouts = rows.as_ref().unwrap_or(&layouts);
            if let Err((key, problem)) = conflicts::templates_fit(collector, layouts) {
                section.problem(&format!("collectors[{place}].{key}"), problem);
            }
        }
    }

    /// What the exporter is told.
    pub(crate) fn resolve(&self, rejects: Option<&Path>) -> ExporterConfig {
        let outputs: Vec<_> = self.outputs.iter().map(|output| self.output(output)).collect();
        let extra_elements = self.extra_elements(&outputs);
        let collectors = self.collectors.iter();
        ExporterConfig {
            enterprise_number: self.enterprise_number,
            collectors: collectors.map(|each| self.collector(each, &extra_elements)).collect(),
            extra_elements,
            outputs,
            rejects: rejects.map(|path| FileTarget::File(path.to_owned())),
            ..ExporterConfig::default()
        }
    }

    /// The same for one of several exporters, which share the rate limits of collectors.
    pub(crate) fn shared_among(&self, exporters: Shards) -> Self {
        let mut settings = self.clone();
        for collector in &mut settings.collectors {
            collector.records_per_second = exporters.share_of(collector.records_per_second);
        }
        settings
    }

    /// The same with what was set at run time for all collectors.
    pub(crate) fn under(&self, run_time: &SettingValues) -> Self {
        let mut settings = self.clone();
        for collector in &mut settings.collectors {
            if let Some(size) = run_time.max_packet_size {
                collector.max_packet_size = usize::try_from(size).unwrap_or(usize::MAX);
            }
            collector.records_per_second =
                run_time.records_per_second.unwrap_or(collector.records_per_second);
        }
        if let Some(names) = &run_time.add_fields {
            // They were checked when they were set, and when they were read.
            settings.add_fields =
                names.iter().filter_map(|name| accepted::native_field(name).ok()).collect();
        }
        settings
    }

    fn output(&self, output: &OutputSettings) -> OutputConfig {
        let OutputSettings { target, when_down, tls, .. } = output.clone();
        let window = self.window(output.window.as_ref());
        let fields = output.fields.clone();
        let mut fields = fields.unwrap_or_else(|| match &window {
            Some(window) => self.default_row_fields(window.report),
            None => self.default_fields(),
        });
        push_missing(&mut fields, output.add_fields.iter().map(|native| added_field(native)));
        OutputConfig { target, fields, window, when_down, tls }
    }

    fn window(&self, window: Option<&WindowOptions>) -> Option<WindowOptions> {
        let has_geo_regions = self.adds_geo_regions;
        window.map(|window| WindowOptions { has_geo_regions, ..window.clone() })
    }

    /// What rows without a list of their own hold. Report 20062 has geographic regions among its
    /// own fields.
    fn default_row_fields(&self, report: Report) -> Vec<ReportField> {
        let mut fields = report.row_fields();
        if self.adds_geo_regions && report != Report::Conversations {
            fields.extend(GEO_FIELDS);
        }
        fields
    }

    /// What an output without a list of its own gets.
    fn default_fields(&self) -> Vec<ReportField> {
        let mut fields: Vec<_> = Report::record_fields().collect();
        if self.adds_geo_regions {
            fields.extend(GEO_FIELDS);
        }
        push_missing(&mut fields, self.add_fields.iter().map(|native| added_field(native)));
        fields
    }

    /// What records hold beside the elements that they always do: the union of what collectors
    /// and outputs ask for.
    fn extra_elements(&self, outputs: &[OutputConfig]) -> Vec<InformationElement> {
        let standard = standard_elements();
        let mut extras = self.added_elements();
        let of_records = self.collectors.iter().filter(|collector| collector.window.is_none());
        let listed = of_records.filter_map(|collector| collector.elements.as_ref());
        let listed = listed.flatten().filter(|element| !standard.contains(element)).copied();
        push_missing(&mut extras, listed);
        let of_records = outputs.iter().filter(|output| output.window.is_none());
        let fields = of_records.flat_map(|output| &output.fields);
        push_missing(&mut extras, fields.filter_map(added_element));
        let of_outputs = outputs.iter().filter_map(|output| output.window.as_ref());
        let of_collectors = self.collectors.iter().filter_map(|each| each.window.as_ref());
        for window in of_outputs.chain(of_collectors) {
            push_missing(&mut extras, window.record_elements());
        }
        extras
    }

    fn added_elements(&self) -> Vec<InformationElement> {
        let mut elements = Vec::new();
        if self.adds_geo_regions {
            elements.extend(GEO_ELEMENTS);
        }
        push_missing(&mut elements, self.add_fields.iter().map(|native| native.element));
        elements
    }

    /// A collector without a list of its own does not get what others alone have asked for.
    fn collector(
        &self,
        collector: &CollectorConfig,
        extra_elements: &[InformationElement],
    ) -> CollectorConfig {
        let added = self.added_elements();
        let is_whole = added.len() == extra_elements.len();
        let mut collector = collector.clone();
        if collector.window.is_some() {
            collector.window = self.window(collector.window.as_ref());
            return collector;
        }
        if collector.elements.is_none() && !is_whole {
            collector.elements = Some(standard_elements().into_iter().chain(added).collect());
        }
        collector
    }
}
