//! Log formats and what files do to them.

use serde_json::{Value, json};
use weir_tests::{Environment, gzip, run};

use crate::shop::{HEADER, LINE, Shop, good, log};
use crate::totals::assert_conserved;

/// What [`LINE`] becomes.
fn web_to_db() -> Value {
    json!({
        "nfc_id": 20201, "exp_ip": "10.0.0.1", "account_id": "111111111111",
        "vpcflow_action": "ACCEPT", "bytes_in": 840, "dest_ip": "10.0.1.20", "dest_port": 5432,
        "flow_end_time": 1767322554, "aws_src_inst_id": "i-web", "aws_dest_inst_id": "i-db",
        "interface_id": "eni-web", "packets_in": 10, "protocol": 6, "src_ip": "10.0.1.10",
        "src_port": 40000, "flow_start_time": 1767322552, "subnet_id": "subnet-1",
        "vpc_id": "vpc-1", "src_inst_name": "web", "dest_inst_name": "db",
        "src_ip_pub": "198.51.100.10", "src_region": "eu-west-1", "dest_region": "eu-west-1",
    })
}

#[test]
fn a_line_of_the_default_format_becomes_an_enriched_record() {
    let shop = Shop::new();
    shop.replay_text(&good(1));
    assert_eq!(shop.lines(), [web_to_db()]);
}

#[test]
fn gzip_and_plain_text_are_told_apart_by_content_not_by_name() {
    let shop = Shop::new();
    let plain = shop.scratch.write("plain.log.gz", good(2));
    let packed = shop.scratch.write("packed.log", gzip(good(3)));
    let summary = shop.replay([plain, packed]).ended_with(0).summary();
    assert_eq!(summary["exported"], 5);
}

#[test]
fn a_gzip_file_of_several_members_is_read_to_its_end() {
    let shop = Shop::new();
    let members = [gzip(good(2)), gzip(format!("{LINE}\n{LINE}\n"))].concat();
    let file = shop.scratch.write("members.log.gz", members);
    assert_eq!(shop.replay([file]).ended_with(0).summary()["exported"], 4);
}

#[test]
fn a_headerless_file_is_read_by_the_log_format_that_is_given() {
    let format = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} \
                  ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
    for format in [format, HEADER] {
        let shop = Shop::new();
        let file = shop.scratch.write("headerless.log", format!("{LINE}\n"));
        let run = run(shop.command([file]).args(["--log-format", format])).ended_with(0);
        assert_eq!(run.summary()["exported"], 1);
        assert_eq!(shop.lines(), [web_to_db()]);
    }
}

#[test]
fn a_header_line_counts_more_than_the_log_format_that_is_given() {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(1));
    let format = "srcaddr dstaddr bytes";
    run(shop.command([file]).args(["--log-format", format])).ended_with(0);
    assert_eq!(shop.lines(), [web_to_db()]);
}

#[test]
fn a_headerless_file_without_a_log_format_is_an_error_that_says_so() {
    let shop = Shop::new();
    let file = shop.scratch.write("headerless.log", format!("{LINE}\n"));
    shop.replay([file]).ended_with(1).says(&["headerless.log", "--log-format"]);
}

#[test]
fn unknown_fields_are_skipped_and_counted() {
    let shop = Shop::new();
    let text = format!("{HEADER} shoe-size hat-colour\n{LINE} 43 red\n{LINE} - -\n");
    let summary = shop.replay_text(&text);
    assert_eq!(summary["exported"], 2);
    assert_eq!(summary["unknown_fields"], json!({"hat-colour": 1, "shoe-size": 1}));
    assert_eq!(shop.lines(), [web_to_db(), web_to_db()]);
}

#[test]
fn crlf_doubled_blanks_and_blank_lines_are_tolerated() {
    let shop = Shop::new();
    let spaced = LINE.replace(' ', "  ");
    let text = format!("{HEADER}\r\n{LINE}\r\n\r\n{spaced}  \r\n {LINE}\n\n{LINE}");
    let summary = shop.replay_text(&text);
    assert_eq!((&summary["exported"], &summary["rejected"]), (&json!(4), &json!({})));
    assert_eq!(shop.lines(), vec![web_to_db(); 4]);
}

#[test]
fn nodata_and_skipdata_lines_are_counted_and_not_exported() {
    let shop = Shop::new();
    let without =
        |status| format!("2 111111111111 eni-web - - - - - - - 1431280876 1431280934 - {status}");
    let lines = [&without("NODATA"), LINE, &without("SKIPDATA"), &without("NODATA")];
    let summary = shop.replay_text(&log(&lines));
    assert_eq!(summary["without_flow"], json!({"no_data": 2, "skip_data": 1}));
    assert_eq!((&summary["exported"], &summary["records_read"]), (&json!(1), &json!(4)));
    assert_conserved(&summary);
}

