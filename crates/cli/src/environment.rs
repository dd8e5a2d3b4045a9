//! Options as environment variables.
//!
//! Each option of each command has a variable, by rule; the few that have none are listed. It counts
//! where the option is not on the command line, and never makes a command line wrong that would be right
//! without it: where variables cannot go together with what is given, or with each other, the first that
//! can are used.

use crate::line_check::{self, is_blank};
use crate::subject::{Kind, Subject};
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::{OsStr, OsString};

/// Commands whose options have their names alone: they deal with files, and an option that several of
/// them have means the same in each.
const COMMON: [&str; 8] = [
    "sign",
    "verify",
    "untrust",
    "unsupport",
    "trust",
    "key",
    "key passphrase",
    "inspect",
];

/// Options that mean the same in every command that has them.
const EVERYWHERE: [&str; 5] = ["json", "color", "notary", "fingerprint", "without-git"];

/// Options that have no variable. Those of the first kind are about one file, and would be taken for the
/// next one's; those of the second undo what protects the user, which nothing but the command line does;
/// the last one is any setting of a notary's, each of which has a variable.
const WITHOUT: [(&str, &str); 11] = [
    ("sign", "digest"),
    ("sign", "bundle"),
    ("verify", "digest"),
    ("verify", "bundle"),
    ("verify", "url"),
    ("untrust", "digest"),
    ("unsupport", "digest"),
    ("trust", "digest"),
    ("verify", "accept-change"),
    ("key passphrase", "remove"),
    ("notary", "set"),
];

/// The option whose variable counts before all others, as whoever sets it must be able to rely on it:
/// that nobody is asked.
const FIRST: &str = "offline";

/// The variable of an option of the command with this path (`notary signer add`).
pub fn variable(path: &str, option: &Arg) -> Option<String> {
    let long = option.get_long()?;
    if matches!(
        option.get_action(),
        ArgAction::Help | ArgAction::Version | ArgAction::HelpShort | ArgAction::HelpLong
    ) || WITHOUT.contains(&(path, long))
    {
        return None;
    }
    // A name from before there was a rule.
    if let Some(name) = option.get_env() {
        return Some(name.to_string_lossy().into_owned());
    }
    let long_name = long.to_uppercase().replace('-', "_");
    if EVERYWHERE.contains(&long) || COMMON.contains(&path) {
        return Some(format!("ASSAY_{long_name}"));
    }
    // Its settings have variables of their own, which it reads itself.
    if path == "notary" {
        return None;
    }
    let (group, last) = path.rsplit_once(' ').unwrap_or(("", path));
    let is_of_notary = group.split(' ').next() == Some("notary");
    let command = match long {
        "lock" if is_of_notary => "notary",
        // What is restored is data of another place.
        "data" if is_of_notary && last != "restore" => "notary",
        _ => last,
    };
    let command = command.to_uppercase().replace('-', "_");
    Some(format!("ASSAY_{command}_{long_name}"))
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
    let with = |chosen: &[usize]| {
        let mut line = line.clone();
        let added = chosen.iter().filter_map(|number| made.get(*number));
        let added = added.flat_map(|one| one.tokens.iter().cloned());
        line.splice(place.after..place.after, added);
        let matches = shown.clone().try_get_matches_from(line)?;
        line_check::refuse(&named, &matches)?;
        Ok(matches)
    };
    chosen(&made, &with)
}

