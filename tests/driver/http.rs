use serde_json::Value;

use crate::{Error, Result};

/// Gets JSON over HTTP, whatever the status.
pub(crate) fn get_json(url: &str) -> Result<Value> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let failed = |error: ureq::Error| Error::Other(format!("{url}: {error}"));
    let mut answer = agent.get(url).call().map_err(failed)?;
    let text = answer.body_mut().read_to_string().map_err(failed)?;
    Ok(serde_json::from_str(&text)?)
}
