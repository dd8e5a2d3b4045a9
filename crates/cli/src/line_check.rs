//! What is wrong with a command line whatever the command is, and clap lets pass: options and arguments
//! without anything in them, as a script gives them whose variable is not set, and standard input that is
//! to be read twice.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsStr;

/// The one option that may be empty: for the name in GitHub's releases nobody vouches.
const MAY_BE_EMPTY: &str = "certificate_oidc_issuer";

/// Refuses what nobody can mean: that there is nothing in an option or an argument but white space, which
/// would be taken for "anybody" or "anywhere" if for anything; or more than one `-` for standard input,
/// of which the second would find it empty.
///
/// # Errors
/// As clap tells that a value is required, or that options cannot go together.
pub fn refuse(command: &Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    if let Some((name, inner)) = matches.subcommand() {
        return match command.find_subcommand(name) {
            Some(command) => refuse(command, inner),
            None => Ok(()),
        };
    }
    let mut inputs = 0;
    for option in command.get_arguments() {
        let given = given(option, matches);
        if option.get_id() != MAY_BE_EMPTY && given.iter().any(is_blank) {
            return Err(required(command, option));
        }
        let names = option.get_value_names().unwrap_or_default();
        if names.iter().any(|name| name.contains("FILE")) {
            inputs += given.iter().filter(|value| **value == "-").count();
        }
    }
    match inputs > 1 {
        true => Err(command.clone().error(
            ErrorKind::ArgumentConflict,
            "standard input can be read only once: give - once",
        )),
        false => Ok(()),
    }
}

/// Whether there is nothing in a text but white space.
pub fn is_blank(text: impl AsRef<OsStr>) -> bool {
    text.as_ref().to_string_lossy().trim().is_empty()
}

/// What was given to an option or as an argument.
fn given<'a>(option: &Arg, matches: &'a ArgMatches) -> Vec<&'a OsStr> {
    let id = option.get_id().as_str();
    let is_known = option.get_action().takes_values() && matches.try_contains_id(id).is_ok();
    if !is_known || matches.value_source(id) != Some(ValueSource::CommandLine) {
        return Vec::new();
    }
    let values = matches.try_get_raw(id).ok().flatten();
    let values = values.into_iter().flatten();
    values.collect()
}

/// As clap tells of an option to which nothing is given at all.
fn required(command: &Command, option: &Arg) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
    let named = ContextValue::String(option.to_string());
    error.insert(ContextKind::InvalidArg, named);
    let nothing = ContextValue::String(String::new());
    error.insert(ContextKind::InvalidValue, nothing);
    error
}
