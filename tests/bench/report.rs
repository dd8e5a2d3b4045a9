use std::collections::BTreeMap;
use std::fmt::Write;

/// The measured numbers by their keys.
#[derive(Default)]
pub struct Report {
    numbers: BTreeMap<&'static str, f64>,
}

/// What a number is held against.
enum Against {
    /// At most so much.
    AtMost(f64),
    /// At least so much.
    AtLeast(f64),
    /// At least so many times another number.
    TimesAtLeast(&'static [(&'static str, f64)]),
}

const LIMITS: &[(&str, Against)] = &[
    (
        "cli.hash_mib_s",
        Against::TimesAtLeast(&[("cli.openssl_mib_s", 0.9), ("cli.sha256sum_mib_s", 0.9)]),
    ),
    ("cli.start_ms", Against::AtMost(20.0)),
    ("cli.verify_1000_files_s", Against::AtMost(2.0)),
    (
        "cli.verify_per_s",
        Against::TimesAtLeast(&[("cli.sigstore_python_per_s", 10.0)]),
    ),
    (
        "hash.extension_mib_s",
        Against::TimesAtLeast(&[
            ("hash.hash_wasm_mib_s", 1.3),
            ("hash.sha256sum_mib_s", 0.85),
        ]),
    ),
    ("history.search_ms_p95", Against::AtMost(50.0)),
    ("hash.peak_rss_growth_mib", Against::AtMost(64.0)),
    ("latency.complete_to_verdict_ms_p50", Against::AtMost(150.0)),
    ("notary.1m.lookup_p99_ms", Against::AtMost(20.0)),
    ("notary.1m.lookup_per_s", Against::AtLeast(15_000.0)),
    ("notary.1m.notarize_per_s", Against::AtLeast(3_000.0)),
    ("notary.1m.rss_mib", Against::AtMost(200.0)),
    ("notary.1m.start_after_kill_ms", Against::AtMost(2_000.0)),
    ("notary.1m.start_ms", Against::AtMost(2_000.0)),
    ("notary.lookup_p99_ms", Against::AtMost(20.0)),
    ("notary.lookup_per_s", Against::AtLeast(15_000.0)),
    ("notary.notarize_per_s", Against::AtLeast(3_000.0)),
    ("notary.rss_mib", Against::AtMost(200.0)),
    ("notary.start_ms", Against::AtMost(2_000.0)),
    ("popup.first_paint_10000_ms_p50", Against::AtMost(120.0)),
    ("popup.first_paint_ms_p50", Against::AtMost(120.0)),
    ("popup.list_10000_ms_p50", Against::AtMost(120.0)),
    ("size.wasm_gzip_kib", Against::AtMost(600.0)),
    (
        "verify.native_per_s",
        Against::TimesAtLeast(&[("verify.sigstore_js_per_s", 10.0)]),
    ),
    (
        "verify.wasm_per_s",
        Against::TimesAtLeast(&[("verify.sigstore_js_per_s", 1.4)]),
    ),
];

impl Report {
    pub fn put(&mut self, key: &'static str, number: f64) {
        eprintln!("    {key} = {number:.1}");
        self.numbers.insert(key, number);
    }

    /// One line a number, with what it is held against.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (key, number) in &self.numbers {
            let limit = LIMITS.iter().find(|(limited, _)| limited == key);
            let remark =
                limit.map_or_else(String::new, |(_, against)| self.remark(*number, against));
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{key:<38} {number:>10.1}  {remark}");
        }
        table
    }

    fn remark(&self, number: f64, against: &Against) -> String {
        let mark = |holds: bool| if holds { "ok" } else { "MISSED" };
        match against {
            Against::AtMost(limit) => format!("at most {limit}: {}", mark(number <= *limit)),
            Against::AtLeast(limit) => format!("at least {limit}: {}", mark(number >= *limit)),
            Against::TimesAtLeast(others) => others
                .iter()
                .filter_map(|(other, factor)| {
                    let times = number / self.numbers.get(other)?;
                    Some(format!(
                        "{times:.2} x {other} (at least {factor}): {}",
                        mark(times >= *factor)
                    ))
                })
                .collect::<Vec<_>>()
                .join(", "),
        }
    }

    pub fn json(&self) -> String {
        let rounded: BTreeMap<_, _> = self
            .numbers
            .iter()
            .map(|(key, number)| (key, (number * 10.0).round() / 10.0))
            .collect();
        serde_json::json!(rounded).to_string() + "\n"
    }
}

/// The number below which the share `part` (0 to 1) of them lies.
pub fn quantile(mut numbers: Vec<f64>, part: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let at = ((numbers.len().saturating_sub(1)) as f64 * part).round() as usize;
    numbers.get(at).copied().unwrap_or(f64::NAN)
}
