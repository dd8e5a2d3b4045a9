//! The release of a repository that a statement is about.

use serde_json::Value;

/// The predicate types of statements about a release.
const PREDICATES: [&str; 2] = [
    "https://in-toto.io/attestation/release/v0.1",
    "https://in-toto.io/attestation/release/v0.2",
];

/// What GitHub says of an immutable release, in the predicate of a statement that it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    /// The repository: owner, slash, name.
    pub repository: String,
    /// GitHub's lasting identifier of the repository.
    pub repository_id: Option<String>,
    /// The release's tag.
    pub tag: Option<String>,
}

impl Release {
    /// The release that a predicate of this type is about. `None` where it is none, or does not
    /// name a repository as GitHub does.
    pub fn of_predicate(predicate_type: &str, predicate: &Value) -> Option<Self> {
        if !PREDICATES.contains(&predicate_type) {
            return None;
        }
        let text = |field: &str| predicate.get(field)?.as_str().map(str::to_owned);
        let release = Self {
            repository: text("repository")?,
            repository_id: text("repositoryId"),
            tag: text("tag"),
        };
        let (owner, name) = release.repository.split_once('/')?;
        let is_name = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !text.is_empty() && text.chars().all(plain)
        };
        (is_name(owner) && is_name(name)).then_some(release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_release_names_one_repository() {
        let [old, new] = PREDICATES;
        let predicate = json!({"repository": "cli/cli", "repositoryId": "212613049",
            "tag": "v2.60", "ownerId": "59704711", "purl": "pkg:github/cli/cli@v2.60"});
        for predicate_type in [old, new] {
            let release = Release::of_predicate(predicate_type, &predicate);
            let expected = Release {
                repository: "cli/cli".into(),
                repository_id: Some("212613049".into()),
                tag: Some("v2.60".into()),
            };
            assert_eq!(release, Some(expected));
        }
        let least = Release::of_predicate(new, &json!({"repository": "a/b"}));
        assert!(least.is_some_and(|release| release.tag.is_none()));
        let other = "https://slsa.dev/provenance/v1";
        assert_eq!(Release::of_predicate(other, &predicate), None);
        for wrong in [
            "",
            "cli",
            "cli/",
            "/cli",
            "a/b/c",
            "a/b?",
            "a /b",
            "../b/c",
            "\u{430}/b",
        ] {
            let predicate = json!({"repository": wrong});
            assert_eq!(Release::of_predicate(new, &predicate), None, "{wrong}");
        }
        for wrong in [
            json!({}),
            json!(null),
            json!({"repository": 7}),
            json!("cli/cli"),
        ] {
            assert_eq!(Release::of_predicate(new, &wrong), None, "{wrong}");
        }
    }
}
