//! Keys as cosign encrypts them: PEM around JSON, with a key that scrypt makes of the passphrase, and
//! NaCl's secretbox around PKCS #8.

use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::{Aead, KeyInit};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use p256::SecretKey;
use pkcs8::DecodePrivateKey;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The most memory that scrypt may take, in bytes: cosign's own take 64 MiB.
const MOST_MEMORY: u64 = 1 << 30;

#[derive(Deserialize)]
struct Envelope {
    kdf: Derivation,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Derivation {
    name: String,
    params: Cost,
    salt: String,
}

/// What scrypt takes (RFC 7914).
#[derive(Deserialize)]
struct Cost {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// The key; `None` with another passphrase, or where it is none that is known here.
pub fn decrypt(text: &Secret, passphrase: &Secret) -> Option<SecretKey> {
    let lines = text.expose().lines().map(str::trim);
    let body: String = lines
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with('-'))
        .collect();
    let envelope: Envelope = serde_json::from_slice(&STANDARD.decode(body).ok()?).ok()?;
    let Envelope {
        kdf,
        cipher,
        ciphertext,
    } = envelope;
    if kdf.name != "scrypt" || cipher.name != "nacl/secretbox" {
        return None;
    }
    let nonce: [u8; 24] = STANDARD.decode(cipher.nonce).ok()?.try_into().ok()?;
    let salt = STANDARD.decode(kdf.salt).ok()?;
    let key = derived(&kdf.params, passphrase, &salt)?;
    let plain = XSalsa20Poly1305::new(Key::from_slice(&*key)).decrypt(
        Nonce::from_slice(&nonce),
        &*STANDARD.decode(ciphertext).ok()?,
    );
    SecretKey::from_pkcs8_der(&Zeroizing::new(plain.ok()?)).ok()
}

fn derived(cost: &Cost, passphrase: &Secret, salt: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let memory = cost.n.checked_mul(128)?.checked_mul(u64::from(cost.r))?;
    let is_bearable = memory <= MOST_MEMORY && cost.p <= 16 && cost.n.is_power_of_two();
    let log = u8::try_from(cost.n.checked_ilog2()?).ok()?;
    if !is_bearable {
        return None;
    }
    let params = scrypt::Params::new(log, cost.r, cost.p).ok()?;
    let mut key = Zeroizing::new([0u8; 32]);
    scrypt::scrypt(passphrase.expose().as_bytes(), salt, &params, &mut *key).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::elliptic_curve::Generate;
    use pkcs8::EncodePrivateKey;
    use serde_json::json;

    fn encrypted(key: &SecretKey, passphrase: &Secret, n: u64, claimed: u64) -> Secret {
        let cost = Cost { n, r: 8, p: 1 };
        let secret = derived(&cost, passphrase, b"salt").unwrap();
        let cipher = XSalsa20Poly1305::new(Key::from_slice(&*secret));
        let plain = key.to_pkcs8_der().unwrap();
        let sealed = cipher.encrypt(Nonce::from_slice(&[7; 24]), plain.as_bytes());
        let json = json!({
            "kdf": {
                "name": "scrypt", "params": { "N": claimed, "r": 8, "p": 1 },
                "salt": STANDARD.encode(b"salt"),
            },
            "cipher": { "name": "nacl/secretbox", "nonce": STANDARD.encode([7; 24]) },
            "ciphertext": STANDARD.encode(sealed.unwrap()),
        });
        let body = STANDARD.encode(json.to_string());
        let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
        Secret::new(format!(
            "-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
        ))
    }

    #[test]
    fn a_key_of_cosign_is_read_with_its_passphrase_only() {
        let key = SecretKey::try_generate().unwrap();
        let passphrase = Secret::new("password".into());
        let text = encrypted(&key, &passphrase, 32768, 32768);
        assert_eq!(decrypt(&text, &passphrase), Some(key));
        assert_eq!(decrypt(&text, &Secret::new("passwort".into())), None);
        assert_eq!(
            decrypt(&Secret::new("-----BEGIN".into()), &passphrase),
            None
        );
    }

    #[test]
    fn what_would_take_all_memory_is_refused() {
        let key = SecretKey::try_generate().unwrap();
        let passphrase = Secret::new("password".into());
        for claimed in [0, 3, 1 << 21, 1 << 40, u64::MAX] {
            let text = encrypted(&key, &passphrase, 2, claimed);
            assert_eq!(decrypt(&text, &passphrase), None, "{claimed}");
        }
    }
}
