//! `weir probe`: asks a service whether it serves, for health checks.

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use weir_rpc::endpoints::Target;
use weir_rpc::health;
use weir_rpc::tls::Security;
use weir_runtime::{run_service, usage};

use crate::config::Config;

/// Whom to ask.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  weir probe http://127.0.0.1:4471
  weir probe https://exporter:4481 --config weir.toml

Exit codes: 0 it serves; 1 it does not, or does not answer.")]
pub(crate) struct ProbeArgs {
    /// An admin or data listener: http://HOST:PORT in plaintext, https://HOST:PORT otherwise.
    #[arg(value_name = "URL")]
    target: Target,
    /// The configuration file whose `[rpc]` names the certificates, for https.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Asks once.
pub(crate) fn probe(args: &ProbeArgs) -> anyhow::Result<()> {
    let security = match &args.config {
        Some(path) => Config::load(path)?.security,
        None => None,
    };
    let security = security.unwrap_or(Security::Plaintext);
    if args.target.to_string().starts_with("https") && security.is_plaintext() {
        return Err(usage(anyhow::anyhow!(
            "https needs certificates: give --config FILE with ca_file, certificate_file and \
             key_file in [rpc]"
        )));
    }
    let is_serving = run_service(NonZeroUsize::MIN, async {
        Ok(health::probe(&args.target, &security).await?)
    })?;
    anyhow::ensure!(is_serving, "{} is not serving", args.target);
    writeln!(io::stdout(), "{} is serving", args.target)?;
    Ok(())
}
