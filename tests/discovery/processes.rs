//! The processes of an installation around one Redis server.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use weir_testkit::RedisServer;
use weir_tests::{Run, Scratch, Service, python, python_program, run};

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
        Self::start_with(account, &[])
    }

    /// An installation whose exporter has these collectors and outputs.
    pub(crate) fn start_with(account: &Account, outputs: &[&str]) -> Self {
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
             [exporter]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n{}\
             [enricher]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             exporter = \"file:exporter.txt\"\n\
             [tail]\nadmin_listen = \"127.0.0.1:0\"\ninterval = \"100ms\"\n\
             enrichers = [\"file:enricher.txt\"]\n\
             [telemetry]\nlog_form = \"json\"\n",
            redis.url(),
            account.endpoint(),
            outputs.concat(),
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

    /// A `weir tail` with an enricher behind it, and the folder that it reads.
    pub(crate) fn tail(&mut self) -> ([Process; 2], PathBuf) {
        let enricher = self.enricher();
        fs::write(self.scratch.path("enricher.txt"), enricher.0.data_url()).unwrap();
        let folder = self.scratch.path("flows");
        fs::create_dir(&folder).unwrap();
        let tail = Process(Service::start("tail", "tail", &[&folder], &self.config));
        ([enricher, tail], folder)
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

    fn address(&self) -> String {
        self.0.admin_url().strip_prefix("http://").unwrap().to_owned()
    }

    fn grpcurl(&self, method: &str, request: &Value) -> Run {
        let mut command = python_program("grpcurl");
        command.args(["-plaintext", "-emit-defaults", "-max-time", "110"]);
        run(command.args(["-d", &request.to_string(), &self.address(), method]))
    }

    /// Calls a method that answers with this code.
    pub(crate) fn refuses(&self, method: &str, request: &Value, code: &str) {
        let called = self.grpcurl(method, request);
        assert_ne!(called.code, Some(0), "{method} {request}");
        called.says(&[code]);
    }

    /// Calls a method over Python's grpcio.
    pub(crate) fn call_by_grpcio(&self, method: &str, request: &Value) -> Value {
        self.grpcio(&["call", method, &request.to_string()])
    }

    /// The methods of a service, as reflection tells them.
    pub(crate) fn methods(&self, service: &str) -> Vec<String> {
        let services = self.grpcio(&["list"]);
        let methods = services[service].as_object().unwrap().keys().cloned();
        let mut methods: Vec<_> = methods.collect();
        methods.sort_unstable();
        methods
    }

    fn grpcio(&self, arguments: &[&str]) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/reflection_client.py");
        let called = run(python().arg(script).arg(self.address()).args(arguments));
        serde_json::from_str(&called.ended_with(0).stdout).unwrap()
    }

    /// Calls a method; of a stream the last message.
    pub(crate) fn call(&self, method: &str, request: &Value) -> Value {
        let called = self.grpcurl(method, request);
        let answers = called.ended_with(0).stdout;
        let answers = serde_json::Deserializer::from_str(&answers).into_iter::<Value>();
        answers.last().expect("an answer").unwrap()
    }
}
