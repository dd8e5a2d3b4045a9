//! The command line.

use crate::audit::args::{TransparencyLogArgs, TransparencyLogCommand};
use crate::notary::args::{RotateArgs, SignerCommand};
use crate::notary_data::{AdoptArgs, BackupArgs, RestoreArgs};
use crate::notary_tokens::TokenCommand;
use crate::serve_args::ServeArgs;
use crate::sign_args::{KeyArgs, SignArgs, StandingArgs};
use crate::verify_args::VerifyArgs;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Sign and verify files, run a notary.
#[derive(Debug, Parser)]
#[command(version, about, after_help = OVERVIEW, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

const OVERVIEW: &str = "\
Examples:
  assay notary --data ./notary                           run a notary on this machine
  assay sign app.tar.gz --notary http://127.0.0.1:7340   sign a file and log the signature
  assay verify app.tar.gz --notary http://127.0.0.1:7340 --signer release@example.org

ASSAY_NOTARY names the notary once for all commands; ASSAY_CONFIG_DIR moves the configuration.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign files, and log each signature with a notary.
    Sign(SignArgs),
    /// Ask a notary about files, prove its answers, and tell the verdict.
    Verify(VerifyArgs),
    /// Verify a Sigstore bundle against a file, offline.
    VerifyBundle(VerifyBundleArgs),
    /// Declare files untrusted: a warning that every client shows that trusts you.
    Untrust(StandingArgs),
    /// Withdraw your support for files: an outdated version.
    Unsupport(StandingArgs),
    /// Vouch for files again, after untrust or unsupport.
    Trust(StandingArgs),
    /// Show the public key that signs, and make one if there is none.
    Key(KeyArgs),
    /// Write who signs your downloads, for your own domain, or check what is written.
    Declare(DeclareArgs),
    /// Show the trust roots of Sigstore and GitHub and how old they are, or refresh them.
    Roots(RootsArgs),
    /// Show what is remembered of transparency logs, and decide about those that contradicted themselves.
    Logs(LogsArgs),
    /// Audit the whole log of a notary.
    Log(TransparencyLogArgs),
    /// Show what is remembered of projects and sites, by which a change is noticed, or forget it.
    Memory(MemoryArgs),
    /// Run a notary, or administer one.
    Notary(NotaryArgs),
}

impl Command {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::Sign(args) => args.json,
            Self::Verify(args) => args.json,
            Self::VerifyBundle(args) => args.json,
            Self::Untrust(args) | Self::Unsupport(args) | Self::Trust(args) => args.json,
            Self::Key(args) => args.wants_json(),
            Self::Declare(args) => args.json,
            Self::Roots(args) => args.json,
            Self::Logs(args) => args.json,
            Self::Log(args) => match &args.command {
                TransparencyLogCommand::Audit(args) => args.json,
            },
            Self::Memory(args) => args.json,
            Self::Notary(args) => match &args.command {
                Some(NotaryCommand::Signer(SignerCommand::Add(args))) => args.json,
                Some(NotaryCommand::Backup(args)) => args.json,
                Some(NotaryCommand::Restore(args)) => args.json,
                Some(NotaryCommand::Adopt(args)) => args.json,
                Some(NotaryCommand::Signer(SignerCommand::List(args))) => args.json,
                Some(NotaryCommand::Signer(SignerCommand::Revoke(args))) => args.json,
                Some(NotaryCommand::Rotate(args)) => args.json,
                Some(NotaryCommand::Token(command)) => command.wants_json(),
                Some(NotaryCommand::Config) => false,
                None => args.serve.json,
            },
        }
    }
}

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
    pub artifact: String,
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

const ROOTS_EXAMPLES: &str = "\
A trust root is what proofs are checked against. The roots of Sigstore's public instance and of
GitHub come with the program; a refresh takes over newer ones that the keys in charge signed (TUF).
Whatever a refresh is refused for, the root in use stays in use.

Examples:
  assay roots
  assay roots refresh
  assay roots refresh github --json";

