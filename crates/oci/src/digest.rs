//! Digests as registries write them (OCI image specification, descriptor.md).

use assay_core::digest::Sha256Digest;

/// `sha256:` and 64 lower-case hexadecimal digits, exactly. Others that registries may use, such as
/// SHA-512, are no name by which anybody here knows an artifact.
pub fn parse(text: &str) -> Option<Sha256Digest> {
    let digits = text.strip_prefix("sha256:")?;
    let is_plain = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    match digits.len() == 64 && digits.bytes().all(is_plain) {
        true => digits.parse().ok(),
        false => None,
    }
}

/// As registries write it.
pub fn text(digest: &Sha256Digest) -> String {
    format!("sha256:{digest}")
}
