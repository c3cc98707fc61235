//! A pipeline as a configuration describes it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::pipeline::Pipeline;
use super::service::Service;
use crate::scratch::Scratch;
use crate::weir::{weir_of, weir_program};

/// How the stages protect their connections.
#[derive(Clone, Debug, Default)]
pub enum Protection {
    /// Not at all.
    #[default]
    Plaintext,
    /// With the files `ca.pem`, `cert.pem` and `key.pem` of a folder.
    Mutual(PathBuf),
}

/// What the stages are asked to do. Keys are TOML lines of a section.
#[derive(Debug)]
pub struct Plan {
    scratch: Scratch,
    inventory: PathBuf,
    folder: PathBuf,
    /// Keys of `[exporter]`.
    pub exporter: String,
    /// Collectors and outputs, as tables.
    pub outputs: String,
    /// Keys of `[enricher]`.
    pub enricher: String,
    /// Keys of `[tail]`.
    pub tail: String,
    /// Other sections of `weir run`.
    pub sections: String,
    /// Where `weir tail` keeps its checkpoints; in memory without it.
    pub store: Option<PathBuf>,
    /// How the stages protect their connections.
    pub protection: Protection,
    /// The binary that what is started from now on is of.
    pub program: PathBuf,
}

impl Plan {
    /// A pipeline that reads `folder` under an inventory and sends it nowhere as yet.
    pub fn new(inventory: &Path, folder: &Path) -> Self {
        Self {
            scratch: Scratch::new(),
            inventory: inventory.to_owned(),
            folder: folder.to_owned(),
            exporter: String::new(),
            outputs: String::new(),
            enricher: String::new(),
            tail: "interval = \"100ms\"\n".to_owned(),
            sections: String::new(),
            store: None,
            protection: Protection::Plaintext,
            program: weir_program(),
        }
    }

    /// The folder for what the test writes.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Adds a collector; `keys` are lines such as `records_per_second = 1000`.
    #[must_use]
    pub fn collector(mut self, address: &str, keys: &str) -> Self {
        self.table("collectors", "address", address, keys);
        self
    }

    /// Adds an output of text.
    #[must_use]
    pub fn output(mut self, target: &str, keys: &str) -> Self {
        self.table("outputs", "target", target, keys);
        self
    }

    fn table(&mut self, list: &str, key: &str, value: &str, keys: &str) {
        writeln!(self.outputs, "[[exporter.{list}]]\n{key} = \"{value}\"\n{keys}").expect("memory");
    }

    /// Adds keys of `[exporter]`.
    #[must_use]
    pub fn exporter(mut self, keys: &str) -> Self {
        self.exporter += keys;
        self.exporter.push('\n');
        self
    }

    /// Adds keys of `[enricher]`.
    #[must_use]
    pub fn enricher(mut self, keys: &str) -> Self {
        self.enricher += keys;
        self.enricher.push('\n');
        self
    }

    /// Adds keys of `[tail]`.
    #[must_use]
    pub fn tail(mut self, keys: &str) -> Self {
        self.tail += keys;
        self.tail.push('\n');
        self
    }

    /// Adds sections of `weir run`.
    #[must_use]
    pub fn sections(mut self, sections: &str) -> Self {
        self.sections += sections;
        self
    }

    /// Keeps checkpoints in a file.
    #[must_use]
    pub fn store(mut self) -> Self {
        self.store = Some(self.scratch.path("state.redb"));
        self
    }

    /// Starts everything with so many enrichers, and waits until all of it serves.
    #[track_caller]
    pub fn start(&self, enrichers: usize) -> Pipeline {
        let exporter = self.start_exporter();
        let number = |number| self.start_enricher(number, &exporter.data_url());
        let enrichers: Vec<_> = (1..=enrichers).map(number).collect();
        enrichers.iter().for_each(Service::wait_until_serving);
        let targets: Vec<_> = enrichers.iter().map(Service::data_url).collect();
        let tail = self.start_tail(&targets);
        Pipeline { tail, enrichers, exporter }
    }

    /// Starts an exporter on ports of its own.
    #[track_caller]
    pub fn start_exporter(&self) -> Service {
        self.start_exporter_at("127.0.0.1:0")
    }

    /// Starts an exporter whose enrichers connect to `listen`.
    #[track_caller]
    pub fn start_exporter_at(&self, listen: &str) -> Service {
        let exporter = self.start_unasked_exporter_at(listen);
        exporter.wait_until_serving();
        exporter
    }

    /// Starts an exporter that listens, and is not asked for its health: its certificate may be
    /// one that nobody accepts.
    #[track_caller]
    pub fn start_exporter_unasked(&self) -> Service {
        self.start_unasked_exporter_at("127.0.0.1:0")
    }

