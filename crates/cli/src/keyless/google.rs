//! Identity tokens of machines at Google Cloud (Compute Engine, GKE, Cloud Run, Cloud Build), which their
//! metadata server gives to whatever runs there:
//! <https://docs.cloud.google.com/compute/docs/instances/verifying-instance-identity>

use super::ambient::no_token;
use crate::client::Client;
use crate::error::CliError;
use crate::output;
use crate::secret::Secret;
use assay_core::address::encode;
use assay_core::evidence::Failure;
use std::path::Path;
use std::time::Duration;

const PROVIDER: &str = "Google Cloud";
/// Where the machine says who made it.
const PRODUCT: &str = "/sys/class/dmi/id/product_name";
/// What it says there at Google Cloud.
const PRODUCTS: [&str; 2] = ["Google", "Google Compute Engine"];
/// The metadata server, unless the variable names another, as it does for Google's own libraries.
const SERVER: &str = "metadata.google.internal";
const SERVER_VARIABLE: &str = "GCE_METADATA_HOST";
/// With "true", this is not taken for a machine of Google's, as by Google's own libraries.
const OFF_VARIABLE: &str = "NO_GCE_CHECK";
/// It is on the machine's own host: whoever waits longer waits for nobody.
const TIME_LIMIT: Duration = Duration::from_secs(10);
const SIZE_LIMIT: usize = 64 * 1024;

/// The token of the machine's service account; `None` where this is no machine of Google's, or has no
/// such account, so that somebody can log in.
///
/// # Errors
/// When the server that the environment names gives none.
pub fn token(client: &Client, audience: &str) -> Result<Option<Secret>, CliError> {
    if std::env::var_os(OFF_VARIABLE).is_some_and(|value| value == "true") {
        return Ok(None);
    }
    if let Some(server) = std::env::var_os(SERVER_VARIABLE).filter(|server| !server.is_empty()) {
        let server = server.to_str().filter(|server| is_host(server));
        let server = server.ok_or_else(|| {
            CliError::Secret(format!(
                "{SERVER_VARIABLE} holds no host, with or without a port"
            ))
        })?;
        return ask(client, server, audience)
            .map(Some)
            .map_err(|failure| no_token(PROVIDER, failure));
    }
    if !is_of_google(Path::new(PRODUCT)) {
        return Ok(None);
    }
    match ask(client, SERVER, audience) {
        Ok(token) => Ok(Some(token)),
        // Not every machine may have one.
        Err(failure) => {
            output::note(&no_token(PROVIDER, failure).to_string());
            Ok(None)
        }
    }
}

fn is_of_google(product: &Path) -> bool {
    let name = std::fs::read_to_string(product).unwrap_or_default();
    PRODUCTS.contains(&name.trim())
}

fn is_host(server: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    server.chars().all(is_part)
}

fn ask(client: &Client, server: &str, audience: &str) -> Result<Secret, Failure> {
    // With 'full', the token says the account's e-mail address, which becomes the name.
    let url = format!(
        "http://{server}/computeMetadata/v1/instance/service-accounts/default/identity\
         ?audience={}&format=full",
        encode(audience)
    );
    let header = ("Metadata-Flavor", "Google");
    let response = client.get_with(&url, header, TIME_LIMIT, SIZE_LIMIT)?;
    if response.status != 200 {
        let status = response.status;
        return Err(Failure::Status { status });
    }
    let text = String::from_utf8(response.body);
    text.map(Secret::new).map_err(|_| Failure::Malformed {
        detail: "no token in it".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_googles_by_its_product_name() {
        let folder = tempfile::tempdir().unwrap();
        let product = folder.path().join("product_name");
        assert!(!is_of_google(&product));
        for (name, expected) in [
            ("Google Compute Engine\n", true),
            ("Google\n", true),
            ("Googlebook\n", false),
            ("Standard PC\n", false),
        ] {
            std::fs::write(&product, name).unwrap();
            assert_eq!(is_of_google(&product), expected, "{name}");
        }
    }

    #[test]
    fn nothing_but_a_host_becomes_one() {
        assert!(
            ["metadata", "127.0.0.1:8080", "[fd20:ce::254]"]
                .into_iter()
                .all(is_host)
        );
        assert!(
            !["a/b", "a@b", "a?b", "a b", "a\nb"]
                .into_iter()
                .any(is_host)
        );
    }
}
