//! What a signer says of a file beyond signing it: attributes, or a statement of their own.
//!
//! Attributes ride in a statement about standing that says `trusted`. It is the signer's signature
//! over the file with words to it, so it counts as a plain signature does, for everybody who knows
//! statements about standing; and what the signer declares later takes it back like any other.

use super::content::Content;
use crate::error::CliError;
use crate::input;
use crate::sign_args::Says;
use crate::subject::Artifact;
use assay_core::attestation::COSIGN_SIGNATURE;
use assay_core::standing::STANDING_PREDICATE;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The most attributes of a file.
const MOST: usize = 64;
/// The longest name of one, in bytes.
const LONGEST_NAME: usize = 128;
/// The longest value of one, in bytes.
const LONGEST_VALUE: usize = 4096;
/// The longest predicate that is signed, in bytes: a bundle with it must still be read.
const LONGEST_PREDICATE: usize = 256 * 1024;

/// What is said of every subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// Nothing: a plain signature.
    Nothing,
    /// A statement with this predicate.
    Predicate {
        /// Its type.
        predicate_type: String,
        /// What it says.
        predicate: Value,
    },
}

impl Saying {
    /// What the command line says.
    ///
    /// # Errors
    /// When an attribute is none, or the predicate cannot be read.
    pub fn of(args: &Says) -> Result<Self, CliError> {
        if let (Some(file), Some(predicate_type)) = (&args.predicate, &args.predicate_type) {
            return Ok(Self::Predicate {
                predicate_type: checked_type(predicate_type)?,
                predicate: read_predicate(file)?,
            });
        }
        if args.attribute.is_empty() {
            return Ok(Self::Nothing);
        }
        Ok(Self::Predicate {
            predicate_type: STANDING_PREDICATE.to_owned(),
            predicate: json!({
                "standing": "trusted",
                "attributes": attributes(&args.attribute)?,
            }),
        })
    }

    /// The type of the statement that is signed of an image.
    pub fn type_of_image(&self) -> &str {
        match self {
            Self::Nothing => COSIGN_SIGNATURE,
            Self::Predicate { predicate_type, .. } => predicate_type,
        }
    }

    /// What is signed of an artifact.
    pub fn content(&self, artifact: &Artifact) -> Content {
        match self {
            // As cosign signs them.
            Self::Nothing if artifact.image.is_some() => {
                Content::statement(artifact, COSIGN_SIGNATURE, &json!({}))
            }
            Self::Nothing => Content::Plain(artifact.digest),
            Self::Predicate {
                predicate_type,
                predicate,
            } => Content::statement(artifact, predicate_type, predicate),
        }
    }
}

fn attributes(given: &[String]) -> Result<Map<String, Value>, CliError> {
    let wrong = |words: String| Err(CliError::Usage(words));
    if given.len() > MOST {
        return wrong(format!("a file has at most {MOST} attributes"));
    }
    let mut attributes = Map::new();
    for one in given {
        let Some((name, value)) = one.split_once('=') else {
            return wrong(format!("{one:?} is no attribute, which is NAME=VALUE"));
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
            return wrong(format!(
                "{name:?} is no name of an attribute, which has at most {LONGEST_NAME} letters, \
                 digits and . _ - / :"
            ));
        }
        if value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
            return wrong(format!(
                "the attribute {name} has a value of more than {LONGEST_VALUE} bytes, or with control \
                 characters"
            ));
        }
        if attributes.insert(name.to_owned(), value.into()).is_some() {
            return wrong(format!("the attribute {name} is given twice"));
        }
    }
    Ok(attributes)
}

/// A URI (RFC 3986), as far as it matters: something with a scheme, and nothing unprintable.
fn checked_type(uri: &str) -> Result<String, CliError> {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    let is_uri = scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && uri.len() <= 1024
            && uri.chars().all(|c| c.is_ascii_graphic())
    });
    match is_uri {
        true => Ok(uri.to_owned()),
        false => Err(CliError::Usage(format!(
            "{uri:?} is no type of a predicate, which is a URI such as https://slsa.dev/provenance/v1"
        ))),
    }
}

fn read_predicate(file: &Path) -> Result<Value, CliError> {
    let text = input::text_or_input(file, LONGEST_PREDICATE)?;
    match serde_json::from_str(&text) {
        Ok(predicate @ Value::Object(_)) => Ok(predicate),
        Ok(_) => Err(CliError::WrongFile {
            path: file.to_owned(),
            detail: "a predicate is a JSON object".into(),
        }),
        Err(error) => Err(CliError::WrongFile {
            path: file.to_owned(),
            detail: format!("it is no JSON: {error}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(attributes: &[&str]) -> Result<Saying, CliError> {
        Saying::of(&Says {
            attribute: attributes.iter().map(|one| (*one).to_owned()).collect(),
            predicate: None,
            predicate_type: None,
        })
    }

    #[test]
    fn attributes_are_said_in_a_statement_that_the_file_is_trusted() {
        assert_eq!(says(&[]).unwrap(), Saying::Nothing);
        let Saying::Predicate {
            predicate_type,
            predicate,
        } = says(&["version=1=2", "empty="]).unwrap()
        else {
            panic!("no statement")
        };
        assert_eq!(predicate_type, "urn:assay:standing:v1");
        let said = json!({
            "standing": "trusted",
            "attributes": { "version": "1=2", "empty": "" },
        });
        assert_eq!(predicate, said);
        let read = assay_core::standing::StandingPredicate::read(&predicate).unwrap();
        assert_eq!(read.standing, assay_core::standing::Standing::Trusted);
    }

    #[test]
    fn what_is_no_attribute_is_refused() {
        let long = format!("a={}", "b".repeat(LONGEST_VALUE + 1));
        for wrong in ["", "a", "=b", "a b=c", "a=b\nc", "a=\u{1b}[2J", &long] {
            assert!(says(&[wrong]).is_err(), "{wrong:?}");
        }
        assert!(says(&["a=1", "a=2"]).is_err());
        assert!(says(&vec!["a=1"; MOST + 1]).is_err());
    }

    #[test]
    fn a_type_is_a_uri() {
        for right in ["https://slsa.dev/provenance/v1", "urn:x:y"] {
            assert!(checked_type(right).is_ok(), "{right}");
        }
        for wrong in ["", "slsa", ":x", "https://a b", "1:x"] {
            assert!(checked_type(wrong).is_err(), "{wrong}");
        }
    }
}
