//! Regions.

use crate::aws::Listing;
use crate::xml::Xml;

/// Whether an account may use a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptIn {
    /// A region that is open to every account.
    NotRequired,
    /// A region that the account has opted in to.
    OptedIn,
    /// A region that the account has not opted in to, and that refuses it.
    NotOptedIn,
}

/// What `DescribeRegions` answers (as with `AllRegions`).
#[must_use]
pub fn regions(regions: &[(&str, OptIn)]) -> Listing {
    let region = |(name, opt_in): &(&str, OptIn)| {
        Xml::new()
            .leaf("regionName", name)
            .leaf("regionEndpoint", format!("ec2.{name}.amazonaws.com"))
            .leaf("optInStatus", opt_in.name())
    };
    Listing::xml("regionInfo", regions.iter().map(region).collect())
}

impl OptIn {
    fn name(self) -> &'static str {
        match self {
            Self::NotRequired => "opt-in-not-required",
            Self::OptedIn => "opted-in",
            Self::NotOptedIn => "not-opted-in",
        }
    }
}
