//! Running a notary with the real program: its configuration, its tokens, what it says.

mod common;

use common::{Done, Notary, PROGRAM, User, done};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A notary that was started with these arguments, and its ready line.
fn start(arguments: &[&str], variables: &[(&str, &str)]) -> (Child, Value) {
    let mut child = Command::new(PROGRAM)
        .args(["notary", "--json"])
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready = serde_json::from_str(&line);
    (child, ready.unwrap_or_else(|_| panic!("not ready: {line}")))
}

/// Ends it as an administrator does; what it said on standard error.
#[cfg(unix)]
fn stop(mut child: Child) -> String {
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    let mut said = String::new();
    let errors = child.stderr.as_mut().unwrap();
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    said
}

fn ask(ready: &Value, request: &str) -> String {
    let socket = ready["listening"].as_str().unwrap().replace("http://", "");
    let mut stream = TcpStream::connect(socket).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn token(user: &User, data: &Path, arguments: &[&str]) -> Done {
    let all = [
        &["notary", "token"],
        arguments,
        &["--data", data.to_str().unwrap()],
    ]
    .concat();
    user.run(&all)
}

#[cfg(unix)]
#[test]
fn only_those_with_a_token_write() {
    let (user, data) = (User::new(), tempfile::tempdir().unwrap());
    let data = data.path().join("notary");
    let path = data.to_str().unwrap();
    let early = token(&user, &data, &["add", "ci"]).expect(1);
    assert!(early.err.contains("start the notary"), "{}", early.err);
    let (child, ready) = start(&["--data", path, "--listen", "127.0.0.1:0"], &[]);
    let url = ready["listening"].as_str().unwrap();
    user.write("a.txt", "content");
    let refused = user.with(url, &["sign", "a.txt"]).expect(1);
    assert!(refused.out.contains("--token-file") || refused.err.contains("--token-file"));

    let made = token(&user, &data, &["add", "ci"]).expect(0);
    let secret = made.out.trim().to_owned();
    assert!(
        secret.starts_with("assay_") && made.err.contains("only time"),
        "{}",
        made.err
    );
    let sign = |file: &str, variable: &str, value: &str| {
        let mut command = user.command(&["sign", file]);
        done(
            command
                .env("ASSAY_NOTARY", url)
                .env(variable, value)
                .output()
                .unwrap(),
        )
    };
    sign("a.txt", "ASSAY_NOTARY_TOKEN", &secret).expect(0);
    user.write("b.txt", "other");
    user.write("token", format!("{secret}\n"));
    let mode = |mode| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(user.path("token"), PermissionsExt::from_mode(mode)).unwrap();
    };
    mode(0o644);
    let exposed = user
        .with(url, &["untrust", "b.txt", "--token-file", "token"])
        .expect(1);
    assert!(exposed.err.contains("chmod 600"), "{}", exposed.err);
    mode(0o600);
    user.with(url, &["untrust", "b.txt", "--token-file", "token"])
        .expect(0);
    sign("b.txt", "ASSAY_NOTARY_TOKEN_FILE", "token").expect(0);

    let listed = token(&user, &data, &["list", "--json"]).expect(0).json();
    assert_eq!(listed["tokens"][0]["name"], "ci");
    assert!(!listed.to_string().contains(&secret));
    token(&user, &data, &["remove", "ci"]).expect(0);
    user.write("c.txt", "third");
    let gone = sign("c.txt", "ASSAY_NOTARY_TOKEN", &secret).expect(1);
    let said = format!("{}{}", gone.out, gone.err);
    assert!(
        said.contains("may have been removed") && !said.contains(&secret),
        "{said}"
    );
    stop(child);
}

