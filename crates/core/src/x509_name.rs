//! Names in certificates, as text.
//!
//! `x509-cert` can do that too, with a table of every attribute there is; it would be a fiftieth of
//! the extension's code.

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Tag, Tagged};
use x509_cert::name::Name;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// The name with its most specific part first, as in RFC 4514 but for people: nothing is escaped,
/// and only common names and organizations go by their short names.
pub(crate) fn text(name: &Name) -> String {
    let parts = name.0.iter().rev().flat_map(|part| part.0.iter());
    let parts: Vec<String> = parts.map(attribute).collect();
    match parts.is_empty() {
        true => "no name".to_owned(),
        false => parts.join(","),
    }
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let bytes = attribute.value.value();
    let text = match attribute.value.tag() {
        // All three are UTF-8 as far as they are used rightly.
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    let value = text.map_or_else(|| hex::encode(bytes), str::to_owned);
    match attribute.oid {
        COMMON_NAME => format!("CN={value}"),
        ORGANIZATION => format!("O={value}"),
        other => format!("{other}={value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn a_name_is_shown_as_it_is_written_elsewhere() {
        let name = |text: &str| super::text(&Name::from_str(text).expect("a name"));
        assert_eq!(
            name("CN=sigstore,O=sigstore.dev"),
            "CN=sigstore,O=sigstore.dev"
        );
        assert_eq!(name("OU=müller,C=DE"), "2.5.4.11=müller,2.5.4.6=DE");
        assert_eq!(name("CN=#0403010203"), "CN=010203");
        assert_eq!(text(&Name::default()), "no name");
    }
}
