//! What `docker save` writes of its own: a list of images by their configurations, which it did before
//! there were layouts, and still does beside one.

use crate::error::OciError;
use crate::layout::{Layout, is_same_name};
use crate::registry::same;
use crate::{digest, one_reading};
use assay_core::digest::Sha256Digest;
use serde::Deserialize;

/// One image, as `docker save` lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SavedImage {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Configuration {
    pub rootfs: RootFs,
}

#[derive(Deserialize)]
pub(crate) struct RootFs {
    pub diff_ids: Vec<String>,
}

impl Layout {
    /// What `docker save` lists, if it made this.
    pub(crate) fn saved_image(&self, tag: Option<&str>) -> Result<Option<SavedImage>, OciError> {
        let Some(bytes) = self.small("manifest.json")? else {
            return Ok(None);
        };
        let mut listed: Vec<SavedImage> = serde_json::from_slice(&bytes)
            .map_err(|error| self.wrong(&format!("its manifest.json cannot be read: {error}")))?;
        one_reading::check(&bytes, one_reading::OF_SAVED).map_err(|problem| {
            self.wrong(&format!(
                "programs read its manifest.json differently: {problem}"
            ))
        })?;
        let is_meant = |one: &SavedImage| match tag {
            None => true,
            Some(tag) => one.repo_tags.iter().flatten().any(|name| {
                let end = name.rsplit_once(':').map(|(_, end)| end);
                end == Some(tag) || is_same_name(name, tag)
            }),
        };
        let names: Vec<String> = listed
            .iter()
            .flat_map(|one| one.repo_tags.clone().unwrap_or_default())
            .collect();
        listed.retain(is_meant);
        match <[_; 1]>::try_from(listed) {
            Ok([one]) => Ok(Some(one)),
            Err(_) => Err(self.choice("not exactly one such image: name one as PATH:TAG", &names)),
        }
    }

    /// The digest of its configuration, whose layers lie there as it names them.
    pub(crate) fn check_saved(&self, image: &SavedImage) -> Result<Sha256Digest, OciError> {
        let missing = |name: &str| self.wrong(&format!("{name} is not in it"));
        let config = self
            .small(&image.config)?
            .ok_or_else(|| missing(&image.config))?;
        let read: Configuration = serde_json::from_slice(&config)
            .map_err(|error| self.wrong(&format!("{}: {error}", image.config)))?;
        if read.rootfs.diff_ids.len() != image.layers.len() {
            return Err(self.wrong("it has other layers than its configuration names"));
        }
        for (name, expected) in image.layers.iter().zip(&read.rootfs.diff_ids) {
            let expected = digest::parse(expected)
                .ok_or_else(|| self.wrong("a layer's digest is none of SHA-256"))?;
            let found = self.hash(name)?.ok_or_else(|| missing(name))?;
            same(&format!("{}: {name}", self.what), expected, found)?;
        }
        Ok(Sha256Digest::of(&config))
    }
}
