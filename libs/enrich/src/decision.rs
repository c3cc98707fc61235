//! How what is found for a line was found: values that explanations read and records ignore.

use weir_inventory::SearchedIn;

/// How everything that is found for one line was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decisions {
    pub(crate) exporter: ExporterDecision,
    pub(crate) side: SideDecision,
    pub(crate) source: EndDecision,
    pub(crate) destination: EndDecision,
}

/// How it was told which side of a flow the network interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SideDecision {
    /// One side has its primary address.
    PrimaryAddress,
    /// One side has an address of it.
    OwnAddress,
    /// One side of the original packet has an address of it.
    PacketAddress,
    /// The line's `flow-direction`.
    Direction,
    /// Nothing tells.
    Nothing,
    /// The flow is of a transit gateway: neither side is an interface of it.
    TransitGateway,
}

/// How one end of a flow was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndDecision {
    /// It was not looked for: the line has no address there.
    Open,
    /// It is the interface, under an address that the inventory lists for it.
    OwnAddress,
    /// It is the interface, under an address that the inventory does not list for it.
    Identity,
    /// By a search for its address.
    Searched(SearchedIn),
}

/// What an exporter was looked for by. What the inventory does not have is the fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExporterDecision {
    /// The transit gateway that the line names.
    TransitGatewayOfLine,
    /// The VPC that the line names.
    VpcOfLine,
    /// The VPC of the interface that the line names, where it names one that is listed.
    VpcOfInterface,
}

/// Whose word a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextDecision {
    /// The line's.
    Line,
    /// The inventory's, of the interface that the line names.
    Interface,
    /// The inventory's, of the exporter.
    Exporter,
    /// That of the place where the line comes from.
    Place,
}
