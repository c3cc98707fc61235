//! Accounts that are added at run time.

use std::fs;

use serde_json::{Value, json};
use weir_testkit::{AwsDouble, MotoServer};
use weir_tests::{run, wait_for, weir};

use crate::client::Client;
use crate::installation::{Installation, OWN_KEY};

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const ROLE: &str = "arn:aws:iam::111122223333:role/weir-reader";

/// An installation that can seal, whose AWS is `endpoint`.
fn installation(endpoint: &str) -> Installation {
    let installation = Installation::new("");
    let key = installation.scratch.write("weir.key", key(7));
    installation.with(&format!(
        "[control]\nkey_file = \"{}\"\n[aws]\nendpoint = \"{endpoint}\"\n\
         [aws.regions]\nallow = [\"eu-west-1\"]\n\
         [[aws.profiles]]\nname = \"of-the-file\"\naccess_key_id = \"AKIAOFTHEFILEEXAMPLE\"\n\
         secret_access_key = \"secret-of-the-file\"\n\
         [[aws.roles]]\narn = \"arn:aws:iam::999999999999:role/of-the-file\"\n",
        key.display()
    ))
}

/// Nobody answers for AWS there.
const NOBODY: &str = "http://127.0.0.1:9";

/// 32 octets in base64, as `openssl rand -base64 32` writes them.
fn key(number: u8) -> String {
    match number {
        7 => format!("{}Bwc=\n", "BwcH".repeat(10)),
        _ => format!("{}CAg=\n", "CAgI".repeat(10)),
    }
}

fn profile(name: &str) -> Value {
    json!({ "name": name, "accessKeyId": KEY_ID, "secretAccessKey": SECRET })
}

