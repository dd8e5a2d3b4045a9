// The service worker. Listeners must be there at once; the wasm module follows, and gets every
// event in order.
import init, * as assay from "./wasm/background.js";

const ready = init().then(() => assay.start());
const hand = (handler) => (...args) => { ready.then(() => handler(...args)); };

chrome.runtime.onInstalled.addListener(hand(({ reason }) => assay.installed(reason)));
// Being woken is all that is needed: starting goes on with what was cut off.
chrome.runtime.onStartup.addListener(() => {});
chrome.downloads.onChanged.addListener(hand((delta) => assay.download_changed(delta)));
chrome.alarms.onAlarm.addListener(hand(({ name }) => assay.alarm(name)));
chrome.notifications.onClicked.addListener(hand((id) => assay.notification_clicked(id)));

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  ready.then(() => assay.message(message, { id: sender.id, url: sender.url })).then(answer);
  return true;
});
