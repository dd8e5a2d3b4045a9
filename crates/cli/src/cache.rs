//! Answers of earlier runs, as far as their servers let them be kept (RFC 9111): fresh ones are not
//! asked for again where that will do, and of others it is asked whether they are still the same.
//!
//! It is a convenience: what cannot be read or written is asked for anew. What an answer proves is
//! proven each time.

use crate::config;
use crate::sealed::{self, ENDING, has_ending, listed};
use assay_core::digest::Sha256Digest;
use assay_notary::files;
use assay_sources::{HttpRequest, HttpResponse, Memory, Method};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The form of the files.
const SCHEMA: &str = "assay.answer.v1";

/// So many answers are kept at most.
const MOST: usize = 128;

/// A longer answer is not kept, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// No answer is fresh for longer, in seconds: a day.
const MOST_SECONDS: i64 = 24 * 60 * 60;

/// A folder of answers.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// An answer as it is kept. Only texts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    url: String,
    accept: String,
    /// The name of this version (RFC 9110, section 8.8.3).
    etag: Option<String>,
    /// Until when it is fresh, in seconds since 1970.
    fresh_until: i64,
    body: String,
}

impl Cache {
    /// That of this user, where the platform names a place for it.
    pub fn of_this_user() -> Option<Self> {
        let folder = config::directory().ok()?.join("answers");
        Some(Self { folder })
    }

    /// What is kept for a request.
    pub fn read(&self, request: &HttpRequest) -> Option<Kept> {
        let file = self.file(request)?;
        let kept: Kept = sealed::parse(SCHEMA, &std::fs::read(file).ok()?).ok()?;
        let is_it = kept.url == request.url && kept.accept == request.accept;
        (is_it && kept.body.len() <= request.size_limit).then_some(kept)
    }

    /// Keeps the answer to a request, if it may be kept. `header` tells the answer's headers, and `now` is
    /// in seconds since 1970.
    pub fn keep(
        &self,
        request: &HttpRequest,
        response: &HttpResponse,
        header: impl Fn(&str) -> Option<String>,
        now: i64,
    ) {
        let (Some(file), 200) = (self.file(request), response.status) else {
            return;
        };
        let seconds = freshness(&header("cache-control").unwrap_or_default());
        // What varies by anything but what is asked for here may be another answer next time.
        let varies = header("vary").is_some_and(|vary| vary.contains('*'));
        let etag = header("etag").filter(|etag| etag.is_ascii());
        let is_useful = etag.is_some() || seconds.is_some_and(|seconds| seconds > 0);
        let body = std::str::from_utf8(&response.body).ok();
        let body = body.filter(|body| body.len() <= MAX_BYTES);
        let (Some(seconds), Some(body), true) = (seconds, body, is_useful && !varies) else {
            // What was kept is not the answer any more.
            let _ = std::fs::remove_file(file);
            return;
        };
        let kept = Kept {
            url: request.url.clone(),
            accept: request.accept.to_owned(),
            etag,
            fresh_until: now.saturating_add(seconds),
            body: body.to_owned(),
        };
        if files::private_directory(&self.folder).is_ok() {
            let _ = sealed::write(&file, SCHEMA, &kept);
            self.make_room();
        }
    }

    /// Where the answer to a request is, if answers to such are kept: nothing that a token got.
    fn file(&self, request: &HttpRequest) -> Option<PathBuf> {
        if request.method != Method::Get || request.bearer.is_some() {
            return None;
        }
        let asked = format!("{} {}", request.accept, request.url);
        let name = Sha256Digest::of(asked.as_bytes()).to_hex();
        Some(self.folder.join(format!("{name}.{ENDING}")))
    }