#[test]
fn the_formats_of_all_versions_are_read_whole() {
    for fields in ["v2", "v3", "v4", "v5", "v8", "v11"] {
        let environment = Environment::generate(&["--records", "300", "--fields", fields]);
        let summary = run(&mut environment.replay()).ended_with(0).summary();
        assert_eq!(summary["exported"], 300, "{fields}");
        assert_eq!((&summary["rejected"], &summary["unknown_fields"]), (&json!({}), &json!({})));
        assert_eq!(summary["bytes"], environment.totals().bytes, "{fields}");
    }
}

#[test]
fn a_format_without_counters_and_addresses_still_tells_what_it_has() {
    let shop = Shop::new();
    shop.replay_text("interface-id action start end\neni-web REJECT 1767322552 1767322554\n");
    let expected = json!({
        "nfc_id": 20201, "exp_ip": "10.0.0.1", "account_id": "111111111111",
        "vpcflow_action": "REJECT", "flow_end_time": 1767322554, "interface_id": "eni-web",
        "flow_start_time": 1767322552, "subnet_id": "subnet-1", "vpc_id": "vpc-1",
    });
    assert_eq!(shop.lines(), [expected]);
}

#[test]
fn the_longest_prefix_tells_the_service_and_a_specific_service_goes_before_amazon() {
    let shop = Shop::new();
    let to = |address: &str| LINE.replace("10.0.1.20", address);
    shop.replay_text(&log(&[&to("203.0.113.5"), &to("203.0.113.200"), &to("192.0.2.1")]));
    let found = shop.lines();
    let found: Vec<_> =
        found.iter().map(|line| (&line["dest_service"], &line["dest_region"])).collect();
    let (s3, ec2) = (json!("S3"), json!("EC2"));
    let (eu, us) = (json!("eu-west-1"), json!("us-east-1"));
    assert_eq!(found, [(&s3, &eu), (&ec2, &us), (&Value::Null, &Value::Null)]);
}

#[test]
fn a_nat_gateway_is_named_as_a_service_with_its_public_address() {
    let shop = Shop::new();
    shop.replay_text(&log(&[&LINE.replace("10.0.1.20", "10.0.1.99")]));
    let line = &shop.lines()[0];
    assert_eq!(
        (&line["dest_service"], &line["dest_ip_pub"]),
        (&json!("NAT_GATEWAY"), &json!("198.51.100.99"))
    );
    assert_eq!(line.get("aws_dest_inst_id"), None);
}

#[test]
fn the_public_address_of_an_instance_leads_to_the_instance() {
    let shop = Shop::new();
    let line = "2 111111111111 eni-db 198.51.100.10 10.0.1.20 40000 5432 6 10 840 1767322552 \
                1767322554 ACCEPT OK";
    shop.replay_text(&log(&[line]));
    let line = &shop.lines()[0];
    assert_eq!(
        (&line["src_inst_name"], &line["src_ip_pub"]),
        (&json!("web"), &json!("198.51.100.10"))
    );
}

#[test]
fn flows_of_an_unknown_vpc_are_counted_and_carry_the_fallback_exporter() {
    let shop = Shop::new();
    let text = format!("{HEADER} vpc-id\n{} vpc-9\n", LINE.replace("eni-web", "eni-9"));
    let file = shop.scratch.write("flows.log", text);
    let run = run(shop.command([file]).args(["--fallback-exporter", "192.0.2.77"])).ended_with(0);
    assert_eq!(run.summary()["unknown_vpc"], 1);
    let line = &shop.lines()[0];
    assert_eq!((&line["exp_ip"], &line["vpc_id"]), (&json!("192.0.2.77"), &json!("vpc-9")));
}

#[test]
fn ipv6_flows_are_enriched_and_have_no_translated_addresses() {
    let shop = Shop::new();
    let line = "2 111111111111 eni-web 2001:db8:1::10 2001:db8:ffff::1 40000 443 6 10 840 \
                1767322552 1767322554 ACCEPT OK";
    shop.replay_text(&log(&[line]));
    let line = &shop.lines()[0];
    assert_eq!(
        (&line["src_ip"], &line["src_inst_name"]),
        (&json!("2001:db8:1::10"), &json!("web"))
    );
    assert_eq!(line.get("src_ip_pub"), None);
}
