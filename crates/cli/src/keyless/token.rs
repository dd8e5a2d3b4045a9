//! An identity token (OpenID Connect Core 1.0, section 2): somebody's word, in their signature, for
//! who runs this program. The certificate authority verifies it; here it is read to know what will
//! be in the certificate.

use crate::error::CliError;
use crate::roots::now;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// An identity token.
pub struct IdentityToken {
    text: Secret,
    claims: Value,
}

/// Whom a certificate has to name, and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The name, whole.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
}

const GITHUB: &str = "https://token.actions.githubusercontent.com";

impl IdentityToken {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or has expired.
    pub fn parse(text: &Secret) -> Result<Self, CliError> {
        let text = text.trimmed();
        let claims = claims(text.expose()).ok_or_else(|| {
            CliError::Secret(
                "what was given as an identity token is none: it has to be a JSON Web Token, three \
                 words with dots between them"
                    .into(),
            )
        })?;
        let token = Self { text, claims };
        for name in ["iss", "sub"] {
            if token.claim(name).is_none() {
                return Err(CliError::Secret(format!(
                    "the identity token does not say who issued it for whom: it has no {name:?}"
                )));
            }
        }
        if token.number("exp").is_some_and(|expiry| expiry <= now()) {
            return Err(CliError::Secret(
                "the identity token has expired: get a new one".into(),
            ));
        }
        Ok(token)
    }

    /// The token itself.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    /// What is signed to prove that whoever has the token has the key: a verified e-mail address, or
    /// else the subject.
    pub fn proven_subject(&self) -> &str {
        self.email()
            .or_else(|| self.claim("sub"))
            .unwrap_or_default()
    }

    /// What the certificate has to say of the holder, by what Fulcio makes of the claims of the issuers
    /// that it knows. Of others it is the subject.
    pub fn expected(&self) -> Expected {
        let issuer = self
            .claims
            .pointer("/federated_claims/connector_id")
            .and_then(Value::as_str)
            .or_else(|| self.claim("iss"))
            .unwrap_or_default();
        let named = |claim: &str, before: &str| Some(format!("{before}{}", self.claim(claim)?));
        let workflow = match issuer == GITHUB {
            true => named("job_workflow_ref", "https://github.com/"),
            false => named("ci_config_ref_uri", "https://"),
        };
        let pipeline = || {
            let (organization, name) = (
                self.claim("organization_slug")?,
                self.claim("pipeline_slug")?,
            );
            Some(format!("https://buildkite.com/{organization}/{name}"))
        };
        Expected {
            subject: workflow
                .or_else(pipeline)
                .unwrap_or_else(|| self.proven_subject().to_owned()),
            issuer: issuer.to_owned(),
        }
    }

    /// Whether it names a machine, of a project that everybody can see anyway.
    pub fn is_public_machine(&self) -> bool {
        let visibility = self
            .claim("repository_visibility")
            .or_else(|| self.claim("project_visibility"));
        self.email().is_none() && visibility == Some("public")
    }

    /// A claim that is a text.
    pub fn claim(&self, name: &str) -> Option<&str> {
        let value = self.claims.get(name)?.as_str()?;
        (!value.is_empty()).then_some(value)
    }

    /// Whether it is made out for this audience.
    pub fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one == audience),
            _ => false,
        }
    }

    fn email(&self) -> Option<&str> {
        // Some issuers write it as a text.
        let verified = match self.claims.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(verified)) => verified == "true",
            _ => false,
        };
        self.claim("email").filter(|_| verified)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }
}

impl Expected {
    /// In words.
    pub fn words(&self) -> String {
        format!("{}, vouched for by {}", self.subject, self.issuer)
    }
}

/// Whether a text looks like a token, so that it must not be repeated.
pub fn looks_like_one(text: &str) -> bool {
    claims(text.trim()).is_some()
}

fn claims(text: &str) -> Option<Value> {
    let mut parts = text.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.is_object().then_some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(claims: &Value) -> Result<IdentityToken, CliError> {
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        IdentityToken::parse(&Secret::new(format!("e30.{payload}.c2ln\n")))
    }

    fn expected(claims: Value) -> (String, String) {
        let Expected { subject, issuer } = token(&claims).unwrap().expected();
        (subject, issuer)
    }

    #[test]
    fn what_the_certificate_will_say_follows_from_the_claims() {
        let of = |subject: &str, issuer: &str| (subject.to_owned(), issuer.to_owned());
        let person = json!({
            "iss": "https://oauth2.sigstore.dev/auth", "sub": "CgVhbGljZQ",
            "email": "alice@example.org", "email_verified": true,
            "federated_claims": { "connector_id": "https://accounts.google.com" },
        });
        let google = of("alice@example.org", "https://accounts.google.com");
        assert_eq!(expected(person), google);
        let workflow = json!({
            "iss": GITHUB, "sub": "repo:a/b:ref:refs/heads/main",
            "job_workflow_ref": "a/b/.github/workflows/r.yml@refs/heads/main",
        });
        let name = "https://github.com/a/b/.github/workflows/r.yml@refs/heads/main";
        assert_eq!(expected(workflow), of(name, GITHUB));
        let gitlab = json!({
            "iss": "https://gitlab.com", "sub": "project_path:a/b",
            "ci_config_ref_uri": "gitlab.com/a/b//.gitlab-ci.yml@refs/heads/main",
        });
        let name = "https://gitlab.com/a/b//.gitlab-ci.yml@refs/heads/main";
        assert_eq!(expected(gitlab), of(name, "https://gitlab.com"));
        let other = json!({ "iss": "https://i.example", "sub": "spiffe://x/y" });
        assert_eq!(expected(other), of("spiffe://x/y", "https://i.example"));
    }

    #[test]
    fn an_address_that_nobody_verified_is_no_name() {
        for verified in [json!(false), json!("false"), json!(1), json!(null)] {
            let claims = json!({
                "iss": "https://i.example", "sub": "s", "email": "a@b.example",
                "email_verified": verified,
            });
            assert_eq!(token(&claims).unwrap().proven_subject(), "s");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_repeated() {
        for wrong in ["", "secret-words", "a.b.c", "e30.e30", "e30.e30.e30.e30"] {
            let error = IdentityToken::parse(&Secret::new(wrong.into()))
                .err()
                .unwrap();
            let error = error.to_string();
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
        assert!(token(&json!({ "iss": "https://i.example" })).is_err());
        let over = json!({ "iss": "https://i.example", "sub": "s", "exp": 1 });
        assert!(token(&over).is_err());
    }

    #[test]
    fn only_what_says_that_it_is_public_is_a_public_machine() {
        let machine = |more: Value| {
            let mut claims = json!({ "iss": GITHUB, "sub": "s" });
            claims
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            token(&claims).unwrap().is_public_machine()
        };
        assert!(machine(json!({ "repository_visibility": "public" })));
        assert!(machine(json!({ "project_visibility": "public" })));
        assert!(!machine(json!({ "repository_visibility": "private" })));
        assert!(!machine(json!({})));
        let person = json!({
            "repository_visibility": "public", "email": "a@b.example", "email_verified": true,
        });
        assert!(!machine(person));
    }
}
