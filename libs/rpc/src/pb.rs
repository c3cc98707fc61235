//! What is generated from `proto/weir/v1`.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

tonic::include_proto!("weir.v1");

/// All messages and services, as reflection hands them out.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/weir.v1.descriptors"));
