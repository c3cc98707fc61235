//! Generated code, and the only place that builds gRPC servers and channels.

pub mod pb;
