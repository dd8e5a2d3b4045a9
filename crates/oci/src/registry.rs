//! A registry (OCI distribution specification 1.1): reading.

use crate::attached::{self, Found};
use crate::challenge::Challenge;
use crate::credentials::Credentials;
use crate::error::OciError;
use crate::image::Image;
use crate::manifest::{ACCEPT, Content, Descriptor, MAX_MANIFEST_BYTES, Manifest, Platform};
use crate::origin::Origin;
use crate::reference::{Named, Reference};
use crate::referrers;
use crate::store::{Referrers, Store};
use crate::token;
use crate::transport::{Answer, Asked, Transport};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How registries are asked.
#[derive(Debug)]
pub struct Options<'a> {
    /// Authorities that are trusted beside those of this system: where they were read, and PEM.
    pub authority: Option<(&'a str, &'a [u8])>,
    /// Whom to be.
    pub credentials: Credentials,
}

/// Asks registries, and remembers what let it in.
pub struct Registry {
    transport: Transport,
    credentials: Credentials,
    /// The header `Authorization` by registry, repository and actions.
    let_in: Mutex<HashMap<Door, String>>,
    /// Where the registries on this machine answer.
    here: Mutex<HashMap<String, String>>,
}

type Door = (String, String, &'static str);

/// What is done in a repository.
pub(crate) const PULL: &str = "pull";
pub(crate) const PUSH: &str = "pull,push";

/// A request about a repository.
pub(crate) struct Request<'a> {
    pub method: &'static str,
    pub url: String,
    pub accept: &'a str,
    pub body: Option<(&'a str, &'a [u8])>,
    pub limit: usize,
    /// What is asked for, for people.
    pub what: &'a str,
    /// [`PULL`] or [`PUSH`].
    pub actions: &'static str,
}

impl Request<'_> {
    /// Whether the registry wants to see who asks. What another host says, to which it led, is not
    /// heard: it would name the place to which the registry's password is to be sent.
    fn is_asked_for_more(&self, answer: &Answer) -> bool {
        answer.status == 401 && Origin::of(&answer.url) == Origin::of(&self.url)
    }
}

impl Registry {
    /// # Errors
    /// When there is no certificate among the authorities.
    pub fn new(options: Options<'_>) -> Result<Self, OciError> {
        Ok(Self {
            transport: Transport::new(options.authority)?,
            credentials: options.credentials,
            let_in: Mutex::default(),
            here: Mutex::default(),
        })
    }

    /// What a reference names: by the digest of the manifest's or index's bytes. With a platform, the
    /// image for it.
    ///
    /// # Errors
    /// When the registry does not have it, gives no usable answer, or answers with other bytes.
    pub fn image(
        &self,
        reference: &Reference,
        platform: Option<&Platform>,
    ) -> Result<Image, OciError> {
        let manifest = self.manifest(reference)?;
        Image::chosen(
            self.at(reference),
            manifest,
            platform,
            &reference.to_string(),
        )
    }

    /// The signatures that are attached to an image of a repository.
    ///
    /// # Errors
    /// When it cannot be found out what is attached.
    pub fn attached(
        &self,
        reference: &Reference,
        digest: &Sha256Digest,
    ) -> Result<Found, OciError> {
        attached::to(&self.at(reference), digest)
    }

    /// A repository of it.
    pub(crate) fn at<'a>(&'a self, reference: &'a Reference) -> Repository<'a> {
        Repository {
            registry: self,
            reference,
        }
    }

    pub(crate) fn manifest(&self, reference: &Reference) -> Result<Manifest, OciError> {
        self.manifest_and_bytes(reference)
            .map(|(manifest, _)| manifest)
    }

    /// A manifest, and its bytes, in which more may stand than is read of it.
    pub(crate) fn manifest_and_bytes(
        &self,
        reference: &Reference,
    ) -> Result<(Manifest, Vec<u8>), OciError> {
        let what = reference.to_string();
        let answer = self.send(
            reference,
            &Request {
                method: "GET",
                url: self.address(reference, "manifests", &reference.named.text()),
                accept: ACCEPT,
                body: None,
                limit: MAX_MANIFEST_BYTES,
                what: &what,
                actions: PULL,
            },
        )?;
        let answer = found(reference, &what, answer)?;
        let manifest = Manifest::read(&what, &answer.body)?;
        match reference.named {
            Named::Digest(expected) => same(&what, expected, manifest.digest)?,
            Named::Tag(_) => {}
        }
        Ok((manifest, answer.body))
    }

    /// Sends a request; once more, with what the registry asks for, where it asks for it.
    pub(crate) fn send(
        &self,
        reference: &Reference,
        request: &Request<'_>,
    ) -> Result<Answer, OciError> {
        let door = (
            reference.registry.clone(),
            reference.repository.clone(),
            request.actions,
        );
        let known = self.let_in().get(&door).cloned();
        let answer = self.send_as(reference, request, known.as_deref())?;
        if !request.is_asked_for_more(&answer) {
            return Ok(answer);
        }
        let refused = |had_some| OciError::Refused {
            registry: reference.registry.clone(),
            what: request.what.to_owned(),
            had_some,
        };
        let headers = answer.headers.get_all("www-authenticate").iter();
        let headers = headers.filter_map(|value| value.to_str().ok());
        let header: Vec<&str> = headers.collect();
        let Some(challenge) = Challenge::read(&header.join(", ")) else {
            return Err(refused(known.is_some()));
        };
        let login = self.credentials.find(reference)?;
        let authorization = token::authorization(
            &self.transport,
            (reference, &self.server(reference)),
            &challenge,
            request.actions,
            login.as_ref(),
        )?;
        let Some(authorization) = authorization else {
            return Err(refused(false));
        };
        let answer = self.send_as(reference, request, Some(&authorization))?;
        if request.is_asked_for_more(&answer) {
            return Err(refused(login.is_some()));
        }
        self.let_in().insert(door, authorization);
        Ok(answer)
    }

