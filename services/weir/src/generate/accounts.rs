//! Lays out accounts, VPCs, instances and interfaces.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use weir_inventory::{
    Account, Instance, Interface, InterfaceAddress, Inventory, TransitGateway,
    TransitGatewayAttachment, Vpc,
};

use super::GenerateConfig;
use super::containers::ecs_task;
use super::environment::{Attachment, Captures, Eni, Environment, FlowLog, Tags, VpcLayout};
use super::ip_ranges::{self, GLOBAL, RegionRanges};
use super::names::{self, PUBLIC_ROLE_EVERY, REGIONS, percent_encoded, resource_id};
use super::objects::share;
use super::rng::Rng;
use super::routing;
use super::subnets::{SubnetPool, Subnets, vpc_block_v4, vpc_block_v6};
use super::topology::{Site, Topology};

/// The environment of a seed.
pub(super) fn lay_out(config: &GenerateConfig) -> anyhow::Result<Environment> {
    let ip_ranges = ip_ranges::excerpt()?;
    let ranges: Vec<_> =
        REGIONS.iter().map(|(region, _)| RegionRanges::of(&ip_ranges, region)).collect();
    let topology = Topology::new(config.accounts, config.vpcs);
    let environment = Environment {
        global_ranges: RegionRanges::of(&ip_ranges, GLOBAL),
        inventory: Inventory { generated_at: config.end, ip_ranges, ..Inventory::default() },
        enis: Vec::new(),
        vpcs: Vec::new(),
        flow_logs: Vec::new(),
        links: Vec::new(),
        ranges,
    };
    let rng = Rng::new(config.seed, 0);
    let mut builder = Builder { environment, rng, public_addresses: [0; REGIONS.len()] };
    builder.add_accounts(config.accounts);
    builder.add_transit_gateways(&topology);
    builder.add_vpcs(config.instances.into(), &topology);
    routing::connect(&mut builder.environment, &mut builder.rng, &topology);
    Ok(builder.environment)
}

struct Builder {
    environment: Environment,
    rng: Rng,
    /// How many public addresses each region has handed out.
    public_addresses: [u32; REGIONS.len()],
}

/// What `add_interface` puts into the inventory and beside it.
struct NewInterface<'a> {
    subnet: &'a mut SubnetPool,
    vpc: usize,
    instance_id: Option<String>,
    interface_type: &'a str,
    description: String,
    public: bool,
    secondary: bool,
    ipv6: bool,
    resource_id: Option<String>,
    tags: Tags,
}

impl Builder {
    fn add_accounts(&mut self, accounts: u32) {
        for number in 0..accounts as usize {
            let id = names::account_id(&mut self.rng);
            let name = Some(names::account_name(number));
            self.environment.inventory.accounts.push(Account { id, name });
        }
    }

    /// Adds the transit gateways, each owned by the account of its first VPC.
    fn add_transit_gateways(&mut self, topology: &Topology) {
        for gateway in &topology.gateways {
            let owner = gateway.segments.first().and_then(|segment| segment.first());
            let account = owner.map_or(0, |&vpc| topology.sites[vpc].account);
            let inventory = &mut self.environment.inventory;
            inventory.transit_gateways.push(TransitGateway {
                id: resource_id("tgw", &mut self.rng),
                account_id: inventory.accounts[account].id.clone(),
                region: REGIONS[gateway.region].0.to_owned(),
                name: Some(format!("backbone {}", REGIONS[gateway.region].0)),
                exporter: None,
            });
        }
    }

    fn add_vpcs(&mut self, instances: u64, topology: &Topology) {
        let all = topology.sites.len() as u64;
        let mut of_account = 0;
        for (index, site) in topology.sites.iter().enumerate() {
            let is_first = index == 0 || topology.sites[index - 1].account != site.account;
            of_account = if is_first { 0 } else { of_account + 1 };
            let account = &self.environment.inventory.accounts[site.account];
            let name = names::vpc_name(account.name.as_deref().unwrap_or_default(), of_account);
            let place = index as u64;
            self.add_vpc(site, name, share(instances, all, place, place + 1) as u32);
        }
    }

