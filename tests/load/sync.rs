use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use redb::{Database, TableDefinition};
use serde_json::json;

use crate::Failure;

const TABLE: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");

/// As long as an entry is.
const ROW: [u8; 1024] = [7; 1024];

/// How many durable writes a second there are, one after the other: of the disk, a row added to a
/// file and synced; and of the bare store, a row in a transaction of its own.
///
/// # Errors
/// The disk failed.
pub fn measure(folder: &Path, count: u32) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("sync.bin");
    let mut file = File::create(&path)?;
    let begun = Instant::now();
    for _ in 0..count {
        file.write_all(&ROW)?;
        file.sync_data()?;
    }
    let disk = f64::from(count) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    let path = folder.join("sync.redb");
    let database = Database::create(&path)?;
    let begun = Instant::now();
    for index in 0..u64::from(count) {
        // Durable when it returns, unless asked for less.
        let write = database.begin_write()?;
        write.open_table(TABLE)?.insert(index, &ROW[..])?;
        write.commit()?;
    }
    let store = f64::from(count) / begun.elapsed().as_secs_f64();
    drop(database);
    std::fs::remove_file(&path)?;
    Ok(json!({ "disk_per_s": disk, "store_per_s": store }).to_string())
}
