//! A folder with what the tests' configurations name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

/// The bundled sample, an inventory and a flow log that belong together.
/// 198.51.100.0/24 is in US-VA, 203.0.113.128/25 in DE.
const GEO_DATABASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/geo/tiny.mmdb");
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/sample");

/// What came of a run: exit code, standard output, standard error.
pub(crate) type Outcome = (i32, String, String);

/// A certificate that anybody may be shown, and its key.
static CERTIFICATE: LazyLock<[String; 2]> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(["weir.example.org".to_owned()]).unwrap();
    [made.cert.pem(), made.signing_key.serialize_pem()]
});

/// A folder with `inventory.json`, `flow.log`, `geo.mmdb`, and `ca.pem`, `weir.pem` and
/// `weir.key` for TLS, and `sealing.key`.
pub(crate) struct Workplace(TempDir);

impl Workplace {
    pub(crate) fn new() -> Self {
        let workplace = Self(TempDir::new().unwrap());
        for name in ["inventory.json", "flow.log"] {
            fs::copy(Path::new(SAMPLE).join(name), workplace.path(name)).unwrap();
        }
        fs::copy(GEO_DATABASE, workplace.path("geo.mmdb")).unwrap();
        let [certificate, key] = &*CERTIFICATE;
        workplace.write("ca.pem", certificate);
        workplace.write("weir.pem", certificate);
        workplace.write("weir.key", key);
        workplace.write("sealing.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
        workplace
    }

    /// A folder with this `weir.toml`.
    pub(crate) fn with_config(text: &str) -> Self {
        let workplace = Self::new();
        workplace.write("weir.toml", text);
        workplace
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs weir in the folder with these variables and no others.
    pub(crate) fn run_under(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        command.current_dir(self.0.path()).env_clear().envs(variables.iter().copied());
        let output = command.args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_under(&[], arguments)
    }
}
