//! Secrets are read where they are, and shown nowhere.

use std::fs;
use std::path::PathBuf;

use weir_aws::{Accounts, AwsConfig, Secret, SecretSource};
use weir_testkit::AwsDouble;

use crate::setup::{SECOND, THIRD, config, ids, only_fault, profile};

#[tokio::test]
async fn a_file_that_is_replaced_counts_at_the_next_sweep() {
    let aws = AwsDouble::start();
    aws.add_user("AKIASECOND", SECOND, "reader");
    aws.add_user("AKIATHIRD", THIRD, "reader");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "AKIASECOND\n").unwrap();
    let mut profile = profile("file", "");
    profile.access_key = Some(SecretSource::File(file.clone()));
    let accounts = Accounts::new(AwsConfig { profiles: vec![profile], ..config(aws.url()) });
    assert_eq!(ids(&accounts.resolve().await), [SECOND]);
    fs::write(&file, "AKIATHIRD").unwrap();
    assert_eq!(ids(&accounts.resolve().await), [THIRD]);
    fs::write(&file, "\n").unwrap();
    assert!(only_fault(&accounts.resolve().await).to_string().contains("no access key"));
    fs::remove_file(&file).unwrap();
    let found = accounts.resolve().await;
    assert!(only_fault(&found).to_string().contains("cannot be read"), "{:?}", found.faults);
}

#[test]
fn secrets_are_neither_debugged_nor_serialized() {
    let secret = Secret::new("wJalrXUtnFEMI");
    let source = SecretSource::Inline(secret.clone());
    let shown = format!("{secret:?} {source:?}");
    let dumped = serde_json::to_string(&(secret, &source)).unwrap();
    assert!(!shown.contains("wJalr") && !dumped.contains("wJalr"), "{shown} {dumped}");
}

#[test]
fn a_missing_source_names_itself() {
    let missing = SecretSource::File(PathBuf::from("/nowhere/key")).read().unwrap_err();
    assert!(missing.to_string().starts_with("/nowhere/key: cannot be read"), "{missing}");
    let missing = SecretSource::Variable("WEIR_TEST_NO_SUCH".into()).read().unwrap_err();
    assert_eq!(missing.to_string(), "the environment has no variable WEIR_TEST_NO_SUCH");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long");
    fs::write(&file, vec![b'x'; 5000]).unwrap();
    let long = SecretSource::File(file).read().unwrap_err();
    assert!(long.to_string().ends_with("it is larger than 4 KiB"), "{long}");
}
