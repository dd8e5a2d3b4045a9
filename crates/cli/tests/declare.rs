//! `assay declare`, as publishers run it.

mod common;

use common::User;
use serde_json::{Value, json};
use std::fs;

const GOOGLE: &str = "https://accounts.google.com";
const ACTIONS: &str = "https://token.actions.githubusercontent.com";
const MINISIGN: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
const FILE: &str = "download-signers.json";

/// `assay declare` with these arguments, and `--json`.
fn declare(user: &User, args: &[&str]) -> common::Done {
    user.run(&[&["declare", "--json"], args].concat())
}

fn text(user: &User) -> String {
    fs::read_to_string(user.path(FILE)).unwrap()
}

/// The names of all files that lie there.
fn files(user: &User) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(user.home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_declaration_is_written_as_people_would_write_it() {
    let user = User::new();
    let person = ["--signer", "release@example.org", "--issuer", GOOGLE];
    let args = [&["--path", "/tool/*"][..], &person].concat();
    let done = declare(&user, &args).expect(0).json();
    assert_eq!(done["schema"], "assay.declare.v1");
    assert_eq!(
        (&done["file"], &done["outcome"]),
        (&json!(FILE), &json!("added"))
    );
    assert_eq!(done["paths"], json!(["/tool/*"]));
    assert_eq!(
        done["signer"],
        json!({
            "kind": "identity", "name": "release@example.org", "issuer": GOOGLE,
            "trust_root": "sigstore",
        })
    );
    assert_eq!(done["downloads"][0]["signers"], json!([done["signer"]]));
    let expected = r#"{
  "version": 1,
  "downloads": [
    {
      "paths": [
        "/tool/*"
      ],
      "signers": [
        {
          "identity": "release@example.org",
          "issuer": "https://accounts.google.com"
        }
      ]
    }
  ]
}
"#;
    assert_eq!(text(&user), expected);
    assert_eq!(files(&user), [FILE], "nothing is left beside it");
}

