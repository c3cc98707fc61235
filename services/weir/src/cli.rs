//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use weir_exporter::CollectorAddress;
use weir_flowlog::LogFormat;

use crate::config::{ReplayFlags, accepted};
use crate::services::{ProbeArgs, RunArgs, ServiceArgs, TailArgs};

/// Turns AWS VPC Flow Logs into enriched flow records: IPFIX, JSON lines.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 all is well; 1 something failed, a message says what; 2 a \
    service ended before all that was in flight had left; \
    64 bad usage or configuration.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How much is logged on standard error: error, warn, info, debug, trace. By default warn,
    /// for services what `[telemetry]` says, else info.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay the bundled sample into a collector in the same process and show the flows.
    Demo(DemoArgs),
    /// Read flow log files, enrich their records and export them.
    Replay(Box<ReplayArgs>),
    /// Run the exporter: take records from enrichers and write them to collectors and outputs.
    #[command(after_help = EXPORTER_HELP)]
    Exporter(ServiceArgs),
    /// Run an enricher: take lines from sources and send their records to the exporter.
    #[command(after_help = ENRICHER_HELP)]
    Enricher(ServiceArgs),
    /// Show all of weir in a browser, and change it there.
    #[command(after_help = CONSOLE_HELP)]
    Console(ServiceArgs),
    /// Sweep AWS accounts and keep the inventory of all enrichers fresh.
    #[cfg(feature = "aws")]
    #[command(after_help = DISCOVERY_HELP)]
    Discovery(ServiceArgs),
    /// Read flow logs from log groups of CloudWatch Logs and send their lines to enrichers.
    #[cfg(feature = "aws")]
    #[command(name = "ingest-cloudwatch", after_help = INGEST_CLOUDWATCH_HELP)]
    IngestCloudWatch(ServiceArgs),
    /// Read flow logs from Kinesis data streams and send their lines to enrichers.
    #[cfg(feature = "aws")]
    #[command(after_help = KINESIS_HELP)]
    IngestKinesis(ServiceArgs),
    /// Read flow logs from S3, as queues of SQS tell of them, and send their lines to enrichers.
    #[cfg(feature = "aws")]
    #[command(name = "ingest-s3", after_help = INGEST_S3_HELP)]
    IngestS3(ServiceArgs),
    /// Watch a folder of flow log files and send their lines to enrichers.
    Tail(TailArgs),
    /// Run all stages in one process: a watched folder, the enricher and the exporter.
    Run(RunArgs),
    /// Ask a service whether it serves.
    Probe(ProbeArgs),
    /// Check a configuration file without opening a socket or an output.
    Check(CheckArgs),
    /// Receive IPFIX and print each record as a JSON line.
    Collect(CollectArgs),
    /// Write a made-up AWS environment: inventory, flow log files and their totals.
    Generate(GenerateArgs),
}

impl Command {
    /// Whether it runs until it is asked to end.
    pub(crate) fn is_service(&self) -> bool {
        #[cfg(feature = "aws")]
        if matches!(
            self,
            Self::Discovery(_)
                | Self::IngestCloudWatch(_)
                | Self::IngestKinesis(_)
                | Self::IngestS3(_)
        ) {
            return true;
        }
        matches!(
            self,
            Self::Console(_) | Self::Exporter(_) | Self::Enricher(_) | Self::Tail(_) | Self::Run(_)
        )
    }
}

const EXPORTER_HELP: &str = "Examples:
  weir exporter --config weir.toml
  WEIR__EXPORTER__LISTEN=0.0.0.0:4480 weir exporter --config weir.toml

Enrichers connect to [exporter] listen (127.0.0.1:4480), people with grpcurl to admin_listen
(127.0.0.1:4481). SIGTERM lets what is in flight leave, for [exporter] grace (30s) at most.";

const ENRICHER_HELP: &str = "Examples:
  weir enricher --config weir.toml
  WEIR__ENRICHER__EXPORTER=http://127.0.0.1:4480 weir enricher --config weir.toml

Sources connect to [enricher] listen (127.0.0.1:4470), people with grpcurl to admin_listen
(127.0.0.1:4471). Run as many as you need. SIGTERM lets what is in flight leave.";

