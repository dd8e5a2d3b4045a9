//! The context menus: of links, and of the toolbar button.

use super::{Background, BackgroundError};
use crate::chrome::storage::{self, Area};
use crate::chrome::{context_menus, downloads, i18n, runtime, tabs};

/// The menu of a link.
const DOWNLOAD: &str = "download";

/// The pages that the toolbar button's menu leads to, by the menu's id and the key of its words.
const PAGES: [(&str, &str); 2] = [
    ("history.html", "menu_history"),
    ("verify.html", "menu_verify"),
];

/// Under which key it is kept that the user asked for the check of a download.
pub(super) fn asked_key(browser_id: i32) -> String {
    format!("asked/{browser_id}")
}

impl Background {
    /// Makes the menus. The browser keeps them until the extension is updated.
    pub(super) async fn make_menus(&self) -> Result<(), BackgroundError> {
        context_menus::remove_all().await?;
        context_menus::create(DOWNLOAD, &i18n::bare("menu_download"), "link")?;
        for (page, words) in PAGES {
            context_menus::create(page, &i18n::bare(words), "action")?;
        }
        Ok(())
    }

    /// The user chose something from a menu: for a link, with its address.
    ///
    /// # Errors
    /// When a page cannot be opened, or a download not begun.
    pub async fn menu_clicked(&self, item: &str, link: &str) -> Result<(), BackgroundError> {
        if item == DOWNLOAD {
            // It is checked when it is complete, also where others are not.
            let number = downloads::download(link).await?;
            return Ok(storage::set(Area::Session, &asked_key(number), &true).await?);
        }
        match PAGES.iter().find(|(page, _)| *page == item) {
            Some((page, _)) => Ok(tabs::open_page(&runtime::url(page)).await?),
            None => Ok(()),
        }
    }
}
