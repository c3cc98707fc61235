//! Numbered flow log lines in a made-up AWS environment.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::scratch::{Scratch, gzip};
use crate::weir::{run, weir};

/// The fields of a numbered line.
const HEADER: &str = "version account-id interface-id vpc-id srcaddr dstaddr srcport dstport \
                      protocol packets bytes start end action log-status";

/// The fields of AWS's default format.
const DEFAULT_HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport \
                              protocol packets bytes start end action log-status";

/// When the first flow began.
const EPOCH: u64 = 1_767_322_000;

/// How long a flow lasts, in seconds.
const LENGTH: u64 = 60;

/// An environment, and the lines that its interfaces would log.
#[derive(Debug)]
pub struct Corpus {
    scratch: Scratch,
    interfaces: Vec<Interface>,
    /// When flows end and how many in a second, for lines in AWS's default format; none for those
    /// in a format of their own.
    flow: Option<(u64, u64)>,
}

/// A network interface with its first private address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    id: String,
    vpc_id: String,
    account_id: String,
    address: Ipv4Addr,
}

/// What the line with some number tells, and its record must tell too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) interface_id: String,
    pub(super) vpc_id: String,
    pub(super) source: u32,
    pub(super) destination: u32,
    pub(super) source_port: u64,
    pub(super) destination_port: u64,
    pub(super) protocol: u64,
    pub(super) packets: u64,
    /// The number.
    pub(super) bytes: u64,
    /// Milliseconds since 1970.
    pub(super) start: u64,
    /// Milliseconds since 1970.
    pub(super) end: u64,
}

impl Corpus {
    /// A small environment of some VPCs.
    ///
    /// # Panics
    /// When it cannot be generated.
    #[allow(clippy::new_without_default, reason = "running a program is no default value")]
    pub fn new() -> Self {
        Self::of_vpcs(4)
    }

    /// The same with so many VPCs, an even number.
    ///
    /// # Panics
    /// As [`Corpus::new`].
    pub fn of_vpcs(count: usize) -> Self {
        let scratch = Scratch::new();
        let out = scratch.path("environment");
        // There are two accounts.
        let vpcs = (count / 2).to_string();
        let mut generate = weir("generate");
        generate.arg("--out").arg(&out).args(["--records", "100", "--vpcs", &vpcs]);
        run(&mut generate).ended_with(0);
        let inventory = fs::read(out.join("inventory.json")).expect("there is an inventory");
        let inventory: Json = serde_json::from_slice(&inventory).expect("it is JSON");
        let interfaces = inventory["interfaces"].as_array().expect("it has interfaces");
        let interfaces: Vec<_> = interfaces.iter().filter_map(Interface::read).collect();
        assert!(interfaces.len() > 20, "only {} interfaces", interfaces.len());
        Self { scratch, interfaces, flow: None }
    }

    /// The same with lines in AWS's default format. The first flow ends at `end` (Unix seconds),
    /// and `per_second` in each second from then on. Each fifth was rejected.
    pub fn flowing(end: u64, per_second: u64) -> Self {
        Self { flow: Some((end, per_second)), ..Self::new() }
    }

    /// When the flow of this number ends, in Unix seconds.
    pub fn end_of(&self, number: u64) -> u64 {
        self.flow(number).end / 1000
    }

    /// Whether the flow of this number was rejected.
    pub fn is_rejected(&self, number: u64) -> bool {
        self.flow.is_some() && number.is_multiple_of(5)
    }

    /// The line with this number.
    pub fn line(&self, number: u64) -> String {
        let mut line = String::new();
        self.push_line(number, &mut line);
        line.trim_end().to_owned()
    }

    /// The inventory file.
    pub fn inventory(&self) -> PathBuf {
        self.scratch.path("environment/inventory.json")
    }

    /// The folder of the flow logs.
    pub fn folder(&self) -> PathBuf {
        self.scratch.path("logs")
    }

    /// Writes the lines with these numbers to gzip files of so many lines each. A file is there
    /// at once or not at all.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write(&self, numbers: Range<u64>, lines_of_file: u64) {
        let mut start = numbers.start;
        while start < numbers.end {
            let end = numbers.end.min(start + lines_of_file);
            let folder = self.folder();
            fs::create_dir_all(&folder).expect("a folder can be made");
            let part = folder.join(format!(".{start}"));
            fs::write(&part, gzip(self.text(start..end))).expect("a file can be written");
            let name = folder.join(format!("flows_{start:010}.log.gz"));
            fs::rename(part, name).expect("a file can be renamed");
            start = end;
        }
    }

    /// A header and the lines with these numbers.
    pub fn text(&self, numbers: Range<u64>) -> String {
        let header = if self.flow.is_some() { DEFAULT_HEADER } else { HEADER };
        let mut text = format!("{header}\n");
        for number in numbers {
            self.push_line(number, &mut text);
        }
        text
    }

    /// The log format of the lines, as AWS writes it.
    pub fn log_format() -> String {
        let fields = HEADER.split(' ').map(|field| format!("${{{field}}}"));
        fields.collect::<Vec<_>>().join(" ")
    }

    fn push_line(&self, number: u64, text: &mut String) {
        let (flow, account) = (self.flow(number), &self.interface(number).account_id);
        let (source, destination) =
            (Ipv4Addr::from_bits(flow.source), Ipv4Addr::from_bits(flow.destination));
        let Flow { interface_id, vpc_id, source_port, destination_port, .. } = &flow;
        let Flow { protocol, packets, bytes, .. } = flow;
        let (start, end) = (flow.start / 1000, flow.end / 1000);
        if self.flow.is_some() {
            let action = if self.is_rejected(number) { "REJECT" } else { "ACCEPT" };
            writeln!(
                text,
                "2 {account} {interface_id} {source} {destination} {source_port} \
                 {destination_port} {protocol} {packets} {bytes} {start} {end} {action} OK"
            )
            .expect("memory takes all");
            return;
        }
        writeln!(
            text,
            "5 {account} {interface_id} {vpc_id} {source} {destination} {source_port} \
             {destination_port} {protocol} {packets} {bytes} {start} {end} ACCEPT OK"
        )
        .expect("memory takes all");
    }

    /// What the line with this number tells.
    pub(super) fn flow(&self, number: u64) -> Flow {
        let Interface { id, vpc_id, address, .. } = self.interface(number);
        // Nobody in the environment has such an address.
        let destination = 0x0b00_0000 | (number as u32 & 0x00ff_ffff);
        let start = match self.flow {
            Some((end, per_second)) => end + number / per_second - LENGTH,
            None => EPOCH + number % 1000,
        };
        let start = start * 1000;
        Flow {
            interface_id: id.clone(),
            vpc_id: vpc_id.clone(),
            source: address.to_bits(),
            destination,
            source_port: number & 0xffff,
            destination_port: 443,
            protocol: 6,
            packets: number % 997 + 1,
            bytes: number,
            start,
            end: start + LENGTH * 1000,
        }
    }

    fn interface(&self, number: u64) -> &Interface {
        let place = number % self.interfaces.len() as u64;
        &self.interfaces[usize::try_from(place).expect("below the length of a list")]
    }
}

impl Interface {
    fn read(json: &Json) -> Option<Self> {
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let address = json["addresses"][0]["private"].as_str()?.parse().ok()?;
        Some(Self {
            id: text("id")?,
            vpc_id: text("vpc_id")?,
            account_id: text("account_id")?,
            address,
        })
    }
}
