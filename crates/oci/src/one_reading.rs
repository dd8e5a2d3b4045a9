//! JSON that all programs read alike. Who verifies an image and who starts it are two programs, often in
//! two languages: Go's, in which most are written, does not tell `manifests` from `Manifests`, and of a
//! name that is given twice some take the first value and some the last.

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// The names that stand in manifests, indexes and descriptors.
pub const OF_MANIFESTS: &[&str] = &[
    "schemaVersion",
    "mediaType",
    "artifactType",
    "manifests",
    "config",
    "layers",
    "subject",
    "digest",
    "size",
    "urls",
    "data",
    "platform",
    "os",
    "architecture",
    "variant",
    ANNOTATIONS,
];

/// The names that stand in the list that `docker save` makes.
pub const OF_SAVED: &[&str] = &["Config", "RepoTags", "Layers"];

/// Below this any name may stand.
const ANNOTATIONS: &str = "annotations";

/// Refuses a JSON text in which a name is given twice in one object, or one of the `known` names in
/// other letters than its own.
///
/// # Errors
/// In words, where that is so, or the text is no JSON.
pub fn check(text: &[u8], known: &'static [&'static str]) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Part { known }.deserialize(&mut reader);
    read.and_then(|()| reader.end())
        .map_err(|error| error.to_string())
}

/// A value, and all that is in it.
#[derive(Clone, Copy)]
struct Part {
    known: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names: HashSet<String> = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let is_known = self.known.contains(&name.as_str());
            let mut all = self.known.iter();
            if !is_known && all.any(|known| is_taken_for(&name, known)) {
                return Err(A::Error::custom(format_args!(
                    "the name {name:?}, which some programs take for another"
                )));
            }
            let known: &[&str] = if name == ANNOTATIONS { &[] } else { self.known };
            map.next_value_seed(Part { known })?;
            if let Some(twice) = names.replace(name) {
                return Err(A::Error::custom(format_args!("the name {twice:?} twice")));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while all.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whether Go's encoding/json takes a name for another: it compares by Unicode's simple folding, in which
/// two characters outside of ASCII are letters in it.
fn is_taken_for(name: &str, known: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(known.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_program_could_read_otherwise_is_refused() {
        let read = |text: &str| check(text.as_bytes(), OF_MANIFESTS);
        for fine in [
            r#"{"manifests":[{"digest":"a","annotations":{"Size":"1","size":"1"},"own":1}]}"#,
            r#"{"a":{"b":[1,-1,1.5,true,null,"c"]},"b":{}}"#,
            "[]",
        ] {
            read(fine).unwrap_or_else(|why| panic!("{fine}: {why}"));
        }
        for wrong in [
            r#"{"manifests":[],"Manifests":[]}"#,
            r#"{"Manifests":[]}"#,
            "{\"manife\u{17f}ts\":[]}",
            r#"{"manifests":[{"digest":"a","DIGEST":"b"}]}"#,
            r#"{"manifests":[{"Annotations":{}}]}"#,
            r#"{"annotations":{"a":"1","a":"2"}}"#,
            r#"{"own":1,"own":2}"#,
            r#"{"own":1,"\u006fwn":2}"#,
            r#"{"a":{}} {}"#,
            "{",
            "",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let deep = "[".repeat(100_000);
        assert!(read(&deep).is_err());
        assert!(check(br#"[{"Config":"a","config":"b"}]"#, OF_SAVED).is_err());
    }
}
