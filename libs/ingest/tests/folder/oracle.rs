//! Whatever happens, in any order: every line that was written is committed in the end.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::sandbox::{HEADER, Running, Sandbox, expect, gzip, lines, wait_until};

#[derive(Clone, Debug)]
enum Step {
    /// The growing file gets so many lines, and what is left of its last one.
    Append(usize),
    /// It gets half a line.
    AppendHalf,
    /// It is renamed, and a new one begins.
    Rotate,
    /// A compressed file comes.
    Put(usize),
    Hold,
    Commit,
    Forget,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_usize..5000).prop_map(Step::Append),
        1 => Just(Step::AppendHalf),
        2 => Just(Step::Rotate),
        2 => (1_usize..9000).prop_map(Step::Put),
        3 => Just(Step::Hold),
        2 => Just(Step::Commit),
        2 => Just(Step::Forget),
        1 => Just(Step::Restart),
    ]
}

struct World {
    sandbox: Sandbox,
    running: Option<Running>,
    committed: HashSet<String>,
    written: usize,
    half: Option<String>,
    files: usize,
}

impl World {
    async fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("flow.log", HEADER);
        let running = Some(sandbox.start().await);
        Self { sandbox, running, committed: HashSet::new(), written: 0, half: None, files: 0 }
    }

    fn new_lines(&mut self, count: usize) -> String {
        self.written += count;
        lines(self.written - count, count)
    }

    fn end_half(&mut self) {
        if let Some(rest) = self.half.take() {
            self.sandbox.append("flow.log", rest);
        }
    }

    async fn step(&mut self, step: &Step) {
        let running = self.running.as_ref().unwrap();
        match step {
            Step::Append(count) => {
                self.end_half();
                let text = self.new_lines(*count);
                self.sandbox.append("flow.log", text);
            }
            Step::AppendHalf => {
                self.end_half();
                let line = self.new_lines(1);
                self.sandbox.append("flow.log", &line[..10]);
                self.half = Some(line[10..].to_owned());
            }
            Step::Rotate => {
                self.end_half();
                self.files += 1;
                self.sandbox.rename("flow.log", &format!("flow.log.{}", self.files));
                self.sandbox.put("flow.log", HEADER);
            }
            Step::Put(count) => {
                self.files += 1;
                let text = self.new_lines(*count);
                let name = format!("{}.gz", self.files);
                self.sandbox.put(&name, gzip(&format!("{HEADER}{text}")));
            }
            Step::Hold => running.exporter.hold(),
            Step::Commit => running.exporter.commit_held().await,
            Step::Forget => running.exporter.forget_held().await,
            Step::Restart => self.restart().await,
        }
        tokio::time::sleep(std::time::Duration::from_millis(7)).await;
    }

    async fn restart(&mut self) {
        let running = self.running.take().unwrap();
        let exporter = running.exporter.clone();
        drop(running.stop().await);
        self.committed.extend(exporter.committed());
        self.running = Some(self.sandbox.start().await);
    }

    async fn end(mut self) {
        self.end_half();
        let running = self.running.take().unwrap();
        running.exporter.commit_held().await;
        wait_until(async || {
            let now = running.exporter.committed();
            now.len() + self.committed.len() >= self.written
                && now.union(&self.committed).count() == self.written
        })
        .await;
        let all: HashSet<_> = expect(&lines(0, self.written)).into_iter().collect();
        let mut committed = running.exporter.committed();
        committed.extend(self.committed);
        assert!(committed == all);
        assert_eq!(running.status().units_failed, 0);
        assert!(running.stop().await.is_clean());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_line_that_was_written_is_committed_in_the_end(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.step(step).await;
            }
            world.end().await;
        });
    }
}
