//! The fields of AWS's flow log tables.

/// How the value of a field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Decimal digits, 0 to `max`.
    Number {
        /// The largest value that is accepted.
        max: u64,
    },
    /// An IPv4 or IPv6 address.
    Address,
    /// Any UTF-8 without blanks and control characters.
    Text,
    /// `ACCEPT` or `REJECT`.
    Action,
    /// `OK`, `NODATA` or `SKIPDATA`.
    LogStatus,
    /// `ingress` or `egress`.
    Direction,
}

const U8: FieldKind = FieldKind::Number { max: u8::MAX as u64 };
const U16: FieldKind = FieldKind::Number { max: u16::MAX as u64 };
const U64: FieldKind = FieldKind::Number { max: u64::MAX };
/// Seconds since 1970 whose milliseconds still fit 64 bits.
const SECONDS: FieldKind = FieldKind::Number { max: u64::MAX / 1000 };

/// Writes the enum and its lookups from the one table below.
macro_rules! fields {
    ($($variant:ident $name:literal $version:literal $kind:expr;)+) => {
        /// A field of AWS's flow log tables: the 54 of VPC flow logs (versions 2 to 11) in table
        /// order, then the 18 of Transit Gateway flow logs (version 6) that VPC flow logs lack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`, since version ", $version, ".")] $variant,)+
        }

        impl Field {
            /// How many fields there are.
            pub const COUNT: usize = [$($name),+].len();

            /// All fields in table order.
            pub const ALL: [Field; Field::COUNT] = [$(Field::$variant),+];

            /// AWS's name of the field, with hyphens.
            pub const fn name(self) -> &'static str {
                match self { $(Field::$variant => $name,)+ }
            }

            /// The flow log version that brought the field; 6 is Transit Gateway flow logs.
            pub const fn version(self) -> u8 {
                match self { $(Field::$variant => $version,)+ }
            }

            /// How the field's value is read.
            pub const fn kind(self) -> FieldKind {
                match self { $(Field::$variant => $kind,)+ }
            }
        }
    };
}

