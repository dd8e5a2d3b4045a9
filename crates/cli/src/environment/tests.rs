//! What variables do, and where they are listed.

use super::*;
use crate::args::Args;
use clap::{CommandFactory, Parser};
use std::collections::BTreeMap;

/// A line of each command that is right without any variable.
const RIGHT: [&str; 32] = [
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
    "assay log audit",
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

/// A trust root's fingerprint.
const ROOT: &str = "6b1f000000000000000000000000000000000000000000000000000000000000";

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
                None if option.get_id() == "platform" => "linux/arm64".to_owned(),
                None if option.get_id() == "fingerprint" => ROOT.to_owned(),
                None => "1".to_owned(),
            };
            all.extend(variable(path, option).map(|name| (name, value)));
        }
    }
    assert!(all.len() > 40, "{all:?}");
    let everything: Vec<_> = all.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    for line in RIGHT {
        let is_help = line.starts_with("assay help");
        let given = words(line);
        let place = Place::of(&root, &given);
        let options = place.command.get_arguments();
        let own: Vec<_> = options
            .filter_map(|one| variable(&place.path, one))
            .collect();
        // Those of other commands are not looked at.
        for alone in everything
            .iter()
            .filter(|one| own.iter().any(|name| name == one.0))
        {
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
fn that_nobody_is_asked_counts_before_all_other_variables() {
    let asking = [
        ("ASSAY_SOURCE", "rekor"),
        ("ASSAY_REKOR", "https://rekor.example"),
        ("ASSAY_INDEX", "https://index.example"),
        ("ASSAY_OFFLINE", "1"),
        ("ASSAY_NOTARY", "https://notary.example"),
    ];
    let is_offline = |line: &str, variables: &[(&str, &str)]| {
        let matches = read(line, variables).unwrap();
        let (command, _) = line[6..].split_once(' ').unwrap();
        let matches = matches.subcommand_matches(command).unwrap();
        let asks = ["source", "rekor", "index"]
            .into_iter()
            .any(|id| matches.try_contains_id(id).is_ok() && matches.value_source(id).is_some());
        matches.get_flag("offline") && !asks
    };
    // Whatever there is beside it, and in whatever order.
    for number in 0..asking.len() {
        let mut some = asking;
        some.rotate_left(number);
        assert!(is_offline("assay verify f", &some));
        for line in ["assay verify f", "assay sign f"] {
            assert!(is_offline(line, &[asking[number], asking[3]]), "{line}");
        }
    }
    let without_log = read(
        "assay sign f",
        &[asking[4], asking[3], ("ASSAY_KEYLESS", "1")],
    )
    .unwrap();
    let without_log = without_log.subcommand_matches("sign").unwrap();
    assert!(without_log.get_flag("offline") && !without_log.get_flag("keyless"));
    // What is on the command line goes before, and does not go with it there.
    assert!(!is_offline("assay verify f --source rekor", &asking));
    assert!(read("assay verify f --offline --source rekor", &[]).is_err());
    assert!(read("assay sign f --offline --notary n", &[]).is_err());
}

#[test]
fn no_variable_is_forgotten_where_many_are_set_and_some_cannot_count() {
    let set = [
        ("ASSAY_RECURSIVE", "1"),
        ("ASSAY_WITHOUT_GIT", "1"),
        ("ASSAY_ALLOW_DIRTY", "1"),
        ("ASSAY_PLATFORM", "linux/arm64"),
        ("ASSAY_REGISTRY_CA", "ca.pem"),
        ("ASSAY_OFFLINE", "1"),
        ("ASSAY_NOTARY", "https://notary.example"),
        ("ASSAY_FINGERPRINT", ROOT),
        ("ASSAY_INDEX", "https://index.example"),
        ("ASSAY_REKOR", "https://rekor.example"),
        ("ASSAY_SOURCE", "rekor"),
        ("ASSAY_TRUSTED_ROOT", "root.json"),
        ("ASSAY_SIGNER", "a"),
        ("ASSAY_POLICY", "policy.json"),
        ("ASSAY_NO_MEMORY", "1"),
    ];
    let matches = read("assay verify f", &set).unwrap();
    assert_eq!(of(&matches, "verify", "policy"), ["policy.json"]);
    assert_eq!(of(&matches, "verify", "fingerprint"), [ROOT]);
    assert!(of(&matches, "verify", "source").is_empty());
    // Some are no use without an argument that is not there.
    let login = [
        ("ASSAY_FINGERPRINT", ROOT),
        ("ASSAY_NOTARY_TOKEN_FILE", "t"),
        ("ASSAY_COLOR", "never"),
    ];
    let matches = read("assay login", &login).unwrap();
    assert!(of(&matches, "login", "fingerprint").is_empty());
    assert_eq!(of(&matches, "login", "color"), ["never"]);
}

#[test]
fn variables_about_others_than_those_on_the_command_line_do_not_count() {
    let set = [("ASSAY_SIGNER", "a"), ("ASSAY_ISSUER", "https://i.example")];
    let matches = read("assay verify f", &set).unwrap();
    assert_eq!(of(&matches, "verify", "issuer"), ["https://i.example"]);
    // Who is on the command line is whom the notary names so.
    let matches = read("assay verify f --signer b", &set).unwrap();
    assert!(of(&matches, "verify", "issuer").is_empty());
    let matches = read("assay verify f", &set[1..]).unwrap();
    assert!(of(&matches, "verify", "issuer").is_empty());
    let attaches = |line: &str| {
        let matches = read(line, &[("ASSAY_ATTACH", "1")]).unwrap();
        matches
            .subcommand_matches("sign")
            .unwrap()
            .get_flag("attach")
    };
    assert!(attaches(
        "assay sign image:r.example/a image:r.example/b --key k"
    ));
    assert!(attaches("assay sign --key k -- image:r.example/a"));
    for files in [
        "f",
        "f image:r.example/a",
        "oci:o",
        "--key image:k",
        "- image:r.example/a",
    ] {
        assert!(!attaches(&format!("assay sign {files}")), "{files}");
    }
}

#[test]
fn a_variable_that_the_rule_names_is_named_nowhere_else() {
    let mut root = Args::command();
    root.build();
    let mut commands = Vec::new();
    leaves(&root, "", &mut commands);
    for (path, command) in &commands {
        for option in command.get_arguments() {
            let named = option.get_env().map(|name| name.to_string_lossy());
            let by_rule = variable(path, &option.clone().env(Resettable::Reset));
            assert!(
                named.is_none() || named.as_deref() != by_rule.as_deref(),
                "{path} {named:?}"
            );
        }
    }
}

/// The options of a notary that make a setting which can be made by the environment, too.
fn settings_of_a_notary() -> Vec<String> {
    let line = "assay notary --data a --lock a --listen a --address a --open-writing --behind-proxy \
                --tls-certificate a --tls-key a --trusted-proxies a --metrics-listen a --log-level a";
    let args = Args::try_parse_from(words(line)).unwrap();
    let crate::args::Command::Notary(notary) = args.command else {
        panic!("another command");
    };
    let settings = notary.serve.settings().unwrap();
    let is_known = |key: &str| assay_notary::config::KEYS.contains(&key);
    assert!(settings.iter().all(|setting| is_known(&setting.key)));
    settings.into_iter().map(|setting| setting.origin).collect()
}

#[test]
fn every_option_of_every_command_has_a_variable() {
    let mut root = Args::command();
    root.build();
    let mut commands = Vec::new();
    leaves(&root, "", &mut commands);
    let mut without = Vec::new();
    for (path, command) in &commands {
        for option in command.get_arguments() {
            let Some(long) = option.get_long() else {
                continue;
            };
            if !["help", "version"].contains(&long) && variable(path, option).is_none() {
                without.push((path.as_str(), long));
            }
        }
    }
    let of_notary = settings_of_a_notary();
    let documentation = include_str!("../../../../docs/cli.md");
    let (_, documented) = documentation.split_once("`ASSAY_ATTACH` counts").unwrap();
    let (documented, _) = documented.split_once("<!--").unwrap();
    for (path, long) in without {
        // A notary reads the variables of its settings itself.
        let is_setting = path == "notary" && of_notary.contains(&format!("--{long}"));
        assert!(
            is_setting || WITHOUT.contains(&(path, long)),
            "{path} --{long}"
        );
        assert!(
            is_setting || documented.contains(&format!("`--{long}`")),
            "--{long}"
        );
    }
    for (path, long) in WITHOUT {
        let known = commands.iter().find(|(known, _)| known == path).unwrap().1;
        let mut options = known.get_arguments();
        assert!(
            options.any(|option| option.get_long() == Some(long)),
            "{path} --{long}"
        );
    }
}

#[test]
fn of_variables_that_cannot_go_together_the_first_counts() {
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
    assert!(wrong.to_string().contains("ASSAY_SOURCE"), "{wrong}");
    let wrong = read(
        "assay verify f --source nobody",
        &[("ASSAY_ACCEPT", "signed")],
    )
    .unwrap_err();
    assert!(!wrong.to_string().contains("ASSAY_"), "{wrong}");
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
            .filter(|option| !["json", "color"].contains(&option.get_long().unwrap_or_default()));
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

#[test]
fn standard_input_is_read_once_whatever_variables_say() {
    let key = [("ASSAY_KEY", "-")];
    let matches = read("assay sign -", &key).unwrap();
    assert_eq!(of(&matches, "sign", "key"), [""; 0]);
    let both = [("ASSAY_KEY", "-"), ("ASSAY_PASSPHRASE_FILE", "-")];
    let matches = read("assay sign f", &both).unwrap();
    assert_eq!(of(&matches, "sign", "key"), ["-"]);
    assert_eq!(of(&matches, "sign", "passphrase_file"), [""; 0]);
    assert!(read("assay sign - --key -", &[]).is_err());
}

#[test]
fn nothing_is_attached_by_a_variable_where_more_than_images_is_named() {
    let attach = [("ASSAY_ATTACH", "1")];
    let is_attached = |line: &str| {
        let matches = read(line, &attach).unwrap();
        matches.subcommand().unwrap().1.get_flag("attach")
    };
    assert!(is_attached("assay sign image:r.example/a:1"));
    let digest = "0".repeat(64);
    for line in [
        "assay sign f image:r.example/a:1".to_owned(),
        format!("assay sign image:r.example/a:1 --digest sha256:{digest}"),
    ] {
        assert!(!is_attached(&line), "{line}");
    }
}
