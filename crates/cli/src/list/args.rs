//! The command line of `assay list`.

use crate::contact_args::Which;
use std::path::PathBuf;

const EXAMPLES: &str = "\
What the notary does not prove to be in its log, signed with the key, is not listed. Where it is a notary of
an earlier version, what statements (untrust, unsupport, trust) say is not known: 'assay inspect FILE'.

Examples:
  assay list
  assay list --key release.pub --limit 100 --notary https://notary.example
  assay list --signer SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU --before 4711 --json";

/// `assay list`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// The key: a file with a public or private one (PEM); without it, your own.
    #[arg(
        long,
        env = "ASSAY_KEY",
        value_name = "FILE",
        conflicts_with = "signer"
    )]
    pub key: Option<PathBuf>,
    /// The fingerprint (SHA256:…) of a key that the notary has enrolled.
    #[arg(long, value_name = "FINGERPRINT")]
    pub signer: Option<String>,
    /// So many entries at most, the newest first.
    #[arg(long, value_name = "NUMBER", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Only entries before this index of the log: where the list before ended.
    #[arg(long, value_name = "INDEX")]
    pub before: Option<u64>,
    #[command(flatten)]
    pub which: Which,
    /// Print JSON (schema assay.list.v1).
    #[arg(long)]
    pub json: bool,
}
