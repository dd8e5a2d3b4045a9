//! Logging in and out with the real program and real notaries.

mod common;
#[cfg(target_os = "linux")]
#[path = "common/terminal.rs"]
mod terminal;

use common::{DataFolder, Done, Notary, User, done};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;

/// A notary that wants a token, and a user without one.
struct Setting {
    notary: Notary,
    data: DataFolder,
    user: User,
}

fn setting() -> Setting {
    let data = DataFolder::new();
    Setting {
        notary: Notary::start_closed(data.path()),
        data,
        user: User::new(),
    }
}

impl Setting {
    fn url(&self) -> String {
        self.notary.url()
    }

    /// A new token, in a file of the user's.
    fn token(&self, file: &str) -> String {
        let data = self.data.path().to_str().unwrap();
        let added = self
            .user
            .run(&["notary", "token", "add", file, "--data", data]);
        let token = added.expect(0).out.trim().to_owned();
        self.user.write(file, &token);
        make_private(&self.user.path(file));
        token
    }

    fn fingerprint(&self) -> String {
        let fingerprint = &self.notary.ready["trust_root_fingerprint"];
        fingerprint.as_str().unwrap().to_owned()
    }

    fn logins(&self) -> serde_json::Value {
        self.user.run(&["login", "--json"]).expect(0).json()
    }
}

fn make_private(file: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = file;
}

#[test]
fn after_a_login_commands_need_neither_address_nor_token() {
    let s = setting();
    let token = s.token("token");
    s.user.write("a.txt", "content");
    s.user.run(&["sign", "a.txt"]).expect(2);
    let login = [
        "login",
        &s.url(),
        "--token-file",
        "token",
        "--yes",
        "--json",
    ];
    let told = s.user.run(&login).expect(0);
    assert_eq!(told.json()["writing"], "token_accepted");
    assert_eq!(told.json()["trust_root_fingerprint"], s.fingerprint());
    assert!(!told.out.contains(&token) && !told.err.contains(&token));
    std::fs::remove_file(s.user.path("token")).unwrap();
    s.user.run(&["sign", "a.txt"]).expect(0);
    s.user.run(&["verify", "a.txt"]).expect(11);
    let audit = s.user.run(&["log", "audit", "--json"]).expect(0).json();
    assert_eq!(audit["notary"], s.url());
    let shown = s.user.run(&["login"]).expect(0);
    assert!(
        shown.out.contains(&s.url()) && !shown.out.contains(&token),
        "{}",
        shown.out
    );
    let out = s.user.run(&["logout", "--json"]).expect(0).json();
    assert_eq!(
        (&out["outcome"], &out["pin"]),
        (&"logged_out".into(), &"kept".into())
    );
    s.user.write("b.txt", "content of b");
    s.user.run(&["sign", "b.txt"]).expect(2);
    let refused = s.user.with(&s.url(), &["sign", "b.txt"]).expect(1);
    assert!(refused.err.contains("assay login"), "{}", refused.err);
    let again = s.user.run(&["logout", "--json"]).expect(0).json();
    assert_eq!(again["outcome"], "unchanged");
    let forgotten = s
        .user
        .run(&["logout", &s.url(), "--forget", "--json"])
        .expect(0);
    assert_eq!(forgotten.json()["pin"], "forgotten");
    assert_eq!(
        std::fs::read_dir(s.user.path("config/notaries"))
            .unwrap()
            .count(),
        0
    );
}

