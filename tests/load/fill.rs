use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use assay_notary::proposal::Proposal;
use assay_notary::{Config, serve};
use serde_json::json;
use tokio::task::JoinSet;

use crate::Failure;
use crate::publisher::{Publisher, artifact};

/// Where the filled notary is said to be; whoever starts it says the same.
const ADDRESS: &str = "http://127.0.0.1:7340";

/// What is filled in.
const SERIES: &str = "filled";

/// So many publishers sign by turns.
const PUBLISHERS: usize = 64;

/// So many entries are on their way at once: enough that batches are as large as they get.
const AT_ONCE: usize = 2048;

/// Makes a notary's data with so many entries: the way of an entry from its proposal on, signature
/// and all, in one process and without HTTP. The batches are larger than clients would make them.
///
/// # Errors
/// The notary failed.
pub fn fill(data: &Path, entries: u64) -> Result<String, Failure> {
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let handle = serve(Config {
            address: Some(ADDRESS.to_owned()),
            ..Config::on_loopback(data)
        })
        .await?;
        let handle = Arc::new(handle);
        let publishers: Result<Vec<_>, Failure> =
            (0..PUBLISHERS).map(|_| Publisher::new()).collect();
        let publishers = Arc::new(publishers?);
        let mut tasks = JoinSet::new();
        for index in 0..entries {
            let (handle, publishers) = (handle.clone(), publishers.clone());
            tasks.spawn(async move {
                let number = usize::try_from(index)? % PUBLISHERS;
                let publisher = publishers.get(number).ok_or("no publisher")?;
                let proposal = Proposal::parse(&publisher.propose(&artifact(SERIES, index))?)?;
                let submission = handle.notary().prepare(proposal)?;
                handle.notary().add(submission).await?;
                Ok::<_, Failure>(())
            });
            if tasks.len() >= AT_ONCE
                && let Some(done) = tasks.join_next().await
            {
                done??;
            }
            if index % 100_000 == 99_999 {
                eprintln!("    {} entries", index + 1);
            }
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        let size = handle.notary().head().size;
        if let Some(handle) = Arc::into_inner(handle) {
            handle.stop().await;
        }
        let seconds = begun.elapsed().as_secs_f64();
        Ok(json!({ "entries": size, "seconds": seconds }).to_string())
    })
}
