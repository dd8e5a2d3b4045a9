// Starts one of the two hashing Workers: "hasher", or "reader", which the first one starts.
import init, { start_worker } from "./wasm/background.js";

// What comes while the module loads is kept for it.
const early = [];
const keep = (event) => early.push(event);

if (self.name === "reader") {
  // The first message is the module, compiled by the Worker that started this one.
  const module_or_path = await new Promise((resolve) => {
    self.onmessage = ({ data }) => {
      self.onmessage = keep;
      resolve(data);
    };
  });
  await init({ module_or_path });
} else {
  self.onmessage = keep;
  await init();
}
start_worker(self.name, import.meta.url);
for (const event of early) {
  self.onmessage(event);
}
