//! Files, totals, repeatability and refusals.

use std::fs;

use serde_json::json;
use weir_flowlog::{BlockParser, Field, Line, LogFormat};

use super::sample::{Row, config, files, json, number, objects, sample};
use crate::generate::objects::{COLUMN_TEXT, LINE_TEXT, share};
use crate::generate::{GenerateConfig, Progress, generate};

#[test]
fn the_same_seed_generates_the_same_bytes_and_another_seed_others() {
    let of_seed = |seed| {
        let folder = tempfile::tempdir().unwrap();
        let config = GenerateConfig { seed, records: 1_000, ..config(folder.path()) };
        generate(&config, &|_| ()).unwrap();
        let relative = |(path, content): (std::path::PathBuf, Vec<u8>)| {
            (path.strip_prefix(folder.path()).unwrap().to_owned(), content)
        };
        files(folder.path()).into_iter().map(relative).collect::<Vec<_>>()
    };
    assert_eq!(of_seed(1), of_seed(1));
    assert_ne!(of_seed(1), of_seed(2));
}

/// Fails on a machine or with a compiler that generates other text. Whoever changes what is
/// generated puts the new sum here.
#[test]
fn the_text_of_a_seed_is_the_same_everywhere() {
    let mut sum = flate2::Crc::new();
    for object in &sample().objects {
        sum.update(object.path.as_bytes());
        sum.update(object.text.as_bytes());
    }
    assert_eq!(sum.sum(), 2_114_418_330);
}

#[test]
fn the_totals_equal_a_recount_of_the_lines() {
    let sample = sample();
    let count = |rows: Vec<&Row>| {
        let sum = |field| rows.iter().map(|row| number(row, field)).sum::<u64>();
        json!({ "records": rows.len(), "bytes": sum("bytes"), "packets": sum("packets") })
    };
    let with = |field: &str, value: &str| {
        sample.rows.iter().filter(|row| row[field] == value).collect::<Vec<_>>()
    };
    let mut recount = count(sample.flows().chain(&sample.gateway_rows).collect());
    let parts = json!({
        "by_action": {
            "ACCEPT": count(with("action", "ACCEPT")),
            "REJECT": count(with("action", "REJECT")),
        },
        "by_source": {
            "vpc": count(sample.flows().collect()),
            "tgw": count(sample.gateway_rows.iter().collect()),
        },
        "lines": sample.rows.len() + sample.gateway_rows.len(),
        "without_flow": {
            "no_data": with("log-status", "NODATA").len(),
            "skip_data": with("log-status", "SKIPDATA").len(),
        },
        "files": sample.objects.len(),
    });
    recount.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    assert_eq!(sample.totals, recount);
    assert_eq!(sample.totals["by_source"]["vpc"]["records"], 8_000);
    assert!(!sample.gateway_rows.is_empty());
    assert!(sample.totals["without_flow"]["no_data"].as_u64().unwrap() > 5);
}

#[test]
fn the_parser_reads_every_line_as_what_it_was_generated_as() {
    let sample = sample();
    let (mut flows, mut bytes, mut without_flow) = (0, 0, 0);
    for object in &sample.objects {
        let (header, lines) = object.text.split_once('\n').unwrap();
        let format = LogFormat::from_header(header.as_bytes()).unwrap().unwrap();
        BlockParser::new().parse(&format, lines.as_bytes(), |outcome| match outcome.line {
            Line::Flow(flow) => {
                flows += 1;
                bytes += flow.number(Field::Bytes).unwrap_or(0);
            }
            Line::WithoutFlow(_) => without_flow += 1,
            Line::Rejected { reason, .. } => panic!("{}: {reason:?}", object.path),
        });
    }
    assert_eq!(sample.totals["records"], flows);
    assert_eq!(sample.totals["bytes"], bytes);
    assert_eq!(sample.totals["lines"], flows + without_flow);
}

