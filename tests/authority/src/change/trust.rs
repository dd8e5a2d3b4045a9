//! Trust roots that cannot be used.

use super::{Change, Reach, any, defect, last_log, logged, public, stamped};
use crate::time::{BEGINNING, YEAR, rfc3339};
use serde_json::json;

pub(super) fn defects() -> Vec<Change> {
    vec![
        defect(
            "two logs of one name",
            "trust_root",
            logged,
            [Reach::TrustedRoot(|root, _| {
                let again = root["tlogs"][0].clone();
                root["tlogs"].as_array_mut().expect("logs").push(again);
            })],
        ),
        defect(
            "a log that ends before it begins",
            "trust_root",
            logged,
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"]["end"] =
                    json!(rfc3339(BEGINNING - 2 * YEAR));
            })],
        ),
        defect(
            "a log with a key that is none",
            "trust_root",
            logged,
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["rawBytes"] = json!("AAAA");
            })],
        ),
        defect(
            "a log with a name that is none",
            "trust_root",
            logged,
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["logId"]["keyId"] = json!("AAAA");
            })],
        ),
        defect(
            "a log of certificates with a key that is none",
            "trust_root",
            public,
            [Reach::TrustedRoot(|root, _| {
                root["ctlogs"][0]["publicKey"]["rawBytes"] = json!("AAAA");
            })],
        ),
        defect(
            "an authority without certificate",
            "trust_root",
            any,
            [Reach::TrustedRoot(|root, _| {
                root["certificateAuthorities"][0]["certChain"]["certificates"] = json!([]);
            })],
        ),
        defect(
            "an authority with a certificate that is none",
            "trust_root",
            any,
            [Reach::TrustedRoot(|root, _| {
                root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] =
                    json!("AAAA");
            })],
        ),
        defect(
            "a timestamp authority that ends before it begins",
            "trust_root",
            stamped,
            [Reach::TrustedRoot(|root, _| {
                root["timestampAuthorities"][0]["validFor"]["end"] =
                    json!(rfc3339(BEGINNING - 2 * YEAR));
            })],
        ),
    ]
}
