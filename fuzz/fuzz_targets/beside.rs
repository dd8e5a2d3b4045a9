//! What lies beside a file and on its site: declarations, checksum files, minisign's signatures and
//! keys, and the attestations of package indexes.
#![no_main]

use assay_core::checksum_file::listed_digest;
use assay_core::declaration::Declaration;
use assay_core::minisign::{MinisignKey, MinisignSignature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    assay_fuzz::measured(|| {
        if let Ok(declaration) = Declaration::parse(text) {
            for path in ["/tool/v1/tool.zip", "/", "/a/b/c/d/e"] {
                let _ = declaration.signers_for(path);
            }
        }
        let _ = listed_digest(text, "tool.zip");
        let _ = assay_sources::index::bundle_of(text);
        let key = MinisignKey::parse(text);
        if let (Some(key), Some(read)) = (&key, MinisignSignature::parse(text)) {
            let _ = read.signs(key, data);
        }
        if let Some(key) = key {
            assert_eq!(MinisignKey::parse(&key.text()), Some(key));
        }
    });
});
