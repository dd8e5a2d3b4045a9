//! `assay completions`.

use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  assay completions bash > ~/.local/share/bash-completion/completions/assay
  assay completions zsh > \"${fpath[1]}/_assay\"
  assay completions fish > ~/.config/fish/completions/assay.fish
  assay completions powershell >> $PROFILE";

/// `assay completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// When standard output cannot be written to.
pub fn run(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut command_line::commands(),
        "assay",
        &mut script,
    );
    output::say(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::DONE)
}
