//! All services that together can vouch for a signature, and the trust root that names them.

use crate::certificate::{CODE_SIGNING, Draft, Issuer, extended_key_usage, key_usage};
use crate::ct::CtLog;
use crate::key::{Curve, Key};
use crate::rekor::Log;
use crate::subject::Subject;
use crate::time::{BEGINNING, Window, YEAR, rfc3339};
use crate::tsa::Tsa;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::name::Name;

/// A manner of instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// As Sigstore's public one: with all services.
    Public,
    /// As small ones: no certificate transparency, the trust root names only the root authority,
    /// and bundles carry the certificate between.
    Private,
    /// As GitHub's own: a timestamp authority, and no log of any kind.
    GitHub,
}

/// An instance.
#[derive(Clone)]
pub struct Instance {
    /// Its manner.
    pub manner: Manner,
    /// The root of the authority that names signers.
    pub root: Issuer,
    /// The authority below, which issues their certificates.
    pub authority: Issuer,
    /// The log of certificates.
    pub ct: Option<CtLog>,
    /// The log of signatures of the first version.
    pub rekor: Option<Log>,
    /// The log of signatures of the second version.
    pub tiles: Option<Log>,
    /// The timestamp authority.
    pub tsa: Tsa,
}

impl Instance {
    /// The instance with the keys of this label, with authorities of this curve.
    pub fn new(manner: Manner, curve: Curve, label: &str) -> Self {
        let label = format!("{label} {manner:?}");
        let root = Issuer::root(curve, &format!("{label} root"), "root");
        let below = format!("{label} authority");
        let logs = manner != Manner::GitHub;
        Self {
            manner,
            authority: root.below(curve, &below, "authority", CODE_SIGNING),
            root,
            ct: (manner == Manner::Public).then(|| CtLog::new(Curve::P256, &format!("{label} ct"))),
            rekor: logs.then(|| Log::v1(Curve::P256, &format!("{label} rekor"), "rekor.example")),
            tiles: logs.then(|| Log::v2(&format!("{label} tiles"), "tiles.example")),
            tsa: Tsa::new(curve, &format!("{label} tsa")),
        }
    }

    /// Whether bundles carry the certificate of [`Self::authority`].
    pub fn ships_authority(&self) -> bool {
        self.manner == Manner::Private
    }

    /// The draft of a certificate for a signer, by [`Self::authority`].
    pub fn leaf(&self, subject: &Subject, key: &Key, window: Window) -> Draft {
        let mut draft = Draft::new(&self.authority, Name::default(), key, window);
        draft.set(key_usage(KeyUsages::DigitalSignature));
        draft.set(extended_key_usage(&[CODE_SIGNING]));
        for extension in subject.extensions() {
            draft.set(extension);
        }
        draft
    }

    /// Its `trusted_root.json`.
    pub fn trusted_root(&self) -> Value {
        let chain = |certificates: &[Vec<u8>]| {
            let certificates: Vec<_> = certificates
                .iter()
                .map(|der| json!({ "rawBytes": STANDARD.encode(der) }))
                .collect();
            json!({ "certificates": certificates })
        };
        let from = json!({ "start": rfc3339(BEGINNING - YEAR) });
        let log = |key: &Key, id: [u8; 32], address: &str| {
            json!({
                "baseUrl": address,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(key.public()),
                    "keyDetails": key.curve().details(),
                    "validFor": from,
                },
                "logId": { "keyId": STANDARD.encode(id) },
            })
        };
        let authorities = match self.ships_authority() {
            true => vec![self.root.certificate.clone()],
            false => vec![
                self.authority.certificate.clone(),
                self.root.certificate.clone(),
            ],
        };
        let logs: Vec<_> = [&self.rekor, &self.tiles]
            .into_iter()
            .flatten()
            .map(|one| log(&one.key, one.id(), &format!("https://{}", one.host)))
            .collect();
        let ct_logs: Vec<_> = self
            .ct
            .iter()
            .map(|one| log(&one.key, one.key.id(), "https://ct.example"))
            .collect();
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": logs,
            "certificateAuthorities": [{
                "subject": { "organization": "assay test authority", "commonName": "root" },
                "uri": "https://authority.example",
                "certChain": chain(&authorities),
                "validFor": from,
            }],
            "ctlogs": ct_logs,
            "timestampAuthorities": [{
                "subject": { "organization": "assay test authority", "commonName": "tsa" },
                "uri": "https://tsa.example",
                "certChain": chain(&self.tsa.chain()),
                "validFor": from,
            }],
        })
    }
}
