//! The command line. Each command's arguments lie beside the command.

use crate::audit::args::TransparencyLogArgs;
use crate::color::When;
use crate::completions::CompletionsArgs;
use crate::declare_args::DeclareArgs;
use crate::inspect::args::InspectArgs;
use crate::list::args::ListArgs;
use crate::login::args::{LoginArgs, LogoutArgs};
use crate::logs::args::LogsArgs;
use crate::manifest::ManifestArgs;
use crate::manual::ManArgs;
use crate::memory::args::MemoryArgs;
use crate::notary::args::NotaryArgs;
use crate::roots::args::RootsArgs;
use crate::sign_args::{KeyArgs, SignArgs, StandingArgs};
use crate::verify_args::VerifyArgs;
use crate::verify_bundle_args::VerifyBundleArgs;
use clap::{Parser, Subcommand};

/// Sign and verify files, run a notary.
#[derive(Debug, Parser)]
#[command(name = "assay", version, after_help = OVERVIEW, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// Whether to use colours: on a terminal, always, or never. NO_COLOR and CLICOLOR_FORCE count for
    /// 'auto'.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
}

const OVERVIEW: &str = "\
Examples:
  assay login https://notary.example                  # the notary that commands ask from now on
  assay sign app.tar.gz                               # sign a file, and log the signature there
  assay verify app.tar.gz --signer release@example.org
  assay notary --data ./notary                        # run a notary on this machine

`assay help COMMAND` has examples of each command. Every option can be set by an environment variable,
too; ASSAY_CONFIG_DIR moves the configuration.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a notary the one that commands use, and keep the token with which you write there.
    Login(LoginArgs),
    /// Forget a notary and the token for it.
    Logout(LogoutArgs),
    /// Sign files, and log each signature with a notary.
    Sign(SignArgs),
    /// Ask a notary about files, prove its answers, and tell the verdict.
    Verify(VerifyArgs),
    /// Print the text whose digest stands for a directory or a commit, to keep and compare it.
    Manifest(ManifestArgs),
    /// Declare files untrusted: a warning that every client shows that trusts you.
    Untrust(StandingArgs),
    /// Withdraw your support for files: an outdated version.
    Unsupport(StandingArgs),
    /// Vouch for files again, after untrust or unsupport.
    Trust(StandingArgs),
    /// Show all that a notary knows of a file, or all that is in a Sigstore bundle.
    Inspect(InspectArgs),
    /// Show what a key has had logged at a notary.
    List(ListArgs),
    /// Verify a Sigstore bundle against a file, offline.
    VerifyBundle(VerifyBundleArgs),
    /// Show the public key that signs, and make one if there is none.
    Key(KeyArgs),
    /// Write who signs your downloads, for your own domain, or check what is written.
    Declare(DeclareArgs),
    /// Show the trust roots of Sigstore and GitHub and how old they are, or refresh them.
    Roots(RootsArgs),
    /// Show what is remembered of transparency logs, and decide about those that contradicted themselves.
    Logs(LogsArgs),
    /// Audit the log of a notary.
    Log(TransparencyLogArgs),
    /// Show what is remembered of projects and sites, by which a change is noticed, or forget it.
    Memory(MemoryArgs),
    /// Run a notary, or administer one.
    Notary(NotaryArgs),
    /// Print a script with which your shell completes commands and options.
    Completions(CompletionsArgs),
    /// Write the manual pages.
    Man(ManArgs),
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

    /// The commands that do something, by their paths.
    fn doing<'a>(
        command: &'a clap::Command,
        path: &str,
        found: &mut Vec<(String, &'a clap::Command)>,
    ) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            doing(inner, &path, found);
            found.push((path, inner));
        }
    }

    #[test]
    fn help_teaches_by_examples_that_are_right() {
        let root = Args::command();
        let mut commands = Vec::new();
        doing(&root, "assay", &mut commands);
        for (path, command) in commands {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let joined = help.replace(" \\\n      ", " ");
            let examples: Vec<&str> = joined
                .lines()
                .filter(|line| line.contains("  assay ") || line.contains("| assay "))
                .collect();
            let own = examples.iter().filter(|line| line.contains(&path)).count();
            assert!(own > 0, "{path} has no example of itself:\n{help}");
            for example in examples {
                for part in example
                    .split([';', '|', '>', '<'])
                    .flat_map(|part| part.split("&&"))
                {
                    let part = part.split(" #").next().unwrap_or(part).trim();
                    if !part.starts_with("assay ") {
                        continue;
                    }
                    let words = words(part);
                    let read = Args::try_parse_from(&words);
                    assert!(read.is_ok(), "{part}: {}", read.unwrap_err());
                }
            }
        }
    }

    /// The words of a line of a shell without anything but quotes in it.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}
