//! `weir replay s3://…`: a listing instead of notifications.

use std::process::Command;

use weir_tests::{Corpus, Run, Scratch, gzip, run, weir};

use crate::cloud::{BUCKET, Cloud, REGION, key_at};

const LINES: u64 = 100;

/// A replay of `place` with the keys of the environment.
fn replay(cloud: &Cloud, corpus: &Corpus, scratch: &Scratch, place: &str, flags: &[&str]) -> Run {
    let config = format!(
        "[inventory]\nfile = \"{}\"\n[aws]\nendpoint = \"{}\"\nregion = \"{REGION}\"\n",
        corpus.inventory().display(),
        cloud.endpoint()
    );
    let config = scratch.write("weir.toml", config);
    let mut command: Command = weir("replay");
    command.arg(place).args(flags).arg("--config").arg(config).args(["--summary", "json"]);
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    run(&mut command)
}

/// The sum of all octets of the lines with these numbers: each has its number.
fn octets(numbers: std::ops::Range<u64>) -> u64 {
    numbers.sum()
}

#[test]
fn objects_of_a_time_are_exported_from_a_listing_and_others_are_left_alone() {
    let (corpus, scratch) = (Corpus::new(), Scratch::new());
    let cloud = Cloud::open(0);
    for number in 0..24 {
        let time = format!("20260102T{number:02}05Z");
        let text = corpus.text(number * LINES..(number + 1) * LINES);
        cloud.put(BUCKET, &key_at(number, &time), gzip(text));
    }
    cloud.put(BUCKET, "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/x.gz", gzip("{}"));
    let replayed = |place: &str, flags: &[&str]| {
        let summary = replay(&cloud, &corpus, &scratch, place, flags).ended_with(0).summary();
        let number = |key: &str| summary[key].as_u64().unwrap();
        (number("files"), number("exported"), number("bytes"))
    };
    let all = replayed(&format!("s3://{BUCKET}/"), &[]);
    assert_eq!(all, (24, 24 * LINES, octets(0..24 * LINES)));
    let window = ["--from", "2026-01-02T06:00:00Z", "--to", "2026-01-02T10:05:00Z"];
    let some = replayed(&format!("s3://{BUCKET}"), &window);
    assert_eq!(some, (4, 4 * LINES, octets(6 * LINES..10 * LINES)));
    // Two of the four layouts have no prefix.
    let (files, exported, _) = replayed(&format!("s3://{BUCKET}/AWSLogs/"), &[]);
    assert_eq!((files, exported), (12, 12 * LINES));
}

#[test]
fn what_cannot_be_read_is_said_and_fails_the_replay() {
    let (corpus, scratch) = (Corpus::new(), Scratch::new());
    let cloud = Cloud::open(0);
    let run = |place: &str, flags: &[&str]| replay(&cloud, &corpus, &scratch, place, flags);
    run("s3://nobody-has-it/", &[]).ended_with(1).says(&["s3://nobody-has-it/", "bucket"]);
    run(&format!("s3://{BUCKET}/"), &["--from", "2027-01-01"])
        .ended_with(1)
        .says(&["no flow log objects of this time"]);
    run("s3://", &[]).ended_with(1).says(&["s3://BUCKET/PREFIX"]);
    let file = scratch.write("flow.log", "x");
    run(file.to_str().unwrap(), &["--to", "2026-01-01"])
        .ended_with(64)
        .says(&["--from, --to, --any-key and --bucket-role are for s3://"]);
    run(&format!("s3://{BUCKET}/"), &["--from", "yesterday"]).ended_with(64).says(&["2026-01-02"]);
}
