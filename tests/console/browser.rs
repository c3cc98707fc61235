//! Every task of the product by clicking, in headless Chromium: `browser.mjs` drives it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use weir_tests::{Scratch, finished_lines, gzip, python, require_tool, run, wait_for};

use crate::client::Client;
use crate::world::{ADMIN, VIEWER, World};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/console/browser.mjs");

/// Puts an object into a bucket: ENDPOINT BUCKET KEY FILE.
const PUT: &str = "import sys, boto3\n\
    s3 = boto3.Session('AKIAEXAMPLE', 'secret', region_name='eu-west-1')\
    .client('s3', endpoint_url=sys.argv[1])\n\
    s3.upload_file(sys.argv[4], sys.argv[2], sys.argv[3])";

const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol \
                      packets bytes start end action log-status";

/// What `tests/tools/install` has put below the target folder.
fn tools() -> PathBuf {
    let test = env::current_exe().unwrap();
    let found = test.ancestors().map(|folder| folder.join("test-tools/browser/package.json"));
    let found = found.into_iter().find(|path| path.is_file());
    found.expect("playwright-core is missing: run tests/tools/install").parent().unwrap().into()
}

/// Does a part of the script.
#[track_caller]
fn browse(world: &World, part: &str) -> String {
    require_tool("chromium", "chromium");
    require_tool("node", "nodejs");
    let profile = Scratch::new();
    let mut command = Command::new("node");
    command.args([SCRIPT, part]).env("BASE", format!("http://{}", world.address()));
    command.env("ADMIN", ADMIN).env("VIEWER", VIEWER).env("MADE", world.made.to_string());
    command.env("TOOLS", tools()).env("PROFILE", profile.folder());
    // Pictures of all screens, for who asks for them.
    if let Some(folder) = env::var_os("WEIR_SCREENSHOTS") {
        command.env("PICTURES", Path::new(&folder));
    }
    let done = run(&mut command);
    assert_eq!(done.code, Some(0), "{part}:\n{}\n{}", done.stdout, done.stderr);
    done.stdout
}

/// A flow log object with one flow from the first instance to the third.
fn put_object(world: &World) {
    let instance = |at: usize, what: &str| world.made["instances"][at][what].as_str().unwrap();
    let line = format!(
        "2 123456789012 {} {} {} 40000 5432 6 10 840 1772366400 1772366430 ACCEPT OK",
        instance(0, "interface"),
        instance(0, "address"),
        instance(2, "address")
    );
    let object = world.scratch.write("object.log.gz", gzip(format!("{HEADER}\n{line}\n")));
    let key = format!(
        "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/03/01/123456789012_vpcflowlogs_eu-west-1_\
         {}_20260301T1200Z_00000001.log.gz",
        world.made["flow_logs"][0].as_str().unwrap()
    );
    let mut command = python();
    command.args(["-c", PUT, &world.moto.url(), "flow-logs", &key]);
    run(command.arg(object)).ended_with(0);
}

#[test]
fn from_adding_an_account_to_enriched_records_everything_is_done_by_clicking() {
    let world = World::start("");
    browse(&world, "set-up");
    put_object(&world);
    let record = wait_for("the record", || {
        let text = finished_lines(&world.scratch.path("records.jsonl"));
        text.lines().next().map(|line| serde_json::from_str::<Value>(line).unwrap())
    });
    assert_eq!(record["src_inst_name"], "web-1", "{record}");
    assert_eq!(record["dest_inst_name"], "database", "{record}");
    assert_eq!(record["exp_ip"], "192.0.2.7", "{record}");
    let sent = || (world.collector.arrivals().count() > 0).then_some(());
    wait_for("the collector to have it", sent);
    browse(&world, "look");
    world.console.wait_until_logged("admin \\\"Ada\\\" session");
    world.end();
}

/// An account that was added and swept, without a browser.
fn swept() -> World {
    let world = World::start("");
    let admin = Client::nobody(world.address()).sign_in(ADMIN);
    let profile = [
        ("name", "shop"),
        ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ("secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ];
    admin.submit("/accounts/profile", &profile).is(303);
    admin.submit("/run", &[]).is(303);
    wait_for("the sweep", || admin.get("/inventory?q=web-1").body.contains("i-").then_some(()));
    world
}

#[test]
fn every_screen_fits_is_light_and_passes_the_check_for_accessibility() {
    let world = swept();
    print!("{}", browse(&world, "screens"));
    world.end();
}

#[test]
fn without_javascript_everything_is_there_and_forms_work() {
    let world = swept();
    browse(&world, "plain");
    world.end();
}
