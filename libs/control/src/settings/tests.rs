//! Values, their origins and what is refused.

use std::time::Duration;

use super::*;

/// Something that is accepted for each setting, and is no default.
fn all() -> SettingValues {
    SettingValues {
        cron: Some("0 0 6 ? * MON-FRI".to_owned()),
        timezone: Some("Europe/Berlin".to_owned()),
        session_duration: Some(Duration::from_secs(900)),
        kcl_metrics_level: Some(MetricsLevel::Detailed),
        cloudwatch_request_interval: Some(Duration::from_secs(86_400)),
        cloudwatch_overlap: Some(Duration::from_secs(60)),
        cloudwatch_settle: Some(Duration::ZERO),
        s3_concurrency: Some(64),
        max_packet_size: Some(3900),
        records_per_second: Some(u64::MAX),
        add_fields: Some(vec!["flow_direction".to_owned()]),
        exporter_in_flight: Some(1 << 20),
        exporter_held: Some(64 << 30),
        enricher_in_flight: Some(2 << 20),
    }
}

#[test]
fn what_is_stored_reads_back_and_holds_nothing_that_was_not_set() {
    let text = serde_json::to_string(&all()).unwrap();
    assert_eq!(serde_json::from_str::<SettingValues>(&text).unwrap(), all());
    assert!(Setting::ALL.iter().all(|setting| text.contains(setting.path())), "{text}");
    assert_eq!(serde_json::to_string(&SettingValues::default()).unwrap(), "{}");
}

#[test]
fn the_default_of_every_setting_is_accepted() {
    let effective = FileSettings::default().under(&SettingValues::default());
    let defaults = SettingValues {
        cron: Some(effective.cron.clone()),
        timezone: Some(effective.timezone.clone()),
        session_duration: Some(effective.session_duration),
        kcl_metrics_level: Some(effective.kcl_metrics_level),
        cloudwatch_request_interval: Some(effective.cloudwatch_request_interval),
        cloudwatch_overlap: Some(effective.cloudwatch_overlap),
        cloudwatch_settle: Some(effective.cloudwatch_settle),
        s3_concurrency: Some(effective.s3_concurrency),
        max_packet_size: Some(effective.max_packet_size),
        records_per_second: Some(effective.records_per_second),
        add_fields: Some(effective.add_fields.clone()),
        exporter_in_flight: Some(effective.exporter_in_flight),
        exporter_held: Some(effective.exporter_held),
        enricher_in_flight: Some(effective.enricher_in_flight),
    };
    assert_eq!(defaults.refusals(), []);
    assert!(Setting::ALL.iter().all(|setting| setting.shown(&defaults).is_some()));
    assert_eq!(all().refusals(), []);
}

#[test]
fn the_run_time_goes_over_the_file_and_the_file_over_the_default() {
    let values = SettingValues {
        records_per_second: Some(10),
        s3_concurrency: Some(4),
        ..SettingValues::default()
    };
    let file = FileSettings { values, ..FileSettings::default() };
    let over = SettingValues { records_per_second: Some(20), ..SettingValues::default() };
    let effective = file.under(&over);
    assert_eq!((effective.records_per_second, effective.s3_concurrency), (20, 4));
    assert_eq!(effective.max_packet_size, 1420);
    let origins = [Setting::RecordsPerSecond, Setting::S3Concurrency, Setting::MaxPacketSize]
        .map(|setting| file.origin(setting, &effective));
    assert_eq!(origins, [Origin::RunTime, Origin::File, Origin::Default]);

    let locked = FileSettings { is_locked: true, ..file };
    let effective = locked.under(&over);
    assert_eq!(effective.records_per_second, 10);
    assert_eq!(locked.origin(Setting::RecordsPerSecond, &effective), Origin::File);
}

#[test]
fn a_change_takes_what_it_names_and_says_what_was_before() {
    let mut stored =
        SettingValues { cron: Some("0 * * * *".to_owned()), ..SettingValues::default() };
    let new = SettingValues { records_per_second: Some(7), ..all() };
    let named = [Setting::RecordsPerSecond, Setting::MaxPacketSize];
    let changes = stored.take_over(&named, &new);
    let shown: Vec<_> = changes.iter().map(|each| (each.setting.path(), &each.from)).collect();
    assert_eq!(shown, [("records_per_second", &None), ("max_packet_size", &None)]);
    assert_eq!(stored.cron.as_deref(), Some("0 * * * *"));
    // What has no value is reset.
    let changes = stored.take_over(&[Setting::Cron], &SettingValues::default());
    assert_eq!((changes[0].from.as_deref(), &changes[0].to), (Some("\"0 * * * *\""), &None));
    assert_eq!(stored.take_over(&[Setting::Cron], &SettingValues::default()), []);
}

#[test]
fn what_is_out_of_range_is_refused_with_the_range() {
    let seconds = Duration::from_secs;
    let values = |change: fn(&mut SettingValues)| {
        let mut values = SettingValues::default();
        change(&mut values);
        values
    };
    let refused = |values: SettingValues| {
        let refusals = values.refusals();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        refusals[0].to_string()
    };
    let cases = [
        (values(|it| it.cron = Some("61 * * * *".to_owned())), "cron: "),
        (values(|it| it.cron = Some("0 0 31 2 *".to_owned())), "cron: there is no such time"),
        (values(|it| it.timezone = Some("Berlin".to_owned())), "timezone: `Berlin`"),
        (values(|it| it.s3_concurrency = Some(0)), "s3_concurrency: give 1 to 64"),
        (values(|it| it.s3_concurrency = Some(65)), "s3_concurrency: give 1 to 64"),
        (values(|it| it.max_packet_size = Some(511)), "max_packet_size: give 512 to 3900"),
        (values(|it| it.max_packet_size = Some(3901)), "max_packet_size: give 512 to 3900"),
        (values(|it| it.exporter_held = Some(1)), "exporter_held: give 1048576 to"),
        (values(|it| it.exporter_in_flight = Some(u64::MAX)), "exporter_in_flight: give"),
        (values(|it| it.enricher_in_flight = Some(0)), "enricher_in_flight: give"),
        (values(|it| it.add_fields = Some(vec!["flow_dir".to_owned()])), "add_fields: \"flow_dir"),
        (values(|it| it.add_fields = Some(vec![String::new(); 257])), "add_fields: 257 fields"),
    ];
    for (values, expected) in cases {
        let text = refused(values);
        assert!(text.starts_with(expected), "{text}");
    }
    for time in [seconds(899), seconds(43_201), Duration::from_millis(900_500)] {
        let values = SettingValues { session_duration: Some(time), ..SettingValues::default() };
        assert!(refused(values).contains("15m to 12h"));
    }
    for time in [Duration::ZERO, seconds(86_401)] {
        let values =
            SettingValues { cloudwatch_request_interval: Some(time), ..SettingValues::default() };
        assert!(refused(values).contains("1s to 1d"));
    }
}
