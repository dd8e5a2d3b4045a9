//! What one file of a repository says about another: its version, length and digests.

use assay_core::digest::Sha256Digest;
use assay_core::refresh_error::{RefreshCheck, RefreshError};
use sigstore_crypto::sha512;
use sigstore_tuf::{MetaFile, TargetFile};
use std::collections::BTreeMap;

/// What is known of a file before it is fetched.
pub(super) struct Pin<'a> {
    length: Option<u64>,
    digests: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Pin<'a> {
    /// What is known of metadata. Its digests may be left out, as it is signed itself.
    pub(super) fn of_metadata(file: &'a MetaFile) -> Self {
        Self {
            length: file.length,
            digests: file.hashes.as_ref(),
        }
    }

    /// What is known of a target. It is signed by nobody: its digest is all there is.
    pub(super) fn of_target(file: &'a TargetFile) -> Self {
        Self {
            length: Some(file.length),
            digests: Some(&file.hashes),
        }
    }

    /// Refuses bytes of another length, or with another SHA-256 or SHA-512, than is known. Where
    /// digests are known, one of them must be one of these two.
    pub(super) fn check(&self, file: &str, bytes: &[u8]) -> Result<(), RefreshError> {
        if let Some(length) = self.length
            && length != bytes.len() as u64
        {
            return Err(RefreshCheck::Length.failed(
                file,
                format!("{length} bytes"),
                format!("{} bytes", bytes.len()),
            ));
        }
        let Some(digests) = self.digests else {
            return Ok(());
        };
        let mut known = false;
        for (algorithm, expected) in digests {
            let found = match algorithm.as_str() {
                "sha256" => Sha256Digest::of(bytes).to_hex(),
                "sha512" => sha512(bytes).to_hex(),
                _ => continue,
            };
            if !found.eq_ignore_ascii_case(expected) {
                return Err(RefreshCheck::Digest.failed(
                    file,
                    format!("{algorithm} {expected}"),
                    format!("{algorithm} {found}"),
                ));
            }
            known = true;
        }
        match known {
            true => Ok(()),
            false => Err(RefreshCheck::Digest.failed(
                file,
                "a SHA-256 or SHA-512 digest",
                none_of(digests),
            )),
        }
    }

    /// The digest that the file's name begins with where a repository keeps every version (TUF
    /// 5.7.3); `None` where it is not hexadecimal, which no digest is.
    pub(super) fn prefix(&self) -> Option<&'a str> {
        let digests = self.digests?;
        let digest = digests.get("sha256").or_else(|| digests.get("sha512"))?;
        let plain = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then_some(digest)
    }
}

/// The kinds of digest that there are, none of which can be checked.
pub(super) fn none_of(digests: &BTreeMap<String, String>) -> String {
    let mut names = String::from("none of these");
    for name in digests.keys() {
        names.push(' ');
        names.push_str(name);
    }
    names
}
