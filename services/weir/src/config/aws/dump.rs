//! The sections of services that call AWS as TOML. Secrets are left out of it.

mod cloudwatch;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use serde::Serialize;
use weir_aws::{Access, AwsConfig, KNOWN_SERVICES, Profile, Role, Secret, SecretSource};
use weir_ingest_s3::QueueInput;
use weir_runtime::config::duration_text;

use super::ingest_s3::role_text;
use super::{AwsSections, DiscoverySettings, IngestS3Settings, kinesis};
use crate::config::source_service::SourceServiceDump;

#[derive(Serialize)]
pub(in crate::config) struct Dump<'a> {
    discovery: Option<Discovery<'a>>,
    ingest_cloudwatch: Option<cloudwatch::IngestCloudWatch>,
    ingest_kinesis: Option<kinesis::Dump<'a>>,
    ingest_s3: Option<IngestS3<'a>>,
    aws: Option<Aws<'a>>,
}

#[derive(Serialize)]
struct Discovery<'a> {
    admin_listen: SocketAddr,
    cron: &'a str,
    timezone: &'a str,
    jitter: String,
    concurrency: usize,
    region_timeout: String,
    keep: String,
    ip_ranges: String,
    grace: String,
}

#[derive(Serialize)]
struct IngestS3<'a> {
    #[serde(flatten)]
    service: SourceServiceDump,
    concurrency: usize,
    visibility_timeout: String,
    queues: Vec<QueueDump<'a>>,
}

#[derive(Serialize)]
struct QueueDump<'a> {
    queue: &'a str,
    role: Option<String>,
    bucket_role: Option<String>,
    any_key: bool,
    log_format: Option<String>,
}

#[derive(Serialize)]
struct Aws<'a> {
    include_own_account: bool,
    session_duration: String,
    partition: String,
    region: Option<&'a str>,
    fips: Option<bool>,
    dual_stack: Option<bool>,
    plain_http: bool,
    endpoint: Option<&'a str>,
    regions: Regions<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    endpoints: BTreeMap<&'static str, &'a str>,
    organization: Option<Organization<'a>>,
    profiles: Vec<ProfileDump<'a>>,
    roles: Vec<RoleDump<'a>>,
}

#[derive(Serialize)]
struct Regions<'a> {
    allow: &'a [String],
    deny: &'a [String],
}

#[derive(Serialize)]
struct Organization<'a> {
    role: String,
    external_id: Option<&'a str>,
    units: &'a [String],
    exclude: &'a [String],
}

#[derive(Serialize)]
struct ProfileDump<'a> {
    name: Option<&'a str>,
    access_key_id: Option<&'a Secret>,
    access_key_file: Option<&'a Path>,
    access_key_env: Option<&'a str>,
    secret_access_key: Option<&'a Secret>,
    secret_access_key_file: Option<&'a Path>,
    secret_access_key_env: Option<&'a str>,
    region: Option<&'a str>,
}

#[derive(Serialize)]
struct RoleDump<'a> {
    arn: String,
    external_id: Option<&'a str>,
    name: Option<&'a str>,
}

pub(in crate::config) fn dump(sections: &AwsSections) -> Dump<'_> {
    Dump {
        discovery: sections.discovery.as_ref().map(discovery),
        ingest_cloudwatch: sections.ingest_cloudwatch.as_ref().map(cloudwatch::ingest_cloudwatch),
        ingest_kinesis: sections.kinesis.as_ref().map(kinesis::Dump::from),
        ingest_s3: sections.ingest_s3.as_ref().map(ingest_s3),
        aws: sections.accounts.as_ref().map(aws),
    }
}

fn discovery(settings: &DiscoverySettings) -> Discovery<'_> {
    let config = &settings.discovery;
    Discovery {
        admin_listen: settings.admin_listen,
        cron: config.timing.schedule.text(),
        timezone: config.timing.schedule.timezone(),
        jitter: duration_text(config.timing.jitter),
        concurrency: config.concurrency.get(),
        region_timeout: duration_text(config.region_timeout),
        keep: duration_text(config.keep),
        ip_ranges: settings.ip_ranges.text(),
        grace: duration_text(settings.grace),
    }
}

fn ingest_s3(settings: &IngestS3Settings) -> IngestS3<'_> {
    IngestS3 {
        service: (&settings.service).into(),
        concurrency: settings.inputs.concurrency.get(),
        visibility_timeout: duration_text(settings.source.visibility_timeout),
        queues: settings.inputs.queues.iter().map(queue).collect(),
    }
}

fn queue(input: &QueueInput) -> QueueDump<'_> {
    let is_same = input.access == input.bucket_access;
    QueueDump {
        queue: input.queue.url(),
        role: access_role(&input.access),
        bucket_role: access_role(&input.bucket_access).filter(|_| !is_same),
        any_key: input.any_key,
        log_format: input.log_format.as_ref().map(ToString::to_string),
    }
}

/// The role of an access that has one.
fn access_role(access: &Access) -> Option<String> {
    match access {
        Access::Role(role) => Some(role_text(role)),
        Access::Own | Access::OwnOrFirst | Access::Account(_) => None,
    }
}

fn aws(config: &AwsConfig) -> Aws<'_> {
    let connection = &config.connection;
    let services = KNOWN_SERVICES
        .iter()
        .filter_map(|(key, id)| Some((*key, connection.endpoints.services.get(id)?.as_str())));
    Aws {
        include_own_account: config.include_own_account,
        session_duration: duration_text(config.session_duration),
        partition: config.partition.to_string(),
        region: config.region.as_deref(),
        fips: connection.fips,
        dual_stack: connection.dual_stack,
        plain_http: connection.plain_http,
        endpoint: connection.endpoints.all.as_deref(),
        regions: Regions { allow: &config.regions.allow, deny: &config.regions.deny },
        endpoints: services.collect(),
        organization: config.organization.as_ref().map(|organization| Organization {
            role: organization.role.to_string(),
            external_id: organization.external_id.as_ref().map(|id| id.as_str()),
            units: &organization.units,
            exclude: &organization.exclude,
        }),
        profiles: config.profiles.iter().map(profile).collect(),
        roles: config.roles.iter().map(role).collect(),
    }
}

fn profile(profile: &Profile) -> ProfileDump<'_> {
    let (access_key_id, access_key_file, access_key_env) = source(profile.access_key.as_ref());
    let (secret_access_key, secret_access_key_file, secret_access_key_env) =
        source(profile.secret.as_ref());
    ProfileDump {
        name: profile.name.as_deref(),
        access_key_id,
        access_key_file,
        access_key_env,
        secret_access_key,
        secret_access_key_file,
        secret_access_key_env,
        region: profile.region.as_deref(),
    }
}

type Source<'a> = (Option<&'a Secret>, Option<&'a Path>, Option<&'a str>);

fn source(source: Option<&SecretSource>) -> Source<'_> {
    match source {
        None => (None, None, None),
        Some(SecretSource::Inline(secret)) => (Some(secret), None, None),
        Some(SecretSource::File(path)) => (None, Some(path), None),
        Some(SecretSource::Variable(name)) => (None, None, Some(name)),
        // Of the run time alone: no file has it.
        Some(SecretSource::Sealed { .. }) => (None, None, None),
    }
}

fn role(role: &Role) -> RoleDump<'_> {
    RoleDump {
        arn: role.arn.to_string(),
        external_id: role.external_id.as_ref().map(|id| id.as_str()),
        name: role.name.as_deref(),
    }
}
