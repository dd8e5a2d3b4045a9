//! `assay verify`: its command line.

use crate::subject::Subjects;

const VERIFY_EXAMPLES: &str = "\
Exit codes:
   0 verified     10 authentic    11 signed       12 intact     13 unknown
  14 unchecked    15 unsupported  16 changed      17 mismatch   18 forged
  19 untrusted     1 failed        2 usage         3 other trust root
With several files the largest wins. Without --signer nobody is trusted, so the best is 'signed', or
'authentic' where the file is from its signer's own repository.

Sources: 'notary' (--notary), 'github' (what a repository attests and lists; --url), 'beside' (what lies
in the file's directory, and whom the site declares; --url), 'index' (the package index --index, of
what it serves; --url), 'registry' (signatures that are attached to a container image where it is; for
docker: where the image was pulled from), 'rekor' (Sigstore's public log, which learns the digest).
Without --source the notary is asked, what --url has of its own, what is attached to image: and oci:, and
the logs of --rekor.

With --url it is remembered who signs for the project that the file is from, and what its site
declares: another signer later, none where such files were signed, or another declaration is
'changed'. Where you know why, --accept-change remembers how it is now ('assay memory' shows it).

Examples:
  assay verify tool.zip --url https://github.com/example/tool/releases/download/v1/tool.zip \\
      --signer github.com/example/tool
  assay verify app.tar.gz --notary https://notary.example --signer release@example.org
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

/// `assay verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub subjects: Subjects,
    /// The notary's address: https, or http on this machine.
    #[arg(long, env = "ASSAY_NOTARY", value_name = "URL")]
    pub notary: Option<String>,
    /// Accept the notary only with this trust root fingerprint (64 hexadecimal digits).
    #[arg(long, env = "ASSAY_FINGERPRINT", value_name = "HEX")]
    pub fingerprint: Option<String>,
    /// The address that the file was downloaded from.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A token for GitHub, with which it answers more often and tells of private repositories.
    #[arg(
        long,
        env = "ASSAY_GITHUB_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub github_token: Option<String>,
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
    /// A signer to trust: the name under which the notary enrolled it, the fingerprint of a key that
    /// is not enrolled, or a repository (github.com/OWNER/NAME) with its workflows and releases. Can
    /// be given several times.
    #[arg(long, value_name = "NAME|FINGERPRINT|REPOSITORY")]
    pub signer: Vec<String>,
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
    #[arg(
        long,
        env = "ASSAY_NO_MEMORY",
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub no_memory: bool,
    /// Print JSON (schema assay.verify.v1).
    #[arg(long)]
    pub json: bool,
}
