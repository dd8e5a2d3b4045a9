//! `assay verify`: its command line.

use crate::contact_args::Which;
use crate::subject::Subjects;
use assay_core::verdict::Verdict;
use std::path::PathBuf;

const VERIFY_EXAMPLES: &str = "\
Exit codes:
   0 verified     10 authentic    11 signed       12 intact     13 unknown
  14 unchecked    15 unsupported  16 changed      17 mismatch   18 forged
  19 untrusted     1 failed        2 usage         3 other trust root
   4 no answer    70 a fault of this program
With several files the largest wins; a verdict that --accept names counts as 0. Without --signer,
--signer-key, --repo or --policy nobody is trusted, so the best is 'signed', or 'authentic' where the
file is from its signer's own repository.

Sources: 'notary' (--notary), 'github' (what a repository attests and lists; --url), 'beside' (what lies
in the file's directory, and whom the site declares; --url), 'index' (the package index --index, of
what it serves; --url), 'registry' (signatures that are attached to a container image where it is; for
docker: where the image was pulled from), 'rekor' (Sigstore's public log, which learns the digest).
Without --source the notary is asked, what --url has of its own, what is attached to image: and oci:, and
the logs of --rekor. A bundle beside a file (FILE.sigstore.json) is used by itself; with --offline nobody
is asked.

With --url it is remembered who signs for the project that the file is from, and what its site
declares: another signer later, none where such files were signed, or another declaration is
'changed'. Where you know why, --accept-change remembers how it is now ('assay memory' shows it).

Examples:
  assay verify tool.zip --url https://github.com/example/tool/releases/download/v1/tool.zip \\
      --signer github.com/example/tool
  assay verify app.tar.gz --notary https://notary.example --signer release@example.org
  assay verify tool.zip --source rekor --signer-key publisher.pub
  assay verify --recursive dist --offline --signer release@example.org \\
      --issuer https://accounts.google.com
  assay verify 'dist/**/*.whl' --policy assay-settings.json --accept authentic
  assay verify image:registry.example/team/app:1.2 --notary https://notary.example --signer release@example.org
  assay verify --all-images --notary https://notary.example --signer release@example.org
  assay verify *.deb --notary https://notary.example --signer SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";

/// Who can be asked about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Source {
    /// The notary.
    Notary,
    /// The repository on GitHub that the file is from.
    Github,
    /// The directory that the file is from.
    Beside,
    /// Sigstore's public log.
    Rekor,
    /// The package index that the file is from.
    Index,
    /// What is attached to a container image, in its registry or its layout.
    Registry,
}

/// A verdict that can be accepted beside 'verified'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Acceptable {
    /// By the very publisher that the file is from.
    Authentic,
    /// By somebody whom nobody named.
    Signed,
    /// Equal to the digest that its publisher publishes.
    Intact,
}

impl Acceptable {
    /// The verdict.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Authentic => Verdict::Authentic,
            Self::Signed => Verdict::Signed,
            Self::Intact => Verdict::Intact,
        }
    }
}

/// `assay verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub subjects: Subjects,
    /// Ask nobody: only bundles count, and what was remembered before.
    #[arg(
        long,
        conflicts_with_all = ["source", "rekor", "index"]
    )]
    pub offline: bool,
    #[command(flatten)]
    pub which: Which,
    /// The address that the file was downloaded from.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// File with a token for GitHub (- reads standard input), with which it answers more often and tells
    /// of private repositories; ASSAY_GITHUB_TOKEN holds one too.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub github_token_file: Option<PathBuf>,
    /// The address of a package index (PEP 740, or npm's attestations API), asked about files that it
    /// serves (--url); after a space, the host that it has its files on, if that is another.
    #[arg(long, value_name = "URL")]
    pub index: Option<String>,
    /// The address of another Rekor log than Sigstore's (version 1), which learns the digest. What it has
    /// is proven under Sigstore's trust root or the notary's. Can be given several times.
    #[arg(long, value_name = "URL")]
    pub rekor: Vec<String>,
    /// Ask just this source, and the logs of --rekor. Can be given several times.
    #[arg(long, value_name = "NAME")]
    pub source: Vec<Source>,
    /// The file's bundle, instead of the one beside it (FILE.sigstore.json).
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// A trusted_root.json of another deployment of Sigstore, whose bundles are proven under it. Can be
    /// given several times.
    #[arg(long, value_name = "FILE")]
    pub trusted_root: Vec<PathBuf>,
    /// A signer to trust: the name under which the notary enrolled it, the fingerprint of a key that
    /// is not enrolled, a minisign key, or a repository (github.com/OWNER/NAME) with its workflows and
    /// releases; with --issuer, a name in a certificate. Can be given several times.
    #[arg(long, value_name = "NAME|FINGERPRINT|REPOSITORY")]
    pub signer: Vec<String>,
    /// The public key of a signer to trust (PEM; `-` reads standard input), which logs are searched for.
    /// Can be given several times.
    #[arg(long, value_name = "FILE")]
    pub signer_key: Vec<PathBuf>,
    /// Who vouches for the names of --signer: they are names in certificates then (an e-mail address or
    /// a URI), whole, under Sigstore's trust root, or under those of --trusted-root. Given once it is for
    /// all of them; else as often as there are names, in their order.
    #[arg(long, value_name = "URL", requires = "signer")]
    pub issuer: Vec<String>,
    /// A repository on GitHub to trust, with its workflows and releases. Can be given several times.
    #[arg(long, value_name = "OWNER/NAME")]
    pub repo: Vec<String>,
    /// Settings as the extension exports them: whom to ask, whom to trust, and what is demanded.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// A verdict that will do beside 'verified'. Several are separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "VERDICT")]
    pub accept: Vec<Acceptable>,
    /// Verify all images that this machine's Docker or Podman has, and print a table.
    #[arg(
        long,
        help_heading = "Container images",
        conflicts_with_all = ["named", "digest", "url"]
    )]
    pub all_images: bool,
    /// If the verdict is 'changed': accept who signs for the project now, that such files are not signed
    /// any more, or what the site declares now, and judge again.
    #[arg(long, requires = "url")]
    pub accept_change: bool,
    /// Neither use nor change what is remembered of projects and sites: nothing is 'changed' then. What
    /// is remembered of logs is used all the same.
    #[arg(long)]
    pub no_memory: bool,
    /// Print JSON (schema assay.verify.v1).
    #[arg(long)]
    pub json: bool,
}