#[test]
fn the_report_and_the_progress_tell_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let done = std::cell::Cell::new(0);
    let advance = |progress: Progress| {
        assert!(progress.done > done.get() && progress.all == 8_000);
        done.set(progress.done);
    };
    let report = generate(&config(folder.path()), &advance).unwrap();
    let objects = objects(folder.path());
    let packed = files(&folder.path().join("AWSLogs"));
    assert_eq!((report.records, done.get()), (8_000, 8_000));
    assert_eq!(report.files, objects.len() as u64);
    let lines: usize = objects.iter().map(|object| object.text.lines().count() - 1).sum();
    assert_eq!(report.records + report.lines_without_flow, lines as u64);
    assert_eq!(report.unpacked_bytes, objects.iter().map(|x| x.text.len() as u64).sum::<u64>());
    assert_eq!(report.bytes_written, packed.iter().map(|(_, x)| x.len() as u64).sum::<u64>());
}

#[test]
fn objects_are_named_as_aws_names_them_and_hold_their_window() {
    let sample = sample();
    for object in &sample.objects {
        let parts: Vec<_> = object.path.split('/').collect();
        let ["AWSLogs", account, "vpcflowlogs", region, "2026", "01", "02", name] = parts[..]
        else {
            panic!("{}", object.path)
        };
        let fields: Vec<_> = name.strip_suffix(".log.gz").unwrap().split('_').collect();
        let [in_name, "vpcflowlogs", region_in_name, id, time, hash] = fields[..] else {
            panic!("{name}")
        };
        assert_eq!((in_name, region_in_name), (account, region));
        let hex = |text: &str| text.bytes().all(|x| b"0123456789abcdef".contains(&x));
        let id = id.strip_prefix("fl-").unwrap();
        assert!(id.len() == 17 && hex(id) && hash.len() == 8 && hex(hash), "{name}");
        let minute: u64 = time.strip_prefix("20260102T").unwrap()[2..4].parse().unwrap();
        let hour: u64 = time["20260102T".len()..][..2].parse().unwrap();
        let window = 1_767_312_000 + hour * 3_600 + minute * 60;
        for line in object.text.lines().skip(1) {
            let values: Vec<_> = line.split(' ').collect();
            let columns = object.text.lines().next().unwrap().split(' ');
            let start = columns.clone().position(|name| name == "start").unwrap();
            let (start, end): (u64, u64) =
                (values[start].parse().unwrap(), values[start + 1].parse().unwrap());
            assert!(
                (window..window + 300).contains(&end) && end - 60 < start && start <= end,
                "{line}"
            );
        }
    }
}

#[test]
fn every_account_and_region_has_several_objects() {
    let sample = sample();
    for vpc in &sample.inventory.vpcs {
        let folder = format!("AWSLogs/{}/vpcflowlogs/{}/", vpc.account_id, vpc.region);
        let count = sample.objects.iter().filter(|x| x.path.starts_with(&folder)).count();
        assert!(count > 1, "{folder}");
    }
}

#[test]
fn lines_have_the_fields_of_the_format_in_its_order_and_its_newest_version() {
    let versions = [
        ("srcaddr version dstaddr", 2),
        ("version traffic-path vpc-id", 5),
        ("tcp-flags version reject-reason srcaddr", 8),
    ];
    for (fields, version) in versions {
        let folder = tempfile::tempdir().unwrap();
        let format = LogFormat::parse(fields).unwrap();
        let config = GenerateConfig { records: 50, format, ..config(folder.path()) };
        generate(&config, &|_| ()).unwrap();
        let column = fields.split(' ').position(|name| name == "version").unwrap();
        for object in objects(folder.path()) {
            let mut lines = object.text.lines();
            assert_eq!(lines.next(), Some(fields));
            for line in lines {
                assert_eq!(line.split(' ').nth(column), Some(version.to_string().as_str()));
            }
        }
    }
}

