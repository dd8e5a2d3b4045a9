//! `assay verify-bundle`: its command line.

use std::ffi::OsString;
use std::path::PathBuf;

const VERIFY_BUNDLE_EXAMPLES: &str = "\
Exit codes: 0 proven, by just this signer; 1 not proven, or a file that cannot be read; 2 usage.
The command line is that of sigstore-conformance.

Examples:
  assay verify-bundle --bundle app.sigstore.json --certificate-identity release@example.org \\
      --certificate-oidc-issuer https://accounts.google.com app.tar.gz
  assay verify-bundle --bundle app.sigstore.json --key release.pub --trusted-root root.json app.tar.gz";

/// `assay verify-bundle`.
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_BUNDLE_EXAMPLES)]
#[command(group = clap::ArgGroup::new("who").required(true).args(["certificate_identity", "key"]))]
pub struct VerifyBundleArgs {
    /// The file, or its digest as sha256:HEX or sha512:HEX.
    #[arg(value_name = "FILE_OR_DIGEST")]
    pub artifact: OsString,
    /// The Sigstore bundle (JSON).
    #[arg(long, value_name = "FILE")]
    pub bundle: PathBuf,
    /// The signer's name, as it stands in the certificate, whole.
    #[arg(long, value_name = "ID", requires = "certificate_oidc_issuer")]
    pub certificate_identity: Option<String>,
    /// Who vouched for the name.
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    pub certificate_oidc_issuer: Option<String>,
    /// The signer's public key (PEM), for bundles without a certificate.
    #[arg(long, value_name = "FILE", conflicts_with = "certificate_identity")]
    pub key: Option<PathBuf>,
    /// Accept a bundle without a log entry, as `assay sign --offline` writes it: then nothing tells
    /// when it was signed, nor what else was signed with the key.
    #[arg(long, requires = "key")]
    pub without_log: bool,
    /// A trusted_root.json instead of the public one that the bundle belongs to, Sigstore's or GitHub's.
    #[arg(long, value_name = "FILE", conflicts_with = "staging")]
    pub trusted_root: Option<PathBuf>,
    /// Sigstore's instance for trials instead of the public one.
    #[arg(long)]
    pub staging: bool,
    /// Print JSON (schema assay.verify-bundle.v1).
    #[arg(long)]
    pub json: bool,
}
