//! The command line of `assay notary`.

use crate::notary_data::{AdoptArgs, BackupArgs, RestoreArgs};
use crate::notary_tokens::TokenCommand;
use crate::serve_args::ServeArgs;
use clap::Subcommand;
use std::path::PathBuf;

const NOTARY_EXAMPLES: &str = "\
Examples:
  assay notary --data ./notary
  assay notary --data /var/lib/assay/notary --listen 127.0.0.1:7340 --address https://notary.example
  assay notary config > notary.toml && assay notary --config notary.toml
  assay notary token add ci --data /var/lib/assay/notary
  assay notary signer add release@example.org release.pub --data /var/lib/assay/notary
  assay notary signer revoke release@example.org --reason 'the laptop was stolen' --data /var/lib/assay/notary
  assay notary rotate --data /var/lib/assay/notary
  assay notary backup --data /var/lib/assay/notary --to /backup/notary-2026-11-28
  assay notary restore /backup/notary-2026-11-28 --data /var/lib/assay/notary-new --lock /var/lib/assay/notary.lock";

/// `assay notary`.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTARY_EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct NotaryArgs {
    #[command(subcommand)]
    pub command: Option<NotaryCommand>,
    #[command(flatten)]
    pub serve: ServeArgs,
}

const SIGNER_EXAMPLES: &str = "\
Examples:
  assay notary signer add release@example.org release.pub --data /var/lib/assay/notary
  assay notary signer list --data /var/lib/assay/notary
  assay notary signer revoke release@example.org --data /var/lib/assay/notary";

const TOKEN_EXAMPLES: &str = "\
Examples:
  assay notary token add ci --data /var/lib/assay/notary > token.txt
  assay notary token list --data /var/lib/assay/notary
  assay notary token remove ci --data /var/lib/assay/notary";

const CONFIG_EXAMPLES: &str = "\
Examples:
  assay notary config > notary.toml";

/// What to administer.
#[derive(Debug, Subcommand)]
pub enum NotaryCommand {
    /// The signers whom the notary names.
    #[command(subcommand, after_help = SIGNER_EXAMPLES)]
    Signer(SignerCommand),
    /// Write all of a notary but its lock into one file; it may be running.
    Backup(BackupArgs),
    /// Make a notary of a backup. If the log has signed more since, it begins a new tree.
    Restore(RestoreArgs),
    /// Bring a notary of an earlier version, which had no lock yet, up to date.
    Adopt(AdoptArgs),
    /// Give the notary new keys; it must not be running.
    Rotate(RotateArgs),
    /// The tokens with which clients may write.
    #[command(subcommand, after_help = TOKEN_EXAMPLES)]
    Token(TokenCommand),
    /// Print a configuration file with every setting, what it does, and its default.
    #[command(after_help = CONFIG_EXAMPLES)]
    Config,
}

/// What to do with signers.
#[derive(Debug, clap::Subcommand)]
pub enum SignerCommand {
    /// Enrol a public key under a name; the notary may be running.
    Add(SignerAddArgs),
    /// List the signers: names, fingerprints, since when, and which were revoked.
    List(SignerListArgs),
    /// Revoke a signer's key from a day on; the notary may be running.
    Revoke(SignerRevokeArgs),
}

const ADD_EXAMPLES: &str = "\
The key is what 'assay key' prints. What it signs from now on carries the name.

Examples:
  assay notary signer add release@example.org release.pub --data /var/lib/assay/notary
  assay notary signer add https://example.org/release - --data /var/lib/assay/notary < release.pub";

/// `assay notary signer add`.
#[derive(Debug, clap::Args)]
#[command(after_help = ADD_EXAMPLES)]
pub struct SignerAddArgs {
    /// Who holds the key: an email address, or a URI (https, http, spiffe).
    pub name: String,
    /// File with the public key (PEM), or - for standard input.
    #[arg(value_name = "KEYFILE")]
    pub key_file: PathBuf,
    #[command(flatten)]
    pub place: Data,
    /// Print JSON (schema assay.signer.v1).
    #[arg(long)]
    pub json: bool,
}

const LIST_EXAMPLES: &str = "\
Examples:
  assay notary signer list --data /var/lib/assay/notary --json";

/// `assay notary signer list`.
#[derive(Debug, clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
pub struct SignerListArgs {
    #[command(flatten)]
    pub place: Data,
    /// Print JSON (schema assay.signers.v1).
    #[arg(long)]
    pub json: bool,
}

const REVOKE_EXAMPLES: &str = "\
What was logged before that day stays proven under the name. The revocation is logged for good and
cannot be taken back; whoever held the key needs a new one.

Examples:
  assay notary signer revoke release@example.org --data /var/lib/assay/notary
  assay notary signer revoke SHA256:mVb… --since 2026-11-20 --reason 'the laptop was stolen' \\
      --data /var/lib/assay/notary";

/// `assay notary signer revoke`.
#[derive(Debug, clap::Args)]
#[command(after_help = REVOKE_EXAMPLES)]
pub struct SignerRevokeArgs {
    /// The signer's name, or the key's fingerprint.
    #[arg(value_name = "NAME|FINGERPRINT")]
    pub who: String,
    /// From when on nothing counts that the key signed: a day in UTC (2026-11-20) or a moment
    /// (2026-11-20T15:00:00Z). Without it, from now on.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Why, in a sentence that others will read.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[command(flatten)]
    pub place: DataAndLock,
    /// Print JSON (schema assay.signer.revoked.v1).
    #[arg(long)]
    pub json: bool,
}

const ROTATE_EXAMPLES: &str = "\
Stop the notary first. The new trust root is signed with the old key: whoever pinned the old one
follows by themselves. What was logged stays provable.

Examples:
  assay notary rotate --data /var/lib/assay/notary
  assay notary rotate --key authority --data /var/lib/assay/notary";

/// `assay notary rotate`.
#[derive(Debug, clap::Args)]
#[command(after_help = ROTATE_EXAMPLES)]
pub struct RotateArgs {
    /// Which key is to be new; without it, both. Can be given several times.
    #[arg(long = "key", value_name = "KEY")]
    pub keys: Vec<RotatedKey>,
    #[command(flatten)]
    pub place: DataAndLock,
    /// Print JSON (schema assay.notary.rotated.v1).
    #[arg(long)]
    pub json: bool,
}

/// Where the notary that is administered has its data.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// The notary's data directory.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// The same, with its lock.
#[derive(Debug, clap::Args)]
pub struct DataAndLock {
    /// The notary's data directory.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The directory with the log's lock [default: where it was when the notary ran last, or else
    /// beside the data directory, its name with .lock].
    #[arg(long, value_name = "DIR")]
    pub lock: Option<PathBuf>,
}

/// A key of the notary's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RotatedKey {
    /// The one that signs checkpoints and timestamps.
    Log,
    /// The one that signs certificates.
    Authority,
}
