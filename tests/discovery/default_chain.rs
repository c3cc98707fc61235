//! Whom the default chain of AWS finds in the shared files.

use serde_json::json;
use weir_tests::{Scratch, Service, weir};

use crate::processes::Process;
use crate::world::{CLIENTS, World};

/// The name of a file with a token: the SHA-1 of `weir`, the session's name.
const TOKEN_FILE: &str = ".aws/sso/cache/73359e52b959cf85f75158a9bf78501ee2c9f529.json";

/// The one account that `weir run` reads as whom the file `config` describes.
fn account_of(world: &World, scratch: &Scratch, config: &str) -> String {
    let folder = scratch.folder().display().to_string();
    let text = format!(
        "[rpc]\nplaintext = true\n\
         [inventory]\nstore = true\n\
         [discovery]\nip_ranges = \"bundled\"\n\
         [aws]\nendpoint = \"{}\"\n\
         [tail]\nfolder = \"{folder}/flows\"\nadmin_listen = \"127.0.0.1:0\"\n\
         [telemetry]\nlog_form = \"json\"\n",
        world.endpoint()
    );
    let settings = scratch.write("weir.toml", text);
    scratch.write("flows/.keep", "");
    let mut command = weir("run");
    command.arg("--config").arg(&settings);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("HOME", scratch.folder()).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", scratch.write("config", config));
    command.env("AWS_ENDPOINT_URL_SSO", world.endpoint());
    let process = Process(Service::start_command("run", &mut command, &settings));
    process.wait_until_serving();
    let listed = process.call("weir.v1.DiscoveryService/ListAccounts", &json!({}));
    let accounts = listed["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 1, "{listed}");
    assert_eq!(accounts[0]["configuredAs"], "default chain");
    accounts[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_program_prints_the_credentials_of_a_profile() {
    let (world, scratch) = (World::new(), Scratch::new());
    let credentials = json!({"Version": 1, "AccessKeyId": "AKIACLIENTS",
        "SecretAccessKey": "secret"});
    let program = scratch.write("credentials.json", credentials.to_string());
    let config =
        format!("[default]\nregion = eu-west-1\ncredential_process = cat {}\n", program.display());
    assert_eq!(account_of(&world, &scratch, &config), CLIENTS);
}

#[test]
fn a_session_of_identity_center_is_used_that_a_log_in_left() {
    let (world, scratch) = (World::new(), Scratch::new());
    world.has_identity_center();
    let token = json!({"accessToken": "token", "expiresAt": "2096-01-01T00:00:00Z",
        "region": "eu-west-1", "startUrl": "https://example.awsapps.com/start"});
    scratch.write(TOKEN_FILE, token.to_string());
    let config = format!(
        "[default]\nregion = eu-west-1\nsso_session = weir\nsso_account_id = {CLIENTS}\n\
         sso_role_name = reader\n\
         [sso-session weir]\nsso_region = eu-west-1\n\
         sso_start_url = https://example.awsapps.com/start\n"
    );
    assert_eq!(account_of(&world, &scratch, &config), CLIENTS);
}
