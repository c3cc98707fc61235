//! Lists, their pages and the search.

use prost::Message as _;
use tonic::Code;
use weir_rpc::pb;

use crate::support::{
    ACCOUNT, FakeReader, OTHER_ACCOUNT, Sandbox, Script, place, plan, reading, region,
};

const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

/// 25 instances in one region, one in each of the three others.
async fn sandbox() -> Sandbox {
    let reader = FakeReader::new(plan(&[(ACCOUNT, REGIONS), (OTHER_ACCOUNT, REGIONS)]));
    reader.script(&place(ACCOUNT, "us-east-1"), Script::Instances(25));
    Sandbox::swept(reader).await
}

async fn instances(
    sandbox: &mut Sandbox,
    request: pb::ListInstancesRequest,
) -> pb::ListInstancesResponse {
    sandbox.client.list_instances(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn pages_hold_each_instance_once_in_order() {
    let mut sandbox = sandbox().await;
    for page_size in [1, 7, 27, 28, 1000] {
        let mut request = pb::ListInstancesRequest { page_size, ..Default::default() };
        let mut seen = Vec::new();
        loop {
            let page = instances(&mut sandbox, request.clone()).await;
            assert!(page.instances.len() <= page_size as usize);
            let ids =
                page.instances.into_iter().map(|each| (each.account_id, each.region, each.id));
            seen.extend(ids);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen.len(), 28, "{page_size} a page");
        assert!(seen.is_sorted_by(|one, next| one < next));
    }
}

#[tokio::test]
async fn a_page_ends_before_its_message_gets_too_long() {
    let place = place(ACCOUNT, "us-east-1");
    let mut long = region(&place, 600, 1_800_000_000);
    for instance in &mut long.inventory.instances {
        instance.name = Some("x".repeat(20_000));
    }
    let reader = FakeReader::new(plan(&[(ACCOUNT, REGIONS)]));
    reader.script(&place, Script::Reading(Box::new(reading(long))));
    let mut sandbox = Sandbox::swept(reader).await;
    let mut request = pb::ListInstancesRequest { page_size: 1000, ..Default::default() };
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let page = instances(&mut sandbox, request.clone()).await;
        assert!(page.encoded_len() < 4 << 20, "{}", page.encoded_len());
        request.page_token.clone_from(&page.next_page_token);
        ids.extend(page.instances.into_iter().map(|each| (each.region, each.id)));
        pages += 1;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!((ids.len(), pages), (601, 4));
    assert!(ids.is_sorted_by(|one, next| one < next));
}

#[tokio::test]
async fn a_page_goes_on_where_it_was_while_the_inventory_changes() {
    let mut sandbox = sandbox().await;
    let request = pb::ListInstancesRequest { page_size: 10, ..Default::default() };
    let first = instances(&mut sandbox, request.clone()).await;
    sandbox.reader.script(&place(ACCOUNT, "us-east-1"), Script::Instances(12));
    assert!(sandbox.summary().await.is_published);
    let request = pb::ListInstancesRequest { page_token: first.next_page_token, ..request };
    let second = instances(&mut sandbox, request).await;
    let last = &first.instances.last().unwrap().id;
    assert_eq!(last, "i-110008");
    assert_eq!(second.instances[0].id, "i-110009");
    assert_eq!(second.instances.len(), 5);
    assert!(second.next_page_token.is_empty());
}

#[tokio::test]
async fn a_token_of_another_list_or_question_is_refused() {
    let mut sandbox = sandbox().await;
    let request = pb::ListInstancesRequest { page_size: 1, ..Default::default() };
    let token = instances(&mut sandbox, request).await.next_page_token;
    let vpcs = pb::ListVpcsRequest { page_token: token.clone(), ..Default::default() };
    let of_another_list = sandbox.client.list_vpcs(vpcs).await.unwrap_err();
    let other = pb::ListInstancesRequest {
        page_token: token,
        account_id: ACCOUNT.to_owned(),
        ..Default::default()
    };
    let of_another_question = sandbox.client.list_instances(other).await.unwrap_err();
    for status in [of_another_list, of_another_question] {
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("page_token"), "{}", status.message());
    }
}

#[tokio::test]
async fn lists_are_of_an_account_a_region_or_a_vpc() {
    let mut sandbox = sandbox().await;
    let of_account =
        pb::ListVpcsRequest { account_id: OTHER_ACCOUNT.to_owned(), ..Default::default() };
    let vpcs = sandbox.client.list_vpcs(of_account).await.unwrap().into_inner().vpcs;
    assert_eq!(vpcs.len(), 2);
    assert!(vpcs.iter().all(|vpc| vpc.account_id == OTHER_ACCOUNT));
    let of_region = pb::ListVpcsRequest { region: "us-east-1".to_owned(), ..Default::default() };
    let vpcs = sandbox.client.list_vpcs(of_region).await.unwrap().into_inner().vpcs;
    let [vpc, _] = &vpcs[..] else { panic!("{vpcs:?}") };
    assert_eq!((vpc.name.as_str(), vpc.subnets, vpc.interfaces), ("Production us-east-1", 1, 25));
    assert_eq!((&vpc.cidrs[..], vpc.flow_log_ids.len()), (&["10.0.0.0/16".to_owned()][..], 2));
    let vpc_id = vpc.id.clone();
    let of_vpc = pb::ListInstancesRequest { vpc_id, ..Default::default() };
    let found = instances(&mut sandbox, of_vpc).await.instances;
    assert_eq!(found.len(), 25);
    assert_eq!(found[0].public_addresses, ["198.51.100.7"]);
    assert_eq!(
        (&found[1].addresses[..], &found[1].interface_ids[..]),
        (&["10.0.1.2".to_owned()][..], &["eni-110001".to_owned()][..])
    );
    let nowhere = pb::ListInstancesRequest { vpc_id: "vpc-0".to_owned(), ..Default::default() };
    assert!(instances(&mut sandbox, nowhere).await.instances.is_empty());
}

#[tokio::test]
async fn streams_log_groups_buckets_and_accounts_are_listed() {
    let mut sandbox = sandbox().await;
    let client = &mut sandbox.client;
    let streams = client.list_kinesis_streams(pb::ListKinesisStreamsRequest::default()).await;
    let streams = streams.unwrap().into_inner().kinesis_streams;
    assert_eq!((streams.len(), streams[0].open_shards), (4, 2));
    let groups = client.list_log_groups(pb::ListLogGroupsRequest::default()).await;
    let groups = groups.unwrap().into_inner().log_groups;
    assert_eq!((groups.len(), groups[0].retention_days), (4, 7));
    assert_eq!(groups[0].subscriptions[0].name, "to kinesis");
    let buckets = client.list_buckets(pb::ListBucketsRequest::default()).await;
    let buckets = buckets.unwrap().into_inner().buckets;
    assert_eq!((buckets.len(), buckets[0].queues[0].prefix.as_str()), (4, "AWSLogs/"));
    let page = pb::ListAccountsRequest { page_size: 1, ..Default::default() };
    let first = client.list_accounts(page.clone()).await.unwrap().into_inner();
    assert_eq!(first.accounts[0].id, ACCOUNT);
    assert_eq!(first.accounts[0].name, "name of 111111111111");
    assert_eq!(first.accounts[0].configured_as, "profile 111111111111");
    let page = pb::ListAccountsRequest { page_token: first.next_page_token, ..page };
    let second = client.list_accounts(page).await.unwrap().into_inner();
    assert_eq!(
        (second.accounts[0].id.as_str(), second.next_page_token.as_str()),
        (OTHER_ACCOUNT, "")
    );
}

async fn found(sandbox: &mut Sandbox, query: &str) -> Vec<(String, String, String)> {
    let asked = pb::SearchInventoryRequest { query: query.to_owned(), ..Default::default() };
    let matches = sandbox.client.search_inventory(asked).await.unwrap().into_inner().matches;
    matches.into_iter().map(|each| (each.kind, each.id, each.matched)).collect()
}

fn triple(kind: &str, id: &str, matched: &str) -> (String, String, String) {
    (kind.to_owned(), id.to_owned(), matched.to_owned())
}

#[tokio::test]
async fn a_search_finds_texts_in_any_case_and_addresses_in_interfaces_and_blocks() {
    let mut sandbox = sandbox().await;
    let names = found(&mut sandbox, "WEB 24").await;
    assert_eq!(names, [triple("instance", "i-110024", "web 24")]);
    let ids = found(&mut sandbox, "eni-110024").await;
    assert_eq!(ids, [triple("interface", "eni-110024", "eni-110024")]);
    let addresses = found(&mut sandbox, "10.0.1.25").await;
    assert!(addresses.contains(&triple("interface", "eni-110024", "10.0.1.25")));
    assert!(addresses.contains(&triple("subnet", "subnet-11us-east-1", "10.0.1.0/24")));
    assert!(addresses.contains(&triple("vpc", "vpc-22eu-west-1", "10.0.0.0/16")));
    let public = found(&mut sandbox, "198.51.100.7").await;
    assert_eq!(public.len(), 4);
    // Once, although it stands in two regions.
    let accounts = found(&mut sandbox, "name of 2222").await;
    assert_eq!(accounts, [triple("account", OTHER_ACCOUNT, "name of 222222222222")]);
    let queues = found(&mut sandbox, "flow-QUEUE").await;
    assert_eq!(queues.len(), 4);
    assert!(found(&mut sandbox, "nothing of the kind").await.is_empty());
}

#[tokio::test]
async fn a_search_has_pages_and_refuses_what_is_too_short() {
    let mut sandbox = sandbox().await;
    let mut asked =
        pb::SearchInventoryRequest { query: "web".to_owned(), page_size: 10, ..Default::default() };
    let mut seen = Vec::new();
    loop {
        let page = sandbox.client.search_inventory(asked.clone()).await.unwrap().into_inner();
        seen.extend(page.matches.into_iter().map(|each| (each.account_id, each.region, each.id)));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 28);
    let short = pb::SearchInventoryRequest { query: " x ".to_owned(), ..Default::default() };
    let status = sandbox.client.search_inventory(short).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("2 to 256"), "{}", status.message());
}
