//! The rules behind one end of a flow.

use weir_flowlog::Field;
use weir_inventory::{Endpoint, InterfaceEntry, Search, SearchedIn, VpcIndex};
use weir_ipfix::InterfaceSide;

use super::flow::Flow;
use super::rule::Rule;
use super::search::{Origin, range_rule};
use crate::decision::{EndDecision, TextDecision};
use crate::line::SideValues;
use crate::sides::route_table_of;
use crate::texts::{SideTexts, own_region};

/// One end of a flow.
pub(super) struct End<'e> {
    flow: &'e Flow<'e>,
    /// What the line says of it.
    values: &'e SideValues<'e>,
    /// The field of its service.
    service_field: Field,
    found: Option<Endpoint<'e>>,
    decision: EndDecision,
    /// Whether it is the interface.
    is_own: bool,
    /// How it was found, or why not.
    rule: Rule,
    /// Region and service of the interface that was found by its public address.
    of_holder: Option<[&'e [u8]; 2]>,
}

/// What a record says of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    InstanceId,
    InstanceName,
    Region,
    Service,
    PublicAddress,
}

impl<'e> End<'e> {
    pub(super) fn source(flow: &'e Flow<'e>) -> Self {
        let sides = &flow.found.sides;
        let end = Self {
            flow,
            values: &flow.values.source,
            service_field: Field::PktSrcAwsService,
            found: sides.source,
            decision: flow.decisions.source,
            is_own: sides.interface_side == InterfaceSide::Source,
            rule: Rule::LineLacks(Field::SrcAddr),
            of_holder: None,
        };
        end.explored()
    }

    pub(super) fn destination(flow: &'e Flow<'e>) -> Self {
        let sides = &flow.found.sides;
        let end = Self {
            flow,
            values: &flow.values.destination,
            service_field: Field::PktDstAwsService,
            found: sides.destination,
            decision: flow.decisions.destination,
            is_own: sides.interface_side == InterfaceSide::Destination,
            rule: Rule::LineLacks(Field::DstAddr),
            of_holder: None,
        };
        end.explored()
    }

    /// The same with how it was found.
    fn explored(mut self) -> Self {
        match (self.decision, self.flow.found.interface) {
            (EndDecision::Open, _) => {}
            (EndDecision::OwnAddress, interface) => self.rule = self.own_rule(interface),
            (EndDecision::Identity, Some(_)) => self.rule = Rule::InterfaceWithoutAddress,
            (EndDecision::Identity, None) => self.rule = Rule::UnlistedInterface,
            (EndDecision::Searched(ended_in), _) => self.explore(ended_in),
        }
        self
    }

    /// The interface may have served another instance since.
    fn own_rule(&self, interface: Option<&InterfaceEntry>) -> Rule {
        let snapshot = self.flow.snapshot;
        let until =
            interface.and_then(|entry| snapshot.interface_until(entry, self.flow.values.at));
        match until {
            Some(until) => Rule::Interface.held_then(snapshot, interface, until),
            None => Rule::Interface,
        }
    }

    fn explore(&mut self, ended_in: SearchedIn) {
        let Some(address) = self.values.address else { return };
        let search = Search { endpoint: self.found, ended_in };
        let origin = self.origin();
        self.rule = match origin.rule(&search, address) {
            rule if self.flow.values.transit_gateway_id.is_some() => rule.of_side(),
            rule => rule,
        };
        if ended_in == SearchedIn::PublicAddresses {
            let holder = origin.interface(&search, address);
            let texts = holder.map(|holder| {
                self.flow.snapshot.primary_endpoint(holder, self.flow.values.at).texts()
            });
            self.of_holder = texts.map(|[_, _, region, service]| [region, service]);
        }
    }

    /// Where the search for it began.
    fn origin(&self) -> Origin<'e> {
        let Flow { snapshot, found, values: line, .. } = *self.flow;
        if line.transit_gateway_id.is_some() {
            let vpc = self.values.vpc_id.and_then(|id| snapshot.vpc_by_id(id));
            let vpc = vpc.unwrap_or(VpcIndex::FALLBACK);
            return Origin { snapshot, vpc, route_table: None, at: line.at };
        }
        let route_table = route_table_of(snapshot, found.interface, line);
        Origin { snapshot, vpc: found.exporter, route_table, at: line.at }
    }

    /// How it was found, or why not.
    pub(super) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Why `attribute` has a value or none.
    pub(super) fn attribute_rule(&self, attribute: Attribute, has_value: bool) -> Rule {
        let own = self.is_own.then_some((self.flow.values, self.flow.place));
        match (SideTexts::of(self.flow.snapshot, self.found, own), attribute) {
            (SideTexts::OtherInstance { .. }, Attribute::InstanceId) => {
                self.flow.of_field(Field::InstanceId)
            }
            (SideTexts::OtherInstance { .. }, Attribute::InstanceName) => {
                if has_value {
                    Rule::InstanceOfLine
                } else {
                    Rule::UnlistedInstance
                }
            }
            (SideTexts::OtherInstance { .. }, Attribute::Service) if !has_value => {
                self.known(false)
            }
            (SideTexts::OtherInstance { service, .. }, Attribute::Service) if service == [0] => {
                Rule::Line(self.service_field)
            }
            (SideTexts::OfLine(..), Attribute::InstanceId) => self.flow.of_field(Field::InstanceId),
            (SideTexts::OfLine(line, place), Attribute::Region) => {
                match own_region(line, place).1 {
                    TextDecision::Line => Rule::Line(Field::Region),
                    _ if has_value => Rule::Place,
                    _ => Rule::LineLacks(Field::Region),
                }
            }
            (SideTexts::WithoutService(_) | SideTexts::OfLine(..), Attribute::Service) => {
                let of_line = self.values.own_service().map(|_| Rule::Line(self.service_field));
                of_line.unwrap_or_else(|| self.known(false))
            }
            _ if has_value && self.is_of_range(attribute) => self.range(),
            _ => self.known(has_value),
        }
    }

    /// How it was found, where that tells the value or that there is none.
    fn known(&self, has_value: bool) -> Rule {
        let is_listed = self.found.is_some() && self.decision != EndDecision::Identity;
        if !has_value && is_listed { Rule::FoundWithout } else { self.rule.clone() }
    }

    /// Under a public address AWS's ranges tell what the interface itself does not.
    fn is_of_range(&self, attribute: Attribute) -> bool {
        self.of_holder.is_some_and(|[region, service]| match attribute {
            Attribute::Region => region.is_empty(),
            Attribute::Service => service.is_empty(),
            Attribute::InstanceId | Attribute::InstanceName | Attribute::PublicAddress => false,
        })
    }

    fn range(&self) -> Rule {
        let address = self.values.address;
        address.map_or(Rule::NobodyBeyond, |address| range_rule(self.flow.snapshot, address))
    }
}
