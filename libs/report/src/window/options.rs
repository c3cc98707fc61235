//! What is counted together, and how.

use std::time::Duration;

use ipnet::IpNet;
use weir_ipfix::{InformationElement, LayoutPair, element as ie};

use crate::field::Report;

/// How one output counts records together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    /// What the rows are of.
    pub report: Report,
    /// How long records are counted before their rows are written.
    pub interval: Duration,
    /// The most octets that an open window takes; beyond, the smaller flows are counted as the
    /// rest of their VPC.
    pub max_octets: usize,
    /// Whether the halves of a conversation become one row, its client the source.
    pub stitches: bool,
    /// Whether a flow that two interfaces of a VPC report counts once, as its source saw it.
    pub counts_once: bool,
    /// Whether a pair of hosts counts only in the VPC that saw most flows of it.
    pub authoritative_only: bool,
    /// Which rows are written; all when `None`. The others are counted as the rest of their VPC.
    pub top: Option<Top>,
    /// After how long without a flow a TCP session counts as ended; for
    /// [`Report::Conversations`] alone.
    pub session_timeout: Duration,
    /// The networks that directions are told by; where the inventory's VPCs are when empty.
    pub local_subnets: Vec<IpNet>,
    /// Whether rows hold the geographic regions of their addresses.
    pub has_geo_regions: bool,
}

/// The largest flows of each VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
    /// The most rows of a VPC; 0 is all.
    pub rows: u32,
    /// The percentage of the VPC's octets, 1 to 100, that the rows need to have together: those
    /// that are left then are not written.
    pub share: u8,
}

impl WindowOptions {
    /// The defaults of `report`: 30 s, 256 MiB; conversations are stitched, top traffic is 50
    /// rows within 95 %.
    pub fn new(report: Report) -> Self {
        let is_top = report == Report::TopTraffic;
        Self {
            report,
            interval: Duration::from_secs(30),
            max_octets: 256 << 20,
            stitches: report == Report::Conversations,
            counts_once: true,
            authoritative_only: false,
            top: is_top.then_some(Top { rows: 50, share: 95 }),
            session_timeout: Duration::from_secs(300),
            local_subnets: Vec::new(),
            has_geo_regions: false,
        }
    }

    /// The layouts of its rows.
    pub fn row_layouts(&self, enterprise_number: u32) -> LayoutPair {
        LayoutPair::with_extras(enterprise_number, &self.row_elements())
    }

    /// What rows hold beside the elements of every record.
    pub fn row_elements(&self) -> Vec<InformationElement> {
        let mut elements = vec![ie::DELTA_FLOW_COUNT];
        if self.stitches {
            elements.extend([ie::REVERSE_OCTET_DELTA_COUNT, ie::REVERSE_PACKET_DELTA_COUNT]);
        }
        if self.report == Report::Conversations {
            elements.extend([
                ie::BIFLOW_DIRECTION,
                ie::FLOW_SOURCE_TYPE,
                ie::CONVERSATION_DIRECTION,
                ie::CONVERSATION_STATE,
            ]);
        }
        if self.has_geo_regions {
            elements.extend([ie::SOURCE_GEO_REGION, ie::DESTINATION_GEO_REGION]);
        }
        elements
    }

    /// What a collector gets of a row that did not choose: all but flowDirection, which is of one
    /// interface and which no row has.
    pub fn default_elements(&self, rows: &LayoutPair) -> Vec<InformationElement> {
        let mut elements = rows.v4.elements().to_vec();
        elements
            .extend(rows.v6.elements().iter().filter(|each| !rows.v4.elements().contains(each)));
        elements.retain(|element| *element != ie::FLOW_DIRECTION);
        elements
    }

    /// What records must hold for it beside the elements that they always do.
    pub fn record_elements(&self) -> Vec<InformationElement> {
        let mut elements = Vec::new();
        if self.report == Report::Conversations {
            elements.extend([
                ie::SOURCE_PACKET_IPV4_ADDRESS,
                ie::DESTINATION_PACKET_IPV4_ADDRESS,
                ie::SOURCE_PACKET_IPV6_ADDRESS,
                ie::DESTINATION_PACKET_IPV6_ADDRESS,
            ]);
        }
        if self.has_geo_regions {
            elements.extend([ie::SOURCE_GEO_REGION, ie::DESTINATION_GEO_REGION]);
        }
        elements
    }

    pub(crate) fn tracks_sessions(&self) -> bool {
        self.report == Report::Conversations
    }
}
