//! The command line of `assay inspect`.

use crate::contact_args::Which;
use std::ffi::OsString;

const EXAMPLES: &str = "\
Of a file or a digest: all that the notary has of it, the newest first, proven or why not. Nobody's
trust is asked about, and there is no verdict: 'assay verify' tells that.
Of a Sigstore bundle (FILE.sigstore.json, FILE.sigstore): what is in it, and what of that is proven, under
the public trust roots and those of the notaries that you met. Nobody is asked. Where FILE lies beside it,
the bundle is held against it.

Exit codes: 0 something is proven; 13 nothing is known; 14 there is something, and nothing of it is
proven; 4 the notary gave no usable answer; of a bundle: 1 it is not proven.

Examples:
  assay inspect app.tar.gz
  assay inspect sha256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08
  assay inspect app.tar.gz.sigstore.json
  curl -s https://downloads.example.org/app.tar.gz | assay inspect - --json";

/// `assay inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// A file, a digest (sha256:HEX), - for standard input, or a Sigstore bundle.
    #[arg(value_name = "WHAT")]
    pub what: OsString,
    #[command(flatten)]
    pub which: Which,
    /// Print JSON (schema assay.inspect.v1; of a bundle assay.inspect-bundle.v1).
    #[arg(long)]
    pub json: bool,
}
