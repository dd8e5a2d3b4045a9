//! The options of commands that write to a notary.

use std::path::PathBuf;

/// Which notary, and what it must be.
#[derive(Debug, clap::Args)]
pub struct Contact {
    /// The notary's address: https, or http on this machine; or the name that it has since `assay
    /// login`. Without it, the notary of the last login.
    #[arg(long, env = "ASSAY_NOTARY", value_name = "URL|NAME")]
    pub notary: Option<String>,
    /// Accept the notary only with this trust root fingerprint (64 hexadecimal digits).
    #[arg(long, env = "ASSAY_FINGERPRINT", value_name = "HEX")]
    pub fingerprint: Option<String>,
    /// File with the token that the notary asks of those who write; ASSAY_NOTARY_TOKEN holds one too.
    /// Without them, the one that `assay login` kept for this notary.
    #[arg(long, env = "ASSAY_NOTARY_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// The private key.
#[derive(Debug, clap::Args)]
pub struct PrivateKey {
    /// Private key to sign with (ECDSA P-256, PEM); without it one of your own, made on first use.
    #[arg(long, env = "ASSAY_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
}