#[cfg(unix)]
#[test]
fn what_is_said_holds_no_secret() {
    let (user, data) = (User::new(), common::DataFolder::new());
    let path = data.path().to_str().unwrap();
    let listen = ["--data", path, "--listen", "127.0.0.1:0"];
    let all = [
        &listen[..],
        &["--log-level", "debug", "--set", "log.addresses=none"],
    ]
    .concat();
    let (child, ready) = start(&all, &[]);
    let secret = token(&user, data.path(), &["add", "ci"])
        .expect(0)
        .out
        .trim()
        .to_owned();
    let body = "{\"secret-body\":1}";
    let head = "Host: notary\r\nConnection: close\r\n";
    ask(
        &ready,
        &format!(
            "POST /api/v1/log/entries?key=secret-query HTTP/1.1\r\n{head}Authorization: Bearer \
             {secret}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    ask(
        &ready,
        &format!(
            "POST /api/v1/log/entries HTTP/1.1\r\n{head}Authorization: Bearer secret-wrong\r\nContent-Length: 0\r\n\r\n"
        ),
    );
    ask(
        &ready,
        &format!("GET /attestations/sha256:00 HTTP/1.1\r\n{head}\r\n"),
    );
    let said = stop(child);
    assert!(
        !said.contains("secret-") && !said.contains(&secret),
        "{said}"
    );
    assert!(!said.contains("127.0.0.1\""), "{said}");
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let requests: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "request")
        .collect();
    assert_eq!(requests.len(), 3, "{said}");
    assert_eq!(requests[0]["token"], "ci");
    assert_eq!(requests[0]["status"], 400);
    assert_eq!(requests[1]["status"], 401);
    assert_eq!(requests[1]["refused"], "token");
    assert_eq!(requests[2]["route"], "/attestations/{digest}");
    assert_eq!(requests[2]["path"], "/attestations/sha256:00");
    assert_eq!(lines.last().unwrap()["event"], "stopped");
}

#[cfg(unix)]
#[test]
fn the_variables_of_a_service_named_like_the_settings_are_not_settings() {
    let data = common::DataFolder::new();
    let path = data.path().to_str().unwrap();
    let variables = [
        ("ASSAY_NOTARY_SERVICE_HOST", "10.0.0.1"),
        ("ASSAY_NOTARY_SERVICE_PORT_HTTPS", "443"),
        ("ASSAY_NOTARY_PORT", "tcp://10.0.0.1:443"),
        ("ASSAY_NOTARY_PORT_443_TCP_ADDR", "10.0.0.1"),
    ];
    let (child, _) = start(&["--data", path, "--listen", "127.0.0.1:0"], &variables);
    stop(child);
}

#[cfg(unix)]
#[test]
fn the_command_line_goes_before_the_environment_and_both_before_the_file() {
    let (user, data) = (User::new(), common::DataFolder::new());
    let example = user.run(&["notary", "config"]).expect(0).out;
    let example = example.replace("7340", "1").replace("\"info\"", "\"warn\"");
    user.write("notary.toml", example);
    let file = user.path("notary.toml");
    let data = data.path().join("of the environment");
    let variables = [
        ("ASSAY_NOTARY_DATA", data.to_str().unwrap()),
        ("ASSAY_NOTARY_LISTEN", "127.0.0.1:2"),
        ("ASSAY_NOTARY_WRITING_OPEN", "true"),
    ];
    let listen = [
        "--config",
        file.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ];
    let (child, ready) = start(&listen, &variables);
    user.write("a.txt", "content");
    let url = ready["listening"].as_str().unwrap();
    user.with(url, &["sign", "a.txt"]).expect(0);
    assert!(data.join("notary.json").exists());
    assert_eq!(stop(child), "", "level warn tells no usual requests");
}

