//! What runs inside the browser.
