//! What an answer has, if anything.

use super::inquiry::{Inquiry, List};
use super::names::{MINISIG_OF_FILE, SIGNED_LIST, is_bundle, is_of_any_kind, is_own};
use crate::HttpResponse;
use crate::proving::MAX_BUNDLES;
use assay_core::checksum_file::{Listed, is_list, listed_digest, text_of_list};
use assay_core::evidence::Failure;
use assay_core::minisign::MinisignSignature;
use assay_core::proof::ReadBundle;

impl Inquiry<'_> {
    /// What a checksum file lists for the file. A digest alone is one in the file's own list only, and
    /// a page is none.
    fn listed(&self, name: &str, text: &str) -> Option<Listed> {
        let is_alone = [64, 128].contains(&text.trim().len());
        let is_page = text.trim_start().starts_with('<');
        let may = !is_page && (!is_alone || is_own(name));
        may.then(|| listed_digest(text, &self.question.name))?
    }

    pub(super) fn read(
        &mut self,
        name: &'static str,
        response: &HttpResponse,
    ) -> Result<(), Failure> {
        let Some(bytes) = body_of(response)? else {
            match Word::of(response.status) {
                Word::Absent => self.absent.push(name),
                Word::Refused => {}
                Word::None => self.pages.push(name),
            }
            return Ok(());
        };
        // What has neither form is an error page, or something else of that name.
        let is_there = if is_bundle(name) {
            let before = self.found.bundles.len();
            self.found.bundles.extend(bundles(bytes));
            self.found.bundles.len() > before
        } else if name == MINISIG_OF_FILE {
            self.signature = signature(bytes);
            self.signature.is_some()
        } else {
            let text = text_of_list(bytes);
            let listed = self.listed(name, &text);
            if let Some(listed) = listed {
                let list = List {
                    name,
                    bytes: bytes.to_owned(),
                    digest: listed.digest,
                    is_named: listed.is_named || !is_of_any_kind(name),
                    asked: false,
                    signature: None,
                    signed: None,
                    is_forged: false,
                };
                // Those of several files come first: they are signed more often.
                let shared = |list: &List| !is_own(list.name);
                let place = match shared(&list) {
                    true => self.lists.partition_point(shared),
                    false => self.lists.len(),
                };
                self.lists.insert(place, list);
            } else if is_list(&text) {
                self.others.push(name);
                return Ok(());
            }
            listed.is_some()
        };
        match is_there {
            true => self.under.push(name.to_owned()),
            false => self.pages.push(name),
        }
        Ok(())
    }

    pub(super) fn read_signature(
        &mut self,
        name: &str,
        response: &HttpResponse,
    ) -> Result<(), Failure> {
        let text = body_of(response)?.and_then(signature);
        let mut lists = self.lists.iter_mut();
        if let (Some(list), Some(text)) = (lists.find(|list| list.name == name), text) {
            list.signature = Some(text);
            // This one first, the next time.
            self.under.insert(0, list.name.to_owned());
            self.under.push(SIGNED_LIST.to_owned());
        }
        Ok(())
    }
}

/// What a status says of what is there, where it is neither there nor an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// That it is not there (RFC 9110, sections 15.5.5 and 15.5.11). This alone is remembered.
    Absent,
    /// That it is for nobody whom the host does not know. So object stores answer for what they do not
    /// have, too: nothing is published there, which is the host's word, and may be otherwise tomorrow.
    Refused,
    /// Nothing: a redirect, or a page in its place. Hosts answer so for what they do not have, and so
    /// does whoever stands before all hosts until somebody logs in.
    None,
}

impl Word {
    pub(crate) fn of(status: u16) -> Self {
        match status {
            404 | 410 => Self::Absent,
            400..500 => Self::Refused,
            _ => Self::None,
        }
    }
}

/// Whether a status says that the server, or something on the way, has trouble.
pub(crate) fn says_nothing(status: u16) -> bool {
    matches!(status, 407 | 408 | 421 | 423 | 425 | 429 | 500..)
}

/// What an answer has, if anything is there.
fn body_of(response: &HttpResponse) -> Result<Option<&[u8]>, Failure> {
    match response.status {
        200 => Ok(Some(&response.body)),
        status if says_nothing(status) => Err(Failure::Status { status }),
        _ => Ok(None),
    }
}

/// A bundle, or several, one in each line.
fn bundles(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if ReadBundle::parse(text).is_ok() {
        return vec![text.to_owned()];
    }
    let mut found = Vec::new();
    for line in text.split('\n') {
        if found.len() < MAX_BUNDLES && ReadBundle::parse(line).is_ok() {
            found.push(line.to_owned());
        }
    }
    found
}

fn signature(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    MinisignSignature::parse(text).map(|_| text.to_owned())
}
