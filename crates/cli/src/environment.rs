//! Options as environment variables.
//!
//! Each option of each command has a variable, by rule. It counts where the option is not on the
//! command line, and never makes a command line wrong that would be right without it: where variables
//! cannot go together with what is given, or with each other, as many are used as can.

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::{OsStr, OsString};

/// Commands whose options have their names alone: they deal with files, and an option that several of
/// them have means the same in each.
const COMMON: [&str; 7] = [
    "sign",
    "verify",
    "untrust",
    "unsupport",
    "trust",
    "key",
    "inspect",
];

/// Options that mean the same in every command.
const EVERYWHERE: [&str; 2] = ["json", "color"];

/// Options of the common commands that have no variable: they are about one file, or a decision about
/// it, and would be taken for the next one's.
const OF_ONE_FILE: [&str; 6] = [
    "digest",
    "url",
    "bundle",
    "accept-change",
    "attach",
    "issuer",
];

/// Options that undo what protects the user, which nothing but the command line does.
const OF_A_DECISION: [(&str, &str); 1] = [("key passphrase", "remove")];

/// Variables are tried in all their combinations where they cannot go together, if they are so few.
const MOST_TRIED: usize = 10;

/// The variable of an option of the command with this path (`notary signer add`).
pub fn variable(path: &str, option: &Arg) -> Option<String> {
    let long = option.get_long()?;
    if matches!(
        option.get_action(),
        ArgAction::Help | ArgAction::Version | ArgAction::HelpShort | ArgAction::HelpLong
    ) {
        return None;
    }
    // A name from before there was a rule.
    if OF_A_DECISION.contains(&(path, long)) {
        return None;
    }
    if let Some(name) = option.get_env() {
        return Some(name.to_string_lossy().into_owned());
    }
    let long_name = long.to_uppercase().replace('-', "_");
    if EVERYWHERE.contains(&long) {
        return Some(format!("ASSAY_{long_name}"));
    }
    let command = path.rsplit(' ').next().unwrap_or_default();
    match path {
        // Its settings have variables of their own, which it reads itself.
        "notary" => None,
        path if COMMON.contains(&path) => {
            (!OF_ONE_FILE.contains(&long)).then(|| format!("ASSAY_{long_name}"))
        }
        _ => {
            let command = command.to_uppercase().replace('-', "_");
            Some(format!("ASSAY_{command}_{long_name}"))
        }
    }
}

/// The command line as help and manual pages show it: each option with its variable.
pub fn shown(command: Command) -> Command {
    each(command, "", &|path, option| match variable(path, &option) {
        None => option.env(Resettable::Reset),
        Some(name) => {
            let help = option.get_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            option
                .help(format!("{help} [env: {name}]"))
                .env(Resettable::Reset)
        }
    })
}

fn each(command: Command, path: &str, change: &dyn Fn(&str, Arg) -> Arg) -> Command {
    let command = command.mut_args(|option| change(path, option));
    command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        each(inner, path.trim_start(), change)
    })
}

/// Reads a command line together with the environment. `value` reads a variable.
///
/// # Errors
/// As clap tells them, and where help is asked for.
pub fn parse(
    command: &Command,
    line: Vec<OsString>,
    value: impl Fn(&str) -> Option<OsString>,
) -> Result<ArgMatches, clap::Error> {
    let mut named = command.clone();
    named.build();
    let place = Place::of(&named, &line);
    let made = place.made(&line, value);
    let shown = shown(command.clone());
    let with = |chosen: &dyn Fn(usize) -> bool| {
        let chosen = made
            .iter()
            .enumerate()
            .filter(|(number, _)| chosen(*number));
        let mut line = line.clone();
        let added = chosen.flat_map(|(_, tokens)| tokens.iter().cloned());
        line.splice(place.after..place.after, added);
        shown.clone().try_get_matches_from(line)
    };
    let error = match with(&|_| true) {
        Err(error) if !made.is_empty() && can_be_otherwise(&error) => error,
        other => return other,
    };
    for chosen in combinations(made.len()) {
        match with(&|number| chosen & (1 << number) != 0) {
            Err(error) if can_be_otherwise(&error) => {}
            other => return other,
        }
    }
    // Nothing that the environment could leave out makes it right.
    with(&|_| false).map_err(|alone| match alone.kind() {
        ErrorKind::MissingRequiredArgument => alone,
        _ => error,
    })
}

