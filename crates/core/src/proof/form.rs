//! That a bundle is one thing only.
//!
//! Of two signatures, two certificates or two fields of one name the reader takes one, and another
//! program may take the other. Then the two would tell of the same bundle that different people
//! signed different things.

use super::check::Check;
use super::error::ProofError;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The fields of a bundle and of its verification material of which there is exactly one (the
/// `oneof`s of Sigstore's `bundle.proto`).
const CONTENTS: [&str; 2] = ["messageSignature", "dsseEnvelope"];
const MATERIALS: [&str; 3] = ["certificate", "x509CertificateChain", "publicKey"];

/// Refuses a bundle that says anything twice, or not what it is.
pub(super) fn check(json: &str) -> Result<(), ProofError> {
    let bundle = Fields::read(json)?;
    bundle.require("mediaType")?;
    bundle.require_one(&CONTENTS)?;
    let material = Fields::read(bundle.require("verificationMaterial")?)?;
    material.require_one(&MATERIALS)
}

/// The fields of an object in JSON, each of its own name.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    fn read(json: &'a str) -> Result<Self, ProofError> {
        serde_json::from_str(json).map_err(|error| Check::Format.failed(error.to_string()))
    }

    /// The field, as JSON. In Protobuf's JSON `null` is an absent field.
    fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.get()).filter(|value| *value != "null")
    }

    fn require(&self, name: &str) -> Result<&'a str, ProofError> {
        self.get(name)
            .ok_or_else(|| Check::Format.failed(format!("no {name}")))
    }

    fn require_one(&self, names: &[&str]) -> Result<(), ProofError> {
        let found: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| self.get(name).is_some())
            .collect();
        match found.as_slice() {
            [_] => Ok(()),
            [] => Err(Check::Format.failed_for(names.join(" or "), "none of them")),
            both => Err(Check::Format.failed_for(format!("{} alone", both[0]), both.join(" and "))),
        }
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                /// More than any version has; what is looked for would be among the first.
                const MOST: usize = 32;
                let mut fields: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<Cow<'de, str>, _>()? {
                    if fields.len() == MOST || fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format_args!(
                            "the field {name} a second time, or too many fields"
                        )));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
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