    fn send_as(
        &self,
        reference: &Reference,
        request: &Request<'_>,
        authorization: Option<&str>,
    ) -> Result<Answer, OciError> {
        let asked = Asked {
            method: request.method,
            url: request.url.clone(),
            accept: request.accept,
            authorization,
            body: request.body,
            limit: request.limit,
        };
        self.transport
            .send(&asked)
            .map_err(|failure| no_answer(reference, request.what, failure))
    }

    /// Where a registry answers: over TLS, and on this machine, where it does not speak that, without.
    pub(crate) fn server(&self, reference: &Reference) -> String {
        let Some(plain) = reference.plain_server() else {
            return reference.server();
        };
        let mut found = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let find = || match self
            .transport
            .speaks_tls(&format!("{}/v2/", reference.server()))
        {
            true => reference.server(),
            false => plain,
        };
        let server = found.entry(reference.registry.clone()).or_insert_with(find);
        server.clone()
    }

    /// Where something of a repository is.
    pub(crate) fn address(&self, reference: &Reference, kind: &str, name: &str) -> String {
        let (server, repository) = (self.server(reference), &reference.repository);
        format!("{server}/v2/{repository}/{kind}/{name}")
    }

    fn let_in(&self) -> std::sync::MutexGuard<'_, HashMap<Door, String>> {
        self.let_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One repository of a registry.
pub(crate) struct Repository<'a> {
    pub registry: &'a Registry,
    pub reference: &'a Reference,
}

impl Store for Repository<'_> {
    fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, OciError> {
        self.registry
            .manifest(&self.reference.at(descriptor.sha256()?))
    }

    fn tagged(&self, tag: &str) -> Result<Option<Manifest>, OciError> {
        let reference = Reference {
            named: Named::Tag(tag.to_owned()),
            ..self.reference.clone()
        };
        match self.registry.manifest(&reference) {
            Err(OciError::Unknown { .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, OciError> {
        let digest = descriptor.sha256()?;
        let what = format!("{}@sha256:{digest}", self.reference.place());
        let answer = self.registry.send(
            self.reference,
            &Request {
                method: "GET",
                url: self
                    .registry
                    .address(self.reference, "blobs", &descriptor.digest),
                accept: "*/*",
                body: None,
                limit,
                what: &what,
                actions: PULL,
            },
        )?;
        let answer = found(self.reference, &what, answer)?;
        same(&what, digest, Sha256Digest::of(&answer.body))?;
        Ok(answer.body)
    }

    fn referrers(&self, digest: &Sha256Digest) -> Result<Referrers, OciError> {
        referrers::of(self, digest)
    }
}

/// An answer that holds what was asked for.
pub(crate) fn found(reference: &Reference, what: &str, answer: Answer) -> Result<Answer, OciError> {
    match answer.status {
        200 => Ok(answer),
        404 => Err(OciError::Unknown {
            registry: reference.registry.clone(),
            what: what.to_owned(),
        }),
        403 => Err(OciError::Refused {
            registry: reference.registry.clone(),
            what: what.to_owned(),
            had_some: true,
        }),
        status => Err(no_answer(reference, what, Failure::Status { status })),
    }
}

pub(crate) fn no_answer(reference: &Reference, what: &str, failure: Failure) -> OciError {
    OciError::NoAnswer {
        registry: reference.registry.clone(),
        what: what.to_owned(),
        failure,
    }
}

/// That bytes are those that were asked for.
pub(crate) fn same(
    what: &str,
    expected: Sha256Digest,
    found: Sha256Digest,
) -> Result<(), OciError> {
    match expected == found {
        true => Ok(()),
        false => Err(OciError::OtherBytes {
            what: what.to_owned(),
            expected,
            found,
        }),
    }
}

impl Image {
    /// What a manifest stands for, or the image for a platform that it leads to.
    pub(crate) fn chosen(
        store: impl Store,
        manifest: Manifest,
        platform: Option<&Platform>,
        what: &str,
    ) -> Result<Self, OciError> {
        let Some(platform) = platform else {
            return Ok(Self::of(manifest.digest));
        };
        match &manifest.content {
            Content::Index(among) => {
                let chosen = manifest.for_platform(what, among, platform)?;
                let chosen = store.manifest(chosen)?;
                let Content::Image { .. } = chosen.content else {
                    return Err(OciError::malformed(
                        what,
                        format!("what its index has for {platform} is an index, and no image"),
                    ));
                };
                let digest = chosen.digest;
                // Whoever signed the index signed which images are in it.
                Ok(Self {
                    digest,
                    also: vec![manifest.digest],
                })
            }
            Content::Image { config, .. } => {
                let config = store.blob(config, MAX_MANIFEST_BYTES)?;
                match platform.is_of(&config) {
                    true => Ok(Self::of(manifest.digest)),
                    false => Err(OciError::Choice(format!(
                        "{what} is one image, and not for {platform}"
                    ))),
                }
            }
        }
    }
}
