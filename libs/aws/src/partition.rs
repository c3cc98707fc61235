//! The parts of AWS that share nothing but the name.

use std::fmt;
use std::str::FromStr;

/// A partition (<https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>).
/// No identity of one can assume a role of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// The commercial regions.
    #[default]
    Aws,
    /// China.
    China,
    /// GovCloud of the United States.
    GovCloud,
}

impl Partition {
    /// Every partition.
    pub const ALL: [Self; 3] = [Self::Aws, Self::China, Self::GovCloud];

    /// Its name in ARNs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    /// The region that is asked first where none is configured. It is enabled in every account
    /// of the partition.
    pub const fn default_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::GovCloud => "us-gov-west-1",
        }
    }

    /// The partition that a region is in; regions that nobody knows yet are commercial.
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") {
            Self::China
        } else if region.starts_with("us-gov-") {
            Self::GovCloud
        } else {
            Self::Aws
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let partition = Self::ALL.into_iter().find(|partition| partition.name() == text);
        partition.ok_or_else(|| "the partition is one of aws, aws-cn, aws-us-gov".to_owned())
    }
}