const CONSOLE_HELP: &str = "Examples:
  openssl rand -base64 32 > admin.token
  WEIR__CONSOLE__ADMIN_TOKEN_FILE=admin.token weir console --config weir.toml

Browsers connect to [console] listen (http://127.0.0.1:4530/) and show a token; health checks to
admin_listen (127.0.0.1:4531). It calls the admin listeners of discovery, enrichers and exporters; of
`weir run` all three are one: discovery, enrichers and exporters = http://127.0.0.1:4491.";

#[cfg(feature = "aws")]
const DISCOVERY_HELP: &str = "Examples:
  weir discovery --config weir.toml
  grpcurl -plaintext 127.0.0.1:4461 weir.v1.DiscoveryService/RunDiscovery

[aws] says which accounts, [discovery] when, [store] url where enrichers find the result. People
connect with grpcurl to admin_listen (127.0.0.1:4461).";

#[cfg(feature = "aws")]
const INGEST_CLOUDWATCH_HELP: &str = "Examples:
  weir ingest-cloudwatch --config weir.toml
  WEIR__INGEST_CLOUDWATCH__INTERVAL=10s weir ingest-cloudwatch --config weir.toml

[[ingest_cloudwatch.groups]] says which log groups, [aws] with which credentials,
[ingest_cloudwatch] enrichers where lines go, [store] where it is kept how far they were read.
People connect with grpcurl to admin_listen (127.0.0.1:4521). Run as many as you need on the same
groups and the same store.";

#[cfg(feature = "aws")]
const KINESIS_HELP: &str = "Examples:
  weir ingest-kinesis --config weir.toml
  WEIR__INGEST_KINESIS__WITHOUT_LEASES=begin weir ingest-kinesis --config weir.toml

[[ingest_kinesis.streams]] says which streams, [aws] how they are reached, [store] url where the
workers keep their leases and checkpoints. Run as many as you need. A stream whose leases the store
does not have is refused: have it begin, once, by the second example. SIGTERM lets what is in flight
leave and hands the shards to the others.";

#[cfg(feature = "aws")]
const INGEST_S3_HELP: &str = "Examples:
  weir ingest-s3 --config weir.toml
  WEIR__INGEST_S3__CONCURRENCY=4 weir ingest-s3 --config weir.toml

[[ingest_s3.queues]] says which queues, [aws] with which credentials, [ingest_s3] enrichers where
lines go, [store] where finished objects are remembered. People connect with grpcurl to
admin_listen (127.0.0.1:4501). Run as many as you need on the same queues and the same store.";

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weir demo
  weir demo --rows 240")]
pub(crate) struct DemoArgs {
    /// How many flows are shown.
    #[arg(long, default_value_t = 25, value_name = "N")]
    pub(crate) rows: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weir replay flows/AWSLogs --inventory flows/inventory.json --collector udp://127.0.0.1:4739
  weir replay flows/AWSLogs --config weir.toml
  weir replay 'logs/*.log.gz' --inventory inventory.json --output jsonl:- | jq .src_inst_name
  weir replay s3://flow-logs/AWSLogs/ --from 2026-01-02 --to 2026-01-03 --config weir.toml
  weir replay old.txt --inventory inventory.json --output jsonl:flows.jsonl \\
      --log-format '${version} ${vpc-id} ${srcaddr} ${dstaddr} ${bytes} ${packets} ${start} ${end}'

Files may be gzip or plain text, told apart by their content. A folder is read with all that is
in it. A file's header line names its fields. Objects in S3 need a weir with the feature aws.")]
pub(crate) struct ReplayArgs {
    /// Files, folders, glob patterns, or s3://BUCKET/PREFIX.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub(crate) bucket: BucketFlags,
    #[command(flatten)]
    pub(crate) flags: ReplayFlags,
    /// How the summary is printed: text on standard error, or JSON as the last line of standard
    /// output.
    #[arg(long, value_enum, default_value_t = SummaryForm::Text, value_name = "FORM")]
    pub(crate) summary: SummaryForm,
}

/// What is said of objects in S3.
#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct BucketFlags {
    /// Of objects in S3, only those whose names have this time or a later one: a date (UTC) or
    /// 2026-01-02T03:05:00Z.
    #[arg(long, value_name = "TIME", value_parser = accepted::time)]
    pub(crate) from: Option<std::time::SystemTime>,
    /// Of objects in S3, only those whose names have an earlier time.
    #[arg(long, value_name = "TIME", value_parser = accepted::time)]
    pub(crate) to: Option<std::time::SystemTime>,
    /// Of objects in S3, also those under keys that are not AWS's of flow logs, such as what
    /// Firehose writes. Without a time in AWS's place they have the one when they were written.
    #[arg(long)]
    pub(crate) any_key: bool,
    /// Read objects in S3 with this role instead of the default chain's credentials: its ARN, and
    /// after a comma perhaps its external id.
    #[arg(long, value_name = "ARN", value_parser = accepted::role)]
    pub(crate) bucket_role: Option<weir_aws::Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryForm {
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weir check --config weir.toml
  weir check --config weir.toml --dump
  WEIR__REPLAY__WORKERS=4 weir check --config weir.toml --dump | grep workers

The inventory is read and checked too. All problems are reported at once, each with its key and
what is accepted there; the exit code is then 64.")]
pub(crate) struct CheckArgs {
    /// The file to check.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Print the effective configuration as TOML: the file, the environment's overrides and all
    /// defaults.
    #[arg(long)]
    pub(crate) dump: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weir collect --listen udp://127.0.0.1:4739
  weir collect --listen 'udp://[::]:2055' --count 10 | jq .")]
pub(crate) struct CollectArgs {
    /// Where to listen.
    #[arg(long, value_name = "udp://HOST:PORT", default_value = "udp://127.0.0.1:4739",
        value_parser = accepted::collector_address)]
    pub(crate) listen: CollectorAddress,
    /// Stop after so many records.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// The private enterprise number of weir's own elements.
    #[arg(long, value_name = "PEN", default_value_t = weir_ipfix::DEFAULT_ENTERPRISE_NUMBER)]
    pub(crate) enterprise_number: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weir generate --out flows
  weir generate --out big --records 1000000 --fields v5 --seed 7
  weir generate --out lake --fields all --parquet --hive --hourly --tgw
  weir generate --out small --records 100 --fields 'version vpc-id srcaddr dstaddr bytes packets start end'

The same seed gives the same bytes. totals.json holds what a collector must count.")]
pub(crate) struct GenerateArgs {
    /// The folder to fill; it is made when missing and must not hold flow logs already.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// What everything made up depends on.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// AWS accounts.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) accounts: u32,
    /// VPCs of each account.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) vpcs: u32,
    /// EC2 instances in all.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) instances: u32,
    /// Records of VPC flow logs that tell of a flow.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) records: u64,
    /// The fields of a record: v2 to v5 or v7 to v11 (all fields up to that version), all (v11)
    /// or a list of names.
    #[arg(long, value_name = "FIELDS", default_value = "v5", value_parser = fields)]
    pub(crate) fields: LogFormat,
    /// Write Parquet objects instead of gzip-compressed text.
    #[arg(long)]
    pub(crate) parquet: bool,
    /// Put the objects of each hour into a folder of their own.
    #[arg(long)]
    pub(crate) hourly: bool,
    /// Name the folders as Hive does (aws-region=eu-west-1).
    #[arg(long)]
    pub(crate) hive: bool,
    /// Write flow logs of the transit gateways too, in addition to the records asked for.
    #[arg(long)]
    pub(crate) tgw: bool,
}

fn fields(text: &str) -> Result<LogFormat, String> {
    let text = if text == "all" { "v11" } else { text };
    if let Some(version) = text.strip_prefix('v').and_then(|version| version.parse().ok()) {
        return LogFormat::up_to_version(version)
            .ok_or_else(|| "flow logs have the versions 2, 3, 4, 5, 7, 8, 9, 10, 11".to_owned());
    }
    let format = LogFormat::parse(text).map_err(|error| error.to_string())?;
    match format.unknown_fields() {
        [] => Ok(format),
        unknown => Err(format!("AWS has no fields {}", unknown.join(", "))),
    }
}