/// Whether the error may come from an option that cannot go with others, or lacks another.
fn can_be_otherwise(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ArgumentConflict | ErrorKind::MissingRequiredArgument
    )
}

/// Sets of so many options as bits, the largest first; the first options rather than the last.
fn combinations(count: usize) -> Vec<u32> {
    let mut all: Vec<u32> = (0..1 << count.min(MOST_TRIED)).collect();
    all.sort_by_key(|set| std::cmp::Reverse((set.count_ones(), set.reverse_bits())));
    all
}

/// Where on a command line the last command is named.
struct Place<'a> {
    command: &'a Command,
    path: String,
    /// What is put here is an option of the command.
    after: usize,
}

impl<'a> Place<'a> {
    fn of(root: &'a Command, line: &[OsString]) -> Self {
        let mut place = Self {
            command: root,
            path: String::new(),
            after: 1.min(line.len()),
        };
        let mut at = 1;
        while let Some(token) = line.get(at).and_then(|token| token.to_str()) {
            at += 1;
            match token.strip_prefix("--") {
                Some("") => break,
                Some(option) if option.contains('=') => {}
                Some(option) => at += usize::from(place.takes_value(option)),
                None if token.starts_with('-') => {}
                None => match place.command.find_subcommand(token) {
                    Some(inner) => {
                        let path = format!("{} {}", place.path, inner.get_name());
                        place = Self {
                            command: inner,
                            path: path.trim_start().to_owned(),
                            after: at,
                        };
                    }
                    None => break,
                },
            }
        }
        place
    }

    fn takes_value(&self, long: &str) -> bool {
        let mut options = self.command.get_arguments();
        options.any(|option| option.get_long() == Some(long) && option.get_action().takes_values())
    }

    /// What the environment says of each option that is not on the command line, as it would be there.
    fn made(
        &self,
        line: &[OsString],
        value: impl Fn(&str) -> Option<OsString>,
    ) -> Vec<Vec<OsString>> {
        let options = self.command.get_arguments();
        let options = options.filter(|option| !is_given(option, line));
        let made = options.filter_map(|option| {
            let variable = variable(&self.path, option)?;
            let text = value(&variable).filter(|text| !text.is_empty())?;
            tokens(option, &text)
        });
        made.collect()
    }
}

fn is_given(option: &Arg, line: &[OsString]) -> bool {
    let Some(long) = option.get_long() else {
        return true;
    };
    let options = line.iter().take_while(|token| *token != "--");
    options
        .filter_map(|token| token.to_str()?.strip_prefix("--"))
        .any(|given| {
            given
                .strip_prefix(long)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
}

/// Whether a flag's variable sets it.
pub fn is_on(text: &OsStr) -> bool {
    let text = text.to_string_lossy().to_lowercase();
    !["", "0", "false", "f", "no", "n", "off"].contains(&text.trim())
}

fn tokens(option: &Arg, text: &OsStr) -> Option<Vec<OsString>> {
    let long = option.get_long()?;
    if !option.get_action().takes_values() {
        return is_on(text).then(|| vec![format!("--{long}").into()]);
    }
    let one = |text: &OsStr| {
        let mut token = OsString::from(format!("--{long}="));
        token.push(text);
        token
    };
    Some(match (option.get_action(), text.to_str()) {
        (ArgAction::Append, Some(text)) => {
            let several = text.lines().filter(|line| !line.trim().is_empty());
            several.map(|text| one(text.as_ref())).collect()
        }
        _ => vec![one(text)],
    })
}

#[cfg(test)]
mod tests;
