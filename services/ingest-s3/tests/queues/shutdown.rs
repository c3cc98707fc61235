//! The end: what is not done is given back.

use weir_testkit::{Answer, Gate};

use crate::messages::endpoint;
use crate::recorder::Manner;
use crate::setup::{
    Messages, Setup, created, deleted, double, gzip, handles, key, put, text, wait_for,
};

#[tokio::test]
async fn what_is_committed_is_deleted_and_what_is_not_is_given_back_at_once() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let gate = Gate::closed();
    put(&aws, &key("done"), Answer::octets(gzip(&text("done", 4))));
    put(&aws, &key("slow"), Answer::octets(gzip(&text("slow", 4))).behind(&gate));
    messages.send("done", &created(&[&key("done")]));
    messages.send("slow", &created(&[&key("slow")]));
    let setup = Setup { manner: Manner::Accept, ..Setup::new(endpoint(&aws)) };
    let running = setup.concurrency(2).start();
    running.wait_for_lines(4).await;
    wait_for("both to be worked on", || aws.calls_of("s3", "GetObject").len() == 2).await;
    let recorder = running.recorder.clone();
    let ending = tokio::spawn(running.end());
    recorder.commit_all();
    let report = ending.await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(deleted(&aws), ["done"]);
    let given_back = aws.calls_of("sqs", "ChangeMessageVisibilityBatch");
    let [call] = given_back.as_slice() else { panic!("{given_back:?}") };
    assert_eq!(handles(&call.parameters), ["slow"]);
    assert_eq!(call.parameters["Entries"][0]["VisibilityTimeout"], 0);
    assert!(messages.is_empty());
}
