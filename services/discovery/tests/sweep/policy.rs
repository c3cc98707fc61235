//! The policy in the documentation is what a sweep needs: no less and no more.

use std::collections::BTreeSet;

use weir_discovery::sweep::ACTIONS;

#[test]
fn the_documented_policy_allows_exactly_what_a_sweep_calls() {
    let policy = include_str!("../../../../docs/iam/discovery.json");
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    let documented: BTreeSet<String> =
        actions.map(|action| action.as_str().unwrap().to_owned()).collect();
    let called: BTreeSet<String> = ACTIONS.iter().map(ToString::to_string).collect();
    assert_eq!(documented, called);
}
