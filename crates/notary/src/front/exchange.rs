//! A request and its answer, as logs and metrics tell of them.

use crate::config::Level;
use crate::logging::Logger;
use crate::metrics::Metrics;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// The status where the client went away before there was an answer.
const GONE: u16 = 499;

/// Told when this is dropped, however the exchange ended.
pub struct Exchange {
    metrics: Arc<Metrics>,
    logger: Arc<Logger>,
    started: Instant,
    client: IpAddr,
    route: &'static str,
    method: &'static str,
    /// Without its query. Only where it is told.
    path: Option<String>,
    writer: Option<String>,
    reason: Option<&'static str>,
    status: u16,
}

impl Exchange {
    /// A request that has come in.
    pub fn begin(
        metrics: &Arc<Metrics>,
        logger: &Arc<Logger>,
        client: IpAddr,
        route: &'static str,
        head: &Parts,
    ) -> Self {
        let known = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"];
        let method = head.method.as_str();
        let path = logger.tells(Level::Debug);
        Self {
            metrics: metrics.clone(),
            logger: logger.clone(),
            started: Instant::now(),
            client,
            route,
            // Anything can be sent as a method.
            method: known.into_iter().find(|m| *m == method).unwrap_or("other"),
            path: path.then(|| head.uri.path().to_owned()),
            writer: None,
            reason: None,
            status: GONE,
        }
    }

    /// The token that it came with has this name.
    pub fn wrote_as(&mut self, name: String) {
        self.writer = Some(name);
    }

    /// It was turned away.
    pub fn refused(&mut self, reason: &'static str) {
        self.metrics.refused(reason);
        self.reason = Some(reason);
    }

    /// It was answered.
    pub fn answered(&mut self, status: StatusCode) {
        self.status = status.as_u16();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.metrics.request(self.route, self.status, took);
        let level = match (self.status, self.reason) {
            (500, _) | (500.., None) => Level::Error,
            (_, Some(_)) => Level::Warn,
            _ => Level::Info,
        };
        if !self.logger.tells(level) {
            return;
        }
        let milliseconds = (took.as_secs_f64() * 1e6).round() / 1e3;
        let mut fields = vec![
            ("method", Value::from(self.method)),
            ("route", Value::from(self.route)),
            ("status", Value::from(self.status)),
            ("ms", Value::from(milliseconds)),
        ];
        fields.extend(self.logger.address(self.client).map(|it| ("client", it)));
        fields.extend(self.path.take().map(|path| ("path", path.into())));
        fields.extend(self.writer.take().map(|name| ("token", name.into())));
        fields.extend(self.reason.map(|reason| ("refused", reason.into())));
        self.logger.tell(level, "request", &fields);
    }
}
