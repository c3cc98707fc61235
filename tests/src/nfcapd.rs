//! nfcapd, a collector that others wrote, and what nfdump reads out of its file.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use weir_testkit::free_udp_port;

use crate::process::{Guard, require_tool, wait_until_bound, wait_until_read};
use crate::scratch::Scratch;
use crate::weir::{Run, run};

/// A running nfcapd.
#[derive(Debug)]
pub struct Nfcapd {
    process: Guard,
    port: u16,
    folder: PathBuf,
}

/// What nfcapd and nfdump have said.
#[derive(Debug)]
pub struct Nfdump {
    /// What nfcapd printed: sequence errors and bad packets.
    pub messages: String,
    /// A line for each flow.
    pub lines: Vec<String>,
}

impl Nfcapd {
    /// Starts it at a free port.
    ///
    /// # Panics
    /// When it is not installed or does not listen in time.
    #[track_caller]
    pub fn start(scratch: &Scratch) -> Self {
        Self::start_at(scratch, free_udp_port())
    }

    /// Starts it at this port.
    ///
    /// # Panics
    /// As [`Nfcapd::start`].
    #[track_caller]
    pub fn start_at(scratch: &Scratch, port: u16) -> Self {
        for program in ["nfcapd", "nfdump"] {
            require_tool(program, "nfdump");
        }
        let folder = scratch.path("nfcapd");
        fs::create_dir(&folder).expect("a folder can be made");
        let mut command = Command::new("nfcapd");
        command.arg("-w").arg(&folder).args(["-p", &port.to_string(), "-b", "127.0.0.1"]);
        command.args(["-t", "3600", "-v", "-B", "4000000"]);
        let process = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        wait_until_bound(port);
        Self { process, port, folder }
    }

    /// The address in the form of a configuration.
    pub fn url(&self) -> String {
        format!("udp://127.0.0.1:{}", self.port)
    }

    /// Ends nfcapd, which writes its file then, and has nfdump print the flows in `format`.
    ///
    /// # Panics
    /// When one of them fails.
    #[track_caller]
    pub fn finish(mut self, format: &str) -> Nfdump {
        wait_until_read(self.port);
        self.process.terminate();
        let Run { stdout, stderr, .. } = self.process.output();
        let mut nfdump = Command::new("nfdump");
        nfdump.arg("-R").arg(&self.folder).args(["-q", "-6", "-N", "-o", format]);
        let nfdump = run(&mut nfdump).ended_with(0);
        let lines = nfdump.stdout.lines().map(str::to_owned).collect();
        Nfdump { messages: stdout + &stderr, lines }
    }
}
