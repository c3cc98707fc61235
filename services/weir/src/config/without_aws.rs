//! `[ingest_cloudwatch]`, `[ingest_kinesis]` and `[ingest_s3]`.

use weir_control::settings::SettingValues;
use weir_runtime::config::Section;

/// What another build of weir reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct AwsSections;

impl AwsSections {
    pub(super) fn read(root: &mut Section<'_>) -> Self {
        root.section("aws", |section| section.pass_over());
        root.section("discovery", |section| section.pass_over());
        root.section("ingest_cloudwatch", |section| section.pass_over());
        root.section("ingest_kinesis", |section| section.pass_over());
        root.section("ingest_s3", |section| section.pass_over());
        Self
    }

    /// What these sections say of the settings: this build does not know.
    pub(super) fn settings(&self) -> SettingValues {
        SettingValues::default()
    }
}

pub(super) mod dump {
    //! Nothing of these sections is dumped.

    use serde::Serialize;

    use super::AwsSections;

    #[derive(Serialize)]
    pub(in crate::config) struct Dump<'a> {
        #[serde(skip)]
        _sections: &'a AwsSections,
    }

    pub(in crate::config) fn dump(sections: &AwsSections) -> Dump<'_> {
        Dump { _sections: sections }
    }
}
