//! The encoding of queries and forms (RFC 3986, section 2.1).

use assay_core::address::encode;

/// Names and values as a query or a form.
pub fn of(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    fields.join("&")
}

/// The value of a field, if it is there exactly once, and is text.
pub fn field(query: &str, name: &str) -> Option<String> {
    let mut found = query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    });
    match (found.next(), found.next()) {
        (Some(value), None) => decoded(value),
        _ => None,
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [bytes.next()?, bytes.next()?];
                let pair = std::str::from_utf8(&pair).ok()?;
                u8::from_str_radix(pair, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let text = "a b&c=d+é%/?";
        let query = of(&[("x", "1"), ("y", text)]);
        assert_eq!(query, "x=1&y=a%20b%26c%3Dd%2B%C3%A9%25%2F%3F");
        assert_eq!(field(&query, "y").as_deref(), Some(text));
        assert_eq!(field("a=1+2", "a").as_deref(), Some("1 2"));
    }

    #[test]
    fn what_is_there_twice_or_broken_is_not_there() {
        for query in ["a=1&a=2", "a=%", "a=%2", "a=%zz", "a=%ff", "b=1", ""] {
            assert_eq!(field(query, "a"), None, "{query}");
        }
    }
}
