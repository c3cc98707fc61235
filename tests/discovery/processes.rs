//! The processes of an installation around one Redis server.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use weir_testkit::RedisServer;
use weir_tests::{Scratch, Service, python_program, run};

use crate::account::Account;

/// One `weir.toml` for all processes.
pub(crate) struct Installation {
    pub(crate) redis: RedisServer,
    scratch: Scratch,
    config: PathBuf,
    /// The exporter that enrichers need.
    exporter: Option<Service>,
}

/// A process that answers on its admin listener.
pub(crate) struct Process(pub(crate) Service);

impl Installation {
    pub(crate) fn start(account: &Account) -> Self {
        // Durable: it comes back with its data after a kill.
        let redis = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
        let scratch = Scratch::new();
        let text = format!(
            "[rpc]\nplaintext = true\n\
             [store]\nurl = \"{}\"\ntimeout = \"1s\"\n\
             [inventory]\nstore = true\n\
             [discovery]\nadmin_listen = \"127.0.0.1:0\"\n\
             [aws]\nendpoint = \"{}\"\n\
             [aws.regions]\nallow = [\"eu-west-1\"]\n\
             [[aws.profiles]]\naccess_key_id = \"AKIAEXAMPLE\"\nsecret_access_key = \"secret\"\n\
             [exporter]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [enricher]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             exporter = \"file:exporter.txt\"\n\
             [telemetry]\nlog_form = \"json\"\n",
            redis.url(),
            account.endpoint()
        );
        let text = text.replace("file:", &format!("file:{}/", scratch.folder().display()));
        let config = scratch.write("weir.toml", text);
        Self { redis, scratch, config, exporter: None }
    }

    /// A discovery that has swept once.
    pub(crate) fn discovery(&self) -> Process {
        let discovery = Service::start("discovery", "discovery", &[], &self.config);
        discovery.wait_until_serving();
        let process = Process(discovery);
        process.call("weir.v1.DiscoveryService/RunDiscovery", &serde_json::json!({}));
        process
    }

    /// An enricher that has an inventory.
    pub(crate) fn enricher(&mut self) -> Process {
        let process = self.enricher_that_waits();
        process.wait_until_serving();
        process
    }

    /// An enricher, whether or not it has an inventory.
    pub(crate) fn enricher_that_waits(&mut self) -> Process {
        let exporter = self
            .exporter
            .get_or_insert_with(|| Service::start("exporter", "exporter", &[], &self.config));
        let list = self.scratch.path("exporter.txt");
        fs::write(list, exporter.data_url()).unwrap();
        Process(Service::start("enricher", "enricher", &[], &self.config))
    }
}

impl Process {
    pub(crate) fn is_serving(&self) -> bool {
        self.0.is_serving()
    }

    pub(crate) fn wait_until_serving(&self) {
        self.0.wait_until_serving();
    }

    /// Asks it to end: the exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        self.0.terminate()
    }

    /// Calls a method; of a stream the last message.
    pub(crate) fn call(&self, method: &str, request: &Value) -> Value {
        let address = self.0.admin_url();
        let address = address.strip_prefix("http://").unwrap();
        let mut command = python_program("grpcurl");
        command.args(["-plaintext", "-emit-defaults", "-max-time", "110"]);
        let called = run(command.args(["-d", &request.to_string(), address, method]));
        let answers = called.ended_with(0).stdout;
        let answers = serde_json::Deserializer::from_str(&answers).into_iter::<Value>();
        answers.last().expect("an answer").unwrap()
    }
}
