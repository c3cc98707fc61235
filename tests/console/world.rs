//! An account at moto, `weir run` that sweeps and reads it, and the console in front.

use std::net::SocketAddr;

use serde_json::Value;
use weir_testkit::MotoServer;
use weir_tests::{Scratch, Service, UdpCollector, python, run, wait_for};

pub(crate) const ADMIN: &str = "the-token-of-admins-1234";
pub(crate) const VIEWER: &str = "the-token-of-viewers-1234";

const FILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/console/fill.py");

/// 32 octets in base64, as `openssl rand -base64 32` writes them.
const SEALING_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Everything, running. The parts end in this order.
pub(crate) struct World {
    pub(crate) console: Service,
    pub(crate) weir: Service,
    pub(crate) collector: UdpCollector,
    /// What is in the account.
    pub(crate) made: Value,
    pub(crate) moto: MotoServer,
    pub(crate) scratch: Scratch,
}

impl World {
    /// Nothing was swept as yet: weir knows of a role of another account alone.
    pub(crate) fn start(console_keys: &str) -> Self {
        let moto = MotoServer::start();
        let filled = run(python().args([FILL, &moto.url()])).ended_with(0);
        let made = serde_json::from_str(&filled.stdout).expect("what was made");
        let (scratch, collector) = (Scratch::new(), UdpCollector::open());
        let weir = start_weir(&scratch, &moto, &collector);
        let console = start_console(&scratch, &weir, console_keys);
        Self { console, weir, collector, made, moto, scratch }
    }

    /// Where browsers connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.console.addresses().data.expect("a listener for browsers")
    }

    /// Ends both processes well.
    pub(crate) fn end(mut self) {
        assert_eq!(self.console.terminate(), Some(0), "{}", self.console.log());
        assert_eq!(self.weir.terminate(), Some(0), "{}", self.weir.log());
    }
}

fn start_weir(scratch: &Scratch, moto: &MotoServer, collector: &UdpCollector) -> Service {
    let folder = scratch.folder().display().to_string();
    scratch.write("sealing.key", SEALING_KEY);
    let text = format!(
        "[rpc]\nplaintext = true\n\
         [store]\nfile = \"{folder}/weir.store\"\n\
         [inventory]\nstore = true\n\
         [control]\nkey_file = \"{folder}/sealing.key\"\n\
         [discovery]\ncron = \"0 0 1 1 *\"\nip_ranges = \"bundled\"\n\
         [aws]\nendpoint = \"{}\"\ninclude_own_account = false\nregion = \"eu-west-1\"\n\
         [aws.regions]\nallow = [\"eu-west-1\"]\n\
         [[aws.roles]]\narn = \"arn:aws:iam::999999999999:role/of-the-file\"\nname = \"other\"\n\
         [ingest_s3]\n[ingest_cloudwatch]\n\
         [tail]\nadmin_listen = \"127.0.0.1:0\"\n\
         [[exporter.collectors]]\naddress = \"{}\"\n\
         [[exporter.outputs]]\ntarget = \"jsonl:{folder}/records.jsonl\"\n\
         [telemetry]\nlog_form = \"json\"\n",
        moto.url(),
        collector.url()
    );
    let config = scratch.write("weir.toml", text);
    // weir's own identity, by the default chain of AWS.
    let own = [("AWS_ACCESS_KEY_ID", "AKIAOWNOFWEIREXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let weir = Service::start_under(&own, "weir run", "run", &[], &config);
    wait_for("weir to serve", || weir.is_serving().then_some(()));
    weir
}

/// Starts a console before `weir`; `keys` are of its section.
pub(crate) fn start_console(scratch: &Scratch, weir: &Service, keys: &str) -> Service {
    let folder = scratch.folder().display().to_string();
    scratch.write("admin.token", format!("{ADMIN}\n"));
    scratch.write("viewer.token", format!("{VIEWER}\n"));
    let url = weir.admin_url();
    let text = format!(
        "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n\
         [console]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         discovery = \"{url}\"\nenrichers = [\"{url}\"]\nexporters = [\"{url}\"]\n\
         admin_token_file = \"{folder}/admin.token\"\nviewer_token_file = \"{folder}/viewer.token\"\n\
         interval = \"1s\"\n{keys}\n"
    );
    let config = scratch.write("console.toml", text);
    Service::start("console", "console", &[], &config)
}