#[test]
fn lines_are_no_longer_than_planned() {
    let formats = [
        "v11",
        "vpc-id",
        "interface-id subnet-id instance-id vpc-id",
        "interface-tag instance-tag instance-tag-2",
        "ecs-task-arn ecs-container-instance-arn",
        "srcaddr dstaddr pkt-srcaddr pkt-dstaddr",
    ];
    for fields in formats {
        let folder = tempfile::tempdir().unwrap();
        let format = match fields {
            "v11" => LogFormat::up_to_version(11).unwrap(),
            fields => LogFormat::parse(fields).unwrap(),
        };
        let columns = format.columns().count() as u64;
        let config = GenerateConfig { records: 2_000, format, ..config(folder.path()) };
        let report = generate(&config, &|_| ()).unwrap();
        let average = report.unpacked_bytes / report.records;
        assert!(average <= LINE_TEXT + COLUMN_TEXT * columns, "{fields}: {average}");
    }
}

#[test]
fn one_record_makes_one_object() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        GenerateConfig { accounts: 1, vpcs: 1, instances: 2, records: 1, ..config(folder.path()) };
    assert_eq!(generate(&config, &|_| ()).unwrap().files, 1);
}

#[test]
fn environments_and_numbers_of_any_size_give_the_records_asked_for() {
    for (accounts, vpcs, records) in
        [(1, 2, 99), (2, 2, 313), (5, 1, 977), (3, 8, 5_000), (1, 9, 20_011)]
    {
        let folder = tempfile::tempdir().unwrap();
        let format = LogFormat::vpc_default();
        let base = config(folder.path());
        let config =
            GenerateConfig { accounts, vpcs, records, format, transit_gateways: true, ..base };
        let report = generate(&config, &|_| ()).unwrap();
        let totals: serde_json::Value = json(&folder.path().join("totals.json"));
        let by_source = ["vpc", "tgw"].map(|x| totals["by_source"][x]["records"].as_u64().unwrap());
        assert_eq!(by_source[0], records);
        assert_eq!(by_source.iter().sum::<u64>(), report.records);
    }
}

#[test]
fn shares_add_up_to_the_total() {
    for (total, whole) in [(10, 3), (1, 7), (u64::MAX, 5), (0, 4)] {
        let shares = (0..whole).map(|x| share(total, whole, x, x + 1));
        assert_eq!(shares.sum::<u64>(), total);
    }
}

#[test]
fn a_folder_that_holds_generated_files_is_refused_and_left_alone() {
    for name in ["inventory.json", "totals.json", "AWSLogs/object"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "mine").unwrap();
        let error = generate(&config(folder.path()), &|_| ()).unwrap_err().to_string();
        assert!(error.contains(name.split('/').next().unwrap()), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        assert_eq!(files(folder.path()).len(), 1);
    }
}

#[test]
fn an_empty_folder_for_logs_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("AWSLogs")).unwrap();
    generate(&GenerateConfig { records: 10, ..config(folder.path()) }, &|_| ()).unwrap();
    let _: serde_json::Value = json(&folder.path().join("totals.json"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = generate(&config(&file.join("out")), &|_| ()).unwrap_err();
    let message = format!("{error:#}");
    assert!(message.contains(file.to_str().unwrap()) && message.contains("os error"), "{message}");
}

#[test]
fn settings_out_of_range_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let good = || config(&out);
    let format = |fields| LogFormat::parse(fields).unwrap();
    let refused = [
        (GenerateConfig { accounts: 0, ..good() }, "0 VPCs"),
        (GenerateConfig { accounts: 1_000, ..good() }, "4000 VPCs"),
        (GenerateConfig { instances: 15, ..good() }, "choose 16 to 160000"),
        (GenerateConfig { instances: 160_001, ..good() }, "choose 16 to 160000"),
        (GenerateConfig { records: 0, ..good() }, "no records"),
        (GenerateConfig { end: 100, ..good() }, "100 seconds after 1970"),
        (GenerateConfig { end: u64::MAX, ..good() }, "up to the year 9999"),
        (GenerateConfig { format: format("srcaddr tgw-id"), ..good() }, "tgw-id"),
        (GenerateConfig { format: format("srcaddr no-such-field"), ..good() }, "no-such-field"),
    ];
    for (config, reason) in refused {
        let error = generate(&config, &|_| ()).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!out.exists());
    }
}
