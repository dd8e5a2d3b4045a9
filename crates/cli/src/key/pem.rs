//! The forms in which a private key is kept: PEM of PKCS #8 (RFC 5958), encrypted or not, and of
//! SEC 1 (RFC 5915); and cosign's own.

use super::cosign;
use crate::secret::Secret;
use p256::SecretKey;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use zeroize::Zeroizing;

/// Whether a key is kept encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Anybody who can read it can sign with it.
    Plain,
    /// With a passphrase: `EncryptedPrivateKeyInfo`, PBES2.
    Encrypted,
    /// With a passphrase, as cosign does.
    Cosign,
}

/// Why a text is no key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It has another form.
    #[error(
        "it is no ECDSA P-256 private key in PEM (PKCS #8, encrypted or not, SEC 1, or cosign's)"
    )]
    Form,
    /// It cannot be decrypted.
    #[error(
        "it cannot be decrypted: the passphrase is another one, or the file is damaged, or holds a \
         key that is not ECDSA P-256"
    )]
    Passphrase,
}

impl Form {
    /// That of a text, if it is a key at all.
    pub fn of(text: &Secret) -> Result<Self, Unusable> {
        let begins = |label: &str| text.expose().contains(&format!("-----BEGIN {label}-----"));
        if begins("ENCRYPTED PRIVATE KEY") {
            return Ok(Self::Encrypted);
        }
        if begins("ENCRYPTED SIGSTORE PRIVATE KEY") || begins("ENCRYPTED COSIGN PRIVATE KEY") {
            return Ok(Self::Cosign);
        }
        match begins("PRIVATE KEY") || begins("EC PRIVATE KEY") {
            true => Ok(Self::Plain),
            false => Err(Unusable::Form),
        }
    }
}

/// Reads a key that is not encrypted.
///
/// # Errors
/// [`Unusable::Form`].
pub fn read(text: &Secret) -> Result<SecretKey, Unusable> {
    let text = without_parameters(text.expose());
    SecretKey::from_pkcs8_pem(text)
        .ok()
        .or_else(|| SecretKey::from_sec1_pem(text).ok())
        .ok_or(Unusable::Form)
}

/// A text without the block that `openssl ecparam -genkey` writes before the key, which names the curve once
/// more.
fn without_parameters(text: &str) -> &str {
    const END: &str = "-----END EC PARAMETERS-----";
    match text.split_once(END) {
        Some((_, key)) => key.trim_start(),
        None => text,
    }
}

/// Reads a key that is encrypted in this form.
///
/// # Errors
/// [`Unusable::Passphrase`].
pub fn decrypt(text: &Secret, form: Form, passphrase: &Secret) -> Result<SecretKey, Unusable> {
    if form == Form::Cosign {
        return cosign::decrypt(text, passphrase).ok_or(Unusable::Passphrase);
    }
    SecretKey::from_pkcs8_encrypted_pem(text.expose(), passphrase.expose())
        .map_err(|_| Unusable::Passphrase)
}

/// Writes a key, encrypted where there is a passphrase: with AES-256 in CBC mode, by a key that
/// scrypt (RFC 7914; N 2^17, r 8, p 1) makes of it. `None` only if the system gives no randomness.
pub fn write(key: &SecretKey, passphrase: Option<&Secret>) -> Option<Zeroizing<String>> {
    match passphrase {
        Some(passphrase) => key.to_pkcs8_encrypted_pem(passphrase.expose(), LineEnding::LF),
        None => key.to_pkcs8_pem(LineEnding::LF),
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::elliptic_curve::Generate;

    #[test]
    fn what_is_written_is_read_with_the_passphrase_only() {
        let key = SecretKey::try_generate().unwrap();
        let passphrase = Secret::new("correct horse".into());
        let text = |passphrase| Secret::new(write(&key, passphrase).unwrap().to_string());
        let (plain, encrypted) = (text(None), text(Some(&passphrase)));
        assert_eq!(Form::of(&plain), Ok(Form::Plain));
        assert_eq!(Form::of(&encrypted), Ok(Form::Encrypted));
        assert_eq!(read(&plain), Ok(key.clone()));
        assert_eq!(
            decrypt(&encrypted, Form::Encrypted, &passphrase),
            Ok(key.clone())
        );
        let other = Secret::new("correct house".into());
        assert_eq!(
            decrypt(&encrypted, Form::Encrypted, &other),
            Err(Unusable::Passphrase)
        );
        assert_eq!(read(&encrypted), Err(Unusable::Form));
        let sec1 = key.to_sec1_pem(LineEnding::LF).unwrap().to_string();
        assert_eq!(read(&Secret::new(sec1.clone())), Ok(key.clone()));
        // As `openssl ecparam -genkey` writes it.
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----";
        let both = Secret::new(format!("{parameters}\n{sec1}"));
        assert_eq!((Form::of(&both), read(&both)), (Ok(Form::Plain), Ok(key)));
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        let form = |text: &str| Form::of(&Secret::new(text.into()));
        assert_eq!(form("nothing"), Err(Unusable::Form));
        assert_eq!(form("-----BEGIN PUBLIC KEY-----"), Err(Unusable::Form));
        let cosign = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----";
        assert_eq!(form(cosign), Ok(Form::Cosign));
    }
}
