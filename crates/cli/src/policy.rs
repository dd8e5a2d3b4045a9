//! A policy: the settings of the extension, as it exports them, for the command line.

use crate::error::CliError;
use crate::input::text;
use assay_core::exported::{Exported, MAX_EXPORTED_BYTES, SCHEMA};
use assay_core::settings::{SETTINGS_VERSION, Settings};
use assay_sources::notary::own_root;
use serde_json::{Value, json};
use std::path::Path;

/// The settings in a file.
///
/// # Errors
/// When any part of it cannot be used: whoever wrote it meant something by that part. The words name it.
pub fn read(path: &Path) -> Result<Settings, CliError> {
    let unusable = |detail: String| {
        CliError::Usage(format!(
            "the policy {} cannot be used: {detail}",
            path.display()
        ))
    };
    let text = text(path, MAX_EXPORTED_BYTES).map_err(|error| unusable(error.to_string()))?;
    parse(&text).map_err(unusable)
}

fn parse(text: &str) -> Result<Settings, String> {
    let written: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    check_version(&written)?;
    let exported: Exported = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let understood = serde_json::to_value(&exported).map_err(|error| error.to_string())?;
    if let Some(part) = not_understood(&written, &understood, "") {
        return Err(format!("{part} is not known"));
    }
    let settings = exported.usable()?;
    for notary in &settings.notaries {
        own_root(notary).map_err(|problem| format!("{}: {problem}", notary.address))?;
    }
    Ok(settings)
}

/// Tells what is no policy, or one of another version, from one in which a part is wrong.
fn check_version(written: &Value) -> Result<(), String> {
    let least = json!({ "schema": SCHEMA, "settings": { "version": SETTINGS_VERSION } });
    match written.get("schema") {
        Some(schema) if schema == SCHEMA => {}
        Some(schema) => {
            return Err(format!(
                "its schema is {}, and this program knows {SCHEMA:?}",
                short(schema)
            ));
        }
        None => {
            return Err(format!(
                "it has no schema; the least that it has is {least}"
            ));
        }
    }
    match written.pointer("/settings/version") {
        Some(version) if *version == SETTINGS_VERSION => Ok(()),
        Some(version) => Err(format!(
            "settings.version is {}, and this program knows version {SETTINGS_VERSION}",
            short(version)
        )),
        None => Err(format!(
            "there is no settings.version; the least that a policy has is {least}"
        )),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

/// The first part that was written and that reading left out.
fn not_understood(written: &Value, understood: &Value, place: &str) -> Option<String> {
    match (written, understood) {
        (Value::Object(written), Value::Object(understood)) => {
            written.iter().find_map(|(name, value)| {
                let place = match place {
                    "" => name.clone(),
                    place => format!("{place}.{name}"),
                };
                match understood.get(name) {
                    Some(known) => not_understood(value, known, &place),
                    // What may be left out may be null, too.
                    None if value.is_null() => None,
                    None => Some(place),
                }
            })
        }
        (Value::Array(written), Value::Array(understood)) => {
            let mut both = written.iter().zip(understood).enumerate();
            both.find_map(|(number, (written, understood))| {
                not_understood(written, understood, &format!("{place}[{number}]"))
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::settings::{PUBLIC_REKOR, Scope};
    use assay_core::signer::{Identity, RootId, Signer, SubjectKind};
    use assay_core::site_rule::{Demand, SiteRule};

    fn full() -> Value {
        let mut settings = Settings {
            rekors: vec![PUBLIC_REKOR.into()],
            ..Settings::default()
        };
        let signer = Signer {
            root: RootId::sigstore(),
            identity: Identity::Named {
                issuer: "https://accounts.google.com".into(),
                subject_kind: SubjectKind::Email,
                subject: "release@example.org".into(),
            },
        };
        settings.trust(signer.clone(), Scope::Everywhere);
        settings.set_rule(SiteRule {
            host: "example.org".into(),
            below: true,
            demand: Demand::default(),
            signers: vec![signer],
        });
        serde_json::to_value(Exported::of(settings)).expect("JSON")
    }

    #[test]
    fn an_export_is_a_policy() {
        let settings = parse(&full().to_string()).expect("a policy");
        assert_eq!(settings.trusted.len(), 1);
        assert_eq!(settings.rules.len(), 1);
        assert_eq!(settings.rekors, [PUBLIC_REKOR]);
        // The least that it must have.
        let least = json!({"schema": "assay.settings.v1", "settings": {"version": 1}});
        assert_eq!(parse(&least.to_string()), Ok(Settings::default()));
    }

    #[test]
    fn whatever_cannot_be_used_is_named() {
        for (pointer, value, named) in [
            ("/schema", json!("assay.settings.v9"), "assay.settings.v9"),
            ("/settings/version", json!(2), "settings.version is 2"),
            ("/settings/version", json!("1"), "settings.version is \"1\""),
            ("/settings/rekors", json!(["ftp://x"]), "ftp://x"),
            ("/settings/rules/0/host", json!("a b"), "a b"),
            ("/settings/rules/0/demand/mode", json!("deny"), "deny"),
            ("/settings/trusted/0/scope", json!("here"), "here"),
            (
                "/settings/rules/0/demand",
                json!({"mode": "require", "acept_authentic": true}),
                "settings.rules[0].demand.acept_authentic",
            ),
            (
                "/settings/trusted/0/signer/identity/named/email",
                json!("x"),
                "settings.trusted[0].signer.identity.named.email",
            ),
            ("/settings/trust", json!([]), "settings.trust"),
            (
                "/settings/notaries",
                json!([{
                    "address": "https://notary.example", "name": "x", "trusted_root": "{}",
                    "fingerprint": "00", "enabled": true,
                }]),
                "https://notary.example",
            ),
        ] {
            let mut policy = full();
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            policy.pointer_mut(parent).expect("a part")[name] = value;
            let problem = parse(&policy.to_string()).expect_err(named);
            assert!(problem.contains(named), "{named}: {problem}");
        }
        for text in ["", "[]", "{}", "null"] {
            assert!(parse(text).is_err(), "{text}");
        }
        // A version that stands elsewhere.
        for text in [
            r#"{"schema":"assay.settings.v1","version":1,"settings":{}}"#,
            r#"{"schema":"assay.settings.v1","version":1}"#,
            r#"{"version":1,"settings":{}}"#,
        ] {
            let problem = parse(text).expect_err(text);
            assert!(problem.contains(r#"{"version":1}"#), "{problem}");
        }
    }
}
