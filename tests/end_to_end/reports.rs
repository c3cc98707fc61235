//! Reports over intervals of generated traffic, as a replay writes them.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;
use weir_tests::{Environment, FlowLine, Totals, run};

fn rows(environment: &Environment, name: &str) -> Vec<Value> {
    let text = environment.scratch().read(name);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn totals(rows: &[Value]) -> Totals {
    let sum = |key: &str| rows.iter().filter_map(|row| row[key].as_u64()).sum::<u64>();
    Totals {
        records: sum("flow_count"),
        bytes: sum("bytes_in") + sum("bytes_out"),
        packets: sum("packets_in") + sum("packets_out"),
    }
}

/// Replays into a file of each report, with `keys` for all of them.
fn replay(environment: &Environment, keys: &str) -> [Vec<Value>; 3] {
    let reports = ["20201", "20267", "20062"];
    let output = |report: &str| {
        let path = environment.scratch().path(&format!("{report}.jsonl"));
        format!(
            "[[exporter.outputs]]\ntarget = \"jsonl:{}\"\nreport = \"{report}\"\n\
             interval = \"30m\"\n{keys}\n",
            path.display()
        )
    };
    let config: String = reports.map(output).concat();
    let config = environment.scratch().write("weir.toml", config);
    run(environment.replay().arg("--config").arg(config)).ended_with(0);
    reports.map(|report| rows(environment, &format!("{report}.jsonl")))
}

#[test]
fn every_flow_is_in_each_report() {
    let generate = ["--records", "30000", "--accounts", "2", "--vpcs", "3", "--seed", "7"];
    let environment = Environment::generate(&generate);
    // Two interfaces may report one flow.
    for keys in ["count_once = false", "count_once = false\nmemory = \"1MiB\""] {
        for rows in replay(&environment, keys) {
            assert_eq!(totals(&rows), environment.totals(), "{keys}");
        }
    }
}

#[test]
fn conversations_are_stitched_and_top_traffic_is_the_largest_of_each_vpc() {
    let environment = Environment::generate(&["--records", "30000", "--seed", "3"]);
    let [flows, top, conversations] = replay(&environment, "");
    let stitched = conversations.iter().filter(|row| row["packets_out"].as_u64() > Some(0));
    let stitched = stitched.filter(|row| row["packets_in"].as_u64() > Some(0)).count();
    println!(
        "{} flows, {} conversations of which {stitched} have both halves",
        flows.len(),
        conversations.len()
    );
    assert!(stitched * 2 > conversations.len());
    assert!(conversations.len() < flows.len());
    assert_eq!(totals(&top), totals(&flows));
    // By the packets' addresses more is known to be seen twice: what passes a NAT gateway.
    assert!(totals(&conversations).records <= totals(&flows).records);
    let is_rest = |row: &&Value| row["src_ip"].is_null();
    let vpcs: std::collections::HashSet<_> =
        flows.iter().map(|row| [&row["exp_ip"], &row["vpc_id"]].map(Value::to_string)).collect();
    assert!(top.iter().filter(is_rest).count() <= vpcs.len());
    assert!(top.iter().filter(|row| !is_rest(row)).count() <= 50 * vpcs.len());
}

/// The ports of all servers that `weir generate` has accepted conversations with. Its clients have
/// others, but for a few behind NAT gateways.
const SERVER_PORTS: [u64; 12] = [22, 53, 80, 123, 443, 2049, 3306, 5432, 6379, 8080, 8125, 9092];

type End = (IpAddr, u64);

/// A conversation: its VPC, protocol, client and server. `None` where ports do not tell.
fn conversation(vpc: &str, protocol: u64, ends: [End; 2]) -> Option<(String, u64, End, End)> {
    let [first, second] = ends;
    match [first, second].map(|(_, port)| SERVER_PORTS.contains(&port)) {
        [false, true] => Some((vpc.to_owned(), protocol, first, second)),
        [true, false] => Some((vpc.to_owned(), protocol, second, first)),
        _ => None,
    }
}

/// The same of a line, and whether it is what the client says.
fn half(line: &FlowLine) -> Option<((String, u64, End, End), bool)> {
    let address = |of_packet, field| line.address(of_packet).or_else(|| line.address(field));
    let source = (address("pkt-srcaddr", "srcaddr")?, line.number("srcport")?);
    let destination = (address("pkt-dstaddr", "dstaddr")?, line.number("dstport")?);
    let (vpc, protocol) = (line.get("vpc-id")?, line.number("protocol")?);
    let conversation = conversation(vpc, protocol, [source, destination])?;
    let is_asked = conversation.2 == source;
    (line.get("action") == Some("ACCEPT")).then_some((conversation, is_asked))
}

#[test]
fn two_way_conversations_are_stitched_with_their_client() {
    let generate = ["--records", "40000", "--accounts", "2", "--vpcs", "2", "--seed", "11"];
    let environment = Environment::generate(&generate);
    let mut ways: HashMap<_, [bool; 2]> = HashMap::new();
    for (conversation, is_asked) in environment.flows().iter().filter_map(half) {
        ways.entry(conversation).or_default()[usize::from(is_asked)] = true;
    }
    ways.retain(|_, ways| *ways == [true; 2]);
    let [.., rows] = replay(&environment, "");
    let mut right = 0;
    for row in rows.iter().filter(|row| row["action"] == "A" && row["packets_in"] != 0) {
        let end = |address: &str, port: &str| {
            Some((row[address].as_str()?.parse().ok()?, row[port].as_u64()?))
        };
        let ends = end("src_ip", "src_port").zip(end("dest_ip", "dest_port"));
        let (Some((client, server)), Some(protocol)) = (ends, row["protocol"].as_u64()) else {
            continue;
        };
        let key = (row["aws_vpc_id"].as_str().unwrap().to_owned(), protocol, client, server);
        right += usize::from(row["packets_out"].as_u64() > Some(0) && ways.contains_key(&key));
    }
    println!("{right} of {} conversations have both halves and the right client", ways.len());
    assert!(ways.len() > 5000 && right * 100 >= ways.len() * 99, "{right} of {}", ways.len());
}
