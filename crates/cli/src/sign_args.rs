//! `assay sign`, `assay untrust`, `assay unsupport`, `assay trust`, `assay key`: their command lines.

use crate::contact_args::{Contact, PrivateKey};
use crate::subject::Subjects;
use std::path::PathBuf;

const SIGN_EXAMPLES: &str = "\
Each file gets FILE.sigstore.json, a Sigstore bundle that proves the signature offline; a directory gets
it beside itself (DIR.sigstore.json), and the commit of git:DIR gets DIR.commit.sigstore.json.

Examples:
  assay sign app.tar.gz                                      # at the notary of the last login
  assay sign app.tar.gz --notary https://notary.example
  assay sign dist/ git:. --notary https://notary.example
  assay sign dist/* --key release.pem --notary https://notary.example --json
  assay sign image:registry.example/team/app:1.2 --attach --notary https://notary.example";

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
    /// Write the bundle to this file, of one subject, instead of beside it.
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// Put the signature beside the image in its registry, where cosign finds it, too.
    #[arg(long, help_heading = "Container images")]
    pub attach: bool,
    /// Replace FILE.sigstore.json even if it is somebody else's.
    #[arg(long)]
    pub force: bool,
    /// Print JSON (schema assay.sign.v1).
    #[arg(long)]
    pub json: bool,
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
  assay key | ssh notary assay notary signer add release@example.org - --data /var/lib/assay";

/// `assay key`.
#[derive(Debug, clap::Args)]
#[command(after_help = KEY_EXAMPLES)]
pub struct KeyArgs {
    #[command(flatten)]
    pub key: PrivateKey,
    /// Print JSON (schema assay.key.v1).
    #[arg(long)]
    pub json: bool,
}