    /// Removes the oldest, where there are too many.
    fn make_room(&self) {
        let files = listed(&self.folder).unwrap_or_default();
        let mut files: Vec<PathBuf> = files
            .into_iter()
            .filter(|file| has_ending(file, ENDING))
            .collect();
        // Looked at once: others write meanwhile, and an order that changes is none.
        files.sort_by_cached_key(|file| written_at(file));
        for file in files.iter().take(files.len().saturating_sub(MOST)) {
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Kept {
    /// The answer, where it will do without asking. `now` is in seconds since 1970.
    pub fn fresh(&self, request: &HttpRequest, now: i64) -> Option<HttpResponse> {
        let left = self.fresh_until.saturating_sub(now);
        let is_fresh = request.memory == Memory::Fresh && (1..=MOST_SECONDS).contains(&left);
        is_fresh.then(|| self.answer())
    }

    /// The answer, once its server said that it is still the same.
    pub fn answer(&self) -> HttpResponse {
        HttpResponse {
            status: 200,
            body: self.body.clone().into_bytes(),
        }
    }

    /// By what its server knows this version.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

fn written_at(file: &Path) -> SystemTime {
    let written = std::fs::metadata(file).and_then(|file| file.modified());
    written.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// For how many seconds an answer is fresh; `None` where it may not be kept.
fn freshness(cache_control: &str) -> Option<i64> {
    let lower = cache_control.to_ascii_lowercase();
    let directives = || lower.split(',').map(str::trim);
    if directives().any(|one| one == "no-store") {
        return None;
    }
    if directives().any(|one| one == "no-cache") {
        return Some(0);
    }
    let age = directives().find_map(|one| one.strip_prefix("max-age="));
    let age: Option<i64> = age.and_then(|age| age.trim_matches('"').parse().ok());
    Some(age.unwrap_or(0).clamp(0, MOST_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: i64 = 1_800_000_000;

    fn get(url: &str, memory: Memory) -> HttpRequest {
        HttpRequest {
            method: Method::Get,
            url: url.to_owned(),
            accept: "*/*",
            time_limit: Duration::from_secs(1),
            bearer: None,
            size_limit: MAX_BYTES * 2,
            memory,
        }
    }

    fn keep(cache: &Cache, request: &HttpRequest, headers: &[(&str, &str)], body: &str) {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let response = HttpResponse {
            status: 200,
            body: body.as_bytes().to_vec(),
        };
        cache.keep(request, &response, header, NOW);
    }

    #[test]
    fn an_answer_is_kept_as_its_server_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache {
            folder: folder.path().join("answers"),
        };
        let request = get("https://api.example/1", Memory::Fresh);
        assert_eq!(cache.read(&request), None);
        let headers = [("etag", "\"1\""), ("cache-control", "public, max-age=60")];
        keep(&cache, &request, &headers, "one");
        let kept = cache.read(&request).expect("kept");
        assert_eq!(kept.etag(), Some("\"1\""));
        let answer = kept.fresh(&request, NOW + 59).expect("fresh");
        assert_eq!((answer.status, &answer.body[..]), (200, &b"one"[..]));
        assert_eq!(kept.fresh(&request, NOW + 60), None);
        // A clock that was wrong keeps nothing fresh for ever.
        assert_eq!(kept.fresh(&request, NOW - 2 * MOST_SECONDS), None);
        // Who must know whether it is still the same asks.
        let asked = get("https://api.example/1", Memory::Asked);
        assert_eq!(kept.fresh(&asked, NOW), None);
        // Another one takes its place, and one that may not be kept leaves nothing.
        keep(&cache, &request, &[("etag", "\"2\"")], "two");
        let kept = cache.read(&request).expect("kept");
        assert_eq!(
            (kept.etag(), kept.fresh(&request, NOW)),
            (Some("\"2\""), None)
        );
        for headers in [
            &[("etag", "\"3\""), ("cache-control", "no-store")][..],
            &[("etag", "\"3\""), ("vary", "*")],
            &[],
        ] {
            keep(&cache, &request, &[("etag", "\"2\"")], "two");
            keep(&cache, &request, headers, "three");
            assert_eq!(cache.read(&request), None, "{headers:?}");
        }
    }

    #[test]
    fn what_a_token_got_what_was_posted_and_what_is_long_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache {
            folder: folder.path().to_owned(),
        };
        let plain = get("https://api.example/1", Memory::Fresh);
        let private = HttpRequest {
            bearer: Some("token".into()),
            ..plain.clone()
        };
        let posted = HttpRequest {
            method: Method::Post { json: "{}".into() },
            ..plain.clone()
        };
        for request in [&private, &posted] {
            keep(&cache, request, &[("etag", "\"1\"")], "secret");
            assert_eq!(cache.read(request), None);
        }
        keep(
            &cache,
            &plain,
            &[("etag", "\"1\"")],
            &"a".repeat(MAX_BYTES + 1),
        );
        assert_eq!(cache.read(&plain), None);
        assert!(listed(folder.path()).expect("a folder").is_empty());
    }

    #[test]
    fn only_so_many_are_kept_and_a_damaged_one_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache {
            folder: folder.path().to_owned(),
        };
        let request = |number: usize| get(&format!("https://api.example/{number}"), Memory::Fresh);
        for number in 0..MOST + 10 {
            keep(&cache, &request(number), &[("etag", "\"1\"")], "one");
        }
        let kept = listed(folder.path()).expect("a folder");
        assert_eq!(kept.len(), MOST);
        for file in kept {
            std::fs::write(file, "damaged").expect("a file");
        }
        for number in 0..MOST + 10 {
            assert_eq!(cache.read(&request(number)), None);
        }
    }
}
