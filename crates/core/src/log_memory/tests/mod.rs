use super::*;
use crate::signer::RootId;
use crate::trust_root::TrustRoot;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;
use serde_json::json;

mod comparing;
mod deciding;
mod definition;
mod reading;
mod withholding;

/// A log with its key, which can show any history.
struct Log {
    key: SigningKey,
    origin: &'static str,
}

const ORIGIN: &str = "log.example - 7340";

impl Log {
    fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            origin: ORIGIN,
        }
    }

    fn spki(&self) -> Vec<u8> {
        let mut der = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
        der.extend_from_slice(self.key.verifying_key().to_sec1_point(false).as_bytes());
        der
    }

    fn key_id(&self) -> Sha256Digest {
        Sha256Digest::of(&self.spki())
    }

    fn sign(&self, text: &str) -> String {
        let signature: p256::ecdsa::Signature = self.key.sign(text.as_bytes());
        let mut line = self.key_id().as_bytes()[..4].to_vec();
        line.extend_from_slice(signature.to_der().as_bytes());
        format!("{text}\n\u{2014} log.example {}\n", STANDARD.encode(line))
    }

    fn note(&self, size: u64, root: &Sha256Digest) -> String {
        let root = STANDARD.encode(root.as_bytes());
        self.sign(&format!("{}\n{size}\n{root}\n", self.origin))
    }

    fn root(&self) -> TrustRoot {
        let json = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [{
                "baseUrl": "https://log.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(self.spki()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": { "start": "2026-01-01T00:00:00Z" },
                },
                "logId": { "keyId": STANDARD.encode(self.key_id().as_bytes()) },
            }],
            "certificateAuthorities": [],
        });
        TrustRoot::parse(RootId::notary("aa"), &json.to_string()).unwrap()
    }

    fn read(&self, note: &str) -> Result<Shown, CheckpointError> {
        read(note, &self.key_id().to_hex(), &self.root())
    }

    fn show(&self, leaves: &[String]) -> Shown {
        let size = leaves.len() as u64;
        self.read(&self.note(size, &definition::mth(leaves)))
            .unwrap()
    }
}

/// A history of `size` entries that leaves the common one at `fork`.
fn history(size: usize, fork: usize) -> Vec<String> {
    (0..size)
        .map(|i| format!("entry {i}{}", if i >= fork { " of the fork" } else { "" }))
        .collect()
}

const NEVER: usize = usize::MAX;
/// Past the fourth power of two.
const SIZES: usize = 21;

fn alarmed() -> (Log, LogMemory, Shown) {
    let log = Log::new(1);
    let mut memory = LogMemory::begin(&log.show(&history(5, NEVER)));
    let shown = log.show(&history(5, 3));
    let Need::Contradiction(found) = memory.need(&shown) else {
        panic!("a fork")
    };
    memory.raise(&found, 1000);
    (log, memory, shown)
}
