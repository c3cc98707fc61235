//! The rooms of the workspace and what may be in each.

/// How far up a crate stands: it imports from its own rank or below, never from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Knows no runtime, network, clock, environment or files: values in, values out.
    Pure,
    /// Owns one thing of the outside world.
    Foundation,
    /// What several services do in the same way.
    Work,
    /// A process. No service imports another, but for the one that composes them.
    Service,
    /// Help for tests: only ever a dev-dependency.
    TestKit,
    /// Tests of the whole.
    Tests,
}

/// The folder of each crate and its rank. A new crate needs a line here.
pub(crate) const ROOMS: &[(&str, Rank)] = &[
    ("libs/delivery", Rank::Pure),
    ("libs/enrich", Rank::Pure),
    ("libs/flowlog", Rank::Pure),
    ("libs/inventory", Rank::Pure),
    ("libs/ipfix", Rank::Pure),
    ("libs/report", Rank::Pure),
    ("libs/aws", Rank::Foundation),
    ("libs/objects", Rank::Foundation),
    ("libs/rpc", Rank::Foundation),
    ("libs/runtime", Rank::Foundation),
    ("libs/store", Rank::Foundation),
    ("libs/control", Rank::Work),
    ("libs/ingest", Rank::Work),
    ("libs/lease", Rank::Work),
    ("libs/testkit", Rank::TestKit),
    ("services/console", Rank::Service),
    ("services/discovery", Rank::Service),
    ("services/enricher", Rank::Service),
    ("services/exporter", Rank::Service),
    ("services/ingest-cloudwatch", Rank::Service),
    ("services/ingest-kinesis", Rank::Service),
    ("services/ingest-s3", Rank::Service),
    ("services/weir", Rank::Service),
    ("tests", Rank::Tests),
];

/// The one service that imports others.
pub(crate) const COMPOSER: &str = "services/weir";

/// Outside crates, by the start of their names, and the rooms that may import them: each
/// outside system has one owner.
pub(crate) const OWNERS: &[(&str, &[&str])] = &[
    ("redis", &["libs/store"]),
    ("aws-sdk-ec2", &["services/discovery"]),
    (
        "aws-sdk-",
        &[
            "libs/aws",
            "services/discovery",
            "services/ingest-cloudwatch",
            "services/ingest-kinesis",
            "services/ingest-s3",
        ],
    ),
];

/// The owner of tonic's transport; others have tonic without these features.
pub(crate) const TRANSPORT_OWNER: &str = "libs/rpc";
pub(crate) const TRANSPORT_FEATURES: &[&str] = &["channel", "router", "server", "transport"];

/// Starts of names of outside crates that no pure crate may import.
pub(crate) const IMPURE_CRATES: &[&str] = &[
    "async-",
    "aws-",
    "chrono",
    "crossbeam-channel",
    "hyper",
    "libc",
    "nix",
    "redis",
    "reqwest",
    "rustix",
    "signal-hook",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tonic",
    "tracing",
];

/// What no source of a pure crate may use.
pub(crate) const IMPURE_PATHS: &[&str] = &[
    "File::create",
    "File::open",
    "Instant::now",
    "OpenOptions",
    "SystemTime::now",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "env::args",
    "env::var",
    "fs::",
    "std::env",
    "std::fs",
    "std::process",
    "std::thread",
    "thread::sleep",
    "thread::spawn",
];

/// The most lines of a service's `main.rs`.
pub(crate) const MAIN_LINES: usize = 60;