#[cfg(unix)]
#[test]
fn the_token_is_kept_where_only_its_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let s = setting();
    let token = s.token("token");
    s.user
        .run(&["login", &s.url(), "--token-file", "token", "--yes"])
        .expect(0);
    let mode = |path: &str| {
        let metadata = std::fs::metadata(s.user.path(path)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    let file = "config/login/logins.jsonl";
    assert!(
        std::fs::read_to_string(s.user.path(file))
            .unwrap()
            .contains(&token)
    );
    assert_eq!((mode("config/login"), mode(file)), (0o700, 0o600));
    // Where others can read it after all, it is not used.
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(s.user.path(file), open).unwrap();
    s.user.write("a.txt", "content");
    let told = s.user.run(&["sign", "a.txt"]).expect(1);
    assert!(told.err.contains("logins.jsonl"), "{}", told.err);
}

#[test]
fn without_a_terminal_nobody_is_asked_and_nothing_is_pinned_unseen() {
    let s = setting();
    let url = s.url();
    let told = s.user.run(&["login", &url, "--json"]).expect(2);
    assert!(told.err.contains(&s.fingerprint()), "{}", told.err);
    assert_eq!(told.json()["schema"], "assay.error.v1");
    assert!(!s.user.path("config/notaries").exists());
    assert_eq!(s.logins()["notary"], serde_json::Value::Null);
    let wrong = "0".repeat(64);
    s.user
        .run(&["login", &url, "--fingerprint", &wrong])
        .expect(3);
    assert_eq!(s.logins()["notary"], serde_json::Value::Null);
    let right = s.fingerprint();
    s.user
        .run(&["login", &url, "--fingerprint", &right])
        .expect(0);
    // Known by now: the pin answers.
    s.user.run(&["login", &url]).expect(0);
    let told = s.logins();
    assert_eq!(told["notary"], url.as_str());
    assert_eq!(told["logins"][0]["token"], false);
}

#[test]
fn a_wrong_token_changes_nothing_and_a_kept_one_stays() {
    let s = setting();
    s.token("token");
    s.user.write("wrong", "assay_no_such_token");
    make_private(&s.user.path("wrong"));
    let login = |file: &str| {
        let url = s.url();
        s.user.run(&["login", &url, "--yes", "--token-file", file])
    };
    login("wrong").expect(1);
    assert_eq!(s.logins()["logins"].as_array().unwrap().len(), 0);
    login("token").expect(0);
    login("wrong").expect(1);
    s.user.write("a.txt", "content");
    s.user.run(&["sign", "a.txt"]).expect(0);
    // Without a token it is the one that is kept, which is checked again.
    let again = s.user.run(&["login", &s.url(), "--json"]).expect(0).json();
    assert_eq!(again["writing"], "token_accepted");
    let data = s.data.path().to_str().unwrap().to_owned();
    s.user
        .run(&["notary", "token", "remove", "token", "--data", &data])
        .expect(0);
    s.user.run(&["login", &s.url()]).expect(1);
}

#[test]
fn a_token_comes_from_standard_input_or_the_environment_too() {
    let s = setting();
    let token = s.token("token");
    let url = s.url();
    let mut command = s
        .user
        .command(&["login", &url, "--yes", "--token-file", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(token.as_bytes()).unwrap();
    drop(input);
    let told = done(child.wait_with_output().unwrap()).expect(0).json();
    assert_eq!(told["writing"], "token_accepted");
    s.user.run(&["logout"]).expect(0);
    let mut command = s.user.command(&["login", &url, "--json"]);
    let told = done(command.env("ASSAY_NOTARY_TOKEN", &token).output().unwrap());
    assert_eq!(told.expect(0).json()["token"], true);
}

/// Answers each request with 404, and sends on what was asked.
fn listening() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = Vec::new();
            let mut piece = [0; 1024];
            while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => asked.extend_from_slice(&piece[..read]),
                }
            }
            let _ = sender.send(String::from_utf8_lossy(&asked).into_owned());
            let answer = "HTTP/1.1 404 N\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, receiver)
}

#[test]
fn the_token_of_a_login_is_sent_to_that_notary_alone() {
    let s = setting();
    let token = s.token("token");
    s.user
        .run(&["login", &s.url(), "--yes", "--token-file", "token"])
        .expect(0);
    // Another notary, which is known, with all that a notary shows.
    let data = DataFolder::new();
    let other = Notary::start(data.path());
    let front = passing_on(&other);
    s.user.write("a.txt", "content");
    s.user
        .run(&["sign", "a.txt", "--notary", &front.0])
        .expect(0);
    let asked: Vec<String> = front.1.try_iter().collect();
    assert!(
        asked
            .iter()
            .any(|asked| asked.starts_with("POST /api/v1/log/entries")),
        "{asked:?}"
    );
    assert!(
        !asked.iter().any(|asked| asked.contains(&token)),
        "{asked:?}"
    );
    // Nor to something that is no notary.
    let (address, heard) = listening();
    s.user
        .run(&["sign", "a.txt", "--notary", &address])
        .expect(4);
    assert!(!heard.recv().unwrap().contains(&token));
}

/// A front that passes on what is asked, and tells the whole of it.
fn passing_on(behind: &Notary) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    let socket = behind.socket();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(mut there) = std::net::TcpStream::connect(&socket) else {
                return;
            };
            let (mut from, mut to) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut piece = [0; 64 * 1024];
                while let Ok(read @ 1..) = from.read(&mut piece) {
                    let _ = sender.send(String::from_utf8_lossy(&piece[..read]).into_owned());
                    if to.write_all(&piece[..read]).is_err() {
                        return;
                    }
                }
            });
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut there, &mut stream);
                let _ = stream.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    (address, receiver)
}

#[test]
fn an_option_goes_before_the_environment_and_that_before_the_login() {
    let s = setting();
    s.user
        .run(&["login", &s.url(), "--yes", "--name", "main"])
        .expect(0);
    let notaries: Vec<_> = (0..2)
        .map(|_| {
            let data = DataFolder::new();
            (Notary::start(data.path()), data)
        })
        .collect();
    let [first, second] = [notaries[0].0.url(), notaries[1].0.url()];
    s.user.write("a.txt", "content");
    let asked = |done: Done| done.json()["notary"].as_str().unwrap().to_owned();
    let verify = ["verify", "a.txt", "--json"];
    assert_eq!(asked(s.user.run(&verify)), s.url());
    assert_eq!(asked(s.user.with(&first, &verify)), first);
    let named = ["verify", "a.txt", "--json", "--notary", &second];
    assert_eq!(asked(s.user.with(&first, &named)), second);
    // By the name that the login gave it.
    s.user.run(&["login", &first, "--yes"]).expect(0);
    assert_eq!(asked(s.user.run(&verify)), first);
    assert_eq!(asked(s.user.with("main", &verify)), s.url());
    s.user.run(&["logout", "main"]).expect(0);
    assert_eq!(s.logins()["logins"].as_array().unwrap().len(), 1);
    assert_eq!(s.logins()["notary"], first.as_str());
    // Where the one that is used is left, the others are told of.
    s.user.run(&["login", &s.url()]).expect(0);
    let out = s.user.run(&["logout"]).expect(0);
    assert!(
        out.err.contains(&format!("assay login {first}")),
        "{}",
        out.err
    );
    let out = s.user.run(&["logout"]).expect(0);
    assert!(out.out.contains("none to log out of"), "{}", out.out);
    assert!(out.err.contains(&first), "{}", out.err);
}

