//! A stand-in for a deployment of Sigstore, over real HTTP: an issuer of identities with a login, a
//! certificate authority that asks for proof of possession, logs of both versions, and a timestamp
//! authority. It is honest unless a [`Twist`] makes one thing wrong.
#![allow(dead_code, reason = "each test file uses a part")]

#[path = "sigstore_issuer.rs"]
mod issuer;
#[path = "sigstore_log.rs"]
mod log;

use assay_test_authority::certificate::Draft;
use assay_test_authority::ct;
use assay_test_authority::key::{Curve, Key};
use assay_test_authority::subject::Subject;
use assay_test_authority::time::{BEGINNING, Window, rfc3339};
use assay_test_authority::{Instance, Manner};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use pkcs8::DecodePublicKey;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the stand-in does wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twist {
    /// Certifies another key.
    OtherKey,
    /// Names somebody else in the certificate.
    OtherName,
    /// Says that somebody else vouches for the name.
    OtherIssuer,
    /// Certifies by an authority that is not the trust root's.
    OtherAuthority,
    /// Leaves out the promise of the certificate log.
    NoTimestampOfCertificate,
    /// Logs another signature.
    OtherEntry,
    /// Leaves out the log's promise.
    NoPromise,
    /// Promises with another key.
    ForgedPromise,
    /// Proves another place in the tree.
    WrongProof,
    /// Stamps another signature.
    OtherStamp,
    /// Says what it was sent, and refuses.
    Repeats,
    /// Sends everybody elsewhere.
    Redirects(String),
    /// Answers with something else altogether.
    Nonsense,
    /// The issuer makes the token out for another login.
    OtherNonce,
    /// The issuer refuses.
    Refuses,
}

/// The deployment. It lives as long as the test.
pub struct Sigstore {
    pub address: String,
    state: Arc<Mutex<State>>,
}

pub struct State {
    pub address: String,
    pub instance: Instance,
    pub twist: Option<Twist>,
    /// What was asked for, method and path.
    asked: Vec<String>,
    /// The logins that are under way: their code, and what was asked for.
    pub logins: HashMap<String, HashMap<String, String>>,
}

/// A request.
pub struct Request {
    method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub authorization: String,
    /// What Google's metadata server asks for, so that nobody is led there by a browser.
    pub metadata_flavor: String,
    pub body: Vec<u8>,
}

/// Status, further head, body.
pub struct Reply(pub u16, pub String, pub Vec<u8>);

impl Reply {
    pub fn json(value: &Value) -> Self {
        Self(200, String::new(), value.to_string().into_bytes())
    }

    pub fn refusal(words: &str) -> Self {
        Self(
            400,
            String::new(),
            json!({ "message": words }).to_string().into_bytes(),
        )
    }
}

impl Sigstore {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            address: address.clone(),
            instance: Instance::new(Manner::Public, Curve::P256, &address),
            twist: None,
            asked: Vec::new(),
            logins: HashMap::new(),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    /// What is wrong from now on.
    pub fn twist(&self, twist: Option<Twist>) {
        self.state.lock().unwrap().twist = twist;
    }

    /// What was asked for since this was called last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// The log of the first version begins anew, without entries.
    pub fn forget_log(&self) {
        let mut state = self.state.lock().unwrap();
        state.instance.rekor.as_mut().unwrap().forget();
    }

    /// Its `trusted_root.json`.
    pub fn trusted_root(&self) -> String {
        self.state
            .lock()
            .unwrap()
            .instance
            .trusted_root()
            .to_string()
    }

