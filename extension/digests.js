// The Worker that hashes files which the user brings. What comes while its module loads is kept for it.
import init, { start } from "./wasm/digests.js";

const early = [];
self.onmessage = (event) => early.push(event);
await init();
start();
for (const event of early) {
  self.onmessage(event);
}
