//! Statements about a file's standing: trusted, untrusted, unsupported.

use serde::{Deserialize, Serialize};

/// The in-toto predicate type of a statement about standing.
pub const STANDING_PREDICATE: &str = "urn:assay:standing:v1";

/// What a signer declares a file to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The signer vouches for the file.
    Trusted,
    /// The signer warns against the file.
    Untrusted,
    /// The signer no longer supports this version.
    Unsupported,
}

/// The predicate of a statement about standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingPredicate {
    /// What the signer declares.
    pub standing: Standing,
    /// The signer's words, shown as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl StandingPredicate {
    /// Reads a predicate, field by field, which is less code in the wasm than deriving it. `None`
    /// where it is none.
    pub fn read(predicate: &serde_json::Value) -> Option<Self> {
        let standing = match predicate.get("standing")?.as_str()? {
            "trusted" => Standing::Trusted,
            "untrusted" => Standing::Untrusted,
            "unsupported" => Standing::Unsupported,
            _ => return None,
        };
        let reason = match predicate.get("reason") {
            None | Some(serde_json::Value::Null) => None,
            Some(reason) => Some(reason.as_str()?.to_owned()),
        };
        Some(Self { standing, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read() {
        for (standing, reason) in [
            (Standing::Trusted, None),
            (Standing::Untrusted, Some("words".to_owned())),
            (Standing::Unsupported, Some(String::new())),
        ] {
            let predicate = StandingPredicate { standing, reason };
            let written = serde_json::to_value(&predicate).expect("JSON");
            assert_eq!(StandingPredicate::read(&written), Some(predicate));
        }
        let unworded = json!({"standing": "trusted", "reason": null, "more": 1});
        assert!(StandingPredicate::read(&unworded).is_some());
        for wrong in [
            json!(null),
            json!("trusted"),
            json!(["trusted"]),
            json!({}),
            json!({"standing": "TRUSTED"}),
            json!({"standing": 1}),
            json!({"standing": "trusted", "reason": 1}),
        ] {
            assert_eq!(StandingPredicate::read(&wrong), None, "{wrong}");
        }
    }
}