/// The command line with the variables that can go with it and with each other: of two that cannot, the
/// first counts.
fn chosen(
    made: &[Made],
    with: &impl Fn(&[usize]) -> Result<ArgMatches, clap::Error>,
) -> Result<ArgMatches, clap::Error> {
    let mut candidates: Vec<usize> = (0..made.len()).collect();
    candidates.sort_by_key(|number| made.get(*number).is_none_or(|one| one.long != FIRST));
    match with(&candidates) {
        Err(error) if can_be_otherwise(&error) => {}
        other => return other.map_err(|error| with_the_variable(error, made)),
    }
    let lacks = |chosen: &[usize]| {
        with(chosen)
            .err()
            .map_or_else(Vec::new, |error| missing(&error))
    };
    let of_the_line = lacks(&[]);
    loop {
        let mut chosen = Vec::new();
        for number in &candidates {
            chosen.push(*number);
            // Conflicts are told before what is missing.
            if with(&chosen).is_err_and(|error| error.kind() == ErrorKind::ArgumentConflict) {
                chosen.pop();
            }
        }
        let error = match with(&chosen) {
            Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => error,
            other => return other,
        };
        // Those that are no use without an option that is not there are left out.
        let lacking = missing(&error);
        let before = candidates.len();
        candidates.retain(|number| {
            let own = lacks(&[*number]);
            let mut own = own.iter().filter(|one| !of_the_line.contains(one));
            !(chosen.contains(number) && own.any(|one| lacking.contains(one)))
        });
        if candidates.len() == before {
            return Err(error);
        }
    }
}

/// An error about an option with the variable that it is from, if it is.
fn with_the_variable(mut error: clap::Error, made: &[Made]) -> clap::Error {
    let about = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) => option.split(' ').next().unwrap_or_default(),
        _ => return error,
    };
    let about = about.trim_start_matches("--");
    if let Some(one) = made.iter().find(|one| one.long == about) {
        let tip = format!("this is what the environment has in {}", one.variable);
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

/// Whether the error may come from an option that cannot go with others, or lacks another.
fn can_be_otherwise(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ArgumentConflict | ErrorKind::MissingRequiredArgument
    )
}

/// The options that are missing, as an error names them.
fn missing(error: &clap::Error) -> Vec<String> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(names))) => names.clone(),
        _ => Vec::new(),
    }
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
    fn made(&self, line: &[OsString], value: impl Fn(&str) -> Option<OsString>) -> Vec<Made> {
        let options = self.command.get_arguments();
        let options = options.filter(|option| !is_given(option, line));
        let made = options.filter_map(|option| {
            let variable = variable(&self.path, option)?;
            let text = value(&variable).filter(|text| !is_blank(text))?;
            let long = option
                .get_long()
                .filter(|long| self.can_count(long, line))?;
            let tokens = tokens(option, &text)?;
            Some(Made {
                variable,
                long: long.to_owned(),
                tokens,
            })
        });
        made.collect()
    }

    /// Whether a variable of an option can count with what is on the command line.
    fn can_count(&self, long: &str, line: &[OsString]) -> bool {
        let is_common = COMMON.contains(&self.path.as_str());
        let gives = |long: &str| {
            let mut options = self.command.get_arguments();
            options.any(|one| one.get_long() == Some(long) && is_given(one, line))
        };
        match long {
            // Names on the command line are whose they are without it.
            "issuer" if is_common => !gives("signer"),
            // Nothing but images is attached to anything.
            "attach" if is_common => {
                let mut named = self.named(line).peekable();
                !gives("digest")
                    && named.peek().is_some()
                    && named.all(|one| Subject::named(one).kind() == Kind::Image)
            }
            _ => true,
        }
    }

    /// What is on the command line after the command that is no option, nor the value of one.
    fn named<'l>(&'l self, line: &'l [OsString]) -> impl Iterator<Item = &'l OsString> {
        let mut tokens = line.iter().skip(self.after);
        let mut all_named = false;
        std::iter::from_fn(move || {
            loop {
                let token = tokens.next()?;
                let text = token.to_string_lossy();
                match text.strip_prefix("--") {
                    _ if all_named || !text.starts_with('-') || text == "-" => return Some(token),
                    Some("") => all_named = true,
                    Some(option) if self.takes_value(option) => drop(tokens.next()),
                    _ => {}
                }
            }
        })
    }
}

/// What the environment says of an option.
struct Made {
    variable: String,
    long: String,
    /// As it would be on the command line.
    tokens: Vec<OsString>,
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
