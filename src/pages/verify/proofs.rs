//! Which of the files that the user brings are proofs of others, and of which.
//!
//! It is only a guess to bring together what belongs together: what a proof proves is found out by the
//! background, whatever is said here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The longest file that is looked into, in bytes: no larger bundle is proven, either.
pub const MAX_BYTES: f64 = 768.0 * 1024.0;

/// Files with these endings are proofs, whatever is in them.
const ENDINGS: [&str; 3] = [".sigstore.json", ".sigstore", ".minisig"];

/// Files with these are, if they are a bundle.
const OTHER_ENDINGS: [&str; 2] = [".bundle", ".json"];

/// The ending of signatures that minisign makes.
const MINISIG: &str = ".minisig";

/// A file that proves something of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Where it is among the files that came with it: the path of a folder's file, else its name.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// The digests that it names, with the names of their algorithms.
    named: Vec<(String, String)>,
}

/// Whether a file may be a proof, as far as its name and its size tell.
pub fn may_be_proof(path: &str, size: f64) -> bool {
    let path = path.to_ascii_lowercase();
    let mut endings = ENDINGS.iter().chain(&OTHER_ENDINGS);
    size <= MAX_BYTES && endings.any(|ending| path.ends_with(ending))
}

/// The file that a proof belongs to by its name: the one beside it.
pub fn of_path(path: &str) -> &str {
    let lower = path.to_ascii_lowercase();
    let mut endings = ENDINGS.iter().chain(&OTHER_ENDINGS);
    let ending = endings.find(|ending| lower.ends_with(*ending));
    let length = path.len() - ending.map_or(0, |ending| ending.len());
    path.get(..length).unwrap_or(path)
}

impl Proof {
    /// Reads a file that may be a proof. `None` for one that is none.
    pub fn read(path: &str, text: &str) -> Option<Self> {
        let lower = path.to_ascii_lowercase();
        let is_named_so = ENDINGS.iter().any(|ending| lower.ends_with(ending));
        let bundle = Bundle::read(text);
        if !is_named_so && bundle.is_none() {
            return None;
        }
        Some(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            named: bundle.map(|bundle| bundle.named()).unwrap_or_default(),
        })
    }

    /// The file that it belongs to by its name.
    pub fn of_path(&self) -> &str {
        of_path(&self.path)
    }

    /// Whether it names the file with one of these digests (algorithm and hexadecimal digits).
    pub fn names(&self, digests: &[(&str, String)]) -> bool {
        let is_one = |(algorithm, digest): &(String, String)| {
            let mut digests = digests.iter();
            digests.any(|(known, hex)| known == algorithm && digest.eq_ignore_ascii_case(hex))
        };
        self.named.iter().any(is_one)
    }

    /// Whether it is a minisign signature, which is verified while its file is read.
    pub fn is_signature(&self) -> bool {
        self.path.to_ascii_lowercase().ends_with(MINISIG)
    }
}

/// As much of a Sigstore bundle as tells which file it is about.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    #[serde(default)]
    message_signature: Option<MessageSignature>,
    #[serde(default)]
    dsse_envelope: Option<Envelope>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageSignature {
    #[serde(default)]
    message_digest: Option<MessageDigest>,
}

#[derive(Deserialize)]
struct MessageDigest {
    algorithm: String,
    digest: String,
}

#[derive(Deserialize)]
struct Envelope {
    payload: String,
}

#[derive(Deserialize)]
struct Statement {
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    digest: BTreeMap<String, String>,
}

/// Read by the browser: a parser of our own would be a tenth of the pages' module.
#[cfg(not(test))]
fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    crate::js::from_js(js_sys::JSON::parse(text).ok()?).ok()
}

/// The tests run without a browser.
#[cfg(test)]
fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

impl Bundle {
    fn read(text: &str) -> Option<Self> {
        const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle";
        let bundle: Self = json(text)?;
        bundle.media_type.starts_with(MEDIA_TYPE).then_some(bundle)
    }

    fn named(&self) -> Vec<(String, String)> {
        let signature = self.message_signature.as_ref();
        let digest = signature.and_then(|signature| signature.message_digest.as_ref());
        let of_message = digest.and_then(|digest| {
            let algorithm = match digest.algorithm.as_str() {
                "SHA2_256" => "sha256",
                "SHA2_512" => "sha512",
                _ => return None,
            };
            let bytes = STANDARD.decode(&digest.digest).ok()?;
            Some((algorithm.to_owned(), hex::encode(bytes)))
        });
        let payload = self.dsse_envelope.as_ref().and_then(|envelope| {
            let payload = STANDARD.decode(&envelope.payload).ok()?;
            json::<Statement>(&String::from_utf8(payload).ok()?)
        });
        let subjects = payload.into_iter().flat_map(|statement| statement.subject);
        let of_subjects = subjects.flat_map(|subject| subject.digest);
        of_message.into_iter().chain(of_subjects).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message_bundle() -> String {
        let digest = STANDARD.encode([0xab; 32]);
        format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","x":1,
            "messageSignature":{{"messageDigest":{{"algorithm":"SHA2_256","digest":"{digest}"}},"signature":""}}}}"#
        )
    }

    #[test]
    fn a_proof_belongs_to_the_file_beside_it() {
        for (path, file) in [
            ("tool.zip.sigstore.json", "tool.zip"),
            ("a/tool.zip.SIGSTORE", "a/tool.zip"),
            ("tool.zip.minisig", "tool.zip"),
        ] {
            assert!(may_be_proof(path, 10.0));
            let proof = Proof::read(path, "anything").expect("by its name");
            assert_eq!(proof.of_path(), file);
            assert_eq!(proof.is_signature(), path.ends_with("minisig"));
        }
        assert!(!may_be_proof("tool.zip", 10.0));
        assert!(!may_be_proof("large.json", MAX_BYTES + 1.0));
    }

    #[test]
    fn other_files_are_proofs_if_they_are_bundles() {
        for path in ["tool.bundle", "ü.json"] {
            assert!(may_be_proof(path, 10.0));
            assert_eq!(Proof::read(path, r#"{"name": "package"}"#), None);
            assert_eq!(Proof::read(path, "# v2 git bundle"), None);
            assert!(Proof::read(path, &message_bundle()).is_some());
        }
    }

    #[test]
    fn a_bundle_names_its_file_by_digest() {
        let proof = Proof::read("x.json", &message_bundle()).expect("a bundle");
        assert!(proof.names(&[("sha256", "ab".repeat(32))]));
        assert!(!proof.names(&[("sha512", "ab".repeat(32))]));
        assert!(!proof.names(&[("sha256", "ac".repeat(32))]));
        let payload = STANDARD.encode(
            r#"{"_type":"t","subject":[{"name":"a","digest":{"sha1":"00"}},{"digest":{"sha512":"CD"}}]}"#,
        );
        let statement = format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.1",
            "dsseEnvelope":{{"payload":"{payload}","payloadType":"p","signatures":[]}}}}"#
        );
        let proof = Proof::read("y.json", &statement).expect("a bundle");
        assert!(proof.names(&[("sha256", "00".into()), ("sha512", "cd".into())]));
        assert!(!proof.names(&[("sha256", "00".into())]));
    }
}