    #[track_caller]
    fn start_unasked_exporter_at(&self, listen: &str) -> Service {
        let sections = format!("[exporter]\nlisten = \"{listen}\"\n{}", self.exporter_section());
        let config = self.write("exporter", &sections);
        self.launch("exporter", "exporter", &[], &config)
    }

    fn exporter_section(&self) -> String {
        let Self { exporter, outputs, .. } = self;
        format!("admin_listen = \"127.0.0.1:0\"\n{exporter}\n{outputs}\n")
    }

    /// Starts the enricher of this number, which need not serve as yet. `exporter` is a URL, or
    /// `file:PATH`.
    #[track_caller]
    pub fn start_enricher(&self, number: usize, exporter: &str) -> Service {
        self.start_enricher_with(number, &format!("exporter = \"{exporter}\""))
    }

    /// Starts the enricher of this number, which spreads observation domains over `exporters`.
    #[track_caller]
    pub fn start_spreading_enricher(&self, number: usize, exporters: &[String]) -> Service {
        self.start_enricher_with(number, &format!("exporters = {exporters:?}"))
    }

    #[track_caller]
    fn start_enricher_with(&self, number: usize, exporters: &str) -> Service {
        let name = format!("enricher{number}");
        let Self { enricher, inventory, .. } = self;
        let sections = format!(
            "[enricher]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             {exporters}\n{enricher}\n[inventory]\nfile = \"{}\"\n",
            inventory.display()
        );
        let config = self.write(&name, &sections);
        self.launch(&name, "enricher", &[], &config)
    }

    /// Starts `weir tail` with enrichers at these URLs, or in these `file:PATH`s.
    #[track_caller]
    pub fn start_tail(&self, enrichers: &[String]) -> Service {
        let sections = format!(
            "[tail]\nenrichers = {enrichers:?}\n{}\n{}",
            self.tail_section(),
            self.store_section()
        );
        let config = self.write("tail", &sections);
        self.launch("tail", "tail", &[&self.folder], &config)
    }

    /// Starts `weir ingest-s3` with enrichers at these URLs; `keys` are of `[ingest_s3]`, and
    /// `sections` what else it needs.
    #[track_caller]
    pub fn start_ingest_s3(
        &self,
        name: &str,
        enrichers: &[String],
        keys: &str,
        sections: &str,
    ) -> Service {
        let sections = format!(
            "{sections}\n[ingest_s3]\nadmin_listen = \"127.0.0.1:0\"\nenrichers = {enrichers:?}\n\
             {keys}\n"
        );
        let config = self.write(name, &sections);
        self.launch(name, "ingest-s3", &[], &config)
    }

    /// Starts `weir run`: all stages in one process.
    #[track_caller]
    pub fn start_one_process(&self) -> Service {
        let Self { enricher, inventory, .. } = self;
        let sections = format!(
            "[exporter]\nlisten = \"127.0.0.1:0\"\n{}[enricher]\nlisten = \"127.0.0.1:0\"\n\
             admin_listen = \"127.0.0.1:0\"\n{enricher}\n[inventory]\nfile = \"{}\"\n\
             [tail]\n{}\n{}{}",
            self.exporter_section(),
            inventory.display(),
            self.tail_section(),
            self.store_section(),
            self.sections,
        );
        let config = self.write("run", &sections);
        self.launch("run", "run", &[&self.folder], &config)
    }

    #[track_caller]
    fn launch(&self, name: &str, subcommand: &str, arguments: &[&Path], config: &Path) -> Service {
        let mut command = weir_of(&self.program, subcommand);
        command.args(arguments).arg("--config").arg(config);
        Service::start_command(name, &mut command, config)
    }

    fn tail_section(&self) -> String {
        format!("admin_listen = \"127.0.0.1:0\"\n{}", self.tail)
    }

    fn store_section(&self) -> String {
        let path = self.store.as_deref().map(Path::display);
        path.map(|path| format!("[store]\nfile = \"{path}\"\n")).unwrap_or_default()
    }

    fn write(&self, name: &str, sections: &str) -> PathBuf {
        let rpc = match &self.protection {
            Protection::Plaintext => "plaintext = true".to_owned(),
            Protection::Mutual(folder) => {
                let file = |key: &str, name| format!("{key} = \"{}\"", folder.join(name).display());
                let keys = [("ca_file", "ca.pem"), ("certificate_file", "cert.pem")];
                let keys = keys.into_iter().chain([("key_file", "key.pem")]);
                keys.map(|(key, name)| file(key, name)).collect::<Vec<_>>().join("\n")
            }
        };
        let telemetry = "log_form = \"json\"\nmetrics_listen = \"127.0.0.1:0\"";
        let text = format!("[rpc]\n{rpc}\n[telemetry]\n{telemetry}\n{sections}");
        self.scratch.write(&format!("{name}.toml"), text)
    }
}
