//! The section `[aws]` as people write it.

use std::time::Duration;

use weir_aws::{AwsConfig, Partition, SecretSource};
use weir_runtime::config::{Environment, InvalidConfig, read};

fn parse(text: &str) -> Result<AwsConfig, InvalidConfig> {
    read("weir.toml", text, &Environment::default(), |root| root.section("aws", AwsConfig::read))
}

#[track_caller]
fn problems(text: &str) -> Vec<String> {
    parse(text).unwrap_err().problems().to_vec()
}

#[test]
fn an_empty_section_is_the_default_chain() {
    assert_eq!(parse("").unwrap(), AwsConfig::default());
    assert!(AwsConfig::default().include_own_account);
}

#[test]
fn everything_can_be_said() {
    let config = parse(
        r#"
        [aws]
        include_own_account = false
        session_duration = "12h"
        partition = "aws-us-gov"
        region = "us-gov-west-1"
        role_list = "arn:aws-us-gov:iam::111111111111:role/R1, arn:aws-us-gov:iam::222222222222:role/R2,externalID-2"
        fips = false
        dual_stack = false
        endpoint = "http://127.0.0.1:4566"
        [aws.endpoints]
        logs = "https://vpce-1.logs.us-gov-west-1.vpce.amazonaws.com"
        [aws.regions]
        allow = ["us-gov-west-1"]
        deny = ["us-gov-east-1"]
        [aws.organization]
        role = "reader"
        units = ["ou-ab12-34cd56ef", "r-ab12"]
        exclude = ["999999999999"]
        [[aws.roles]]
        arn = "arn:aws-us-gov:iam::333333333333:role/R3"
        external_id = "external-3"
        name = "three"
        [[aws.profiles]]
        name = "four"
        access_key_id = "AKIAFOUR"
        secret_access_key_file = "/run/secrets/four"
        region = "us-gov-east-1"
        [[aws.profiles]]
        access_key_env = "FIVE_KEY"
        secret_access_key_env = "FIVE_SECRET"
        "#,
    );
    let config = config.unwrap();
    assert!(!config.include_own_account);
    assert_eq!(config.session_duration, Duration::from_secs(43_200));
    assert_eq!(config.partition, Partition::GovCloud);
    let roles: Vec<_> = config.roles.iter().map(|role| role.arn.name()).collect();
    assert_eq!(roles, ["R3", "R1", "R2"]);
    assert_eq!(config.roles[2].external_id.as_ref().unwrap().as_str(), "externalID-2");
    assert_eq!((config.connection.fips, config.connection.dual_stack), (Some(false), Some(false)));
    let endpoints = &config.connection.endpoints;
    assert_eq!(endpoints.of("STS"), Some("http://127.0.0.1:4566"));
    assert!(endpoints.of("CloudWatch Logs").unwrap().starts_with("https://vpce-1.logs"));
    assert_eq!(config.organization.unwrap().units.len(), 2);
    let secret = config.profiles[0].secret.clone();
    assert_eq!(secret, Some(SecretSource::File("/run/secrets/four".into())));
    assert_eq!(config.profiles[1].access_key, Some(SecretSource::Variable("FIVE_KEY".into())));
}

#[test]
fn sessions_last_a_quarter_of_an_hour_to_half_a_day() {
    for wrong in ["14m", "13h", "3600"] {
        let problems = problems(&format!("[aws]\nsession_duration = \"{wrong}\""));
        assert!(problems[0].contains("give a time from 15m to 12h"), "{problems:?}");
    }
}

#[test]
fn an_endpoint_without_tls_is_for_this_host_unless_asked_for() {
    for here in ["http://127.0.0.1:1", "http://localhost:4566/x", "http://[::1]:80"] {
        assert!(parse(&format!("[aws]\nendpoint = \"{here}\"")).is_ok(), "{here}");
    }
    let other = "endpoint = \"http://moto.internal:5000\"";
    assert!(problems(&format!("[aws]\n{other}"))[0].contains("plain_http = true"));
    assert!(parse(&format!("[aws]\nplain_http = true\n{other}")).is_ok());
    for wrong in ["ftp://x", "127.0.0.1", "http://127.0.0.1@evil/", "http://", "http://127.0.0.1:0"]
    {
        assert!(parse(&format!("[aws]\nendpoint = \"{wrong}\"")).is_err(), "{wrong}");
    }
    let service = "[aws.endpoints]\nec2 = \"http://10.0.0.1\"";
    assert!(problems(service)[0].contains("aws.endpoints.ec2"));
}

#[test]
fn fips_and_dual_stack_choose_among_the_endpoints_of_aws() {
    assert_eq!(parse("[aws]\nfips = true").unwrap().connection.fips, Some(true));
    let both = problems("[aws]\nfips = true\nendpoint = \"https://vpce-1.example\"");
    assert!(both[0].starts_with("weir.toml: aws.fips: "), "{both:?}");
    let both = problems("[aws]\ndual_stack = true\n[aws.endpoints]\ns3 = \"https://x\"");
    assert!(both[0].starts_with("weir.toml: aws.dual_stack: "), "{both:?}");
}

#[test]
fn all_problems_are_reported_with_their_places_and_no_secret() {
    let problems = problems(
        r#"
        [aws]
        role_list = "R1"
        regions = { allow = ["Europe"] }
        organization = { role = "a b", units = ["x"], exclude = ["1"] }
        endpoints = { glacier = "https://x" }
        [[aws.roles]]
        name = "no ARN"
        [[aws.profiles]]
        secret_access_key = "wJalrXUtnFEMI"
        secret_access_key_file = "/x"
        region = "nowhere"
        "#,
    );
    for place in [
        "aws.role_list",
        "aws.regions.allow[0]",
        "aws.organization.role",
        "aws.organization.units[0]",
        "aws.organization.exclude[0]",
        "aws.endpoints.glacier",
        "aws.roles[0].arn",
        "aws.profiles[0].secret_access_key",
        "aws.profiles[0].region",
    ] {
        let has = problems.iter().any(|each| each.starts_with(&format!("weir.toml: {place}: ")));
        assert!(has, "{place}: {problems:#?}");
    }
    assert!(!problems.concat().contains("wJalr"), "{problems:#?}");
}
