//! What a publisher declares on its own domain: who signs its downloads.
//!
//! A declaration is read strictly, and by hand: a publisher must be able to rely on it that it is
//! read as it was meant, and typed values would be more code in the wasm.

mod pattern;
mod signer;
#[cfg(test)]
mod tests;

pub use signer::{DeclaredSigner, is_minisign_key};

use crate::fields::Fields;
use serde_json::value::RawValue;

/// Where a host has its declaration.
pub const PATH: &str = "/.well-known/download-signers.json";

/// The longest declaration, in bytes.
pub const MAX_DECLARATION_BYTES: usize = 64 * 1024;

/// The version of the format that is read here.
pub const VERSION: u64 = 1;

/// The most entries in a declaration.
pub const MAX_DOWNLOADS: usize = 64;

/// The most patterns in an entry.
pub const MAX_PATHS: usize = 32;

/// The most signers in an entry.
pub const MAX_SIGNERS: usize = 32;

/// The longest text in a declaration, in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;

/// Who signs the downloads of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    downloads: Vec<Download>,
}

/// One entry of a declaration: who signs what lies at these paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The patterns of the paths. In them `*` stands for any characters but a slash, and `**` for
    /// any characters.
    pub paths: Vec<String>,
    /// The signers, any of whom may have signed.
    pub signers: Vec<DeclaredSigner>,
}

/// Why a text is no declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    /// It is too long.
    #[error("it has more than {MAX_DECLARATION_BYTES} bytes")]
    TooLarge,
    /// It is of a later version, which may be right and is not understood here.
    #[error("version {0} of the format is not known here; {VERSION} is")]
    UnknownVersion(u64),
    /// Something in it is wrong.
    #[error("{place}: {problem}")]
    Malformed {
        /// Where, as in `downloads[2].signers[0]`.
        place: String,
        /// What.
        problem: String,
    },
}

impl Declaration {
    /// Reads a declaration. What is in it under names that are not known does not matter, as a later
    /// program may know them.
    ///
    /// # Errors
    /// When it is none, with the place of what is wrong.
    pub fn parse(json: &str) -> Result<Self, DeclarationError> {
        if json.len() > MAX_DECLARATION_BYTES {
            return Err(DeclarationError::TooLarge);
        }
        let fields = read(json).map_err(|error| error.within("the declaration"))?;
        match fields.number("version") {
            Some(VERSION) => {}
            Some(other) => return Err(DeclarationError::UnknownVersion(other)),
            None => return Err(malformed("version", "it must be a whole number")),
        }
        let downloads = list(&fields, "downloads", 0, MAX_DOWNLOADS, Download::read)?;
        Ok(Self { downloads })
    }

    /// All entries.
    pub fn downloads(&self) -> &[Download] {
        &self.downloads
    }

    /// Who signs what lies at this path, which is one that [`crate::address::Address::path`] tells.
    /// Nobody is said to where the path does not mean one place.
    pub fn signers_for(&self, path: &str) -> Vec<&DeclaredSigner> {
        let mut found = Vec::new();
        if pattern::is_plain(path) {
            for download in &self.downloads {
                if download.pattern_for(path).is_some() {
                    found.extend(&download.signers);
                }
            }
        }
        found
    }
}

impl Download {
    /// The pattern that stands for this path, where there is one.
    pub fn pattern_for(&self, path: &str) -> Option<&str> {
        let mut patterns = self.paths.iter().map(String::as_str);
        patterns.find(|pattern| pattern::matches(pattern, path))
    }

    fn read(json: &str) -> Result<Self, DeclarationError> {
        let fields = read(json)?;
        Ok(Self {
            paths: list(&fields, "paths", 1, MAX_PATHS, path)?,
            signers: list(&fields, "signers", 1, MAX_SIGNERS, |json| {
                DeclaredSigner::read(&read(json)?)
            })?,
        })
    }
}

impl DeclarationError {
    /// The same, told from further out.
    fn within(self, outer: &str) -> Self {
        match self {
            Self::Malformed { place, problem } => {
                let dot = if place.is_empty() { "" } else { "." };
                Self::Malformed {
                    place: format!("{outer}{dot}{place}"),
                    problem,
                }
            }
            other => other,
        }
    }
}

fn malformed(place: &str, problem: &str) -> DeclarationError {
    DeclarationError::Malformed {
        place: place.to_owned(),
        problem: problem.to_owned(),
    }
}

fn read(json: &str) -> Result<Fields<'_>, DeclarationError> {
    Fields::read(json).map_err(|error| malformed("", &error.to_string()))
}

/// A field that is a list, each element read by itself.
fn list<T>(
    fields: &Fields<'_>,
    name: &str,
    least: usize,
    most: usize,
    one: fn(&str) -> Result<T, DeclarationError>,
) -> Result<Vec<T>, DeclarationError> {
    let json = fields.get(name).unwrap_or_default();
    let elements: Vec<&RawValue> =
        serde_json::from_str(json).map_err(|_| malformed(name, "it must be a list"))?;
    if elements.len() < least || elements.len() > most {
        let problem = format!("it must have {least} to {most} elements");
        return Err(malformed(name, &problem));
    }
    let mut read = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let element = one(element.get());
        read.push(element.map_err(|error| error.within(&format!("{name}[{index}]")))?);
    }
    Ok(read)
}

fn path(json: &str) -> Result<String, DeclarationError> {
    let path = text(json)?;
    match path.starts_with('/') {
        true => Ok(path),
        false => Err(malformed("", "a pattern must begin with a slash")),
    }
}

/// A text of a length that may be.
fn text(json: &str) -> Result<String, DeclarationError> {
    match serde_json::from_str::<String>(json) {
        Ok(text) if (1..=MAX_TEXT_BYTES).contains(&text.len()) => Ok(text),
        _ => {
            let problem = format!("it must be a text of 1 to {MAX_TEXT_BYTES} bytes");
            Err(malformed("", &problem))
        }
    }
}
