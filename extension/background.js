// The service worker, or where there are none the page that stands for it. Listeners must be there at once; the wasm module follows, and gets every
// event in order.
import init, * as assay from "./wasm/background.js";
// Imported at once, as a service worker can import nothing later.
import roots from "./roots.js";

globalThis.assay = { roots };

const ready = init().then(() => assay.start());
const hand = (kind, ...told) => { ready.then(() => assay.event(kind, ...told)); };

chrome.runtime.onInstalled.addListener(({ reason }) => hand("installed", reason));
// Being woken is all that is needed: starting goes on with what was cut off.
chrome.runtime.onStartup.addListener(() => {});
chrome.downloads.onChanged.addListener((delta) => hand("download", delta));
chrome.alarms.onAlarm.addListener(({ name }) => hand("alarm", name));
chrome.notifications.onClicked.addListener((id) => hand("notification", id));
// Firefox has these events without ever raising them, and complains of who listens; it does not have this
// function. There are no buttons in its notifications, and what an administrator decides is read when it starts.
if (chrome.notifications.getPermissionLevel) {
  chrome.notifications.onButtonClicked.addListener((id, button) => hand("button", id, button));
  chrome.storage.managed.onChanged.addListener(() => hand("managed"));
}
chrome.contextMenus.onClicked.addListener(({ menuItemId, linkUrl }) => hand("menu", menuItemId, linkUrl));

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  ready.then(() => assay.message(message, { id: sender.id, url: sender.url })).then(answer);
  return true;
});
