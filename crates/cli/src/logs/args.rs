//! The command line of `assay logs`.

use clap::Subcommand;

const LOGS_EXAMPLES: &str = "\
'verify' remembers the last state of each log, and has the notary prove that a later one grew out of
it. A log that signed two histories of which only one can be true proves nothing until you decide.

Examples:
  assay logs
  assay logs evidence 1f2e3d4c > evidence.json
  assay logs trust 1f2e3d4c
  assay logs forget 1f2e3d4c";

/// `assay logs`.
#[derive(Debug, clap::Args)]
#[command(after_help = LOGS_EXAMPLES)]
pub struct LogsArgs {
    #[command(subcommand)]
    pub command: Option<LogsCommand>,
    /// Print JSON (schema assay.logs.v1; of trust and forget, assay.log.v1).
    #[arg(long, global = true)]
    pub json: bool,
}

const EVIDENCE_EXAMPLES: &str = "\
Examples:
  assay logs evidence 1f2e3d4c > evidence.json";

const TRUST_EXAMPLES: &str = "\
The alarm is kept with the date of your decision.

Examples:
  assay logs trust 1f2e3d4c";

const FORGET_EXAMPLES: &str = "\
For a notary that was restored from a backup and has lost what it showed: ask its administrator first.

Examples:
  assay logs forget 1f2e3d4c";

/// What to do with remembered logs.
#[derive(Debug, Subcommand)]
pub enum LogsCommand {
    /// Print the evidence that a log contradicted itself (schema assay.log-contradiction.v1).
    #[command(after_help = EVIDENCE_EXAMPLES)]
    Evidence(LogArgs),
    /// Let count again what a log proves that contradicted itself, from what it showed last on.
    #[command(after_help = TRUST_EXAMPLES)]
    Trust(LogArgs),
    /// Forget what a log showed, after which it may show anything: for one that its notary lost.
    #[command(after_help = FORGET_EXAMPLES)]
    Forget(LogArgs),
}

/// `assay logs evidence`, `assay logs trust`, `assay logs forget`.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// The log's id as `assay logs` shows it, or its first 8 digits or more.
    #[arg(value_name = "ID")]
    pub id: String,
}
