//! The command line.

use crate::audit::args::{TransparencyLogArgs, TransparencyLogCommand};
use crate::notary::args::{RotateArgs, SignerCommand};
use crate::notary_data::{AdoptArgs, BackupArgs, RestoreArgs};
use crate::notary_tokens::TokenCommand;
use crate::serve_args::ServeArgs;
use crate::subject::Subjects;
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
            Self::Key(args) => args.json,
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

/// Which notary, and what it must be.
#[derive(Debug, clap::Args)]
pub struct Contact {
    /// The notary's address: https, or http on this machine.
    #[arg(long, env = "ASSAY_NOTARY", value_name = "URL")]
    pub notary: String,
    /// Accept the notary only with this trust root fingerprint (64 hexadecimal digits).
    #[arg(long, env = "ASSAY_FINGERPRINT", value_name = "HEX")]
    pub fingerprint: Option<String>,
    /// File with the token that the notary asks of those who write; ASSAY_NOTARY_TOKEN holds one too.
    #[arg(long, env = "ASSAY_NOTARY_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// The private key.
#[derive(Debug, clap::Args)]
pub struct PrivateKey {
    /// Private key to sign with (ECDSA P-256, PEM); without it one of your own, made on first use.
    #[arg(long, env = "ASSAY_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
}

const SIGN_EXAMPLES: &str = "\
Each file gets FILE.sigstore.json, a Sigstore bundle that proves the signature offline.

Examples:
  assay sign app.tar.gz --notary https://notary.example
  assay sign dist/* --key release.pem --notary https://notary.example --json";

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
    /// Replace FILE.sigstore.json even if it is somebody else's.
    #[arg(long)]
    pub force: bool,
    /// Print JSON (schema assay.sign.v1).
    #[arg(long)]
    pub json: bool,
}

const VERIFY_EXAMPLES: &str = "\
Exit codes:
   0 verified     10 authentic    11 signed       12 intact     13 unknown
  14 unchecked    15 unsupported  16 changed      17 mismatch   18 forged
  19 untrusted     1 failed        2 usage         3 other trust root
With several files the largest wins. Without --signer nobody is trusted, so the best is 'signed', or
'authentic' where the file is from its signer's own repository.

Sources: 'notary' (--notary), 'github' (what a repository attests and lists; --url), 'beside' (what lies
in the file's directory, and whom the site declares; --url), 'index' (the package index --index, of
what it serves; --url), 'rekor' (Sigstore's public log, which learns the digest). Without
--source the notary is asked, what --url has of its own, and the logs of --rekor.

With --url it is remembered who signs for the project that the file is from, and what its site
declares: another signer later, none where such files were signed, or another declaration is
'changed'. Where you know why, --accept-change remembers how it is now ('assay memory' shows it).

Examples:
  assay verify tool.zip --url https://github.com/example/tool/releases/download/v1/tool.zip \\
      --signer github.com/example/tool
  assay verify app.tar.gz --notary https://notary.example --signer release@example.org
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

const STANDING_EXAMPLES: &str = "\
The statement is logged for good. It counts for everybody who trusts this key, and for nobody else;
the newest statement of a signer wins.

Examples:
  assay untrust app-1.2.tar.gz --reason 'the build machine was broken into' --notary https://notary.example
  assay unsupport app-1.0.tar.gz --reason 'use 2.0' --notary https://notary.example";

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
