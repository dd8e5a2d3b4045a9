use serde_json::Value;

use crate::{Error, Result};

/// Gets JSON over HTTP, whatever the status.
pub(crate) fn get_json(url: &str) -> Result<Value> {
    let (_, body) = get(url)?;
    Ok(serde_json::from_slice(&body)?)
}

/// Gets status and body over HTTP.
pub(crate) fn get(url: &str) -> Result<(u16, Vec<u8>)> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let failed = |error: ureq::Error| Error::Other(format!("{url}: {error}"));
    let mut answer = agent.get(url).call().map_err(failed)?;
    let body = answer.body_mut().read_to_vec().map_err(failed)?;
    Ok((answer.status().as_u16(), body))
}
