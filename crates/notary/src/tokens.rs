//! Tokens, with which clients may write. The notary keeps their SHA-256 only.
//!
//! A token is 256 random bits, so a fast hash is enough: there is nothing to guess. The file is read
//! again when it has changed, so tokens are added and removed while the notary runs.

use crate::clock::now;
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::final_acts::FinalActs;
use crate::identity::{self, Identity};
use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use subtle::ConstantTimeEq;

/// The file in the data directory.
pub const FILE: &str = "tokens.json";
/// Held by whoever changes the file.
const LOCK_FILE: &str = "tokens.lock";
/// How a token begins, so that programs that look for leaked secrets find it.
const PREFIX: &str = "assay_";
/// Random bytes in a token.
const RANDOM: usize = 32;
/// The longest name of a token, in bytes.
const MAX_NAME: usize = 64;
/// The longest text that is looked at as a token, in bytes.
const MAX_TOKEN: usize = 256;

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Whose it is, as the administrator calls it.
    pub name: String,
    /// SHA-256 of the token.
    pub sha256: Sha256Hex,
    /// When it was made, in seconds since the Unix epoch.
    pub created: u64,
}

/// 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex([u8; 32]);

impl TryFrom<String> for Sha256Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes)
            .map_err(|error| format!("{text:?} is no SHA-256: {error}"))?;
        Ok(Self(bytes))
    }
}

impl From<Sha256Hex> for String {
    fn from(digest: Sha256Hex) -> Self {
        hex::encode(digest.0)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    tokens: Vec<Token>,
}

/// The tokens of a data directory.
pub struct Tokens {
    path: PathBuf,
    read: Mutex<Option<(Stamp, Vec<Token>)>>,
}

/// By which a file that was changed is told from the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

impl Stamp {
    /// That of the file with these metadata.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let number = 0;
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            number,
        }
    }
}

impl Tokens {
    /// Those of a data directory.
    pub fn of(data: &Path) -> Self {
        Self {
            path: data.join(FILE),
            read: Mutex::new(None),
        }
    }

    /// The name of the token, if there is one like it.
    ///
    /// # Errors
    /// When the file is there and cannot be used.
    pub fn name_of(&self, token: &str) -> Result<Option<String>, NotaryError> {
        if token.len() > MAX_TOKEN {
            return Ok(None);
        }
        let given = Sha256Digest::of(token.as_bytes());
        let mut name = None;
        // All are compared, and each whole: how long it takes tells nothing.
        self.each(|token| {
            if bool::from(token.sha256.0.ct_eq(given.as_bytes())) {
                name = Some(token.name.clone());
            }
        })?;
        Ok(name)
    }

    fn each(&self, mut look: impl FnMut(&Token)) -> Result<(), NotaryError> {
        let failed = |source| NotaryError::file(&self.path, source);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = match std::fs::metadata(&self.path) {
            Ok(metadata) => Stamp::of(&metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if read.as_ref().is_none_or(|(known, _)| *known != stamp) {
            *read = Some((stamp, load(&self.path)?));
        }
        if let Some((_, tokens)) = read.as_ref() {
            tokens.iter().for_each(&mut look);
        }
        Ok(())
    }
}

/// Makes a token for the notary in `data`, which may be running. It is kept nowhere: show it now.
///
/// # Errors
/// When there is no notary, the name is none or taken, or the file cannot be written.
pub fn add(data: &Path, name: &str) -> Result<String, NotaryError> {
    let visible = name.chars().all(|c| c.is_ascii_graphic());
    if name.is_empty() || name.len() > MAX_NAME || !visible {
        return Err(NotaryError::Token(format!(
            "{name:?} cannot name a token: use 1 to {MAX_NAME} visible ASCII characters"
        )));
    }
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random).map_err(|error| NotaryError::Random(error.to_string()))?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    change(data, |tokens| {
        if tokens.iter().any(|token| token.name == name) {
            return Err(NotaryError::Token(format!(
                "there is a token {name:?} already; remove it first (`assay notary token remove \
                 {name}`), or choose another name"
            )));
        }
        tokens.push(Token {
            name: name.to_owned(),
            sha256: Sha256Hex(*Sha256Digest::of(token.as_bytes()).as_bytes()),
            created: now(),
        });
        Ok(())
    })?;
    Ok(token)
}

/// Removes a token from the notary in `data`, which may be running and whose lock store is `lock`, or
/// else the one with which it ran last: from now on it opens nothing, also after a restore.
///
/// # Errors
/// When there is no such token, the lock store is not there, or something cannot be written.
pub fn remove(data: &Path, lock: Option<&Path>, name: &str) -> Result<(), NotaryError> {
    let acts = FinalActs::of_notary(data, &Identity::of_notary(data)?, lock)?;
    change(data, |tokens| {
        let removed = tokens.iter().position(|token| token.name == name);
        let removed = removed.ok_or_else(|| {
            NotaryError::Token(format!(
                "there is no token {name:?}; `assay notary token list` shows all"
            ))
        })?;
        acts.record_removed(&tokens.remove(removed))
    })
}

/// Takes the tokens out of a data directory that were removed before. Returns the names of those that
/// were there.
///
/// # Errors
/// When the file cannot be read or written.
pub fn drop_removed(data: &Path, removed: &[Token]) -> Result<Vec<String>, NotaryError> {
    let is_removed = |token: &Token| removed.iter().any(|one| one.sha256 == token.sha256);
    let tokens = load(&data.join(FILE))?;
    let dropped: Vec<String> = tokens
        .iter()
        .filter(|token| is_removed(token))
        .map(|token| token.name.clone())
        .collect();
    if !dropped.is_empty() {
        change(data, |tokens| {
            tokens.retain(|token| !is_removed(token));
            Ok(())
        })?;
    }
    Ok(dropped)
}

/// All tokens of the notary in `data`.
///
/// # Errors
/// When there is no notary, or the file cannot be used.
pub fn list(data: &Path) -> Result<Vec<Token>, NotaryError> {
    check_set_up(data)?;
    load(&data.join(FILE))
}

fn change(
    data: &Path,
    act: impl FnOnce(&mut Vec<Token>) -> Result<(), NotaryError>,
) -> Result<(), NotaryError> {
    check_set_up(data)?;
    let lock = data.join(LOCK_FILE);
    let failed = |source| NotaryError::file(&lock, source);
    // Two who change the file at once would else lose what one of them did.
    let held = files::lock_file(&lock).map_err(failed)?;
    held.lock().map_err(failed)?;
    let path = data.join(FILE);
    let mut tokens = load(&path)?;
    act(&mut tokens)?;
    let kept = Kept { version: 1, tokens };
    let text = serde_json::to_vec_pretty(&kept).map_err(|error| NotaryError::Data {
        path: path.clone(),
        detail: error.to_string(),
    })?;
    files::replace(&path, &text, Mode::Private).map_err(|source| NotaryError::file(&path, source))
}

fn check_set_up(data: &Path) -> Result<(), NotaryError> {
    let file = data.join(identity::FILE);
    match file.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(NotaryError::NotSetUp {
            data: data.to_owned(),
        }),
        // Such as where the directory is another user's.
        Err(source) => Err(NotaryError::file(&file, source)),
    }
}