#[test]
fn many_at_once_lose_no_login_and_a_killed_one_leaves_nothing_half_written() {
    let s = setting();
    let mut logins: Vec<(Notary, DataFolder)> = Vec::new();
    for _ in 0..4 {
        let data = DataFolder::new();
        logins.push((Notary::start(data.path()), data));
    }
    let urls: Vec<String> = logins.iter().map(|(notary, _)| notary.url()).collect();
    std::thread::scope(|scope| {
        for round in 0..3 {
            for url in &urls {
                let user = &s.user;
                scope.spawn(move || {
                    user.run(&["login", url, "--yes"]).expect(0);
                    if round == 0 {
                        // Whatever comes in between, it is whole.
                        user.run(&["login", "--json"]).expect(0).json();
                    }
                });
            }
        }
        for _ in 0..8 {
            let (user, url) = (&s.user, &urls[0]);
            scope.spawn(move || {
                let mut child = user.command(&["login", url, "--yes"]).spawn().unwrap();
                let _ = child.kill();
                let _ = child.wait();
            });
        }
    });
    let told = s.logins();
    let mut known: Vec<&str> = told["logins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|login| login["notary"].as_str().unwrap())
        .collect();
    known.sort_unstable();
    let mut expected: Vec<&str> = urls.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(known, expected);
    std::thread::scope(|scope| {
        for url in &urls {
            let user = &s.user;
            scope.spawn(move || user.run(&["logout", url]).expect(0));
        }
    });
    assert_eq!(s.logins()["logins"].as_array().unwrap().len(), 0);
}

#[test]
fn what_a_killed_one_left_behind_is_removed_and_damage_is_told() {
    let s = setting();
    s.user.run(&["login", &s.url(), "--yes"]).expect(0);
    s.user.write("config/login/logins.jsonl.part", "{\"half");
    s.user.run(&["login", &s.url()]).expect(0);
    assert!(!s.user.path("config/login/logins.jsonl.part").exists());
    s.user.write("config/login/logins.jsonl", "{\"half");
    make_private(&s.user.path("config/login/logins.jsonl"));
    s.user.write("a.txt", "content");
    for command in [&["sign", "a.txt"][..], &["login", &s.url()], &["logout"]] {
        let told = s.user.run(command).expect(1);
        assert!(
            told.err.contains("remove the file and log in again"),
            "{}",
            told.err
        );
    }
    // Who names the notary and needs no token of a login is not concerned.
    s.user
        .run(&["verify", "a.txt", "--notary", &s.url()])
        .expect(13);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_fingerprint_is_confirmed() {
    use terminal::Terminal;
    let s = setting();
    let config = s.user.path("config");
    std::fs::create_dir(&config).unwrap();
    let line = format!("login {}", s.url());
    let mut refusing = Terminal::run(&config, &line);
    refusing.until("Pin it, and log in? [y/N]");
    assert!(
        refusing.shown.contains(&s.fingerprint()),
        "{}",
        refusing.shown
    );
    refusing.type_line("");
    assert!(refusing.end().contains("was not confirmed"));
    assert_eq!(s.logins()["notary"], serde_json::Value::Null);
    let mut confirming = Terminal::run(&config, &line);
    confirming.until("[y/N]");
    confirming.type_line("yes");
    assert!(confirming.end().contains("logged in to"));
    assert_eq!(s.logins()["notary"], s.url());
    // Nobody is asked twice.
    let shown = Terminal::run(&config, &line).end();
    assert!(
        shown.contains("logged in to") && !shown.contains("[y/N]"),
        "{shown}"
    );
    // A terminal would show the token.
    let shown = Terminal::run(&config, &format!("{line} --token-file -")).end();
    assert!(shown.contains("would show the token"), "{shown}");
}

#[test]
fn nothing_secret_in_the_environment_is_shown() {
    let user = User::new();
    for args in [
        &["verify", "--help"][..],
        &["verify", "f", "--nope"],
        &["sign", "--help"],
    ] {
        let mut command = user.command(args);
        command
            .env("ASSAY_GITHUB_TOKEN", "ghp_secret")
            .env("ASSAY_NOTARY_TOKEN", "assay_secret")
            .env("ASSAY_NOTARY", "https://secret.example");
        let told = done(command.output().unwrap());
        let shown = format!("{}{}", told.out, told.err);
        assert!(
            shown.contains("Usage:") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
