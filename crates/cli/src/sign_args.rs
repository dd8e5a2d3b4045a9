//! `assay sign`, `assay untrust`, `assay unsupport`, `assay trust`, `assay key`: their command lines.

use crate::contact_args::{Contact, PrivateKey};
use crate::keyless::args::KeylessArgs;
use crate::subject::Subjects;
use clap::Subcommand;
use std::path::PathBuf;

const SIGN_EXAMPLES: &str = "\
Each file gets FILE.sigstore.json, a Sigstore bundle that proves the signature offline; a directory gets
it beside itself (DIR.sigstore.json), and the commit of git:DIR gets DIR.commit.sigstore.json.

Examples:
  assay sign app.tar.gz                                      # at the notary of the last login
  assay sign app.tar.gz --notary https://notary.example
  assay sign dist/ git:. --notary https://notary.example
  assay sign dist/* --key release.pem --notary https://notary.example --json
  assay sign image:registry.example/team/app:1.2 --attach --notary https://notary.example
  assay sign app.tar.gz --attribute version=1.2.0 --attribute channel=stable --notary https://notary.example
  assay sign app.tar.gz --keyless                        # with your e-mail address, at Sigstore
  assay sign dist/* --keyless --yes                      # in a pipeline, with the pipeline's own name
  assay sign app.tar.gz --keyless --signing-config signing_config.json --trusted-root trusted_root.json
  assay sign app.tar.gz --offline                        # no log: few will accept it";

/// `assay sign`.
#[derive(Debug, clap::Args)]
#[command(after_help = SIGN_EXAMPLES)]
pub struct SignArgs {
    #[command(flatten)]
    pub subjects: Subjects,
    #[command(flatten)]
    pub contact: Contact,
    #[command(flatten)]
    pub key: PrivateKey,
    #[command(flatten)]
    pub keyless: KeylessArgs,
    /// Sign with the key and ask nobody: no log, so nobody can tell when it was signed.
    #[arg(long, conflicts_with_all = ["notary", "token_file", "fingerprint", "attach"])]
    pub offline: bool,
    #[command(flatten)]
    pub says: Says,
    /// Where the bundle is written, instead of FILE.sigstore.json; for one subject.
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// Put the signature beside the image in its registry, where cosign finds it, too.
    #[arg(long, help_heading = "Container images")]
    pub attach: bool,
    /// Replace the bundle even if it is somebody else's.
    #[arg(long)]
    pub force: bool,
    /// Print JSON (schema assay.sign.v1).
    #[arg(long)]
    pub json: bool,
}

/// What is said of the subjects beyond that they are signed.
#[derive(Debug, clap::Args)]
pub struct Says {
    /// What the signer says of the file, in a signed statement that vouches for it. Can be given
    /// several times.
    #[arg(long, value_name = "NAME=VALUE")]
    pub attribute: Vec<String>,
    /// Sign a statement of your own about the file: its in-toto predicate (JSON; - reads standard
    /// input). Whether it vouches for the file follows from its type.
    #[arg(
        long,
        value_name = "FILE",
        requires = "predicate_type",
        conflicts_with = "attribute"
    )]
    pub predicate: Option<PathBuf>,
    /// The type of that predicate, such as https://slsa.dev/provenance/v1.
    #[arg(long, value_name = "URI", requires = "predicate")]
    pub predicate_type: Option<String>,
}

const STANDING_EXAMPLES: &str = "\
The statement is logged for good. It counts for everybody who trusts this key, and for nobody else;
the newest statement of a signer wins.

Examples:
  assay untrust app-1.2.tar.gz --reason 'the build machine was broken into'
  assay unsupport app-1.0.tar.gz --reason 'use 2.0' --notary https://notary.example
  assay trust app-1.0.tar.gz --reason 'it is supported again'";

/// `assay untrust`, `assay unsupport`, `assay trust`.
#[derive(Debug, clap::Args)]
#[command(after_help = STANDING_EXAMPLES)]
pub struct StandingArgs {
    #[command(flatten)]
    pub subjects: Subjects,
    #[command(flatten)]
    pub contact: Contact,
    #[command(flatten)]
    pub key: PrivateKey,
    /// Why, in a sentence that users will read.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Print JSON (schema assay.standing.v1).
    #[arg(long)]
    pub json: bool,
}

const KEY_EXAMPLES: &str = "\
Examples:
  assay key > release.pub
  assay key | ssh notary assay notary signer add release@example.org - --data /var/lib/assay/notary
  assay key passphrase                                   # set a passphrase, or change it";

/// `assay key`.
#[derive(Debug, clap::Args)]
#[command(after_help = KEY_EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct KeyArgs {
    #[command(subcommand)]
    pub command: Option<KeyCommand>,
    #[command(flatten)]
    pub key: PrivateKey,
    /// Print JSON (schema assay.key.v1; of passphrase, assay.key.passphrase.v1).
    #[arg(long)]
    pub json: bool,
}

/// What to do with the key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Set, change or remove the passphrase with which the private key is kept.
    Passphrase(KeyPassphraseArgs),
}

const PASSPHRASE_EXAMPLES: &str = "\
Examples:
  assay key passphrase                                   # asks on a terminal
  assay key passphrase --key release.pem --new-passphrase-file new.txt
  assay key passphrase --remove";

/// `assay key passphrase`.
#[derive(Debug, clap::Args)]
#[command(after_help = PASSPHRASE_EXAMPLES)]
pub struct KeyPassphraseArgs {
    #[command(flatten)]
    pub key: PrivateKey,
    /// File with the new passphrase (- reads standard input); ASSAY_NEW_PASSPHRASE holds one too.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub new_passphrase_file: Option<PathBuf>,
    /// Keep the key without a passphrase: whoever can read its file can sign.
    #[arg(long, conflicts_with = "new_passphrase_file")]
    pub remove: bool,
    /// Print JSON (schema assay.key.passphrase.v1).
    #[arg(long)]
    pub json: bool,
}