fn load(path: &Path) -> Result<Vec<Token>, NotaryError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(NotaryError::file(path, error)),
    };
    let wrong = |detail: String| NotaryError::Data {
        path: path.to_owned(),
        detail,
    };
    // Its error would quote what is in the file.
    let kept: Kept = serde_json::from_slice(&text).map_err(|error| {
        wrong(format!(
            "line {} is not as it was written; remove the file, and make new tokens",
            error.line()
        ))
    })?;
    match kept.version {
        1 => Ok(kept.tokens),
        other => Err(wrong(format!("version {other} is of a later notary"))),
    }
}

/// The token in the value of an `Authorization` header: `Bearer`, or the password of `Basic`, as
/// clients send it that know addresses like `https://user:token@notary.example`.
pub fn in_header(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notary() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(identity::FILE), "").unwrap();
        directory
    }

    #[test]
    fn a_token_opens_until_it_is_removed() {
        let data = notary();
        let tokens = Tokens::of(data.path());
        assert_eq!(tokens.name_of("anything").unwrap(), None);
        let first = add(data.path(), "ci").unwrap();
        let second = add(data.path(), "laptop").unwrap();
        assert!(first.starts_with(PREFIX) && first.len() == PREFIX.len() + 43);
        assert_eq!(tokens.name_of(&first).unwrap().as_deref(), Some("ci"));
        assert_eq!(tokens.name_of(&second).unwrap().as_deref(), Some("laptop"));
        assert_eq!(tokens.name_of("").unwrap(), None);
        assert_eq!(tokens.name_of(&first[..first.len() - 1]).unwrap(), None);
        assert!(add(data.path(), "ci").is_err());
        let removed = list(data.path()).unwrap().swap_remove(0);
        assert_eq!(
            drop_removed(data.path(), std::slice::from_ref(&removed)).unwrap(),
            ["ci"]
        );
        assert!(drop_removed(data.path(), &[removed]).unwrap().is_empty());
        assert_eq!(tokens.name_of(&first).unwrap(), None);
        let names: Vec<_> = list(data.path())
            .unwrap()
            .into_iter()
            .map(|t| t.name)
            .collect();
        assert_eq!(names, ["laptop"]);
    }

    #[test]
    fn the_file_holds_no_token_and_is_its_owners() {
        let data = notary();
        let token = add(data.path(), "ci").unwrap();
        let text = std::fs::read_to_string(data.path().join(FILE)).unwrap();
        assert!(!text.contains(&token[PREFIX.len()..]), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let metadata = std::fs::metadata(data.path().join(FILE)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn many_who_add_at_once_lose_nothing() {
        let data = notary();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let data = data.path();
                scope.spawn(move || add(data, &format!("token-{number}")).unwrap());
            }
        });
        assert_eq!(list(data.path()).unwrap().len(), 8);
    }

    #[test]
    fn what_cannot_be_read_opens_nothing_and_is_not_overwritten() {
        let data = notary();
        let tokens = Tokens::of(data.path());
        std::fs::write(data.path().join(FILE), "{\"secret").unwrap();
        let error = tokens.name_of("a").unwrap_err().to_string();
        assert!(error.contains(FILE) && !error.contains("secret"), "{error}");
        assert!(add(data.path(), "ci").is_err());
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(
            add(empty.path(), "ci"),
            Err(NotaryError::NotSetUp { .. })
        ));
        for name in ["", "a b", "ä", "\n"] {
            assert!(add(notary().path(), name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_header_carries_a_token_in_two_ways() {
        assert_eq!(in_header("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(in_header("bearer  abc ").as_deref(), Some("abc"));
        let basic = format!("Basic {}", STANDARD.encode("anybody:a:bc"));
        assert_eq!(in_header(&basic).as_deref(), Some("a:bc"));
        for none in [
            "",
            "abc",
            "Digest abc",
            "Basic abc",
            "Basic YWJj",
            "Basic !",
        ] {
            assert_eq!(in_header(none), None, "{none}");
        }
    }
}
