//! Taking files: from what was dropped, from a file dialog, and out of folders.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

/// A file, and where it was.
pub struct Taken {
    /// The path below the folder that was brought, that folder first; else the file's name.
    pub path: String,
    /// The file.
    pub file: File,
}

/// What was dropped. It must be looked at before the event is over; what is in folders is read later.
#[derive(Default)]
pub struct Dropped {
    files: Vec<File>,
    entries: Vec<FileSystemEntry>,
}

impl Dropped {
    /// Looks at what was dropped.
    pub fn of(transfer: &DataTransfer) -> Self {
        let mut dropped = Self::default();
        let items = transfer.items();
        for item in (0..items.length()).filter_map(|place| items.get(place)) {
            if item.kind() != "file" {
                continue;
            }
            match item.webkit_get_as_entry() {
                Ok(Some(entry)) => dropped.entries.push(entry),
                _ => dropped
                    .files
                    .extend(item.get_as_file().ok().and_then(|file| file)),
            }
        }
        dropped
    }

    /// The files, those in folders included; `most` of them, and whether there are more. What the
    /// browser does not let be read is left out, and counted.
    pub async fn files(self, most: usize) -> Found {
        let mut found = Found::default();
        for file in self.files {
            found.add(file.name(), file, most);
        }
        let mut left = self.entries;
        left.reverse();
        while let Some(entry) = left.pop() {
            if found.more {
                break;
            }
            // Their classes have other names in other browsers.
            if entry.is_directory() {
                match entries(entry.unchecked_ref()).await {
                    Ok(mut inside) => {
                        inside.reverse();
                        left.append(&mut inside);
                    }
                    Err(_) => found.unread += 1,
                }
            } else {
                let path = entry.full_path().trim_start_matches('/').to_owned();
                match file(entry.unchecked_ref()).await {
                    Ok(file) => found.add(path, file, most),
                    Err(_) => found.unread += 1,
                }
            }
        }
        found
    }
}

/// What came of looking for files.
#[derive(Default)]
pub struct Found {
    /// The files.
    pub files: Vec<Taken>,
    /// Whether there are more than are taken.
    pub more: bool,
    /// How many files and folders could not be read.
    pub unread: usize,
}

impl Found {
    /// What was chosen in a dialog.
    pub fn of(list: &FileList, most: usize) -> Self {
        let mut found = Self::default();
        for file in (0..list.length()).filter_map(|place| list.get(place)) {
            let below = js_sys::Reflect::get(&file, &"webkitRelativePath".into());
            let below = below.ok().and_then(|path| path.as_string());
            let path = below.filter(|path| !path.is_empty());
            found.add(path.unwrap_or_else(|| file.name()), file, most);
        }
        found
    }

    fn add(&mut self, path: String, file: File, most: usize) {
        match self.files.len() < most {
            true => self.files.push(Taken { path, file }),
            false => self.more = true,
        }
    }
}

/// What is in a folder. The browser tells it in parts, and with an empty one at the end.
async fn entries(folder: &FileSystemDirectoryEntry) -> Result<Vec<FileSystemEntry>, JsValue> {
    let reader = folder.create_reader();
    let all = js_sys::Array::new();
    loop {
        let part = js_sys::Promise::new(&mut |resolve, reject| {
            if let Err(thrown) = reader.read_entries_with_callback_and_callback(&resolve, &reject) {
                // The promise is refused by what was thrown; that cannot fail.
                let _ = reject.call1(&JsValue::NULL, &thrown);
            }
        });
        let part: js_sys::Array = JsFuture::from(part).await?.dyn_into()?;
        if part.length() == 0 {
            // They come in no order that anybody knows.
            let name = |entry| FileSystemEntry::unchecked_from_js(entry).name();
            all.sort_by(&mut |one, other| name(one).cmp(&name(other)) as i32);
            return Ok(all.iter().map(FileSystemEntry::unchecked_from_js).collect());
        }
        for entry in part.iter() {
            all.push(&entry);
        }
    }
}

async fn file(entry: &FileSystemFileEntry) -> Result<File, JsValue> {
    let file = js_sys::Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(&resolve, &reject);
    });
    JsFuture::from(file).await?.dyn_into()
}
