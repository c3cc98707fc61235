//! `weir run` sweeps by itself: from two accounts to records, in one process.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value, json};
use weir_tests::{Scratch, Service};

use crate::processes::Process;
use crate::world::{CLIENTS, DATA, REUSED, World};

/// The fields of the default format, version 2.
const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol \
                      packets bytes start end action log-status";

const HOUR: u64 = 3600;

/// A folder with a configuration, an input and an output.
struct Desk {
    scratch: Scratch,
}

impl Desk {
    fn new(world: &World) -> Self {
        let scratch = Scratch::new();
        let folder = scratch.folder().display().to_string();
        let text = format!(
            "[rpc]\nplaintext = true\n\
             [store]\nfile = \"{folder}/weir.store\"\n\
             [inventory]\nstore = true\n\
             [discovery]\ncron = \"0 0 1 1 *\"\nip_ranges = \"bundled\"\n\
             [aws]\nendpoint = \"{}\"\n\
             [aws.regions]\nallow = [\"eu-west-1\"]\n\
             [[aws.profiles]]\naccess_key_id = \"AKIACLIENTS\"\nsecret_access_key = \"secret\"\n\
             [[aws.profiles]]\naccess_key_id = \"AKIADATA\"\nsecret_access_key = \"secret\"\n\
             [tail]\nfolder = \"{folder}/flows\"\nadmin_listen = \"127.0.0.1:0\"\n\
             interval = \"100ms\"\n\
             [[exporter.outputs]]\ntarget = \"jsonl:{folder}/records.jsonl\"\n\
             [telemetry]\nlog_form = \"json\"\n",
            world.endpoint()
        );
        scratch.write("weir.toml", text);
        scratch.write("flows/.keep", "");
        Self { scratch }
    }

    /// `weir run` with an inventory.
    fn run(&self) -> Process {
        let process = Process(Service::start("run", "run", &[], &self.scratch.path("weir.toml")));
        process.wait_until_serving();
        process
    }

    /// The instance's name at the other end of each flow of the client, once all are there.
    fn far_ends(&self, count: usize) -> Vec<Value> {
        let records = weir_tests::wait_for("the records", || {
            let text = weir_tests::finished_lines(&self.scratch.path("records.jsonl"));
            let lines: Vec<Value> =
                text.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
            (lines.len() == count).then_some(lines)
        });
        assert!(records.iter().all(|each| each["src_inst_name"] == "client"), "{records:?}");
        records.iter().map(|each| each["dest_inst_name"].clone()).collect()
    }
}

/// A file of flow logs with these lines.
fn flow_log(lines: &[String]) -> String {
    format!("{HEADER}\n{}", lines.concat())
}

/// Who has the address now, as the enricher knows it.
fn holder(process: &Process) -> Value {
    let asked = json!({"address": REUSED, "vpc_id": "vpc-clients"});
    let mut found = process.call("weir.v1.EnricherAdminService/LookupAddress", &asked);
    found["matches"][0]["instanceName"].take()
}

/// A line: a flow of the client that ended so long ago.
fn line(to: &str, ago: u64) -> String {
    let end = since_1970() - ago;
    format!(
        "2 {CLIENTS} eni-client 10.1.0.10 {to} 40000 5432 6 10 840 {} {end} ACCEPT OK\n",
        end - 30
    )
}

fn since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn flows_find_a_peered_account_s_instance_and_who_had_an_address_then() {
    let world = World::new();
    let desk = Desk::new(&world);
    let mut process = desk.run();
    assert_eq!(holder(&process), "worker-1");

    // An hour ago, by EC2's account, another instance got its address.
    let attached = UNIX_EPOCH + Duration::from_secs(since_1970() - HOUR);
    world.change_hands(Timestamp::try_from(attached).unwrap().to_string());
    let ended = process.call("weir.v1.DiscoveryService/RunDiscovery", &json!({}));
    assert_eq!(ended["summary"]["isPublished"], true, "{ended}");
    let has_changed = || (holder(&process) == "worker-2").then_some(());
    weir_tests::wait_for("the enricher to load what has changed", has_changed);

    let lines = [line("10.2.0.20", 60), line(REUSED, 2 * HOUR), line(REUSED, HOUR / 2)];
    desk.scratch.write("flows/flows.log", flow_log(&lines));
    assert_eq!(desk.far_ends(3), ["database", "worker-1", "worker-2"]);
    let listed = process.call("weir.v1.DiscoveryService/ListAccounts", &json!({}));
    let ids = listed["accounts"].as_array().unwrap().iter().map(|each| each["id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), [CLIENTS, DATA]);
    assert_eq!(process.terminate(), Some(0));

    // What was found is in the store: the next process needs no AWS for it.
    drop(world);
    let mut process = desk.run();
    desk.scratch.write("flows/later.log", flow_log(&[line("10.2.0.20", 10)]));
    assert_eq!(desk.far_ends(4)[3], "database");
    assert_eq!(process.terminate(), Some(0));
}
