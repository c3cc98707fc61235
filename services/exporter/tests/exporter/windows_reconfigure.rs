//! Another configuration while records are counted over an interval.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::time::timeout;
use weir_delivery::{Answer, RunAnswer, RunId};
use weir_enrich::NATIVE_FIELDS;
use weir_exporter::service::ExporterCore;
use weir_exporter::{CollectorConfig, ExporterConfig, TemplateStatus, Transport};
use weir_ipfix::element::{OCTET_DELTA_COUNT, SOURCE_GEO_REGION};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};
use weir_report::{GEO_FIELDS, Report};
use weir_rpc::link::{ToReceiver, in_process};
use weir_rpc::receiver::ReceiverConfig;

use crate::support::collector::Collector;
use crate::support::conversations::{
    HALF_AN_HOUR, MOMENT, conversations, conversations_under, exporter_config, rows, sum, to_file,
    window,
};
use crate::support::receiver::UdpReceiver;
use crate::support::{DEADLINE, Running, collector, wait_until};

fn accepted(id: u128) -> RunAnswer {
    RunAnswer { run: RunId(id), answer: Answer::Accepted }
}

#[test]
fn an_open_window_counts_what_comes_under_other_layouts_too() {
    let window = window(Report::Conversations, HALF_AN_HOUR);
    let (mut config, path) = to_file("windows_layouts.jsonl", &window);
    let exporter = Running::start(&config);
    exporter.submit(&conversations(&window, 1, 0..10));
    assert_eq!(exporter.answer(), accepted(1));
    let checked = exporter.exporter().check(conversations(&window, 3, 10..20)).expect("is whole");

    // Places of addresses and of strings are others than before.
    let natives = NATIVE_FIELDS.iter().map(|native| native.element);
    config.extra_elements =
        natives.chain([SOURCE_GEO_REGION]).chain(window.record_elements()).collect();
    let wider = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &config.extra_elements);
    config.outputs[0].fields = Report::record_fields().chain(GEO_FIELDS).collect();
    assert!(exporter.exporter().reconfigure(&config));
    exporter.submit(&conversations_under(&wider, 2, 0..10));
    assert_eq!(exporter.answer(), accepted(2));
    // One that was taken before, behind one under the new layouts.
    exporter.exporter().try_submit(checked).expect("is taken");
    assert_eq!(exporter.answer(), accepted(3));

    let (result, answers) = exporter.finish();
    assert_eq!(result.expect("ends").runs, 3);
    assert!(answers.iter().all(|each| each.answer == Answer::Committed), "{answers:?}");
    let rows = rows(&path);
    assert_eq!((rows.len(), sum(&rows, "flow_count")), (20, 60));
    assert_eq!((sum(&rows, "bytes_in"), sum(&rows, "bytes_out")), (30, 60));
    // The fields are those of the report, as when the window was opened.
    assert!(rows.iter().all(|row| row["nfc_id"] == 20062 && row["flow_type"] == "aws_vpc"));
}

#[test]
fn a_collector_of_rows_follows_limits_and_keeps_its_elements_and_templates() {
    let receiver = UdpReceiver::new();
    let window = window(Report::Conversations, MOMENT);
    let of_rows = collector(Transport::Udp, receiver.peer());
    let of_rows = CollectorConfig { window: Some(window.clone()), ..of_rows };
    let mut config = ExporterConfig { collectors: vec![of_rows], ..exporter_config(&window) };
    let exporter = Running::start(&config);
    let contents = |templates: Vec<TemplateStatus>| -> HashSet<Vec<(String, u16)>> {
        let elements = templates.iter().map(|each| {
            let named = each.elements.iter().filter(|element| !element.name.is_empty());
            named.map(|element| (element.name.to_owned(), element.id)).collect()
        });
        elements.collect()
    };
    let before = contents(exporter.exporter().templates());
    assert!(before.iter().flatten().any(|(name, _)| name == "deltaFlowCount"));

    config.collectors[0].max_packet_size = 2000;
    config.collectors[0].records_per_second = 50_000;
    config.collectors[0].elements = Some(vec![OCTET_DELTA_COUNT]);
    config.extra_elements.push(SOURCE_GEO_REGION);
    let wider = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &config.extra_elements);
    assert!(exporter.exporter().reconfigure(&config));
    wait_until("the limits count", || {
        let status = exporter.output(0);
        (status.records_per_second_limit, status.max_packet_size) == (50_000, 2000)
    });
    assert_eq!(contents(exporter.exporter().templates()), before);
    assert_eq!(exporter.output(0).refused_setting, None);
    exporter.submit(&conversations_under(&wider, 1, 0..100));
    let mut received = Collector::new();
    receiver.receive(&mut received, 100);
    received.assert_unbroken();
    let longest = received.messages.iter().map(|message| message.octets).max();
    assert!(longest.is_some_and(|octets| octets > 1500 && octets <= 2000), "{longest:?}");

    // A size without room for the templates of rows is refused, as for one of records.
    config.collectors[0].max_packet_size = 100;
    exporter.exporter().reconfigure(&config);
    assert!(exporter.output(0).refused_setting.is_some());
    assert_eq!(exporter.output(0).max_packet_size, 2000);
}

#[test]
fn fields_that_have_no_room_for_records_are_no_matter_of_a_collector_of_rows() {
    let receiver = UdpReceiver::new();
    let window = window(Report::TopTraffic, HALF_AN_HOUR);
    let of_rows = collector(Transport::Udp, receiver.peer());
    let elements = Some(vec![OCTET_DELTA_COUNT]);
    let of_rows =
        CollectorConfig { window: Some(window.clone()), max_packet_size: 512, elements, ..of_rows };
    let mut config = ExporterConfig { collectors: vec![of_rows], ..exporter_config(&window) };
    let exporter = Running::start(&config);
    // Templates of all of these do not fit 512 octets.
    config.extra_elements = NATIVE_FIELDS.iter().map(|native| native.element).collect();
    config.collectors[0].elements = None;
    assert!(exporter.exporter().reconfigure(&config));
    assert_eq!(exporter.output(0).refused_setting, None);
}

/// [`wait_until`] for what goes on in tasks.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(DEADLINE, waiting).await.is_ok(), "{what}");
}

#[tokio::test]
async fn a_smaller_budget_of_held_runs_closes_a_window_early() {
    let window = window(Report::Conversations, HALF_AN_HOUR);
    let (config, path) = to_file("windows_budget.jsonl", &window);
    let core = ExporterCore::start(&config.for_service(), ReceiverConfig::default(), 64 << 20);
    let core = core.expect("starts");
    let (end, receiver) = in_process();
    let serving = Arc::clone(&core);
    tokio::spawn(async move { serving.serve(receiver).await });
    let runs = (0..2).map(|id| conversations(&window, id, 0..10)).collect();
    end.requests.send(ToReceiver::runs(runs)).await.expect("is read");
    let status = || core.report().outputs[0].window;
    until("both runs are held", || status().held_runs == 2).await;
    assert_eq!(status().closed, 0);
    // Room for two: the window that holds as many is closed.
    core.set_budgets(64 << 20, 1024);
    until("the window is closed", || status().closed == 1).await;
    assert_eq!(sum(&rows(&path), "flow_count"), 40);
    assert_eq!(status().closed_early, 1);
}
