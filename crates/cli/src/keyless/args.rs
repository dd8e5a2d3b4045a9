//! The options of signing without a key of one's own.

use std::path::PathBuf;

/// How to sign without a key of one's own.
#[derive(Debug, clap::Args)]
pub struct KeylessArgs {
    /// Sign with a name instead of a key: Sigstore, or the deployment of --signing-config, certifies
    /// it for a key that is thrown away.
    #[arg(
        long,
        conflicts_with_all = ["key", "notary", "offline"]
    )]
    pub keyless: bool,
    /// File with an OIDC identity token (- reads standard input); ASSAY_IDENTITY_TOKEN holds one too.
    /// Without either the CI provider or the cloud is asked for one, or you log in with a browser.
    #[arg(
        long,
        env = "ASSAY_IDENTITY_TOKEN_FILE",
        value_name = "FILE",
        allow_hyphen_values = true
    )]
    pub identity_token: Option<PathBuf>,
    /// The services of another deployment (Sigstore's SigningConfig v0.2, JSON).
    #[arg(long, value_name = "FILE")]
    pub signing_config: Option<PathBuf>,
    /// What that deployment's answers are proven against (trusted_root.json).
    #[arg(long, value_name = "FILE")]
    pub trusted_root: Option<PathBuf>,
    /// For whom the identity token is made out: its audience, and the client of a login.
    #[arg(long, value_name = "ID", default_value = "sigstore")]
    pub oidc_client_id: String,
    /// The name that the certificate must have, where the token does not say it.
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
    /// Agree to the log holding the signer's name for everybody to read, for ever.
    #[arg(long)]
    pub yes: bool,
}
