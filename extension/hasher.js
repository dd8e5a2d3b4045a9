// Starts one of the two hashing Workers: "hasher", or "reader", which the first one starts.
import init, { start_worker } from "./wasm/background.js";

// What comes while the module loads is kept for it.
const early = [];
self.onmessage = (event) => early.push(event);

await init();
start_worker(self.name, import.meta.url);
for (const event of early) {
  self.onmessage(event);
}
