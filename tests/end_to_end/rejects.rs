//! Lines that cannot be read: counted by reason, kept with file and line number.

use serde_json::{Value, json};
use weir_tests::gzip;

use crate::shop::{HEADER, LINE, Shop, log};
use crate::totals::assert_conserved;

fn broken() -> Vec<(String, &'static str)> {
    vec![
        (LINE.replace(" OK", ""), "wrong_field_count"),
        (format!("{LINE} more"), "wrong_field_count"),
        (LINE.replace(" 840 ", " 84O "), "invalid_number"),
        (LINE.replace(" 840 ", " -840 "), "invalid_number"),
        (LINE.replace(" 5432 ", " 65536 "), "invalid_number"),
        (LINE.replace("10.0.1.20", "10.0.1.256"), "invalid_address"),
        (LINE.replace("10.0.1.20", "2001:db8::1"), "mixed_address_families"),
        (LINE.replace("ACCEPT", "ALLOW"), "invalid_action"),
        (LINE.replace(" OK", " FINE"), "invalid_status"),
        (LINE.replace("eni-web", "eni\u{7}web"), "invalid_character"),
    ]
}

#[test]
fn each_reason_is_counted_and_written_with_file_and_line_number() {
    let shop = Shop::new();
    let broken = broken();
    // A good line before each broken one: the first broken line is line 3 of the file.
    let lines: Vec<&str> = broken.iter().flat_map(|(line, _)| [LINE, line.as_str()]).collect();
    let summary = shop.replay_text(&log(&lines));
    assert_eq!(summary["exported"], broken.len());
    assert_conserved(&summary);
    let file = shop.scratch.path("flows.log").display().to_string();
    let expected: Vec<Value> = broken
        .iter()
        .enumerate()
        .map(|(at, (line, reason))| {
            json!({"source": file, "line": 3 + 2 * at, "reason": reason, "text": line})
        })
        .collect();
    assert_eq!(shop.rejects(), expected);
    assert_eq!(
        summary["rejected"],
        json!({
            "invalid_action": 1, "invalid_address": 1, "invalid_character": 1, "invalid_number": 3,
            "invalid_status": 1, "mixed_address_families": 1, "wrong_field_count": 2,
        })
    );
}

#[test]
fn a_line_that_is_not_utf_8_is_rejected_and_its_text_stays_readable() {
    let shop = Shop::new();
    let mut content = format!("{HEADER}\n").into_bytes();
    content.extend_from_slice(LINE.replace("eni-web", "eni-").as_bytes());
    let at = content.windows(4).position(|octets| octets == b"eni-").unwrap();
    content.insert(at + 4, 0xff);
    content.push(b'\n');
    let file = shop.scratch.write("flows.log", content);
    let summary = shop.replay([file]).ended_with(0).summary();
    assert_eq!(summary["rejected"], json!({"invalid_utf8": 1}));
    assert!(shop.rejects()[0]["text"].as_str().unwrap().contains('\u{fffd}'));
}

#[test]
fn line_numbers_count_blank_lines_and_go_on_over_blocks() {
    let shop = Shop::new();
    // More text than weir takes at once.
    let many = vec![LINE; 10_000].join("\n");
    let text = format!("{HEADER}\n\n\nbroken\n{many}\nbroken again\n");
    let file = shop.scratch.write("flows.log.gz", gzip(text));
    let summary = shop.replay([file]).ended_with(0).summary();
    assert_eq!(summary["exported"], 10_000);
    let rejects = shop.rejects();
    let lines: Vec<_> = rejects.iter().map(|reject| &reject["line"]).collect();
    assert_eq!(lines, [&json!(4), &json!(10_005)]);
}

#[test]
fn a_headerless_file_s_first_line_is_line_1() {
    let shop = Shop::new();
    let file = shop.scratch.write("headerless.log", format!("{LINE} x\n{LINE}\n"));
    let mut command = shop.command([file]);
    weir_tests::run(command.args(["--log-format", HEADER])).ended_with(0);
    assert_eq!(shop.rejects()[0]["line"], 1);
}

#[test]
fn rejected_lines_alone_do_not_fail_a_replay() {
    let shop = Shop::new();
    let summary = shop.replay_text(&log(&["not a flow"]));
    assert_eq!((&summary["exported"], &summary["files"]), (&json!(0), &json!(1)));
}
