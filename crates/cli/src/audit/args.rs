//! The command line of `assay log`.

use crate::contact_args::fingerprint;
use clap::{Subcommand, ValueEnum};

const LOG_EXAMPLES: &str = "\
Examples:
  assay log audit https://notary.example";

/// `assay log`.
#[derive(Debug, clap::Args)]
#[command(after_help = LOG_EXAMPLES)]
pub struct TransparencyLogArgs {
    #[command(subcommand)]
    pub command: TransparencyLogCommand,
}

/// What to do with a notary's log.
#[derive(Debug, Subcommand)]
pub enum TransparencyLogCommand {
    /// Read a notary's log, all of it or what was added since the last audit, and check that it holds
    /// together and continues what it was.
    Audit(AuditArgs),
}

const AUDIT_EXAMPLES: &str = "\
The first audit, and one with --full, reads every entry and every tile, and computes the whole tree
anew; the others read what was added since the last one. It is compared with the signed checkpoints,
with the search, and with what the last audit saw. Run it daily, and weekly with --full.

Exit codes: 0 all holds; 5 the log differs, and where; 4 it could not be reached or gave no usable
answer; 3 other trust root; 1 failed; 2 usage.

Examples:
  assay log audit
  assay log audit https://notary.example --full --search sample --json
  assay log audit https://notary.example --key notary.example/4711+1f2e3d4c+AZ…";

/// `assay log audit`.
#[derive(Debug, clap::Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub struct AuditArgs {
    /// The notary's address: https, or http on this machine; or the name that it has since `assay
    /// login`. Without it, the one in ASSAY_NOTARY, or else that of the last login.
    #[arg(value_name = "URL|NAME")]
    pub notary: Option<String>,
    /// Accept the notary only with this trust root fingerprint (64 hexadecimal digits).
    #[arg(long, value_name = "HEX", value_parser = fingerprint)]
    pub fingerprint: Option<String>,
    /// The verifier key of the log's checkpoints (name+hash+base64); without it the one that the log
    /// shows at the first audit. It is the same from then on.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Read everything again, not only what was added since the last audit.
    #[arg(long)]
    pub full: bool,
    /// Which of the entries that are read are looked up in the log's search.
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub search: Search,
    /// Print JSON (schema assay.log-audit.v1).
    #[arg(long)]
    pub json: bool,
}

/// Which entries are looked up in the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Search {
    /// Each.
    All,
    /// About a thousand, that nobody can foretell; each where there are no more.
    Sample,
    /// None.
    None,
}