fields! {
    Version "version" 2 U8;
    AccountId "account-id" 2 FieldKind::Text;
    InterfaceId "interface-id" 2 FieldKind::Text;
    SrcAddr "srcaddr" 2 FieldKind::Address;
    DstAddr "dstaddr" 2 FieldKind::Address;
    SrcPort "srcport" 2 U16;
    DstPort "dstport" 2 U16;
    Protocol "protocol" 2 U8;
    Packets "packets" 2 U64;
    Bytes "bytes" 2 U64;
    Start "start" 2 SECONDS;
    End "end" 2 SECONDS;
    Action "action" 2 FieldKind::Action;
    LogStatus "log-status" 2 FieldKind::LogStatus;
    VpcId "vpc-id" 3 FieldKind::Text;
    SubnetId "subnet-id" 3 FieldKind::Text;
    InstanceId "instance-id" 3 FieldKind::Text;
    TcpFlags "tcp-flags" 3 U8;
    Type "type" 3 FieldKind::Text;
    PktSrcAddr "pkt-srcaddr" 3 FieldKind::Address;
    PktDstAddr "pkt-dstaddr" 3 FieldKind::Address;
    Region "region" 4 FieldKind::Text;
    AzId "az-id" 4 FieldKind::Text;
    SublocationType "sublocation-type" 4 FieldKind::Text;
    SublocationId "sublocation-id" 4 FieldKind::Text;
    PktSrcAwsService "pkt-src-aws-service" 5 FieldKind::Text;
    PktDstAwsService "pkt-dst-aws-service" 5 FieldKind::Text;
    FlowDirection "flow-direction" 5 FieldKind::Direction;
    TrafficPath "traffic-path" 5 U8;
    EcsClusterArn "ecs-cluster-arn" 7 FieldKind::Text;
    EcsClusterName "ecs-cluster-name" 7 FieldKind::Text;
    EcsContainerInstanceArn "ecs-container-instance-arn" 7 FieldKind::Text;
    EcsContainerInstanceId "ecs-container-instance-id" 7 FieldKind::Text;
    EcsContainerId "ecs-container-id" 7 FieldKind::Text;
    EcsSecondContainerId "ecs-second-container-id" 7 FieldKind::Text;
    EcsServiceName "ecs-service-name" 7 FieldKind::Text;
    EcsTaskDefinitionArn "ecs-task-definition-arn" 7 FieldKind::Text;
    EcsTaskArn "ecs-task-arn" 7 FieldKind::Text;
    EcsTaskId "ecs-task-id" 7 FieldKind::Text;
    RejectReason "reject-reason" 8 FieldKind::Text;
    ResourceId "resource-id" 9 FieldKind::Text;
    EncryptionStatus "encryption-status" 10 U8;
    InstanceTag "instance-tag" 11 FieldKind::Text;
    InstanceTag2 "instance-tag-2" 11 FieldKind::Text;
    InterfaceTag "interface-tag" 11 FieldKind::Text;
    InterfaceTag2 "interface-tag-2" 11 FieldKind::Text;
    AsgTag "asg-tag" 11 FieldKind::Text;
    AsgTag2 "asg-tag-2" 11 FieldKind::Text;
    InterfaceType "interface-type" 11 FieldKind::Text;
    NextHopInterfaceId "next-hop-interface-id" 11 FieldKind::Text;
    NextHopSubnetId "next-hop-subnet-id" 11 FieldKind::Text;
    NextHopAzId "next-hop-az-id" 11 FieldKind::Text;
    NextHopVpcId "next-hop-vpc-id" 11 FieldKind::Text;
    NextHopInterfaceType "next-hop-interface-type" 11 FieldKind::Text;
    ResourceType "resource-type" 6 FieldKind::Text;
    TgwId "tgw-id" 6 FieldKind::Text;
    TgwAttachmentId "tgw-attachment-id" 6 FieldKind::Text;
    TgwSrcVpcAccountId "tgw-src-vpc-account-id" 6 FieldKind::Text;
    TgwDstVpcAccountId "tgw-dst-vpc-account-id" 6 FieldKind::Text;
    TgwSrcVpcId "tgw-src-vpc-id" 6 FieldKind::Text;
    TgwDstVpcId "tgw-dst-vpc-id" 6 FieldKind::Text;
    TgwSrcSubnetId "tgw-src-subnet-id" 6 FieldKind::Text;
    TgwDstSubnetId "tgw-dst-subnet-id" 6 FieldKind::Text;
    TgwSrcEni "tgw-src-eni" 6 FieldKind::Text;
    TgwDstEni "tgw-dst-eni" 6 FieldKind::Text;
    TgwSrcAzId "tgw-src-az-id" 6 FieldKind::Text;
    TgwDstAzId "tgw-dst-az-id" 6 FieldKind::Text;
    TgwPairAttachmentId "tgw-pair-attachment-id" 6 FieldKind::Text;
    PacketsLostNoRoute "packets-lost-no-route" 6 U64;
    PacketsLostBlackhole "packets-lost-blackhole" 6 U64;
    PacketsLostMtuExceeded "packets-lost-mtu-exceeded" 6 U64;
    PacketsLostTtlExpired "packets-lost-ttl-expired" 6 U64;
}

impl Field {
    /// The field of that name, written with hyphens (text logs) or underscores (Parquet columns).
    pub fn from_name(name: &[u8]) -> Option<Field> {
        let hyphenated = |byte: &u8| if *byte == b'_' { b'-' } else { *byte };
        Field::ALL.into_iter().find(|field| field.name().bytes().eq(name.iter().map(hyphenated)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_aws_s_numbers_of_fields() {
        let of_version = |version| Field::ALL.iter().filter(|f| f.version() == version).count();
        let counts: Vec<_> = (2..=11).map(of_version).collect();
        assert_eq!(counts, [14, 7, 4, 4, 18, 10, 1, 1, 1, 12]);
        assert_eq!(Field::COUNT, 72);
    }

    #[test]
    fn every_name_finds_its_field_with_hyphens_and_with_underscores() {
        for field in Field::ALL {
            let underscored = field.name().replace('-', "_");
            assert_eq!(Field::from_name(field.name().as_bytes()), Some(field));
            assert_eq!(Field::from_name(underscored.as_bytes()), Some(field));
        }
    }

    #[test]
    fn other_names_find_no_field() {
        for name in ["", "Version", "version ", "src-addr", "instance-tag-3", "versio"] {
            assert_eq!(Field::from_name(name.as_bytes()), None, "{name:?}");
        }
    }
}