#[test]
fn a_configuration_that_is_wrong_is_told_with_its_place() {
    let user = User::new();
    user.write("notary.toml", "data = \"d\"\n\n[limits]\nconections = 5\n");
    let refused = user.run(&["notary", "--config", "notary.toml"]).expect(2);
    for words in ["notary.toml", "line 4", "conections", "assay notary config"] {
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    let refused = user
        .run(&["notary", "--data", "d", "--set", "limits.connections=0"])
        .expect(2);
    assert!(
        refused.err.contains("--set limits.connections"),
        "{}",
        refused.err
    );
    let refused = user
        .run(&["notary", "--data", "d", "--listen", "here"])
        .expect(2);
    assert!(refused.err.contains("--listen"), "{}", refused.err);
    let refused = user
        .run(&["notary", "--data", "d", "--listen", "0.0.0.0:0"])
        .expect(1);
    assert!(refused.err.contains("--behind-proxy"), "{}", refused.err);
    assert!(!user.path("d").exists());
}

/// A notary is not started with this, and why.
fn refused(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let refused = Command::new(PROGRAM)
        .args(["notary", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(!refused.status.success());
    String::from_utf8(refused.stderr).unwrap()
}

#[test]
fn a_variable_that_is_no_setting_is_refused() {
    let data = common::DataFolder::new();
    let path = data.path().to_str().unwrap();
    for name in ["ASSAY_NOTARY_LIMIT_BODY_BYTES", "ASSAY_NOTARY_NOSUCH"] {
        let said = refused(&[(name, "5")], &["--data", path]);
        assert!(said.contains(name), "{said}");
    }
    assert!(!data.path().exists());
}

#[cfg(unix)]
#[test]
fn a_directory_in_which_everybody_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let data = common::DataFolder::new();
    Notary::start(data.path()).kill();
    let lock = data.beside("notary.lock");
    let keys = data.path().join("keys");
    let admin = data.path().join("admin");
    for directory in [data.path(), &lock, &keys, &admin] {
        let set = |mode| {
            std::fs::set_permissions(directory, PermissionsExt::from_mode(mode)).unwrap();
        };
        set(0o777);
        let said = refused(&[], &["--data", data.path().to_str().unwrap()]);
        let place = directory.to_str().unwrap();
        assert!(said.contains(&format!("chmod o-w {place}")), "{said}");
        set(0o700);
    }
    Notary::start(data.path()).kill();
}

#[cfg(unix)]
#[test]
fn nobody_who_reads_what_is_said_keeps_it_from_ending() {
    let data = common::DataFolder::new();
    let path = data.path().to_str().unwrap();
    let (mut child, ready) = start(&["--data", path, "--open-writing"], &[]);
    let socket = ready["listening"].as_str().unwrap().replace("http://", "");
    // More lines than the pipe has room for, which nobody reads.
    let mut stream = TcpStream::connect(socket).unwrap();
    let request = "GET /ping HTTP/1.1\r\nHost: notary\r\n\r\n";
    for _ in 0..1500 {
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        // The rest of it.
        let mut end = Vec::new();
        while !end.ends_with(b"\r\n\r\n.") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            end.push(byte[0]);
        }
    }
    drop(stream);
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    let begun = std::time::Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            None if begun.elapsed().as_secs() < 60 => std::thread::yield_now(),
            ended => break ended,
        }
    };
    if ended.is_none() {
        child.kill().unwrap();
    }
    assert_eq!(ended.expect("it hangs").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn what_is_amiss_in_front_or_beside_is_told_once() {
    let data = common::DataFolder::new();
    let path = data.path().to_str().unwrap();
    let options = ["--data", path, "--open-writing", "--log-level", "warn"];
    let public = ["--address", "https://notary.example"];
    let (child, ready) = start(&[&options[..], &public].concat(), &[]);
    let forwarded = "GET /ping HTTP/1.1\r\nHost: n\r\nX-Forwarded-For: 192.0.2.1\r\n\
                     Connection: close\r\n\r\n";
    for _ in 0..3 {
        ask(&ready, forwarded);
    }
    let said = stop(child);
    for event in ["all_clients_count_as_the_proxy", "proxy_not_trusted"] {
        assert_eq!(said.matches(event).count(), 1, "{said}");
    }
    std::fs::write(data.path().join("cosigned-checkpoint"), "rubbish").unwrap();
    let trusted = ["--trusted-proxies", "127.0.0.1"];
    let (mut child, ready) = start(&[&options[..], &trusted].concat(), &[]);
    ask(&ready, forwarded);
    let broken = forwarded.replace("192.0.2.1", "unknown");
    for _ in 0..3 {
        ask(&ready, &broken);
    }
    // It looks after a moment.
    let errors = BufReader::new(child.stderr.take().unwrap());
    let mut told = Vec::new();
    for line in errors.lines().map_while(Result::ok) {
        for event in [
            "cosigned_checkpoint_unusable",
            "trusted_proxy_names_no_client",
        ] {
            told.extend(line.contains(event).then_some(event));
        }
        if told.len() == 2 {
            break;
        }
    }
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "cosigned_checkpoint_unusable",
            "trusted_proxy_names_no_client"
        ]
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_notary_with_open_writing_asks_for_nothing() {
    let (user, data) = (User::new(), common::DataFolder::new());
    let notary = Notary::start(data.path());
    user.write("a.txt", "content");
    user.with(&notary.url(), &["sign", "a.txt"]).expect(0);
}

/// A certificate for `localhost` and its key, and the authority that a client has to trust. PEM.
fn certificate() -> [String; 3] {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap().pem();
    [leaf, key.serialize_pem(), root]
}

#[cfg(target_os = "linux")]
#[test]
fn two_signers_sign_behind_tls_as_the_guide_says() {
    use std::os::unix::fs::PermissionsExt;
    let admin = User::new();
    let [leaf, key, root] = certificate();
    admin.write("fullchain.pem", leaf);
    admin.write("privkey.pem", key);
    admin.write("root.pem", root);
    let secret = PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(admin.path("privkey.pem"), secret).unwrap();
    let home = admin.home.path().display();
    // The name has to be the one that the certificate is for, so the port is chosen before.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    admin.write(
        "notary.toml",
        format!(
            "data = \"{home}/notary\"\nlisten = \"127.0.0.1:{port}\"\n\
             address = \"https://localhost:{port}\"\n\n[tls]\n\
             certificate = \"{home}/fullchain.pem\"\nkey = \"{home}/privkey.pem\"\n"
        ),
    );
    let file = admin.path("notary.toml");
    let (child, ready) = start(&["--config", file.to_str().unwrap()], &[]);
    let url = ready["address"].as_str().unwrap();
    let fingerprint = ready["trust_root_fingerprint"].as_str().unwrap();
    let data = admin.path("notary");
    let reader = User::new();
    let ask = |user: &User, arguments: &[&str]| {
        let mut command = user.command(arguments);
        command
            .env("ASSAY_NOTARY", url)
            .env("SSL_CERT_FILE", admin.path("root.pem"));
        done(command.output().unwrap())
    };
    for name in ["alice@example.org", "ci@example.org"] {
        let signer = User::new();
        let public = signer.run(&["key"]).expect(0).out;
        admin.write("signer.pub", public);
        let data = data.to_str().unwrap();
        admin
            .run(&[
                "notary",
                "signer",
                "add",
                name,
                "signer.pub",
                "--data",
                data,
            ])
            .expect(0);
        let made = admin
            .run(&["notary", "token", "add", name, "--data", data])
            .expect(0);
        signer.write("token", made.out);
        let secret = PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(signer.path("token"), secret).unwrap();
        signer.write("app.bin", name);
        let sign = [
            "sign",
            "app.bin",
            "--fingerprint",
            fingerprint,
            "--token-file",
            "token",
        ];
        ask(&signer, &sign).expect(0);
        reader.write("app.bin", name);
        ask(&reader, &["verify", "app.bin", "--signer", name]).expect(0);
        ask(&reader, &["sign", "app.bin"]).expect(1);
    }
    stop(child);
}