    fn add_vpc(&mut self, site: &Site, name: Option<String>, instances: u32) {
        let index = self.environment.vpcs.len();
        let region = site.region;
        let account = self.environment.inventory.accounts[site.account].id.clone();
        let block = vpc_block_v4(site.block);
        let block_v6 = self.environment.ranges[region]
            .ec2_v6
            .first()
            .filter(|_| index.is_multiple_of(2))
            .map(|prefix| vpc_block_v6(*prefix, index));
        let cidrs = [Some(block.into()), block_v6.map(Into::into)].into_iter().flatten().collect();
        self.environment.inventory.vpcs.push(Vpc {
            id: resource_id("vpc", &mut self.rng),
            account_id: account.clone(),
            region: REGIONS[region].0.to_owned(),
            name,
            cidrs,
            exporter: None,
        });
        let flow_log = self.join_flow_log(&account, region, index);
        let zones = if index.is_multiple_of(2) { 2 } else { 3 };
        let vpc = &self.environment.inventory.vpcs[index];
        let mut subnets =
            Subnets::lay_out(&mut self.environment.inventory.subnets, &mut self.rng, vpc, zones);
        let layout = self.add_interfaces(index, site, &mut subnets, instances);
        self.environment.vpcs.push(VpcLayout { flow_log, ..layout });
    }

    /// The flow log of the account and region, which captures the VPC from now on.
    fn join_flow_log(&mut self, account: &str, region: usize, vpc: usize) -> usize {
        let region = REGIONS[region].0;
        let flow_logs = &mut self.environment.flow_logs;
        for (index, flow_log) in flow_logs.iter_mut().enumerate() {
            if let Captures::Vpcs(vpcs) = &mut flow_log.captures
                && flow_log.account_id == account
                && flow_log.region == region
            {
                vpcs.push(vpc);
                return index;
            }
        }
        flow_logs.push(FlowLog {
            id: resource_id("fl", &mut self.rng),
            account_id: account.to_owned(),
            region: region.to_owned(),
            captures: Captures::Vpcs(vec![vpc]),
        });
        flow_logs.len() - 1
    }

    fn add_interfaces(
        &mut self,
        vpc: usize,
        site: &Site,
        subnets: &mut Subnets,
        instances: u32,
    ) -> VpcLayout {
        let region = site.region;
        let nat_gateway = self.add_nat_gateway(vpc, region, subnets);
        let load_balancer = self.add_load_balancer(vpc, region, subnets);
        let endpoint = self.add_endpoint(vpc, region, subnets);
        let attachment = site.gateway.map(|gateway| self.attach(vpc, gateway, region, subnets));
        let first = self.environment.enis.len();
        for number in 0..instances {
            self.add_instance(vpc, region, subnets, number);
        }
        let workload = first..self.environment.enis.len();
        let has_public = |eni: &usize| self.environment.public(*eni).is_some();
        let has_v6 = |eni: &usize| self.environment.ipv6(*eni).is_some();
        let public: Vec<_> = workload.clone().filter(has_public).collect();
        VpcLayout {
            region,
            flow_log: 0,
            private_subnets: subnets.indexes(false),
            public_subnets: subnets.indexes(true),
            attachment,
            nat_gateway,
            load_balancer,
            endpoint,
            public_v6: public.iter().copied().filter(has_v6).collect(),
            public,
            workload,
        }
    }

    /// Attaches a VPC to a transit gateway, which gets an interface in each Availability Zone.
    fn attach(
        &mut self,
        vpc: usize,
        gateway: usize,
        region: usize,
        subnets: &mut Subnets,
    ) -> Attachment {
        let id = resource_id("tgw-attach", &mut self.rng);
        let zones = subnets.indexes(false).len() as u32;
        let add = |zone| {
            let interface = NewInterface {
                interface_type: "transit_gateway",
                description: format!("Network Interface for Transit Gateway Attachment {id}"),
                ..NewInterface::of(subnets.pool(false, zone), vpc)
            };
            self.add_interface(region, interface)
        };
        let interfaces = (0..zones).map(add).collect();
        let inventory = &mut self.environment.inventory;
        inventory.transit_gateway_attachments.push(TransitGatewayAttachment {
            id,
            transit_gateway_id: inventory.transit_gateways[gateway].id.clone(),
            resource_type: "vpc".to_owned(),
            resource_id: inventory.vpcs[vpc].id.clone(),
            route_table_id: None,
        });
        Attachment { index: inventory.transit_gateway_attachments.len() - 1, interfaces }
    }

    fn add_nat_gateway(&mut self, vpc: usize, region: usize, subnets: &mut Subnets) -> usize {
        let id = resource_id("nat", &mut self.rng);
        let description = format!("Interface for NAT Gateway {id}");
        let interface = NewInterface {
            interface_type: "nat_gateway",
            description,
            public: true,
            resource_id: Some(id),
            ..NewInterface::managed(subnets, vpc)
        };
        self.add_interface(region, interface)
    }

    fn add_load_balancer(&mut self, vpc: usize, region: usize, subnets: &mut Subnets) -> usize {
        let description = format!("ELB app/web-{:02}/{:016x}", vpc + 1, self.rng.next());
        let interface =
            NewInterface { description, public: true, ..NewInterface::managed(subnets, vpc) };
        self.add_interface(region, interface)
    }

