//! Logging in with a browser to sign, and being asked, on a real terminal. `script` is the terminal.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/sigstore.rs"]
mod sigstore;

use common::{PROGRAM, User};
use sigstore::{Sigstore, Twist};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdin, Command, Stdio};

const PASSPHRASE: &str = "correct horse battery staple";

/// The program at a terminal.
struct Terminal {
    child: Child,
    typing: ChildStdin,
    shown: String,
    /// How much of it was looked at.
    seen: usize,
}

impl Terminal {
    fn run(user: &User, arguments: &str) -> Self {
        Self::run_line(user, &format!("exec {PROGRAM} {arguments}"))
    }

    fn run_line(user: &User, line: &str) -> Self {
        // A browser that says where it was sent, and what it was told beside that.
        let browser = "#!/bin/sh\nenv > environment\ntr '\\0' ' ' < /proc/$$/cmdline > browser-line\n\
                       printf '%s' \"$1\" > opening && mv opening opened\n";
        user.write("browser", browser);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(user.path("browser"), mode).unwrap();
        let mut command = user.command(&[]);
        // The same user, by way of the terminal.
        let mut script = Command::new("script");
        script
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(line)
            .arg("/dev/null")
            .current_dir(user.home.path())
            .env("TERM", "xterm")
            .env("BROWSER", user.path("browser"))
            .env_remove("ASSAY_NO_PASSPHRASE");
        for (name, value) in command.env_remove("ASSAY_NO_PASSPHRASE").get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        let mut child = script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            typing: child.stdin.take().unwrap(),
            child,
            shown: String::new(),
            seen: 0,
        }
    }

    /// Reads on until this is shown, and fails when the program ends before.
    #[track_caller]
    fn until(&mut self, text: &str) {
        let out = self.child.stdout.as_mut().unwrap();
        let mut piece = [0; 4096];
        while !self.shown[self.seen..].contains(text) {
            let read = out.read(&mut piece).unwrap();
            assert_ne!(read, 0, "{text:?} is not in {:?}", self.shown);
            self.shown
                .push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        let found = self.shown[self.seen..].find(text).unwrap();
        self.seen += found + text.len();
    }

    fn types(&mut self, line: &str) {
        self.typing
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
        self.typing.flush().unwrap();
    }

    /// The exit code, and all that was shown.
    fn end(mut self) -> (i32, String) {
        let mut rest = Vec::new();
        let out = self.child.stdout.as_mut().unwrap();
        out.read_to_end(&mut rest).unwrap();
        self.shown.push_str(&String::from_utf8_lossy(&rest));
        let code = self.child.wait().unwrap().code().unwrap();
        (code, std::mem::take(&mut self.shown))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser that follows where it is led. The last page.
fn browse(address: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent.get(address).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

/// A browser that does not follow.
fn led_to(address: &str) -> Option<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .build()
        .into();
    let answer = agent.get(address).call().unwrap();
    let to = answer.headers().get("location")?;
    Some(to.to_str().unwrap().to_owned())
}

struct Setting {
    sigstore: Sigstore,
    user: User,
}

const SIGN: &str = "sign a.txt --keyless --signing-config config.json --trusted-root root.json";

fn setting() -> Setting {
    let s = Setting {
        sigstore: Sigstore::start(),
        user: User::new(),
    };
    s.user.write("a.txt", "content");
    let address = &s.sigstore.address;
    s.user
        .write("config.json", s.sigstore.signing_config(address, 1, true));
    s.user.write("root.json", s.sigstore.trusted_root());
    s
}

impl Setting {
    fn verify(&self) -> common::Done {
        self.user.run(&[
            "verify-bundle",
            "--bundle",
            "a.txt.sigstore.json",
            "--trusted-root",
            "root.json",
            "--certificate-identity",
            "alice@example.org",
            "--certificate-oidc-issuer",
            &self.sigstore.address,
            "a.txt",
        ])
    }

    /// The address that the browser was sent to. The program said that it sent it.
    fn opened(&self) -> String {
        // The browser is another program: it is waited for until it has written.
        loop {
            match std::fs::read_to_string(self.user.path("opened")) {
                Ok(address) => return address,
                Err(_) => std::thread::yield_now(),
            }
        }
    }
}

#[test]
fn a_person_logs_in_agrees_and_signs() {
    let s = setting();
    let mut terminal = Terminal::run(&s.user, SIGN);
    terminal.until("log in in your browser");
    let opened = s.opened();
    // Nothing of the login is in what everybody on the machine can see.
    assert!(
        opened.starts_with("http://localhost:") && opened.ends_with("/start"),
        "{opened}"
    );
    let seen = std::fs::read_to_string(s.user.path("browser-line")).unwrap();
    assert!(
        !seen.contains("state=") && !seen.contains("nonce="),
        "{seen}"
    );
    let environment = std::fs::read_to_string(s.user.path("environment")).unwrap();
    assert!(!environment.contains("ASSAY_"), "{environment}");
    let here = opened.replace("localhost", "127.0.0.1");
    // What is no answer to this login, from whoever on this machine.
    let callback = here.replace("/start", "/auth/callback");
    assert_eq!(
        browse(&format!("{callback}?code=stolen&state=guessed")).0,
        400
    );
    assert_eq!(browse(&format!("{callback}?code=stolen")).0, 400);
    assert_eq!(browse(&here.replace("/start", "/")).0, 404);
    let login = led_to(&here).unwrap();
    assert!(login.starts_with(&s.sigstore.address), "{login}");
    // Only one may begin with it.
    assert_eq!(led_to(&here), None);
    let back = led_to(&login).unwrap().replace("localhost", "127.0.0.1");
    let (status, page) = browse(&back);
    assert!(
        status == 200 && page.contains("logged in"),
        "{status} {page}"
    );
    terminal.until("alice@example.org");
    terminal.until("[y/N]");
    terminal.types("y");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    s.verify().expect(0);
}

#[test]
fn whoever_does_not_agree_or_is_refused_signs_nothing() {
    let log_in = |s: &Setting, terminal: &mut Terminal| {
        terminal.until("log in in your browser");
        let login = led_to(&s.opened().replace("localhost", "127.0.0.1")).unwrap();
        browse(&led_to(&login).unwrap().replace("localhost", "127.0.0.1"));
    };
    for (twist, words) in [
        (None, "not agreed to"),
        (Some(Twist::Refuses), "access_denied"),
        (Some(Twist::OtherNonce), "not of this login"),
    ] {
        let s = setting();
        s.sigstore.twist(twist.clone());
        let mut terminal = Terminal::run(&s.user, SIGN);
        log_in(&s, &mut terminal);
        if twist.is_none() {
            terminal.until("[y/N]");
            terminal.types("");
        }
        let (code, shown) = terminal.end();
        assert_ne!(code, 0, "{shown}");
        assert!(shown.contains(words), "{words}: {shown}");
        assert!(!s.user.path("a.txt.sigstore.json").exists());
        let asked = s.sigstore.asked();
        assert!(
            !asked.iter().any(|one| one.contains("signingCert")),
            "{asked:?}"
        );
    }
}

#[test]
fn a_passphrase_is_asked_for_twice_and_never_shown() {
    let user = User::new();
    let mut terminal = Terminal::run(&user, "key");
    terminal.until("Passphrase for your new key");
    terminal.until(": ");
    terminal.types(PASSPHRASE);
    terminal.until("Once more, as it is not shown: ");
    terminal.types("something else");
    terminal.until("These are two.");
    terminal.until(": ");
    terminal.types(PASSPHRASE);
    terminal.until("Once more, as it is not shown: ");
    terminal.types(PASSPHRASE);
    terminal.until("fingerprint");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(
        !shown.contains("battery") && !shown.contains("something else"),
        "{shown}"
    );

    let mut terminal = Terminal::run(&user, "key");
    terminal.until("Passphrase of the key");
    terminal.until(": ");
    terminal.types("mistyped");
    terminal.until("Not this one. Passphrase: ");
    terminal.types(PASSPHRASE);
    terminal.until("fingerprint");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(
        !shown.contains("battery") && !shown.contains("mistyped"),
        "{shown}"
    );
}

#[test]
fn whoever_ends_it_makes_no_key_and_has_their_terminal_back() {
    let user = User::new();
    // The program, and after it the terminal's settings.
    let mut terminal = Terminal::run_line(&user, &format!("stty; {PROGRAM} key; stty"));
    terminal.until("Passphrase for your new key");
    terminal.until(": ");
    terminal.types("half\u{3}");
    let (_, shown) = terminal.end();
    let settings: Vec<&str> = shown.split("speed ").skip(1).collect();
    let [_, after] = settings[..] else {
        panic!("{shown}")
    };
    assert!(
        !after.contains("-echo") && !after.contains("-icanon"),
        "{shown}"
    );
    assert!(!shown.contains("half"), "{shown}");
    assert!(!user.path("config/key.pem").exists());
}
