//! What all clients have in common.

use std::fmt;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config::{AwsConfig, Connection, Endpoints};

/// The name of weir in the user agent.
const APP_NAME: &str = "weir";

/// Attempts at one call, the first among them.
const ATTEMPTS: u32 = 5;

/// Time limits: to connect, to read an answer's start, of one attempt, of a call as a whole.
const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(30);
const ATTEMPT: Duration = Duration::from_secs(60);
const CALL: Duration = Duration::from_secs(240);

/// Which identity is weir's own.
#[derive(Clone, Debug)]
pub(crate) enum OwnIdentity {
    /// Whom the default chain finds: environment, files, container, instance.
    DefaultChain,
    /// A given one.
    Given(SharedCredentialsProvider),
    /// None: there are profiles only.
    None,
}

/// Reads the environment once. The result has no region when none is configured and the chain
/// knows none.
pub(crate) async fn load(config: &AwsConfig, own: OwnIdentity) -> SdkConfig {
    let Connection { fips, dual_stack, endpoints, .. } = &config.connection;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client(endpoints))
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts());
    if let Ok(name) = AppName::new(APP_NAME) {
        loader = loader.app_name(name);
    }
    if let Some(region) = config.region_of_own(&own) {
        loader = loader.region(Region::new(region));
    }
    if let Some(fips) = fips {
        loader = loader.use_fips(*fips);
    }
    if let Some(dual_stack) = dual_stack {
        loader = loader.use_dual_stack(*dual_stack);
    }
    loader = match own {
        OwnIdentity::DefaultChain => loader,
        OwnIdentity::Given(credentials) => loader.credentials_provider(credentials),
        OwnIdentity::None => loader.no_credentials(),
    };
    with_endpoints(loader.load().await, endpoints.clone())
}

impl AwsConfig {
    /// The configured region; only the default chain may know a better one.
    fn region_of_own(&self, own: &OwnIdentity) -> Option<String> {
        let default = || self.partition.default_region().to_owned();
        let is_chain = matches!(own, OwnIdentity::DefaultChain);
        self.region.clone().or_else(|| (!is_chain).then(default))
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build()
}

/// One for all clients, so that they share connections and trust. HTTPS_PROXY and NO_PROXY
/// count; a test's endpoint on this host is never behind a proxy.
fn http_client(endpoints: &Endpoints) -> SharedHttpClient {
    let is_local = endpoints.are_local();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let proxy = if is_local { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
        let mut connector = ConnectorBuilder::default()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .proxy_config(proxy);
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}

fn with_endpoints(environment: SdkConfig, endpoints: Endpoints) -> SdkConfig {
    let builder = environment.to_builder();
    builder.service_config(ConfiguredEndpoints { endpoints, environment }).build()
}

/// Configured endpoints go before those of the environment and of AWS's own files.
struct ConfiguredEndpoints {
    endpoints: Endpoints,
    environment: SdkConfig,
}

impl LoadServiceConfig for ConfiguredEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_endpoint = key.profile() == "endpoint_url";
        let configured = is_endpoint.then(|| self.endpoints.of(key.service_id())).flatten();
        let configured = configured.map(str::to_owned);
        configured.or_else(|| self.environment.service_config()?.load_config(key))
    }
}

impl fmt::Debug for ConfiguredEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredEndpoints").field("endpoints", &self.endpoints).finish()
    }
}