    /// Its `signing_config.json`, with logs of this version; what is not the login is asked for at
    /// this address.
    pub fn signing_config(&self, services: &str, log: u32, stamps: bool) -> String {
        let service = |base: &str, path: &str, version: u32| {
            json!([{
                "url": format!("{base}{path}"),
                "majorApiVersion": version,
                "validFor": { "start": rfc3339(BEGINNING) },
                "operator": "the test",
            }])
        };
        let log_path = if log == 2 { "/tiles" } else { "/rekor" };
        let mut config = json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service(services, "/fulcio", 1),
            "oidcUrls": service(&self.address, "", 1),
            "rekorTlogUrls": service(services, log_path, log),
            "rekorTlogConfig": { "selector": "ANY" },
            "tsaUrls": service(services, "/tsa/stamp", 1),
            "tsaConfig": { "selector": "ANY" },
        });
        if !stamps {
            config["tsaUrls"] = json!([]);
        }
        config.to_string()
    }

    /// A token of this issuer with these claims beside the usual ones.
    pub fn token(&self, more: &Value) -> String {
        issuer::token(&self.address, more)
    }

    /// A token for a person.
    pub fn person(&self) -> String {
        self.token(&json!({
            "sub": "the subject", "email": "alice@example.org", "email_verified": true,
        }))
    }
}

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(request) = read(&mut stream) else {
        return;
    };
    let Reply(status, head, body) = {
        let mut state = state.lock().unwrap();
        state
            .asked
            .push(format!("{} {}", request.method, request.path));
        state.answer(&request)
    };
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n{head}\r\n",
        body.len()
    );
    // Whoever asked may be gone.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let is_service = ["/fulcio", "/rekor", "/tiles", "/tsa"]
            .iter()
            .any(|part| request.path.starts_with(part));
        match &self.twist {
            Some(Twist::Redirects(to)) if is_service => {
                let head = format!("Location: {to}{}\r\n", request.path);
                return Reply(307, head, Vec::new());
            }
            Some(Twist::Nonsense) if is_service => {
                return Reply(200, String::new(), b"<html>welcome</html>".to_vec());
            }
            Some(Twist::Repeats) => {
                return Reply::refusal(&format!(
                    "what is this: {} {:?} {}",
                    String::from_utf8_lossy(&request.body),
                    request.query,
                    request.authorization,
                ));
            }
            _ => {}
        }
        let path = request.path.as_str();
        match (request.method.as_str(), path) {
            ("GET", "/.well-known/openid-configuration") => Reply::json(&json!({
                "issuer": self.address,
                "authorization_endpoint": format!("{}/login?theme=plain", self.address),
                "token_endpoint": format!("{}/token", self.address),
            })),
            ("GET", "/login") => issuer::login(self, request),
            ("POST", "/token") => issuer::exchange(self, request),
            ("GET", "/github/token") => issuer::github(self, request),
            ("GET", issuer::GOOGLE_IDENTITY) => issuer::google(self, request),
            ("POST", "/fulcio/api/v2/signingCert") => self.certify(request),
            ("POST", "/rekor/api/v1/log/entries") => log::propose(self, &request.body),
            ("GET", "/rekor/api/v1/log/proof") => log::consistency(self, &request.query),
            ("POST", "/tiles/api/v2/log/entries") => log::propose_v2(self, &request.body),
            ("POST", "/tsa/stamp") => log::stamp(self, &request.body),
            _ => Reply(404, String::new(), b"{}".to_vec()),
        }
    }

    fn certify(&self, request: &Request) -> Reply {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let token = asked["credentials"]["oidcIdentityToken"].as_str().unwrap();
        let Some(claims) = issuer::verified_claims(&self.address, token) else {
            return Reply::refusal("the token is not of this issuer, or not for this authority");
        };
        let name = |claim: &str| claims[claim].as_str().map(str::to_owned);
        let proven = name("email").or_else(|| name("sub")).unwrap();
        let key = &asked["publicKeyRequest"];
        let pem = key["publicKey"]["content"].as_str().unwrap();
        let proof = STANDARD
            .decode(key["proofOfPossession"].as_str().unwrap())
            .unwrap();
        let read = VerifyingKey::from_public_key_pem(pem).unwrap();
        let proof = DerSignature::try_from(&proof[..]).unwrap();
        if read.verify(proven.as_bytes(), &proof).is_err() {
            return Reply::refusal("no proof of possession");
        }
        let certificate = self.certificate(pem, &proven);
        let field = "signedCertificateEmbeddedSct";
        let chain = [
            pem_of(&certificate),
            pem_of(&self.instance.authority.certificate),
        ];
        Reply::json(&json!({ field: { "chain": { "certificates": chain } } }))
    }

    /// A certificate for ten minutes.
    fn certificate(&self, key: &str, name: &str) -> Vec<u8> {
        let is = |twist: Twist| self.twist == Some(twist);
        let instance = match is(Twist::OtherAuthority) {
            true => &Instance::new(Manner::Public, Curve::P256, "another"),
            false => &self.instance,
        };
        let name = match is(Twist::OtherName) {
            true => name.replace("alice", "mallory"),
            false => name.to_owned(),
        };
        let issuer = match is(Twist::OtherIssuer) {
            true => "https://issuer.example".to_owned(),
            false => self.address.clone(),
        };
        let subject = match name.contains("://") {
            true => Subject::Machine { uri: name, issuer },
            false => Subject::Person {
                email: name,
                issuer,
            },
        };
        let any = Key::new(Curve::P256, "another key");
        let window = Window {
            from: now() - 30,
            until: now() + 570,
        };
        let mut draft: Draft = instance.leaf(&subject, &any, window);
        if !is(Twist::OtherKey) {
            draft.key = der_of(key);
        }
        let authority = &instance.authority.key;
        if !is(Twist::NoTimestampOfCertificate) {
            let log = instance.ct.as_ref().unwrap();
            let certificate = draft.to_be_signed(authority.curve());
            let promise = log.draft(authority.public(), certificate, now());
            draft.set(ct::extension(&[promise.sign()]));
        }
        draft.sign(authority)
    }
}

/// DER in base64 with a line before and after.
fn pem_of(der: &[u8]) -> String {
    assay_notary::keys::pem("CERTIFICATE", der)
}

pub fn der_of(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

pub fn fields(query: &str) -> HashMap<String, String> {
    let decoded = |text: &str| {
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            out.push(match byte {
                b'%' => {
                    let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap()
                }
                other => other,
            });
        }
        String::from_utf8(out).unwrap()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (mut length, mut authorization, mut metadata_flavor) = (0, String::new(), String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => authorization = value.to_owned(),
            "metadata-flavor" => metadata_flavor = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: fields(query),
        authorization,
        metadata_flavor,
        body,
    })
}
