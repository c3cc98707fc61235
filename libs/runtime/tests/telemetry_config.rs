//! Section `[telemetry]` of a configuration.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use weir_runtime::LogForm;
use weir_runtime::config::{Environment, InvalidConfig, read, to_toml};
use weir_runtime::telemetry::TelemetryConfig;

fn parse(text: &str) -> Result<TelemetryConfig, InvalidConfig> {
    read("weir.toml", text, &Environment::default(), |root| {
        root.section("telemetry", |section| TelemetryConfig::read(section, "sample"))
    })
}

#[test]
fn without_a_section_nothing_is_exported_and_nobody_listened_to() {
    let config = parse("").unwrap();
    assert_eq!(config, TelemetryConfig::new("sample"));
    assert_eq!((config.otlp_endpoint, config.metrics_listen), (None, None));
    assert!(config.instance.ends_with(&format!("-{}", std::process::id())));
}

#[test]
fn a_section_reads_back_as_it_is_written() {
    let text = "log_level = \"info,weir_exporter=debug\"
log_form = \"json\"
otlp_endpoint = \"http://collector:4317\"
trace_sample_ratio = 0.25
metrics_listen = \"[::1]:9464\"
";
    let config = parse(&format!("[telemetry]\n{text}")).unwrap();
    assert_eq!(config.log_form, LogForm::Json);
    assert_eq!(config.trace_sample_ratio, 0.25);
    assert_eq!(to_toml(&config).unwrap(), text);
}

#[test]
fn whole_numbers_are_ratios_too() {
    assert_eq!(parse("telemetry.trace_sample_ratio = 1").unwrap().trace_sample_ratio, 1.0);
    let https = parse("telemetry.otlp_endpoint = \"https://collector.example:4317/\"").unwrap();
    assert_eq!(https.otlp_endpoint.as_deref(), Some("https://collector.example:4317/"));
}

#[test]
fn all_problems_are_said_with_what_is_accepted() {
    let text = "[telemetry]
log_level = \"loud\"
log_form = \"yaml\"
otlp_endpoint = \"collector:4317\"
trace_sample_ratio = 1.5
metrics_listen = \":9464\"
metric_listen = 1
";
    let expected = [
        "log_level: \"loud\" is refused: \"loud\" is no level; give off, error, warn, info, debug \
         or trace",
        "log_form: \"yaml\" is refused: yaml is no form of logs; give text or json",
        "otlp_endpoint: \"collector:4317\" is refused: write http://HOST:PORT or \
         https://HOST:PORT, such as http://127.0.0.1:4317",
        "trace_sample_ratio: 1.5 is out of range: give 0 to 1, such as 0.1",
        "metrics_listen: \":9464\" is refused: give an address and a port such as 127.0.0.1:9464 \
         or [::]:9464",
        "metric_listen: unknown key: did you mean metrics_listen?",
    ];
    let expected = expected.map(|problem| format!("weir.toml: telemetry.{problem}"));
    assert_eq!(parse(text).unwrap_err().problems(), expected);
}

#[test]
fn endpoints_with_paths_or_passwords_and_ratios_that_are_no_numbers_are_refused() {
    for endpoint in
        ["http://a:4317/v1/traces", "http://me:secret@a:4317", "http://", "grpc://a:1", ""]
    {
        let text = format!("telemetry.otlp_endpoint = \"{endpoint}\"");
        assert!(parse(&text).is_err(), "{endpoint}");
    }
    for ratio in ["nan", "-0.1", "inf", "true", "\"0.5\""] {
        assert!(parse(&format!("telemetry.trace_sample_ratio = {ratio}")).is_err(), "{ratio}");
    }
}
