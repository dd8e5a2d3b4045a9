//! Keys that a notary revoked: what they signed before counts, what they signed since does not.
//!
//! A certificate holds for years, and what was signed is told by when it was logged. So a revocation
//! names a day from which on nothing counts, and nothing that was proven before is taken back. That
//! a key was revoked is learned with the notary's trust root ([`crate::succession`]).

use crate::attestation::Attestation;
use crate::evidence::{Evidence, LogDoubt, Outcome, Withheld};
use crate::settings::Notary;
use crate::signer::Identity;
use serde::{Deserialize, Serialize};

/// The in-toto predicate type of a notary's statement that it revoked a key. The statement's subject
/// is the key (DER, SubjectPublicKeyInfo), its predicate a [`Revocation`].
pub const REVOCATION_PREDICATE: &str = "urn:assay:revocation:v1";

/// The most revocations of one notary that are read.
pub const MAX_REVOCATIONS: usize = 4096;

/// That a notary no longer vouches for a key under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The key's fingerprint ([`crate::signer::key_fingerprint`]).
    pub key: String,
    /// The name under which it was enrolled. Under another one, it may be again.
    pub name: String,
    /// From when on nothing counts that it signed, in seconds since 1970.
    pub since: i64,
    /// Why, in the administrator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Revocation {
    /// Whether the attestation is by this key, under the name that was revoked or under none, and
    /// not proven to be older. Its trust root must be that of the notary that revoked the key.
    pub fn covers(&self, attestation: &Attestation) -> bool {
        let is_it = match (&attestation.signer.identity, &attestation.certified) {
            (Identity::Key { fingerprint }, _) => *fingerprint == self.key,
            (_, Some(certified)) => certified.key == self.key && certified.subject == self.name,
            (_, None) => false,
        };
        let logged = attestation.logged.as_ref();
        let time = logged.and_then(|logged| logged.integrated_time);
        // Where no time is proven it may have been made today.
        is_it && time.is_none_or(|time| time >= self.since)
    }
}

/// Withholds from the evidence what was signed with keys that these notaries revoked before.
pub fn withhold(evidence: &mut [Evidence], notaries: &[Notary]) {
    for one in evidence {
        let Outcome::Answered {
            proven, withheld, ..
        } = &mut one.outcome
        else {
            continue;
        };
        let kept = std::mem::take(proven);
        for attestation in kept {
            match revoked(&attestation, notaries) {
                None => proven.push(attestation),
                Some(since) => withheld.push(Withheld {
                    attestation,
                    doubt: LogDoubt::Revoked { since },
                }),
            }
        }
    }
}

/// From when on the key does not count, where it did not when this was signed.
fn revoked(attestation: &Attestation, notaries: &[Notary]) -> Option<i64> {
    let root = &attestation.signer.root;
    let own = notaries.iter().filter(|one| one.root_id() == *root);
    let revoked = own.filter_map(|one| one.followed.as_ref());
    let covering = revoked
        .flat_map(|followed| &followed.revoked)
        .filter(|revocation| revocation.covers(attestation));
    covering.map(|revocation| revocation.since).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attestation::{Certified, Claim, Logged};
    use crate::signer::{RootId, Signer, SubjectKind};
    use crate::succession::Followed;

    const SINCE: i64 = 1_000;

    fn notary(fingerprint: &str) -> Notary {
        let revoked = Revocation {
            key: "SHA256:stolen".into(),
            name: "release@example.org".into(),
            since: SINCE,
            reason: None,
        };
        Notary {
            address: "https://notary.example".into(),
            name: "notary.example".into(),
            trusted_root: String::new(),
            fingerprint: fingerprint.into(),
            enabled: true,
            followed: Some(Followed {
                revoked: vec![revoked],
                ..Followed::default()
            }),
        }
    }

    fn signed(key: &str, name: Option<&str>, time: Option<i64>) -> Attestation {
        let identity = match name {
            None => Identity::Key {
                fingerprint: key.into(),
            },
            Some(name) => Identity::Named {
                issuer: "https://notary.example".into(),
                subject_kind: SubjectKind::Email,
                subject: name.into(),
            },
        };
        Attestation {
            signer: Signer {
                root: RootId::notary("00"),
                identity,
            },
            claim: Claim::Signature,
            logged: Some(Logged {
                log_id: "00".into(),
                origin: "notary.example - 1".into(),
                index: 0,
                integrated_time: time,
                checkpoint: None,
            }),
            signed_at: time,
            certified: name.map(|name| Certified {
                issuer: "https://notary.example".into(),
                subject: name.into(),
                key: key.into(),
                source_ref: None,
                source_digest: None,
                runner: None,
                run: None,
            }),
            declared: None,
            bundle: String::new(),
        }
    }

    fn counts(attestation: Attestation, notaries: &[Notary]) -> bool {
        let mut evidence = [Evidence::proving("source", "source", vec![attestation])];
        withhold(&mut evidence, notaries);
        let [evidence] = &evidence;
        match (evidence.proven(), evidence.withheld()) {
            ([_], []) => true,
            ([], [withheld]) => {
                assert_eq!(withheld.doubt, LogDoubt::Revoked { since: SINCE });
                false
            }
            other => panic!("neither proven nor withheld: {other:?}"),
        }
    }

    #[test]
    fn what_a_revoked_key_signed_counts_until_the_day_of_its_revocation() {
        let notaries = [notary("11"), notary("00")];
        let name = Some("release@example.org");
        assert!(counts(signed("SHA256:stolen", name, Some(999)), &notaries));
        for time in [Some(1_000), Some(1_001), None] {
            assert!(!counts(signed("SHA256:stolen", name, time), &notaries));
            assert!(!counts(signed("SHA256:stolen", None, time), &notaries));
        }
        assert!(counts(signed("SHA256:stolen", None, Some(999)), &notaries));
    }

    #[test]
    fn another_key_of_that_name_another_name_of_that_key_and_another_notary_are_not_meant() {
        let notaries = [notary("00")];
        let time = Some(2_000);
        let name = Some("release@example.org");
        assert!(counts(signed("SHA256:new", name, time), &notaries));
        let other = Some("other@example.org");
        assert!(counts(signed("SHA256:stolen", other, time), &notaries));
        let stolen = signed("SHA256:stolen", name, time);
        assert!(counts(stolen.clone(), &[notary("11")]));
        assert!(counts(stolen, &[]));
    }
}