    fn add_endpoint(&mut self, vpc: usize, region: usize, subnets: &mut Subnets) -> usize {
        let id = resource_id("vpce", &mut self.rng);
        let interface = NewInterface {
            interface_type: "vpc_endpoint",
            description: format!("VPC Endpoint Interface {id}"),
            ..NewInterface::managed(subnets, vpc)
        };
        self.add_interface(region, interface)
    }

    fn add_instance(&mut self, vpc: usize, region: usize, subnets: &mut Subnets, number: u32) {
        let id = resource_id("i", &mut self.rng);
        let name = names::instance_name(number);
        let tags = instance_tags(name.as_deref(), number);
        self.environment.inventory.instances.push(Instance { id: id.clone(), name });
        let public = number.is_multiple_of(PUBLIC_ROLE_EVERY);
        let interface = NewInterface {
            instance_id: Some(id.clone()),
            public,
            secondary: number % 8 == 2,
            ipv6: number % 5 < 3,
            tags: tags.clone(),
            ..NewInterface::of(subnets.pool(public, number), vpc)
        };
        let eni = self.add_interface(region, interface);
        if names::role(number) == "worker" {
            self.environment.enis[eni].ecs =
                Some(Box::new(ecs_task(self.environment.vpc_of(eni), &mut self.rng)));
        }
        if number % 16 == 3 {
            let second = NewInterface {
                instance_id: Some(id),
                description: "backup network".to_owned(),
                tags,
                ..NewInterface::of(subnets.pool(false, number), vpc)
            };
            self.add_interface(region, second);
        }
    }

    fn add_interface(&mut self, region: usize, new: NewInterface<'_>) -> usize {
        let mut addresses = vec![self.address(region, new.subnet.next_v4(), new.public)];
        if new.secondary {
            addresses.push(self.address(region, new.subnet.next_v4(), new.public));
        }
        let ipv6 = if new.ipv6 { new.subnet.random_v6(&mut self.rng) } else { None };
        let owner = &self.environment.inventory.vpcs[new.vpc];
        let subnet = &self.environment.inventory.subnets[new.subnet.index];
        self.environment.inventory.interfaces.push(Interface {
            id: resource_id("eni", &mut self.rng),
            account_id: owner.account_id.clone(),
            vpc_id: owner.id.clone(),
            subnet_id: Some(subnet.id.clone()),
            instance_id: new.instance_id,
            interface_type: new.interface_type.to_owned(),
            description: new.description,
            addresses,
            ipv6_addresses: ipv6.into_iter().collect(),
        });
        let interface = subnet.name.as_deref().map(percent_encoded);
        self.environment.enis.push(Eni {
            vpc: new.vpc,
            subnet: new.subnet.index,
            resource_id: new.resource_id,
            tags: Tags { interface, ..new.tags },
            ecs: None,
        });
        self.environment.enis.len() - 1
    }

    fn address(&mut self, region: usize, private: Ipv4Addr, public: bool) -> InterfaceAddress {
        InterfaceAddress { private, public: public.then(|| self.public_address(region)).flatten() }
    }

    /// The next address in the region's EC2 prefixes, which take turns.
    fn public_address(&mut self, region: usize) -> Option<Ipv4Addr> {
        let prefixes = &self.environment.ranges[region].ec2;
        let number = self.public_addresses[region];
        self.public_addresses[region] += 1;
        let turn: &Ipv4Net = prefixes.get(number as usize % prefixes.len().max(1))?;
        Some(ip_ranges::scattered_v4(*turn, number / prefixes.len() as u32))
    }
}

impl<'a> NewInterface<'a> {
    fn of(subnet: &'a mut SubnetPool, vpc: usize) -> Self {
        Self {
            subnet,
            vpc,
            instance_id: None,
            interface_type: "interface",
            description: String::new(),
            public: false,
            secondary: false,
            ipv6: false,
            resource_id: None,
            tags: Tags::default(),
        }
    }

    /// An interface that an AWS service manages, in a public subnet.
    fn managed(subnets: &'a mut Subnets, vpc: usize) -> Self {
        Self::of(subnets.pool(true, 0), vpc)
    }
}

fn instance_tags(name: Option<&str>, number: u32) -> Tags {
    let scaled = number.is_multiple_of(PUBLIC_ROLE_EVERY);
    Tags {
        instance: name.map(percent_encoded),
        instance_2: Some(percent_encoded(&format!("cost centre {}", 100 + number % 7))),
        interface: None,
        auto_scaling_group: scaled.then(|| format!("{}-asg", names::role(number))),
    }
}
