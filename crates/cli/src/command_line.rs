//! From the words of a command line to what is to be done.

use crate::args::Args;
use crate::color::{self, When};
use crate::{environment, output};
use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches, ValueEnum};
use serde_json::json;
use std::ffi::OsString;
use std::process::ExitCode;

/// What is to be done.
pub struct CommandLine {
    /// The arguments.
    pub args: Args,
    /// Whether the result is to be JSON.
    pub wants_json: bool,
}

/// All commands and options, as help shows them.
pub fn commands() -> clap::Command {
    environment::shown(Args::command().styles(color::help_styles()))
}

/// Reads this process' command line and environment.
///
/// # Errors
/// How the program ends, where there is nothing more to do: the line is wrong, which was told, or help
/// was asked for, which was printed.
pub fn read() -> Result<CommandLine, ExitCode> {
    let line: Vec<OsString> = std::env::args_os().collect();
    // Wrong lines and help have colours, too.
    let when = color_of(&line);
    when.choose();
    let command = Args::command()
        .styles(color::help_styles())
        .color(match when {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        });
    let value = |name: &str| std::env::var_os(name);
    let parsed = environment::parse(&command, line.clone(), value).and_then(|matches| {
        Ok(CommandLine {
            args: Args::from_arg_matches(&matches)?,
            wants_json: wants_json(&matches),
        })
    });
    parsed.map_err(|error| {
        let code = u8::try_from(error.exit_code()).unwrap_or(u8::MAX);
        let printed = output::written(error.print());
        if let (0, Err(error)) = (code, printed) {
            output::complain(&error.to_string());
            return error.exit().into();
        }
        if code != 0 && is_json_among(&line) {
            let text = error.to_string();
            let _ = output::json(&json!({
                "schema": "assay.error.v1",
                "exit_code": code,
                "error": told(&text),
            }));
        }
        code.into()
    })
}

/// Whether the command that was chosen was asked for JSON.
fn wants_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, inner)) if wants_json(inner) => true,
        _ => matches!(matches.try_get_one::<bool>("json"), Ok(Some(true))),
    }
}

/// Of a line that cannot be read.
fn is_json_among(line: &[OsString]) -> bool {
    let mut options = line.iter().take_while(|token| *token != "--");
    options.any(|token| token == "--json")
        || std::env::var_os("ASSAY_JSON").is_some_and(|value| environment::is_on(&value))
}

/// What clap says, without how it begins and without its advice.
fn told(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or(text);
    let first = first.strip_prefix("error: ").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// When to use colours, of a line that is not read yet.
fn color_of(line: &[OsString]) -> When {
    let mut options = line.iter().take_while(|token| *token != "--");
    let mut given = std::env::var("ASSAY_COLOR").ok();
    while let Some(token) = options.next().and_then(|token| token.to_str()) {
        match token.strip_prefix("--color") {
            Some("") => {
                given = options
                    .next()
                    .and_then(|next| next.to_str())
                    .map(str::to_owned)
            }
            Some(rest) if rest.starts_with('=') => given = rest.get(1..).map(str::to_owned),
            _ => {}
        }
    }
    // What is none of the words is told when the line is read.
    given
        .and_then(|word| When::from_str(&word, false).ok())
        .unwrap_or_default()
}
