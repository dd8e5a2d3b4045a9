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
    #[arg(
        long,
        env = "ASSAY_NOTARY_TOKEN_FILE",
        value_name = "FILE",
        allow_hyphen_values = true
    )]
    pub token_file: Option<PathBuf>,
}

/// The private key. Where a secret is given in place of its file, even one that begins with a hyphen,
/// the error is this program's own, which does not repeat it.
#[derive(Debug, clap::Args)]
pub struct PrivateKey {
    /// Private key to sign with (ECDSA P-256, PEM; - reads standard input); ASSAY_PRIVATE_KEY holds
    /// one too. Without either one of your own, made on first use.
    #[arg(
        long,
        env = "ASSAY_KEY",
        value_name = "FILE",
        allow_hyphen_values = true
    )]
    pub key: Option<PathBuf>,
    /// File with the key's passphrase (- reads standard input); ASSAY_PASSPHRASE holds one too.
    #[arg(
        long,
        env = "ASSAY_PASSPHRASE_FILE",
        value_name = "FILE",
        allow_hyphen_values = true
    )]
    pub passphrase_file: Option<PathBuf>,
    /// If a key has to be made, make one without a passphrase: whoever can read its file can sign.
    #[arg(
        long,
        env = "ASSAY_NO_PASSPHRASE",
        value_parser = clap::builder::FalseyValueParser::new(),
        conflicts_with = "passphrase_file"
    )]
    pub no_passphrase: bool,
}
