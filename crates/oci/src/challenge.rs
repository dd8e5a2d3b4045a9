//! How a registry says what it wants to see first: the header `WWW-Authenticate` (RFC 9110, section
//! 11.6.1).

/// The longest header that is read.
const MAX_LENGTH: usize = 8 * 1024;

/// What a registry wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// A name and a password (RFC 7617).
    Basic,
    /// A token from somewhere else (the distribution project's token authentication).
    Bearer {
        /// Where tokens are had.
        realm: String,
        /// For whom.
        service: Option<String>,
        /// For what.
        scope: Option<String>,
    },
}

impl Challenge {
    /// The one among several that leads on: a token before a password.
    pub fn read(header: &str) -> Option<Self> {
        if header.len() > MAX_LENGTH {
            return None;
        }
        let mut basic = None;
        for (scheme, parameters) in challenges(header) {
            let parameter = |name: &str| {
                let mut all = parameters.iter();
                let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone())
            };
            if scheme.eq_ignore_ascii_case("bearer") {
                if let Some(realm) = parameter("realm") {
                    return Some(Self::Bearer {
                        realm,
                        service: parameter("service"),
                        scope: parameter("scope"),
                    });
                }
            } else if scheme.eq_ignore_ascii_case("basic") {
                basic = Some(Self::Basic);
            }
        }
        basic
    }
}

type Parameters = Vec<(String, String)>;

fn challenges(header: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = Vec::new();
    for part in split(header) {
        // A scheme stands before its first parameter.
        let (word, rest) = match part.split_once(|c: char| c.is_ascii_whitespace()) {
            Some((scheme, rest)) if !scheme.contains('=') => (Some(scheme), rest.trim()),
            _ if !part.contains('=') => (Some(part), ""),
            _ => (None, part),
        };
        if let Some(scheme) = word {
            found.push((scheme.to_owned(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((name, value))) =
            (found.last_mut(), rest.split_once('='))
        {
            parameters.push((name.trim().to_owned(), unquoted(value.trim())));
        }
    }
    found
}

/// The parts between commas that stand in no quotes.
fn split(header: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, c) in header.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                parts.push(header.get(start..place).unwrap_or_default());
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(header.get(start..).unwrap_or_default());
    let parts = parts.into_iter().map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

fn unquoted(value: &str) -> String {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let Some(inner) = inner else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => text.extend(characters.next()),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        })
    }

    #[test]
    fn the_usual_forms_are_read() {
        let docker = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        assert_eq!(
            Challenge::read(docker),
            bearer(
                "https://auth.docker.io/token",
                Some("registry.docker.io"),
                Some("repository:a/b:pull,push")
            )
        );
        assert_eq!(Challenge::read("bearer realm=x"), bearer("x", None, None));
        assert_eq!(
            Challenge::read(r#"Basic realm="a, b=c""#),
            Some(Challenge::Basic)
        );
        assert_eq!(Challenge::read("Basic"), Some(Challenge::Basic));
        let both = r#"Basic realm="a", Bearer realm="b" , service=c"#;
        assert_eq!(Challenge::read(both), bearer("b", Some("c"), None));
        let escaped = r#"Bearer realm="a\"b\\c""#;
        assert_eq!(Challenge::read(escaped), bearer("a\"b\\c", None, None));
    }

    #[test]
    fn anything_else_is_no_challenge() {
        for other in [
            "",
            ",",
            "Digest realm=x",
            "Bearer",
            "Bearer service=x",
            "realm=x",
            "\"",
            "=",
        ] {
            assert_eq!(Challenge::read(other), None, "{other}");
        }
        let long = format!("Bearer realm=\"{}\"", "x".repeat(MAX_LENGTH));
        assert_eq!(Challenge::read(&long), None);
    }
}