#[test]
fn every_kind_of_signer_can_be_declared() {
    let user = User::new();
    let public = user.run(&["key"]).expect(0).out;
    let fingerprint = user.run(&["key", "--json"]).expect(0).json()["fingerprint"].clone();
    user.write("release.pub", public);
    user.write(
        "minisign.pub",
        format!("untrusted comment: minisign public key\r\n{MINISIGN}\r\n"),
    );
    let root = format!("notary:{}", "0a".repeat(32));
    let repository = "https://github.com/example/tool";
    let run = ".github/workflows/release.yml";
    let other = MINISIGN.replace("Qf6", "Qf7");
    let notary = "https://notary.example";
    for (args, expected) in [
        (
            vec!["--repository", repository],
            json!({"repository": repository, "issuer": ACTIONS}),
        ),
        (
            vec![
                "--repository",
                repository,
                "--workflow",
                run,
                "--root",
                "github",
            ],
            json!({"repository": repository, "issuer": ACTIONS, "workflow": run, "root": "github"}),
        ),
        (
            vec![
                "--repository",
                "https://gitlab.com/a/b/c",
                "--issuer",
                "https://gitlab.com",
            ],
            json!({"repository": "https://gitlab.com/a/b/c", "issuer": "https://gitlab.com"}),
        ),
        (
            vec![
                "--signer",
                "a@example.org",
                "--issuer",
                notary,
                "--root",
                &root,
            ],
            json!({"identity": "a@example.org", "issuer": notary, "root": root}),
        ),
        (vec!["--key", "release.pub"], json!({"key": fingerprint})),
        (
            vec!["--minisign", "minisign.pub"],
            json!({"minisign": MINISIGN}),
        ),
        (vec!["--minisign", &other], json!({"minisign": other})),
    ] {
        let args = [&["--path", "/a", "--path", "/b/**"][..], &args].concat();
        declare(&user, &args).expect(0);
        let written = user.read_json(FILE);
        let entries = written["downloads"].as_array().unwrap();
        assert_eq!(entries.len(), 1, "the paths are the same");
        assert_eq!(entries[0]["paths"], json!(["/a", "/b/**"]));
        assert_eq!(
            entries[0]["signers"].as_array().unwrap().last(),
            Some(&expected)
        );
    }
    // The fingerprint says what the file says.
    let fingerprint = fingerprint.as_str().unwrap();
    let again = [
        "--path",
        "/b/**",
        "--path",
        "/a",
        "--path",
        "/a",
        "--key",
        fingerprint,
    ];
    let again = declare(&user, &again).expect(0).json();
    assert_eq!(again["outcome"], "unchanged");
    let told = user.run(&["declare", "--check", FILE]).expect(0).out;
    for words in [
        "download-signers.json: a valid declaration",
        "/a, /b/** is signed by",
        "  any workflow of https://github.com/example/tool (by https://token.",
        "  the workflow .github/workflows/release.yml of https://github.com/example/tool",
        "  a@example.org (by https://notary.example, under notary:0a0a",
        "  the key SHA256:",
        "  the minisign key RWQf",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn what_is_there_stays_and_adding_twice_changes_nothing() {
    let user = User::new();
    let before = json!({
        "version": 1,
        "$comment": {"by": "hand"},
        "downloads": [
            {"paths": ["/b", "/a"], "since": "2026", "signers": [
                {"smoke": "signals", "issuer": 5},
                {"identity": "a@example.org", "issuer": GOOGLE, "root": "sigstore", "note": "x"},
            ]},
            {"paths": ["/a"], "signers": [{"minisign": MINISIGN}]},
        ],
    });
    let compact = before.to_string();
    user.write(FILE, &compact);
    let known = [
        "--path",
        "/a",
        "--path",
        "/b",
        "--signer",
        "a@example.org",
        "--issuer",
        GOOGLE,
    ];
    let done = declare(&user, &known).expect(0).json();
    assert_eq!(done["outcome"], "unchanged");
    assert_eq!(text(&user), compact, "not even its form");

    let new = [
        "--path",
        "/a",
        "--path",
        "/b",
        "--repository",
        "https://github.com/a/b",
    ];
    assert_eq!(declare(&user, &new).expect(0).json()["outcome"], "added");
    let mut expected = before;
    let signer = json!({"repository": "https://github.com/a/b", "issuer": ACTIONS});
    let signers = &mut expected["downloads"][0]["signers"];
    signers.as_array_mut().unwrap().push(signer);
    assert_eq!(user.read_json(FILE), expected);
    let pretty = text(&user);
    assert!(
        pretty.ends_with("}\n") && pretty.contains("\n  \"version\": 1,\n"),
        "{pretty}"
    );
    let again = user.run(&[&["declare"][..], &new].concat()).expect(0);
    assert!(
        again.out.starts_with("already in download-signers.json\n"),
        "{}",
        again.out
    );
    assert_eq!(text(&user), pretty);

    // Other paths are another entry.
    let other = ["--path", "/b", "--minisign", MINISIGN];
    declare(&user, &other).expect(0);
    let written = user.read_json(FILE);
    assert_eq!(written["downloads"].as_array().unwrap().len(), 3);
    assert_eq!(written["downloads"][2]["paths"], json!(["/b"]));
}

#[test]
fn the_same_signer_under_another_root_is_another() {
    let user = User::new();
    for root in ["sigstore", "github", "sigstore"] {
        let args = [
            "--path",
            "/a",
            "--repository",
            "https://github.com/a/b",
            "--root",
            root,
        ];
        declare(&user, &args).expect(0);
    }
    let signers = &user.read_json(FILE)["downloads"][0]["signers"];
    assert_eq!(signers.as_array().unwrap().len(), 2, "{signers}");
}

#[test]
fn a_file_that_is_no_declaration_is_left_alone_and_told_with_the_place() {
    let user = User::new();
    let key = format!(r#"{{"minisign":"{MINISIGN}"}}"#);
    for (content, words) in [
        (String::new(), "no declaration: the declaration: "),
        ("<html>".to_owned(), "no declaration: the declaration: "),
        (
            r#"{"version":2,"downloads":[]}"#.to_owned(),
            "no declaration: version 2 of the format is not known here; 1 is",
        ),
        (
            r#"{"version":1,"version":1,"downloads":[]}"#.to_owned(),
            "the field version a second time",
        ),
        (
            format!(r#"{{"version":1,"downloads":[{{"paths":["a"],"signers":[{key}]}}]}}"#),
            "downloads[0].paths[0]: a pattern must begin with a slash",
        ),
        (
            r#"{"version":1,"downloads":[{"paths":["/"],"signers":[{"key":"x"}]}]}"#.to_owned(),
            "downloads[0].signers[0].key: it must be SHA256:",
        ),
        (" ".repeat(64 * 1024 + 1), "more than 65536 bytes"),
    ] {
        user.write(FILE, &content);
        for args in [
            vec!["--check", FILE],
            vec!["--path", "/a", "--minisign", MINISIGN],
        ] {
            let done = declare(&user, &args).expect(1);
            assert!(done.err.contains(words), "{}", done.err);
            assert!(done.err.contains(FILE), "{}", done.err);
            let told = done.json();
            assert_eq!(told["schema"], "assay.error.v1");
            assert_eq!(told["exit_code"], 1);
        }
        assert_eq!(text(&user), content);
    }
    user.write(FILE, [0xff, 0xfe]);
    declare(&user, &["--check", FILE]).expect(1);
    declare(&user, &["--check", "none.json"]).expect(1);
    assert_eq!(files(&user), [FILE]);
}

#[test]
fn what_would_be_too_much_is_not_written() {
    let user = User::new();
    let signers = vec![json!({"minisign": MINISIGN}); 32];
    let full = json!({"version": 1, "downloads": [{"paths": ["/a"], "signers": signers}]});
    user.write(FILE, full.to_string());
    let done = declare(
        &user,
        &["--path", "/a", "--repository", "https://github.com/a/b"],
    );
    let told = done.expect(1).err;
    assert!(
        told.contains("it would be no declaration: downloads[0].signers:"),
        "{told}"
    );
    assert_eq!(user.read_json(FILE), full);
    let nowhere = [
        "--path",
        "/a",
        "--minisign",
        MINISIGN,
        "--output",
        "none/x.json",
    ];
    declare(&user, &nowhere).expect(1);
    assert_eq!(files(&user), [FILE]);
}

#[test]
fn a_wrong_command_line_writes_nothing_and_ends_with_2() {
    let user = User::new();
    let repository = ["--repository", "https://github.com/a/b"];
    let long = format!("/{}", "a".repeat(1024));
    let (short, padded) = (&MINISIGN[..55], format!("{MINISIGN}="));
    let unnamed = MINISIGN.replace("RWQ", "RUQ");
    let upper = format!("notary:{}", "0A".repeat(32));
    let path = ["--path", "/a"];
    for (args, words) in [
        (
            vec!["--path", "tool/*", "--minisign", MINISIGN],
            "must begin with a slash",
        ),
        (vec!["--path", "", "--minisign", MINISIGN], "--path"),
        (
            vec!["--path", &long, "--minisign", MINISIGN],
            "1 to 1024 bytes",
        ),
        ([&path[..], &["--signer", "a"]].concat(), "--issuer"),
        (
            [&path[..], &["--signer", "", "--issuer", GOOGLE]].concat(),
            "--signer",
        ),
        (
            [&path[..], &repository, &["--root", "sigstore-staging"]].concat(),
            "--root",
        ),
        (
            [&path[..], &repository, &["--root", &upper]].concat(),
            "--root",
        ),
        (
            [&path[..], &repository, &["--workflow", ""]].concat(),
            "--workflow",
        ),
        (
            [&path[..], &repository, &["--minisign", MINISIGN]].concat(),
            "--minisign",
        ),
        (
            [&path[..], &["--repository", "github.com/a/b"]].concat(),
            "OWNER/NAME",
        ),
        (
            [&path[..], &["--repository", "https://github.com/a"]].concat(),
            "OWNER/NAME",
        ),
        (
            [&path[..], &["--repository", "https://github.com/a/b/"]].concat(),
            "OWNER/NAME",
        ),
        (
            [&path[..], &["--repository", "https://github.com/a/b/c"]].concat(),
            "OWNER/NAME",
        ),
        (
            [&path[..], &["--repository", "https://github.com/a/b.git"]].concat(),
            "OWNER/NAME",
        ),
        (
            [&path[..], &["--repository", "https://gitlab.com/a/b"]].concat(),
            "--issuer",
        ),
        (
            [&path[..], &["--key", "SHA256:abc"]].concat(),
            "43 characters",
        ),
        (
            [&path[..], &["--minisign", short]].concat(),
            "56 characters",
        ),
        (
            [&path[..], &["--minisign", &padded]].concat(),
            "56 characters",
        ),
        (
            [&path[..], &["--minisign", &unnamed]].concat(),
            "56 characters",
        ),
        (repository.to_vec(), "--path"),
        (path.to_vec(), "--signer"),
    ] {
        let done = declare(&user, &args).expect(2);
        assert!(done.err.contains(words), "{args:?}: {}", done.err);
    }
    assert!(files(&user).is_empty());
}

#[test]
fn a_key_file_holds_a_public_key() {
    let user = User::new();
    user.run(&["key"]).expect(0);
    user.write("notes.txt", "no key");
    let private = user.path("config/key.pem");
    for file in ["notes.txt", "none.pem", private.to_str().unwrap()] {
        let done = declare(&user, &["--path", "/a", "--key", file]).expect(1);
        assert!(done.err.contains(file), "{}", done.err);
    }
    let done = declare(&user, &["--path", "/a", "--minisign", "notes.txt"]).expect(1);
    assert!(done.err.contains("no minisign public key"), "{}", done.err);
    assert!(!user.path(FILE).exists());
}

#[test]
fn a_check_says_who_signs_what_is_at_an_address() {
    let user = User::new();
    let signer = |name: &str| json!({"identity": name, "issuer": GOOGLE});
    user.write(
        FILE,
        json!({"version": 1, "downloads": [
            {"paths": ["/tool/*.zip"], "signers": [signer("a@example.org"), {"of": "tomorrow"}]},
            {"paths": ["/**"], "signers": [signer("b@example.org")]},
        ]})
        .to_string(),
    );
    let named = |url: &str| {
        let done = declare(&user, &["--check", FILE, "--url", url])
            .expect(0)
            .json();
        assert_eq!(
            (&done["outcome"], &done["url"]),
            (&json!("valid"), &json!(url))
        );
        let signers = done["signers"].as_array().unwrap();
        signers
            .iter()
            .map(|signer| signer["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        named("https://example.org/tool/a%20b.zip?c"),
        [json!("a@example.org"), Value::Null, json!("b@example.org")]
    );
    assert_eq!(named("https://example.org/x"), ["b@example.org"]);
    let long = format!("https://example.org/tool/{}", "x".repeat(2000));
    assert!(named(&long).is_empty());
    let whole = declare(&user, &["--check", FILE]).expect(0).json();
    assert_eq!(
        (&whole["url"], &whole["signers"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        whole["downloads"][0]["signers"][1],
        json!({"kind": "unknown"})
    );

    let told = |url: &str| {
        user.run(&["declare", "--check", FILE, "--url", url])
            .expect(0)
            .out
    };
    let url = "https://example.org/tool/a.zip";
    assert_eq!(
        told(url),
        format!(
            "download-signers.json: a valid declaration\n{url} is signed by\n  a@example.org (by \
             {GOOGLE}, under sigstore)\n  a signer of a kind that is not known here\n  \
             b@example.org (by {GOOGLE}, under sigstore)\n"
        )
    );
    let nobody = told(&long);
    assert!(
        nobody.ends_with(": nobody is declared to sign it\n"),
        "{nobody}"
    );
    for url in [
        "http://example.org/a",
        "example.org/a",
        "https://example.org/a/../b",
        "https://example.org/tool/..%2Fx",
    ] {
        declare(&user, &["--check", FILE, "--url", url]).expect(2);
    }
}

#[test]
fn hostile_names_cannot_steer_the_terminal() {
    let user = User::new();
    let name = "a\u{1b}[2J\u{202e}@example.org";
    let declared = json!({"version": 1, "downloads": [
        {"paths": ["/\n"], "signers": [{"identity": name, "issuer": GOOGLE}]},
    ]});
    user.write(FILE, declared.to_string());
    let told = user.run(&["declare", "--check", FILE]).expect(0).out;
    assert!(told.contains("a\\u{1b}[2J\\u{202e}@example.org"), "{told}");
    assert!(told.contains("/\\u{a} is signed by"), "{told}");
}

#[test]
fn a_key_can_come_through_standard_input() {
    use std::io::Write;
    let user = User::new();
    let public = user.run(&["key"]).expect(0).out;
    let mut command = user.command(&["declare", "--path", "/a", "--key", "-"]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(public.as_bytes()).unwrap();
    drop(input);
    let done = common::done(child.wait_with_output().unwrap()).expect(0);
    assert!(
        done.err
            .contains("it belongs at https://HOST/.well-known/download-signers.json"),
        "{}",
        done.err
    );
    let key = &user.read_json(FILE)["downloads"][0]["signers"][0]["key"];
    assert!(
        key.as_str().is_some_and(|key| key.starts_with("SHA256:")),
        "{key}"
    );
}
