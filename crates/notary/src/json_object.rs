//! Objects in JSON that are really objects.
//!
//! The derived readers take the values of a list, without their names, for fields as well, which no
//! other program that reads Rekor's entries does.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// What was read from an object, and from nothing else.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// Reads an object.
///
/// # Errors
/// When it is none, or not one of this kind.
pub fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json).map(|Object(read)| read)
}

/// As [`read`], from bytes.
///
/// # Errors
/// As [`read`]; and when they are no text.
pub fn read_bytes<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, serde_json::Error> {
    let text = std::str::from_utf8(json).map_err(serde_json::Error::custom)?;
    read(text)
}

/// For `#[serde(deserialize_with)]`: a field that is an object.
///
/// # Errors
/// As [`read`].
pub fn one<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Object::deserialize(deserializer).map(|Object(read)| read)
}

/// The same for a field that may be absent or `null`.
///
/// # Errors
/// As [`read`].
pub fn perhaps<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let read = Option::<Object<T>>::deserialize(deserializer)?;
    Ok(read.map(|Object(read)| read))
}

/// The same for a list of objects.
///
/// # Errors
/// As [`read`].
pub fn list<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let read = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|Object(read)| read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        name: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(deserialize_with = "one")]
        inner: Inner,
        #[serde(default, deserialize_with = "perhaps")]
        maybe: Option<Inner>,
        #[serde(deserialize_with = "list")]
        many: Vec<Inner>,
    }

    #[test]
    fn a_list_of_values_is_not_taken_for_the_fields_of_an_object() {
        let good = r#"{"inner":{"name":"a"},"maybe":{"name":"b"},"many":[{"name":"c"}]}"#;
        assert_eq!(read::<Outer>(good).unwrap().many.len(), 1);
        let absent = r#"{"inner":{"name":"a"},"maybe":null,"many":[]}"#;
        assert_eq!(read::<Outer>(absent).unwrap().maybe, None);
        for object in [r#"{"name":"a"}"#, r#"{"name":"b"}"#, r#"{"name":"c"}"#] {
            for other in [r#"["a"]"#, "7", "\"a\""] {
                let wrong = good.replacen(object, other, 1);
                let error = read::<Outer>(&wrong).unwrap_err().to_string();
                assert!(error.contains("a JSON object"), "{wrong}: {error}");
            }
        }
        let list = r#"[{"name":"a"},null,[]]"#;
        assert!(read::<Outer>(list).is_err());
        assert!(read_bytes::<Outer>(list.as_bytes()).is_err());
        assert!(read_bytes::<Outer>(b"{\"\xff\":1}").is_err());
    }
}
