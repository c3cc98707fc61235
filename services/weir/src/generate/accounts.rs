//! Lays out accounts, VPCs, instances and interfaces.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use weir_inventory::{Account, Instance, Interface, InterfaceAddress, Inventory, Vpc};

use super::GenerateConfig;
use super::containers::ecs_task;
use super::environment::{Eni, Environment, FlowLog, Tags, VpcLayout};
use super::ip_ranges::{self, GLOBAL, RegionRanges};
use super::names::{self, PUBLIC_ROLE_EVERY, REGIONS, percent_encoded, resource_id};
use super::objects::share;
use super::rng::Rng;
use super::subnets::{SubnetPool, Subnets, vpc_block_v4, vpc_block_v6};

/// The environment of a seed.
pub(super) fn lay_out(config: &GenerateConfig) -> anyhow::Result<Environment> {
    let ip_ranges = ip_ranges::excerpt()?;
    let ranges: Vec<_> =
        REGIONS.iter().map(|(region, _)| RegionRanges::of(&ip_ranges, region)).collect();
    let environment = Environment {
        global_ranges: RegionRanges::of(&ip_ranges, GLOBAL),
        inventory: Inventory { generated_at: config.end, ip_ranges, ..Inventory::default() },
        enis: Vec::new(),
        vpcs: Vec::new(),
        flow_logs: Vec::new(),
        ranges,
    };
    let rng = Rng::new(config.seed, 0);
    let mut builder = Builder { environment, rng, public_addresses: [0; REGIONS.len()] };
    builder.add_accounts(config);
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
    fn add_accounts(&mut self, config: &GenerateConfig) {
        let vpcs = u64::from(config.accounts) * u64::from(config.vpcs);
        for number in 0..config.accounts as usize {
            let id = names::account_id(&mut self.rng);
            let name = names::account_name(number);
            self.environment
                .inventory
                .accounts
                .push(Account { id: id.clone(), name: Some(name.clone()) });
            for vpc in 0..config.vpcs as usize {
                let place = self.environment.vpcs.len() as u64;
                let instances = share(u64::from(config.instances), vpcs, place, place + 1);
                let vpc_name = names::vpc_name(&name, vpc);
                // Every third VPC of an account lies in the region of its first one.
                self.add_vpc(&id, (number + vpc % 3) % REGIONS.len(), vpc_name, instances as u32);
            }
        }
    }

    fn add_vpc(&mut self, account: &str, region: usize, name: Option<String>, instances: u32) {
        let index = self.environment.vpcs.len();
        let block = vpc_block_v4(index);
        let block_v6 = self.environment.ranges[region]
            .ec2_v6
            .first()
            .filter(|_| index.is_multiple_of(2))
            .map(|prefix| vpc_block_v6(*prefix, index));
        let cidrs = [Some(block.into()), block_v6.map(Into::into)].into_iter().flatten().collect();
        self.environment.inventory.vpcs.push(Vpc {
            id: resource_id("vpc", &mut self.rng),
            account_id: account.to_owned(),
            region: REGIONS[region].0.to_owned(),
            name,
            cidrs,
            exporter: None,
        });
        self.join_flow_log(account, region, index);
        let zones = if index.is_multiple_of(2) { 2 } else { 3 };
        let vpc = &self.environment.inventory.vpcs[index];
        let mut subnets =
            Subnets::lay_out(&mut self.environment.inventory.subnets, &mut self.rng, vpc, zones);
        self.add_interfaces(index, region, &mut subnets, instances);
    }

    fn join_flow_log(&mut self, account: &str, region: usize, vpc: usize) {
        let region = REGIONS[region].0;
        let flow_logs = &mut self.environment.flow_logs;
        let known = flow_logs.iter_mut().find(|x| x.account_id == account && x.region == region);
        match known {
            Some(flow_log) => flow_log.vpcs.push(vpc),
            None => flow_logs.push(FlowLog {
                id: resource_id("fl", &mut self.rng),
                account_id: account.to_owned(),
                region: region.to_owned(),
                vpcs: vec![vpc],
            }),
        }
    }

    fn add_interfaces(&mut self, vpc: usize, region: usize, subnets: &mut Subnets, instances: u32) {
        let nat_gateway = self.add_nat_gateway(vpc, region, subnets);
        let load_balancer = self.add_load_balancer(vpc, region, subnets);
        let endpoint = self.add_endpoint(vpc, region, subnets);
        let first = self.environment.enis.len();
        for number in 0..instances {
            self.add_instance(vpc, region, subnets, number);
        }
        let workload = first..self.environment.enis.len();
        let has_public = |eni: &usize| self.environment.public(*eni).is_some();
        let has_v6 = |eni: &usize| self.environment.ipv6(*eni).is_some();
        let public: Vec<_> = workload.clone().filter(has_public).collect();
        let layout = VpcLayout {
            region,
            nat_gateway,
            load_balancer,
            endpoint,
            public_v6: public.iter().copied().filter(has_v6).collect(),
            public,
            workload,
        };
        self.environment.vpcs.push(layout);
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
