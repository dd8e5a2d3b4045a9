//! `assay roots`, as people run it. The real repositories are never asked: what a refresh takes
//! over is tested beside the code, against a repository of the tests' own.

mod common;

use common::User;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

#[test]
fn the_roots_that_came_with_the_program_can_be_seen() {
    let user = User::new();
    let listed = user.run(&["roots", "--json"]).expect(0).json();
    assert_eq!(listed["schema"], "assay.roots.v1");
    let roots = listed["roots"].as_array().expect("roots");
    let named: Vec<&Value> = roots.iter().map(|root| &root["root"]).collect();
    assert_eq!(named, ["sigstore", "github"]);
    for root in roots {
        assert_eq!(root["embedded"], true);
        assert_eq!(root["fingerprint"].as_str().map(str::len), Some(64));
        assert!(
            root["address"]
                .as_str()
                .is_some_and(|url| url.starts_with("https://tuf-repo"))
        );
        assert_eq!(root["last_failure"], Value::Null);
        assert!(
            root["tuf_root_version"]
                .as_u64()
                .is_some_and(|version| version > 8)
        );
    }
    let text = user.run(&["roots"]).expect(0).out;
    assert!(text.contains("GitHub (github)"), "{text}");
    assert!(
        text.contains("never; came with the program, as of 20"),
        "{text}"
    );
    assert!(
        !user.path("config/roots").exists(),
        "looking writes nothing"
    );
}

/// Through a proxy that refuses, so that nothing is asked, whatever network there is.
#[test]
fn a_refresh_that_fails_is_told_and_changes_no_root() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let refusing = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().expect("a connection");
        let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
        let asked = lines.next().expect("a line").expect("text");
        let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        asked
    });
    let user = User::new();
    let before = user.run(&["roots", "--json"]).expect(0).json();
    let mut command = user.command(&["roots", "refresh", "github", "--json"]);
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
        command
            .env(name, &address)
            .env(name.to_lowercase(), &address);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let done = common::done(command.output().expect("it runs"))
        .expect(4)
        .json();
    let asked = refusing.join().expect("a proxy");
    assert_eq!(asked, "CONNECT tuf-repo.github.com:443 HTTP/1.1");
    let root = &done["roots"][0];
    assert_eq!(
        (&root["root"], &root["outcome"]),
        (&"github".into(), &"failed".into())
    );
    assert_eq!(root["last_failure"]["code"], "answer");
    assert_eq!(root["fingerprint"], before["roots"][1]["fingerprint"]);
    // And it is still known afterwards.
    let text = user.run(&["roots"]).expect(0).out;
    assert!(text.contains("  failed      "), "{text}");
}

#[test]
fn a_root_that_there_is_not_is_a_wrong_command_line() {
    User::new().run(&["roots", "refresh", "staging"]).expect(2);
}

#[test]
fn a_record_that_cannot_be_read_is_named_with_what_to_do() {
    let user = User::new();
    std::fs::create_dir_all(user.path("config/roots")).expect("a folder");
    user.write("config/roots/github.json", "{");
    let done = user.run(&["roots"]).expect(1);
    assert!(
        done.err.contains("github.json") && done.err.contains("remove the file"),
        "{}",
        done.err
    );
}
