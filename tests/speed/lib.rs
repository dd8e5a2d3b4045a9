//! Proves many bundles, one after the other, as a source's answers are proven.

use assay_core::digest::Sha256Digest;
use assay_core::proof::Prover;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use serde::Deserialize;

/// Bundles to prove, as they are handed from one program to another.
#[derive(Debug, Deserialize)]
pub struct Load {
    /// The `trusted_root.json`.
    pub trusted_root: String,
    /// Each with the digest of its file.
    pub bundles: Vec<Item>,
}

/// A bundle and its file.
#[derive(Debug, Deserialize)]
pub struct Item {
    /// Sigstore bundle JSON.
    pub bundle: String,
    /// The file's digest.
    pub sha256: Sha256Digest,
}

/// A load that was read, and the prover for it: what a program has once, not once a bundle.
pub struct Ready {
    prover: Prover,
    bundles: Vec<Item>,
}

/// Reads a load.
///
/// # Errors
/// What is wrong with it.
pub fn ready(load: &str) -> Result<Ready, String> {
    let load: Load = serde_json::from_str(load).map_err(|error| error.to_string())?;
    let root = TrustRoot::parse(RootId::sigstore(), &load.trusted_root)
        .map_err(|error| error.to_string())?;
    let prover = Prover::new(root).map_err(|error| error.to_string())?;
    Ok(Ready {
        prover,
        bundles: load.bundles,
    })
}

impl Ready {
    /// Proves all bundles.
    ///
    /// # Errors
    /// The first refusal: then nothing was measured.
    pub fn prove(&self) -> Result<usize, String> {
        for item in &self.bundles {
            self.prover
                .prove(&item.bundle, item.sha256)
                .map_err(|error| error.to_string())?;
        }
        Ok(self.bundles.len())
    }
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use wasm_bindgen::prelude::*;

    /// The same for a page: reads the load first, then proves all of it when asked.
    #[wasm_bindgen]
    pub struct Proving(super::Ready);

    #[wasm_bindgen]
    impl Proving {
        /// Reads a load.
        #[wasm_bindgen(constructor)]
        pub fn new(load: &str) -> Result<Proving, JsError> {
            super::ready(load)
                .map(Self)
                .map_err(|error| JsError::new(&error))
        }

        /// Proves all bundles, and says how many they are.
        pub fn prove(&self) -> Result<usize, JsError> {
            self.0.prove().map_err(|error| JsError::new(&error))
        }
    }
}
