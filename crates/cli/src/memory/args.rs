//! The command line of `assay memory`.

use clap::Subcommand;

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

const FORGET_EXAMPLES: &str = "\
Examples:
  assay memory forget github.com/example/tool
  assay memory forget downloads.example.org";

/// `assay memory forget`.
#[derive(Debug, clap::Args)]
#[command(after_help = FORGET_EXAMPLES)]
pub struct ForgetArgs {
    /// The project's name as `assay memory` shows it, or the site's host.
    #[arg(value_name = "NAME")]
    pub name: String,
}
