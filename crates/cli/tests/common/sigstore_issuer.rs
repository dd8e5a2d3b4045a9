//! The issuer of identities of the stand-in for Sigstore: people who log in, and machines.

use super::{Reply, Request, State, Twist, fields, now};
use assay_test_authority::key::{Curve, Key};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

fn issuer_key(address: &str) -> Key {
    Key::new(Curve::Ed25519, &format!("{address} issuer"))
}

/// A token of this issuer with these claims beside the usual ones.
pub fn token(address: &str, more: &Value) -> String {
    let mut claims = json!({
        "iss": address, "aud": "sigstore", "iat": now(), "exp": now() + 600,
    });
    let claims_map = claims.as_object_mut().unwrap();
    claims_map.extend(more.as_object().unwrap().clone());
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": "EdDSA" })), encode(&claims));
    let signature = issuer_key(address).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a token that this issuer signed.
pub fn verified_claims(address: &str, token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let expected = issuer_key(address).sign(signed.as_bytes());
    if URL_SAFE_NO_PAD.decode(signature).ok()? != expected {
        return None;
    }
    let (_, claims) = signed.split_once('.')?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    (claims["exp"].as_u64()? > now() && claims["aud"] == "sigstore").then_some(claims)
}

/// A person who is known logs in at once.
pub fn login(state: &mut State, request: &Request) -> Reply {
    let field = |name: &str| request.query.get(name).cloned().unwrap_or_default();
    assert_eq!(field("theme"), "plain");
    assert_eq!(field("response_type"), "code");
    assert_eq!(field("client_id"), "sigstore");
    assert_eq!(field("code_challenge_method"), "S256");
    assert!(field("scope").split(' ').any(|scope| scope == "openid"));
    let code = format!("code/{}", state.logins.len());
    state.logins.insert(code.clone(), request.query.clone());
    let (redirect, given) = (field("redirect_uri"), field("state"));
    let back = match state.twist {
        Some(Twist::Refuses) => format!("{redirect}?error=access_denied&state={given}"),
        _ => format!("{redirect}?code={}&state={given}", code.replace('/', "%2F")),
    };
    Reply(302, format!("Location: {back}\r\n"), Vec::new())
}

pub fn exchange(state: &mut State, request: &Request) -> Reply {
    let form = fields(&String::from_utf8_lossy(&request.body));
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let Some(login) = state.logins.remove(&field("code")) else {
        return Reply::refusal("no such code");
    };
    let challenge = assay_core::digest::Sha256Digest::of(field("code_verifier").as_bytes());
    let is_right = field("grant_type") == "authorization_code"
        && field("redirect_uri") == login["redirect_uri"]
        && field("client_id") == "sigstore"
        && URL_SAFE_NO_PAD.encode(challenge.as_bytes()) == login["code_challenge"];
    if !is_right {
        return Reply::refusal("not the one who logged in");
    }
    let nonce = match state.twist {
        Some(Twist::OtherNonce) => "another",
        _ => &login["nonce"],
    };
    let token = token(
        &state.address,
        &json!({
            "sub": "the subject", "email": "alice@example.org", "email_verified": true,
            "nonce": nonce,
        }),
    );
    Reply::json(&json!({ "id_token": token, "access_token": "of no use" }))
}

/// As GitHub gives tokens to jobs.
pub fn github(state: &State, request: &Request) -> Reply {
    let known = request.query.get("job").map(String::as_str) == Some("7");
    if !known || request.authorization != "Bearer the-token-of-the-job" {
        return Reply(401, String::new(), b"{}".to_vec());
    }
    let audience = &request.query["audience"];
    let token = token(
        &state.address,
        &json!({
            "sub": "spiffe://example.org/job", "aud": audience,
            "repository_visibility": "public",
        }),
    );
    Reply::json(&json!({ "value": token }))
}

/// Where Google's metadata server has the identity of a machine:
/// <https://docs.cloud.google.com/compute/docs/instances/verifying-instance-identity>
pub const GOOGLE_IDENTITY: &str = "/computeMetadata/v1/instance/service-accounts/default/identity";

/// The metadata server of a machine at Google Cloud. As the real one it answers in plain text, says who
/// the account is only in the full format, and refuses whoever lacks its header.
pub fn google(state: &State, request: &Request) -> Reply {
    if request.metadata_flavor != "Google" {
        return Reply(
            403,
            String::new(),
            b"Missing Metadata-Flavor:Google header.".to_vec(),
        );
    }
    let mut claims = json!({ "sub": "104567890123456789012", "aud": request.query["audience"] });
    if request.query.get("format").map(String::as_str) == Some("full") {
        claims["email"] = json!("builder@project.iam.gserviceaccount.com");
        claims["email_verified"] = json!(true);
    }
    Reply(
        200,
        String::new(),
        token(&state.address, &claims).into_bytes(),
    )
}
