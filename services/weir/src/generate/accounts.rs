//! Lays out accounts, VPCs and transit gateways.

use weir_inventory::{Account, Inventory, TransitGateway, Vpc};

use super::GenerateConfig;
use super::environment::{Captures, Environment, FlowLog, VpcLayout};
use super::ip_ranges::{self, GLOBAL, RegionRanges};
use super::names::{self, REGIONS, resource_id};
use super::objects::share;
use super::rng::Rng;
use super::routing;
use super::subnets::{Subnets, vpc_block_v4, vpc_block_v6};
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

/// An environment in the making.
pub(super) struct Builder {
    pub(super) environment: Environment,
    pub(super) rng: Rng,
    /// How many public addresses each region has handed out.
    pub(super) public_addresses: [u32; REGIONS.len()],
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
}
