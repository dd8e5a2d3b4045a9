//! `assay man`: the manual pages.

use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use assay_notary::files::{self, Mode};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  assay man ~/.local/share/man/man1 && man assay-verify
  sudo assay man /usr/local/share/man/man1";

/// `assay man`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The directory to write to: a page for each command, such as assay-verify.1.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Print JSON (schema assay.man.v1).
    #[arg(long)]
    pub json: bool,
}

/// Writes the pages.
///
/// # Errors
/// When one cannot be written.
pub fn run(args: &ManArgs) -> Result<Exit, CliError> {
    let mut root = command_line::commands();
    root.build();
    let mut pages = Vec::new();
    gather(&root, &mut pages)?;
    std::fs::create_dir_all(&args.directory)
        .map_err(|source| CliError::file(&args.directory, source))?;
    let mut written = Vec::new();
    for (name, page) in pages {
        let file = args.directory.join(name);
        files::replace(&file, &page, Mode::Shared)
            .map_err(|source| CliError::file(&file, source))?;
        written.push(file.to_string_lossy().into_owned());
    }
    if args.json {
        output::json(&json!({ "schema": "assay.man.v1", "files": written }))?;
    } else {
        let directory = args.directory.to_string_lossy();
        output::say(&format!(
            "wrote {} pages to {}",
            written.len(),
            output::plain(&directory)
        ))?;
    }
    Ok(Exit::DONE)
}

/// The pages of a command and those below it, each with its file's name.
fn gather(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), CliError> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let page = page(command).map_err(|error| CliError::Internal(error.to_string()))?;
    pages.push((format!("{name}.1"), page));
    for inner in command.get_subcommands() {
        if inner.get_name() != "help" {
            gather(inner, pages)?;
        }
    }
    Ok(())
}

/// A page. What follows a command's help has lines and columns of its own, which stay as they are.
fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let more = command.get_after_help().map(ToString::to_string);
    let man = Man::new(command.clone().after_help(""));
    let mut page = Vec::new();
    let name = command.get_display_name().unwrap_or(command.get_name());
    let version = command.get_version().unwrap_or_default();
    // Without a date: the same program writes the same pages.
    writeln!(page, ".TH \"{name}\" 1 \"\" \"assay {version}\" \"Assay\"")?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(more) = more {
        let mut section = Roff::new();
        section.control("SH", ["NOTES"]);
        section.control("nf", []);
        for line in more.lines() {
            section.text([roman(line)]);
        }
        section.control("fi", []);
        section.to_writer(&mut page)?;
    }
    man.render_version_section(&mut page)?;
    Ok(page)
}