/// `assay roots`.
#[derive(Debug, clap::Args)]
#[command(after_help = ROOTS_EXAMPLES)]
pub struct RootsArgs {
    #[command(subcommand)]
    pub command: Option<RootsCommand>,
    /// Print JSON (schema assay.roots.v1).
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with trust roots.
#[derive(Debug, Subcommand)]
pub enum RootsCommand {
    /// Ask the repositories for newer trust roots.
    Refresh(RootsRefreshArgs),
}

/// `assay roots refresh`.
#[derive(Debug, clap::Args)]
pub struct RootsRefreshArgs {
    /// Which; without it, all.
    #[arg(value_name = "ROOT", value_parser = ["sigstore", "github"])]
    pub roots: Vec<String>,
}

const LOGS_EXAMPLES: &str = "\
'verify' remembers the last state of each log, and has the notary prove that a later one grew out of
it. A log that signed two histories of which only one can be true proves nothing until you decide.

Examples:
  assay logs
  assay logs evidence 1f2e3d4c > evidence.json
  assay logs trust 1f2e3d4c";

/// `assay logs`.
#[derive(Debug, clap::Args)]
#[command(after_help = LOGS_EXAMPLES)]
pub struct LogsArgs {
    #[command(subcommand)]
    pub command: Option<LogsCommand>,
    /// Print JSON (schema assay.logs.v1; of trust, assay.log.v1).
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with remembered logs.
#[derive(Debug, Subcommand)]
pub enum LogsCommand {
    /// Print the evidence that a log contradicted itself (schema assay.log-contradiction.v1).
    Evidence(LogArgs),
    /// Let count again what a log proves that contradicted itself, from what it showed last on.
    Trust(LogArgs),
}

/// `assay logs evidence`, `assay logs trust`.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// The log's id as `assay logs` shows it, or its first 8 digits or more.
    #[arg(value_name = "ID")]
    pub id: String,
}

const MEMORY_EXAMPLES: &str = "\
'verify' with --url remembers who signed for a project at first sight, which kinds of its files were
signed, and what its site declared. NAME is a project's name as it is shown, or a host: then all that
is remembered of it and its projects is forgotten, and the next sight is the first.

Examples:
  assay memory
  assay memory forget github.com/example/tool
  assay memory forget downloads.example.org";

/// `assay memory`.
#[derive(Debug, clap::Args)]
#[command(after_help = MEMORY_EXAMPLES)]
pub struct MemoryArgs {
    #[command(subcommand)]
    pub command: Option<MemoryCommand>,
    /// Print JSON (schema assay.memory.v1; of forget, assay.memory.forgotten.v1).
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with what is remembered of projects and sites.
#[derive(Debug, Subcommand)]
pub enum MemoryCommand {
    /// Forget a project, or a site with its projects.
    Forget(ForgetArgs),
}

/// `assay memory forget`.
#[derive(Debug, clap::Args)]
pub struct ForgetArgs {
    /// The project's name as `assay memory` shows it, or the site's host.
    #[arg(value_name = "NAME")]
    pub name: String,
}

const NOTARY_EXAMPLES: &str = "\
Examples:
  assay notary --data ./notary
  assay notary --data /var/lib/assay --listen 127.0.0.1:7340 --address https://notary.example
  assay notary config > notary.toml && assay notary --config notary.toml
  assay notary token add ci --data /var/lib/assay
  assay notary signer add release@example.org release.pub --data /var/lib/assay
  assay notary signer revoke release@example.org --reason 'the laptop was stolen' --data /var/lib/assay
  assay notary rotate --data /var/lib/assay
  assay notary backup --data /var/lib/assay --to /backup/notary-2026-11-28
  assay notary restore /backup/notary-2026-11-28 --data /var/lib/assay-new --lock /var/lib/assay.lock";

/// `assay notary`.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTARY_EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct NotaryArgs {
    #[command(subcommand)]
    pub command: Option<NotaryCommand>,
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What to administer.
#[derive(Debug, Subcommand)]
pub enum NotaryCommand {
    /// The signers whom the notary names.
    #[command(subcommand)]
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
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print a configuration file with every setting, what it does, and its default.
    Config,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_declaration_is_written_for_one_signer_or_checked() {
        let parse = |line: &str| Args::try_parse_from(format!("assay declare {line}").split(' '));
        for right in [
            "--path /a --signer a --issuer b",
            "--path /a --path /b --repository a --workflow b --root github",
            "--path /a --key a --output b",
            "--path /a --minisign a",
            "--check a",
            "--check a --url b --json",
        ] {
            assert!(parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "--json",
            "--path /a",
            "--key a",
            "--path /a --signer a",
            "--path /a --key a --minisign b",
            "--path /a --signer a --issuer b --repository c",
            "--path /a --signer a --issuer b --workflow c",
            "--path /a --key a --issuer b",
            "--path /a --minisign a --root sigstore",
            "--path /a --key a --url b",
            "--path /a --check a",
            "--check a --key b",
            "--check a --output b",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_change_is_accepted_of_a_file_with_an_address_only() {
        let parse = |line: &str| Args::try_parse_from(format!("assay verify {line}").split(' '));
        assert!(parse("f --url https://example.org/f --accept-change").is_ok());
        assert!(parse("f --accept-change").is_err());
        assert!(parse("f --no-memory").is_ok());
    }

    #[test]
    fn running_a_notary_and_administering_it_are_told_apart() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        assert!(parse("assay notary --data d").is_ok());
        assert!(parse("assay notary --config f --open-writing --set a=b").is_ok());
        assert!(parse("assay notary config").is_ok());
        assert!(parse("assay notary token add n --data d").is_ok());
        assert!(parse("assay notary token add n").is_err());
        assert!(parse("assay notary signer add n k --data d").is_ok());
        assert!(parse("assay notary signer add n k").is_err());
        assert!(parse("assay notary backup --data d --to f").is_ok());
        assert!(parse("assay notary restore f --data d --lock l").is_ok());
        assert!(parse("assay notary restore f").is_err());
    }
}
