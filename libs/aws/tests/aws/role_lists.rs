//! Roles as people write them.

use proptest::prelude::*;
use weir_aws::{Partition, Role, RoleArn, RoleTemplate};

const R1: &str = "arn:aws:iam::111111111111:role/R1";
const R2: &str = "arn:aws:iam::222222222222:role/team/R2";

fn texts(text: &str) -> Vec<(String, Option<String>)> {
    let roles = Role::list(text).unwrap();
    let text =
        |role: Role| (role.arn.to_string(), role.external_id.map(|id| id.as_str().to_owned()));
    roles.into_iter().map(text).collect()
}

#[test]
fn the_product_page_s_text_form_is_read() {
    let expected = vec![(R1.to_owned(), None), (R2.to_owned(), Some("externalID-2".to_owned()))];
    assert_eq!(texts(&format!("{R1}, {R2},externalID-2")), expected);
    assert_eq!(texts(&format!("{R1}\r\n{R2}, externalID-2\n")), expected);
    assert_eq!(texts(&format!(",{R1},,{R2},externalID-2,")), expected);
    assert_eq!(texts(" \n"), vec![]);
}

#[test]
fn what_is_wrong_with_a_list_is_said_with_the_entry() {
    let message = |text: &str| Role::list(text).unwrap_err().to_string();
    assert_eq!(
        message("externalID-1"),
        "\"externalID-1\" belongs to no role: write ARN,external-id"
    );
    assert_eq!(
        message(&format!("{R1},first,second")),
        "\"second\" belongs to no role: write ARN,external-id"
    );
    assert!(message(&format!("{R1},x")).contains("an external id has 2 to 1224"));
    for (arn, problem) in [
        ("arn:aws:iam::1111:role/R1", "its account id is not of twelve digits"),
        ("arn:aws:iam::111111111111:user/R1", "it is not of a role"),
        ("arn:aws:sts::111111111111:assumed-role/R1/s", "it is not of the service iam"),
        ("arn:oops:iam::111111111111:role/R1", "its partition is not known"),
        ("arn:aws:iam::111111111111:role/", "the role's name or path is not as IAM allows it"),
    ] {
        assert!(message(arn).contains(problem), "{}", message(arn));
    }
}

#[test]
fn a_role_is_weir_s_own_whatever_the_path_and_the_session_are() {
    let role: RoleArn = R2.parse().unwrap();
    assert!(role.is_role_of("arn:aws:sts::222222222222:assumed-role/R2/i-0123"));
    assert!(role.is_role_of("arn:aws:iam::222222222222:role/R2"));
    for other in [
        "arn:aws:sts::222222222222:assumed-role/R22/i-0123",
        "arn:aws:sts::111111111111:assumed-role/R2/i-0123",
        "arn:aws-cn:sts::222222222222:assumed-role/R2/i-0123",
        "arn:aws:iam::222222222222:user/R2",
        "arn:aws:iam::222222222222:root",
    ] {
        assert!(!role.is_role_of(other), "{other}");
    }
}

#[test]
fn a_template_is_a_name_or_an_arn_with_a_place_for_the_account() {
    let role = |template: &str| {
        let template: RoleTemplate = template.parse().unwrap();
        template.role_of(Partition::China, "333333333333").unwrap().to_string()
    };
    assert_eq!(role("reader"), "arn:aws-cn:iam::333333333333:role/reader");
    assert_eq!(role("/team/reader"), "arn:aws-cn:iam::333333333333:role/team/reader");
    assert_eq!(role("arn:aws:iam::{account}:role/x"), "arn:aws:iam::333333333333:role/x");
    for wrong in ["", "a b", R1, "arn:aws:iam::{account}:user/x", "arn:aws:iam::1:role/{account}"] {
        assert!(wrong.parse::<RoleTemplate>().is_err(), "{wrong}");
    }
}

fn arns() -> impl Strategy<Value = String> {
    let partition = prop::sample::select(vec!["aws", "aws-cn", "aws-us-gov"]);
    let path = "(/[a-z0-9._-]{1,8}){0,3}";
    (partition, "[0-9]{12}", path, "[A-Za-z0-9+=.@_-]{1,64}").prop_map(
        |(partition, account, path, name)| {
            format!("arn:{partition}:iam::{account}:role{path}/{name}")
        },
    )
}

proptest! {
    #[test]
    fn an_arn_is_written_as_it_was_read(text in arns()) {
        prop_assert_eq!(text.parse::<RoleArn>().unwrap().to_string(), text);
    }

    #[test]
    fn a_list_is_read_whatever_separates_its_entries(
        roles in prop::collection::vec((arns(), prop::option::of("[A-Za-z0-9_+=.@:/-]{2,20}")), 0..6),
        separator in "( ?, ?|\r?\n|,\n)",
    ) {
        let of_arn = |id: &String| id.starts_with("arn:");
        prop_assume!(roles.iter().filter_map(|(_, id)| id.as_ref()).all(|id| !of_arn(id)));
        let entry = |(arn, id): &(String, Option<String>)| match id {
            Some(id) => format!("{arn},{id}"),
            None => arn.clone(),
        };
        let list = roles.iter().map(entry).collect::<Vec<_>>().join(&separator);
        prop_assert_eq!(texts(&list), roles);
    }

    #[test]
    fn no_text_breaks_the_readers(text in "\\PC{0,80}") {
        let read = Role::list(&text);
        prop_assert!(read.is_ok() || !read.unwrap_err().to_string().is_empty());
        if let Ok(template) = text.parse::<RoleTemplate>() {
            prop_assert!(template.role_of(Partition::Aws, "123456789012").is_some());
        }
    }
}
