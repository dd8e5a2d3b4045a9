//! Objects in JSON, read field by field.
//!
//! For what is looked at once, and of which only a part matters: a type for it would be more code,
//! and whatever else is in it would take memory.

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// More fields than this has nothing that is read in this way.
const MOST: usize = 32;

/// The fields of an object, each of its own name, with their values in JSON.
pub struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// When it is none, has a field twice, or more than 32.
    pub fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// A field's value in JSON. In Protobuf's JSON `null` is an absent field, and so it is here.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.get()).filter(|value| *value != "null")
    }

    /// A field that is an object.
    pub fn object(&self, name: &str) -> Option<Self> {
        Self::read(self.get(name)?).ok()
    }

    /// A field that is a text.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// A field that is a whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// The values of all fields, in JSON.
    pub fn values(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|(_, value)| value.get())
    }
}

/// Looks at the objects of a list one after the other, however many there are: none is kept.
///
/// # Errors
/// When it is no list, or an element is no object that [`Fields::read`] reads.
pub fn each<'a>(json: &'a str, look: &mut dyn FnMut(Fields<'a>)) -> Result<(), serde_json::Error> {
    struct List<'f, 'a>(&'f mut dyn FnMut(Fields<'a>));
    impl<'a> Visitor<'a> for List<'_, 'a> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
            while let Some(fields) = list.next_element()? {
                (self.0)(fields);
            }
            Ok(())
        }
    }
    serde_json::Deserializer::from_str(json).deserialize_seq(List(look))
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

    #[test]
    fn fields_are_read_as_what_they_are() {
        let json = r#"{"text":"a\u0062","number":7,"object":{"inner":1},"null":null,"list":[1]}"#;
        let fields = Fields::read(json).unwrap();
        assert_eq!(fields.text("text").as_deref(), Some("ab"));
        assert_eq!(fields.number("number"), Some(7));
        let inner = fields.object("object").unwrap();
        assert_eq!(inner.values().collect::<Vec<_>>(), ["1"]);
        assert_eq!(fields.get("list"), Some("[1]"));
        assert_eq!(fields.values().count(), 5);
        for absent in ["null", "other"] {
            assert_eq!(fields.get(absent), None);
        }
        assert_eq!(fields.text("number"), None);
        assert_eq!(fields.number("text"), None);
        assert!(fields.object("list").is_none());
        let mut texts = Vec::new();
        let list = r#"[{"text":"a"},{},{"text":"b"}]"#;
        each(list, &mut |one| texts.push(one.text("text"))).unwrap();
        assert_eq!(texts, [Some("a".into()), None, Some("b".into())]);
        for wrong in ["{}", "", "[", "[1]", r#"[{"a":1,"a":1}]"#] {
            assert!(each(wrong, &mut |_| {}).is_err(), "{wrong}");
        }
        let wrong = Fields::read("[]").err().map(|error| error.to_string());
        assert!(wrong.is_some_and(|words| words.contains("an object")));
    }
}
