//! Keys: how they are kept, where they come from, and their passphrases.

mod common;

use common::{DataFolder, Done, Notary, User, done};
use std::process::{Command, Stdio};

const PASSPHRASE: &str = "correct horse battery staple";

/// Runs with these variables set, and without the leave to make keys without a passphrase.
fn with(user: &User, variables: &[(&str, &str)], args: &[&str]) -> Done {
    let mut command = user.command(args);
    command.env_remove("ASSAY_NO_PASSPHRASE");
    command.envs(variables.iter().copied());
    done(command.output().unwrap())
}

fn secret(user: &User, name: &str, content: &str) {
    user.write(name, content);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(user.path(name), mode).unwrap();
    }
}

#[test]
fn a_key_is_made_with_a_passphrase_and_signs_with_it_alone() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let user = User::new();
    user.write("a.txt", "content");
    let url = notary.url();
    let sign = ["sign", "a.txt", "--notary", &url];
    // In a pipeline nobody is asked, and nothing is made that everybody could use.
    let refused = with(&user, &[], &sign).expect(2);
    for words in [
        "--passphrase-file",
        "ASSAY_PASSPHRASE",
        "ASSAY_NO_PASSPHRASE",
    ] {
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    assert!(!user.path("config/key.pem").exists());

    with(&user, &[("ASSAY_PASSPHRASE", PASSPHRASE)], &sign).expect(0);
    let key = std::fs::read_to_string(user.path("config/key.pem")).unwrap();
    assert!(
        key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        "{key}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(user.path("config/key.pem")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    let again = with(&user, &[("ASSAY_PASSPHRASE", PASSPHRASE)], &sign).expect(0);
    assert!(again.out.contains("was signed before"), "{}", again.out);
    secret(&user, "passphrase", &format!("{PASSPHRASE}\n"));
    let file = [&sign[..], &["--passphrase-file", "passphrase"]].concat();
    with(&user, &[], &file).expect(0);
    // That a new key may do without one is no leave to do without the one that there is.
    let without = with(&user, &[("ASSAY_NO_PASSPHRASE", "1")], &sign).expect(1);
    assert!(without.err.contains("ASSAY_PASSPHRASE"), "{}", without.err);
    let wrong = with(&user, &[("ASSAY_PASSPHRASE", "correct house")], &sign).expect(1);
    assert!(wrong.err.contains("cannot be decrypted"), "{}", wrong.err);
    assert!(!wrong.err.contains("correct house"), "{}", wrong.err);
}

#[cfg(unix)]
#[test]
fn a_passphrase_that_everybody_can_read_or_that_is_none_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let user = User::new();
    secret(&user, "passphrase", PASSPHRASE);
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(user.path("passphrase"), mode).unwrap();
    let refused = with(&user, &[], &["key", "--passphrase-file", "passphrase"]).expect(1);
    assert!(refused.err.contains("chmod 600"), "{}", refused.err);
    secret(&user, "empty", "\n");
    with(&user, &[], &["key", "--passphrase-file", "empty"]).expect(1);
    // Somebody may take the option for one that takes the passphrase.
    let typed = with(&user, &[], &["key", "--passphrase-file", PASSPHRASE]).expect(1);
    assert!(!typed.err.contains(PASSPHRASE), "{}", typed.err);
    assert!(!user.path("config/key.pem").exists());
}

#[cfg(unix)]
#[test]
fn a_key_that_everybody_can_use_is_used_with_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let user = User::new();
    let quiet = user.run(&["key"]).expect(0);
    user.run(&["key"]).expect(0);
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(user.path("config/key.pem"), mode).unwrap();
    let warned = user.run(&["key"]).expect(0);
    assert!(
        warned.err.contains("everybody on this machine"),
        "{}",
        warned.err
    );
    assert!(
        !quiet.err.contains("everybody on this machine"),
        "{}",
        quiet.err
    );
    assert_eq!(warned.out, quiet.out);
}

