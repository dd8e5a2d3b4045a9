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
const OF_ONE_FILE: [&str; 4] = ["digest", "url", "bundle", "accept-change"];

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

fn tokens(option: &Arg, text: &OsStr) -> Option<Vec<OsString>> {
    let long = option.get_long()?;
    if !option.get_action().takes_values() {
        let text = text.to_string_lossy().to_lowercase();
        let is_off = ["0", "false", "f", "no", "n", "off"].contains(&text.trim());
        return (!is_off).then(|| vec![format!("--{long}").into()]);
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
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory;
    use std::collections::BTreeMap;

    /// A line of each command that is right without any variable.
    const RIGHT: [&str; 31] = [
        "assay login",
        "assay login https://notary.example",
        "assay logout",
        "assay sign f",
        "assay verify f",
        "assay verify-bundle --bundle b --key k --trusted-root r f",
        "assay untrust f",
        "assay unsupport f",
        "assay trust f",
        "assay inspect f",
        "assay list --signer s",
        "assay key",
        "assay declare --path /p --repository r",
        "assay declare --check f",
        "assay roots",
        "assay roots refresh",
        "assay logs",
        "assay logs evidence 0",
        "assay logs trust 0",
        "assay log audit u",
        "assay memory",
        "assay memory forget n",
        "assay notary --data d",
        "assay notary config",
        "assay notary signer add n k --data d",
        "assay notary signer list --data d",
        "assay notary signer revoke n --data d",
        "assay notary rotate --data d",
        "assay completions bash",
        "assay man d",
        "assay help verify",
    ];

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn read(line: &str, variables: &[(&str, &str)]) -> Result<ArgMatches, clap::Error> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        parse(&Args::command(), words(line), value)
    }

    fn of<'a>(matches: &'a ArgMatches, command: &str, option: &str) -> Vec<&'a str> {
        let inner = matches.subcommand_matches(command).unwrap();
        let raw = inner.get_raw(option).into_iter().flatten();
        raw.filter_map(|value| value.to_str()).collect()
    }

    fn leaves<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
        found.push((path.to_owned(), command));
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            leaves(inner, path.trim_start(), found);
        }
    }

    #[test]
    fn no_variable_makes_a_right_command_line_wrong() {
        let mut root = Args::command();
        root.build();
        let mut commands = Vec::new();
        leaves(&root, "", &mut commands);
        let mut all = BTreeMap::new();
        for (path, command) in &commands {
            for option in command.get_arguments() {
                let possible = option.get_possible_values();
                let value = match possible.first() {
                    Some(first) => first.get_name().to_owned(),
                    None => "1".to_owned(),
                };
                all.extend(variable(path, option).map(|name| (name, value)));
            }
        }
        assert!(all.len() > 40, "{all:?}");
        let everything: Vec<_> = all.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        for line in RIGHT {
            let is_help = line.starts_with("assay help");
            for alone in &everything {
                assert!(
                    read(line, &[*alone]).is_ok() != is_help,
                    "{line} with {alone:?}"
                );
            }
            let error = read(line, &everything).err();
            assert!(error.is_none() != is_help, "{line}: {error:?}");
        }
    }

    #[test]
    fn a_variable_means_the_same_wherever_it_counts() {
        let mut root = Args::command();
        root.build();
        let mut commands = Vec::new();
        leaves(&root, "", &mut commands);
        let mut meanings: BTreeMap<String, (String, String)> = BTreeMap::new();
        for (path, command) in commands {
            for option in command
                .get_arguments()
                .filter(|option| option.get_id() != "json")
            {
                let Some(name) = variable(&path, option) else {
                    continue;
                };
                let long = option.get_long().unwrap().to_owned();
                let values = option.get_value_names().unwrap_or_default();
                let meant = (long, format!("{values:?}"));
                let before = meanings.insert(name.clone(), meant.clone());
                assert!(
                    before.is_none_or(|before| before == meant),
                    "{name} in {path}"
                );
                assert!(name.starts_with("ASSAY_"), "{name}");
            }
        }
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let several = [("ASSAY_SIGNER", "b c\n\nd\n")];
        let matches = read("assay verify f", &several).unwrap();
        assert_eq!(of(&matches, "verify", "signer"), ["b c", "d"]);
        for given in ["assay verify f --signer a", "assay verify --signer=a f"] {
            let matches = read(given, &several).unwrap();
            assert_eq!(of(&matches, "verify", "signer"), ["a"]);
        }
        // What follows -- is no option.
        let matches = read("assay verify -- --signer", &several).unwrap();
        assert_eq!(of(&matches, "verify", "signer"), ["b c", "d"]);
        let matches = read("assay --color never verify f", &[("ASSAY_COLOR", "always")]).unwrap();
        assert_eq!(of(&matches, "verify", "color"), ["never"]);
    }

    #[test]
    fn flags_are_off_by_words_for_no_and_nothing_is_as_if_it_were_not_set() {
        let is_set = |value: &str| {
            let matches = read("assay verify f", &[("ASSAY_NO_MEMORY", value)]).unwrap();
            matches
                .subcommand_matches("verify")
                .unwrap()
                .get_flag("no_memory")
        };
        assert!(["1", "true", "yes", "x"].into_iter().all(is_set));
        assert!(!["", "0", "false", "No", "off", "n"].into_iter().any(is_set));
        assert!(read("assay notary backup --to f", &[("ASSAY_NOTARY_DATA", "")]).is_err());
        assert!(read("assay notary backup --to f", &[("ASSAY_NOTARY_DATA", "d")]).is_ok());
        assert!(read("assay notary backup", &[("ASSAY_NOTARY_DATA", "d")]).is_err());
    }

    #[test]
    fn as_many_variables_are_used_as_go_together() {
        let bundle = "assay verify-bundle --bundle b f";
        let set = [
            ("ASSAY_VERIFY_BUNDLE_CERTIFICATE_IDENTITY", "i"),
            ("ASSAY_VERIFY_BUNDLE_CERTIFICATE_OIDC_ISSUER", "o"),
            ("ASSAY_VERIFY_BUNDLE_KEY", "k"),
        ];
        let matches = read(bundle, &set).unwrap();
        assert_eq!(of(&matches, "verify-bundle", "certificate_identity"), ["i"]);
        assert!(of(&matches, "verify-bundle", "key").is_empty());
        let matches = read(&format!("{bundle} --key x"), &set).unwrap();
        assert_eq!(of(&matches, "verify-bundle", "key"), ["x"]);
        assert!(of(&matches, "verify-bundle", "certificate_identity").is_empty());
        // One without the other is no use.
        assert!(read(bundle, &set[..1]).is_err());
        let wrong = read("assay verify f", &[("ASSAY_SOURCE", "nobody")]).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::InvalidValue);
    }

    /// A table of all variables, a row for each command.
    fn table() -> String {
        let mut root = Args::command();
        root.build();
        let mut commands = Vec::new();
        leaves(&root, "", &mut commands);
        let mut rows = vec![
            "| command | variables |".to_owned(),
            "| --- | --- |".to_owned(),
        ];
        for (path, command) in commands {
            let options = command.get_arguments();
            let options = options
                .filter(|option| !EVERYWHERE.contains(&option.get_long().unwrap_or_default()));
            let names: Vec<String> = options
                .filter_map(|option| Some(format!("`{}`", variable(&path, option)?)))
                .collect();
            if !names.is_empty() {
                rows.push(format!("| `{path}` | {} |", names.join(", ")));
            }
        }
        rows.join("\n")
    }

    #[test]
    fn the_documentation_lists_all_variables() {
        const BEGIN: &str = "<!-- variables: written by a test, see below -->\n";
        const END: &str = "\n<!-- variables: end -->";
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
        let text = std::fs::read_to_string(file).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (listed, after) = rest.split_once(END).unwrap();
        let table = table();
        if std::env::var_os("ASSAY_BLESS").is_some() {
            std::fs::write(file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
            return;
        }
        assert!(
            listed == table,
            "docs/cli.md lists other variables: ASSAY_BLESS=1 cargo test -p assay-cli \
             the_documentation_lists"
        );
    }
}
