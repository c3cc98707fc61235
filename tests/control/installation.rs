//! The processes of an installation around one Redis.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use weir_testkit::RedisServer;
use weir_tests::{Corpus, Scratch, Service, UdpCollector};

use crate::client::Client;

/// The access key of weir's own identity.
pub(crate) const OWN_KEY: &str = "AKIAOWNOFWEIREXAMPLE";

/// One file for all services, as the documentation asks for.
pub(crate) struct Installation {
    pub(crate) redis: RedisServer,
    pub(crate) scratch: Scratch,
    /// Lines of the file, sections with their headings.
    sections: String,
}

/// A pipeline that reads a corpus, and its collector.
pub(crate) struct Running {
    pub(crate) tail: Service,
    pub(crate) enricher: Service,
    pub(crate) exporter: Service,
    pub(crate) collector: UdpCollector,
}

impl Installation {
    /// Nothing runs as yet. `sections` are added to the file.
    pub(crate) fn new(sections: &str) -> Self {
        let redis = RedisServer::start();
        let sections = sections.to_owned();
        Self { redis, scratch: Scratch::new(), sections }
    }

    /// The same Redis under a file with other sections.
    pub(crate) fn with(self, sections: &str) -> Self {
        Self { sections: sections.to_owned(), ..self }
    }

    /// The file, with more lines.
    fn write(&self, name: &str, more: &str) -> PathBuf {
        let plaintext = "[rpc]\nplaintext = true\n";
        let rpc = if self.sections.contains("[rpc]") { "" } else { plaintext };
        let text = format!(
            "{rpc}[store]\nurl = \"{}\"\ntimeout = \"1s\"\n\
             [discovery]\nadmin_listen = \"127.0.0.1:0\"\n\
             [telemetry]\nlog_form = \"json\"\nmetrics_listen = \"127.0.0.1:0\"\n{}\n{more}",
            self.redis.url(),
            self.sections
        );
        self.scratch.write(&format!("{name}.toml"), text)
    }

    /// A discovery that finds no account, since nobody answers for AWS: it answers calls, and says
    /// that it is not well.
    pub(crate) fn discovery(&self, name: &str) -> Service {
        let aws = "[aws]\nendpoint = \"http://127.0.0.1:9\"\n\
                   [[aws.profiles]]\naccess_key_id = \"AKIAEXAMPLE\"\n\
                   secret_access_key = \"secret-of-the-file\"\n";
        let aws = if self.sections.contains("[aws]") { "" } else { aws };
        let config = self.write(name, aws);
        // weir's own identity, by the default chain of AWS.
        let own = [("AWS_ACCESS_KEY_ID", OWN_KEY), ("AWS_SECRET_ACCESS_KEY", "secret-of-weir")];
        Service::start_under(&own, name, "discovery", &[], &config)
    }

    /// All keys and values in Redis.
    pub(crate) fn stored(&self) -> String {
        const ALL: &str = "local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do \
            local kind = redis.call('TYPE', key).ok local value = '' \
            if kind == 'string' then value = redis.call('GET', key) \
            elseif kind == 'hash' then value = table.concat(redis.call('HGETALL', key), ' ') \
            elseif kind == 'zset' then value = table.concat(redis.call('ZRANGE', key, 0, -1), ' ') \
            else error('a key of another kind: ' .. kind) end \
            all[#all + 1] = key .. ' ' .. value end return table.concat(all, '\\n')";
        let mut stream = TcpStream::connect(("127.0.0.1", self.redis.port())).unwrap();
        write!(stream, "*3\r\n$4\r\nEVAL\r\n${}\r\n{ALL}\r\n$1\r\n0\r\n", ALL.len()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = String::new();
        reader.read_line(&mut length).unwrap();
        let length = length.trim().strip_prefix('$').expect(&length).parse().unwrap();
        let mut all = vec![0; length];
        reader.read_exact(&mut all).unwrap();
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Everything that moves records. `keys` are of the collector.
    pub(crate) fn pipeline(&self, corpus: &Corpus, keys: &str) -> Running {
        self.pipeline_with(corpus, "", keys)
    }

    /// The same with keys of `[exporter]`.
    pub(crate) fn pipeline_with(&self, corpus: &Corpus, of_exporter: &str, keys: &str) -> Running {
        let collector = UdpCollector::open();
        let exporter = self.write(
            "exporter",
            &format!(
                "[exporter]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
                 {of_exporter}\n[[exporter.collectors]]\naddress = \"{}\"\n{keys}\n",
                collector.url()
            ),
        );
        let exporter = Service::start("exporter", "exporter", &[], &exporter);
        exporter.wait_until_serving();
        let enricher = self.write(
            "enricher",
            &format!(
                "[enricher]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
                 exporter = \"{}\"\n[inventory]\nfile = \"{}\"\n",
                exporter.data_url(),
                corpus.inventory().display()
            ),
        );
        let enricher = Service::start("enricher", "enricher", &[], &enricher);
        enricher.wait_until_serving();
        let tail = self.write(
            "tail",
            &format!(
                "[tail]\nadmin_listen = \"127.0.0.1:0\"\ninterval = \"100ms\"\nenrichers = [\"{}\"]\n",
                enricher.data_url()
            ),
        );
        let tail = Service::start("tail", "tail", &[&corpus.folder()], &tail);
        Running { tail, enricher, exporter, collector }
    }
}

impl Running {
    /// Ends all of it well.
    pub(crate) fn end(mut self) {
        for service in [&mut self.tail, &mut self.enricher, &mut self.exporter] {
            assert_eq!(service.terminate(), Some(0), "{}", service.log());
        }
        assert_eq!(self.collector.dropped(), 0);
    }

    pub(crate) fn exporter(&self) -> Client {
        Client::of(&self.exporter)
    }
}
