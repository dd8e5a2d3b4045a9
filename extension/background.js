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
// A browser without buttons in notifications (Firefox) has the event and complains of who listens; it
// does not have this function.
if (chrome.notifications.getPermissionLevel) {
  chrome.notifications.onButtonClicked.addListener((id, button) => hand("button", id, button));
}
chrome.contextMenus.onClicked.addListener(({ menuItemId, linkUrl }) => hand("menu", menuItemId, linkUrl));
// What an administrator decides; a browser that tells nobody of it reads it anew when it starts.
chrome.storage.managed?.onChanged?.addListener(() => hand("managed"));

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  ready.then(() => assay.message(message, { id: sender.id, url: sender.url })).then(answer);
  return true;
});
