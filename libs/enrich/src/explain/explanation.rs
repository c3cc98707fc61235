//! What an explanation says.

use std::net::Ipv4Addr;

use weir_flowlog::{Field, RejectReason};
use weir_inventory::ExporterKind;
use weir_ipfix::{AddressFamily, InterfaceSide, LayoutRevision};

use super::rule::Rule;

/// What becomes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// One record.
    Record(Box<ExplainedRecord>),
    /// Nothing: there was no traffic in the interval that the line tells of.
    NoData,
    /// Nothing: AWS skipped the flows of the interval that the line tells of.
    SkipData,
    /// Nothing: the line cannot be read.
    Rejected {
        /// What is wrong with it.
        reason: RejectReason,
        /// The field whose value it is, where one is at fault.
        field: Option<Field>,
    },
    /// Nothing: there is no line but blank ones.
    Blank,
}

/// A record, and why it is as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedRecord {
    /// The IP version, which chooses the layout.
    pub family: AddressFamily,
    /// The layout that the record follows.
    pub revision: LayoutRevision,
    /// Whose record it is.
    pub exporter: ExplainedExporter,
    /// The side of the flow that the network interface is.
    pub interface_side: InterfaceSide,
    /// How that was told.
    pub side_rule: Rule,
    /// How the source was found.
    pub source: Rule,
    /// How the destination was found.
    pub destination: Rule,
    /// The elements of the layout, in its order, each once.
    pub elements: Vec<ExplainedElement>,
}

/// The exporter of a record: a VPC, a transit gateway or the fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedExporter {
    /// RFC 7011 section 3.1.
    pub observation_domain_id: u32,
    /// What the exporter is.
    pub kind: ExporterKind,
    /// `vpc-…` or `tgw-…`; empty for the fallback.
    pub id: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its name.
    pub name: String,
    /// How it was chosen.
    pub rule: Rule,
}

/// One element of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedElement {
    /// The name as registered.
    pub name: &'static str,
    /// `None` for IANA's elements.
    pub enterprise_number: Option<u32>,
    /// 1–32767.
    pub id: u16,
    /// The value as the JSON output writes it, without quotes and escapes; `None` when absent.
    /// Times are in seconds since the Unix epoch, forwardingStatus is AWS's word.
    pub value: Option<String>,
    /// Why it is that value, or none.
    pub rule: Rule,
}
