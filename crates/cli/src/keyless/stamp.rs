//! Having a timestamp authority say when a signature was there (RFC 3161).

use super::service::{Sent, Service};
use crate::error::CliError;
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A `TimeStampReq` (section 2.4.1) up to the hash: version 1, and a SHA-256 imprint. There is no
/// nonce, as the signature is new each time and nobody can have stamped it before.
const BEFORE: [u8; 24] = [
    0x30, 0x39, 0x02, 0x01, 0x01, // SEQUENCE of 57 bytes, INTEGER 1
    0x30, 0x31, 0x30, 0x0d, // the imprint and its algorithm
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, // SHA-256
    0x05, 0x00, // no parameters
    0x04, 0x20, // OCTET STRING of 32 bytes
];
/// And after it: the authority's certificate is wanted, too.
const AFTER: [u8; 3] = [0x01, 0x01, 0xff];

/// The token over a signature, as bundles have it (base64). Nothing in it is proven yet.
///
/// # Errors
/// When the authority refuses, or gives no answer.
pub fn over(authority: &Service<'_>, signature: &[u8]) -> Result<String, CliError> {
    let request = request(signature);
    let response = authority.post(&Sent {
        path: "",
        content_type: "application/timestamp-query",
        accept: "application/timestamp-reply",
        body: &request,
        secrets: &[],
    })?;
    match response.body.is_empty() {
        true => Err(authority.malformed("it is empty")),
        false => Ok(STANDARD.encode(&response.body)),
    }
}

fn request(signature: &[u8]) -> Vec<u8> {
    let digest = Sha256Digest::of(signature);
    [&BEFORE[..], digest.as_bytes(), &AFTER].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_in_the_request_are_right() {
        let request = request(b"signature");
        assert_eq!(usize::from(request[1]) + 2, request.len());
        // The imprint: from its length to the end of the hash.
        assert_eq!(usize::from(request[6]), request.len() - 7 - AFTER.len());
    }
}
