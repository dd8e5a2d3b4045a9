//! The command line of `assay roots`.

use clap::Subcommand;

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

const REFRESH_EXAMPLES: &str = "\
Ends with 4 where a repository could not be reached, or what it gave was refused.

Examples:
  assay roots refresh
  assay roots refresh sigstore";

/// `assay roots refresh`.
#[derive(Debug, clap::Args)]
#[command(after_help = REFRESH_EXAMPLES)]
pub struct RootsRefreshArgs {
    /// Which; without it, all.
    #[arg(value_name = "ROOT", value_parser = ["sigstore", "github"])]
    pub roots: Vec<String>,
}