#[test]
fn an_access_key_is_nowhere_but_sealed_in_the_store() {
    let installation = installation(NOBODY);
    let mut service = installation.discovery("discovery");
    let client = Client::of(&service);
    let mut answers = vec![client.call("AccountService/AddProfile", &profile("prod"))];
    answers.push(client.call("AccountService/ListAccounts", &json!({})));
    answers.push(client.call("AccountService/TestAccess", &json!({ "id": "prod" })));
    answers.push(client.call("DiscoveryService/ListAccounts", &json!({})));
    let swept = client.try_call("DiscoveryService/RunDiscovery", &json!({})).ended_with(0);
    answers.push(Value::String(swept.stdout));
    let refusals = [
        client.fail("AccountService/AddProfile", &profile("prod")),
        client.fail("AccountService/AddProfile", &json!({ "name": "x", "accessKeyId": format!("{KEY_ID}!"), "secretAccessKey": format!("{SECRET} ") })),
    ];
    service.wait_until_logged("a profile was added");
    let config = installation.scratch.path("discovery.toml");
    let dump = run(weir("check").arg("--config").arg(config).arg("--dump")).ended_with(0);
    for secret in [KEY_ID, SECRET, "secret-of-the-file"] {
        for shown in answers.iter().map(Value::to_string).chain(refusals.clone()) {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(!service.has_logged(secret), "{secret} is in the log");
        assert!(!dump.stdout.contains(secret), "{}", dump.stdout);
    }
    let stored = installation.stored();
    assert!(stored.contains("\"prod\"") && stored.contains("\"key_id\""), "{stored}");
    for secret in [KEY_ID, SECRET] {
        assert!(!stored.contains(secret), "{secret} is in Redis");
    }
    assert_eq!(service.terminate(), Some(0), "{}", service.log());
}

#[test]
fn accounts_of_both_kinds_are_added_listed_and_removed() {
    let installation = installation(NOBODY);
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    client.call("AccountService/AddProfile", &profile("prod"));
    let request = json!({
        "roles": [{ "arn": ROLE, "externalId": "tenant-7", "name": "staging" }],
        "roleList": "arn:aws:iam::444455556666:role/R1\narn:aws:iam::777788889999:role/R2,id-2"
    });
    let added = client.call("AccountService/AddRoles", &request);
    assert_eq!(added["accounts"].as_array().unwrap().len(), 3);
    let list = || client.call("AccountService/ListAccounts", &json!({}));
    let ids = |listed: &Value| -> Vec<String> {
        let accounts = listed["accounts"].as_array().unwrap().iter();
        accounts.map(|each| each["id"].as_str().unwrap().to_owned()).collect()
    };
    let listed = list();
    let expected = [
        "of-the-file",
        "arn:aws:iam::999999999999:role/of-the-file",
        "prod",
        ROLE,
        "arn:aws:iam::444455556666:role/R1",
        "arn:aws:iam::777788889999:role/R2",
    ];
    assert_eq!(ids(&listed), expected);
    assert_eq!(listed["accounts"][3]["hasExternalId"], true);
    assert_eq!(listed["accounts"][3]["accountId"], "111122223333");
    // In pages.
    let first = client.call("AccountService/ListAccounts", &json!({ "pageSize": 4 }));
    let token = &first["nextPageToken"];
    let rest =
        client.call("AccountService/ListAccounts", &json!({ "pageSize": 4, "pageToken": token }));
    assert_eq!([ids(&first), ids(&rest)].concat(), expected);

    client.call("AccountService/RemoveAccount", &json!({ "id": ROLE }));
    client.call("AccountService/RemoveAccount", &json!({ "id": "prod" }));
    assert_eq!(ids(&list()).len(), 4);
    service.wait_until_logged("an account was removed");
    let gone = client.fail("AccountService/RemoveAccount", &json!({ "id": "prod" }));
    assert!(gone.contains("NotFound") && gone.contains("ListAccounts"), "{gone}");
}

#[test]
fn what_cannot_be_added_or_removed_is_refused_with_what_to_do() {
    let installation = installation(NOBODY);
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    client.call("AccountService/AddProfile", &profile("prod"));
    client.call("AccountService/AddRoles", &json!({ "roleList": ROLE }));
    let add_role = |list: &str| ("AccountService/AddRoles", json!({ "roleList": list }));
    let add = |change: Value| {
        let mut request = profile("other");
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        ("AccountService/AddProfile", request)
    };
    let remove = |id: &str| ("AccountService/RemoveAccount", json!({ "id": id }));
    let cases = [
        (add(json!({ "name": "prod" })), "AlreadyExists", "there is a profile"),
        (add(json!({ "name": "of-the-file" })), "AlreadyExists", "the file has a profile"),
        (add(json!({})), "AlreadyExists", "the profile \"prod\" has this access key"),
        (add(json!({ "accessKeyId": "AKIAOFTHEFILEEXAMPLE" })), "AlreadyExists", "of-the-file"),
        (add(json!({ "name": "" })), "InvalidArgument", "1 to 128 characters"),
        (add(json!({ "name": "arn:aws" })), "InvalidArgument", "does not begin with arn:"),
        (add(json!({ "accessKeyId": "" })), "InvalidArgument", "access_key_id"),
        (add(json!({ "secretAccessKey": "short" })), "InvalidArgument", "secret_access_key"),
        (add(json!({ "region": "Frankfurt" })), "InvalidArgument", "such as eu-west-1"),
        (add_role(ROLE), "AlreadyExists", ROLE),
        (add_role("arn:aws:iam::111122223333:role/other"), "AlreadyExists", ROLE),
        (add_role("arn:aws:iam::999999999999:role/x"), "AlreadyExists", "the file's role"),
        (add_role("arn:aws:iam::1:role/x"), "InvalidArgument", "role_list"),
        (add_role("no-arn"), "InvalidArgument", "ARN,external-id"),
        (add_role(""), "InvalidArgument", "give roles"),
        (remove("of-the-file"), "FailedPrecondition", "take it out of its section [aws]"),
        (remove("nobody"), "NotFound", "ListAccounts"),
        (remove(""), "InvalidArgument", "give the id"),
        (("AccountService/TestAccess", json!({ "id": "nobody" })), "NotFound", "ListAccounts"),
    ];
    let before = client.call("AccountService/ListAccounts", &json!({}));
    for ((method, request), code, expected) in cases {
        let refused = client.fail(method, &request);
        assert!(refused.contains(code), "{method} {request}: {refused}");
        assert!(refused.contains(expected), "{method} {request}: {refused}");
    }
    // One that is refused keeps the others of its request out.
    let both = json!({ "roleList": format!("arn:aws:iam::123456789012:role/new,{ROLE}") });
    client.fail("AccountService/AddRoles", &both);
    assert_eq!(client.call("AccountService/ListAccounts", &json!({})), before);
}

#[test]
fn without_a_key_file_an_access_key_is_refused_and_a_role_is_not() {
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    let refused = client.fail("AccountService/AddProfile", &profile("prod"));
    assert!(refused.contains("FailedPrecondition"), "{refused}");
    assert!(refused.contains("openssl rand -base64 32"), "{refused}");
    client.call("AccountService/AddRoles", &json!({ "roleList": ROLE }));
}

#[test]
fn another_key_file_is_told_and_the_profile_works_again_with_the_right_one() {
    let installation = installation(NOBODY);
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    client.call("AccountService/AddProfile", &profile("prod"));
    let path = installation.scratch.path("weir.key");
    let problem = || {
        let listed = client.call("AccountService/ListAccounts", &json!({}));
        listed["accounts"][2]["problem"].as_str().unwrap().to_owned()
    };
    assert_eq!(problem(), "");
    fs::write(&path, key(8)).unwrap();
    assert!(problem().contains("it was sealed with the key"), "{}", problem());
    let tested = client.call("AccountService/TestAccess", &json!({ "id": "prod" }));
    assert_eq!(tested["results"][0]["kind"], "invalid");
    assert!(tested.to_string().contains("put the other file back"), "{tested}");
    fs::write(&path, key(7)).unwrap();
    assert_eq!(problem(), "");
}

#[test]
fn a_locked_file_takes_no_accounts_and_reads_none_that_were_added() {
    let installation = installation(NOBODY);
    let open = installation.discovery("open");
    Client::of(&open).call("AccountService/AddRoles", &json!({ "roleList": ROLE }));
    let locked = installation.with("[control]\nlocked = true\n");
    let service = locked.discovery("locked");
    let client = Client::of(&service);
    let listed = client.call("AccountService/ListAccounts", &json!({}));
    assert!(!listed.to_string().contains(ROLE), "{listed}");
    let refused = client.fail("AccountService/AddRoles", &json!({ "roleList": ROLE }));
    assert!(refused.contains("FailedPrecondition") && refused.contains("locked"), "{refused}");
}

#[test]
fn an_added_account_is_tested_and_joins_the_next_sweep() {
    let moto = MotoServer::start();
    let installation = Installation::new("");
    let key = installation.scratch.write("weir.key", key(7));
    let installation = installation.with(&format!(
        "[control]\nkey_file = \"{}\"\n[aws]\nendpoint = \"{}\"\ninclude_own_account = false\n\
         [aws.regions]\nallow = [\"eu-west-1\"]\n\
         [[aws.roles]]\narn = \"arn:aws:iam::999999999999:role/of-the-file\"\n",
        key.display(),
        moto.url()
    ));
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    client.call("AccountService/AddProfile", &profile("prod"));
    let tested = client.call("AccountService/TestAccess", &json!({ "id": "prod" }));
    let result = &tested["results"][0];
    assert_eq!(
        (&result["isReachable"], &result["accountId"]),
        (&json!(true), &json!("123456789012")),
        "{tested}"
    );
    assert!(result["callerArn"].as_str().unwrap().starts_with("arn:aws:"), "{tested}");

    wait_for("a sweep that has the account", || {
        client.try_call("DiscoveryService/RunDiscovery", &json!({})).ended_with(0);
        let listed = client.call("DiscoveryService/ListAccounts", &json!({}));
        listed.to_string().contains("\"profile prod\"").then_some(())
    });
    client.call("AccountService/RemoveAccount", &json!({ "id": "prod" }));
    wait_for("a sweep without it", || {
        client.try_call("DiscoveryService/RunDiscovery", &json!({})).ended_with(0);
        let listed = client.call("DiscoveryService/ListAccounts", &json!({}));
        (!listed.to_string().contains("123456789012")).then_some(())
    });
}

#[test]
fn a_test_says_what_aws_said_and_what_to_do() {
    const TRUSTING: &str = "arn:aws:iam::222222222222:role/weir-reader";
    const SUSPICIOUS: &str = "arn:aws:iam::333333333333:role/weir-reader";
    let aws = AwsDouble::start();
    aws.add_user(OWN_KEY, "111111111111", "weir");
    aws.add_role(weir_testkit::Role::new(TRUSTING).with_external_id("tenant-7"));
    aws.add_role(weir_testkit::Role::new(SUSPICIOUS).trusting(&["999999999999"]));
    let installation = installation(&aws.url());
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    // The double knows no such key.
    client.call("AccountService/AddProfile", &profile("prod"));
    let list = format!("{TRUSTING},tenant-7,{SUSPICIOUS}");
    client.call("AccountService/AddRoles", &json!({ "roleList": list }));
    let test = |id: &str| {
        let tested = client.call("AccountService/TestAccess", &json!({ "id": id }));
        assert_eq!(tested["results"].as_array().unwrap().len(), 1, "{tested}");
        tested["results"][0].clone()
    };
    let result = test(TRUSTING);
    assert_eq!(result["isReachable"], true, "{result}");
    assert!(result["callerArn"].as_str().unwrap().contains("assumed-role/weir-reader"));
    let result = test(SUSPICIOUS);
    assert_eq!((&result["isReachable"], &result["kind"]), (&json!(false), &json!("denied")));
    assert_eq!(result["accountId"], "333333333333");
    assert!(result["problem"].as_str().unwrap().contains("trust policy"), "{result}");
    let result = test("prod");
    assert_eq!(result["kind"], "unknown_key", "{result}");
    // All at once: the file's two, the three that were added, and weir's own.
    let all = client.call("AccountService/TestAccess", &json!({}));
    assert_eq!(all["results"].as_array().unwrap().len(), 6, "{all}");
}
