//! The processes around a stream: Redis, an exporter, an enricher, workers.

use weir_testkit::{AwsDouble, RedisServer};
use weir_tests::{Corpus, Scratch, Service, UdpCollector};

use crate::stream::{REGION, STREAM};

const KEY: &str = "AKIAEXAMPLE";

/// One `weir.toml` for all processes.
pub(crate) struct Installation {
    _redis: RedisServer,
    aws: AwsDouble,
    scratch: Scratch,
    config: String,
    _exporter: Service,
    _enricher: Service,
}

impl Installation {
    /// All that workers need to read the stream of the Kinesis at this URL.
    pub(crate) fn start(corpus: &Corpus, collector: &UdpCollector, kinesis: &str) -> Self {
        let (redis, aws, scratch) = (RedisServer::start(), AwsDouble::start(), Scratch::new());
        aws.add_user(KEY, "111122223333", "weir");
        let start = format!(
            "[rpc]\nplaintext = true\n\
             [telemetry]\nlog_form = \"json\"\nlog_level = \"info\"\n\
             [store]\nurl = \"{}\"\ntimeout = \"2s\"\n\
             [inventory]\nfile = \"{}\"\n\
             [aws]\nendpoint = \"{}\"\n\
             [aws.endpoints]\nkinesis = \"{kinesis}\"\n\
             [[aws.profiles]]\naccess_key_id = \"{KEY}\"\nsecret_access_key = \"secret\"\n\
             [exporter]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [[exporter.collectors]]\naddress = \"{}\"\n",
            redis.url(),
            corpus.inventory().display(),
            aws.url(),
            collector.url(),
        );
        let file = scratch.write("exporter.toml", &start);
        let exporter = Service::start("exporter", "exporter", &[], &file);
        let enricher = format!(
            "{start}[enricher]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             exporter = \"{}\"\n",
            exporter.data_url()
        );
        let file = scratch.write("enricher.toml", &enricher);
        let enricher = Service::start("enricher", "enricher", &[], &file);
        enricher.wait_until_serving();
        let config = format!(
            "{start}[ingest_kinesis]\nadmin_listen = \"127.0.0.1:0\"\nenrichers = [\"{}\"]\n\
             failover = \"3s\"\nidle = \"200ms\"\nwithout_leases = \"begin\"\n\
             [[ingest_kinesis.streams]]\nname = \"{STREAM}\"\nregion = \"{REGION}\"\n\
             initial_position = \"TRIM_HORIZON\"\nlog_format = \"{}\"\n",
            enricher.data_url(),
            Corpus::log_format(),
        );
        let (_redis, _exporter, _enricher) = (redis, exporter, enricher);
        Self { _redis, aws, scratch, config, _exporter, _enricher }
    }

    /// All stages in one process, with its state in a file.
    pub(crate) fn one_process(&self) -> Service {
        let (before, rest) = self.config.split_once("[store]").unwrap();
        let (_, after) = rest.split_once("[inventory]").unwrap();
        let state = self.scratch.path("state.redb");
        let config = format!(
            "{before}[tail]\nadmin_listen = \"127.0.0.1:0\"\n\
             [store]\nfile = \"{}\"\n[inventory]{after}",
            state.display()
        );
        let file = self.scratch.write("run.toml", &config);
        Service::start("run", "run", &[], &file)
    }

    /// AWS, but for Kinesis.
    pub(crate) fn aws(&self) -> &AwsDouble {
        &self.aws
    }

    /// A worker with a page for Prometheus, which puts metrics to CloudWatch each second.
    pub(crate) fn measured_worker(&self, name: &str) -> Service {
        let page = "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n";
        let config = self.config.replace("[telemetry]\n", page);
        let config =
            format!("{config}[ingest_kinesis.cloudwatch]\nenabled = true\ninterval = \"1s\"\n");
        let file = self.scratch.write(&format!("{name}.toml"), config);
        Service::start(name, "ingest-kinesis", &[], &file)
    }

    /// Where settings are changed.
    pub(crate) fn discovery(&self) -> Service {
        let sections = "[discovery]\nadmin_listen = \"127.0.0.1:0\"\nip_ranges = \"bundled\"\n";
        let file = self.scratch.write("discovery.toml", format!("{}{sections}", self.config));
        Service::start("discovery", "discovery", &[], &file)
    }

    pub(crate) fn worker(&self, name: &str) -> Service {
        let file = self.scratch.write(&format!("{name}.toml"), &self.config);
        Service::start(name, "ingest-kinesis", &[], &file)
    }

    /// One that reads with enhanced fan-out, and trusts who signed this certificate.
    pub(crate) fn fanned_out_worker(&self, name: &str, authority: &str) -> Service {
        let config = format!("{}enhanced_fan_out = true\n", self.config);
        let file = self.scratch.write(&format!("{name}.toml"), config);
        let authority = self.scratch.write("authority.pem", authority);
        let trust = [("SSL_CERT_FILE", authority.to_str().unwrap())];
        Service::start_under(&trust, name, "ingest-kinesis", &[], &file)
    }
}
