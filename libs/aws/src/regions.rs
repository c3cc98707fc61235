//! Which regions of an account are read.

/// What the configuration says of regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionFilter {
    /// Only these; every region when empty.
    pub allow: Vec<String>,
    /// All but these. It beats [`RegionFilter::allow`].
    pub deny: Vec<String>,
}

/// A region as `ec2:DescribeRegions` (with AllRegions) gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRegion {
    /// Its code, such as `eu-west-1`.
    pub name: String,
    /// `opt-in-not-required`, `opted-in` or `not-opted-in`; no status is as good as the first.
    pub opt_in_status: Option<String>,
}

/// Why a region is not read. The names are labels of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeftOut {
    /// The account has not opted in to it.
    NotOptedIn,
    /// The configuration allows others only.
    NotAllowed,
    /// The configuration leaves it out.
    Denied,
}

impl LeftOut {
    /// Its name in metrics and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotOptedIn => "not_opted_in",
            Self::NotAllowed => "not_allowed",
            Self::Denied => "denied",
        }
    }
}

/// A region that is not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutRegion {
    /// Its code.
    pub name: String,
    /// Why.
    pub why: LeftOut,
}

/// The regions of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionPlan {
    /// Those to read, sorted.
    pub enabled: Vec<String>,
    /// The others, sorted: no failure and no alarm.
    pub excluded: Vec<LeftOutRegion>,
}

impl RegionFilter {
    /// What the configuration alone says of a region; `None` when it is to be read.
    pub fn left_out(&self, region: &str) -> Option<LeftOut> {
        let has = |list: &[String]| list.iter().any(|name| name == region);
        if has(&self.deny) {
            Some(LeftOut::Denied)
        } else if !self.allow.is_empty() && !has(&self.allow) {
            Some(LeftOut::NotAllowed)
        } else {
            None
        }
    }

    /// Splits the regions that an account has into those to read and the others.
    pub fn plan(&self, found: impl IntoIterator<Item = FoundRegion>) -> RegionPlan {
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found.dedup_by(|one, other| one.name == other.name);
        let mut plan = RegionPlan::default();
        for FoundRegion { name, opt_in_status } in found {
            let is_closed = opt_in_status.as_deref() == Some("not-opted-in");
            let why = self.left_out(&name).or(is_closed.then_some(LeftOut::NotOptedIn));
            match why {
                Some(why) => plan.excluded.push(LeftOutRegion { name, why }),
                None => plan.enabled.push(name),
            }
        }
        plan
    }

    /// The regions that the configuration allows, where an account's regions cannot be listed:
    /// a reader may be refused `ec2:DescribeRegions` and nothing else. Empty without a list.
    pub fn named(&self) -> Vec<String> {
        let allowed = self.allow.iter().filter(|name| self.left_out(name).is_none());
        let mut named: Vec<_> = allowed.cloned().collect();
        named.sort();
        named.dedup();
        named
    }
}
