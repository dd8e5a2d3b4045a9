//! That a bundle is one thing only.
//!
//! Of two signatures, two certificates or two fields of one name the reader takes one, and another
//! program may take the other. Then the two would tell of the same bundle that different people
//! signed different things.

use super::check::Check;
use super::error::ProofError;
use crate::fields::Fields;

/// The fields of a bundle and of its verification material of which there is exactly one (the
/// `oneof`s of Sigstore's `bundle.proto`).
const CONTENTS: [&str; 2] = ["messageSignature", "dsseEnvelope"];
const MATERIALS: [&str; 3] = ["certificate", "x509CertificateChain", "publicKey"];

/// Refuses a bundle that says anything twice, or not what it is.
pub(super) fn check(json: &str) -> Result<(), ProofError> {
    let bundle = read(json)?;
    require_own_names(&bundle)?;
    require(&bundle, "mediaType")?;
    require_one(&bundle, &CONTENTS)?;
    let material = read(require(&bundle, "verificationMaterial")?)?;
    require_own_names(&material)?;
    require_one(&material, &MATERIALS)
}

/// Refuses the names that fields have in Protobuf itself: readers of its JSON take either, so a field
/// could be there twice.
fn require_own_names(fields: &Fields<'_>) -> Result<(), ProofError> {
    match fields.names().find(|name| name.contains('_')) {
        None => Ok(()),
        Some(name) => Err(Check::Format.failed_for("a field's name as JSON has it", name)),
    }
}

fn require<'a>(fields: &Fields<'a>, name: &str) -> Result<&'a str, ProofError> {
    let found = fields.get(name);
    found.ok_or_else(|| Check::Format.failed(format!("no {name}")))
}

fn require_one(fields: &Fields<'_>, names: &[&str]) -> Result<(), ProofError> {
    let found: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| fields.get(name).is_some())
        .collect();
    match found.as_slice() {
        [_] => Ok(()),
        [] => Err(Check::Format.failed_for(names.join(" or "), "none of them")),
        both => Err(Check::Format.failed_for(format!("{} alone", both[0]), both.join(" and "))),
    }
}

fn read(json: &str) -> Result<Fields<'_>, ProofError> {
    Fields::read(json).map_err(|error| Check::Format.failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = r#"{"mediaType":"m","messageSignature":{},
        "verificationMaterial":{"certificate":{},"publicKey":null,"tlogEntries":[]}}"#;

    fn found(json: &str) -> Result<(), String> {
        check(json).map_err(|problem| {
            assert_eq!(problem.check, Check::Format);
            problem.found
        })
    }

    #[test]
    fn null_is_an_absent_field() {
        assert_eq!(found(BUNDLE), Ok(()));
        for field in ["mediaType", "verificationMaterial", "messageSignature"] {
            let without = BUNDLE.replacen(field, "other", 1);
            assert!(found(&without).is_err(), "{field}");
            let null = BUNDLE.replacen(
                &format!(r#""{field}":"#),
                &format!(r#""{field}":null,"x":"#),
                1,
            );
            assert!(found(&null).is_err(), "{field}");
        }
        assert!(found(&BUNDLE.replace("{}", "null")).is_err());
    }

    #[test]
    fn nothing_is_said_twice() {
        for (one, twice) in [
            (
                r#""messageSignature":{}"#,
                r#""messageSignature":{},"messageSignature":{}"#,
            ),
            (
                r#""messageSignature":{}"#,
                r#""messageSignature":{},"message\u0053ignature":{}"#,
            ),
            (
                r#""messageSignature":{}"#,
                r#""messageSignature":null,"messageSignature":{}"#,
            ),
            (
                r#""messageSignature":{}"#,
                r#""messageSignature":{},"dsseEnvelope":{}"#,
            ),
            (r#""mediaType":"m""#, r#""mediaType":"m","mediaType":"m""#),
            (
                r#""certificate":{}"#,
                r#""certificate":{},"certificate":{}"#,
            ),
            (r#""publicKey":null"#, r#""publicKey":{}"#),
            (r#""publicKey":null"#, r#""public_key":{}"#),
            (
                r#""messageSignature":{}"#,
                r#""messageSignature":{},"dsse_\u0065nvelope":{}"#,
            ),
            (r#""publicKey":null"#, r#""x509CertificateChain":{}"#),
        ] {
            let twice = BUNDLE.replacen(one, twice, 1);
            assert_ne!(twice, BUNDLE);
            assert!(found(&twice).is_err(), "{twice}");
        }
        let other = BUNDLE.replacen(r#""messageSignature""#, r#""dsseEnvelope""#, 1);
        assert_eq!(found(&other), Ok(()));
    }

    #[test]
    fn what_is_no_object_is_refused_and_so_is_what_has_very_many_fields() {
        for wrong in ["", "[]", "null", "7", r#"{"mediaType""#] {
            assert!(found(wrong).is_err(), "{wrong}");
        }
        let with = |count: usize| {
            let more: String = (0..count).map(|n| format!(r#""f{n}":0,"#)).collect();
            BUNDLE.replacen('{', &format!("{{{more}"), 1)
        };
        assert_eq!(found(&with(29)), Ok(()));
        assert!(found(&with(30)).is_err());
    }
}
