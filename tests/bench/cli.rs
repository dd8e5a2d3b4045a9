//! How fast the program `assay` is, beside what others reach on the same files: hashing a large file,
//! verifying many small ones with their bundles, and starting.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use assay_test_authority::subject::Subject;
use assay_test_authority::{Curve, Instance, Manner, Recipe};
use assay_tests::{Error, Result, assay_program, target_folder};
use serde_json::{Value, json};

use crate::proving::python_peer;
use crate::report::{Report, quantile};

const MIB: u64 = 1024 * 1024;
const LARGE: u64 = 1024 * MIB;
const FILES: usize = 1000;
/// So many of the files does the peer verify, one program for each, which takes a second or so each time:
/// what is told is how many a second, of these.
const OF_THE_PEER: usize = 50;
const ROUNDS: usize = 5;
const STARTS: usize = 40;

/// All of it.
pub fn measure(report: &mut Report) -> Result<()> {
    start(report)?;
    hash(report)?;
    verify(report)
}

fn start(report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let mut assay = assay(&["--version"])?;
        times.push(seconds(&mut assay, &[0])?.0 * 1000.0);
    }
    report.put("cli.start_ms", quantile(times, 0.5));
    Ok(())
}

/// The same file, in turn, by all: so that a machine that slows down slows all of them.
fn hash(report: &mut Report) -> Result<()> {
    let file = folder()?.join("large.bin");
    write_large(&file)?;
    let mut rates = [const { Vec::new() }; 3];
    let mut digests = Vec::new();
    // The first round has the system read the disk, and is not counted.
    for round in 0..=ROUNDS {
        // Nobody vouches for it: its code says that it is unknown.
        let mut assay = assay(&["verify", "--offline", "--json"])?;
        let (took, said) = seconds(assay.arg(&file), &[13])?;
        let said: Value = serde_json::from_str(&said)?;
        let ours = said["results"][0]["sha256"].as_str().unwrap_or_default();
        digests.push(ours.to_owned());
        let mut all = vec![took];
        for program in [&["sha256sum"][..], &["openssl", "dgst", "-sha256"]] {
            let (name, args) = program.split_first().ok_or_else(nothing)?;
            let (took, said) = seconds(Command::new(name).args(args).arg(&file), &[0])?;
            all.push(took);
            let words = said.split_whitespace();
            digests.extend(words.filter(|word| word.len() == 64).map(str::to_owned));
        }
        if round > 0 {
            for (rates, took) in rates.iter_mut().zip(all) {
                rates.push((LARGE / MIB) as f64 / took);
            }
        }
    }
    digests.dedup();
    if digests.len() != 1 {
        return Err(Error::Other(format!("not one digest: {digests:?}")));
    }
    let keys = ["cli.hash_mib_s", "cli.sha256sum_mib_s", "cli.openssl_mib_s"];
    for (key, rates) in keys.into_iter().zip(rates) {
        report.put(key, quantile(rates, 0.5));
    }
    Ok(())
}

/// Many small files, each with a bundle beside it.
fn verify(report: &mut Report) -> Result<()> {
    let signed = Signed::make()?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (took, said) = seconds(&mut signed.by_assay()?, &[0])?;
        let said: Value = serde_json::from_str(&said)?;
        let results = said["results"].as_array().map_or(0, Vec::len);
        if results != FILES {
            return Err(Error::Other(format!("{results} files were verified")));
        }
        times.push(took);
    }
    let took = quantile(times, 0.5);
    report.put("cli.verify_1000_files_s", took);
    report.put("cli.verify_per_s", FILES as f64 / took);
    // A loop as people write it: the program starts for each file.
    let Some((python, _)) = python_peer()? else {
        return Ok(());
    };
    let peer = python.with_file_name("sigstore");
    let begun = Instant::now();
    for number in 0..OF_THE_PEER {
        seconds(&mut signed.by_the_peer(&peer, number), &[0])?;
    }
    let took = begun.elapsed().as_secs_f64();
    report.put("cli.sigstore_python_per_s", OF_THE_PEER as f64 / took);
    Ok(())
}

/// Files with their bundles, by one signer under one trust root.
struct Signed {
    folder: PathBuf,
    root: PathBuf,
    config: PathBuf,
    signer: Subject,
}

