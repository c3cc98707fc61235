//! The interfaces of a VPC: those of instances and those that AWS services manage.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use weir_inventory::{Instance, Interface, InterfaceAddress, TransitGatewayAttachment};

use super::accounts::Builder;
use super::containers::ecs_task;
use super::environment::{Attachment, Eni, Tags, VpcLayout};
use super::ip_ranges;
use super::names::{self, PUBLIC_ROLE_EVERY, percent_encoded, resource_id};
use super::subnets::{SubnetPool, Subnets};
use super::topology::Site;

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
    pub(super) fn add_interfaces(
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
            ipv6_prefixes: Vec::new(),
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
