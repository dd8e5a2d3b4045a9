use assay_core::digest::Sha256Digest;
use sha2::{Digest, Sha256};
use wasm_bindgen_test::wasm_bindgen_test;

/// FIPS 180-2, appendix B, and the empty message.
#[wasm_bindgen_test]
fn the_standard_vectors_come_out() {
    let vectors: [(&[u8], &str); 4] = [
        (
            b"",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            &[b'a'; 1_000_000],
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ),
    ];
    for (message, digest) in vectors {
        assert_eq!(Sha256Digest::of(message).to_hex(), digest);
    }
}

#[wasm_bindgen_test]
fn how_the_bytes_are_cut_does_not_matter() {
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i * 31 + i / 251) as u8).collect();
    let whole = Sha256Digest::of(&bytes).to_hex();
    for piece in [1, 3, 63, 64, 65, 4096, 65_537] {
        let mut hash = Sha256::new();
        for part in bytes.chunks(piece) {
            hash.update(part);
        }
        assert_eq!(
            hex::encode(hash.finalize()),
            whole,
            "pieces of {piece} bytes"
        );
    }
}
