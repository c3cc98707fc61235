//! Aggregates that AWS's own library for Python makes, in weir's reader.

use std::io::Write as _;
use std::process::Stdio;

use weir_flowlog::envelope::{Aggregate, hash_key_of};
use weir_tests::python;

/// Puts each line of its input, `PARTITION_KEY EXPLICIT_HASH_KEY DATA`, into one aggregate.
const SCRIPT: &str = "
import sys
from aws_kinesis_agg.aggregator import RecordAggregator
aggregator = RecordAggregator()
for line in sys.stdin:
    key, hash_key, data = line.rstrip('\\n').split(' ', 2)
    full = aggregator.add_user_record(key, data.encode(), None if hash_key == '-' else hash_key)
    assert full is None
sys.stdout.buffer.write(aggregator.clear_and_get().get_contents()[2])
";

#[test]
fn aggregates_of_another_library_have_all_their_records() {
    let line = |number: u32| format!("2 123456789012 eni-{number} 10.0.0.1 10.0.0.2 {number} 6");
    let hash_key = |number: u32| number.is_multiple_of(3).then(|| u128::from(number) << 100);
    let mut input = String::new();
    for number in 0..500 {
        let explicit = hash_key(number).map_or("-".to_owned(), |key| key.to_string());
        input += &format!("key{} {explicit} {}\n", number % 7, line(number));
    }
    let mut child =
        python().args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let aggregate = Aggregate::read(&output.stdout).expect("an aggregate");
    let records: Vec<_> = aggregate.records().collect();
    assert_eq!(records.len(), 500);
    for (number, record) in (0..).zip(records) {
        assert_eq!(record.data, line(number).as_bytes());
        let of_key = hash_key_of(format!("key{}", number % 7).as_bytes());
        assert_eq!(record.hash_key, Some(hash_key(number).unwrap_or(of_key)), "{number}");
    }
}
