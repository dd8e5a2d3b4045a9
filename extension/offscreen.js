// Hands files from the background to the hashing Worker, and its reports back.
let worker;

function startWorker() {
  worker?.terminate();
  worker = new Worker("hasher.js", { type: "module", name: "hasher" });
  worker.onmessage = ({ data }) =>
    chrome.runtime.sendMessage({ target: "background", report: data }).catch(() => {
      // The extension is being reloaded. The background asks again when it is back.
    });
  // A Worker that broke down starts afresh; the background asks again for what was lost.
  worker.onerror = startWorker;
}

startWorker();

chrome.runtime.onMessage.addListener((message, sender) => {
  if (sender.id === chrome.runtime.id && message?.target === "offscreen") {
    worker.postMessage(message.job);
  }
});
