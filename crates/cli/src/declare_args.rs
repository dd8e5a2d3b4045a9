//! `assay declare`: its command line.

use std::path::PathBuf;

const DECLARE_EXAMPLES: &str = "\
The file belongs at https://HOST/.well-known/download-signers.json, on the host of the downloads. In
patterns * stands for any characters but a slash, and ** for any characters. An entry that is there
for just these patterns gets one more signer; what is there already stays as it is.

Examples:
  assay declare --path '/tool/*' --repository https://github.com/example/tool
  assay declare --path '/tool/*' --signer release@example.org --issuer https://accounts.google.com
  assay declare --path '/releases/**' --key release.pub --output public/download-signers.json
  assay declare --check download-signers.json --url https://example.org/tool/tool.zip";

/// `assay declare`.
#[derive(Debug, clap::Args)]
#[command(after_help = DECLARE_EXAMPLES)]
#[command(group = clap::ArgGroup::new("what").required(true)
    .args(["signer", "repository", "key", "minisign", "check"]))]
pub struct DeclareArgs {
    /// A pattern of paths that the signer signs. Can be given several times.
    #[arg(
        long = "path",
        value_name = "PATTERN",
        required_unless_present = "check"
    )]
    pub paths: Vec<String>,
    /// The signer's name, as it stands in certificates, whole.
    #[arg(long, value_name = "NAME", requires = "issuer")]
    pub signer: Option<String>,
    /// A repository whose workflows sign.
    #[arg(long, value_name = "URL")]
    pub repository: Option<String>,
    /// A public key that signs: a file (PEM; - reads standard input), or its fingerprint (SHA256:…).
    #[arg(long, value_name = "FILE|FINGERPRINT")]
    pub key: Option<String>,
    /// A minisign public key that signs, or the file with it.
    #[arg(long, value_name = "KEY|FILE")]
    pub minisign: Option<String>,
    /// Who vouches for the name or the workflow; for a repository on GitHub, without it GitHub Actions.
    #[arg(long, value_name = "URL", conflicts_with_all = ["key", "minisign"])]
    pub issuer: Option<String>,
    /// The one workflow of the repository that signs, by its path there; without it, all do.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["signer", "key", "minisign"])]
    pub workflow: Option<String>,
    /// The trust root that the name or the workflow is proven under: sigstore, github, or notary: and
    /// its fingerprint; without it sigstore.
    #[arg(long, value_name = "ROOT", conflicts_with_all = ["key", "minisign"])]
    pub root: Option<String>,
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "download-signers.json")]
    pub output: PathBuf,
    /// Write nothing; say whether this file is a declaration, and what it declares.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["paths", "issuer", "workflow", "root", "output"]
    )]
    pub check: Option<PathBuf>,
    /// Say who is declared to sign what lies at this address.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = ["signer", "repository", "key", "minisign"]
    )]
    pub url: Option<String>,
    /// Print JSON (schema assay.declare.v1).
    #[arg(long)]
    pub json: bool,
}
