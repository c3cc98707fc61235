//! An account whose access changes while its log groups are read.

use std::sync::Arc;

use weir_store::MemoryStore;
use weir_testkit::{Quirks, wait_for_async};

use crate::cloud::{ACCOUNT, Cloud, KEY, events};
use crate::exporter::Arrivals;
use crate::worker::{Plan, accounts};

const SECOND: &str = "AKIASECOND";

#[tokio::test]
async fn a_group_goes_on_with_an_access_key_that_replaces_another() {
    let cloud = Cloud::new(Quirks::default());
    let store: Arc<MemoryStore> = Arc::default();
    let mut plan = Plan::new(cloud.aws.url(), store, &["flows"]);
    let arrivals = Arrivals::default();
    let worker = plan.start(arrivals.committing());
    cloud.groups.add(events("flows", 0..20, 0, 0));
    arrivals.wait_for(20).await;

    cloud.aws.add_user(SECOND, ACCOUNT, "weir");
    plan.accounts.send_replace(Some(accounts(&cloud.aws.url(), SECOND)));
    wait_for_async("a look with the second key", async || {
        let calls = cloud.aws.calls_of("logs", "FilterLogEvents");
        calls.last().is_some_and(|call| call.access_key == SECOND).then_some(())
    })
    .await;
    cloud.aws.remove_key(KEY);
    cloud.groups.add(events("flows", 20..40, 0, 0));
    arrivals.wait_for(40).await;
    assert_eq!((arrivals.lines(), arrivals.repeated()), (40, 0));
    assert_eq!(worker.meter.status().source_errors, 0);
    assert!(worker.end().await.is_clean());
}