impl Signed {
    fn make() -> Result<Self> {
        let home = folder()?;
        let folder = home.join("files");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder)?;
        let recipe = Recipe::all()
            .into_iter()
            .find(|recipe| recipe.name == "v0.3, message")
            .ok_or_else(nothing)?;
        let mut instance = Instance::new(Manner::Public, Curve::P384, "bench of the program");
        let mut trusted_root = String::new();
        for number in 0..FILES {
            let made = recipe.make(&mut instance, number as u64);
            trusted_root = made.trusted_root;
            let file = folder.join(name(number));
            fs::write(&file, &made.artifact)?;
            fs::write(beside(&file), &made.bundle)?;
        }
        let root = home.join("root.json");
        fs::write(&root, &trusted_root)?;
        let config = home.join("trust_config.json");
        fs::write(&config, trust_config(&trusted_root)?)?;
        Ok(Self {
            folder,
            root,
            config,
            signer: Subject::person(),
        })
    }

    fn by_assay(&self) -> Result<Command> {
        let mut assay = assay(&["verify", "--offline", "--json", "--recursive"])?;
        let name = self.signer.name();
        assay.args(["--signer", &name, "--issuer", self.signer.issuer()]);
        assay.arg("--trusted-root").arg(&self.root);
        assay.arg(&self.folder);
        Ok(assay)
    }

    fn by_the_peer(&self, peer: &Path, number: usize) -> Command {
        let file = self.folder.join(name(number));
        let name = self.signer.name();
        let mut command = Command::new(peer);
        command.arg("--trust-config").arg(&self.config);
        command.args(["verify", "identity", "--offline", "--bundle"]);
        command.arg(beside(&file));
        command.args(["--cert-identity", &name]);
        command.args(["--cert-oidc-issuer", self.signer.issuer()]);
        command.arg(file);
        command
    }
}

/// The peer takes a trust root only with a configuration for signing, which nothing is signed by here.
fn trust_config(trusted_root: &str) -> Result<String> {
    let root: Value = serde_json::from_str(trusted_root)?;
    let service = |name: &str| {
        json!([{
            "url": format!("https://{name}.example"),
            "majorApiVersion": 1,
            "validFor": { "start": "2020-01-01T00:00:00Z" },
            "operator": "nobody",
        }])
    };
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": root,
        "signingConfig": {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service("fulcio"),
            "oidcUrls": service("issuer"),
            "rekorTlogUrls": service("rekor"),
            "rekorTlogConfig": { "selector": "ANY" },
            "tsaUrls": [],
            "tsaConfig": { "selector": "ANY" },
        },
    });
    Ok(config.to_string())
}

fn name(number: usize) -> String {
    format!("file {number:04}")
}

fn beside(file: &Path) -> PathBuf {
    file.with_added_extension("sigstore.json")
}

/// The program, for somebody who remembers nothing.
fn assay(args: &[&str]) -> Result<Command> {
    let config = folder()?.join("config");
    if config.exists() {
        fs::remove_dir_all(&config)?;
    }
    let mut command = Command::new(assay_program()?);
    command.args(args).env("ASSAY_CONFIG_DIR", config);
    Ok(command)
}

/// How long a program takes from its start to its end, and what it prints.
fn seconds(command: &mut Command, codes: &[i32]) -> Result<(f64, String)> {
    command.stdin(Stdio::null());
    let begun = Instant::now();
    let output = command.output().map_err(|error| Error::Missing {
        what: format!("{}: {error}", command.get_program().to_string_lossy()),
        remedy: "install it: the benchmark compares with it".to_owned(),
    })?;
    let took = begun.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(code) if codes.contains(&code) => Ok((took, said)),
        _ => Err(Error::Other(format!(
            "{command:?}: {} {said} {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))),
    }
}

/// Bytes that are not all the same, so that no file system leaves them out.
fn write_large(path: &Path) -> Result<()> {
    if path.metadata().is_ok_and(|found| found.len() == LARGE) {
        return Ok(());
    }
    let mut file = File::create(path)?;
    let mut piece: Vec<u8> = (0..MIB).map(|place| ((place * place) >> 7) as u8).collect();
    for number in 0..LARGE / MIB {
        piece[..8].copy_from_slice(&number.to_le_bytes());
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    Ok(())
}

/// A place of its own, which stays.
fn folder() -> Result<PathBuf> {
    let folder = target_folder()?.join("bench/cli");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn nothing() -> Error {
    Error::Other("nothing to measure".to_owned())
}