#[test]
fn several_that_sign_at_once_for_the_first_time_have_one_key_with_the_passphrase() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let user = User::new();
    let children: Vec<_> = (0..4)
        .map(|number| {
            let file = format!("{number}.txt");
            user.write(&file, &file);
            let mut command = user.command(&["sign", &file, "--notary", &notary.url(), "--json"]);
            command.env_remove("ASSAY_NO_PASSPHRASE");
            command.env("ASSAY_PASSPHRASE", PASSPHRASE).spawn().unwrap()
        })
        .collect();
    let signers: Vec<_> = children
        .into_iter()
        .map(|child| done(child.wait_with_output().unwrap()).expect(0).json())
        .map(|signed| signed["results"][0]["signer"]["name"].clone())
        .collect();
    assert!(
        signers.windows(2).all(|pair| pair[0] == pair[1]),
        "{signers:?}"
    );
    for number in 0..4 {
        user.read_json(&format!("{number}.txt.sigstore.json"));
    }
}

#[test]
fn first_use_by_many_at_once_makes_one_key_with_the_passphrase() {
    let user = User::new();
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = user.command(&["key", "--json"]);
            command.env_remove("ASSAY_NO_PASSPHRASE");
            command.env("ASSAY_PASSPHRASE", PASSPHRASE).spawn().unwrap()
        })
        .collect();
    let shown: Vec<_> = children
        .into_iter()
        .map(|child| done(child.wait_with_output().unwrap()).expect(0).json())
        .collect();
    assert!(
        shown
            .windows(2)
            .all(|pair| pair[0]["public_key"] == pair[1]["public_key"])
    );
    let left: Vec<_> = std::fs::read_dir(user.path("config")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_passphrase_of_a_key_is_set_changed_and_removed() {
    let user = User::new();
    let public = user.run(&["key"]).expect(0).out;
    let change = |variables: &[(&str, &str)], more: &[&str]| {
        let args = [&["key", "passphrase", "--json"], more].concat();
        with(&user, variables, &args)
    };
    let outcome = |done: Done| {
        let json = done.expect(0).json();
        assert_eq!(json["schema"], "assay.key.passphrase.v1");
        json["outcome"].as_str().unwrap().to_owned()
    };
    change(&[], &[]).expect(2);
    assert_eq!(
        outcome(change(&[("ASSAY_NEW_PASSPHRASE", "one")], &[])),
        "set"
    );
    with(&user, &[], &["key"]).expect(1);
    change(&[("ASSAY_NEW_PASSPHRASE", "two")], &[]).expect(1);
    change(
        &[
            ("ASSAY_NEW_PASSPHRASE", "two"),
            ("ASSAY_PASSPHRASE", "other"),
        ],
        &[],
    )
    .expect(1);
    secret(&user, "new", "two\n");
    let from_file = ["--new-passphrase-file", "new"];
    assert_eq!(
        outcome(change(&[("ASSAY_PASSPHRASE", "one")], &from_file)),
        "changed"
    );
    let shown = with(&user, &[("ASSAY_PASSPHRASE", "two")], &["key"])
        .expect(0)
        .out;
    assert_eq!(shown, public);
    assert_eq!(
        outcome(change(&[("ASSAY_PASSPHRASE", "two")], &["--remove"])),
        "removed"
    );
    assert_eq!(with(&user, &[], &["key"]).expect(0).out, public);
}

#[test]
fn a_key_comes_from_a_file_the_environment_or_standard_input() {
    let user = User::new();
    let public = user.run(&["key"]).expect(0).out;
    let text = std::fs::read_to_string(user.path("config/key.pem")).unwrap();
    std::fs::rename(user.path("config/key.pem"), user.path("moved.pem")).unwrap();
    assert_eq!(
        with(&user, &[], &["key", "--key", "moved.pem"])
            .expect(0)
            .out,
        public
    );
    let environment = [("ASSAY_PRIVATE_KEY", text.as_str())];
    assert_eq!(with(&user, &environment, &["key"]).expect(0).out, public);
    let piped = |input: &str, args: &[&str], variables: &[(&str, &str)]| {
        let mut command = user.command(args);
        command
            .env_remove("ASSAY_NO_PASSPHRASE")
            .envs(variables.iter().copied());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        use std::io::Write;
        // One that refuses its command line has ended without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        done(child.wait_with_output().unwrap())
    };
    assert_eq!(
        piped(&text, &["key", "--key", "-"], &[]).expect(0).out,
        public
    );
    // Encrypted, too.
    secret(&user, "pass", PASSPHRASE);
    let encrypt = [
        "key",
        "passphrase",
        "--key",
        "moved.pem",
        "--new-passphrase-file",
        "pass",
    ];
    with(&user, &[], &encrypt).expect(0);
    let text = std::fs::read_to_string(user.path("moved.pem")).unwrap();
    let passphrase = [("ASSAY_PASSPHRASE", PASSPHRASE)];
    assert_eq!(
        piped(&text, &["key", "--key", "-"], &passphrase)
            .expect(0)
            .out,
        public
    );
    piped(&text, &["key", "--key", "-"], &[]).expect(1);
    let both = [("ASSAY_PRIVATE_KEY", text.as_str()), passphrase[0]];
    assert_eq!(with(&user, &both, &["key"]).expect(0).out, public);
    // Neither is asked for twice of one input.
    let twice = ["sign", "-", "--key", "-", "--offline"];
    piped(&text, &twice, &[]).expect(2);
    piped(&text, &["key", "passphrase", "--key", "-"], &passphrase).expect(2);
    // Nor taken from the command line, or repeated.
    let typed = with(&user, &[], &["key", "--key", &text]).expect(2);
    assert!(typed.err.contains("ASSAY_PRIVATE_KEY"), "{}", typed.err);
    assert!(
        !typed.err.contains(text.lines().nth(1).unwrap()),
        "{}",
        typed.err
    );
    let nothing = with(
        &user,
        &[("ASSAY_PRIVATE_KEY", "a word that is none")],
        &["key"],
    )
    .expect(1);
    assert!(!nothing.err.contains("a word"), "{}", nothing.err);
    assert!(!user.path("config/key.pem").exists());
}

#[test]
fn keys_are_those_of_openssl() {
    let openssl = |user: &User, args: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(args).current_dir(user.home.path());
        command.stdin(Stdio::null()).output()
    };
    let user = User::new();
    if openssl(&user, &["version"]).is_err() {
        assert!(std::env::var_os("CI").is_none(), "openssl is not here");
        eprintln!("openssl is not here: not tested against it");
        return;
    }
    let run = |args: &[&str]| {
        let output = openssl(&user, args).unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&[
        "ecparam",
        "-name",
        "prime256v1",
        "-genkey",
        "-noout",
        "-out",
        "sec1.pem",
    ]);
    let public = run(&["ec", "-in", "sec1.pem", "-pubout"]);
    // As `openssl ecparam -genkey` writes it.
    let curve = run(&["ecparam", "-name", "prime256v1"]);
    let key = std::fs::read_to_string(user.path("sec1.pem")).unwrap();
    user.write("curve.pem", curve + &key);
    run(&[
        "pkcs8",
        "-topk8",
        "-nocrypt",
        "-in",
        "sec1.pem",
        "-out",
        "plain.pem",
    ]);
    let encrypt = [
        "pkcs8",
        "-topk8",
        "-in",
        "sec1.pem",
        "-passout",
        "pass:theirs",
    ];
    run(&[&encrypt[..], &["-scrypt", "-out", "scrypt.pem"]].concat());
    run(&[&encrypt[..], &["-v2", "aes-256-cbc", "-out", "pbkdf2.pem"]].concat());
    let passphrase = [("ASSAY_PASSPHRASE", "theirs")];
    for key in [
        "sec1.pem",
        "curve.pem",
        "plain.pem",
        "scrypt.pem",
        "pbkdf2.pem",
    ] {
        let shown = with(&user, &passphrase, &["key", "--key", key])
            .expect(0)
            .out;
        assert_eq!(shown, public, "{key}");
    }
    let change = ["key", "passphrase", "--key", "sec1.pem"];
    with(&user, &[("ASSAY_NEW_PASSPHRASE", "ours")], &change).expect(0);
    let read = run(&["ec", "-in", "sec1.pem", "-passin", "pass:ours", "-pubout"]);
    assert_eq!(read, public);
    // Of another curve.
    run(&[
        "ecparam",
        "-name",
        "secp384r1",
        "-genkey",
        "-noout",
        "-out",
        "p384.pem",
    ]);
    let other = with(&user, &[], &["key", "--key", "p384.pem"]).expect(1);
    assert!(other.err.contains("P-256"), "{}", other.err);
}
